// The mix of an embedded program, the kinds of work that CoreMark weighs: a list
// searched and reversed, 16-bit matrices, a state machine over text, a bitwise CRC.
#include "kernel.h"

static uint16_t crc16(uint16_t crc, uint16_t value) {
  for (int i = 0; i < 16; ++i, value >>= 1) {
    int carry = (crc ^ value) & 1;
    crc >>= 1;
    if (carry) crc ^= 0xa001;
  }
  return crc;
}

enum { kItems = 60 };
struct Item {
  struct Item* next;
  int16_t data, index;
};
static struct Item items[kItems];

static NOINLINE struct Item* find(struct Item* list, int16_t data) {
  while (list && list->data != data) list = list->next;
  return list;
}

static NOINLINE struct Item* reverse(struct Item* list) {
  struct Item* done = 0;
  while (list) {
    struct Item* next = list->next;
    list->next = done;
    done = list;
    list = next;
  }
  return done;
}

static NOINLINE uint16_t work_on_list(uint16_t crc, int16_t seed) {
  struct Item* list = 0;
  for (int16_t i = 0; i < kItems; ++i)
    items[i] = (struct Item){list, (int16_t)((i * 37 + seed) & 127), i}, list = &items[i];
  for (int16_t i = 0; i < 24; ++i) {
    list = reverse(list);
    struct Item* found = find(list, (int16_t)((seed + i * 5) & 127));
    crc = crc16(crc, (uint16_t)(found ? found->index : i));
  }
  return crc;
}

enum { kSize = 12 };
static int16_t a[kSize][kSize], b[kSize][kSize];
static int32_t product[kSize][kSize];

static NOINLINE uint16_t work_on_matrix(uint16_t crc, int16_t seed) {
  for (int i = 0; i < kSize; ++i) {
    for (int j = 0; j < kSize; ++j) a[i][j] = (int16_t)(seed * (i + 1) + j), b[i][j] = (int16_t)((seed ^ j) - i * 3);
  }
  for (int i = 0; i < kSize; ++i) {
    for (int j = 0; j < kSize; ++j) {
      int32_t sum = 0;
      for (int k = 0; k < kSize; ++k) sum += ((a[i][k] >> 2) & 15) * ((b[k][j] >> 5) & 127) + a[i][k];
      product[i][j] = sum;
    }
  }
  int32_t total = 0, last = 0;
  for (int i = 0; i < kSize; ++i) {
    for (int j = 0; j < kSize; ++j) {
      total = product[i][j] > last ? total + 10 : total + product[i][j];
      last = product[i][j];
    }
  }
  return crc16(crc, (uint16_t)total);
}

enum State { kStart, kInteger, kFraction, kExponent, kSign, kWord, kBad, kStates };

static enum State next_state(enum State state, char c) {
  int digit = c >= '0' && c <= '9';
  switch (state) {
    case kStart:
      return digit ? kInteger : c == '-' || c == '+' ? kSign : c == '.' ? kFraction : c >= 'a' ? kWord : kBad;
    case kSign: return digit ? kInteger : c == '.' ? kFraction : kBad;
    case kInteger: return digit ? kInteger : c == '.' ? kFraction : c == 'e' ? kExponent : kBad;
    case kFraction: return digit ? kFraction : c == 'e' ? kExponent : kBad;
    case kExponent: return digit || c == '-' ? kExponent : kBad;
    case kWord: return c >= 'a' ? kWord : kBad;
    default: return kBad;
  }
}

static NOINLINE uint16_t work_on_text(uint16_t crc, int16_t seed) {
  static char text[] = "512,1.250,-7,+.5e-3,word,9x9,0,3.14e15,-,+42,e10,.125,77777,12e,abc,-0.5,1.2.3,66,end,";
  uint32_t counts[kStates] = {0};
  text[(uint32_t)seed % 80] ^= 1;
  for (int pass = 0; pass < 4; ++pass) {
    enum State state = kStart;
    for (const char* s = text; *s; ++s) {
      if (*s == ',') {
        ++counts[state];
        state = kStart;
      } else {
        state = next_state(state, *s);
      }
    }
  }
  text[(uint32_t)seed % 80] ^= 1;
  for (int i = 0; i < kStates; ++i) crc = crc16(crc, (uint16_t)counts[i]);
  return crc;
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 200);
  uint16_t crc = 0xffff;
  for (uint32_t i = 0; i < rounds * 30; ++i) {
    int16_t seed = (int16_t)(i & 0x3ff);
    crc = work_on_text(work_on_matrix(work_on_list(crc, seed), seed), seed);
  }
  return kernel_report("mixed", crc);
}
