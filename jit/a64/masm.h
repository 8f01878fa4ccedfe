// Masm: the macro assembler for AArch64, which fulfils the concept MacroAssembler (jit/macro_assembler.h says what the
// members do). regs.h says what the registers are for.
//
// Operands are registers and immediates. An instruction that shifts an operand of the next one becomes a part of that
// (numeric.cc). Memory is only read by loads. An access to memory 0 with guard pages is one instruction,
// [x27, wN, uxtw], if the static offset is 0; otherwise the address is made with one more. Such a load may fault;
// host_linux.cc makes the fault a trap.
//
// Tests of whether a register is 0 emit nothing until they are used, because a branch can test the register itself
// (cbz). If the register is written before that, the comparison is emitted first (Masm::keep_test).
#pragma once

#include <cassert>
#include <vector>

#include "core/immediates.h"
#include "jit/a64/assembler.h"
#include "jit/a64/regs.h"
#include "jit/masm_base.h"

namespace mini_wasm::jit::a64 {

inline bool is_wide(Scalar type) { return type != Scalar::i32 && type != Scalar::f32; }

// Extensions of AArch64 that the compiler uses if the CPU has them.
struct CpuFeatures {
  bool lse = false;  // atomic instructions
  // Those of the host; none if the host is another CPU.
  static CpuFeatures host();
};

class Masm : public MasmBase<Masm, Assembler> {
 public:
  // --- Registers
  static constexpr RegSet kTemps = (RegSet(a64::kPins) | RegSet(a64::kFloatPins) | RegSet(a64::kIntArguments) |
                                    RegSet(a64::kFloatArguments) | RegSet(x(8), v(28), v(29))) -
                                   a64::kSurvivesCalls;
  // For tests (CodeSettings::few_registers): additions of 128 bits and compare-and-exchange need as many.
  static constexpr RegSet kFewTemps{x(0), x(1), x(2), x(3), v(0), v(1), v(2), v(3)};
  static constexpr auto kPins = a64::kPins;
  static constexpr auto kFloatPins = a64::kFloatPins;
  static constexpr auto kIntArguments = a64::kIntArguments;
  static constexpr auto kFloatArguments = a64::kFloatArguments;
  static constexpr auto kRuntimeArguments = a64::kRuntimeArguments;
  static constexpr RegSet kSurvivesCalls = a64::kSurvivesCalls;
  static uint8_t constant_weight(ValType type, uint64_t bits, Op next);
  static constexpr RegisterBudget::ConstantWeight kConstantWeight = &constant_weight;
  static constexpr Reg kCallee = x(8);
  static constexpr bool kPoolsFloats = false, kReadsMemory = false, kReadsSlots = false;
  static bool fits(Op op, int64_t imm);
  static constexpr Reg result(Scalar type) { return is_int(type) ? x(0) : v(0); }
  static constexpr Reg scratch(Scalar type) { return is_int(type) ? kScratch : kFloatScratch; }

  // A condition of the flags; or, if `of_zero`, whether the register that keep_test knows is 0 (eq) or not (ne).
  struct Test {
    Cond cond = Cond::eq;
    bool of_zero = false;
    Test operator!() const { return {!cond, of_zero}; }
  };
  using Address = Place;

  Masm(const Stubs& stubs, uint32_t imported, const CodeSettings& settings)
      : MasmBase(stubs, imported, settings), cpu_(settings.oldest_cpu ? CpuFeatures() : CpuFeatures::host()) {}

  const CpuFeatures& cpu() const { return cpu_; }

  // --- One function
  void begin(NativeCode& code);
  void end();
  void copy_to(uint8_t* to) const;
  const std::vector<Relocation>& relocations() const { return a.relocations(); }
  void note_site(uint32_t offset, uint16_t fp_delta = 0) {
    MasmBase::note_site(offset, fp_delta);
    a.keep_last();
  }

  // --- Moves
  void move(Scalar type, Reg to, Reg from);
  void constant(Scalar type, Reg to, uint64_t bits);
  void v128_constant(Reg to, const uint8_t* bytes);
  void load_slot(Scalar type, Reg to, uint16_t slot);
  void load_operand(Scalar, Reg, const Operand&) { assert(false); }  // instructions read registers and immediates only
  void store_slot(Scalar type, uint16_t slot, Reg from);
  bool store_constant(Scalar type, uint16_t slot, uint64_t bits);
  void copy_slots(uint16_t to, uint16_t from, uint16_t count);
  void zero_slots(uint16_t first, uint16_t count);

  // --- Instance
  void load_global(Scalar type, Reg to, uint32_t global);
  void store_global(Scalar type, uint32_t global, Reg from);
  void load_func(Reg to, uint32_t func);

  // --- Numeric: numeric.cc, numeric_float.cc, simd*.cc
  bool numeric(Compiler<Masm>& c, Op op);
  Test compare(Op op, Reg l, Operand r);
  Test test(Operand o);
  void set(Test test, Reg to);
  void select(Test test, Scalar type, Reg to, Reg then, Reg otherwise);
  void simd_lane(Compiler<Masm>& c, Op op, uint8_t lane);
  void shuffle(Compiler<Masm>& c, const uint8_t* lanes);

  // --- Control
  void bind(Label label) { a.bind(label); }
  void jump(Label label) { a.b(label); }
  void jump_if(Test test, bool sense, Label label);
  void br_table(Reg index, const std::vector<Label>& targets);
  void trap_if(Cond cond, TrapCode code, uint32_t offset) { a.b(cond, trap_label(code, offset)); }
  void trap_if_zero(bool wide, Reg reg, TrapCode code, uint32_t offset) { a.cbz(wide, reg, trap_label(code, offset)); }
  void trap_if_null(Operand o, TrapCode code, uint32_t offset) { trap_if_zero(true, o.reg, code, offset); }
  void trap_if_not(Test test, TrapCode code, uint32_t offset);
  // For conversions of floating point to integers: traps because of the number in `from`, for one of two reasons.
  void trap_if_wrong_float(Cond cond, bool wide, Reg from, uint32_t offset);
  void check_interrupt(uint32_t offset);
  void charge(int32_t units, bool checks, uint32_t offset);

  // --- Frames and calls: calls.cc
  void enter() { a.moving(ins::str_pre, kLink, kSp, -16); }
  void leave() { a.moving(ins::ldr_post, kLink, kSp, 16); }
  void ret() { a.emit(ins::ret); }
  void check_stack(uint32_t frame_slots, uint32_t offset);
  void save(RegSet registers, uint16_t link);
  void restore(RegSet registers, uint16_t link);

  // --- Memory: memory.cc
  Address guarded_address(Reg index, uint32_t memory, uint64_t offset);
  Address checked_address(Reg index, Reg temp, bool is_64, uint32_t memory, uint64_t offset, uint32_t bytes,
                          uint32_t wasm_offset);
  void memory_size(Reg to, uint32_t memory, uint8_t page_size_log2);
  void table_set(uint32_t table, Reg index, Operand value, uint32_t offset);
  void table_size(Reg to, uint32_t table);
  // Atomic accesses: atomic.cc. False: the instruction is a call of the runtime.
  bool atomic(Compiler<Masm>& c, Op op, const MemArg& memarg);
  void check_alignment(Reg index, bool is_64, uint64_t offset, uint32_t bytes, uint32_t wasm_offset);
  void fence() { a.emit(ins::dmb_ish); }
  void load(Op op, Reg to, const Address& from, uint32_t offset);
  void store(Op op, const Address& to, Operand value, uint32_t offset);
  void load_lane(Op op, Reg to, const Address& from, uint8_t lane, uint32_t offset);
  void store_lane(Op op, const Address& to, Reg from, uint8_t lane, uint32_t offset);

  // --- Objects of the heap: gc.cc
  static constexpr uint32_t kMostIndex = 0xfff;  // an immediate of a comparison
  Address field(Reg object, uint32_t offset) { return {object, kNoReg, false, 0, offset}; }
  Address element(Reg array, Operand index, uint32_t log2, uint32_t offset);
  void array_length(Reg to, Reg array);
  void allocate(Reg to, Operand length, Reg temp, const runtime::gc::TypeLayout& layout, uint16_t frame_end,
                uint32_t offset);
  void ref_i31(Reg to, Reg from);
  void i31_get(bool sign, Reg to, Reg from);
  Test test_cast(Reg reference, runtime::gc::CastTarget target, bool exact);

  // Loads the field of the InstanceContext at this offset; all fields that machine code reads so have 8 bytes.
  void load_context(Reg to, size_t offset) { a.access(ins::ldr_x, to, place(kContext, offset)); }
  static Place place(Reg base, size_t offset) { return {base, kNoReg, false, 0, static_cast<int64_t>(offset)}; }
  // Puts an address into a register. For instructions that have no offsets.
  void load_address(Reg to, const Address& from);

 private:
  friend MasmBase;

  void come_back();

  // Code out of line that calls the stub of a trap, for one instruction. `from`: see trap_if_wrong_float; or, if the stack
  // is exhausted, what the stub gets in the scratch register; otherwise kNoReg.
  struct TrapStub {
    Label entry;
    TrapCode code;
    uint32_t offset;
    Reg from;
    bool wide;
    bool comes_back = false;  // code that has yielded goes on at `back`
    Label back = {};
  };
  Label trap_label(TrapCode code, uint32_t offset, Reg from = kNoReg, bool wide = false) {
    traps_.push_back({a.new_label(), code, offset, from, wide});
    return traps_.back().entry;
  }
  void place_traps();
  uint16_t access_slots(uint32_t one, uint32_t two, RegSet registers, uint16_t slot);
  void load_type(Reg to, uint32_t type) { load_replaced(to, type, Relocation::Kind::type); }
  // To be called before a register is written between a test and its use.
  void keep_test(Reg written) {
    if (tested_ == written) compare_tested();
  }
  void compare_tested() {
    a.compare(tested_wide_, tested_, 0);
    tested_ = kNoReg;
  }
  // Emits what is missing, so that the flags have the result.
  Cond flags(Test test) {
    if (test.of_zero && tested_.valid()) compare_tested();
    return test.cond;
  }
  Test test_zero(bool wide, Reg reg, Cond cond) {
    tested_ = reg;
    tested_wide_ = wide;
    return {cond, true};
  }
  void poison(Scalar type, uint16_t slot);
  void load_memory_field(Reg to, uint32_t memory, size_t field);
  void check_table_index(uint32_t table, Reg index, TrapCode code, uint32_t offset);
  void load_element(Reg to, Reg index);
  // For speculation guards (core/speculation.h). Must follow a comparison of an index with its bound, and a trap if
  // `beyond` holds: if the CPU only speculates that it does not hold, `to` becomes 0, otherwise `from`.
  void clamp(Reg to, Reg from, Cond beyond);
  void replace_vector(Cond cond, Reg to, Reg from);  // to = cond ? from : to
  void load_vector(Op op, Reg to, const Address& from, uint32_t offset);
  size_t find_run(Operand length, const runtime::gc::TypeLayout& layout, Label none);
  Test test_eq(Reg reference, bool nullable);
  void test_func(Reg reference, uint32_t type, bool exact, Label done);
  void test_object(uint32_t type, uint32_t depth, bool exact, Label done);

  // --- Steps of MasmBase. Calls and objects: calls.cc, gc.cc
  // Emits an instruction that leads out of the function.
  void emit_far(Way way, Relocation::Kind kind, uint32_t target) {
    a.far(way == Way::call ? ins::bl : ins::b, kind, target);
  }
  // Loads a constant that other processes replace; type: 32 bits.
  void load_replaced(Reg to, uint64_t value, Relocation::Kind kind) {
    a.load_replaced(kind == Relocation::Kind::type ? ins::ldr_w_pool : ins::ldr_x_pool, to, value, kind);
  }
  void load_slot_address(Reg to, uint16_t slot) { a.add(true, to, kFp, slot * 8); }
  void move_fp(int32_t slots) { a.add(true, kFp, kFp, slots * 8); }
  void call_here_or(Label elsewhere, Label call);
  void jump_unless_callee_is(uint32_t type, Label otherwise);
  void load_callee_stub();
  void push_allocation(Operand length, uint16_t frame_end);

  const CpuFeatures cpu_;
  Reg tested_;  // of the newest test of whether a register is 0, if it was not emitted yet
  bool tested_wide_ = false;
  std::vector<TrapStub> traps_;
};

}  // namespace mini_wasm::jit::a64

extern template class mini_wasm::jit::MasmBase<mini_wasm::jit::a64::Masm, mini_wasm::jit::a64::Assembler>;
