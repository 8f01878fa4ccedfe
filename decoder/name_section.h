// The custom section "name" (spec 7.4.1). Tolerant by rule: nothing in it can make a module fail.
#pragma once

#include "decoder/module.h"

namespace mini_wasm::decoder {

// Reads module.name_section; what is malformed is left out. For Module::names. Needs the function index space to be
// known.
Names read_name_section(const Module& module);

// The subsections, and those that the proposal of extended name sections adds.
enum class NameSubsection : uint8_t {
  module,
  function,
  local,  // by function; likewise label and, by type, field
  label,
  type,
  table,
  memory,
  global,
  elem,
  data,
  field,
  tag,
};

// One subsection, for tools: decoded when asked for.
struct NameTable {
  // Sorted by `outer`, then by index; outer is 0 in subsections of one level.
  struct Entry {
    uint32_t outer;
    uint32_t index;
    std::string_view name;
  };
  std::vector<Entry> entries;

  std::string_view find(uint32_t outer, uint32_t index) const;
};
NameTable read_names(const Module& module, NameSubsection subsection);

}  // namespace mini_wasm::decoder
