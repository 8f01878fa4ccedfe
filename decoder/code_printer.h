// CodePrinter: prints instructions, constant expressions and types as text. Part of the disassembler.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "decoder/instr_reader.h"
#include "decoder/module.h"
#include "decoder/name_section.h"
#include "decoder/text_writer.h"

namespace mini_wasm::decoder {

class CodePrinter {
 public:
  CodePrinter(const Module& module, FeatureSet features, TextWriter& out);

  // Prints the locals and instructions of one function, one on each line. If one is malformed, the last line contains
  // the error.
  void body(uint32_t func);
  // A constant expression on one line, without its `end`; in parentheses if it is one instruction.
  std::string expr(ByteRange range);
  std::string instructions(ByteRange range);

  // --- Types
  // A decoded type, with type indices of the module instead of canonical ids.
  std::string type(ValType type) const;
  // One definition of the type section: "(func (param i32))", "(sub 3 (struct (field i32)))".
  std::string definition(Reader& r, uint32_t index) const;
  // " (param i32) (result i32)", with the names of the function's parameters; empty for a type that is not a function
  // type.
  std::string signature(TypeIdx type, std::optional<uint32_t> func = {}) const;
  // " (type 3) (param i32)", with the signature if it is short, and a comment if there is no such function type.
  std::string type_use(TypeIdx type) const;

  // --- Names
  // "12" and, as a note, the function's name or the name of an export.
  std::string func(uint32_t index) const;
  // " (@name "x")", or empty.
  static std::string name_annotation(std::string_view name);

 private:
  // A type that was read with scope_: its id is the type index in the module.
  std::string literal(ValType type) const;
  std::string val_type(Reader& r) const;
  std::string field_type(Reader& r) const;
  std::string composite(Reader& r, uint32_t index) const;
  std::string typed_list(Reader& r, const char* keyword, const NameTable& names, std::optional<uint32_t> outer) const;
  // A reader at the parameters of a function type; empty for another type.
  std::optional<Reader> function_type(TypeIdx type) const;

  void local_groups(Reader& r, uint32_t func);
  void locals(uint32_t at, const std::string& type, uint64_t first, uint32_t count, uint32_t func);
  void instruction(Reader& r, uint32_t func);
  std::string immediates(const OpInfo& info, uint32_t func) const;
  std::string heap(ValType type) const;
  std::string block(const BlockType& block) const;
  std::string label(uint32_t depth) const;
  std::string memarg(const OpInfo& info) const;
  std::string catches() const;
  std::string labels() const;
  std::string select_types() const;
  std::string heap_operand(const OpInfo& info) const;
  std::string local(uint32_t index, uint32_t func) const;
  std::string part(ImmPart part, uint32_t index, const OpInfo& info, uint32_t func) const;

  const Module& m_;
  TextWriter& out_;
  std::vector<TypeId> literal_types_;                            // element i is the type with id i
  const TypeScope scope_;                                        // refers to literal_types_
  std::unordered_map<uint32_t, uint32_t> index_of_type_;         // canonical id -> first type index
  std::unordered_map<uint32_t, std::string_view> export_names_;  // of functions
  const NameTable local_names_, label_names_, field_names_;
  Immediates imm_;
  std::vector<uint32_t> blocks_;  // offsets of the open blocks
  uint32_t labels_ = 0;           // of the function so far
  uint32_t expr_size_ = 0;        // instructions in the last constant expression
  uint32_t indent_ = 0;
  uint64_t locals_left_;  // number of locals that may still be printed one by one
};

}  // namespace mini_wasm::decoder
