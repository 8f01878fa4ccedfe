// The calling convention of WebAssembly code. All tiers and host calls follow it. (Machine code that calls machine code
// passes some arguments and results in registers: jit/arguments.h, jit/native_code.h.)
//
// Every store has one value stack of 8-byte slots that grows upwards. A value takes one slot (v128: two); a 32-bit
// value sits in the low half and the upper half is undefined; a reference is a pointer, null is 0.
//
// A frame starts at `fp`. It has these parts, in this order:
//
//   fp[0 .. p)      parameters, put there by the caller as its topmost operands: nothing is copied
//   fp[p .. l)      declared locals
//   fp[k .. o)      link: how to return. k = max(l, slots of the results), o = k + Engine::link_slots
//   fp[o .. n)      operands; the arguments of a call are the topmost ones and become the callee's fp[0..]
//
// The link slots of an interpreted frame hold return pc, caller's fp and caller's InstanceContext. Those of compiled
// code hold the caller's values of the registers that calls leave alone (jit/native_code.h). A frame can go from one
// tier to the other, so there are as many as either needs.
//
// On return the results stand at fp[0 .. r), which is where the caller's operand stack expects them.
#pragma once

#include <mini_wasm/types.h>

#include <cstdint>
#include <cstring>

namespace mini_wasm::runtime {

using Slot = uint64_t;

// Twice as many slots exist beyond the stack limit. So for compiled code with a frame of no more than these it is enough
// that the frame begins at or before the limit; if the function calls nothing, it does not check the limit at all.
inline constexpr uint32_t kSmallFrame = 64;
enum LinkSlot : uint32_t { kLinkReturnPc = 0, kLinkCallerFp = 1, kLinkContext = 2 };
inline constexpr uint32_t kMinLinkSlots = 3;

template <class T>
inline T slot_get(const Slot* slot) {
  T value;
  std::memcpy(&value, slot, sizeof(T));
  return value;
}

template <class T>
inline void slot_set(Slot* slot, T value) {
  std::memcpy(slot, &value, sizeof(T));
}

// Whether a value of the type takes only the lower half of a slot.
inline bool is_narrow(ValType type) { return type == ValType::i32 || type == ValType::f32; }

// The content of a slot, with zeros in the half that the type leaves undefined.
inline Slot canonical(ValType type, Slot slot) { return is_narrow(type) ? static_cast<uint32_t>(slot) : slot; }

inline uint32_t slot_count(const std::vector<ValType>& types) {
  uint32_t n = 0;
  for (ValType t : types) n += t.slots();
  return n;
}

}  // namespace mini_wasm::runtime
