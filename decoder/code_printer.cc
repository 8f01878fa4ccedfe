// One line per instruction, driven by the opcode table alone.
#include "decoder/code_printer.h"

#include <mini_wasm/value.h>

namespace mini_wasm::decoder {
namespace {

std::string number(uint64_t n) { return std::to_string(n); }

// A floating-point number as `to_string` of a value has it, without the type.
std::string float_text(ValType type, uint64_t bits) { return to_string(Val::from_bits(type, bits)).substr(4); }

std::string lanes_text(const uint64_t bits[2]) {
  std::string text = "i32x4";
  for (int i = 0; i < 4; ++i) text += " 0x" + hex_number(static_cast<uint32_t>(bits[i / 2] >> (i % 2 * 32)), 8);
  return text;
}

std::string shuffle_text(const uint64_t bits[2]) {
  std::string text;
  for (int i = 0; i < 16; ++i) text += (i ? " " : "") + number(bits[i / 8] >> (i % 8 * 8) & 0xff);
  return text;
}

bool opens_block(Imm shape) { return shape == Imm::block_type || shape == Imm::try_table; }

// Arms of a block stand at the indentation of its first line.
bool is_arm(Op op) { return op == Op::else_ || op == Op::catch_ || op == Op::catch_all; }

}  // namespace

CodePrinter::CodePrinter(const Module& module, FeatureSet features, TextWriter& out)
    : m_(module), scope_(module, features), out_(out), local_names_(read_local_names(module)) {
  for (uint32_t i = 0; i < m_.types.size(); ++i) index_of_type_.emplace(static_cast<uint32_t>(m_.types[i]), i);
  for (const Export& e : m_.exports) {
    if (e.kind == ExternKind::func) export_names_.emplace(e.index, e.name);
  }
}

// --- Types and names -----------------------------------------------------------------------------------------------

std::string CodePrinter::type_index(TypeId id) const {
  const auto it = index_of_type_.find(static_cast<uint32_t>(id));
  return it == index_of_type_.end() ? "?" : number(it->second);
}

std::string CodePrinter::type(ValType type) const {
  if (!type.concrete()) return to_string(type);
  return std::string(type.nullable() ? "(ref null " : "(ref ") + type_index(type.type_id()) + ")";
}

std::string CodePrinter::heap(ValType type) const {
  if (type.concrete()) return type_index(type.type_id());
  const std::string text = to_string(type.with_nullable(false));  // "(ref func)"
  return text.size() > 6 ? text.substr(5, text.size() - 6) : text;
}

std::string CodePrinter::types(const std::vector<ValType>& list, const char* keyword) const {
  if (list.empty()) return {};
  std::string text = std::string(" (") + keyword;
  for (const ValType t : list) text += " " + type(t);
  return text + ")";
}

std::string CodePrinter::signature(const FuncType& func) const {
  return types(func.params, "param") + types(func.results, "result");
}

std::string CodePrinter::signature(TypeIdx index) const {
  if (raw(index) >= m_.types.size()) return " (unknown type)";
  const DefType& def = m_.registry->get(m_.type_id(index));
  return def.kind == CompositeKind::func ? signature(def.func) : " (not a function type)";
}

std::string CodePrinter::func(uint32_t index) const {
  std::string_view name;
  if (index < m_.names().functions.size()) name = m_.names().functions[index];
  if (const auto it = export_names_.find(index); name.empty() && it != export_names_.end()) name = it->second;
  return name.empty() ? number(index) : number(index) + " $" + quoted(name);
}

// --- Immediates ----------------------------------------------------------------------------------------------------

std::string CodePrinter::block(const BlockType& block) const {
  switch (block.kind) {
    case BlockType::Kind::empty: return {};
    case BlockType::Kind::value: return " (result " + type(block.value) + ")";
    case BlockType::Kind::type: return " (type " + number(raw(block.type)) + ")" + signature(block.type);
  }
  return {};
}

// The depth, and where the block that it names begins.
std::string CodePrinter::label(uint32_t depth) const {
  if (depth >= blocks_.size()) return number(depth);
  return number(depth) + " (;@" + hex_number(blocks_[blocks_.size() - 1 - depth]) + ";)";
}

std::string CodePrinter::memarg(const OpInfo& info) const {
  std::string text;
  if (imm_.memarg.memory != 0) text += " " + number(imm_.memarg.memory);
  if (imm_.memarg.offset != 0) text += " offset=" + number(imm_.memarg.offset);
  if (imm_.memarg.align_log2 != info.access_log2) text += " align=" + number(uint64_t{1} << imm_.memarg.align_log2);
  return text;
}

std::string CodePrinter::catches() const {
  constexpr const char* kText[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
  std::string text;
  for (const CatchClause& c : imm_.catches) {
    text += std::string(" (") + kText[static_cast<size_t>(c.kind)];
    if (has_tag(c.kind)) text += " " + number(c.tag);
    text += " " + label(c.label) + ")";
  }
  return text;
}

std::string CodePrinter::immediates(const OpInfo& info, uint32_t func_index) const {
  const std::string first = " " + number(imm_.index[0]), second = " " + number(imm_.index[1]);
  switch (info.imm) {
    case Imm::none:
    case Imm::ordering: return {};
    case Imm::block_type: return block(imm_.block);
    case Imm::try_table: return block(imm_.block) + catches();
    case Imm::label: return " " + label(imm_.index[0]);
    case Imm::label_table: {
      std::string text;
      for (const uint32_t depth : imm_.labels) text += " " + label(depth);
      return text;
    }
    case Imm::func: return " " + func(imm_.index[0]);
    case Imm::call_indirect:
      return (imm_.index[1] ? second : "") + " (type" + first + ")" + signature(TypeIdx{imm_.index[0]});
    case Imm::local: {
      const std::string_view name = local_names_.find(func_index, imm_.index[0]);
      return name.empty() ? first : first + " $" + quoted(name);
    }
    case Imm::type:
    case Imm::table:
    case Imm::elem:
    case Imm::global:
    case Imm::tag:
    case Imm::data: return first;
    case Imm::memory: return imm_.index[0] ? first : std::string();
    case Imm::data_memory: return imm_.index[1] ? second + first : first;
    case Imm::elem_table: return imm_.index[1] ? second + first : first;
    case Imm::memory_memory: return imm_.index[0] || imm_.index[1] ? first + second : std::string();
    case Imm::table_table:
    case Imm::type_field:
    case Imm::type_u32:
    case Imm::type_data:
    case Imm::type_elem:
    case Imm::type_type: return first + second;
    case Imm::memarg: return memarg(info);
    case Imm::memarg_lane: return memarg(info) + " " + number(imm_.lane);
    case Imm::lane: return " " + number(imm_.lane);
    case Imm::i32:
    case Imm::i64: return " " + std::to_string(static_cast<int64_t>(imm_.bits[0]));
    case Imm::f32: return " " + float_text(ValType::f32, imm_.bits[0]);
    case Imm::f64: return " " + float_text(ValType::f64, imm_.bits[0]);
    case Imm::v128: return " " + lanes_text(imm_.bits);
    case Imm::shuffle: return " " + shuffle_text(imm_.bits);
    // ref.null takes a heap type; ref.test and ref.cast a reference type, nullable in the second row of each.
    case Imm::heap_type:
      if (info.prefix == 0) return " " + heap(imm_.types[0]);
      return " " + type(imm_.types[0].with_nullable(info.code == op_info(Op::ref_test_null).code ||
                                                    info.code == op_info(Op::ref_cast_null).code));
    case Imm::types: return types(imm_.types, "result");
    case Imm::br_on_cast: return " " + label(imm_.index[0]) + " " + type(imm_.types[0]) + " " + type(imm_.types[1]);
  }
  return {};
}

// --- Code ----------------------------------------------------------------------------------------------------------

void CodePrinter::local_groups(Reader& r, uint32_t func_index) {
  const uint32_t groups = r.count(2, "local declarations");
  uint64_t local = 0;
  if (const TypeIdx t = m_.funcs[func_index].type; raw(t) < m_.types.size()) local = m_.func_type(t).params.size();
  for (uint32_t i = 0; i < groups && r.ok(); ++i) {
    const uint32_t at = r.offset();
    const uint32_t count = r.u32();
    const ValType t = read_val_type(r, scope_);
    if (!r.ok()) return;
    std::string text = "(local " + type(t) + ")  ;; " + number(local);
    if (count != 1) text += count ? ".." + number(local + count - 1) : ": none";
    if (const std::string_view name = local_names_.find(func_index, static_cast<uint32_t>(local));
        count == 1 && !name.empty()) {
      text += " $" + quoted(name);
    }
    out_.line_at(at, indent_, text);
    local += count;
  }
}

void CodePrinter::instruction(Reader& r, uint32_t func_index) {
  const uint32_t at = r.offset();
  const Op op = read_op(r, scope_.features);
  if (op == Op::invalid) return;
  const OpInfo& info = op_info(op);
  read_immediates(r, scope_, info.imm, imm_);
  if (!r.ok()) return;
  const bool closes = (op == Op::end || op == Op::delegate) && !blocks_.empty();
  const uint32_t depth = static_cast<uint32_t>(blocks_.size());
  const uint32_t indent = indent_ + depth - ((closes || is_arm(op)) && depth > 0 ? 1 : 0);
  out_.line_at(at, indent, std::string(info.text) + immediates(info, func_index));
  if (closes) blocks_.pop_back();
  if (opens_block(info.imm)) blocks_.push_back(at);
}

void CodePrinter::body(uint32_t func_index) {
  Reader r(m_.bytes, m_.funcs[func_index].body);
  indent_ = 2;
  blocks_.clear();
  local_groups(r, func_index);
  blocks_.push_back(r.offset());
  while (r.ok() && !r.at_end()) {
    instruction(r, func_index);
    if (blocks_.empty()) break;
  }
  if (r.ok() && !blocks_.empty()) r.fail("unexpected end of section or function: END opcode expected");
  if (r.ok() && !r.at_end()) r.fail("bytes after the end of the function");
  if (!r.ok()) out_.line(indent_, ";; error: " + r.error().to_string());
}

std::string CodePrinter::expr(ByteRange range) {
  Reader r(m_.bytes, range);
  blocks_.clear();
  std::string text;
  while (r.ok()) {
    const Op op = read_op(r, scope_.features);
    if (op == Op::invalid || (op == Op::end && r.at_end())) break;
    read_immediates(r, scope_, op_info(op).imm, imm_);
    text += (text.empty() ? "" : " ") + std::string(op_info(op).text) + immediates(op_info(op), 0);
  }
  return r.ok() ? text : text + " ;; error: " + r.error().to_string();
}

}  // namespace mini_wasm::decoder
