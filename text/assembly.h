// Assembly: a module while it is assembled: its index spaces, its types, and the sections of the binary form that have
// been written so far. Only one parser writes to it at a time. Ids are views of the source text or of strings in the
// Cursor.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/leb128.h"

namespace mini_wasm::text {

using Bytes = std::vector<uint8_t>;

inline void write_bytes(Bytes& out, const Bytes& bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }
inline void write_name(Bytes& out, std::string_view name) {
  write_uleb(out, name.size());
  out.insert(out.end(), name.begin(), name.end());
}

// --- Index spaces (6.3.5, 6.6.1) ---

enum class Space : uint8_t { type, func, table, memory, global, tag, elem, data };
inline constexpr size_t kSpaceCount = 8;

struct SpaceInfo {
  std::string_view keyword;  // keyword of the field that declares a member
  const char* noun;          // for messages: "unknown function $f"
  uint8_t name_subsection;   // its id in the name section (appendix "Name Section")
};
inline constexpr SpaceInfo kSpaceInfo[kSpaceCount] = {
    {"type", "type", 4},     {"func", "function", 1}, {"table", "table", 5},       {"memory", "memory", 6},
    {"global", "global", 7}, {"tag", "tag", 11},      {"elem", "elem segment", 8}, {"data", "data segment", 9},
};
constexpr const SpaceInfo& space_info(Space space) { return kSpaceInfo[static_cast<size_t>(space)]; }

// Pairs of index and name in ascending order of the index, as in the name section.
using NameMap = std::vector<std::pair<uint32_t, std::string>>;

struct IndexSpace {
  uint32_t count = 0;
  std::unordered_map<std::string_view, uint32_t> ids;
  NameMap names;
};

// --- Types ---

// A function type in binary form. Within one module, types are equal if and only if their bytes are equal.
struct Signature {
  uint32_t param_count = 0, result_count = 0;
  Bytes params, results;

  bool empty() const { return param_count == 0 && result_count == 0; }
  // The lists of parameters and results (5.3.7).
  std::string encode() const {
    Bytes bytes;
    write_uleb(bytes, param_count);
    write_bytes(bytes, params);
    write_uleb(bytes, result_count);
    write_bytes(bytes, results);
    return std::string(bytes.begin(), bytes.end());
  }
};

struct TypeInfo {
  enum class Kind : uint8_t { func, struct_, array };
  Kind kind = Kind::func;
  std::string signature;  // func: Signature::encode()
  uint32_t param_count = 0;
  std::unordered_map<std::string_view, uint32_t> fields;  // struct: by id
  NameMap field_names;
};

// --- Sections ---

// Sections in the order in which a module contains them (5.5.2). The values are positions, not section ids.
enum class SectionKind : uint8_t {
  type,
  import,
  func,
  table,
  memory,
  tag,
  global,
  export_,
  start,
  elem,
  data_count,
  code,
  data
};
inline constexpr size_t kSectionCount = 13;

struct SectionInfo {
  std::string_view text;  // in (@custom "name" (before text))
  uint8_t id;
};
inline constexpr SectionInfo kSectionInfo[kSectionCount] = {
    {"type", 1},   {"import", 2}, {"func", 3}, {"table", 4},      {"memory", 5}, {"tag", 13},  {"global", 6},
    {"export", 7}, {"start", 8},  {"elem", 9}, {"datacount", 12}, {"code", 10},  {"data", 11},
};

struct Section {
  uint32_t count = 0;
  Bytes bytes;  // of all entries

  Bytes& add() { return ++count, bytes; }
};

struct CustomSection {
  // Position of a custom section: standard section i has position 2i+1; custom sections before it have 2i, those after
  // it 2i+2.
  uint32_t place = 0;
  std::string name;
  Bytes payload;
};
inline constexpr uint32_t kLastPlace = 2 * kSectionCount;

// Branch hints of one function (branch hinting proposal): pairs of a byte offset in the body and the hint.
struct FuncHints {
  uint32_t func = 0;
  std::vector<std::pair<uint32_t, uint8_t>> hints;
};

struct Assembly {
  std::array<IndexSpace, kSpaceCount> spaces;
  std::vector<TypeInfo> types;
  // By signature: the first type that is alone in its recursion group, is final and has no supertype. An abbreviated
  // type use refers to it (6.4.15).
  std::unordered_map<std::string, uint32_t> plain_func_types;
  std::array<Section, kSectionCount> sections;
  std::optional<uint32_t> start;
  bool needs_data_count = false;  // an instruction refers to a data segment
  std::vector<FuncHints> hints;
  std::vector<CustomSection> customs;
  std::string module_name;
  std::vector<std::pair<uint32_t, NameMap>> local_names;  // by function
  std::vector<std::pair<uint32_t, NameMap>> label_names;  // by function; labels are numbered in the order of the code

  IndexSpace& space(Space s) { return spaces[static_cast<size_t>(s)]; }
  Section& section(SectionKind kind) { return sections[static_cast<size_t>(kind)]; }
  // The module in binary form (5.5). If `with_names` is true and there are names, it has a name section.
  Bytes finish(bool with_names);
};

}  // namespace mini_wasm::text
