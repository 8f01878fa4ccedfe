// A byte-code interpreter: a stack machine with a switch, running a program that
// sums the Collatz steps of the first numbers. br_table and unpredictable branches.
#include "kernel.h"

enum Code { kPush, kGet, kSet, kAdd, kSub, kMul, kShr, kAnd, kLess, kJump, kJumpIfZero, kHalt };

// Variables: 0 = n, 1 = x, 2 = steps.
static const int8_t kProgram[] = {
    // 0: outer loop: while (n != 0)
    kGet, 0, kJumpIfZero, 53,
    // 4: x = n
    kGet, 0, kSet, 1,
    // 8: a first x of 1 takes no step
    kPush, 1, kGet, 1, kLess, kJumpIfZero, 54,
    // 15: steps = steps + 1
    kGet, 2, kPush, 1, kAdd, kSet, 2,
    // 22: if x is odd, x = 3 * x + 1
    kGet, 1, kPush, 1, kAnd, kJumpIfZero, 39, kGet, 1, kPush, 3, kMul, kPush, 1, kAdd, kSet, 1,
    // 39: x is even now: x = x >> 1
    kGet, 1, kShr, kSet, 1,
    // 44: while (1 < x) again
    kPush, 1, kGet, 1, kLess, kJumpIfZero, 54, kJump, 15,
    // 53:
    kHalt,
    // 54: n = n - 1
    kGet, 0, kPush, 1, kSub, kSet, 0, kJump, 0};

static NOINLINE uint32_t interpret(const int8_t* code, uint32_t n) {
  uint32_t stack[16], variables[4] = {n, 0, 0, 0};
  uint32_t* top = stack;
  for (const int8_t* pc = code;;) {
    switch (*pc++) {
      case kPush: *++top = (uint32_t)*pc++; break;
      case kGet: *++top = variables[*pc++]; break;
      case kSet: variables[*pc++] = *top--; break;
      case kAdd: --top, top[0] += top[1]; break;
      case kSub: --top, top[0] -= top[1]; break;
      case kMul: --top, top[0] *= top[1]; break;
      case kShr: top[0] >>= 1; break;
      case kAnd: --top, top[0] &= top[1]; break;
      case kLess: --top, top[0] = top[0] < top[1]; break;
      case kJump: pc = code + *pc; break;
      case kJumpIfZero: pc = *top-- == 0 ? code + *pc : pc + 1; break;
      case kHalt: return variables[2];
    }
  }
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 120);
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) sum = fold(sum, interpret(kProgram, 300 + (r & 7)));
  return kernel_report("vm", sum);
}
