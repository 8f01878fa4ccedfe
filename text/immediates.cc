// Plain instructions (6.5.4 to 6.5.10): the text syntax of each kind of immediate.
#include "core/immediates.h"

#include <bit>
#include <string>

#include "text/instr_parser.h"
#include "text/number.h"
#include "text/vector_literal.h"

namespace mini_wasm::text {
namespace {

void write_fixed(Bytes& out, uint64_t bits, unsigned size) {
  for (unsigned i = 0; i < size; ++i) out.push_back(static_cast<uint8_t>(bits >> 8 * i));
}

}  // namespace

void write_op(Bytes& out, Op op) {
  const OpInfo& info = op_info(op);
  if (info.prefix == 0) return out.push_back(static_cast<uint8_t>(info.code));
  out.push_back(info.prefix);
  write_uleb(out, info.code);
}

void InstrParser::plain(Op op, Bytes& sink) {
  switch (op) {
    case Op::select: return select(sink);
    case Op::ref_test:
    case Op::ref_cast: return reference_cast(op, sink);
    default: write_op(sink, op); immediate(op, sink);
  }
}

void InstrParser::immediate(Op op, Bytes& sink) {
  const OpInfo& info = op_info(op);
  switch (info.imm) {
    case Imm::none: return;
    case Imm::label: return write_uleb(sink, label());
    case Imm::label_table: return label_table(sink);
    case Imm::func: return write_uleb(sink, types_.index(Space::func));
    case Imm::type: return write_uleb(sink, types_.index(Space::type));
    case Imm::call_indirect: return call_indirect(sink);
    case Imm::table: return write_uleb(sink, types_.optional_index(Space::table));
    case Imm::table_table: return optional_pair(Space::table, sink);
    case Imm::elem_table: return segment_and_target(Space::elem, Space::table, sink);
    case Imm::elem: return write_uleb(sink, types_.index(Space::elem));
    case Imm::local: return write_uleb(sink, local());
    case Imm::global: return write_uleb(sink, types_.index(Space::global));
    case Imm::tag: return write_uleb(sink, types_.index(Space::tag));
    case Imm::memarg: return memarg(info, sink);
    case Imm::memory: return write_uleb(sink, types_.optional_index(Space::memory));
    case Imm::memory_memory: return optional_pair(Space::memory, sink);
    case Imm::data_memory: return segment_and_target(Space::data, Space::memory, sink);
    case Imm::data: assembly_.needs_data_count = true; return write_uleb(sink, types_.index(Space::data));
    case Imm::i32: return write_sleb(sink, static_cast<int32_t>(in_.expect_integer(32)));
    case Imm::i64: return write_sleb(sink, static_cast<int64_t>(in_.expect_integer(64)));
    case Imm::f32: return write_fixed(sink, in_.expect_float(32), 4);
    case Imm::f64: return write_fixed(sink, in_.expect_float(64), 8);
    case Imm::v128: {
      const std::array<uint8_t, 16> bytes = expect_vector(in_);
      sink.insert(sink.end(), bytes.begin(), bytes.end());
      return;
    }
    case Imm::shuffle: return shuffle(sink);
    case Imm::lane: return sink.push_back(in_.expect_lane());
    case Imm::memarg_lane: return memarg_lane(info, sink);
    case Imm::heap_type: return types_.heap_type(sink);
    case Imm::br_on_cast: return branch_on_cast(sink);
    case Imm::type_field: return type_field(sink);
    case Imm::type_u32: write_uleb(sink, types_.index(Space::type)); return write_uleb(sink, in_.expect_u32());
    case Imm::type_data: assembly_.needs_data_count = true; return index_pair(Space::type, Space::data, sink);
    case Imm::type_elem: return index_pair(Space::type, Space::elem, sink);
    case Imm::type_type: return index_pair(Space::type, Space::type, sink);
    case Imm::ordering: return sink.push_back(0);
    case Imm::block_type:  // structured: instr_parser.cc
    case Imm::try_table:
    case Imm::types: return in_.fail_unexpected();
  }
}

// Any (result ...), even one with no type or several types, selects the opcode with types (6.5.5).
void InstrParser::select(Bytes& sink) {
  if (!in_.at_open("result")) return write_op(sink, Op::select);
  Bytes types;
  uint32_t count = 0;
  while (in_.accept_open("result")) {
    for (; !in_.at(TokenKind::close) && in_.ok(); ++count) types_.val_type(types);
    in_.expect_close();
  }
  write_op(sink, Op::select_t);
  write_uleb(sink, count);
  write_bytes(sink, types);
}

// ref.test and ref.cast: whether the type is nullable selects the opcode (5.4.6).
void InstrParser::reference_cast(Op op, Bytes& sink) {
  Bytes type;
  const bool nullable = types_.ref_type(type, /*heap_only=*/true);
  if (nullable) op = op == Op::ref_test ? Op::ref_test_null : Op::ref_cast_null;
  write_op(sink, op);
  write_bytes(sink, type);
}

void InstrParser::branch_on_cast(Bytes& sink) {
  const uint32_t target = label();
  Bytes types;
  uint8_t flags = 0;
  if (types_.ref_type(types, /*heap_only=*/true)) flags |= kCastSourceNullable;
  if (types_.ref_type(types, /*heap_only=*/true)) flags |= kCastTargetNullable;
  sink.push_back(flags);
  write_uleb(sink, target);
  write_bytes(sink, types);
}

void InstrParser::label_table(Bytes& sink) {
  std::vector<uint32_t> targets;
  do targets.push_back(label());
  while (in_.at_index());
  write_uleb(sink, targets.size() - 1);
  for (const uint32_t target : targets) write_uleb(sink, target);
}

void InstrParser::call_indirect(Bytes& sink) {
  const uint32_t table = types_.optional_index(Space::table);
  write_uleb(sink, types_.type_use(nullptr));
  write_uleb(sink, table);
}

void InstrParser::index_pair(Space first, Space second, Bytes& sink) {
  write_uleb(sink, types_.index(first));
  write_uleb(sink, types_.index(second));
}

// Two indices, or none (6.5.7, 6.5.8).
void InstrParser::optional_pair(Space space, Bytes& sink) {
  if (in_.at_index()) return index_pair(space, space, sink);
  write_uleb(sink, 0);
  write_uleb(sink, 0);
}

// In the text, the table or memory comes first and may be omitted. In the binary, the segment comes first.
void InstrParser::segment_and_target(Space segment, Space target, Bytes& sink) {
  const bool both = in_.peek(1).kind == TokenKind::nat || in_.peek(1).kind == TokenKind::id;
  const uint32_t target_index = both ? types_.index(target) : 0;
  if (segment == Space::data) assembly_.needs_data_count = true;
  write_uleb(sink, types_.index(segment));
  write_uleb(sink, target_index);
}

std::optional<uint64_t> InstrParser::accept_assignment(std::string_view word) {
  const Token token = in_.peek();
  const std::string_view text = in_.text(token);
  if (token.kind != TokenKind::keyword || !text.starts_with(word)) return std::nullopt;
  const std::string_view number = text.substr(word.size());
  if (!is_nat(number)) return in_.fail_unexpected(), 0;
  const std::optional<uint64_t> value = parse_nat(number);
  in_.take();
  if (!value) in_.fail(token, "i64 constant out of range");
  return value.value_or(0);
}

uint64_t InstrParser::alignment(const OpInfo& info) {
  const Token token = in_.peek();
  const std::optional<uint64_t> align = accept_assignment("align=");
  if (!align) return info.access_log2;
  if (!std::has_single_bit(*align)) return in_.fail(token, "alignment must be a power of two"), 0;
  return static_cast<uint64_t>(std::countr_zero(*align));
}

void InstrParser::memarg(const OpInfo& info, Bytes& sink) {
  const uint32_t memory = types_.optional_index(Space::memory);
  const uint64_t offset = accept_assignment("offset=").value_or(0);
  const uint64_t align = alignment(info);
  write_uleb(sink, memory == 0 ? align : align | kMemArgHasMemory);
  if (memory != 0) write_uleb(sink, memory);
  write_uleb(sink, offset);
}

// "lane" or "memory lane", with offset and alignment in between. A single number is the lane.
void InstrParser::memarg_lane(const OpInfo& info, Bytes& sink) {
  const Token& next = in_.peek(1);
  const bool only_lane = in_.at(TokenKind::nat) && next.kind != TokenKind::nat && next.kind != TokenKind::keyword;
  const bool lane_first = in_.at(TokenKind::nat) && next.kind == TokenKind::keyword &&
                          !in_.text(next).starts_with("offset=") && !in_.text(next).starts_with("align=");
  if (only_lane || lane_first) {
    write_uleb(sink, info.access_log2);
    write_uleb(sink, 0);
  } else {
    memarg(info, sink);
  }
  sink.push_back(in_.expect_lane());
}

void InstrParser::type_field(Bytes& sink) {
  const uint32_t type = types_.index(Space::type);
  write_uleb(sink, type);
  if (!in_.at(TokenKind::id)) return write_uleb(sink, in_.expect_u32());
  const Token token = in_.take();
  if (type < assembly_.types.size()) {
    const auto& fields = assembly_.types[type].fields;
    const auto found = fields.find(in_.id_name(token));
    if (found != fields.end()) return write_uleb(sink, found->second);
  }
  in_.fail(token, "unknown field " + std::string(in_.text(token)));
}

void InstrParser::shuffle(Bytes& sink) {
  constexpr int kLanes = 16;
  int count = 0;
  for (; in_.at(TokenKind::nat) && in_.ok(); ++count) sink.push_back(in_.expect_lane());
  const TokenKind next = in_.peek().kind;
  if (next == TokenKind::reserved) return in_.fail_unexpected();
  if (next == TokenKind::integer || next == TokenKind::floating)
    return in_.fail(in_.peek(), "i8 constant out of range");
  if (count != kLanes) in_.fail(in_.peek(), "invalid lane length");
}

uint32_t InstrParser::label() {
  if (!in_.at(TokenKind::id)) return in_.expect_u32();
  const Token token = in_.take();
  const auto found = label_depths_.find(in_.id_name(token));
  if (found == label_depths_.end() || found->second.empty()) {
    return in_.fail(token, "unknown label " + std::string(in_.text(token))), 0;
  }
  return static_cast<uint32_t>(labels_.size()) - 1 - found->second.back();
}

uint32_t InstrParser::local() {
  if (!in_.at(TokenKind::id)) return in_.expect_u32();
  const Token token = in_.take();
  const auto found = locals_.find(in_.id_name(token));
  if (found != locals_.end()) return found->second;
  return in_.fail(token, "unknown local " + std::string(in_.text(token))), 0;
}

}  // namespace mini_wasm::text
