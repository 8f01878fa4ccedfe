// The second pass: element and data segments (6.6.8, 6.6.9), including those inside tables and memories.
#include "core/leb128.h"
#include "text/module_parser.h"
#include "text/types.h"

namespace mini_wasm::text {
namespace {

constexpr uint64_t kDefaultPageLog2 = 16;

// Flags of element segments (5.5.12).
constexpr uint8_t kNotActive = 1, kExplicit = 2, kDeclarative = 2, kExprs = 4;
constexpr uint8_t kElemKindFunc = 0;

}  // namespace

void ModuleParser::const_expr(Bytes& out) {
  instrs_.sequence(out);
  write_op(out, Op::end);
}

void ModuleParser::folded_expr(Bytes& out) {
  instrs_.folded(out);
  write_op(out, Op::end);
}

// (offset expr), or a single folded instruction.
Bytes ModuleParser::offset_expr() {
  Bytes out;
  if (!in_.accept_open("offset")) return folded_expr(out), out;
  const_expr(out);
  in_.expect_close();
  return out;
}

// (table x) or (memory x) before an offset. A plain index is an older syntax for the same.
std::optional<uint32_t> ModuleParser::use_of(Space space) {
  if (in_.accept_open(space_info(space).keyword)) {
    const uint32_t index = types_.index(space);
    in_.expect_close();
    return index;
  }
  if (in_.at_index() && in_.peek(1).kind == TokenKind::open) return types_.index(space);
  return std::nullopt;
}

// --- Element segments

void ModuleParser::elem_functions(ElemList& list) {
  for (; in_.at_index(); ++list.count) write_uleb(list.items, types_.index(Space::func));
}

// The elements: (item expr), or a single folded instruction, for each.
void ModuleParser::elem_items(ElemList& list) {
  list.exprs = true;
  for (; in_.at(TokenKind::open) && in_.ok(); ++list.count) {
    if (in_.accept_open("item")) {
      const_expr(list.items);
      in_.expect_close();
    } else {
      folded_expr(list.items);
    }
  }
}

ModuleParser::ElemList ModuleParser::elem_list(bool func_keyword_optional) {
  ElemList list;
  if (types_.at_ref_type()) {
    types_.ref_type(list.type);
    list.default_type = list.type == Bytes{kFuncRefCode};
    elem_items(list);
    return list;
  }
  if (!in_.accept_keyword("func") && !func_keyword_optional) {
    in_.fail_unexpected();
    return list;
  }
  elem_functions(list);
  return list;
}

void ModuleParser::write_active_elem(uint32_t table, const Bytes& offset, const ElemList& list) {
  Bytes& out = assembly_.section(SectionKind::elem).add();
  const bool is_explicit = table != 0 || !list.default_type;
  out.push_back(static_cast<uint8_t>((is_explicit ? kExplicit : 0) | (list.exprs ? kExprs : 0)));
  if (is_explicit) write_uleb(out, table);
  write_bytes(out, offset);
  if (is_explicit && list.exprs) write_bytes(out, list.type);
  if (is_explicit && !list.exprs) out.push_back(kElemKindFunc);
  write_uleb(out, list.count);
  write_bytes(out, list.items);
}

void ModuleParser::define_elem() {
  in_.accept_id();
  const bool declarative = in_.accept_keyword("declare");
  const std::optional<uint32_t> table = declarative ? std::nullopt : use_of(Space::table);
  if (!declarative && (table || (in_.at(TokenKind::open) && !types_.at_ref_type()))) {
    const Bytes offset = offset_expr();
    return write_active_elem(table.value_or(0), offset, elem_list(/*func_keyword_optional=*/true));
  }
  const ElemList list = elem_list(/*func_keyword_optional=*/false);
  Bytes& out = assembly_.section(SectionKind::elem).add();
  out.push_back(static_cast<uint8_t>(kNotActive | (declarative ? kDeclarative : 0) | (list.exprs ? kExprs : 0)));
  if (list.exprs) {
    write_bytes(out, list.type);
  } else {
    out.push_back(kElemKindFunc);
  }
  write_uleb(out, list.count);
  write_bytes(out, list.items);
}

// (table reftype (elem ...)): the table has exactly as many elements as are given, from index 0.
void ModuleParser::inline_elem(const Field& field, bool is_64, const Bytes& type) {
  in_.expect_open("elem");
  ElemList list;
  list.type = type;
  list.default_type = type == Bytes{kFuncRefCode};
  if (in_.at_index() && !list.default_type) {
    // A function index then means ref.func.
    list.exprs = true;
    for (; in_.at_index(); ++list.count) {
      write_op(list.items, Op::ref_func);
      write_uleb(list.items, types_.index(Space::func));
      write_op(list.items, Op::end);
    }
  } else if (in_.at_index()) {
    elem_functions(list);
  } else {
    elem_items(list);
  }
  in_.expect_close();
  Bytes& table = assembly_.section(SectionKind::table).add();
  write_bytes(table, type);
  LimitsText limits;
  limits.is_64 = is_64;
  limits.min = list.count;
  limits.max = list.count;
  limits.write(table);
  Bytes offset;
  write_op(offset, is_64 ? Op::i64_const : Op::i32_const);
  offset.push_back(0);
  write_op(offset, Op::end);
  write_active_elem(field.index, offset, list);
}

// --- Data segments

Bytes ModuleParser::data_string() {
  Bytes bytes;
  while (in_.at(TokenKind::string)) append_string_value(in_.text(in_.take()), bytes);
  return bytes;
}

void ModuleParser::define_data() {
  in_.accept_id();
  constexpr uint8_t kActive = 0, kPassive = 1, kActiveExplicit = 2;
  const std::optional<uint32_t> memory = use_of(Space::memory);
  Bytes& out = assembly_.section(SectionKind::data).add();
  if (!memory && !in_.at(TokenKind::open)) {
    out.push_back(kPassive);
  } else {
    out.push_back(memory.value_or(0) == 0 ? kActive : kActiveExplicit);
    if (memory.value_or(0) != 0) write_uleb(out, *memory);
    write_bytes(out, offset_expr());
  }
  const Bytes bytes = data_string();
  write_uleb(out, bytes.size());
  write_bytes(out, bytes);
}

// (memory (data ...)): the memory has as many pages as the bytes need; they start at address 0.
void ModuleParser::inline_data(const Field& field, bool is_64, std::optional<uint8_t> page_size_log2) {
  in_.expect_open("data");
  const Bytes bytes = data_string();
  in_.expect_close();
  LimitsText limits;
  limits.is_64 = is_64;
  const uint64_t page_log2 = page_size_log2.value_or(kDefaultPageLog2);
  const uint64_t page_mask = (uint64_t{1} << page_log2) - 1;
  limits.min = (bytes.size() + page_mask) >> page_log2;
  limits.max = limits.min;
  limits.page_size_log2 = page_size_log2;
  limits.write(assembly_.section(SectionKind::memory).add());
  Bytes& out = assembly_.section(SectionKind::data).add();
  out.push_back(field.index == 0 ? 0 : 2);
  if (field.index != 0) write_uleb(out, field.index);
  write_op(out, is_64 ? Op::i64_const : Op::i32_const);
  out.push_back(0);
  write_op(out, Op::end);
  write_uleb(out, bytes.size());
  write_bytes(out, bytes);
}

}  // namespace mini_wasm::text
