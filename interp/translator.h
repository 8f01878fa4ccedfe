// Translator: translates a validated function body into the interpreter's code in one pass (it is a Sink of
// validator::FunctionDecoder).
//
// The operand stack of WebAssembly exists only during translation. Each operand is of one of these kinds:
//
//   constant   no code has been emitted for it yet
//   local      the value of a local, which is read where it is used
//   acc        in the accumulator of its type. The instruction that made it can still be changed to write elsewhere
//   temp       in its home slot, the frame slot that belongs to its height on the operand stack
//
// A value that was last computed into a slot is also still in the accumulator. Locals and temps are read from there
// when possible.
//
// So local.get and const emit no code, and local.set changes where the instruction before it writes. An operand that
// must leave the accumulator is redirected to its home, which needs no move. Where control flow meets, every operand is
// at home ("settled"), so that all paths to a label agree.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/buffer.h"
#include "core/function_facts.h"
#include "core/immediates.h"
#include "interp/code.h"
#include "interp/frame_place.h"
#include "interp/handlers.h"
#include "interp/interpreter_code.h"
#include "validator/function_decoder.h"

namespace mini_wasm::interp {

class Translator {
 public:
  struct Label {
    static constexpr uint32_t kNone = ~0u;
    uint32_t target = kNone;  // the word of its code, when known
    uint32_t stub = kNone;    // during br_table: its index in the list of stubs
    uint32_t fixups = kNone;  // branches to it whose distance is not known yet: a chain in fixups_
    // Of an if: the branch to its else branch. Of the body: catch clauses that leave the function.
    uint32_t else_fixups = kNone;
    uint32_t height = 0;  // the number of operands below it,
    uint16_t base = 0;    // and their slots
    // Of a try_table or try: the word where it begins; its clauses in exceptions_.catches; of a try: the word where its
    // first clause begins.
    uint32_t try_begin = 0, catches = 0, catch_count = 0, try_end = kNone;
  };
  static constexpr bool kBelieves = true;  // the walk need not check, because the body has been validated
  using Decoder = validator::FunctionDecoder<Translator>;
  using Control = Decoder::Control;

  // If `positions` is given, it receives (word, byte offset) of each instruction.
  explicit Translator(InterpreterCode& code, std::vector<std::pair<uint32_t, uint32_t>>* positions = nullptr);

  // The next translation looks for these places; null: for none.
  void look_for(FramePlaces* places) { places_ = places; }
  // Translates a function whose frame is described by `function`. The instructions are in `code()` until the next call.
  Result<void> translate(FuncCode& function);
  runtime::ExceptionTable take_exceptions() {
    exceptions_.index();
    return std::move(exceptions_);
  }
  std::span<const Word> code() const { return {code_.data(), code_.size()}; }

  // --- Sink
  void begin(Decoder& decoder);
  bool is_metered() const { return metered_; }
  bool has_handlers() const { return has_handlers_; }
  void charge(int32_t units, bool checks);
  void far_local(uint32_t i);
  // Inline, for callers that know `op` at compile time.
  [[gnu::always_inline]] void numeric(Op op) {
    const OpInfo& info = op_info(op);
    if (op == Op::i32_wrap_i64) return wrap(stack_.back());
    if (!kTakesPlaces[static_cast<size_t>(op)]) return in_slots(op);
    if (info.param_count == 1) return unary(op);
    if (info.param_count == 3) return ternary(op);
    switch (scalar(info.results[0])) {
      case Scalar::i32: return binary<Scalar::i32>(op);
      case Scalar::i64: return binary<Scalar::i64>(op);
      case Scalar::f32: return binary<Scalar::f32>(op);
      case Scalar::f64: return binary<Scalar::f64>(op);
      case Scalar::v128: return binary<Scalar::v128>(op);
    }
  }
  void constant(ValType type, uint64_t bits) { push_constant(scalar(type), bits); }
  void v128_const(const uint8_t* bytes);
  void simd_lane(Op op, uint8_t lane);
  void shuffle(const uint8_t* lanes);
  void load_lane(Op op, const MemArg& memarg, uint8_t lane);
  void store_lane(Op op, const MemArg& memarg, uint8_t lane);
  [[gnu::always_inline]] void load(Op op, const MemArg& memarg) {
    if (!guarded(memarg.memory)) return load_checked(op, memarg);
    const uint32_t offset = static_cast<uint32_t>(memarg.offset);
    switch (scalar(op_info(op).results[0])) {
      case Scalar::i32: return load<Scalar::i32>(op, offset);
      case Scalar::i64: return load<Scalar::i64>(op, offset);
      case Scalar::f32: return load<Scalar::f32>(op, offset);
      case Scalar::f64: return load<Scalar::f64>(op, offset);
      case Scalar::v128: return load<Scalar::v128>(op, offset);
    }
  }
  [[gnu::always_inline]] void store(Op op, const MemArg& memarg) {
    if (!guarded(memarg.memory)) return store_checked(op, memarg);
    store(op, static_cast<uint32_t>(memarg.offset));
  }
  [[gnu::always_inline]] void local_get(uint32_t i) {
    const Local local = locals_[i];
    const uint32_t index = static_cast<uint32_t>(stack_.size());
    push(Operand::Kind::local, local.type, local.slot, local.slot, std::exchange(newest_[local.slot], index));
  }
  void local_set(uint32_t i);
  void local_tee(uint32_t i);
  void global_get(uint32_t i);
  void global_set(uint32_t i);
  void drop(ValType) { pop(); }
  void select(ValType);
  void ref_null(ValType) { push_constant(Scalar::i64, 0); }
  void ref_is_null() { numeric(Op::i64_eqz); }
  void ref_func(FuncIdx f);
  void block(Control& c);
  void loop(Control& c);
  void if_(Control& c);
  void else_(Control& c, bool falls_through);
  void end(Control& c, bool falls_through);
  void br(uint32_t depth);
  void br_if(uint32_t depth);
  void br_table(std::span<const uint32_t> depths);
  void return_();
  void unreachable();
  void call(FuncIdx f);
  void call_indirect(TypeIdx type, TableIdx table);
  void call_ref(TypeIdx type);
  void return_call(FuncIdx f);
  void return_call_indirect(TypeIdx type, TableIdx table);
  void return_call_ref(TypeIdx type);
  void ref_as_non_null();
  void br_on_null(uint32_t depth);
  void br_on_non_null(uint32_t depth);
  void gc_op(Op op, uint32_t a, uint32_t b, uint32_t operands, ValType result);
  void ref_test(ValType target);
  void ref_cast(ValType target);
  void br_on_cast(uint32_t depth, ValType target, bool on_fail);
  void try_table(Control& c, std::span<const CatchClause> catches);
  void try_(Control& c);
  void catch_(Control& c, CatchKind kind, TagIdx tag, bool falls_through);
  void delegate(Control& c, uint32_t depth, bool falls_through);
  void rethrow(uint32_t depth);
  void throw_(TagIdx tag);
  void throw_ref();
  void memory_op(Op op, uint32_t a, uint32_t b);
  void table_op(Op op, uint32_t a, uint32_t b);
  void atomic(Op op, const MemArg& memarg);
  void atomic_fence();

 private:
  static constexpr uint32_t kNothing = ~0u;
  static constexpr uint16_t kNoSlot = 0xffff;
  // If an instruction has more operands than this, work for each single operand must be avoided, so that translation
  // stays linear.
  static constexpr uint32_t kMany = 16;

  struct Operand {
    enum class Kind : uint8_t { temp, local, constant, acc };
    Kind kind = Kind::temp;
    Scalar type = Scalar::i32;
    uint16_t home = 0;
    uint16_t slot = 0;  // where its value can be read in the frame: its home, or the slot of the local
    // Slot of the local that it was pushed as. Stays set after the operand has been moved home, until it is settled.
    uint16_t local = kNoSlot;
    uint64_t bits = 0;  // of a constant; for a vector, its index in vectors_
    // Of a local: the next lower operand that is the same local.
    uint32_t older() const { return static_cast<uint32_t>(bits); }
  };
  // An instruction with a single result: what is needed to change where the result goes.
  struct Producer {
    const ByResult* handlers = nullptr;
    uint32_t at = 0;
    Op op = Op::nop;
    uint16_t cached = kNoSlot;  // cached_ of its bank before it
    Scalar type = Scalar::i32;  // of the result
    bool is_numeric = true;  // it may become part of another instruction; if false, `op`, `a` and `b` are meaningless
    Place a = Place::slot, b = Place::slot;
  };
  // The operands of an instruction that becomes part of another one: `a` in a register or slot, `b` in 16 bits or x.
  struct Absorbed {
    Place a, b;
    uint16_t a_field;
    uint32_t b_field;
  };
  // The last instruction, if it is local += amount.
  struct Step {
    uint32_t at = kNothing;
    Op op = Op::nop;
    Place place = Place::slot;  // of the local
    uint16_t slot = 0;
    Place by = Place::imm;  // of the amount
    uint32_t amount = 0;
  };
  // The last instruction, if it loads an i32 from an address in a register or slot.
  struct Load {
    uint32_t at = kNothing;
    Op op = Op::nop;
    Place a = Place::slot;
    const ByResult* handlers = nullptr;
  };
  // The last instruction, if it copies a slot or a small constant to a slot.
  struct Copy {
    uint32_t at = kNothing;
    Copied kind = Copied::slot_32;
    uint16_t to = 0, from = 0;
  };
  // A place with its slot number or immediate.
  struct At {
    Place place;
    uint32_t field;
  };
  // The condition of a branch.
  struct Condition {
    bool compares = false;
    Op op = Op::nop;  // the comparison
    At a{}, b{};
    bool sense = true;  // the branch is taken when the comparison, or `a != 0`, has this value
  };
  struct Fixup {
    uint32_t next;
    uint32_t byte;  // offset of the 32-bit distance in the code; for a catch clause, its index in exceptions_.catches
    uint32_t from;  // the word from which the distance is counted, or kCatchFixup
  };
  static constexpr uint32_t kCatchFixup = ~0u;
  enum class Bank : uint8_t { integer, f32, f64, v128 };
  static constexpr uint32_t kBanks = 4;

  // Operands
  void push(Operand::Kind kind, Scalar type, uint16_t slot, uint16_t local, uint64_t bits) {
    const uint16_t home = next_home_;
    next_home_ = static_cast<uint16_t>(home + slots_of(type));
    stack_.append(Operand{kind, type, home, slot, local, bits});  // there is room: see `translate`
  }
  void push_again(const Operand& o) { push(o.kind, o.type, o.slot, kNoSlot, o.bits); }
  // The operand's value is in its home slot. Accumulators no longer mirror that slot.
  void push_temp(Scalar type) {
    wrote(next_home_);
    push(Operand::Kind::temp, type, next_home_, kNoSlot, 0);
  }
  void push_constant(Scalar type, uint64_t bits) { push(Operand::Kind::constant, type, next_home_, kNoSlot, bits); }
  void push_types(const validator::TypeList& types);
  MW_COLD void push_many(const validator::TypeList& types);
  // The operand may be read until the next one is pushed.
  [[gnu::always_inline]] const Operand& pop() {
    const Operand& operand = stack_.pop();
    next_home_ = operand.home;
    const uint32_t height = static_cast<uint32_t>(stack_.size());
    settled_ = std::min(settled_, height);
    if (operand.kind == Operand::Kind::acc) owners_[bank(operand.type)] = kNothing;
    if (operand.local != kNoSlot && newest_[operand.local] == height) newest_[operand.local] = operand.older();
    return operand;
  }
  void truncate(uint32_t height) {
    const uint32_t settled = std::max(height, settled_);
    if (stack_.size() > settled) {
      decoder_->meter().add(stack_.size() - settled);
      while (stack_.size() > settled) pop();
    }
    if (stack_.size() <= height) return;
    // Nothing else refers to settled operands, so they can be removed together.
    next_home_ = stack_[height].home;
    stack_.resize(height);
    settled_ = height;
  }
  At at(const Operand& operand) const {  // not for constants
    if (operand.kind == Operand::Kind::acc) return {Place::acc, 0};
    if (operand.slot == pinned_slot_) return {Place::pinned, operand.slot};
    return {cached_[bank(operand.type)] == operand.slot ? Place::acc : Place::slot, operand.slot};
  }
  [[gnu::always_inline]] At value(const Operand& operand) {  // moves a constant to its home first
    if (operand.kind == Operand::Kind::constant) [[unlikely]]
      emit_copy(operand, operand.home);
    return at(operand);
  }
  At right(const Operand& operand) const;  // the right operand of a binary: constants stay in the instruction
  void bring_home(Operand& operand) {      // makes it a temp: its value is in its home slot
    if (operand.kind != Operand::Kind::temp) send_home(operand);
  }
  void send_home(Operand& operand);
  void bring_home(uint32_t first, uint32_t last);
  // The first operand, starting at `first`, that may not be at home; all before it are.
  uint32_t at_home_from(uint32_t first) const { return first >= constants_end_ ? std::max(first, settled_) : first; }
  void settle();                      // before control flow: brings everything except constants home
  void settle_many(uint32_t count) {  // many operands may be asked repeatedly whether they are at home
    if (count > kMany) settle();
  }
  void free_accumulators();            // before a call
  uint16_t slot_of(Operand& operand);  // brings all except locals home; a pinned local is in its slot as well
  void keep_local(uint16_t slot);      // before the local is written: operands that refer to it get a copy
  static Op inverse(Op op);            // of an integer comparison; otherwise Op::invalid
  std::optional<Absorbed> absorb(const Producer& producer) const;
  std::optional<Absorbed> absorb_sum(const Operand& address, uint32_t offset);
  bool fold_sum(Op op, const Operand& left, const Operand& right);
  bool fuse(Op op, const Operand& left, const Operand& right);
  static void wrap(Operand& operand);
  void unary(Op op);
  // Instantiated by the type of the result.
  template <Scalar type>
  void binary(Op op);
  template <Scalar type>
  void load(Op op, uint32_t offset);
  void store(Op op, uint32_t offset);
  static Producer vector_result(Op op, Place a, Place b);
  void ternary(Op op);
  void in_slots(Op op);

  // Emission
  uint32_t here() const { return static_cast<uint32_t>(code_.size()); }
  [[gnu::always_inline]] uint32_t emit(Handler handler, Operands operands) {
    assert(handler != nullptr);
    const uint32_t at = here();
    if (positions_ != nullptr) [[unlikely]]
      note_position(at);
    code_.reserve(2);
    code_.append(to_word(handler));
    code_.append(std::bit_cast<Word>(operands));
    last_ = at;
    return at;
  }
  MW_COLD void note_position(uint32_t at);
  MW_COLD void note_place(bool at_loop);
  void emit_wide(Scalar type, uint64_t bits);  // appends a constant to an instruction
  void emit_special(Special s, Operands operands) { emit(special_handler(s), operands); }
  void emit_count(Special s);
  // The result becomes the top operand, in an accumulator. `made` need not have the fields that follow from that.
  [[gnu::always_inline]] void emit_result(const Producer& made, uint16_t a, uint32_t x, const Operand* wide = nullptr) {
    const uint32_t bank_index = bank(made.type);
    if (owners_[bank_index] != kNothing) send_home(stack_[owners_[bank_index]]);
    const uint16_t cached = std::exchange(cached_[bank_index], kNoSlot);
    const uint32_t at = emit((*made.handlers)[index_of(Place::acc)], {next_home_, a, x});
    if (wide != nullptr) emit_wide(wide->type, wide->bits);
    Producer& kept = producers_[bank_index];
    kept = made;
    kept.at = at;
    kept.cached = cached;
    owners_[bank_index] = static_cast<uint32_t>(stack_.size());
    push(Operand::Kind::acc, made.type, next_home_, kNoSlot, 0);
  }
  void emit_copy(const Operand& from, uint16_t slot);
  void emit_copy(Scalar type, At from, uint64_t bits, At to);
  bool join_copy(const Operand& from, uint16_t to);
  [[gnu::always_inline]] void redirect(const Producer& producer, Place d, uint16_t slot) {
    code_[producer.at] = to_word((*producer.handlers)[index_of(d)]);
    set_destination(code_[producer.at + 1], slot);
    wrote(slot);
    // An instruction that writes the pinned local leaves the accumulator unchanged.
    if (producer.type != Scalar::v128) cached_[bank(producer.type)] = d == Place::pinned ? producer.cached : slot;
  }
  // Whether the operand was made by the last instruction.
  bool can_redirect(const Operand& operand) const {
    return operand.kind == Operand::Kind::acc && producer(operand).at == last_;
  }
  const Producer& producer(const Operand& operand) const { return producers_[bank(operand.type)]; }
  // Whether there are handlers for these places.
  static bool is_possible(const ByResult& handlers) { return handlers[index_of(Place::acc)] != nullptr; }
  void rewind(const Producer& producer);  // removes the last instruction
  // Must be called where control flow meets: on another path, the accumulators hold other values.
  void forget_cached() {
    std::fill_n(cached_, kBanks, kNoSlot);
    step_.at = load_.at = kNothing;
  }
  // The slot has a new value, so no accumulator mirrors it any more.
  void wrote(uint16_t slot) {
    for (uint16_t& cached : cached_) cached = cached == slot ? kNoSlot : cached;
  }
  void take_back(uint32_t at);  // removes the last instruction; its effects on slots and accumulators stay recorded
  static void set_destination(Word& operands, uint16_t slot) {
    std::memcpy(reinterpret_cast<char*>(&operands) + offsetof(Operands, d), &slot, sizeof(slot));
  }
  void load_checked(Op op, MemArg memarg);  // by value: otherwise the walk keeps all MemArgs in memory
  void store_checked(Op op, MemArg memarg);
  void note_step(const Producer& sum, Place place, uint16_t slot);
  bool joins(const Step& step) const;
  void join(const Step& first);
  bool branch_on_step(const Condition& c, Op compare, uint32_t target);
  void write_local(uint16_t slot, const Operand& value);
  void end_try_table(const Control& c);
  uint32_t blocks_around() const { return decoder_->control_depth() - 1; }  // without the innermost block
  uint16_t take_arguments(const FuncType& type);
  void emit_call(Handler handler, Operands operands, Word word2);
  void push_call_results(const FuncType& type);
  void return_results_at(uint16_t slot, const FuncType& type);

  // Branches
  Condition take_condition();
  Condition find_condition();
  void pay();
  void branch_to(const Condition& condition, uint32_t depth);
  void branch_out(Control& c);
  void branch(const Condition& condition, bool sense, uint32_t& fixups, uint32_t target);
  bool branch_after_copy(const Condition& c, bool wanted, uint32_t target);
  bool branch_on_load(const Condition& c, bool wanted, uint32_t& fixups, uint32_t target);
  void bind(uint32_t& fixups);
  void add_fixup(uint32_t& chain, uint32_t byte, uint32_t from);
  void finish_tables();
  bool carries_in_place(const Control& c) const;
  // Moves the top `arity` operands to the slots where they are expected after a branch to the block, or after its end.
  static constexpr uint32_t kMostSingleMoves = 4;
  void move_top(uint32_t count, uint16_t slot);
  void carry(const Control& c, uint32_t arity);
  // The slot of the first value above a block.
  uint16_t home_of(const Control& c) const { return static_cast<uint16_t>(operand_base_ + c.label.base); }
  bool is_body(uint32_t depth) const { return depth + 1 == decoder_->control_depth(); }

  static constexpr uint32_t bank(Scalar type) {
    static_assert(Scalar::i32 == Scalar{0} && Scalar::i64 == Scalar{1});
    return static_cast<uint32_t>(type) - (type == Scalar::i32 ? 0 : 1);
  }
  bool guarded(uint32_t memory) const { return memory == 0 && guarded_; }
  CheckedForm checked_form(uint32_t memory) const { return {module_.memories[memory].type.is_64, clamps_}; }

  InterpreterCode& module_code_;
  const decoder::Module& module_;
  std::vector<std::pair<uint32_t, uint32_t>>* positions_;
  FramePlaces* places_ = nullptr;
  Decoder decoder_storage_;
  Decoder* decoder_ = nullptr;
  struct Local {
    uint16_t slot;
    Scalar type;
  };
  Buffer<Word> code_;
  Buffer<Operand> stack_;
  uint16_t next_home_ = 0;  // home slot of the next operand that is pushed
  Buffer<Fixup> fixups_;
  Buffer<Local> locals_;
  Buffer<uint32_t> tables_;  // the words where br_tables begin
  // By slot of a local: the topmost operand that was pushed as this local; the next lower one is Operand::older().
  // Together with settled_, this keeps translation linear, no matter how high the operand stack is.
  std::vector<uint32_t> newest_;
  // Number of operands from the bottom that are settled: at home or constants, and not of a local.
  uint32_t settled_ = 0;
  uint32_t constants_end_ = 0;  // no settled operand from here on is a constant
  runtime::ExceptionTable exceptions_;
  std::vector<std::array<uint64_t, 2>> vectors_;  // constants
  Producer producers_[kBanks];
  uint32_t owners_[kBanks] = {kNothing, kNothing, kNothing, kNothing};  // index of the operand in each accumulator
  // The slot whose value each accumulator also holds.
  uint16_t cached_[kBanks] = {kNoSlot, kNoSlot, kNoSlot, kNoSlot};
  Step step_;
  Load load_;
  Copy copy_;
  uint32_t last_ = kNothing;  // the last instruction, unless a branch can go to the position after it
  uint16_t operand_base_ = 0, link_ = 0, pinned_ = 0;
  uint32_t pinned_slot_ = kNothing;  // kNothing when no local is pinned
  bool guarded_ = false;             // whether memory 0 is guarded
  bool clamps_ = false;              // Config::speculation_guards
  bool counts_ = false;              // whether calls and loop iterations are counted (Tier::automatic)
  bool metered_ = false;             // Config::fuel
  bool has_handlers_ = false;        // FunctionFacts::has_try
  int32_t due_ = 0;                  // a charge that was not emitted yet: take_condition does that
  bool due_checks_ = false;
  uint32_t next_loop_ = 0;  // number of the next loop, in the order of their beginnings
  FuncIdx index_{};
};

}  // namespace mini_wasm::interp
