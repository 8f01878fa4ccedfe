// Does with a module of unknown origin everything that an embedder would: compile it, give it whatever it imports, call
// its exports; all within limits and a deadline. Nothing that it does is wrong, as long as this returns.
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
  size_t calls = 0;     // exported functions called
  size_t calls_ok = 0;  // of these, returned without an error
  // What the calls gave and left behind (generate/outcome.h), for a comparison of tiers. It ends before the first call
  // that ran into a limit, of which every tier has its own: time, stack, memory.
  generate::Outcome outcome;
  bool limited = false;
};

// Small limits, so that a mutated module cannot make the machine swap.
StoreLimits small_limits();

// Compiles, instantiates with made-up imports, calls every exported function with a few argument values.
Exercise exercise(const Engine& engine, std::span<const uint8_t> bytes,
                  std::chrono::milliseconds deadline = std::chrono::milliseconds(200));

// What a module can be given for an import: a function returning zeros, an empty table or memory of the wanted size, a
// global with zero. None where no such thing can be made (a reference that must not be null, a size beyond the limits).
std::optional<Extern> make_import(Store& store, const ExternType& type);
std::optional<Val> zero(ValType type);

// Interrupts a store once the time is over, from another thread, until this object is gone.
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
