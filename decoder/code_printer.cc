// Prints one line for each instruction, using only the opcode table.
#include "decoder/code_printer.h"

#include <mini_wasm/value.h>

namespace mini_wasm::decoder {
namespace {

// Codes of type definitions (5.3.7, 5.3.8).
constexpr uint8_t kFuncCode = 0x60, kStructCode = 0x5f, kSubCode = 0x50, kSubFinalCode = 0x4f;
constexpr uint8_t kPackedI8Code = 0x78, kPackedI16Code = 0x77;

constexpr const char *kParam = "param", *kResult = "result", *kField = "field";

std::string number(uint64_t n) { return std::to_string(n); }

// A floating-point number as `to_string` of a value prints it, without the type.
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

// Whether the instruction begins a branch of a block. It is indented like the first line of the block.
bool is_arm(Op op) { return op == Op::else_ || op == Op::catch_ || op == Op::catch_all; }

// The text format lists each local. A module can declare them by the million, so only this many are printed.
constexpr uint64_t kMaxLocals = 2'000'000;

std::vector<TypeId> identity(size_t count) {
  std::vector<TypeId> ids(count);
  for (size_t i = 0; i < count; ++i) ids[i] = TypeId{static_cast<uint32_t>(i)};
  return ids;
}

TypeScope scope_of(const Module& module, FeatureSet features, std::span<const TypeId> types) {
  TypeScope scope(module, features);
  scope.types = types;
  return scope;
}

}  // namespace

CodePrinter::CodePrinter(const Module& module, FeatureSet features, TextWriter& out)
    : m_(module),
      out_(out),
      literal_types_(identity(module.types.size())),
      scope_(scope_of(module, features, literal_types_)),
      local_names_(read_names(module, NameSubsection::local)),
      label_names_(read_names(module, NameSubsection::label)),
      field_names_(read_names(module, NameSubsection::field)),
      locals_left_(kMaxLocals) {
  for (uint32_t i = 0; i < m_.types.size(); ++i) index_of_type_.emplace(static_cast<uint32_t>(m_.types[i]), i);
  for (const Export& e : m_.exports) {
    if (e.kind == ExternKind::func) export_names_.emplace(e.index, e.name);
  }
}

// --- Types -----------------------------------------------------------------------------------------------------------

std::string CodePrinter::type(ValType type) const {
  if (!type.concrete()) return to_string(type);
  const auto it = index_of_type_.find(static_cast<uint32_t>(type.type_id()));
  return std::string(type.nullable() ? "(ref null " : "(ref ") +
         (it == index_of_type_.end() ? "?" : number(it->second)) + ")";
}

std::string CodePrinter::literal(ValType type) const {
  if (!type.concrete()) return to_string(type);
  return std::string(type.nullable() ? "(ref null " : "(ref ") + number(static_cast<uint32_t>(type.type_id())) + ")";
}

std::string CodePrinter::heap(ValType type) const {
  if (type.concrete()) return number(static_cast<uint32_t>(type.type_id()));
  const std::string text = to_string(type.with_nullable(false));  // "(ref func)"
  return text.size() > 6 ? text.substr(5, text.size() - 6) : text;
}

std::string CodePrinter::val_type(Reader& r) const { return literal(read_val_type(r, scope_)); }

std::string CodePrinter::field_type(Reader& r) const {
  std::string text;
  if (r.peek() == kPackedI8Code || r.peek() == kPackedI16Code) {
    text = r.u8() == kPackedI8Code ? "i8" : "i16";
  } else {
    text = val_type(r);
  }
  return r.u8() == 1 ? "(mut " + text + ")" : text;
}

// The types of a vector, in one pair of parentheses; types that have a name get their own.
std::string CodePrinter::typed_list(Reader& r, const char* keyword, const NameTable& names,
                                    std::optional<uint32_t> outer) const {
  const uint32_t count = r.u32();
  const std::string open = std::string(" (") + keyword;
  std::string text;
  bool is_open = false;
  for (uint32_t i = 0; i < count && r.ok(); ++i) {
    const std::string type = keyword == kField ? field_type(r) : val_type(r);
    const std::string_view name = outer ? names.find(*outer, i) : std::string_view();
    if (is_open && !name.empty()) text += ")";
    if (!is_open || !name.empty()) text += open + name_annotation(name);
    text += " " + type;
    is_open = name.empty();
    if (!is_open) text += ")";
  }
  return is_open ? text + ")" : text;
}

std::string CodePrinter::composite(Reader& r, uint32_t index) const {
  switch (r.u8()) {
    case kFuncCode: {
      std::string text = "(func" + typed_list(r, kParam, local_names_, std::nullopt);
      return text + typed_list(r, kResult, local_names_, std::nullopt) + ")";
    }
    case kStructCode: return "(struct" + typed_list(r, kField, field_names_, index) + ")";
    default: return "(array " + field_type(r) + ")";
  }
}

std::string CodePrinter::definition(Reader& r, uint32_t index) const {
  if (r.peek() != kSubCode && r.peek() != kSubFinalCode) return composite(r, index);
  std::string text = r.u8() == kSubFinalCode ? "(sub final " : "(sub ";
  const uint32_t supers = r.u32();
  for (uint32_t i = 0; i < supers && r.ok(); ++i) text += number(r.u32()) + " ";
  return text + composite(r, index) + ")";
}

std::optional<Reader> CodePrinter::function_type(TypeIdx type) const {
  if (raw(type) >= m_.types.size()) return std::nullopt;
  Reader r(m_.bytes, {m_.type_offsets[raw(type)], static_cast<uint32_t>(m_.bytes.size())});
  if (r.peek() == kSubCode || r.peek() == kSubFinalCode) {
    r.u8();
    const uint32_t supers = r.u32();
    for (uint32_t i = 0; i < supers && r.ok(); ++i) r.u32();
  }
  return r.u8() == kFuncCode ? std::optional(r) : std::nullopt;
}

std::string CodePrinter::signature(TypeIdx type, std::optional<uint32_t> func) const {
  std::optional<Reader> r = function_type(type);
  if (!r) return {};
  const std::string params = typed_list(*r, kParam, local_names_, func);
  return params + typed_list(*r, kResult, local_names_, std::nullopt);
}

// The signature is repeated at every use, so only a short one is printed.
std::string CodePrinter::type_use(TypeIdx type) const {
  const std::string text = " (type " + number(raw(type)) + ")";
  if (raw(type) >= m_.types.size()) return text + out_.note("unknown type");
  if (!function_type(type)) return text + out_.note("not a function type");
  constexpr size_t kShort = 16;
  const FuncType& func = m_.func_type(type);
  return func.params.size() + func.results.size() > kShort ? text : text + signature(type);
}

// --- Names -----------------------------------------------------------------------------------------------------------

std::string CodePrinter::func(uint32_t index) const {
  std::string_view name;
  if (index < m_.names().functions.size()) name = m_.names().functions[index];
  if (const auto it = export_names_.find(index); name.empty() && it != export_names_.end()) name = it->second;
  return name.empty() ? number(index) : number(index) + out_.note("$" + quoted_briefly(name));
}

std::string CodePrinter::name_annotation(std::string_view name) {
  return name.empty() ? std::string() : " (@name " + quoted(name) + ")";
}

// --- Immediates ----------------------------------------------------------------------------------------------------

std::string CodePrinter::block(const BlockType& block) const {
  switch (block.kind) {
    case BlockType::Kind::empty: return {};
    case BlockType::Kind::value: return " (result " + literal(block.value) + ")";
    case BlockType::Kind::type: return type_use(block.type);
  }
  return {};
}

// The depth, and the offset where the target block begins.
std::string CodePrinter::label(uint32_t depth) const {
  if (depth >= blocks_.size()) return number(depth);
  return number(depth) + " (;@" + hex_number(blocks_[blocks_.size() - 1 - depth]) + ";)";  // in both styles
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

std::string CodePrinter::local(uint32_t index, uint32_t func_index) const {
  const std::string_view name = local_names_.find(func_index, index);
  return name.empty() ? number(index) : number(index) + out_.note("$" + quoted_briefly(name));
}

// ref.null has a heap type; ref.test and ref.cast have a reference type, which is nullable in the second row of each.
std::string CodePrinter::heap_operand(const OpInfo& info) const {
  const ValType type = imm_.types[0];
  if (info.prefix == 0) return heap(type);
  return literal(
      type.with_nullable(info.code == op_info(Op::ref_test_null).code || info.code == op_info(Op::ref_cast_null).code));
}

std::string CodePrinter::labels() const {
  std::string text;
  for (const uint32_t depth : imm_.labels) text += " " + label(depth);
  return text;
}

std::string CodePrinter::select_types() const {
  std::string text = " (result";
  for (const ValType t : imm_.types) text += " " + literal(t);
  return text + ")";
}

// Includes a space before it. `index`: the index, if the part is one.
std::string CodePrinter::part(ImmPart part, uint32_t index, const OpInfo& info, uint32_t func_index) const {
  switch (part) {
    case ImmPart::none:
    case ImmPart::zero: return {};
    case ImmPart::block_type: return block(imm_.block);
    case ImmPart::catches: return catches();
    case ImmPart::label: return " " + label(index);
    case ImmPart::labels: return labels();
    case ImmPart::func: return " " + func(index);
    case ImmPart::type_use: return type_use(TypeIdx{index});
    case ImmPart::local: return " " + local(index, func_index);
    case ImmPart::type:
    case ImmPart::table:
    case ImmPart::elem:
    case ImmPart::global:
    case ImmPart::tag:
    case ImmPart::memory:
    case ImmPart::data:
    case ImmPart::field:
    case ImmPart::u32: return " " + number(index);
    case ImmPart::memarg: return memarg(info);
    case ImmPart::i32:
    case ImmPart::i64: return " " + std::to_string(static_cast<int64_t>(imm_.bits[0]));
    case ImmPart::f32: return " " + float_text(ValType::f32, imm_.bits[0]);
    case ImmPart::f64: return " " + float_text(ValType::f64, imm_.bits[0]);
    case ImmPart::v128: return " " + lanes_text(imm_.bits);
    case ImmPart::lanes: return " " + shuffle_text(imm_.bits);
    case ImmPart::lane: return " " + number(imm_.lane);
    case ImmPart::heap_type: return " " + heap_operand(info);
    case ImmPart::types: return select_types();
    case ImmPart::cast: return " " + label(index) + " " + literal(imm_.types[0]) + " " + literal(imm_.types[1]);
  }
  return {};
}

// Memories and targets are left out if their index is 0 and the text means 0 without them.
std::string CodePrinter::immediates(const OpInfo& info, uint32_t func_index) const {
  const auto [first, second, order] = imm_info(info.imm);
  const bool second_is_zero = second == ImmPart::none || imm_.index[1] == 0;
  if (first == ImmPart::memory && imm_.index[0] == 0 && second_is_zero) return {};
  const std::string one = part(first, imm_.index[0], info, func_index);
  if (order == TextOrder::target_first && second_is_zero) return one;
  const std::string other = part(second, imm_.index[1], info, func_index);
  return order == TextOrder::target_first ? other + one : one + other;
}

// --- Code ----------------------------------------------------------------------------------------------------------

void CodePrinter::local_groups(Reader& r, uint32_t func_index) {
  const uint32_t groups = r.count(2, "local declarations");
  uint64_t local = 0;
  if (const TypeIdx t = m_.funcs[func_index].type; function_type(t)) local = m_.func_type(t).params.size();
  for (uint32_t i = 0; i < groups && r.ok(); ++i) {
    const uint32_t at = r.offset();
    const uint32_t count = r.u32();
    const std::string type = val_type(r);
    if (!r.ok()) return;
    locals(at, type, local, count, func_index);
    local += count;
  }
}

// One line for consecutive locals without names, and one for each local with a name.
void CodePrinter::locals(uint32_t at, const std::string& type, uint64_t first, uint32_t count, uint32_t func_index) {
  const auto range = [](uint64_t from, uint64_t to) {
    return "  ;; " + number(from) + (to - from > 1 ? ".." + number(to - 1) : "");
  };
  if (count == 0) return;
  if (count > locals_left_) {
    return out_.line_at(at, indent_, ";; too many to print: " + number(count) + " locals of type " + type);
  }
  locals_left_ -= count;
  uint64_t begin = first;
  const auto unnamed = [&](uint64_t end) {
    if (begin == end) return;
    std::string text = "(local";
    for (uint64_t i = begin; i < end; ++i) text += " " + type;
    out_.line_at(at, indent_, text + ")" + range(begin, end));
  };
  for (uint64_t i = first; i < first + count; ++i) {
    const std::string_view name = local_names_.find(func_index, static_cast<uint32_t>(i));
    if (name.empty()) continue;
    unnamed(i);
    out_.line_at(at, indent_, "(local" + name_annotation(name) + " " + type + ")" + range(i, i + 1));
    begin = i + 1;
  }
  unnamed(first + count);
}

void CodePrinter::instruction(Reader& r, uint32_t func_index) {
  const uint32_t at = r.offset();
  const Op op = read_op(r, scope_.features);
  if (op == Op::invalid) return;
  const OpInfo& info = op_info(op);
  read_immediates(r, scope_, info.imm, imm_);
  if (!r.ok()) return;
  const bool closes = (op == Op::end || op == Op::delegate) && !blocks_.empty();
  // In the text this is a closing parenthesis, which the caller prints.
  if (op == Op::end && blocks_.size() == 1 && !out_.is_listing()) return blocks_.pop_back();
  const uint32_t depth = static_cast<uint32_t>(blocks_.size());
  const uint32_t indent = indent_ + depth - ((closes || is_arm(op)) && depth > 0 ? 1 : 0);
  std::string text(info.text);
  if (opens_block(info.imm) && !out_.is_listing()) text += name_annotation(label_names_.find(func_index, labels_++));
  out_.line_at(at, indent, text + immediates(info, func_index));
  if (closes) blocks_.pop_back();
  if (opens_block(info.imm)) blocks_.push_back(at);
}

void CodePrinter::body(uint32_t func_index) {
  Reader r(m_.bytes, m_.funcs[func_index].body);
  indent_ = 2;
  blocks_.clear();
  labels_ = 0;
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
  const std::string text = instructions(range);
  return expr_size_ == 1 ? "(" + text + ")" : text;
}

std::string CodePrinter::instructions(ByteRange range) {
  Reader r(m_.bytes, range);
  blocks_.clear();
  std::string text;
  for (expr_size_ = 0; r.ok(); ++expr_size_) {
    const Op op = read_op(r, scope_.features);
    if (op == Op::invalid || (op == Op::end && r.at_end())) break;
    read_immediates(r, scope_, op_info(op).imm, imm_);
    text += (text.empty() ? "" : " ") + std::string(op_info(op).text) + immediates(op_info(op), 0);
  }
  return r.ok() ? text : text + out_.note("error: " + r.error().to_string());
}

}  // namespace mini_wasm::decoder
