// Does everything with a module of unknown origin that an embedder would do: compiles it, gives it its imports, calls
// its exports; all within limits and a deadline. The module may do anything, as long as this returns.
#pragma once

#include <mini_wasm/mini_wasm.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <thread>

#include "spec-tests/generate/outcome.h"

namespace mini_wasm::fuzz {

struct Exercise {
  bool compiled = false;
  bool instantiated = false;
  size_t calls = 0;     // number of exported functions that were called
  size_t calls_ok = 0;  // how many of them returned without an error
  // The results of the calls and the final state (generate/outcome.h), to compare tiers. Ends before the first call
  // that ran into a limit (time, stack, memory), because tiers have different limits.
  generate::Outcome outcome;
  bool limited = false;
};

// Small limits, so that a mutated module cannot make the machine swap.
StoreLimits small_limits();

// Compiles the module, instantiates it with generated imports, and calls every exported function with a few sets of
// arguments.
Exercise exercise(const Engine& engine, std::span<const uint8_t> bytes,
                  std::chrono::milliseconds deadline = std::chrono::milliseconds(200));

// A value for an import: a function that returns zeros, an empty table or memory of the right size, a global with zero.
// Empty where none can be made (a reference that must not be null, a size beyond the limits).
std::optional<Extern> make_import(Store& store, const ExternType& type);
std::optional<Val> zero(ValType type);

// Interrupts a store from another thread when the time is over. Stops when this object is destroyed.
class Deadline {
 public:
  Deadline(Store& store, std::chrono::milliseconds time);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace mini_wasm::fuzz
