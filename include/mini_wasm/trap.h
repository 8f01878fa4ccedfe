/// @file
/// Why running WebAssembly stopped, and where (spec 4.2 "Results").
#pragma once

#include <mini_wasm/api.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mini_wasm {

namespace runtime {
struct ModuleInst;
}

/// The reason of a trap. Besides `none`, there is one enumerator for each row of `mini_wasm/traps.def`, which also has
/// the message:
/// @include traps.def
enum class TrapCode : uint8_t {
  none = 0,  ///< No trap.
/// @cond
#define TRAP(id, message) id,
#include <mini_wasm/traps.def>
#undef TRAP
  /// @endcond
};

/// The message of a trap, in the words of the official test scripts. A constant of the program; never null.
MINI_WASM_API const char* to_string(TrapCode code);

/// One frame of a backtrace.
struct FrameInfo {
  std::string module_name;      ///< From the name section, or from the linker for a host function. May be empty.
  std::string function_name;    ///< From the name section or an export. May be empty.
  uint32_t function_index = 0;  ///< The index of the function in its module (spec 2.5.1).
  uint64_t offset = 0;          ///< Byte offset of the instruction in the binary module. 0 for a host function.
  bool host = false;            ///< Whether this is a host function.
  /// The instance whose function it is, for the library's own use. Null when it is not known, and for a host function.
  runtime::ModuleInst* instance = nullptr;
};

/// A backtrace as text: one line per frame, innermost first, such as `  0: module!function (func[7]) at 0x1234`.
MINI_WASM_API std::string to_string(const std::vector<FrameInfo>& backtrace);

}  // namespace mini_wasm
