// Counts the lines of stdin in a tree. (Of the C++ library, only what is quickly compiled.)
#include <cstdio>
#include <cstring>
#include <memory>

struct Node {
  char word[64];
  int times = 0;
  std::unique_ptr<Node> left, right;
};

static void add(std::unique_ptr<Node> &node, const char *word) {
  if (!node) {
    node = std::make_unique<Node>();
    std::strcpy(node->word, word);
  }
  int order = std::strcmp(word, node->word);
  if (order == 0) {
    ++node->times;
  } else {
    add(order < 0 ? node->left : node->right, word);
  }
}

template <typename Visitor>
static void in_order(const Node *node, Visitor &&visit) {
  if (!node) return;
  in_order(node->left.get(), visit);
  visit(*node);
  in_order(node->right.get(), visit);
}

int main() {
  std::unique_ptr<Node> words;
  char line[64];
  while (std::fgets(line, sizeof line, stdin)) {
    line[std::strcspn(line, "\n")] = 0;
    add(words, line);
  }
  int different = 0;
  in_order(words.get(), [&](const Node &node) {
    std::printf("%s %d\n", node.word, node.times);
    ++different;
  });
  std::printf("%d words\n", different);
}
