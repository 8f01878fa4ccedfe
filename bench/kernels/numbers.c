// Numbers to text and back: integer division, conversions between integers and doubles, f64 rounding.
#include "kernel.h"

static NOINLINE uint32_t format(char* out, double value) {
  char digits[24];
  uint32_t length = 0, count = 0;
  if (value < 0) out[length++] = '-', value = -value;
  uint64_t whole = (uint64_t)value, part = (uint64_t)__builtin_rint((value - (double)whole) * 1e6);
  if (part >= 1000000) ++whole, part -= 1000000;
  do digits[count++] = (char)('0' + whole % 10);
  while (whole /= 10);
  while (count) out[length++] = digits[--count];
  out[length++] = '.';
  for (uint32_t unit = 100000; unit != 0; unit /= 10) out[length++] = (char)('0' + part / unit % 10);
  out[length] = 0;
  return length;
}

static NOINLINE double parse(const char* s) {
  int negative = *s == '-';
  int64_t mantissa = 0, scale = 1;
  for (s += negative; *s && *s != '.'; ++s) mantissa = mantissa * 10 + (*s - '0');
  if (*s == '.') {
    for (++s; *s; ++s) mantissa = mantissa * 10 + (*s - '0'), scale *= 10;
  }
  double value = (double)mantissa / (double)scale;
  return negative ? -value : value;
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 700), seed = 61;
  uint64_t sum = 0;
  char text[48];
  for (uint32_t r = 0; r < rounds; ++r) {
    uint32_t total = 0;
    double back = 0;
    for (uint32_t i = 0; i < 1000; ++i) {
      double value = (double)(int32_t)next_random(&seed) / (double)((next_random(&seed) & 0xfff) + 1);
      total += format(text, value);
      back += __builtin_floor(parse(text)) + (double)(float)value;
    }
    sum = fold_double(fold(sum, total), back);
  }
  return kernel_report("numbers", sum);
}
