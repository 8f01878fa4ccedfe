// The custom section "name" (spec 7.4.1). Tolerant by rule: nothing in it can make a module fail.
#pragma once

#include "decoder/module.h"

namespace mini_wasm::decoder {

// Reads module.name_section; what is malformed is left out. For Module::names. Needs the function index space to be
// known.
Names read_name_section(const Module& module);

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
