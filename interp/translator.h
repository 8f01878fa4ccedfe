// Translates a validated function body into the interpreter's code in one pass (a Sink of validator::FunctionDecoder).
//
// WebAssembly's operand stack exists at translation time only. Each operand is one of
//
//   constant   nothing emitted yet
//   local      the value of a local, read where it is used
//   acc        in the accumulator of its type, put there by an instruction that can still be told to write elsewhere
//   temp       in its home slot, which follows from its height
//
// What was last computed into a slot is still in the accumulator: locals and temps are read from there where they can.
//
// so local.get and const cost nothing, local.set changes where the instruction before it writes, and an operand that
// has to make room in the accumulator is redirected to its home without a move. Where control flow meets, everything
// is at home: labels agree by construction.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/function_facts.h"
#include "core/immediates.h"
#include "interp/code.h"
#include "interp/handlers.h"
#include "interp/interpreter_code.h"
#include "validator/function_decoder.h"

namespace mini_wasm::interp {

class Translator {
 public:
  struct Label {
    static constexpr uint32_t kNone = ~0u;
    uint32_t target = kNone;       // word of its code, once known
    uint32_t stub = kNone;         // within br_table: its index in the list of stubs
    uint32_t fixups = kNone;       // branches that wait for it: chain in fixups_
    uint32_t else_fixups = kNone;  // of an if: the branch to its second arm; of the body: catch clauses that leave it
    uint32_t height = 0;           // operands below it,
    uint16_t base = 0;             // and their slots
    // Of a try_table or try: where it begins; its clauses in exceptions_.catches; of a try: where its first clause
    // begins.
    uint32_t try_begin = 0, catches = 0, catch_count = 0, try_end = kNone;
  };
  using Decoder = validator::FunctionDecoder<Translator>;
  using Control = Decoder::Control;

  // `positions`, when given, receives (word, byte offset) of each instruction.
  explicit Translator(InterpreterCode& code, std::vector<std::pair<uint32_t, uint32_t>>* positions = nullptr);

  // Fills in `code.words` and `code.size`.
  Result<void> translate(FuncCode& code);

  // --- Sink
  void begin(Decoder& decoder);
  void numeric(Op op);
  void constant(ValType type, uint64_t bits);
  void v128_const(const uint8_t* bytes);
  void simd_lane(Op op, uint8_t lane);
  void shuffle(const uint8_t* lanes);
  void load_lane(Op op, const MemArg& memarg, uint8_t lane);
  void store_lane(Op op, const MemArg& memarg, uint8_t lane);
  void load(Op op, const MemArg& memarg);
  void store(Op op, const MemArg& memarg);
  void local_get(uint32_t i);
  void local_set(uint32_t i);
  void local_tee(uint32_t i);
  void global_get(uint32_t i);
  void global_set(uint32_t i);
  void drop(ValType) { pop(); }
  void select(ValType type);
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
  struct Operand {
    enum class Kind : uint8_t { temp, local, constant, acc };
    Kind kind = Kind::temp;
    Scalar type = Scalar::i32;
    uint16_t home = 0;
    uint16_t local = 0;         // its slot
    uint64_t bits = 0;          // of a constant; for a vector the index in vectors_
    uint32_t older = kNothing;  // of a local: the operand below that is the same local
  };
  // An instruction whose result is a single value: enough to change where it goes.
  struct Producer {
    enum class Form : uint8_t { numeric, fused, fused_reversed, load, load_sum, load_lane, select, global_get };
    Form form = Form::numeric;
    Op op = Op::nop;
    Scalar type = Scalar::i32;  // of the result
    Place a = Place::slot, b = Place::slot, c = Place::slot;
    Op first = Op::nop;         // of a fused pair, whose second is `op`
    uint16_t cached = kNoSlot;  // cached_ of its bank before it
    uint32_t at = 0;
  };
  static_assert(sizeof(Producer) == 16, "travels in two registers");
  // Operands of an instruction that becomes part of another: `a` in any register or slot, `b` in 16 bits or x.
  struct Absorbed {
    Place a, b;
    uint16_t a_field;
    uint32_t b_field;
  };
  // The last instruction, when it is local += amount.
  struct Step {
    uint32_t at = kNothing;
    Op op = Op::nop;
    Place place = Place::slot;  // of the local
    uint16_t slot = 0;
    Place by = Place::imm;  // of the amount
    uint32_t amount = 0;
  };
  // A place with its slot or immediate.
  struct At {
    Place place;
    uint32_t field;
  };
  // What a branch depends on.
  struct Condition {
    bool compares = false;
    Op op = Op::nop;  // compares
    At a{}, b{};
    bool sense = true;  // taken when the comparison, or `a != 0`, is this
  };
  struct Fixup {
    uint32_t next;
    uint32_t byte;  // of the 32-bit distance in the code; for a catch clause its index in exceptions_.catches
    uint32_t from;  // word that the distance counts from, or kCatchFixup
  };
  static constexpr uint32_t kCatchFixup = ~0u;
  enum class Bank : uint8_t { integer, f32, f64, v128 };
  static constexpr uint32_t kBanks = 4;
  static constexpr uint32_t kNothing = ~0u;
  static constexpr uint16_t kNoSlot = 0xffff;

  // Operands
  uint16_t next_home() const {
    return stack_.empty() ? operand_base_ : static_cast<uint16_t>(stack_.back().home + slots_of(stack_.back().type));
  }
  static uint16_t slots_of(Scalar type) { return type == Scalar::v128 ? 2 : 1; }
  // Fields one by one: nothing is copied that was only just put together.
  void push(Operand::Kind kind, Scalar type, uint64_t bits = 0, uint16_t local = 0, uint32_t older = kNothing) {
    const uint16_t home = next_home();
    // Whoever writes there from now on need not say so.
    wrote(home);
    stack_.push_back(Operand{kind, type, home, local, bits, older});
  }
  void push_again(const Operand& o) { push(o.kind, o.type, o.bits, o.local, o.older); }
  void push_temp(Scalar type) { push(Operand::Kind::temp, type); }
  void push_constant(Scalar type, uint64_t bits) { push(Operand::Kind::constant, type, bits); }
  void push_types(const validator::TypeList& types);
  Operand pop();
  void truncate(uint32_t height);
  At at(const Operand& operand) const;                    // not for constants
  static uint16_t slot_in_frame(const Operand& operand);  // of a local or temp
  At value(const Operand& operand);                       // brings a constant to its home first
  At right(const Operand& operand) const;                 // of a binary: constants stay in the instruction
  void bring_home(Operand& operand);                      // temp afterwards
  void bring_home(uint32_t first, uint32_t last);
  void settle();                       // before control flow: all but constants at home
  void free_accumulators();            // before a call
  uint16_t slot_of(Operand& operand);  // brings all but locals home: even a pinned one is in its slot as well
  void keep_local(uint16_t slot);      // before it is written: who still refers to it gets a copy
  bool pins(uint16_t slot, Scalar type) const;
  std::optional<Absorbed> absorb(const Producer& producer) const;
  bool fold_sum(Op op, const Operand& left, const Operand& right);
  bool fuse(Op op, const Operand& left, const Operand& right);
  static void wrap(Operand& operand);
  void binary(Op op, Operand left, Operand right);
  void ternary(Op op);
  void wide(Op op);

  // Emission
  uint32_t here() const { return static_cast<uint32_t>(code_.size()); }
  uint32_t emit(Handler handler, Operands operands);
  void emit_wide(Scalar type, uint64_t bits);  // a constant behind an instruction
  void emit_special(Special s, Operands operands) { emit(special_handler(s), operands); }
  void emit_count(Special s);
  void emit_result(Producer producer, Operands operands, const Operand* wide = nullptr);
  void emit_copy(const Operand& from, uint16_t slot);
  void emit_copy(Scalar type, At from, uint64_t bits, At to);
  Handler handler_of(const Producer& producer, Place d) const;
  void redirect(const Producer& producer, Place d, uint16_t slot);
  bool can_redirect(const Operand& operand) const;  // its producer is the last instruction
  const Producer& producer(const Operand& operand) const { return producers_[bank(operand.type)]; }
  void rewind(const Producer& producer);  // takes the last instruction back
  // Where ways meet: what was before may not have been.
  void forget_cached() {
    std::fill_n(cached_, kBanks, kNoSlot);
    step_ = {};
  }
  // No accumulator holds what is there now.
  void wrote(uint16_t slot) {
    for (uint16_t& cached : cached_) cached = cached == slot ? kNoSlot : cached;
  }
  void take_back(uint32_t at);  // the last instruction, whose effects on slots and accumulators remain
  void note_step(const Producer& sum, Place place, uint16_t slot);
  bool joins(const Step& step) const;
  void join(const Step& first);
  bool branch_on_step(const Condition& c, Op compare, uint32_t target);
  void write_local(uint16_t slot, const Operand& value);
  void end_try_table(const Control& c);
  uint32_t blocks_around() const { return decoder_->control_depth() - 1; }  // the innermost one
  uint16_t take_arguments(const FuncType& type);
  void emit_call(Handler handler, Operands operands, Word word2);
  void push_call_results(const FuncType& type);
  void return_results_at(uint16_t slot, const FuncType& type);

  // Branches
  Condition take_condition();
  void branch_to(const Condition& condition, uint32_t depth);
  void branch_out(Control& c);
  void branch(const Condition& condition, bool sense, uint32_t& fixups, uint32_t target);
  void bind(uint32_t& fixups);
  void add_fixup(uint32_t& chain, uint32_t byte, uint32_t from);
  bool carries_in_place(const Control& c) const;
  // Moves the top `arity` operands to where they are found after a branch to the block, or after its end.
  static constexpr uint32_t kMostSingleMoves = 4;
  void move_top(uint32_t count, uint16_t slot);
  void carry(const Control& c, uint32_t arity);
  // The slot of the first value that stands on the stack behind a block.
  uint16_t home_of(const Control& c) const { return static_cast<uint16_t>(operand_base_ + c.label.base); }
  bool is_body(uint32_t depth) const { return depth + 1 == decoder_->control_depth(); }

  static uint32_t bank(Scalar type) {
    switch (type) {
      case Scalar::f32: return static_cast<uint32_t>(Bank::f32);
      case Scalar::f64: return static_cast<uint32_t>(Bank::f64);
      case Scalar::v128: return static_cast<uint32_t>(Bank::v128);
      default: return static_cast<uint32_t>(Bank::integer);
    }
  }
  static Scalar scalar(ValType type);
  static Scalar scalar_of(SigType type);
  bool guarded(uint32_t memory) const;

  InterpreterCode& module_code_;
  const decoder::Module& module_;
  std::vector<std::pair<uint32_t, uint32_t>>* positions_;
  Decoder decoder_storage_;
  Decoder* decoder_ = nullptr;
  std::vector<Word> code_;
  std::vector<Operand> stack_;
  std::vector<Fixup> fixups_;
  std::vector<uint16_t> local_slots_;
  // By slot of a local: the uppermost operand that was pushed as this local, the next one in Operand::older. Together
  // with settled_ it keeps translation linear, however high the operand stack.
  std::vector<uint32_t> newest_;
  uint32_t settled_ = 0;  // operands from the bottom that are at home or constants
  runtime::ExceptionTable exceptions_;
  std::vector<std::array<uint64_t, 2>> vectors_;  // constants
  Producer producers_[kBanks];
  uint32_t owners_[kBanks] = {kNothing, kNothing, kNothing, kNothing};  // operand in each accumulator
  // The slot whose value is in each accumulator as well.
  uint16_t cached_[kBanks] = {kNoSlot, kNoSlot, kNoSlot, kNoSlot};
  Step step_;
  uint32_t last_ = kNothing;  // the last instruction, when nothing can jump behind it
  uint16_t operand_base_ = 0, link_ = 0, pinned_ = 0;
  bool has_pinned_ = false;
  bool guard_pages_ = true;
  bool counts_ = false;     // calls and rounds of loops, for Tier::automatic
  uint32_t next_loop_ = 0;  // in the order of their beginnings
  FuncIdx index_{};
};

}  // namespace mini_wasm::interp
