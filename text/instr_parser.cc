// Block instructions and folding (6.5.3, 6.5.11).
#include "text/instr_parser.h"

#include <string>

#include "core/immediates.h"

namespace mini_wasm::text {

void InstrParser::sequence(Bytes& out) {
  out_ = &out;
  while (in_.ok() && !(frames_.empty() && in_.at(TokenKind::close))) step();
}

void InstrParser::folded(Bytes& out) {
  out_ = &out;
  if (!in_.at(TokenKind::open)) return in_.fail_unexpected();
  do step();
  while (in_.ok() && !frames_.empty());
}

void InstrParser::begin_function() {
  locals_.clear();
  local_names_.clear();
  label_names_.clear();
  label_count_ = 0;
  hints_.clear();
}

void InstrParser::bind_local(const Binder& binder) {
  if (binder.id && !locals_.emplace(in_.id_name(*binder.id), binder.index).second) {
    in_.fail(*binder.id, "duplicate local " + std::string(in_.text(*binder.id)));
  }
  if (const std::string_view name = name_of(in_, binder); !name.empty()) local_names_.emplace_back(binder.index, name);
}

void InstrParser::step() {
  if (in_.has_annotations()) accept_hint();
  switch (in_.peek().kind) {
    case TokenKind::open: return open_form();
    case TokenKind::close: return close_form();
    case TokenKind::keyword: return flat_instruction();
    default: in_.fail_unexpected();
  }
}

// Whether instructions of any form are allowed here.
bool InstrParser::in_body() const {
  if (frames_.empty()) return true;
  switch (frames_.back().kind) {
    case FrameKind::block:
    case FrameKind::then_body:
    case FrameKind::else_body:
    case FrameKind::do_body:
    case FrameKind::catch_body:
    case FrameKind::catch_all_body:
    case FrameKind::flat: return true;
    default: return false;
  }
}

// --- Folded instructions

void InstrParser::open_form() {
  if (!frames_.empty() && open_clause(frames_.back())) return;
  const bool operand =
      !frames_.empty() && (frames_.back().kind == FrameKind::operands || frames_.back().kind == FrameKind::if_operands);
  in_.take();
  if (!in_body() && !operand) return in_.fail_unexpected();
  open_folded();
}

void InstrParser::open_folded() {
  const std::optional<Op> op = in_.at(TokenKind::keyword) ? op_from_text(in_.text(in_.peek())) : std::nullopt;
  if (!op) return in_.fail_unexpected();
  const size_t begin = pending_.size();
  switch (*op) {
    case Op::block:
    case Op::loop:
    case Op::try_table:
    case Op::try_: {
      in_.take();
      take_hint(*op);
      const Label label = accept_label();
      block_header(*op, *out_);
      push_label(label);
      frames_.push_back({*op == Op::try_ ? FrameKind::try_start : FrameKind::block, *op, begin, {}, {}});
      return;
    }
    case Op::if_: {
      in_.take();
      const std::optional<uint8_t> hint = take_hint(*op);
      const Label label = accept_label();
      block_header(*op, pending_);
      frames_.push_back({FrameKind::if_operands, *op, begin, label, hint});
      return;
    }
    case Op::else_:
    case Op::end:
    case Op::catch_:
    case Op::catch_all:
    case Op::delegate: return in_.fail_unexpected();
    default: {
      in_.take();
      const std::optional<uint8_t> hint = take_hint(*op);
      plain(*op, pending_);
      frames_.push_back({FrameKind::operands, *op, begin, {}, hint});
    }
  }
}

// Handles (then, (else, (do, (catch, (catch_all and (delegate: the parts of folded block instructions.
bool InstrParser::open_clause(Frame& frame) {
  switch (frame.kind) {
    case FrameKind::if_operands:
      if (!in_.accept_open("then")) return false;
      emit_pending(frame);
      push_label(frame.label);
      frame.kind = FrameKind::then_body;
      return true;
    case FrameKind::then_done:
      if (!in_.accept_open("else")) return false;
      write_op(*out_, Op::else_);
      frame.kind = FrameKind::else_body;
      return true;
    case FrameKind::try_start:
      if (!in_.accept_open("do")) return false;
      frame.kind = FrameKind::do_body;
      return true;
    case FrameKind::do_done:
      if (in_.at_open("delegate")) return open_delegate(frame), true;
      [[fallthrough]];
    case FrameKind::catch_done:
      if (in_.accept_open("catch")) return open_catch(frame, Op::catch_), true;
      if (in_.accept_open("catch_all")) return open_catch(frame, Op::catch_all), true;
      return false;
    default: return false;
  }
}

void InstrParser::open_catch(Frame& frame, Op op) {
  write_op(*out_, op);
  if (op == Op::catch_) write_uleb(*out_, types_.index(Space::tag));
  frame.kind = op == Op::catch_ ? FrameKind::catch_body : FrameKind::catch_all_body;
}

// The label of delegate is looked up outside the try block.
void InstrParser::open_delegate(Frame& frame) {
  in_.accept_open("delegate");
  pop_label();
  write_op(*out_, Op::delegate);
  write_uleb(*out_, label());
  in_.expect_close();
  frame.kind = FrameKind::delegated;
}

void InstrParser::close_form() {
  if (frames_.empty() || hint_) return in_.fail_unexpected();
  Frame& frame = frames_.back();
  switch (frame.kind) {
    case FrameKind::operands: {
      emit_pending(frame);
      frames_.pop_back();
      break;
    }
    case FrameKind::then_body: frame.kind = FrameKind::then_done; break;
    case FrameKind::else_body: frame.kind = FrameKind::else_done; break;
    case FrameKind::do_body: frame.kind = FrameKind::do_done; break;
    case FrameKind::catch_body: frame.kind = FrameKind::catch_done; break;
    case FrameKind::catch_all_body: frame.kind = FrameKind::catch_all_done; break;
    case FrameKind::block:
    case FrameKind::then_done:
    case FrameKind::else_done:
    case FrameKind::do_done:
    case FrameKind::catch_done:
    case FrameKind::catch_all_done: close_block(); break;
    case FrameKind::delegated: frames_.pop_back(); break;
    case FrameKind::if_operands:
    case FrameKind::try_start:
    case FrameKind::flat: return in_.fail_unexpected();
  }
  in_.take();
}

void InstrParser::close_block() {
  write_op(*out_, Op::end);
  pop_label();
  frames_.pop_back();
}

void InstrParser::emit_pending(const Frame& frame) {
  record_hint(frame.hint);
  out_->insert(out_->end(), pending_.begin() + static_cast<ptrdiff_t>(frame.pending), pending_.end());
  pending_.resize(frame.pending);
}

// --- Flat instructions

void InstrParser::flat_instruction() {
  const std::optional<Op> op = op_from_text(in_.text(in_.peek()));
  if (!op || !in_body()) return in_.fail_unexpected();
  switch (*op) {
    case Op::block:
    case Op::loop:
    case Op::if_:
    case Op::try_:
    case Op::try_table: return flat_block(*op);
    case Op::else_: return flat_else();
    case Op::end: return flat_end();
    case Op::catch_:
    case Op::catch_all: return flat_catch(*op);
    case Op::delegate: return flat_delegate();
    default:
      in_.take();
      record_hint(take_hint(*op));
      plain(*op, *out_);
  }
}

void InstrParser::flat_block(Op op) {
  in_.take();
  record_hint(take_hint(op));
  const Label label = accept_label();
  block_header(op, *out_);
  push_label(label);
  frames_.push_back({FrameKind::flat, op, pending_.size(), {}, {}});
}

void InstrParser::flat_end() {
  if (frames_.empty() || frames_.back().kind != FrameKind::flat) return in_.fail_unexpected();
  in_.take();
  check_label();
  close_block();
}

void InstrParser::flat_else() {
  if (frames_.empty() || frames_.back().kind != FrameKind::flat || frames_.back().op != Op::if_) {
    return in_.fail_unexpected();
  }
  in_.take();
  check_label();
  frames_.back().op = Op::else_;
  write_op(*out_, Op::else_);
}

void InstrParser::flat_catch(Op op) {
  const bool in_try = !frames_.empty() && frames_.back().kind == FrameKind::flat &&
                      (frames_.back().op == Op::try_ || frames_.back().op == Op::catch_);
  if (!in_try) return in_.fail_unexpected();
  in_.take();
  frames_.back().op = op;
  write_op(*out_, op);
  if (op == Op::catch_) write_uleb(*out_, types_.index(Space::tag));
}

void InstrParser::flat_delegate() {
  if (frames_.empty() || frames_.back().kind != FrameKind::flat || frames_.back().op != Op::try_) {
    return in_.fail_unexpected();
  }
  in_.take();
  pop_label();
  frames_.pop_back();
  write_op(*out_, Op::delegate);
  write_uleb(*out_, label());
}

// --- Blocks

void InstrParser::block_header(Op op, Bytes& sink) {
  write_op(sink, op);
  types_.block_type(sink);
  if (op == Op::try_table) catch_clauses(sink);
}

// The labels of catch clauses are looked up outside the block (6.5.3).
void InstrParser::catch_clauses(Bytes& sink) {
  constexpr std::string_view kWords[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
  Bytes clauses;
  uint32_t count = 0;
  for (bool found = true; found; count += found) {
    found = false;
    for (uint8_t kind = 0; kind < std::size(kWords) && !found; ++kind) {
      if (!in_.accept_open(kWords[kind])) continue;
      found = true;
      clauses.push_back(kind);
      if (has_tag(static_cast<CatchKind>(kind))) write_uleb(clauses, types_.index(Space::tag));
      write_uleb(clauses, label());
      in_.expect_close();
    }
  }
  write_uleb(sink, count);
  write_bytes(sink, clauses);
}

InstrParser::Label InstrParser::accept_label() {
  const Binder binder = accept_binder(in_, 0);
  return {binder.id ? in_.id_name(*binder.id) : std::string_view(), name_of(in_, binder)};
}

// Checks the id that `else` and `end` may repeat (6.5.3).
void InstrParser::check_label() {
  const std::optional<Token> id = in_.accept_id();
  if (id && in_.id_name(*id) != labels_.back()) in_.fail(*id, "mismatching label " + std::string(in_.text(*id)));
}

// Labels are numbered in the order of the blocks in the code. So the label of a folded `if` comes after its condition.
void InstrParser::push_label(const Label& label) {
  if (!label.id.empty()) label_depths_[label.id].push_back(static_cast<uint32_t>(labels_.size()));
  labels_.push_back(label.id);
  if (!label.name.empty()) label_names_.emplace_back(label_count_, label.name);
  ++label_count_;
}

void InstrParser::pop_label() {
  if (!labels_.back().empty()) label_depths_[labels_.back()].pop_back();
  labels_.pop_back();
}

// --- Branch hints

void InstrParser::accept_hint() {
  while (const Annotation* annotation = in_.accept_annotation(kBranchHintAnnotation)) {
    const std::string about = "@" + std::string(kBranchHintAnnotation) + " annotation: ";
    const TokenList list = in_.annotation_content(*annotation);
    const Token& value = list.tokens[0];
    if (hint_) return in_.fail_at(annotation->offset, about + "duplicate annotation");
    if (list.tokens.size() != 2 || value.kind != TokenKind::string) {
      return in_.fail_at(annotation->offset, about + "unexpected token");
    }
    const std::string bytes = string_value(list.text(value));
    if (bytes != std::string_view("\0", 1) && bytes != std::string_view("\1", 1)) {
      return in_.fail_at(annotation->offset, about + "invalid value");
    }
    hint_ = static_cast<uint8_t>(bytes[0]);
  }
}

std::optional<uint8_t> InstrParser::take_hint(Op op) {
  if (hint_ && op != Op::if_ && op != Op::br_if) {
    const std::string about = "@" + std::string(kBranchHintAnnotation) + " annotation: ";
    in_.fail(in_.peek(), about + "invalid target", ErrorKind::invalid);
  }
  return std::exchange(hint_, std::nullopt);
}

void InstrParser::record_hint(std::optional<uint8_t> hint) {
  if (hint) hints_.emplace_back(static_cast<uint32_t>(out_->size()), *hint);
}

}  // namespace mini_wasm::text
