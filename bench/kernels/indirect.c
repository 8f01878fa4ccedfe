// Indirect calls: a table of small functions, and objects with virtual methods.
#include "kernel.h"

typedef uint32_t (*Step)(uint32_t, uint32_t);
static uint32_t add(uint32_t x, uint32_t y) { return x + y; }
static uint32_t subtract(uint32_t x, uint32_t y) { return x - y; }
static uint32_t exclusive_or(uint32_t x, uint32_t y) { return x ^ y; }
static uint32_t multiply(uint32_t x, uint32_t y) { return x * (y | 1); }
static uint32_t rotate(uint32_t x, uint32_t y) { return x << (y & 31) | x >> (-y & 31); }
static uint32_t smaller(uint32_t x, uint32_t y) { return x < y ? x : y; }
static uint32_t larger(uint32_t x, uint32_t y) { return x < y ? y : x; }
static uint32_t shift(uint32_t x, uint32_t y) { return (x >> 3) + y; }
static Step const kSteps[8] = {add, subtract, exclusive_or, multiply, rotate, smaller, larger, shift};

struct Shape {
  double (*area)(const struct Shape*);
  void (*grow)(struct Shape*, double);
  double a, b;
};
static double circle_area(const struct Shape* s) { return 3.140625 * s->a * s->a; }
static double box_area(const struct Shape* s) { return s->a * s->b; }
static double triangle_area(const struct Shape* s) { return 0.5 * s->a * s->b; }
static void grow_one(struct Shape* s, double by) { s->a += by; }
static void grow_both(struct Shape* s, double by) { s->a += by, s->b -= by; }

enum { kShapes = 64 };
static struct Shape shapes[kShapes];

static NOINLINE uint32_t run_steps(const uint8_t* codes, uint32_t count, uint32_t x) {
  for (uint32_t i = 0; i < count; ++i) x = kSteps[codes[i]](x, i);
  return x;
}

static NOINLINE double total_area(double by) {
  double total = 0;
  for (uint32_t i = 0; i < kShapes; ++i) {
    shapes[i].grow(&shapes[i], by);
    total += shapes[i].area(&shapes[i]);
  }
  return total;
}

int main(int argc, char** argv) {
  enum { kCodes = 4096 };
  static uint8_t codes[kCodes];
  uint32_t rounds = kernel_rounds(argc, argv, 1500), seed = 23;
  for (uint32_t i = 0; i < kCodes; ++i) codes[i] = next_random(&seed) & 7;
  for (uint32_t i = 0; i < kShapes; ++i) {
    uint32_t kind = next_random(&seed) % 3;
    shapes[i].area = kind == 0 ? circle_area : kind == 1 ? box_area : triangle_area;
    shapes[i].grow = kind == 0 ? grow_one : grow_both;
    shapes[i].a = i + 1, shapes[i].b = 2 * i + 0.5;
  }
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) {
    sum = fold(sum, run_steps(codes, kCodes, r));
    for (uint32_t i = 0; i < 32; ++i) sum = fold_double(sum, total_area(i & 1 ? 0.25 : -0.25));
  }
  return kernel_report("indirect", sum);
}
