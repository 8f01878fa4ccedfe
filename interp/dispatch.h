// How one handler goes on to the next. A handler is a plain function over a Machine; two small back-ends run it:
//
//   tail   each handler ends in a guaranteed tail call of the next one, with the machine in CPU registers
//          (clang >= 19: musttail, preserve_none)
//   loop   a loop calls the handlers, with the machine in memory: any compiler, debug and sanitizer builds
//
// Both are made from the same handlers by `wrap`. A handler advances `pc` itself; it ends execution by setting
// `pc` to one of the stop instructions in handlers.cc.
#pragma once

#include <cstdint>

#include "core/numeric_simd_lanes.h"
#include "interp/code.h"
#include "runtime/activation.h"
#include "runtime/instance_context.h"

#ifndef MINI_WASM_TAIL_DISPATCH
#define MINI_WASM_TAIL_DISPATCH 0
#endif

namespace mini_wasm::interp {

using numeric::V128;
using runtime::Exit;
using runtime::InstanceContext;
using runtime::Slot;

// The interpreter's registers.
struct Machine {
  const Word* pc;
  Slot* fp;
  uint8_t* memory;  // base of memory 0
  InstanceContext* ctx;
  uint64_t r;  // integer accumulator
  uint64_t l;  // the pinned local
  float s;     // accumulators for f32 and f64
  double d;
  V128 v;  // accumulator for v128
};

#if MINI_WASM_TAIL_DISPATCH

using Handler = Exit(__attribute__((preserve_none)) *)(const Word* pc, Slot* fp, uint8_t* memory, InstanceContext* ctx,
                                                       uint64_t r, uint64_t l, float s, double d, V128 v);

inline Handler handler_at(const Word* pc) { return reinterpret_cast<Handler>(*pc); }

template <void (*body)(Machine&)>
__attribute__((preserve_none)) Exit wrap(const Word* pc, Slot* fp, uint8_t* memory, InstanceContext* ctx, uint64_t r,
                                         uint64_t l, float s, double d, V128 v) {
  Machine m{pc, fp, memory, ctx, r, l, s, d, v};
  body(m);
  [[clang::musttail]] return handler_at(m.pc)(m.pc, m.fp, m.memory, m.ctx, m.r, m.l, m.s, m.d, m.v);
}

// The same for a body that knows the handler to go to before it has been to its code: what is predicted wrongly is
// found out sooner.
template <Handler (*body)(Machine&)>
__attribute__((preserve_none)) Exit wrap_jump(const Word* pc, Slot* fp, uint8_t* memory, InstanceContext* ctx,
                                              uint64_t r, uint64_t l, float s, double d, V128 v) {
  Machine m{pc, fp, memory, ctx, r, l, s, d, v};
  const Handler next = body(m);
  [[clang::musttail]] return next(m.pc, m.fp, m.memory, m.ctx, m.r, m.l, m.s, m.d, m.v);
}

// `guess`, which was got sooner, if it is the handler at pc.
[[gnu::always_inline]] inline Handler checked_handler(const Word* pc, Handler guess) {
  const Handler found = handler_at(pc);
  if (guess != found) [[unlikely]]
    return found;
  asm("" : "+r"(guess));  // or else compilers use `found`, which is the same
  return guess;
}

// The handler that ends execution.
__attribute__((preserve_none)) inline Exit stop(const Word*, Slot*, uint8_t*, InstanceContext*, uint64_t r, uint64_t,
                                                float, double, V128) {
  return static_cast<Exit>(r);
}

inline Exit run(Machine& m) { return handler_at(m.pc)(m.pc, m.fp, m.memory, m.ctx, m.r, m.l, m.s, m.d, m.v); }

// After an access to guest memory: at the access, pc and fp were in the registers in which preserve_none passes its
// first two arguments, because they must be there here, too, and nothing may move across. The fault handler relies on
// it.
[[gnu::always_inline]] inline void fault_point(Machine& m) {
#if defined(__x86_64__)
  register const Word* pc asm("r12") = m.pc;
  register Slot* fp asm("r13") = m.fp;
  asm volatile("" : "+r"(pc), "+r"(fp) : : "memory");
  m.pc = pc;
  m.fp = fp;
#else
#error "tail dispatch needs to know the registers of pc and fp on this CPU"
#endif
}

#else

using Handler = void (*)(Machine&);

inline Handler handler_at(const Word* pc) { return reinterpret_cast<Handler>(*pc); }

template <void (*body)(Machine&)>
void wrap(Machine& m) {
  body(m);
}

template <Handler (*body)(Machine&)>
void wrap_jump(Machine& m) {
  body(m);
}

inline Handler checked_handler(const Word* pc, Handler) { return handler_at(pc); }

inline void stop(Machine& m) { m.pc = nullptr; }

inline Exit run(Machine& m) {
  do {
    handler_at(m.pc)(m);
  } while (m.pc != nullptr);
  return static_cast<Exit>(m.r);
}

// The machine is in memory, where the accesses of the guest may point, too: no compiler moves a store across.
inline void fault_point(Machine&) {}

#endif

}  // namespace mini_wasm::interp
