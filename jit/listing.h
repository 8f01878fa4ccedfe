// Listings: the WebAssembly instructions of a function as text, each followed by the machine code that was made for it.
//
// The code is neither run nor kept. Addresses that differ between processes are printed as names.
// Thread rule: any thread.
#pragma once

#include <mini_wasm/mini_wasm.h>
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

// A machine instruction or a label, in the order in which they were assembled.
struct CodeLine {
  uint32_t native = 0;  // offset of its beginning in the function's code
  uint32_t offset = 0;  // offset in the module of the WebAssembly instruction that it was made for; 0: none
  std::string text;
};

// Names for addresses that occur in code.
using AddressNames = std::unordered_map<uint64_t, std::string>;

// Compiles functions for one CPU and lists their code; <cpu>/listing.cc has it. It is apart from the Backend, so that a
// program that lists no code does not contain it.
class CodeLister {
 public:
  // Compiles a function and appends its code as text. `names`: addresses that are printed as names, in addition to those
  // that the lister knows.
  virtual Result<void> list(const runtime::CompiledModule& module, FuncIdx index, const CodeSettings& settings,
                            const AddressNames& names, std::vector<CodeLine>& lines) const = 0;

 protected:
  ~CodeLister() = default;
};

// The lister for the backend's CPU.
const CodeLister& lister(const Backend& backend);

// Compiles a function that the module defines, for the backend's CPU, and returns the listing. Errors: limit; or
// invalid, if the function is not valid.
//
//   00000023  local.get 0
//   00000025  i32.load
//                 14  mov eax, dword ptr [r14+rbx]
// The CPU may be another one than the host's, if the module belongs to an engine of `listing_engine`.
Result<std::string> list_code(const Backend& backend, const runtime::CompiledModule& module, FuncIdx index,
                              const CodeSettings& settings);

// An engine whose modules can only be listed, for the backend's CPU: locals are in registers, and frames are laid out, as
// on a host with that CPU.
Engine listing_engine(const Config& config, const Backend& backend);

}  // namespace mini_wasm::jit
