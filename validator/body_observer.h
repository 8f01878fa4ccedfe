// BodyObserver: lets a tier observe the validation of function bodies, so that it needs no analysis pass of its own. A
// compiler uses it to choose the locals that it keeps in registers. What the tier finds out about a function is kept in
// FunctionFacts::tier; the validator does not know what that is.
// Thread rule: one thread. An observer is used for many functions, one after the other, and may keep its buffers.
#pragma once

#include <mini_wasm/types.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "core/function_facts.h"
#include "validator/locals.h"

namespace mini_wasm::validator {

class BodyObserver {
 public:
  virtual ~BodyObserver() = default;

  // For each function: `begin` with the number of its locals, then the events in the order of the code, then `finish`.
  // Only reachable code causes events. `finish` is not called if the body is invalid.
  virtual void begin(size_t locals) = 0;
  // The two frequent events are not virtual: they are collected in `uses_` and `calls_`, where the observer takes them
  // when it needs them.
  // local.get, or (`writes`) local.set or local.tee.
  void use_local(uint32_t local, bool writes) { uses_.push_back({local, writes}); }
  // Once for each local that is read where it may still have the value that it had when the function began. All others
  // are written before they are read.
  virtual void read_first(uint32_t local) = 0;
  // An instruction that calls a function, or leaves the function by an exception. Tail calls are not reported.
  void call() { ++calls_; }
  // A number other than 0 (+0); `next`: the first byte of the instruction behind it, which often uses it. Integers only if
  // `wants_integers_`.
  void use_constant(ValType type, uint64_t bits, uint8_t next) {
    const bool is_float = type == ValType::f32 || type == ValType::f64;
    if (bits != 0 && (is_float || wants_integers_)) note_constant(type, bits, next);
  }
  virtual void enter_loop() = 0;
  virtual void leave_loop() = 0;
  // The body is valid. `locals` are those of the function. Null: there is nothing to be said about this function.
  virtual std::unique_ptr<const TierFacts> finish(const Locals& locals) = 0;

 protected:
  virtual void note_constant(ValType type, uint64_t bits, uint8_t next) = 0;

  struct Use {
    uint32_t local;
    bool writes;
    uint8_t times = 1;
  };
  std::vector<Use> uses_;  // in the order of the code; the observer removes them
  uint32_t calls_ = 0;     // the observer sets this to 0
  bool wants_integers_ = false;
};

}  // namespace mini_wasm::validator
