// The custom section "name" (spec 7.6.1). As the spec requires, nothing in it can make a module fail.
#pragma once

#include "decoder/module.h"

namespace mini_wasm::decoder {

// Reads module.name_section and leaves out malformed parts. For Module::names. The function index space must be known.
Names read_name_section(const Module& module);

// The subsections, including those of the extended name sections proposal.
enum class NameSubsection : uint8_t {
  module,
  function,
  local,  // by function; label likewise, and field by type
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

// One subsection, for tools; decoded on request.
struct NameTable {
  // Sorted by `outer`, then by index. `outer` is 0 in subsections with only one level.
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
