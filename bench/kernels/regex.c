// A backtracking matcher for . * ? ^ $ and character ranges, over lines of text.
#include "kernel.h"

static NOINLINE int match_here(const char* pattern, const char* text);

static const char* skip_atom(const char* p) {
  if (*p != '[') return p + 1;
  while (*p != ']') ++p;
  return p + 1;
}

static int matches_atom(const char* p, char c) {
  if (c == 0) return 0;
  if (*p == '.') return 1;
  if (*p != '[') return *p == c;
  for (++p; *p != ']'; ++p) {
    if (p[1] == '-' && p[2] != ']') {
      if (p[0] <= c && c <= p[2]) return 1;
      p += 2;
    } else if (*p == c) {
      return 1;
    }
  }
  return 0;
}

static int match_star(const char* atom, const char* rest, const char* text) {
  const char* end = text;
  while (matches_atom(atom, *end)) ++end;
  for (;; --end) {
    if (match_here(rest, end)) return 1;
    if (end == text) return 0;
  }
}

static NOINLINE int match_here(const char* pattern, const char* text) {
  for (;;) {
    if (*pattern == 0) return 1;
    if (*pattern == '$' && pattern[1] == 0) return *text == 0;
    const char* next = skip_atom(pattern);
    if (*next == '*') return match_star(pattern, next + 1, text);
    if (*next == '?') {
      if (matches_atom(pattern, *text) && match_here(next + 1, text + 1)) return 1;
      pattern = next + 1;
      continue;
    }
    if (!matches_atom(pattern, *text)) return 0;
    pattern = next;
    ++text;
  }
}

static NOINLINE int search(const char* pattern, const char* text) {
  if (*pattern == '^') return match_here(pattern + 1, text);
  do {
    if (match_here(pattern, text)) return 1;
  } while (*text++);
  return 0;
}

int main(int argc, char** argv) {
  enum { kLines = 64, kWidth = 72 };
  static char lines[kLines][kWidth + 1];
  static const char* const kPatterns[] = {"[a-f][0-9]*x", "^.*7.*z$", "q?u[aeiou]*t", "[x-z][x-z][0-4]", "a.*b.*c.*d"};
  static const char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz012345 789_-uuttaaee";
  uint32_t rounds = kernel_rounds(argc, argv, 150), seed = 59;
  for (int i = 0; i < kLines; ++i) {
    for (int j = 0; j < kWidth; ++j) lines[i][j] = kAlphabet[next_random(&seed) % (sizeof kAlphabet - 1)];
  }
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) {
    lines[r % kLines][r % kWidth] = 'x';
    for (int i = 0; i < kLines; ++i) {
      uint32_t found = 0;
      for (int p = 0; p < 5; ++p) found = found << 1 | (uint32_t)search(kPatterns[p], lines[i]);
      sum = fold(sum, found);
    }
  }
  return kernel_report("regex", sum);
}
