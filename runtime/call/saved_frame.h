// SavedFrame: a frame of a call that is suspended (continuation.h), in a form that depends neither on the tier nor on the
// CPU. It is what the specification says a frame is (spec 4.2.12): an instance, a function, a position in it, and the
// values of the locals and operands.
#pragma once

#include <mini_wasm/types.h>

#include <array>
#include <cstdint>
#include <vector>

#include "core/indices.h"
#include "runtime/call/frame.h"

namespace mini_wasm::runtime {

struct ModuleInst;

struct SavedValue {
  ValType type;
  std::array<Slot, 2> slots{};  // the second one only for v128; what the type leaves undefined is 0
};

inline SavedValue value_at(ValType type, const Slot* slots) {
  return {type, {canonical(type, slots[0]), type.is_vector() ? slots[1] : 0}};
}
// Writes the value, and returns the slot behind it.
inline Slot* put_value(const SavedValue& value, Slot* to) {
  *to++ = value.slots[0];
  if (value.type.is_vector()) *to++ = value.slots[1];
  return to;
}

struct SavedFrame {
  ModuleInst* instance = nullptr;
  FuncIdx func{};
  // Byte offset in the module of the instruction at which the frame stands. It is a call, whose results are missing, or a
  // `loop`, whose next iteration is about to begin.
  uint64_t offset = 0;
  // The parameters, then the declared locals. Where one without a default value was not written yet, the type is
  // nullable and the value null.
  std::vector<SavedValue> locals;
  // From the bottom of the stack, without the arguments of the call. A `catch` of the older proposal has the exception
  // that it has caught below its operands.
  std::vector<SavedValue> operands;
};

}  // namespace mini_wasm::runtime
