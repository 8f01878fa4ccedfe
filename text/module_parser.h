// ModuleParser: the fields of a module (6.6) to sections.
//
// An id may be used before it is defined, so a module is read in two passes. The first finds the fields and declares
// what they define. The second writes them: first the types, then everything else in order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/assembly.h"
#include "text/cursor.h"
#include "text/instr_parser.h"
#include "text/type_parser.h"

namespace mini_wasm::text {

class ModuleParser {
 public:
  explicit ModuleParser(Cursor& in) : in_(in), types_(in, assembly_), instrs_(in, assembly_, types_) {}

  // Parses "(module id? field*)", or only the fields up to the end of the text. Errors are those of the cursor.
  void module();

  Assembly& assembly() { return assembly_; }

 private:
  struct Field {
    uint32_t position = 0;  // of the token after the keyword
    std::string_view keyword;
    uint32_t index = 0;  // index of what the field defines
  };
  struct ImportNames {
    std::string module, name;
  };

  // --- First pass: module_parser.cc
  void declare_fields();
  void declare_field(Field& field);
  void declare_rec_group();
  void declare_import(Field& field);
  void declare_definition(Field& field, Space space);
  uint32_t declare(Space space);
  void declare_anonymous(Space space) { ++assembly_.space(space).count; }
  void module_names(std::string_view id);
  void custom_annotations();
  void custom_section(const Annotation& annotation);
  uint32_t custom_place(Cursor& content);

  // --- Second pass: module_fields.cc
  void define(const Field& field);
  void define_func(const Field& field);
  void define_table(const Field& field);
  void define_memory(const Field& field);
  void define_global(const Field& field);
  void define_tag(const Field& field);
  void define_import(const Field& field);
  void define_export();
  void define_start();
  void define_elem();
  void define_data();

  void func_body(const Field& field, uint32_t type, const Binders& params);
  uint32_t param_count(uint32_t type, const Binders& params) const;
  void name_params(const Field& field, const Binders& params);
  Bytes local_declarations(uint32_t first_local);
  void table_type(Bytes& out);
  void import_entry(const ImportNames& names, Space space, const Bytes& type);
  // (export "n")*, optionally followed by (import "m" "n").
  std::optional<ImportNames> inline_names(Space space, uint32_t index);
  ImportNames import_names();

  // --- Segments: module_segments.cc
  struct ElemList {
    bool exprs = false;        // contains constant expressions instead of function indices
    bool default_type = true;  // has the type funcref, or that of function indices
    Bytes type;                // reference type
    uint32_t count = 0;
    Bytes items;
  };
  void elem_items(ElemList& list);
  void elem_functions(ElemList& list);
  ElemList elem_list(bool func_keyword_optional);
  void inline_elem(const Field& field, bool is_64, const Bytes& type);
  void inline_data(const Field& field, bool is_64, std::optional<uint8_t> page_size_log2);
  void write_active_elem(uint32_t table, const Bytes& offset, const ElemList& list);
  std::optional<uint32_t> use_of(Space space);
  Bytes offset_expr();
  // Parses instr* or one folded instruction, and writes the final `end` too.
  void const_expr(Bytes& out);
  void folded_expr(Bytes& out);
  Bytes data_string();

  Cursor& in_;
  Assembly assembly_;
  TypeParser types_;
  InstrParser instrs_;
  std::vector<Field> fields_;
  std::string_view first_definition_;  // keyword of the first definition; no import may come after it
};

}  // namespace mini_wasm::text
