#include "text/assembly.h"

#include <algorithm>

namespace mini_wasm::text {
namespace {

constexpr uint8_t kHeader[] = {0x00, 'a', 's', 'm', 0x01, 0x00, 0x00, 0x00};

void write_section(Bytes& out, uint8_t id, const Bytes& payload) {
  out.push_back(id);
  write_uleb(out, payload.size());
  write_bytes(out, payload);
}

void write_custom(Bytes& out, std::string_view name, const Bytes& payload) {
  Bytes content;
  write_name(content, name);
  write_bytes(content, payload);
  write_section(out, 0, content);
}

void write_name_map(Bytes& out, const NameMap& names) {
  write_uleb(out, names.size());
  for (const auto& [index, name] : names) {
    write_uleb(out, index);
    write_name(out, name);
  }
}

void write_indirect_name_map(Bytes& out, const std::vector<std::pair<uint32_t, NameMap>>& maps) {
  write_uleb(out, maps.size());
  for (const auto& [index, names] : maps) {
    write_uleb(out, index);
    write_name_map(out, names);
  }
}

// The name section (appendix "Name Section", and the extended name section proposal). Its subsections must be in
// ascending order of their ids.
Bytes name_section(const Assembly& assembly) {
  constexpr uint8_t kModule = 0, kLocals = 2, kLabels = 3, kFields = 10, kLast = 11;
  Bytes out;
  for (uint8_t id = 0; id <= kLast; ++id) {
    Bytes content;
    if (id == kModule && !assembly.module_name.empty()) write_name(content, assembly.module_name);
    if (id == kLocals && !assembly.local_names.empty()) write_indirect_name_map(content, assembly.local_names);
    if (id == kLabels && !assembly.label_names.empty()) write_indirect_name_map(content, assembly.label_names);
    if (id == kFields) {
      std::vector<std::pair<uint32_t, NameMap>> maps;
      for (uint32_t i = 0; i < assembly.types.size(); ++i) {
        if (!assembly.types[i].field_names.empty()) maps.emplace_back(i, assembly.types[i].field_names);
      }
      if (!maps.empty()) write_indirect_name_map(content, maps);
    }
    for (size_t s = 0; s < kSpaceCount; ++s) {
      const NameMap& names = assembly.spaces[s].names;
      if (kSpaceInfo[s].name_subsection == id && !names.empty()) write_name_map(content, names);
    }
    if (!content.empty()) write_section(out, id, content);
  }
  return out;
}

// The custom section "metadata.code.branch_hint" (branch hinting proposal).
Bytes branch_hint_section(const std::vector<FuncHints>& functions) {
  Bytes out;
  write_uleb(out, functions.size());
  for (const FuncHints& function : functions) {
    write_uleb(out, function.func);
    write_uleb(out, function.hints.size());
    for (const auto& [offset, hint] : function.hints) {
      write_uleb(out, offset);
      write_uleb(out, 1);
      out.push_back(hint);
    }
  }
  return out;
}

void write_standard_section(Bytes& out, Assembly& assembly, SectionKind kind) {
  const uint8_t id = kSectionInfo[static_cast<size_t>(kind)].id;
  const Section& section = assembly.section(kind);
  Bytes payload;
  if (kind == SectionKind::start) {
    if (!assembly.start) return;
    write_uleb(payload, *assembly.start);
  } else if (kind == SectionKind::data_count) {
    if (!assembly.needs_data_count) return;
    write_uleb(payload, assembly.section(SectionKind::data).count);
  } else {
    if (section.count == 0) return;
    write_uleb(payload, section.count);
    write_bytes(payload, section.bytes);
  }
  write_section(out, id, payload);
}

}  // namespace

Bytes Assembly::finish(bool with_names) {
  constexpr uint32_t kBeforeCode = 2 * static_cast<uint32_t>(SectionKind::code);
  if (!hints.empty()) customs.push_back({kBeforeCode, "metadata.code.branch_hint", branch_hint_section(hints)});
  if (with_names) {
    Bytes names = name_section(*this);
    if (!names.empty()) customs.push_back({kLastPlace, "name", std::move(names)});
  }
  Bytes out(std::begin(kHeader), std::end(kHeader));
  for (uint32_t place = 0; place <= kLastPlace; ++place) {
    for (const CustomSection& custom : customs) {
      if (custom.place == place) write_custom(out, custom.name, custom.payload);
    }
    if (place % 2 == 1) write_standard_section(out, *this, static_cast<SectionKind>(place / 2));
  }
  return out;
}

}  // namespace mini_wasm::text
