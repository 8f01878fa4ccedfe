// The class of the walk (function_decoder.h), without the rules that are members of it.
#pragma once

#include <mini_wasm/result.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "core/limits.h"
#include "core/opcode.h"
#include "core/scalar.h"
#include "core/type_registry.h"
#include "core/work_meter.h"
#include "decoder/instr_reader.h"
#include "decoder/module.h"
#include "decoder/reader.h"
#include "validator/function_state.h"
#include "validator/sink.h"
#include "validator/type_list.h"

namespace mini_wasm::validator {

template <class Sink>
class FunctionDecoder : private FunctionState {
 public:
  // Whether the code is trusted ("believed") because it has been validated before; see sink.h.
  static constexpr bool kBelieves = requires { Sink::kBelieves; };
  // Whether the sink is told the cost of the code (Config::fuel); see sink.h.
  static constexpr bool kCharges = requires(Sink& sink) { sink.is_metered(); };

  static constexpr int32_t kNotKnown = -1;
  struct Control {
    Op op = Op::block;  // block, loop, if_, try_table, try_ and then catch_, catch_all; the body itself is a block
    bool in_else = false;
    bool entered = true;        // its beginning is reachable, so the sink has been told about it
    bool unreachable = false;   // the rest of it is dead code
    int32_t units = kNotKnown;  // at its label: units_ (metering.h)
    uint32_t height = 0;        // number of operands below it
    uint32_t set_locals = 0;    // size of set_locals_ at its beginning
    uint32_t checked_by = 0;    // number of the last br_table of this function that has it as a target
    TypeList params, results;
    typename Sink::Label label{};
    // The types of the values that a branch to it carries.
    const TypeList& branch_types() const { return op == Op::loop ? params : results; }
  };

  FunctionDecoder(const decoder::Module& module, FeatureSet features, Sink& sink)
      : FunctionState(module, features), sink_(sink) {
    static_assert(InstructionSink<Sink>);
    grow_operands(256);
  }

  // Walks the body of a function that the module defines. Errors: malformed, invalid, limit.
  Result<void> run(FuncIdx func);

  using FunctionState::func;
  using FunctionState::func_type;
  using FunctionState::locals;
  using FunctionState::meter;
  using FunctionState::module;
  using FunctionState::op;
  using FunctionState::op_offset;
  using FunctionState::peek;
  using FunctionState::uses_vectors;

  Control& control(uint32_t depth) { return controls_[controls_.size() - 1 - depth]; }
  // While a br_table is reported: what its branch to this label must charge on its way, or, below 0, give back. Nearly
  // always 0.
  int32_t units_on_way(uint32_t depth) const {
    return metered_ ? units_ - controls_[controls_.size() - 1 - depth].units : 0;
  }
  uint32_t control_depth() const { return static_cast<uint32_t>(controls_.size()); }
  uint32_t height() const { return static_cast<uint32_t>(top_ - operands_.get()); }
  // For a sink that needs the maximum height of the operand stack: it calls this where the stack may be highest.
  void note_height() { highest_ = std::max(highest_, top_); }
  uint32_t highest() const { return static_cast<uint32_t>(highest_ - operands_.get()); }
  // For a sink whose code is not trusted: the types of the operands, from the bottom.
  std::span<const ValType> operand_types() const { return {operands_.get(), top_}; }
  // Whether a local has no value yet: it was not written, and its type has no default.
  bool has_no_value(uint32_t local) const {
    return tracks_unset_ && local >= locals_.params() && !locals_.at(local).type.defaultable() && !is_set_[local];
  }
  // Whether the next instruction writes the result of this one to a local; if so, sets `local`.
  bool next_local_write(uint32_t& local) const {
    if (reader_.left() < 2) return false;
    const uint8_t* next = reader_.pos();
    const bool writes = next[0] == op_info(Op::local_set).code || next[0] == op_info(Op::local_tee).code;
    local = next[1];
    return writes && next[1] < 0x80 && local < locals_.ready();  // only indices of one byte, which nearly all are
  }

 private:
  // The position of the walk. Only code that is inlined into `run` uses it, so that it stays in CPU registers. All
  // other code uses reader_ and top_, which `sink` and `out_of_line` update.
  struct Cursor {
    const uint8_t* pos;
    ValType* top;
  };
  [[gnu::always_inline]] void show(const Cursor& c) {
    reader_.seek(c.pos);
    if constexpr (!kBelieves) top_ = c.top;
  }
  [[gnu::always_inline]] Sink& sink(const Cursor& c) {
    show(c);
    return sink_;
  }
  template <class Rule>
  [[gnu::always_inline]] auto out_of_line(Cursor& c, Rule rule) {
    show(c);
    if constexpr (std::is_void_v<decltype(rule())>) {
      rule();
      c = {reader_.pos(), top_};
    } else {
      const auto result = rule();
      c = {reader_.pos(), top_};
      return result;
    }
  }

  // --- Operands
  void grow_operands(size_t capacity) {
    auto bigger = std::make_unique<ValType[]>(capacity);
    const size_t used = operands_ ? static_cast<size_t>(top_ - operands_.get()) : 0;
    const size_t base = operands_ ? static_cast<size_t>(base_ - operands_.get()) : 0;
    const size_t highest = operands_ ? static_cast<size_t>(highest_ - operands_.get()) : 0;
    if (used != 0) std::copy_n(operands_.get(), used, bigger.get());
    operands_ = std::move(bigger);
    top_ = operands_.get() + used;
    base_ = operands_.get() + base;
    highest_ = operands_.get() + highest;
    limit_ = operands_.get() + capacity;
  }
  void reserve(size_t n) {
    if (static_cast<size_t>(limit_ - top_) < n) [[unlikely]]
      grow_operands(2 * (height() + n));
  }
  // Pushes without a check of the capacity. An instruction has at least one byte and usually leaves at most one operand
  // more than before, so room for one operand per remaining byte is enough. Rules that push lists make room for these,
  // and again for one operand per remaining byte.
  void push(ValType type) {
    if constexpr (!kBelieves) *top_++ = type;
  }
  [[gnu::always_inline]] void push(Cursor& c, ValType type) {
    if constexpr (!kBelieves) *c.top++ = type;
  }
  void push(const TypeList& types) {
    if constexpr (kBelieves) return;
    reserve(types.size() + reader_.left() + kSlack);
    meter_.add(types.size() / 16);
    top_ = types.copy_to(top_);
  }
  ValType pop() {
    if constexpr (kBelieves) return ValType::bottom;
    if (top_ > base_) [[likely]]
      return *--top_;
    return pop_from_empty();
  }
  ValType pop(ValType want) {
    if constexpr (kBelieves) return want;
    if (top_ > base_) [[likely]] {
      const ValType found = *--top_;
      if (found != want) [[unlikely]]
        expect(want, found);
      return found;
    }
    return pop_from_empty(want);
  }
  [[gnu::always_inline]] void pop(Cursor& c, ValType want) {
    if constexpr (kBelieves) return;
    if (c.top > base_) [[likely]] {
      const ValType found = *--c.top;
      if (found != want) [[unlikely]]
        expect(want, found);
    } else {
      pop_from_empty(want);
    }
  }
  void pop(const TypeList& types) {
    if constexpr (kBelieves) return;
    if (has_on_top(types)) [[likely]] {
      top_ -= types.size();
      return;
    }
    for (uint32_t i = types.size(); i-- > 0 && !all_bottom();) {
      meter_.add(1);
      pop(types[i]);
    }
  }
  bool has_on_top(const TypeList& types) const {
    return static_cast<size_t>(top_ - base_) >= types.size() && types.equals(top_ - types.size());
  }
  // Whether all operands are missing because this is dead code, where missing operands have any type. Then there is
  // nothing to check.
  bool all_bottom() const { return top_ == base_ && controls_.back().unreachable; }
  ValType pop_from_empty(ValType want = ValType::bottom);
  void expect(ValType want, ValType found) {
    if constexpr (!kBelieves) check_match(want, found);
  }
  void expect(const TypeList& want, const TypeList& found);  // both have the same size
  // Pops and pushes the types that a branch leaves in place.
  void check_top(const TypeList& types);

  // --- Control
  void set_unreachable() {
    Control& c = controls_.back();
    c.unreachable = true;
    units_ = 0;
    live_ = false;
    top_ = base_;
    if constexpr (kBelieves) skip_dead_code();
  }
  // Whether instructions are passed to the sink here.
  bool is_live() const { return kBelieves || live_; }
  void enter(Op op, TypeList params, TypeList results);
  void refresh() {
    const Control& c = controls_.back();
    base_ = operands_.get() + c.height;
    live_ = c.entered && !c.unreachable;
  }
  Control* label(uint32_t depth);

  // --- Metering: metering.h
  void begin_metering();
  void charge(bool checks = false);
  void charge_until(int32_t left, bool checks = false);
  void charge_branch(Control& target);
  void charge_branches();
  void meter_block(Control& c);
  void meter_else(const Control& c);
  void meter_end(const Control& c);
  // This instruction only structures the code, so it costs nothing.
  void charge_nothing() {
    if constexpr (kCharges) --units_;
  }

  // --- Rules; one per class of opcode, more in control_rules.h
  Op read_rare_op();
  void step(Op op, Cursor& c);
  template <Op op>
  void rule(Cursor& c);
  template <Op op>
  void rare_rule();
  template <Op op>
  void fixed_signature(Cursor& c);
  uint32_t read_u32(Cursor& c);
  uint64_t read_constant(Cursor& c, Imm imm);
  struct Access {
    bool ok = false;
    ValType address;
    MemArg memarg;
  };
  Access memory_access(Cursor& c, Op op);
  Access any_memory_access(Op op);
  void atomic_rule(Op op);  // atomic_rules.h
  void control_rule(Op op);
  void end_rule();
  bool check_end();
  void leave_block();
  void else_rule();
  void br_table_rule();
  bool check_br_table_target(const TypeList& types);
  void simd_lane_rule(Op op);
  void memory_lane_rule(Op op);
  void call_types(const FuncType& type, bool tail);
  void call_rule(bool tail);
  void call_indirect_rule(bool tail);
  void call_ref_rule(bool tail);
  void br_on_null_rule();
  void br_on_non_null_rule();
  ValType pop_ref();
  void select_rule();
  void select_t_rule();
  void variable_rule(Op op);
  // gc_rules.h
  void gc_done(uint32_t a, uint32_t b, uint32_t operands, ValType result);
  void gc_rule(Op op);
  void struct_rule(Op op);
  void array_new_rule(Op op);
  void array_rule(Op op);
  void cast_rule(Op op);
  void br_on_cast_rule(bool on_fail);
  // exception_rules.h
  void exception_rule(Op op);
  void throw_rule();
  void try_table_rule();
  bool check_catch(const CatchClause& clause);
  void try_rule();
  void catch_rule(Op op);
  void delegate_rule();
  void rethrow_rule();
  void memory_rule(Op op);
  void table_rule(Op op);
  void ref_rule(Op op);

  // For a local that has no entry in locals_ yet, or that does not exist.
  bool far_local(uint32_t i);
  void set_local(uint32_t i);
  bool local_index(Cursor& c, uint32_t& i);

  // Ends the walk with an error. `message` is a text or makes one; that of trusted code is not in the program.
  template <class Message>
  void fail(Message message, ErrorKind kind = ErrorKind::invalid) {
    if constexpr (kBelieves) {
      fail_trusted();
    } else if constexpr (std::is_invocable_v<Message>) {
      FunctionState::fail(message(), kind);
    } else {
      FunctionState::fail(message, kind);
    }
  }

  static constexpr size_t kSlack = 4;

  Sink& sink_;
  std::vector<Control> controls_;
  std::unique_ptr<ValType[]> operands_;
  ValType* top_ = nullptr;
  ValType* base_ = nullptr;  // where the operands of the innermost block begin
  ValType* highest_ = nullptr;
  ValType* limit_ = nullptr;
  bool live_ = true;
  bool metered_ = false;              // whether the sink is told of charges
  bool adopts_ = false;               // metering.h
  int32_t units_ = 0;                 // that were not charged yet
  uint32_t br_tables_ = 0;            // in this function so far
  std::vector<uint32_t> depths_;      // scratch of br_table
  std::vector<CatchClause> catches_;  // and of try_table
};

// --- The walk ------------------------------------------------------------------------------------------------------

template <class Sink>
Result<void> FunctionDecoder<Sink>::run(FuncIdx func) {
  begin(func);
  br_tables_ = 0;
  controls_.clear();
  top_ = base_ = highest_ = operands_.get();
  if constexpr (!kBelieves) reserve(reader_.left() + kSlack);
  live_ = true;
  begin_metering();
  if (read_locals(!kBelieves)) {
    sink_.begin(*this);
    op_at_ = reader_.pos();
    enter(Op::block, TypeList{}, TypeList(func_type_->results));
    stop_ = reader_.pos() + reader_.left();
    Cursor c{reader_.pos(), top_};
    while (c.pos < stop_) {
      op_at_ = c.pos;
      Op op = ops_[*c.pos];
      ++c.pos;
      if (op == Op::invalid) [[unlikely]] {
        op = out_of_line(c, [this] { return read_rare_op(); });
        if (op == Op::invalid) break;
      }
      op_ = op;
      if constexpr (kCharges) ++units_;
      step(op, c);
#ifndef NDEBUG
      if constexpr (requires { sink_.check(); }) sink_.check();  // itself, between two instructions
#endif
    }
    // Without an error, the walk is after an `end`, or at the end of the body, where no opcode can be read.
    if (reader_.ok()) show(c);
    if (reader_.ok() && !controls_.empty()) decoder::read_op(reader_, features_);
    if (reader_.ok() && !reader_.at_end()) {
      reader_.fail(reader_.offset(), "unexpected content after the end of function " + std::to_string(raw(func)));
    }
  }
  meter_.hand_over();
  if (!reader_.ok()) return reader_.take_error();
  return {};
}

// An opcode of more than one byte, or an unknown one.
template <class Sink>
[[gnu::noinline]] Op FunctionDecoder<Sink>::read_rare_op() {
  reader_.seek(op_at_);
  return decoder::read_op(reader_, features_);
}

template <class Sink>
[[gnu::always_inline]] inline void FunctionDecoder<Sink>::step(Op op, Cursor& c) {
  switch (op) {
#define OP(id, ...) \
  case Op::id: return rule<Op::id>(c);
#include "core/opcodes.def"
#undef OP
    default: __builtin_unreachable();  // so that the compiler makes a jump table without a range check
  }
}

template <class Sink>
[[gnu::always_inline]] inline uint32_t FunctionDecoder<Sink>::read_u32(Cursor& c) {
  if ((kBelieves || c.pos != stop_) && *c.pos < 0x80) [[likely]]
    return *c.pos++;
  return out_of_line(c, [this] { return reader_.u32(); });
}

template <class Sink>
[[gnu::always_inline]] inline uint64_t FunctionDecoder<Sink>::read_constant(Cursor& c, Imm imm) {
  if ((imm == Imm::i32 || imm == Imm::i64) && (kBelieves || c.pos != stop_) && *c.pos < 0x80) [[likely]] {
    const int value = static_cast<int8_t>(*c.pos++ << 1) >> 1;
    return imm == Imm::i32 ? static_cast<uint32_t>(value) : static_cast<uint64_t>(int64_t{value});
  }
  return out_of_line(c, [this, imm]() -> uint64_t {
    switch (imm) {
      case Imm::i32: return static_cast<uint32_t>(reader_.s32());
      case Imm::i64: return static_cast<uint64_t>(reader_.s64());
      case Imm::f32: return reader_.f32_bits();
      default: return reader_.f64_bits();
    }
  });
}

template <class Sink>
template <Op op>
[[gnu::always_inline]] inline void FunctionDecoder<Sink>::fixed_signature(Cursor& c) {
  constexpr const OpInfo& info = op_info(op);
  for (int i = info.param_count - 1; i >= 0; --i) pop(c, val_type(info.params[i]));
  for (int i = 0; i < info.result_count; ++i) push(c, val_type(info.results[i]));
}

// The most common instructions; `rare_rule` handles the others.
template <class Sink>
template <Op op>
[[gnu::always_inline]] inline void FunctionDecoder<Sink>::rule(Cursor& c) {
  constexpr const OpInfo& info = op_info(op);
  if constexpr (has_vectors(info)) uses_vectors_ = true;
  if constexpr (info.cls == OpClass::numeric || info.cls == OpClass::numeric_trap || info.cls == OpClass::simd) {
    fixed_signature<op>(c);
    if (is_live()) sink(c).numeric(op);
  } else if constexpr (info.cls == OpClass::constant && op != Op::v128_const) {
    const uint64_t bits = read_constant(c, info.imm);
    push(c, val_type(info.results[0]));
    if (is_live()) sink(c).constant(val_type(info.results[0]), bits);
  } else if constexpr (info.cls == OpClass::load || info.cls == OpClass::simd_load) {
    const Access access = memory_access(c, op);
    if (!access.ok) return;
    pop(c, access.address);
    push(c, val_type(info.results[0]));
    if (is_live()) sink(c).load(op, access.memarg);
  } else if constexpr (info.cls == OpClass::store || info.cls == OpClass::simd_store) {
    const Access access = memory_access(c, op);
    if (!access.ok) return;
    pop(c, val_type(info.params[1]));
    pop(c, access.address);
    if (is_live()) sink(c).store(op, access.memarg);
  } else if constexpr (op == Op::local_get) {
    uint32_t i;
    if (!local_index(c, i)) return;
    if (tracks_unset_ && is_unset(i)) [[unlikely]]
      return unset_local(i);
    push(c, locals_[i].type);
    if (is_live()) sink(c).local_get(i);
  } else if constexpr (op == Op::local_set) {
    uint32_t i;
    if (!local_index(c, i)) return;
    pop(c, locals_[i].type);
    set_local(i);
    if (is_live()) sink(c).local_set(i);
  } else if constexpr (op == Op::local_tee) {
    uint32_t i;
    if (!local_index(c, i)) return;
    pop(c, locals_[i].type);
    push(c, locals_[i].type);
    set_local(i);
    if (is_live()) sink(c).local_tee(i);
  } else {
    out_of_line(c, [this] { rare_rule<op>(); });
  }
}

template <class Sink>
template <Op op>
[[gnu::always_inline]] inline void FunctionDecoder<Sink>::rare_rule() {
  constexpr const OpInfo& info = op_info(op);
  if constexpr (op == Op::v128_const) {
    const uint8_t* bytes = decoder::read_16_bytes(reader_);
    push(ValType::v128);
    if (is_live() && bytes != nullptr) sink_.v128_const(bytes);
  } else if constexpr (info.cls == OpClass::simd_lane) {
    simd_lane_rule(op);
  } else if constexpr (info.cls == OpClass::load_lane || info.cls == OpClass::store_lane) {
    memory_lane_rule(op);
  } else if constexpr (info.cls == OpClass::variable) {
    variable_rule(op);
  } else if constexpr (info.cls == OpClass::memory) {
    memory_rule(op);
  } else if constexpr (info.cls == OpClass::table) {
    table_rule(op);
  } else if constexpr (info.cls == OpClass::ref) {
    ref_rule(op);
  } else if constexpr (info.cls == OpClass::gc) {
    gc_rule(op);
  } else if constexpr (info.cls == OpClass::exception) {
    exception_rule(op);
  } else if constexpr (info.cls == OpClass::control || info.cls == OpClass::parametric) {
    control_rule(op);
  } else {
    atomic_rule(op);
  }
}

}  // namespace mini_wasm::validator
