// Dispatch: how one handler continues with the next. A handler is a plain function on a Machine. Two small back-ends
// run handlers:
//
//   tail   each handler ends with a guaranteed tail call of the next one; the Machine is in CPU registers
//          (clang >= 19: musttail, preserve_none)
//   loop   a loop calls the handlers; the Machine is in memory. For any compiler, and debug and sanitizer builds
//
// `wrap` makes both forms from the same handlers. A handler advances `pc` itself. It ends execution by setting `pc` to
// one of the stop instructions in handlers_control.cc.
#pragma once

#include <cstdint>

#include "core/numeric_simd_lanes.h"
#include "interp/code.h"
#include "runtime/call/activation.h"
#include "runtime/call/fault_registers.h"
#include "runtime/instance/instance_context.h"

#ifndef MINI_WASM_TAIL_DISPATCH
#define MINI_WASM_TAIL_DISPATCH 0
#endif

namespace mini_wasm::interp {

using numeric::V128;
using runtime::Exit;
using runtime::InstanceContext;
using runtime::Slot;

// The registers of the interpreter.
struct Machine {
  const Word* pc;
  Slot* fp;
  uint8_t* memory;  // base of memory 0
  InstanceContext* ctx;
  uint64_t r;  // integer accumulator
  uint64_t l;  // the pinned local, which is kept in this register
  float s;     // accumulators for f32 and f64
  double d;
  V128 v;  // accumulator for v128
};

// Where a handler begins. A frequent one has a cache line of its own, because the CPU predicts the jumps in one line
// together: half a line costs 4 % on average, and 20 % in a long loop. Rare handlers are packed.
inline constexpr size_t kFrequent = 64, kRare = 16;

#if MINI_WASM_TAIL_DISPATCH

using Handler = Exit(__attribute__((preserve_none)) *)(const Word* pc, Slot* fp, uint8_t* memory, InstanceContext* ctx,
                                                       uint64_t r, uint64_t l, float s, double d, V128 v);

inline Handler handler_at(const Word* pc) { return reinterpret_cast<Handler>(*pc); }

// No exception leaves a handler: all that it calls handles a lack of memory itself (core/guarded.h), as it must for
// machine code. The compiler is told so where `wrap` calls, so that handlers need no entry in the tables for unwinding.
// (`wrap` itself cannot be noexcept: then it could not end with a tail call.)
using Next = Exit(__attribute__((preserve_none)) *)(const Word* pc, Slot* fp, uint8_t* memory, InstanceContext* ctx,
                                                    uint64_t r, uint64_t l, float s, double d, V128 v) noexcept;
template <class Result>
using Body = Result (*)(Machine&) noexcept;

template <void (*body)(Machine&), size_t alignment = kFrequent>
__attribute__((preserve_none, aligned(alignment))) Exit wrap(const Word* pc, Slot* fp, uint8_t* memory,
                                                             InstanceContext* ctx, uint64_t r, uint64_t l, float s,
                                                             double d, V128 v) {
  Machine m{pc, fp, memory, ctx, r, l, s, d, v};
  reinterpret_cast<Body<void>>(body)(m);
  [[clang::musttail]] return reinterpret_cast<Next>(handler_at(m.pc))(m.pc, m.fp, m.memory, m.ctx, m.r, m.l, m.s, m.d,
                                                                      m.v);
}

// The same for a body that knows the next handler before it has read the code at the new pc. So the CPU notices a wrong
// prediction of the jump earlier.
template <Handler (*body)(Machine&)>
__attribute__((preserve_none, aligned(kFrequent))) Exit wrap_jump(const Word* pc, Slot* fp, uint8_t* memory,
                                                                  InstanceContext* ctx, uint64_t r, uint64_t l, float s,
                                                                  double d, V128 v) {
  Machine m{pc, fp, memory, ctx, r, l, s, d, v};
  const Handler next = reinterpret_cast<Body<Handler>>(body)(m);
  [[clang::musttail]] return reinterpret_cast<Next>(next)(m.pc, m.fp, m.memory, m.ctx, m.r, m.l, m.s, m.d, m.v);
}

// Returns `guess`, which was available earlier, if it is the handler at pc; otherwise that handler.
[[gnu::always_inline]] inline Handler checked_handler(const Word* pc, Handler guess) {
  const Handler found = handler_at(pc);
  if (guess != found) [[unlikely]]
    return found;
  asm("" : "+r"(guess));  // otherwise compilers use `found`, because it is equal
  return guess;
}

// The handler that ends execution; `r` is the Exit.
__attribute__((preserve_none)) inline Exit stop(const Word*, Slot*, uint8_t*, InstanceContext*, uint64_t r, uint64_t,
                                                float, double, V128) {
  return static_cast<Exit>(r);
}

// No exception leaves a handler: what handlers call handles a lack of memory itself (core/guarded.h), as it must for
// machine code.
inline Exit run(Machine& m, Handler first) noexcept {
  return first(m.pc, m.fp, m.memory, m.ctx, m.r, m.l, m.s, m.d, m.v);
}

// Must follow each access to guest memory. It forces pc and fp to be in fixed registers at the access: the asm uses the
// registers in which preserve_none passes the first two arguments, and nothing can be moved across it. The fault
// handler reads pc and fp from these registers.
[[gnu::always_inline]] inline void fault_point(Machine& m) {
  static_assert(runtime::kFaultRegistersKnown);
  register const Word* pc asm(MINI_WASM_PC_REGISTER) = m.pc;
  register Slot* fp asm(MINI_WASM_FP_REGISTER) = m.fp;
  asm volatile("" : "+r"(pc), "+r"(fp) : : "memory");
  m.pc = pc;
  m.fp = fp;
}

#else

using Handler = void (*)(Machine&);

inline Handler handler_at(const Word* pc) { return reinterpret_cast<Handler>(*pc); }

template <void (*body)(Machine&), size_t = kFrequent>
void wrap(Machine& m) {
  body(m);
}

template <Handler (*body)(Machine&)>
void wrap_jump(Machine& m) {
  body(m);
}

inline Handler checked_handler(const Word* pc, Handler) { return handler_at(pc); }

inline void stop(Machine& m) { m.pc = nullptr; }

inline Exit run(Machine& m, Handler first) {
  first(m);
  while (m.pc != nullptr) {
    handler_at(m.pc)(m);
  }
  return static_cast<Exit>(m.r);
}

// The Machine is in memory that guest accesses might also refer to, as far as the compiler knows. So it cannot move a
// store across the access.
inline void fault_point(Machine&) {}

#endif

}  // namespace mini_wasm::interp
