// The custom section "name" (spec 7.4.1). Tolerant by rule: nothing in it can make a module fail.
#pragma once

#include "decoder/module.h"

namespace mini_wasm::decoder {

// Fills in module.names from the payload of a name section; what is malformed is left out.
// Needs the function index space to be known.
void read_name_section(Module& module, ByteRange payload);

// The names of the locals of all functions, for tools: decoded when asked for.
struct LocalNames {
  // Sorted by function, then by local.
  struct Entry {
    uint32_t func;
    uint32_t local;
    std::string_view name;
  };
  std::vector<Entry> entries;
  std::string_view find(uint32_t func, uint32_t local) const;
};
LocalNames read_local_names(const Module& module);

}  // namespace mini_wasm::decoder
