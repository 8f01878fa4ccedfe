// Why running WebAssembly stopped, and where (spec 4.2.1 "trap").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mini_wasm {

// One enumerator per row of traps.def; `none` means that nothing happened.
enum class TrapCode : uint8_t {
  none = 0,
#define TRAP(id, message) id,
#include <mini_wasm/traps.def>
#undef TRAP
};

// The message, in the words of the official test scripts.
const char* to_string(TrapCode code);

// One entry of a backtrace, innermost first.
struct FrameInfo {
  std::string module_name;    // from the name section or the linker; may be empty
  std::string function_name;  // from the name section or an export; may be empty
  uint32_t function_index = 0;
  uint64_t offset = 0;  // byte offset of the instruction in the module; 0 for a host function
  bool host = false;
};

// "  0: module!function (func[7]) at 0x1234", one line per frame.
std::string to_string(const std::vector<FrameInfo>& backtrace);

}  // namespace mini_wasm
