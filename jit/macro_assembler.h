// MacroAssembler: everything that the portable compiler needs from a CPU, as a concept. A class that fulfils it is
// called a Masm. x64/masm.h is the one for x86-64, a64/masm.h the one for AArch64; masm_base.h has what is the same in
// both. recording_masm.h is for a CPU that does not exist and is unlike x86-64 on purpose; it tests that the compiler
// relies only on what is said here.
//
// Registers. `kTemps` hold values of the operand stack. `kPins` and `kFloatPins` hold locals, for a loop or a whole
// function; a register may be both. Registers in `kSurvivesCalls` keep their lower 8 bytes across calls: a callee that
// uses them stores them in one slot each. So no v128 survives a call in them (`survives_calls`). They come first in the
// two lists of pins. RegisterLists checks all of this. 32-bit integers in registers are always zero-extended to 64 bits.
// References are 64-bit integers; null is 0.
//
// Other registers are in none of these lists: two scratch registers, one in each bank, which the compiler uses for a
// moment only (ParallelMove, Compiler::bring_home); and those that the Masm needs for the frame (`fp`), the
// InstanceContext, the machine stack and, if it likes, the base of memory 0.
//
// What a member destroys. Any member may destroy the scratch registers and the flags, unless a comment says otherwise.
// It must keep all other registers, except the one for its result and those that a comment names. It must keep those
// that it only reads, too: they may belong to pinned locals. The register of the result may be one of those that are
// read; so a member that reads a register again after it has begun the result must look for that.
//
// Flags. A Test is the result of a comparison, in the flags of the CPU or in the scratch register. Until it is used,
// the compiler only calls `move`, `constant`, `load_slot` and `store_slot`. These must keep it valid.
//
// Operands. An Operand is in a register, or is an immediate that `fits` the instruction. Operands of other kinds occur
// only if the Masm says that its instructions can read them: kReadsSlots, kReadsMemory, kPoolsFloats.
//
// Sites. Members that may trap, call or throw get `offset`, the offset in the module of the WebAssembly instruction.
// They note the site of the machine instruction (NativeCode::sites).
//
// Settings. The Masm does what CodeSettings says about slots (`store_slot`), about the CPU, and about speculation
// (bounds of memories without guard pages, tables, arrays and br_table).
//
// Errors. Members do not report any. When memory ran out, failed() is true at the end, and the code must not be used.
#pragma once

#include <concepts>
#include <cstdint>
#include <vector>

#include "core/immediates.h"
#include "core/opcode.h"
#include "jit/native_code.h"
#include "jit/pin_plan.h"
#include "jit/runtime_calls.h"
#include "jit/value.h"
#include "mini_wasm/trap.h"
#include "runtime/gc/ops.h"

namespace mini_wasm::jit {

template <class Masm>
class Compiler;

// Not a type that a Masm uses: the concepts below take the arguments of their expressions from here.
struct MasmArguments {
  Reg a, b, c;
  RegSet registers;
  Operand operand;
  Scalar type;
  Op op;
  TrapCode trap;
  bool flag;
  uint8_t byte;
  uint16_t slot, slots;  // a slot of the frame; a number of slots
  uint32_t index, offset, count;
  int32_t units;
  uint64_t bits;
  const uint8_t* bytes;
  const FuncType& func_type;
  const MemArg& memarg;
  const runtime::gc::TypeLayout* layout;
  runtime::gc::CastTarget cast;
  RuntimeCall call;
  NativeCode& code;
};

// --- Constants -------------------------------------------------------------------------------------------------------

template <class M>
concept HasRegisters = requires(Scalar type, Op op, int64_t imm) {
  typename M::Label;    // copyable; unbound until `bind`
  typename M::Test;     // has operator!
  typename M::Address;  // address of an access; the scratch register may be part of it, because the access comes next
  { M::kTemps } -> std::convertible_to<RegSet>;
  { M::kFewTemps } -> std::convertible_to<RegSet>;  // the least of them that every instruction can be compiled with
  // Registers that keep their lower 8 bytes across calls of functions and of the runtime.
  { M::kSurvivesCalls } -> std::convertible_to<RegSet>;
  M::kPins;                                    // std::array of Reg, like the next three
  M::kFloatPins;                               //
  M::kIntArguments;                            // arguments in registers (arguments.h); all are in kTemps
  M::kFloatArguments;                          //
  { M::kCallee } -> std::convertible_to<Reg>;  // the function that an indirect call calls; not an argument register
  { M::result(type) } -> std::same_as<Reg>;    // the result of functions and blocks with one result
  { M::scratch(type) } -> std::same_as<Reg>;
  // Whether instructions can read operands in slots of the frame, floating-point constants, and operands in memory 0
  // (ReadsOperands).
  { M::kReadsSlots } -> std::convertible_to<bool>;
  { M::kPoolsFloats } -> std::convertible_to<bool>;
  { M::kReadsMemory } -> std::convertible_to<bool>;
  // Whether `imm` can be an immediate as the last operand of `op`: a numeric instruction, a comparison, a store or
  // table.set.
  { M::fits(op, imm) } -> std::same_as<bool>;
  // RegisterBudget::constant_weight.
  { M::kConstantWeight } -> std::convertible_to<RegisterBudget::ConstantWeight>;
  // The greatest constant index with which `element` accepts an immediate.
  { M::kMostIndex } -> std::convertible_to<uint32_t>;
};

// Members that only a Masm has whose instructions read operands in memory.
template <class M>
concept ReadsOperands = (!M::kPoolsFloats || requires(M& m, MasmArguments x) {
                          // An operand of kind `pool` for a floating-point constant with these bits.
                          { m.pooled(x.type, x.bits) } -> std::same_as<Operand>;
                        }) && (!M::kReadsMemory || requires(MasmArguments x) {
                          // Load, next, after. Whether the instruction `next`, which follows the load, can have what it loads as its last
                          // operand in memory. `after` is the instruction behind `next`.
                          { M::takes_memory(x.op, x.op, x.op) } -> std::same_as<bool>;
                        });

namespace detail {

constexpr RegisterBudget::Bank count(const auto& pins, RegSet survivors) {
  RegisterBudget::Bank bank;
  for (Reg reg : pins) {
    ++bank.all;
    if (survivors.has(reg)) ++bank.surviving;
  }
  return bank;
}

constexpr bool begins_with(const auto& pins, RegSet survivors) {
  for (size_t i = 0; i < count(pins, survivors).surviving; ++i) {
    if (!survivors.has(pins[i])) return false;
  }
  return true;
}

constexpr bool contains(RegSet all, RegSet some) { return (some - all).empty(); }

}  // namespace detail

// How many registers a Masm has for pinned locals, and what its lists of registers must fulfil.
template <class M>
struct RegisterLists {
  static constexpr RegisterBudget kBudget = {detail::count(M::kPins, M::kSurvivesCalls),
                                             detail::count(M::kFloatPins, M::kSurvivesCalls), M::kConstantWeight};

  static constexpr RegSet kPinned = RegSet(M::kPins) | RegSet(M::kFloatPins);
  static constexpr RegSet kArguments = RegSet(M::kIntArguments) | RegSet(M::kFloatArguments);
  static constexpr RegSet kScratch{M::scratch(Scalar::i64), M::scratch(Scalar::v128)};

  static_assert(M::kPins.size() <= PinSet::kMost && M::kFloatPins.size() <= PinSet::kMost,
                "a PinSet has no room for so many pins");
  static_assert(detail::contains(RegSet::all(Bank::ints), RegSet(M::kPins)) &&
                    detail::contains(RegSet::all(Bank::floats), RegSet(M::kFloatPins)),
                "a pin is in the list of the other bank");
  static_assert(kPinned.size() == M::kPins.size() + M::kFloatPins.size(), "a pin occurs twice");
  static_assert(!M::kSurvivesCalls.has(M::kPins.back()) && !kArguments.has(M::kPins.back()) &&
                    !M::kFewTemps.has(M::kPins.back()) && M::kCallee != M::kPins.back(),
                "the register for the fuel has another use");
  static_assert(detail::contains(kPinned, M::kSurvivesCalls), "a register survives calls but is no pin");
  static_assert(detail::begins_with(M::kPins, M::kSurvivesCalls) &&
                    detail::begins_with(M::kFloatPins, M::kSurvivesCalls),
                "the pins that survive calls must come first");
  static_assert(detail::contains(M::kTemps, M::kFewTemps | kArguments), "a register of values is not in kTemps");
  static_assert(!kArguments.has(M::kCallee), "the callee would overwrite an argument");
  static_assert(((M::kTemps | kPinned) & kScratch).empty(), "a scratch register contains a value");
};

// Whether a value of this type stays in this register during a call.
template <class M>
constexpr bool survives_calls(Scalar type, Reg reg) {
  return M::kSurvivesCalls.has(reg) && slots_of(type) == 1;
}

// --- A function ------------------------------------------------------------------------------------------------------

template <class M>
concept AssemblesFunctions = requires(M& m, const M& done, MasmArguments x, typename M::Label label) {
  m.begin(x.code);           // starts a function; Entry::slots is at the beginning of its code
  m.begin_register_entry();  // Entry::registers is here; the code before it has loaded the arguments from slots
  // All labels are bound. Emits the code that is out of line. That must not call functions or throw, because the
  // handler for an exception is found by the position of the call, which must be inside of the code of its block.
  m.end();
  { done.here() } -> std::convertible_to<uint32_t>;            // size in bytes of the code so far
  { done.failed() } -> std::same_as<bool>;                     // whether there was no memory for the code
  { done.offset_of(label) } -> std::convertible_to<uint32_t>;  // only after `end`
  m.note_site(x.offset);  // the last machine instruction belongs to the WebAssembly instruction at `offset`

  // `enter` comes behind every entry point, before the first instruction that may trap or call. It puts the return
  // address where code that walks the machine stack expects it (FrameLayout). `leave` undoes that, before `ret` and
  // before jumps to other functions. Where an exception is caught, the function is entered already.
  m.enter();
  m.leave();
  m.ret();
  // Store the caller's values of some registers of kSurvivesCalls in slots, one slot each from `slot` on, and load them
  // again.
  m.save(x.registers, x.slot);
  m.restore(x.registers, x.slot);
  // Traps unless fp + `count` slots is at or before the limit (InstanceContext::stack_limit). The stub of that trap must
  // know that address (`frame_end` of handle_exit in jit.h). Keeps registers with arguments.
  m.check_stack(x.count, x.offset);
  m.check_interrupt(x.offset);  // traps if the store is interrupted
  // With CodeSettings::fuel, kPins.back() contains the fuel instead of a value, also during calls. Takes units from it;
  // keeps all other registers, the scratch registers too. `flag`: and traps if the fuel is then below 0.
  m.charge(x.units, x.flag, x.offset);
};

// --- Moves -----------------------------------------------------------------------------------------------------------

template <class M>
concept MovesValues = requires(M& m, MasmArguments x) {
  // To, from. Emits nothing when they are the same. Either may be a scratch register, also in `constant`, `load_slot`
  // and `store_slot`. `move` keeps all registers but `to`, scratch registers too (ParallelMove).
  m.move(x.type, x.a, x.b);
  m.constant(x.type, x.a, x.bits);  // of type v128 only the constant 0
  m.v128_constant(x.a, x.bytes);
  m.load_slot(x.type, x.a, x.slot);
  m.store_slot(x.type, x.slot, x.a);  // an i32 is written as 64 bits, because it is zero-extended
  // False: nothing was emitted, because it needs a register.
  { m.store_constant(x.type, x.slot, x.bits) } -> std::same_as<bool>;
  // To, from, count. When they overlap, the effect is that of copying one slot after the other, the lowest first. May
  // destroy the registers that are only in kTemps and not pins, except kCallee.
  m.copy_slots(x.slot, x.slot, x.slots);
  m.zero_slots(x.slot, x.slots);           // first, count
  m.load_operand(x.type, x.a, x.operand);  // the operand is of kind memory or scaled
  m.load_global(x.type, x.a, x.index);
  m.store_global(x.type, x.index, x.a);
  m.load_func(x.a, x.index);  // a reference to the function; its index counts imports, too
};

// --- Numbers ---------------------------------------------------------------------------------------------------------

template <class M>
concept ComputesNumbers = requires(M& m, Compiler<M>& c, MasmArguments x, typename M::Test test) {
  // The instruction selection of the CPU: pops the operands from the compiler's stack, emits code, and pushes the
  // results. False: it did nothing; the compiler then calls the instruction's definition in core/ (semantic_call).
  { m.numeric(c, x.op) } -> std::same_as<bool>;
  m.simd_lane(c, x.op, x.byte);
  m.shuffle(c, x.bytes);
  { m.atomic(c, x.op, x.memarg) } -> std::same_as<bool>;
  m.fence();
  { m.compare(x.op, x.a, x.operand) } -> std::same_as<typename M::Test>;
  { m.test(x.operand) } -> std::same_as<typename M::Test>;  // whether an i32 is not zero; not for immediates
  { !test } -> std::same_as<typename M::Test>;              // the opposite; emits nothing
  m.set(test, x.a);                                         // a = test ? 1 : 0
  m.select(test, x.type, x.a, x.b, x.c);                    // a = test ? b : c; a may be the same register as b or c
};

// --- Control ---------------------------------------------------------------------------------------------------------

template <class M>
concept TransfersControl = requires(M& m, MasmArguments x, typename M::Label label, typename M::Test test,
                                    const std::vector<typename M::Label>& labels) {
  { m.new_label() } -> std::same_as<typename M::Label>;
  m.bind(label);                   // at most once for each label
  m.jump(label);                   // this and the next two reach labels at any distance
  m.jump_if(test, x.flag, label);  // jumps if the test has the result `flag`
  // Index, targets; the last label is the default. May destroy the registers that are only in kTemps and not pins.
  m.br_table(x.a, labels);
  m.trap(x.trap, x.offset);
  m.trap_if_null(x.operand, x.trap, x.offset);  // not for immediates
  m.trap_if_not(test, x.trap, x.offset);        // a test of integers or of a type, not of floating point

  // Calls. They destroy all registers of the compiler except those in kSurvivesCalls. A single result is then in
  // `result(type)`, several are in slots.
  //
  // `slot`: where the callee's frame begins. The caller adds it to `fp` before the call, subtracts it behind the call,
  // and notes it as Site::fp_delta. A callee returns with the `fp` that it was called with.
  //
  // call_function, jump_function: `index` counts the functions that the module defines, without imports. All others:
  // the function is in kCallee. call_function and call_callee: the first arguments are in registers (arguments.h). All
  // others have all arguments in slots. The callee of call_callee may belong to another instance or to the host, which
  // expect their arguments in slots; the Masm emits code for that. jump_* are tail calls, which follow `leave`; the
  // arguments are at the beginning of the frame.
  m.call_function(x.index, x.slot, x.offset);
  m.jump_function(x.index);
  m.call_import(x.slot, x.offset);
  m.call_callee(x.func_type, x.slot, x.offset);
  m.jump_callee();
  // Table, TypeId. kCallee contains the index of the element, and afterwards the function that the element refers to.
  // All checks of call_indirect are included. Keeps registers with arguments.
  m.load_table_callee(x.index, x.count, x.offset);
  // Calls a RuntimeCall, with the `fp` of this function. The operands are in slots from `slot` on, and the results
  // replace them; x and y are `bits`, but x is the layout if there is one.
  m.call_runtime(x.call, x.slot, x.bits, x.bits, x.offset, x.layout);
};

// --- Memories, tables and objects ------------------------------------------------------------------------------------

template <class M>
concept AccessesMemory = requires(M& m, MasmArguments x, typename M::Address address) {
  { M::access_bytes(x.op) } -> std::convertible_to<uint32_t>;  // how many bytes a load or store accesses
  // Index (kNoReg: 0), memory, static offset. Without a check: accesses outside of the memory reach its guard pages.
  { m.guarded_address(x.a, x.index, x.bits) } -> std::same_as<typename M::Address>;
  // Index, a temporary, whether the memory is 64-bit, memory, static offset, number of bytes. Traps when one of the
  // bytes is outside of the memory. The temporary may be the register of the index, if the index is not needed
  // afterwards.
  { m.checked_address(x.a, x.b, x.flag, x.index, x.bits, x.count, x.offset) } -> std::same_as<typename M::Address>;
  // For atomic accesses. Index, whether the memory is 64-bit, static offset, number of bytes. Traps when the address is
  // not a multiple of the number of bytes.
  m.check_alignment(x.a, x.flag, x.bits, x.count, x.offset);
  m.load(x.op, x.a, address, x.offset);
  m.store(x.op, address, x.operand, x.offset);
  m.load_lane(x.op, x.a, address, x.byte, x.offset);  // `a` contains the vector before and after
  m.store_lane(x.op, address, x.a, x.byte, x.offset);
  m.memory_size(x.a, x.index, x.byte);       // memory.size, in pages of 2^byte bytes
  m.table_get(x.a, x.b, x.index, x.offset);  // to, index, table
  m.table_set(x.index, x.a, x.operand, x.offset);
  m.table_size(x.a, x.index);
};

template <class M>
concept AccessesObjects = requires(M& m, MasmArguments x) {
  // Object, offset in bytes. For an offset below runtime::gc::kMaxCell the scratch register must not be part of the
  // address: the compiler may load the value of a new object's field before it uses the address.
  { m.field(x.a, x.offset) } -> std::same_as<typename M::Address>;
  // Array, index (a register, or an immediate up to kMostIndex), log2 of the element's size in bytes. Traps when the
  // index is out of bounds.
  { m.element(x.a, x.operand, x.index, x.offset) } -> std::same_as<typename M::Address>;
  m.array_length(x.a, x.b);
  // Makes an object whose fields or elements are 0: to, length (of an array: a register or any immediate), a temporary
  // if the length is a register, layout. The size is at most runtime::gc::kMaxCell, unless the length is a register. It
  // may start a collection; `slot` is the end of the frame, below which the collector looks for references. It looks
  // for them in registers, too (Stubs::allocate). Destroys only `to` and the temporary; these and the length are
  // different registers.
  m.allocate(x.a, x.operand, x.b, *x.layout, x.slot, x.offset);
  m.ref_i31(x.a, x.b);          // to, from
  m.i31_get(x.flag, x.a, x.b);  // whether sign-extended, to, from
  // Whether a reference is of a type. The flag: the type is known to have no subtypes.
  { m.test_cast(x.a, x.cast, x.flag) } -> std::same_as<typename M::Test>;
};

template <class M>
concept MacroAssembler =
    HasRegisters<M> && ReadsOperands<M> && AssemblesFunctions<M> && MovesValues<M> && ComputesNumbers<M> &&
    TransfersControl<M> && AccessesMemory<M> && AccessesObjects<M> && requires { RegisterLists<M>::kBudget; };

}  // namespace mini_wasm::jit
