// Records: the machine code of a function as bytes that mean the same in another process, for the code cache
// (runtime/cache/module_cache.h). Only the places in the list of relocations depend on the process (relocation.h). In a
// record they are zero, and a constant is given by a name: an address in the program by its offset there; a type or its
// layout by the index of the type in the module.
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

// Appends the record of a function whose code was placed in code memory. Returns false, with rubbish appended, when a
// constant has no name.
bool append_record(const Backend& backend, const runtime::CompiledModule& module, const NativeCode& code,
                   std::span<const Relocation> relocations, std::vector<uint8_t>& out);

struct CodeRecord {
  NativeCode tables;  // without `begin`, `index`, `owner` and `sites`
  std::vector<Site> sites;
  std::vector<Relocation> relocations;
  std::span<const uint8_t> code;  // unlinked (Backend::unlink); a part of the bytes that were read
};
// Reads and checks a record. Returns false when the bytes are not a record.
bool read_record(const Backend& backend, const runtime::CompiledModule& module, std::span<const uint8_t> bytes,
                 CodeRecord& record);

// Writes the values that the constants have in this process into the code at `to`. The relocations come from a record.
void fill_constants(const Backend& backend, const runtime::CompiledModule& module, uint8_t* to,
                    std::span<const Relocation> relocations);

}  // namespace mini_wasm::jit
