// Instructions, constant expressions and types as text. Part of the disassembler.
#pragma once

#include <string>
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

  // Locals and instructions of one function, one line each. An error in them ends it with a line that says so.
  void body(uint32_t func);
  // A constant expression on one line, without its `end`.
  std::string expr(ByteRange range);

  // A type with the module's own indices instead of canonical ids.
  std::string type(ValType type) const;
  std::string types(const std::vector<ValType>& list, const char* keyword) const;  // " (param i32 i32)" or nothing
  std::string signature(const FuncType& type) const;                               // " (param ...) (result ...)"
  std::string signature(TypeIdx type) const;                                       // of any index, even a wrong one
  std::string func(uint32_t index) const;                                          // "12 $name"
  std::string type_index(TypeId id) const;

 private:
  void local_groups(Reader& r, uint32_t func);
  void instruction(Reader& r, uint32_t func);
  std::string immediates(const OpInfo& info, uint32_t func) const;
  std::string heap(ValType type) const;
  std::string block(const BlockType& block) const;
  std::string label(uint32_t depth) const;
  std::string memarg(const OpInfo& info) const;
  std::string catches() const;

  const Module& m_;
  const TypeScope scope_;
  TextWriter& out_;
  std::unordered_map<uint32_t, uint32_t> index_of_type_;         // canonical id -> first type index
  std::unordered_map<uint32_t, std::string_view> export_names_;  // of functions
  LocalNames local_names_;
  Immediates imm_;
  std::vector<uint32_t> blocks_;  // offsets of the open blocks
  uint32_t indent_ = 0;
};

}  // namespace mini_wasm::decoder
