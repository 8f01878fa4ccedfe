// A WASI call in words: "path_open(3, 1, "notes.txt", 0, 264240830, 268435455, 0) = success 4".
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "wasi/guest_ptr.h"

namespace mini_wasm::wasi {

// How a parameter is shown, or what a result pointer points to; bind.h derives it from the C++ signature.
enum class Shown : uint8_t {
  nothing,  // takes no slot
  pointer,  // one slot
  text,     // two slots, pointer and size
  array,    // two slots, pointer and count
  byte,     // results of that size
  half,
  word,  // a parameter of one slot with 32 bits in it, or a result
  wide,  // the same with 64
  object,
};

struct TraceShape {
  std::span<const Shown> params, results;
};

// "(3, "name")": before the call, which may write over its arguments.
std::string arguments_text(const TraceShape& shape, GuestMemory memory, const uint64_t* slots);
// "success 4", "badf": after it. `slots` are the arguments.
std::string results_text(const TraceShape& shape, GuestMemory memory, const uint64_t* slots, uint64_t error);

}  // namespace mini_wasm::wasi
