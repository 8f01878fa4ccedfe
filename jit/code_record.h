// Machine code of a function as bytes that mean the same in another process, for the cache (runtime/cache/module_cache.h).
// Code is position-independent already but for its relocations; constants among them are named: addresses of the
// program by their offset in it, types and their layouts by their index in the module.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "jit/backend.h"
#include "jit/native_code.h"
#include "jit/relocation.h"

namespace mini_wasm::runtime {
class CompiledModule;
}

namespace mini_wasm::jit {

// Appends code as it stands in memory. False when it cannot be kept.
bool append_record(const Backend& backend, const runtime::CompiledModule& module, const NativeCode& code,
                   std::span<const Relocation> relocations, std::vector<uint8_t>& out);

struct CodeRecord {
  NativeCode tables;  // all of the code but where it is and whose
  std::vector<Site> sites;
  std::vector<Relocation> relocations;
  std::span<const uint8_t> code;  // unlinked, in the bytes that were read
};
// False when the bytes are none.
bool read_record(const Backend& backend, const runtime::CompiledModule& module, std::span<const uint8_t> bytes,
                 CodeRecord& record);

// Gives constants in code at `to` their values here.
void fill_constants(const Backend& backend, const runtime::CompiledModule& module, uint8_t* to,
                    std::span<const Relocation> relocations);

}  // namespace mini_wasm::jit
