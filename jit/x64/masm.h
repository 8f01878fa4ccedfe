// Masm: the macro assembler for x86-64, which fulfils the concept MacroAssembler (jit/macro_assembler.h says what the
// members do). It uses asmjit.
//
// 32-bit integers in registers are always zero-extended, so they can be used as addresses without another instruction.
#pragma once

#include <span>
#include <vector>

#include "core/immediates.h"
#include "jit/masm_base.h"
#include "jit/pin_plan.h"
#include "jit/x64/assembler.h"
#include "jit/x64/regs.h"

namespace mini_wasm::jit::x64 {

inline x86::Gp gp32(Reg r) { return x86::gpd(r.number()); }
inline x86::Gp gp64(Reg r) { return x86::gpq(r.number()); }
inline x86::Gp gp(Scalar type, Reg r) { return type == Scalar::i32 ? gp32(r) : gp64(r); }
inline x86::Xmm vec(Reg r) { return x86::xmm(r.number()); }
// Immediates of this CPU have 32 bits and are sign-extended (Masm::fits).
inline int32_t imm_of(const Operand& o) { return static_cast<int32_t>(o.imm); }
inline x86::Mem slot_at(uint16_t slot, uint32_t size = 8) {
  return x86::Mem(gp64(kFp), static_cast<int32_t>(slot) * 8, size);
}

inline x86::Mem at(Reg base, size_t offset, uint32_t size = 8) {
  return x86::Mem(gp64(base), static_cast<int32_t>(offset), size);
}
inline x86::Mem context(size_t offset, uint32_t size = 8) { return at(kContext, offset, size); }

// Extensions of x86-64 that the compiler uses if the CPU has them. SSE4.2 is always there.
struct CpuFeatures {
  bool avx = false, bmi1 = false, bmi2 = false, lzcnt = false, popcnt = false;
  // Those of the host; none if the host is another CPU.
  static CpuFeatures host();
};

class Masm : public MasmBase<Masm, Assembler> {
 public:
  // --- Registers
  static constexpr RegSet kTemps =
      RegSet(rax, rcx, rdx, rsi, rdi, r8, r9, r10, xmm(0), xmm(1), xmm(2), xmm(3), xmm(4), xmm(5)) |
      RegSet(x64::kFloatPins);
  // For tests (CodeSettings::few_registers): division and relaxed dot products need these, all others need no more.
  static constexpr RegSet kFewTemps{rax, rcx, rdx, rsi, xmm(0), xmm(1), xmm(2), xmm(3), xmm(4)};
  static constexpr auto kPins = x64::kPins;
  static constexpr auto kFloatPins = x64::kFloatPins;
  static constexpr auto kIntArguments = x64::kIntArguments;
  static constexpr auto kFloatArguments = x64::kFloatArguments;
  static constexpr auto kRuntimeArguments = x64::kRuntimeArguments;
  static constexpr RegSet kSurvivesCalls = x64::kSurvivesCalls;
  static constexpr RegisterBudget::ConstantWeight kConstantWeight = nullptr;
  static constexpr Reg kCallee = rax;
  static constexpr bool kPoolsFloats = true, kReadsMemory = true, kReadsSlots = true;
  // All instructions take immediates of 32 bits.
  static constexpr bool fits(Op, int64_t imm) { return imm == static_cast<int32_t>(imm); }
  static constexpr Reg result(Scalar type) { return is_int(type) ? rax : xmm(0); }
  static constexpr Reg scratch(Scalar type) { return is_int(type) ? kScratch : kFloatScratch; }

  // A condition in the flags. Comparisons of floating point set the parity flag if an operand is NaN ("unordered").
  // all_ordered: the condition holds and no operand is NaN. any_unordered: the condition holds or an operand is NaN.
  struct Test {
    x86::CondCode condition = x86::CondCode::kE;
    enum class Parity : uint8_t { ignored, all_ordered, any_unordered } parity = Parity::ignored;
    Test operator!() const {
      const Parity other = parity == Parity::ignored       ? Parity::ignored
                           : parity == Parity::all_ordered ? Parity::any_unordered
                                                           : Parity::all_ordered;
      return {x86::negateCond(condition), other};
    }
  };
  struct Address {
    x86::Mem memory;
  };

  Masm(const Stubs& stubs, uint32_t imported, const CodeSettings& settings)
      : MasmBase(stubs, imported, settings), cpu_(settings.oldest_cpu ? CpuFeatures() : CpuFeatures::host()) {}

  const CpuFeatures& cpu() const { return cpu_; }

  // --- One function
  void begin(NativeCode& code);
  void end();
  void copy_to(uint8_t* to) const;
  const std::vector<Relocation>& relocations() const { return relocations_; }
  // For listings: from the next `begin` on, `logger` gets every instruction as text.
  void log_to(asmjit::Logger* logger) { logger_ = logger; }

  // --- Moves
  void move(Scalar type, Reg to, Reg from);
  void constant(Scalar type, Reg to, uint64_t bits);
  void v128_constant(Reg to, const uint8_t* bytes);
  void load_slot(Scalar type, Reg to, uint16_t slot);
  void load_operand(Scalar type, Reg to, Operand from);
  void store_slot(Scalar type, uint16_t slot, Reg from);
  bool store_constant(Scalar type, uint16_t slot, uint64_t bits);  // false: it takes more than one instruction
  void copy_slots(uint16_t to, uint16_t from, uint16_t count);     // destroys rsi when there are many
  void zero_slots(uint16_t first, uint16_t count);

  // --- Instance
  void load_global(Scalar type, Reg to, uint32_t global);
  void store_global(Scalar type, uint32_t global, Reg from);
  void load_func(Reg to, uint32_t func);

  // --- Numeric: numeric.cc, numeric_float.cc, simd*.cc
  bool numeric(Compiler<Masm>& c, Op op);
  Test compare(Op op, Reg a, Operand b);
  Test test(Operand a);
  void set(Test test, Reg to);
  void select(Test test, Scalar type, Reg to, Reg then, Reg otherwise);
  void simd_lane(Compiler<Masm>& c, Op op, uint8_t lane);
  void shuffle(Compiler<Masm>& c, const uint8_t* lanes);
  // A constant of 16 bytes, which `end` puts behind the function's code.
  x86::Mem pool(uint64_t low, uint64_t high);
  Operand pooled(Scalar type, uint64_t bits);
  // The operand in asmjit's form.
  asmjit::Operand operand_of(Scalar type, const Operand& o) const;
  // Whether the instruction `next` can read from memory what `load` would load. `after` is the instruction behind
  // `next`.
  static bool takes_memory(Op load, Op next, Op after);
  // Remembers that the zero flag says whether the register is 0. It is forgotten when another instruction is emitted.
  void note_flags(Scalar type, Reg reg) { flags_ = {here(), type, reg}; }
  bool flags_are_of(Scalar type, Reg reg) const {
    return flags_.at == here() && flags_.type == type && flags_.reg == reg;
  }

  // --- Control
  void bind(Label label) {
    flags_ = {};  // code that branches to the label comes with other flags
    a.bind(label);
  }
  void jump(Label label) { a.jmp(label); }
  void jump_if(Test test, bool sense, Label label);
  void br_table(Reg index, const std::vector<Label>& targets);
  void trap_if(x86::CondCode condition, TrapCode code, uint32_t offset);
  void trap_if_null(Operand a, TrapCode code, uint32_t offset);
  void trap_if_not(Test test, TrapCode code, uint32_t offset) {
    trap_if(x86::negateCond(test.condition), code, offset);
  }
  void check_interrupt(uint32_t offset);
  void charge(int32_t units, bool checks, uint32_t offset);

  // --- Frames and calls: calls.cc. `enter` and `leave` have nothing to do: call instructions push the return address,
  // and that is where code that walks the stack expects it.
  void enter() {}
  void leave() {}
  void check_stack(uint32_t frame_slots, uint32_t offset);
  void save(RegSet registers, uint16_t link);
  void restore(RegSet registers, uint16_t link);
  void ret() { a.ret(); }

  // --- Memory
  Address guarded_address(Reg index, uint32_t memory, uint64_t offset);
  Address checked_address(Reg index, Reg temp, bool is_64, uint32_t memory, uint64_t offset, uint32_t bytes,
                          uint32_t wasm_offset);
  void memory_size(Reg to, uint32_t memory, uint8_t page_size_log2);
  void table_set(uint32_t table, Reg index, Operand value, uint32_t offset);
  void table_size(Reg to, uint32_t table);
  // Atomic accesses: atomic.cc. False: the instruction is a call of the runtime.
  bool atomic(Compiler<Masm>& c, Op op, const MemArg& memarg);
  void check_alignment(Reg index, bool is_64, uint64_t offset, uint32_t bytes, uint32_t wasm_offset);
  void fence() { a.mfence(); }
  void load(Op op, Reg to, Address from, uint32_t offset);
  void load_lane(Op op, Reg to, Address from, uint8_t lane, uint32_t offset);
  void store_lane(Op op, Address to, Reg from, uint8_t lane, uint32_t offset);
  void store(Op op, Address to, Operand value, uint32_t offset);

  // --- Objects of the heap: gc.cc
  static constexpr uint32_t kMostIndex = 0x7fffff;  // times 16 bytes it is still a displacement of 32 bits
  Address field(Reg object, uint32_t offset) { return {x86::Mem(gp64(object), static_cast<int32_t>(offset), 0)}; }
  Address element(Reg array, Operand index, uint32_t log2, uint32_t offset);
  void array_length(Reg to, Reg array);
  // The size must be one that cells have, except for arrays whose length is in a register: these may have any length.
  void allocate(Reg to, Operand length, Reg temp, const runtime::gc::TypeLayout& layout, uint16_t frame_end,
                uint32_t offset);
  void ref_i31(Reg to, Reg from);
  void i31_get(bool sign, Reg to, Reg from);
  Test test_cast(Reg reference, runtime::gc::CastTarget target, bool exact);

 private:
  friend MasmBase;

  void come_back();

  // Code out of line that calls the stub of a trap, for one instruction.
  struct TrapStub {
    Label entry;
    TrapCode code;
    uint32_t offset;
    bool at_fp = false;       // the stub gets fp in the scratch register
    bool comes_back = false;  // code that has yielded goes on at `back`
    Label back = {};
  };
  void emit_far(std::span<const uint8_t> opcode, Relocation::Kind kind, uint32_t target);
  // Adds a relocation for the constant that the last instruction ends with.
  void note_constant(Relocation::Kind kind) {
    Relocation& r = relocations_.emplace_back(here(), kind, 0);
    r.offset -= r.constant_bytes();
  }
  void compare_type(x86::Mem a, uint32_t type);
  void move_64(Reg to, uint64_t bits);
  void poison(Scalar type, uint16_t slot);
  void replace_if(Test test, Scalar type, Reg to, Reg from);  // to = test ? from : to
  void check_table_index(uint32_t table, Reg index, TrapCode code, uint32_t offset);
  void load_element(Reg to, Reg index);
  void clamp(const x86::Gp& index, x86::CondCode beyond = x86::CondCode::kAE);
  void load_vector(Op op, Reg to, x86::Mem from, uint32_t offset);
  void place_pool();
  x86::Mem find_run(Operand length, const runtime::gc::TypeLayout& layout, Label none);
  Test test_eq(Reg reference, bool nullable);
  void test_func(Reg reference, uint32_t type, bool exact, Label done);
  void test_object(uint32_t type, uint32_t depth, bool exact, Label done);

  // --- Steps of MasmBase. Calls and objects: calls.cc, gc.cc
  // Emits an instruction that leads out of the function.
  void emit_far(Way way, Relocation::Kind kind, uint32_t target);
  // Loads a constant that other processes replace; type: 32 bits.
  void load_replaced(Reg to, uint64_t value, Relocation::Kind kind);
  void load_slot_address(Reg to, uint16_t slot) { a.lea(gp64(to), slot_at(slot)); }
  void move_fp(int32_t slots) {
    if (slots < 0) return a.sub(gp64(kFp), -slots * 8);
    a.add(gp64(kFp), slots * 8);
  }
  void call_here_or(Label elsewhere, Label call);
  void jump_unless_callee_is(uint32_t type, Label otherwise);
  void load_callee_stub();
  void push_allocation(Operand length, uint16_t frame_end);

  const CpuFeatures cpu_;
  asmjit::CodeHolder holder_;
  asmjit::Logger* logger_ = nullptr;
  std::vector<TrapStub> traps_;
  // note_flags
  struct Flags {
    uint32_t at = ~0u;
    Scalar type = Scalar::i32;
    Reg reg;
  };
  Flags flags_;
  std::vector<Relocation> relocations_;
  struct Pooled {
    asmjit::Label label;
    uint64_t low, high;
  };
  std::vector<Pooled> pool_;
};

}  // namespace mini_wasm::jit::x64

extern template class mini_wasm::jit::MasmBase<mini_wasm::jit::x64::Masm, mini_wasm::jit::x64::Assembler>;
