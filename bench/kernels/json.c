// A recursive-descent JSON reader over a text made at the start: bytes, branches, recursion.
#include "kernel.h"

enum { kCapacity = 1 << 16 };
static char text[kCapacity];
static uint32_t text_length;

static void put(const char* s) {
  while (*s) text[text_length++] = *s++;
}

static void put_number(uint32_t n) {
  char digits[12];
  int at = 11;
  digits[at] = 0;
  do digits[--at] = (char)('0' + n % 10);
  while (n /= 10);
  put(digits + at);
}

static void make_text(uint32_t seed) {
  static const char* const kWords[] = {"amber", "bright \\\"quoted\\\"", "cloud", "delta\\n", "echo", "f\\u00e9e", "",
                                       "gamma"};
  text_length = 0;
  put("[\n");
  while (text_length < kCapacity - 512) {
    put("  {\"id\": ");
    put_number(next_random(&seed) >> (seed & 15));
    put(", \"name\": \"");
    put(kWords[next_random(&seed) & 7]);
    put("\", \"tags\": [\"");
    put(kWords[next_random(&seed) & 7]);
    put(next_random(&seed) & 1 ? "\", true], \"pos\": {\"x\": -" : "\", false, null], \"pos\": {\"x\": ");
    put_number(next_random(&seed) & 0xffff);
    put(".");
    put_number(next_random(&seed) & 0xff);
    put(", \"y\": 1");
    put_number(next_random(&seed) & 0xff);
    put("e-2}},\n");
  }
  put("  {}\n]\n");
  text[text_length] = 0;
}

struct Reader {
  const char* at;
  uint64_t sum;
  double total;
  uint32_t errors;
};

static void skip_space(struct Reader* r) {
  while (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r') ++r->at;
}

static NOINLINE void read_string(struct Reader* r) {
  uint32_t hash = 2166136261u;
  for (++r->at; *r->at != '"'; ++r->at) {
    if (*r->at == 0) {
      ++r->errors;
      return;
    }
    if (*r->at == '\\') {
      ++r->at;
      hash ^= 0x80;
    }
    hash = (hash ^ (uint8_t)*r->at) * 16777619u;
  }
  ++r->at;
  r->sum += hash;
}

static NOINLINE void read_number(struct Reader* r) {
  double value = 0, scale = 1;
  int negative = *r->at == '-', exponent = 0;
  if (negative) ++r->at;
  while (*r->at >= '0' && *r->at <= '9') value = value * 10 + (*r->at++ - '0');
  if (*r->at == '.') {
    for (++r->at; *r->at >= '0' && *r->at <= '9'; ++r->at) {
      value = value * 10 + (*r->at - '0');
      scale *= 10;
    }
  }
  if (*r->at == 'e') {
    int down = *++r->at == '-';
    if (down) ++r->at;
    while (*r->at >= '0' && *r->at <= '9') exponent = exponent * 10 + (*r->at++ - '0');
    for (; exponent > 0; --exponent) scale = down ? scale * 10 : scale / 10;
  }
  r->total += negative ? -value / scale : value / scale;
}

static void read_word(struct Reader* r, const char* word) {
  while (*word) r->errors += *r->at++ != *word++;
  ++r->sum;
}

static NOINLINE void read_value(struct Reader* r);

static void read_members(struct Reader* r, char close, int keyed) {
  ++r->at;
  skip_space(r);
  while (*r->at != close && r->errors == 0) {
    if (keyed) {
      read_string(r);
      skip_space(r);
      r->errors += *r->at++ != ':';
    }
    read_value(r);
    skip_space(r);
    if (*r->at == ',') {
      ++r->at;
      skip_space(r);
    } else if (*r->at != close) {
      ++r->errors;
    }
  }
  ++r->at;
}

static NOINLINE void read_value(struct Reader* r) {
  skip_space(r);
  switch (*r->at) {
    case '{': read_members(r, '}', 1); break;
    case '[': read_members(r, ']', 0); break;
    case '"': read_string(r); break;
    case 't': read_word(r, "true"); break;
    case 'f': read_word(r, "false"); break;
    case 'n': read_word(r, "null"); break;
    default: read_number(r); break;
  }
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 250);
  uint64_t sum = 0;
  make_text(5);
  for (uint32_t i = 0; i < rounds; ++i) {
    struct Reader reader = {text, i, 0, 0};
    read_value(&reader);
    sum = fold_double(fold(sum, reader.sum), reader.total) + reader.errors;
  }
  return kernel_report("json", sum);
}
