// Types (6.4) and uses of indices (6.3.5), written to a buffer in binary form.
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

// How a parameter, local, field or label may be called: `$id (@name "...")`, or either, or nothing.
struct Binder {
  uint32_t index = 0;  // of what is called so
  std::optional<Token> id;
  std::optional<std::string_view> annotation;

  explicit operator bool() const { return id || annotation; }
};
using Binders = std::vector<Binder>;

// Takes an id and an annotation, as far as they stand here.
inline Binder accept_binder(Cursor& in, uint32_t index) {
  Binder binder;
  binder.index = index;
  binder.id = in.accept_id();
  binder.annotation = in.accept_name_annotation();
  return binder;
}
// The name for the name section: the annotation counts before the id.
inline std::string_view name_of(Cursor& in, const Binder& binder) {
  return binder.annotation ? *binder.annotation : binder.id ? in.id_name(*binder.id) : std::string_view();
}

class TypeParser {
 public:
  TypeParser(Cursor& in, Assembly& assembly) : in_(in), assembly_(assembly) {}

  // --- Indices ---
  uint32_t index(Space space);
  // The index that stands here, or 0 when none does: tables and memories of instructions.
  uint32_t optional_index(Space space) { return in_.at_index() ? index(space) : 0; }

  // --- Types ---
  void heap_type(Bytes& out);
  void val_type(Bytes& out);
  bool at_ref_type() const;
  // (ref null? ht) or an abbreviation; whether it is nullable. With `heap_only`, only the heap type is written.
  bool ref_type(Bytes& out, bool heap_only = false);
  void global_type(Bytes& out);
  // "i32" or "i64" before limits; i32 when there is neither.
  bool address_type();
  LimitsText limits(bool is_64);
  LimitsText memory_type();
  std::optional<uint8_t> page_size();

  // --- Function types ---
  // (param ...)* (result ...)*. What parameters are called is put into `names`, or refused without it.
  Signature signature(Binders* names);
  // (type x)? and a signature (6.4.9); the index of the type, which is made when there is none.
  uint32_t type_use(Binders* names);
  // A block type (6.5.2).
  void block_type(Bytes& out);

  // --- Type definitions ---
  // The field that starts after "(type"; `in_group` when it stands in (rec ...).
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
