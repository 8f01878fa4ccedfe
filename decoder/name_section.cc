// Reads the name section with the ordinary Reader, and ignores its errors.
#include "decoder/name_section.h"

#include <algorithm>
#include <tuple>

#include "decoder/reader.h"

namespace mini_wasm::decoder {
namespace {

// A name map (7.4.1.2): calls each(index, name), up to the first malformed entry.
template <class Each>
void read_name_map(Reader& r, Each each) {
  const uint32_t count = r.count(2, "names");
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t index = r.u32();
    const std::string_view name = r.name();
    if (!r.ok()) return;
    each(index, name);
  }
}

// Calls each(subsection, its content), up to the first malformed one.
template <class Each>
void for_each_subsection(const Module& module, Each each) {
  Reader r(module.bytes, module.name_section);
  while (r.ok() && !r.at_end()) {
    const uint8_t id = r.u8();
    const uint32_t at = r.offset();
    const uint32_t size = r.u32();
    const ByteRange range = r.sized(size, at);
    if (r.ok()) each(static_cast<NameSubsection>(id), range);
  }
}

auto place(const NameTable::Entry& e) { return std::make_tuple(e.outer, e.index); }

}  // namespace

Names read_name_section(const Module& module) {
  Names names;
  for_each_subsection(module, [&](NameSubsection id, ByteRange range) {
    Reader sub(module.bytes, range);
    if (id == NameSubsection::module) {
      names.module = sub.name();
    } else if (id == NameSubsection::function) {
      names.functions.assign(module.funcs.size(), {});
      read_name_map(sub, [&](uint32_t index, std::string_view name) {
        if (index < names.functions.size()) names.functions[index] = name;
      });
    }
  });
  return names;
}

std::string_view NameTable::find(uint32_t outer, uint32_t index) const {
  const auto key = std::make_tuple(outer, index);
  const auto it =
      std::lower_bound(entries.begin(), entries.end(), key, [](const Entry& e, const auto& k) { return place(e) < k; });
  return it != entries.end() && place(*it) == key ? it->name : std::string_view{};
}

NameTable read_names(const Module& module, NameSubsection subsection) {
  NameTable table;
  const bool two_levels =
      subsection == NameSubsection::local || subsection == NameSubsection::label || subsection == NameSubsection::field;
  for_each_subsection(module, [&](NameSubsection id, ByteRange range) {
    if (id != subsection) return;
    Reader r(module.bytes, range);
    const uint32_t count = two_levels ? r.count(2, "names") : 1;
    for (uint32_t i = 0; i < count && r.ok(); ++i) {
      const uint32_t outer = two_levels ? r.u32() : 0;
      read_name_map(r, [&](uint32_t index, std::string_view name) { table.entries.push_back({outer, index, name}); });
    }
  });
  // If something has several names, the first one in the file is used.
  std::sort(table.entries.begin(), table.entries.end(), [](const auto& a, const auto& b) {
    return std::make_tuple(a.outer, a.index, a.name.data()) < std::make_tuple(b.outer, b.index, b.name.data());
  });
  return table;
}

}  // namespace mini_wasm::decoder
