// Shows a WASI call as text: "path_open(3, 1, "notes.txt", 0, 264240830, 268435455, 0) = success 4".
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "wasi/guest_ptr.h"

namespace mini_wasm::wasi {

// How a parameter, or the value that a result pointer points to, is shown. bind.h derives it from the C++ signature.
enum class Shown : uint8_t {
  nothing,  // has no slot
  pointer,  // one slot
  text,     // two slots: pointer and size
  array,    // two slots: pointer and count
  byte,     // results of this size
  half,
  word,  // a parameter of one slot with 32 bits, or a result of 32 bits
  wide,  // the same with 64 bits
  object,
};

struct TraceShape {
  std::span<const Shown> params, results;
};

// "(3, "name")". Must be made before the call, which may overwrite its arguments.
std::string arguments_text(const TraceShape& shape, GuestMemory memory, const uint64_t* slots);
// "success 4" or "badf". Made after the call. `slots` are the arguments.
std::string results_text(const TraceShape& shape, GuestMemory memory, const uint64_t* slots, uint64_t error);

}  // namespace mini_wasm::wasi
