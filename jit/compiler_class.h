// The class of the baseline compiler (compiler.h), without its members.
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
#include "jit/native_code.h"
#include "jit/pin_plan.h"
#include "jit/register_file.h"
#include "jit/runtime_calls.h"
#include "jit/value.h"
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
    MasmLabel link;         // where a branch to it goes
    MasmLabel else_link;    // of an if: its second arm
    bool linked = false;    // `link` has been made
    bool branched = false;  // something branches to it
    bool has_else = false;
    uint32_t height = 0;      // operands below it,
    uint16_t base = 0;        // and the slot where they end
    uint32_t pins = 0;        // which locals are in registers there,
    uint32_t outer_pins = 0;  // and around it
    uint32_t stub = ~0u;      // within br_table: its index in the list of stubs
    // Of a try_table or try: where it begins, where the part that is guarded ends, and its clauses.
    uint32_t try_begin = 0, try_end = ~0u, catches = 0, catch_count = 0;
    uint32_t try_offset = 0, try_end_offset = 0;  // the same in the module
  };
  static constexpr bool kBelieves = true;  // bodies have been validated
  using Decoder = validator::FunctionDecoder<Compiler>;
  using Control = typename Decoder::Control;

  Compiler(const runtime::CompiledModule& module, runtime::Bounds bounds, const CodeSettings& settings, Masm& masm);

  // Compiles a function into `masm` and fills in the tables of `code`, which `finish` makes final.
  Result<void> compile(FuncIdx index, NativeCode& code);
  // Catch targets, once the labels' offsets are known.
  void finish(NativeCode& code);

  // --- Sink
  void begin(Decoder& decoder);
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
  // Asserts that every register belongs to exactly one value, and none to nobody.
  void check() const;
#endif

  // --- For Masm's instruction selection (shapes.h)
  // Takes the newest value off the stack; its register, if it has one, is held until `release`.
  Value pop();
  Reg use(Value& value) {  // in a register, not to be written
    if (value.kind == Value::Kind::reg) return value.reg;
    if (value.kind == Value::Kind::local && pinned_[value.local()].valid()) return pinned_[value.local()];
    return load_to_use(value);
  }
  // Wherever the instruction `op` can read it as its last operand.
  Operand operand(Op op, Value& value);
  void release(const Value& value) {
    if (value.kind == Value::Kind::reg) regs_.release(value.reg);
    if (value.kind == Value::Kind::pending) release_pending();
  }
  Reg take(Scalar type, RegSet avoid = {});  // a free register, held
  // A register with the value that may be written, none of `avoid`. It is the value's from now on, and held.
  Reg own(Value& value, RegSet avoid = {});
  void release(Reg reg) { regs_.release(reg); }
  // Where the result of an instruction should go: the local that it is about to be written to, `a`'s register when that
  // dies here, or a free one. `a` is released, other operands must be released after this.
  Reg target(Scalar type, const Value& a);
  void push_reg(Scalar type, Reg reg);
  // A value that the next instruction takes as this operand, of which the register is held.
  void push_pending(Scalar type, Operand operand);
  // The opcodes that follow, as far as they are of one byte and without immediates (FunctionDecoder::peek).
  Op peek(size_t ahead) const { return kOneByteOps[decoder_->peek(ahead)]; }
  // Makes a given register free, but for what holds it as an operand.
  void evict(Reg reg);
  // The same, and holds it.
  void hold(Reg reg) {
    evict(reg);
    regs_.take(reg, RegisterFile::kHeld);
    forget(reg);
  }
  // The register, an operand's, is about to get another value.
  void forget(Reg reg) { known_.remove(reg); }
  bool is_held(Reg reg) const { return regs_.owner(reg) == RegisterFile::kHeld; }
  // Notes where the instruction's code will end: trap stubs, calls and accesses to memory name it.
  uint32_t site() const { return decoder_->op_offset(); }
  // An index into a memory is to be in a register, unless it is part of the address.
  void use_index(Value& index, uint32_t memory);
  // Checks that the access is aligned, and whether it is inside where that needs a check. The scratch register may be
  // part of the address.
  typename Masm::Address atomic_address(Value& index, const MemArg& memarg, uint32_t bytes);
  // Everything the instruction needs at home, then a call of its semantic function (runtime_calls.h).
  void slot_op(Op op, uint64_t x, uint64_t y);

 private:
  // compiler_values.h
  [[gnu::always_inline]] void push(Value::Kind kind, Scalar type, Reg reg = kNoReg, uint64_t bits = 0,
                                   bool is_local = false);
  void push_constant(Scalar type, uint64_t bits);
  void push_home(Scalar type);
  void truncate(uint32_t height);
  void push_types(const validator::TypeList& types);
  void push_many(const validator::TypeList& types);
  uint16_t next_home() const;
  void bring_home(uint32_t index);
  void bring_home(uint32_t begin, uint32_t end) {
    // From the last constant on, what has settled is at home.
    const uint32_t first = begin >= constants_end_ ? std::max(begin, settled_) : begin;
    if (first < end) decoder_->meter().add(end - first);
    for (uint32_t i = first; i < end; ++i) bring_home(i);
    if (end >= constants_end_) constants_end_ = std::min(constants_end_, begin);
  }
  void settle();
  void settle_many(uint32_t count) {  // so many values are going to be asked whether they are at home, maybe often
    if (count > kMany) settle();
  }
  void spill_registers();                      // all values out of registers that do not survive calls
  void spill(RegSet registers, uint32_t end);  // values that are in them, of those below `end`
  void keep_local(uint32_t i);
  void forget_alias(const Value& value);
  void load_value(const Value& value, Reg reg);
  Reg load_to_use(Value& value);
  Reg use_pending(Value& value);
  void release_pending();
  Reg register_of(const Value& value) const {  // kNoReg: it is in none
    if (value.kind == Value::Kind::reg) return value.reg;
    if (value.kind != Value::Kind::local) return kNoReg;
    return pinned_[value.local()].valid() ? pinned_[value.local()] : copy_of(value.local());
  }
  // A temporary that holds what is in the slot of a local, too: because it was loaded from there or stored.
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
  // Code comes here from elsewhere.
  void bind(MasmLabel label) {
    known_ = {};
    masm_.bind(label);
  }
  Reg pinned(uint32_t local) const { return pinned_[local]; }
  void write_local(uint32_t i, Value& value);
  void materialize_compare();
  Scalar local_type(uint32_t i) const {
    const validator::Locals& locals = decoder_->locals();
    if (i < locals.ready()) [[likely]]
      return scalar(locals[i].type);
    return scalar(i < locals.size() ? locals.at(i).type : plan_->constants[i - locals.size()].type);
  }
  uint16_t local_slot(uint32_t i) const { return static_cast<uint16_t>(decoder_->locals().at(i).slot); }
  std::span<const uint32_t> pinned_between(uint32_t begin, uint32_t end);
  void load_arguments();
  void place_params();
  void clear_locals();
  void clear_slots(uint32_t begin, uint32_t end);

  // compiler_pins.h
  const PinSet& pin_set(uint32_t pins) const;
  // visit(local, register, whether its slot may be stale)
  template <class Visit>
  void for_each_pin(const PinSet& set, Visit visit) const;
  Reg register_in(const PinSet& set, uint32_t local) const;
  void load_pin(uint32_t local, Reg reg);
  Reg pinned_constant(Scalar type, uint64_t bits) const;
  void set_pins(uint32_t pins);
  void move_pins(uint32_t from, uint32_t to);
  void leave_pins(uint32_t to, bool falls_through);
  void jump_if(const typename Masm::Test& test, bool sense, uint32_t depth);
  void detours();
  void loop_entrances();

  // compiler_control.h
  struct Condition {
    // Whether a is not zero; whether the comparison `op` of a and b holds; whether a is of the type `target`.
    enum class Kind : uint8_t { nonzero, compare, cast };
    Kind kind = Kind::nonzero;
    bool exact = false;  // cast: there are no subtypes
    bool keeps = false;  // a stays what it is: the value on the stack that it is a copy of, or held
    bool negated = false;
    Op op = Op::nop;
    Value a, b;
    runtime::gc::CastTarget target;
  };
  Condition take_condition();
  // A value that is what `compare_` will give; its operands have been popped.
  void push_compare();
  // Emits the test; operands are released. The jump itself may follow instructions that leave flags alone.
  typename Masm::Test emit_test(Condition& condition);
  void branch_to(Condition& condition, bool sense, uint32_t depth);
  void link(Label& label);
  void carry(const Control& c);
  // Whether what a branch to it carries is in the result register rather than in slots.
  static bool in_register(const Control& c) { return c.op != Op::loop && c.results.size() == 1; }
  static uint32_t slots_of_types(const validator::TypeList& types);
  void landing_pads();
  void guard(const Control& c, uint32_t catches, uint32_t catch_count,
             uint32_t outer = runtime::HandlerRange::kAnyDepth);
  void begin_guarded(Label& label);
  void end_guarded(Label& label);
  void note_throwing();
  void check_guards() const;
  uint32_t blocks_around() const { return decoder_->control_depth() - 1; }  // the innermost one
  bool is_body(uint32_t depth) const { return depth + 1 == decoder_->control_depth(); }
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

  // compiler_gc.h
  const runtime::gc::TypeLayout& layout(uint32_t type) const;
  void gc_call_op(Op op, uint32_t a, uint32_t b, uint32_t operands, ValType result);
  void struct_new(const runtime::gc::TypeLayout& layout, uint32_t operands);
  bool fills_few() const;
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
  // Of a type with many parameters: behind the last one that has a register.
  struct RegistersEnd {
    const FuncType* type = nullptr;  // of the registry, which moves none
    uint32_t end = 0;
  };
  static constexpr uint32_t kMany = 16;  // operands of an instruction: beyond this, no work for each that can be saved

  const runtime::CompiledModule& compiled_;
  const decoder::Module& module_;
  Masm& masm_;
  Decoder decoder_storage_;
  Decoder* decoder_ = nullptr;
  std::vector<uint8_t> guarded_;  // by memory: whether accesses need no check

  // Of the function
  FuncIdx index_{};
  const FunctionFacts* facts_ = nullptr;  // of that function
  const PinPlan* plan_ = nullptr;         // made for it
  uint16_t link_ = 0;                     // first link slot
  uint16_t operand_base_ = 0;             // slot of the first operand
  uint32_t frame_slots_ = 0;
  std::vector<Reg> pinned_;              // by local; kNoReg but for those in pinned_locals_, from function to function
  std::vector<uint32_t> pinned_locals_;  // and constants
  std::vector<uint32_t> pins_in_order_;  // see pinned_between
  std::array<RegistersEnd, 64> registers_end_;
  std::vector<uint32_t> newest_;  // by local: the newest value that is the same
  std::vector<Reg> copies_;       // by local: see copy_of
  std::array<uint32_t, Reg::kCount> known_local_;
  RegSet known_;  // registers of which known_local_ is right
  struct AcrossCalls {
    uint32_t local;
    bool dirty;
  };
  std::vector<AcrossCalls> across_calls_;  // pinned locals whose registers calls destroy
  struct PinnedConstant {
    Scalar type;
    uint64_t bits;
    Reg reg;
  };
  std::vector<PinnedConstant> pinned_constants_;
  uint32_t pins_ = 0;  // the PinSet that holds here
  uint32_t next_loop_ = 0;
  Buffer<Value> stack_;
  uint32_t settled_ = 0;        // values below are constants or at home, and no local's
  uint32_t constants_end_ = 0;  // behind the last constant among them, or further up
  struct Detour {
    MasmLabel entry, target;
    uint32_t from, to;  // pins
  };
  std::vector<Detour> detours_;
  // Ways in for Tier::automatic.
  struct LoopEntrance {
    MasmLabel entry, loop;
    uint32_t index, pins;
  };
  std::vector<LoopEntrance> loop_entrances_;
  const bool enters_loops_;
  const RegSet temps_;  // what values may take where no locals are pinned
  RegisterFile regs_;
  bool out_of_registers_ = false;
  RegSet saved_;       // registers of the caller's that stand in the link slots
  Condition compare_;  // operands of a value of kind `compare`
  Operand pending_;    // what a value of kind `pending` is
  uint32_t pending_site_ = 0;
  runtime::ExceptionTable exceptions_;
  // Where a handler is entered: what it was given goes from its slots to where the label wants it.
  struct LandingPad {
    MasmLabel entry, to;
    uint16_t slot = 0, slots = 0;
    bool in_place = false, in_register = false, to_body = false;
    Scalar type = Scalar::i32;
  };
  std::vector<LandingPad> pads_;  // one for each of exceptions_.catches
#ifndef NDEBUG
  // For check_guards: of each handler, what it guards in the module; and the instructions that may throw.
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
