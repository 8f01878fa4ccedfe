// The class of the baseline compiler (compiler.h). Its members are defined in the other headers compiler_*.h.
#pragma once

#include <mini_wasm/result.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <span>
#include <utility>
#include <vector>

#include "core/buffer.h"
#include "jit/code_settings.h"
#include "jit/frame_map.h"
#include "jit/macro_assembler.h"
#include "jit/native_code.h"
#include "jit/pin_plan.h"
#include "jit/register_file.h"
#include "jit/runtime_calls.h"
#include "jit/value.h"
#include "runtime/call/execution.h"
#include "runtime/call/frame.h"
#include "runtime/compiled_module.h"
#include "runtime/gc/ops.h"
#include "runtime/memory/memory.h"
#include "validator/function_decoder.h"

namespace mini_wasm::jit {

template <class Masm>
class Compiler {
 public:
  using MasmLabel = typename Masm::Label;
  struct Label {
    MasmLabel link;           // where a branch to this label goes
    MasmLabel else_link;      // for `if`: where the second arm begins
    bool linked = false;      // whether `link` was made
    bool branched = false;    // whether a branch goes to it
    bool has_else = false;    // for `if`: whether else_link was not bound yet
    uint32_t height = 0;      // number of values below the block's parameters
    uint16_t base = 0;        // where those end, in slots from the first operand's slot
    uint32_t pins = 0;        // the PinSet (locals in registers) at the label
    uint32_t outer_pins = 0;  // the PinSet outside of the block
    uint32_t stub = ~0u;      // while br_table is compiled: index in its list of stubs
    // For try_table and try: offsets in machine code of the guarded part, and its clauses in exceptions_.catches.
    uint32_t try_begin = 0, try_end = ~0u, catches = 0, catch_count = 0;
    uint32_t try_offset = 0, try_end_offset = 0;  // the guarded part, as offsets in the module
  };
  static constexpr bool kBelieves = true;  // the walk does not check ("believes") the body: it was validated before
  using Decoder = validator::FunctionDecoder<Compiler>;
  using Control = typename Decoder::Control;

  Compiler(const runtime::CompiledModule& module, runtime::Bounds bounds, const CodeSettings& settings, Masm& masm);

  // Compiles a function into `masm`. Errors: limit; or invalid, if the function is not valid.
  Result<void> compile(FuncIdx index, NativeCode& code);
  // After `compile`: fills in the tables of `code` that need the offsets of labels (loop entries, exception handlers).
  void finish(NativeCode& code);

  // The next call of `compile` also completes those of the maps for which there is a place. Null: not.
  void look_for(FrameMaps* maps) { maps_ = maps; }

  // --- Sink (validator/sink.h)
  void begin(Decoder& decoder);
  bool is_metered() const { return metered_; }
  bool has_handlers() const { return facts_->has_try; }
  void charge(int32_t units, bool checks);
  void far_local(uint32_t i) { newest_[i] = kNothing; }
  void numeric(Op op);
  void constant(ValType type, uint64_t bits) { push_constant(scalar(type), bits); }
  void v128_const(const uint8_t* bytes);
  void simd_lane(Op op, uint8_t lane) { masm_.simd_lane(*this, op, lane); }
  void shuffle(const uint8_t* lanes) { masm_.shuffle(*this, lanes); }
  void load(Op op, const MemArg& memarg);
  void load_lane(Op op, const MemArg& memarg, uint8_t lane);
  void store_lane(Op op, const MemArg& memarg, uint8_t lane);
  void store(Op op, const MemArg& memarg);
  void local_get(uint32_t i);
  void local_set(uint32_t i);
  void local_tee(uint32_t i);
  void global_get(uint32_t i);
  void global_set(uint32_t i);
  void drop(ValType type);
  void select(ValType type);
  void ref_null(ValType) { push_constant(Scalar::i64, 0); }
  void ref_is_null();
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
  void unreachable() { masm_.trap(TrapCode::unreachable, site()); }
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
  void atomic_fence() { masm_.fence(); }

#ifndef NDEBUG
  // Asserts that every register that is in use belongs to exactly one value.
  void check() const;
#endif

  // --- For Masm's instruction selection (shapes.h)
  // Removes the newest value from the stack. If it has a register, that stays in use ("held") until `release`.
  Value pop();
  // Returns a register that contains the value; loads it if necessary. The register must not be written.
  Reg use(Value& value) {
    if (value.kind == Value::Kind::reg) return value.reg;
    if (value.kind == Value::Kind::local && pinned_[value.local()].valid()) return pinned_[value.local()];
    return load_to_use(value);
  }
  // The value in a form that the instruction `op` can read as its last operand.
  Operand operand(Op op, Value& value);
  // To be called once for each value that was popped, after the code that reads it was emitted.
  [[gnu::always_inline]] void release(const Value& value) {
    if (value.kind == Value::Kind::reg) regs_.release(value.reg);
    if (value.kind == Value::Kind::pending) release_pending();
  }
  // Returns a free register that is not in `avoid`, and holds it. Spills the deepest value of the stack if none is
  // free.
  Reg take(Scalar type, RegSet avoid = {});
  // Returns a register, not in `avoid`, that contains the value and may be written. It belongs to the value afterwards,
  // and is held.
  Reg own(Value& value, RegSet avoid = {});
  void release(Reg reg) { regs_.release(reg); }
  // Chooses the register for an instruction's result. In this order of preference: the register of the pinned local
  // that the next instruction writes the result to; the register of the operand `a`, if `a` is not used any more; a
  // free register. Releases `a`. Other operands must be released afterwards, not before.
  Reg target(Scalar type, const Value& a);
  Reg pinned_target(Scalar type);
  bool is_own(Scalar type, const Value& value) const;
  // Pushes a value that is in `reg`. The register belongs to the value afterwards.
  void push_reg(Scalar type, Reg reg);
  // Pushes a value that the next instruction reads as `operand`. If that has a register, it stays held until then.
  void push_pending(Scalar type, Operand operand);
  // The opcode that follows after `ahead` others, if all of them have one byte and no immediates
  // (FunctionDecoder::peek).
  Op peek(size_t ahead) const { return kOneByteOps[decoder_->peek(ahead)]; }
  // Makes a register free: moves the value that is in it to another register or to its home. Does nothing if the
  // register is held.
  void evict(Reg reg);
  // Evicts the value in a register, and holds the register.
  void hold(Reg reg) {
    evict(reg);
    regs_.take(reg, RegisterFile::kHeld);
    forget(reg);
  }
  // Must be called when a register gets another value: it is no copy of a local any more (copy_of).
  void forget(Reg reg) { known_.remove(reg); }
  bool is_held(Reg reg) const { return regs_.owner(reg) == RegisterFile::kHeld; }
  // The offset in the module of the instruction that is being compiled. Members of the Masm note it in sites.
  uint32_t site() const { return decoder_->op_offset(); }
  // Loads the index of a memory access into a register, unless it is a constant that becomes part of the address. Must
  // be called before the register of the result is chosen.
  void use_index(Value& index, uint32_t memory);
  // Emits the checks of an atomic access: of its alignment, and of its bounds if the memory has no guard pages. Returns
  // the address. The scratch register may be part of it.
  typename Masm::Address atomic_address(Value& index, const MemArg& memarg, uint32_t bytes);
  // Compiles an instruction as a call of its definition in core/ (semantic_call in runtime_calls.h).
  void slot_op(Op op, uint64_t x, uint64_t y);

 private:
  // compiler_values.h
  [[gnu::always_inline]] void push(Value::Kind kind, Scalar type, Reg reg = kNoReg, uint64_t bits = 0,
                                   bool is_local = false);
  void push_constant(Scalar type, uint64_t bits);
  void push_home(Scalar type);
  void truncate(uint32_t height);  // removes the values above `height`
  void push_types(const validator::TypeList& types);
  void push_many(const validator::TypeList& types);
  uint16_t next_home() const;  // the home of the value that will be pushed next
  // Spills the value with this index: stores it in its home.
  void bring_home(uint32_t index);
  // The same for the values in [begin, end).
  void bring_home(uint32_t begin, uint32_t end) {
    // Values that have settled are at home, except for constants. Behind the last constant there is nothing to do.
    const uint32_t first = begin >= constants_end_ ? std::max(begin, settled_) : begin;
    if (first < end) decoder_->meter().add(end - first);
    for (uint32_t i = first; i < end; ++i) bring_home(i);
    if (end >= constants_end_) constants_end_ = std::min(constants_end_, begin);
  }
  // Spills all values except constants ("they settle"). Those that have settled before take no time.
  void settle();
  // Before the homes of the topmost `count` values are used. With many of them, e.g. as arguments of call after call,
  // looking at each of them every time could take quadratic time; after `settle` they are not looked at again.
  void settle_many(uint32_t count) {
    if (count > kMany) settle();
  }
  void spill_registers();                      // spills all values that are in registers, or in the flags
  void spill(RegSet registers, uint32_t end);  // spills the values with an index below `end` that are in `registers`
  void keep_local(uint32_t i);
  void forget_alias(const Value& value);
  void load_value(const Value& value, Reg reg);
  Reg load_to_use(Value& value);
  Reg use_pending(Value& value);
  void release_pending();
  Reg register_of(const Value& value) const {  // the register that contains the value; kNoReg: none
    if (value.kind == Value::Kind::reg) return value.reg;
    if (value.kind != Value::Kind::local) return kNoReg;
    return pinned_[value.local()].valid() ? pinned_[value.local()] : copy_of(value.local());
  }
  // A temporary register that contains the same value as the slot of a local, because the value was loaded from there
  // or stored there. kNoReg: none. It saves loads of locals that are not pinned.
  Reg copy_of(uint32_t local) const {
    const Reg reg = copies_[local];
    return reg.valid() && known_.has(reg) && known_local_[reg.id] == local ? reg : kNoReg;
  }
  void note_copy(Reg reg, uint32_t local) {
    if (!regs_.is_temp(reg)) return;
    copies_[local] = reg;
    known_local_[reg.id] = local;
    known_.add(reg);
  }
  void forget_copy(uint32_t local) {
    if (const Reg reg = copy_of(local); reg.valid()) forget(reg);
  }
  // Binds a label. On the other ways that lead to it, registers need not contain copies of locals.
  void bind(MasmLabel label) {
    known_ = {};
    masm_.bind(label);
  }
  void write_local(uint32_t i, Value& value);
  // `local`: which one the value is going to be written to; kNothing: none.
  void materialize_compare(uint32_t local = kNothing);
  [[gnu::always_inline]] Scalar local_type(uint32_t i) const {
    const validator::Locals& locals = decoder_->locals();
    if (i < locals.ready()) [[likely]]
      return scalar(locals[i].type);
    return scalar(i < locals.size() ? locals.at(i).type : plan_->constants[i - locals.size()].type);
  }
  uint16_t local_slot(uint32_t i) const { return static_cast<uint16_t>(decoder_->locals().at(i).slot); }
  std::span<const uint32_t> pinned_between(uint32_t begin, uint32_t end);
  void check_stack();
  void load_arguments();
  void place_params();
  void clear_locals();
  bool is_written_first(uint32_t pinned) const;
  void clear_slots(uint32_t begin, uint32_t end);

  // compiler_pins.h
  const PinSet& pin_set(uint32_t pins) const;
  // Calls visit(local, register, whether the local's slot may have an old value) for each pinned local of the set.
  template <class Visit>
  void for_each_pin(const PinSet& set, Visit visit) const;
  Reg register_in(const PinSet& set, uint32_t local) const;
  void load_pin(uint32_t local, Reg reg);
  Reg pinned_constant(Scalar type, uint64_t bits) const;
  void set_pins(uint32_t pins);
  void move_pins(uint32_t from, uint32_t to);
  void leave_pins(uint32_t to, bool falls_through);
  void jump_if(const typename Masm::Test& test, bool sense, uint32_t depth);
  void detours();         // emits the code of all detours
  void loop_entrances();  // emits the code of all entrances

  // compiler_control.h
  // A condition for which no code was emitted yet.
  struct Condition {
    enum class Kind : uint8_t {
      nonzero,  // whether the i32 `a` is not zero
      compare,  // whether the comparison `op` of `a` and `b` holds
      cast      // whether the reference `a` is of the type `target`
    };
    Kind kind = Kind::nonzero;
    bool exact = false;    // cast: `target` is known to have no subtypes
    bool keeps = false;    // `a` is needed afterwards: it is also a value on the stack, or the caller releases it
    bool negated = false;  // the opposite
    Op op = Op::nop;
    Value a, b;
    runtime::gc::CastTarget target;
  };
  // Pops an i32 as a condition: the comparison that it comes from, or whether it is not zero.
  Condition take_condition();
  // Pushes the result of `compare_`, whose operands have been popped.
  void push_compare();
  // Emits the test of a condition and releases the operands. A jump that uses the result may come later, behind
  // instructions that keep the flags.
  typename Masm::Test emit_test(Condition& condition);
  void branch_to(Condition& condition, bool sense, uint32_t depth);
  void link(Label& label);  // makes label.link if it was not made yet
  void carry(const Control& c);
  // Whether the value that a branch to `c` takes along is in the result register; otherwise such values are in slots.
  static bool in_register(const Control& c) { return c.op != Op::loop && c.results.size() == 1; }
  static uint32_t slots_of_types(const validator::TypeList& types);
  void landing_pads();
  void guard(const Control& c, uint32_t catches, uint32_t catch_count,
             uint32_t outer = runtime::HandlerRange::kAnyDepth);
  void begin_guarded(Label& label);
  void end_guarded(Label& label);
  void note_throwing();
  void check_guards() const;
  uint32_t blocks_around() const { return decoder_->control_depth() - 1; }  // around the innermost block
  bool is_body(uint32_t depth) const { return depth + 1 == decoder_->control_depth(); }
  // The first slot of the values that a branch to `c` takes along.
  uint16_t home_of(const Control& c) const { return static_cast<uint16_t>(operand_base_ + c.label.base); }
  void move_to_slots(uint32_t first, uint32_t count, uint16_t slot);
  void epilogue();

  // compiler_calls.h
  uint16_t take_arguments(const FuncType& type);
  uint32_t end_of_registers(const FuncType& type);
  uint16_t pass_arguments(const FuncType& type, Reg callee);
  void before_call();
  void save_pins();
  void after_call(const FuncType& type);
  void reload_pins();
  void give_up_frame(uint16_t arguments, const FuncType& type);
  void load_callee(TypeIdx type, TableIdx table);
  template <class AddressType>
  void bulk_op(Op op, uint32_t a, uint32_t b, AddressType address);
  void runtime_call(RuntimeCall function, uint16_t operands, uint64_t x, uint64_t y,
                    const runtime::gc::TypeLayout* layout = nullptr);

  // compiler_frames.h
  void note_frame(bool at_loop);
  FrameMap::Place place_of_local(uint32_t local, bool at_loop) const;

  // compiler_gc.h
  const runtime::gc::TypeLayout& layout(uint32_t type) const;
  void gc_call_op(Op op, uint32_t a, uint32_t b, uint32_t operands, ValType result);
  void struct_new(const runtime::gc::TypeLayout& layout, uint32_t operands);
  bool fills_few() const;
  void charge_bytes(uint32_t bytes);
  bool charges_length() const;
  void array_new(const runtime::gc::TypeLayout& layout, bool filled);
  void array_new_fixed(const runtime::gc::TypeLayout& layout, uint32_t length);
  void store_new(runtime::gc::Storage storage, typename Masm::Address at);
  void struct_get(runtime::gc::FieldLayout field, bool sign, Scalar type);
  void struct_set(runtime::gc::FieldLayout field);
  void array_get(const runtime::gc::TypeLayout& layout, bool sign, Scalar type);
  void array_set(const runtime::gc::TypeLayout& layout);
  void array_len();
  void ref_i31();
  void i31_get(bool sign);
  typename Masm::Address element(Reg array, Operand index, const runtime::gc::TypeLayout& layout);
  Operand stored(Op store, Value& value);
  Operand index_operand(Value& index);
  void set_cast(Condition& condition, ValType type) const;

  // compiler_memory.h
  void memory_size(uint32_t memory);
  void table_get(uint32_t table);
  void table_set(uint32_t table);
  void table_size(uint32_t table);
  typename Masm::Address address(Value& index, const MemArg& memarg, uint32_t bytes);
  bool guarded(uint32_t memory) const { return guarded_[memory] != 0; }

  static constexpr uint32_t kNothing = ~0u;
  // For a function type with many parameters: the index behind the last parameter that is in a register.
  struct RegistersEnd {
    const FuncType* type = nullptr;  // in the type registry, where its address never changes
    uint32_t end = 0;
  };
  // An instruction with more operands than this avoids work for each operand, so that the time for a function stays
  // linear in its size.
  static constexpr uint32_t kMany = 16;

  const runtime::CompiledModule& compiled_;
  const decoder::Module& module_;
  Masm& masm_;
  Decoder decoder_storage_;
  Decoder* decoder_ = nullptr;
  std::vector<uint8_t> guarded_;  // by memory: whether its guard pages make checks unnecessary

  FrameMaps* maps_ = nullptr;  // see look_for

  // --- State of the function that is being compiled
  FuncIdx index_{};
  const FunctionFacts* facts_ = nullptr;
  const PinPlan nothing_pinned_;
  const PinPlan* plan_ = nullptr;  // which locals are in registers where
  uint16_t link_ = 0;              // the first link slot
  uint16_t operand_base_ = 0;      // the slot of the first operand
  uint32_t frame_slots_ = 0;       // size of the frame
  // By local: its register, now. Constants that are pinned have numbers above those of the locals. kNoReg for all that
  // are not in pinned_locals_, also between two functions, so that a new function need not clear the table.
  std::vector<Reg> pinned_;
  std::vector<uint32_t> pinned_locals_;         // the locals and constants that are in registers now
  std::vector<uint32_t> pins_in_order_;         // the result of pinned_between
  std::array<RegistersEnd, 64> registers_end_;  // a hash table; a new entry replaces the old one
  std::vector<uint32_t> newest_;  // by local: index of the newest value of kind `local` for it; see Value::older
  std::vector<Reg> copies_;       // by local: see copy_of
  std::array<uint32_t, Reg::kCount> known_local_;  // by register: the local that it contains a copy of,
  RegSet known_;                                   // for registers in this set
  struct AcrossCalls {
    uint32_t local;
    bool dirty;
  };
  std::vector<AcrossCalls> across_calls_;  // pinned locals whose registers are destroyed by calls
  struct PinnedConstant {
    Scalar type;
    uint64_t bits;
    Reg reg;
  };
  std::vector<PinnedConstant> pinned_constants_;
  uint32_t pins_ = 0;       // the current PinSet (index in PinPlan::sets)
  uint32_t next_loop_ = 0;  // number of loops that have begun
  Buffer<Value> stack_;
  // Values with an index below settled_ have settled: they are constants or at home, and not in the list of a local.
  uint32_t settled_ = 0;
  uint32_t constants_end_ = 0;  // no constant among them has this index or a higher one
  // A detour: code on the edge between two blocks that moves locals between registers and slots (edge resolution).
  struct Detour {
    MasmLabel entry, target;
    uint32_t from, to;  // PinSets
  };
  std::vector<Detour> detours_;
  // Where a frame that the interpreter has begun can enter a loop (Tier::automatic).
  struct LoopEntrance {
    MasmLabel entry, loop;
    uint32_t index, pins;
  };
  std::vector<LoopEntrance> loop_entrances_;
  const bool enters_loops_;  // whether loops get such entrances
  const bool metered_;       // CodeSettings::fuel
  const RegSet fuel_;        // the register that contains the fuel, if there is one
  const RegSet temps_;       // the registers that values may use where no local is pinned to them
  RegisterFile regs_;
  bool out_of_registers_ = false;  // an instruction needed more registers than there are: the code must not be used
  RegSet saved_;                   // the registers whose values for the caller are in the link slots
  Condition compare_;              // the condition of a value of kind `compare`
  Operand pending_;                // the operand of a value of kind `pending`,
  uint32_t pending_site_ = 0;      // and the offset in the module of the instruction that made it
  runtime::ExceptionTable exceptions_;
  // A landing pad: code where an exception handler is entered. The runtime has put the exception's arguments (and the
  // exnref) in slots; the pad moves them to where the label `to` expects its values, and jumps there.
  struct LandingPad {
    MasmLabel entry, to;
    uint16_t slot = 0, slots = 0;  // where the runtime puts them, and how many slots they take
    // in_place: a legacy catch clause, whose code begins at `entry`, so nothing is moved. in_register: `to` expects a
    // single value of type `type` in the result register. to_body: `to` is the end of the function, where the results
    // belong in the slots from 0 on.
    bool in_place = false, in_register = false, to_body = false;
    Scalar type = Scalar::i32;
  };
  std::vector<LandingPad> pads_;  // one for each element of exceptions_.catches
#ifndef NDEBUG
  // For check_guards: the part of the module that each handler guards, and the instructions that may throw.
  struct Offsets {
    uint32_t begin, end;
  };
  struct Throwing {
    uint32_t native, offset;
  };
  std::vector<Offsets> guarded_offsets_;
  std::vector<Throwing> throwing_;
#endif
};

}  // namespace mini_wasm::jit
