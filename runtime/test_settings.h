// Settings with which tests change the runtime. Must be set before any store is made. Not for embedders.
#pragma once

#include <mini_wasm/types.h>

#include <atomic>
#include <cstdint>
#include <span>

#include "runtime/call/frame.h"

namespace mini_wasm::runtime {

struct TestSettings {
  // Writes arbitrary bits above every 32-bit value that the host or machine code writes into a slot.
  bool poison_slots = false;
  // Every second memory that should have guard pages gets none.
  bool few_addresses = false;
  std::atomic<uint32_t> guards_wanted{0};
};
inline TestSettings test_settings;

inline constexpr uint32_t kPoison = 0xa5a5a5a5;

// If the setting is on: fills the upper half of each of the slots that holds a 32-bit value.
inline void poison(std::span<const ValType> types, Slot* slots) {
  if (!test_settings.poison_slots) return;
  for (const ValType type : types) {
    if (is_narrow(type)) *slots |= Slot{kPoison} << 32;
    slots += type.slots();
  }
}

}  // namespace mini_wasm::runtime
