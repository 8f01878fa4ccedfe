// Machine code for people to read: a function's WebAssembly instructions, each with the code that was made for it.
//
// Nothing is run or kept. Addresses that differ from run to run are printed as what stands there.
// Thread rule: any thread.
#pragma once

#include <mini_wasm/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/indices.h"

namespace mini_wasm::runtime {
class CompiledModule;
}

namespace mini_wasm::jit {

class Backend;
struct CodeSettings;

// A machine instruction, or a label, as it was assembled.
struct CodeLine {
  uint32_t native = 0;  // where it begins in the function's code
  uint32_t offset = 0;  // of the WebAssembly instruction that it was made for; 0: none
  std::string text;
};

// What stands at an address that code mentions.
using AddressNames = std::unordered_map<uint64_t, std::string>;

// Compiles a function that the module defines, for the backend's CPU, and returns the listing. Error: limit; or the function is invalid.
//
//   00000023  local.get 0
//   00000025  i32.load
//                 14  mov eax, dword ptr [r14+rbx]
Result<std::string> list_code(const Backend& backend, const runtime::CompiledModule& module, FuncIdx index,
                              const CodeSettings& settings);

}  // namespace mini_wasm::jit
