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

// The index space of a part that is an index in one of the module's index spaces.
constexpr std::optional<Space> space_of(ImmPart part) {
  switch (part) {
    case ImmPart::func: return Space::func;
    case ImmPart::type: return Space::type;
    case ImmPart::table: return Space::table;
    case ImmPart::elem: return Space::elem;
    case ImmPart::global: return Space::global;
    case ImmPart::tag: return Space::tag;
    case ImmPart::memory: return Space::memory;
    case ImmPart::data: return Space::data;
    default: return std::nullopt;
  }
}

// Whether the text may omit it, which means index 0.
constexpr bool may_be_left_out(ImmPart part) { return part == ImmPart::table || part == ImmPart::memory; }

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
  const auto [first, second, order] = imm_info(info.imm);
  if (first == ImmPart::none) return;
  uint32_t before = 0;
  if (second == ImmPart::none) return part(first, info, before, sink);
  if (order == TextOrder::target_first) return target_first(first, second, info, sink);
  if (first == ImmPart::memarg && second == ImmPart::lane) return memarg_lane(info, sink);
  // Two indices of one kind: both are given, or none where they may be left out (6.5.5, 6.5.6).
  const bool two = first == second && in_.at_index();
  part(first, info, before, sink);
  if (two) return write_uleb(sink, types_.index(*space_of(second)));
  part(second, info, before, sink);
}

// In the text, the second part comes first and may be omitted. If the first part is an index, too, the second part is
// given if there are two indices.
void InstrParser::target_first(ImmPart first, ImmPart second, const OpInfo& info, Bytes& sink) {
  const TokenKind next = in_.peek(1).kind;
  const bool is_given = first == ImmPart::type_use ? in_.at_index() : next == TokenKind::nat || next == TokenKind::id;
  const uint32_t target = is_given ? types_.index(*space_of(second)) : 0;
  uint32_t before = 0;
  part(first, info, before, sink);
  write_uleb(sink, target);
}

// `before`: in, the index that was read before, which is the type in which a field's name is looked up; out, this index.
void InstrParser::part(ImmPart part, const OpInfo& info, uint32_t& before, Bytes& sink) {
  switch (part) {
    case ImmPart::none: return;
    case ImmPart::func:
    case ImmPart::type:
    case ImmPart::table:
    case ImmPart::elem:
    case ImmPart::global:
    case ImmPart::tag:
    case ImmPart::memory:
    case ImmPart::data: {
      if (part == ImmPart::data) assembly_.needs_data_count = true;
      const Space space = *space_of(part);
      before = may_be_left_out(part) ? types_.optional_index(space) : types_.index(space);
      return write_uleb(sink, before);
    }
    case ImmPart::label: return write_uleb(sink, label());
    case ImmPart::labels: return label_table(sink);
    case ImmPart::type_use: return write_uleb(sink, types_.type_use(nullptr));
    case ImmPart::local: return write_uleb(sink, local());
    case ImmPart::field: return write_uleb(sink, field(before));
    case ImmPart::u32: return write_uleb(sink, in_.expect_u32());
    case ImmPart::memarg: return memarg(info, sink);
    case ImmPart::i32: return write_sleb(sink, static_cast<int32_t>(in_.expect_integer(32)));
    case ImmPart::i64: return write_sleb(sink, static_cast<int64_t>(in_.expect_integer(64)));
    case ImmPart::f32: return write_fixed(sink, in_.expect_float(32), 4);
    case ImmPart::f64: return write_fixed(sink, in_.expect_float(64), 8);
    case ImmPart::v128: return vector(sink);
    case ImmPart::lanes: return shuffle(sink);
    case ImmPart::lane: return sink.push_back(in_.expect_lane());
    case ImmPart::heap_type: return types_.heap_type(sink);
    case ImmPart::cast: return branch_on_cast(sink);
    case ImmPart::zero: return sink.push_back(0);
    case ImmPart::block_type:  // structured: instr_parser.cc
    case ImmPart::catches:
    case ImmPart::types: return in_.fail_unexpected();
  }
}

void InstrParser::vector(Bytes& sink) {
  const std::array<uint8_t, 16> bytes = expect_vector(in_);
  sink.insert(sink.end(), bytes.begin(), bytes.end());
}

// Any (result ...), even one with no type or several types, selects the opcode with types (6.5.2).
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

uint32_t InstrParser::field(uint32_t type) {
  if (!in_.at(TokenKind::id)) return in_.expect_u32();
  const Token token = in_.take();
  if (type < assembly_.types.size()) {
    const auto& fields = assembly_.types[type].fields;
    const auto found = fields.find(in_.id_name(token));
    if (found != fields.end()) return found->second;
  }
  return in_.fail(token, "unknown field " + std::string(in_.text(token))), 0;
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
