// TypeParser: types (6.4) and uses of indices (6.6.1), written to a buffer in binary form.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "text/assembly.h"
#include "text/cursor.h"

namespace mini_wasm::text {

struct LimitsText {
  uint64_t min = 0;
  std::optional<uint64_t> max;
  bool is_64 = false;
  bool shared = false;
  std::optional<uint8_t> page_size_log2;

  void write(Bytes& out) const;
};

// The name of a parameter, local, field or label: `$id (@name "...")`, or one of the two, or none.
struct Binder {
  uint32_t index = 0;  // index of what has the name
  std::optional<Token> id;
  std::optional<std::string_view> annotation;

  explicit operator bool() const { return id || annotation; }
};
using Binders = std::vector<Binder>;

// Reads an id and an annotation, if they are present.
inline Binder accept_binder(Cursor& in, uint32_t index) {
  Binder binder;
  binder.index = index;
  binder.id = in.accept_id();
  binder.annotation = in.accept_name_annotation();
  return binder;
}
// The name for the name section: from the annotation, or else from the id.
inline std::string_view name_of(Cursor& in, const Binder& binder) {
  return binder.annotation ? *binder.annotation : binder.id ? in.id_name(*binder.id) : std::string_view();
}

class TypeParser {
 public:
  TypeParser(Cursor& in, Assembly& assembly) : in_(in), assembly_(assembly) {}

  // --- Indices
  uint32_t index(Space space);
  // The index of a table or memory in an instruction; 0 if it is omitted.
  uint32_t optional_index(Space space) { return in_.at_index() ? index(space) : 0; }

  // --- Types
  void heap_type(Bytes& out);
  void val_type(Bytes& out);
  bool at_ref_type() const;
  // (ref null? ht) or an abbreviation. Returns whether it is nullable. With `heap_only`, writes only the heap type.
  bool ref_type(Bytes& out, bool heap_only = false);
  void global_type(Bytes& out);
  // "i32" or "i64" before limits; i32 if there is neither. Returns whether it is i64.
  bool address_type();
  LimitsText limits(bool is_64);
  LimitsText memory_type();
  std::optional<uint8_t> page_size();

  // --- Function types
  // (param ...)* (result ...)*. Names of parameters are stored in `names`; if that is null, they are an error.
  Signature signature(Binders* names);
  // (type x)? and a signature (6.4.15). Returns the index of the type, which is added if it does not exist.
  uint32_t type_use(Binders* names);
  // A block type (6.5.3).
  void block_type(Bytes& out);

  // --- Type definitions
  // Parses the field after "(type"; `in_group`: it is inside (rec ...).
  void type_definition(bool in_group);
  void rec_group();

 private:
  std::optional<uint32_t> explicit_type();
  uint32_t resolve_type_use(std::optional<uint32_t> type, const Signature& signature, const Token& at);
  uint32_t implicit_type(const Signature& signature);
  void storage_type(Bytes& out);
  void field_type(Bytes& out);
  void struct_fields(Bytes& out, TypeInfo& info);
  void composite_type(Bytes& out, TypeInfo& info);
  // Whether the type is final and has no supertype.
  bool sub_type(Bytes& out, TypeInfo& info);

  Cursor& in_;
  Assembly& assembly_;
};

}  // namespace mini_wasm::text
