// Binary search trees made and freed with malloc: the allocator, pointers, recursion.
#include "kernel.h"

struct Tree {
  struct Tree *left, *right;
  uint32_t key;
};

static NOINLINE struct Tree* insert(struct Tree* tree, uint32_t key) {
  struct Tree** at = &tree;
  while (*at && (*at)->key != key) at = key < (*at)->key ? &(*at)->left : &(*at)->right;
  if (!*at) {
    *at = malloc(sizeof **at);
    if (!*at) exit(3);
    (*at)->left = (*at)->right = 0;
    (*at)->key = key;
  }
  return tree;
}

// The sum of key times depth; frees the tree on the way.
static NOINLINE uint64_t consume(struct Tree* tree, uint32_t depth) {
  if (!tree) return 0;
  uint64_t sum = (uint64_t)tree->key * depth + consume(tree->left, depth + 1) + consume(tree->right, depth + 1);
  free(tree);
  return sum;
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 300), seed = 47;
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) {
    struct Tree* tree = 0;
    for (uint32_t i = 0; i < 3000; ++i) tree = insert(tree, next_random(&seed) >> 8);
    sum = fold(sum, consume(tree, 1));
  }
  return kernel_report("bintree", sum);
}
