// Merge sort and walks of a linked list: pointer chasing.
#include "kernel.h"

enum { kNodes = 4096 };
struct Node {
  struct Node* next;
  uint32_t key, value;
};
static struct Node nodes[kNodes];

static NOINLINE struct Node* merge(struct Node* a, struct Node* b) {
  struct Node head = {0, 0, 0}, *tail = &head;
  while (a && b) {
    struct Node** smaller = b->key < a->key ? &b : &a;
    tail->next = *smaller;
    tail = *smaller;
    *smaller = tail->next;
  }
  tail->next = a ? a : b;
  return head.next;
}

static NOINLINE struct Node* sort(struct Node* list) {
  if (!list || !list->next) return list;
  struct Node *slow = list, *fast = list->next;
  while (fast && fast->next) slow = slow->next, fast = fast->next->next;
  struct Node* second = slow->next;
  slow->next = 0;
  return merge(sort(list), sort(second));
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 200), seed = 43;
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) {
    for (uint32_t i = 0; i < kNodes; ++i) {
      nodes[i].next = i + 1 < kNodes ? &nodes[i + 1] : 0;
      nodes[i].key = next_random(&seed);
      nodes[i].value = i;
    }
    struct Node* sorted = sort(nodes);
    uint32_t rank = 0;
    for (int walk = 0; walk < 4; ++walk) {
      for (struct Node* n = sorted; n; n = n->next) rank = rank * 31 + n->value;
    }
    sum = fold(sum, rank);
  }
  return kernel_report("listsort", sum);
}
