// What tests change about the runtime. Set before any store is made; not for embedders.
#pragma once

#include <mini_wasm/types.h>

#include <atomic>
#include <cstdint>
#include <span>

#include "runtime/frame.h"

namespace mini_wasm::runtime {

struct TestSettings {
  // Above every 32-bit value that the host or machine code writes into a slot stands rubbish.
  bool poison_slots = false;
  // Every second memory of those that are to have guard pages gets none.
  bool few_addresses = false;
  std::atomic<uint32_t> guards_wanted{0};
};
inline TestSettings test_settings;

inline constexpr uint32_t kPoison = 0xa5a5a5a5;

// Fills the upper halves of those of the slots that hold 32-bit values, when tests want that.
inline void poison(std::span<const ValType> types, Slot* slots) {
  if (!test_settings.poison_slots) return;
  for (const ValType type : types) {
    if (is_narrow(type)) *slots |= Slot{kPoison} << 32;
    slots += type.slots();
  }
}

}  // namespace mini_wasm::runtime
