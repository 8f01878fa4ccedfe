// What a CPU gives the portable compiler: the contract of a Masm, whole. x64/masm.h is one; recording_masm.h is another,
// of a CPU that does not exist and is made unlike x86-64 on purpose, which holds the compiler to what is said here.
//
// Registers. `kTemps` hold values for a while, `kPins` and `kFloatPins` locals for a loop or a function, in the order of
// the backend's RegisterBudget: first those of `kSurvivesCalls`. A register may be in both lists. The scratch registers
// are in neither; any member may destroy them, and does not expect them to last.
// 32-bit integers are zero-extended in registers at all times. References are 64-bit integers, null is 0.
//
// Flags. A Test is what a comparison has left in the flags, or in the scratch register. It lasts until the next
// instruction that is not a move, a load or store of a slot, or a constant.
//
// Operands. Wherever an Operand is taken, it is in a register or an immediate that `fits` the instruction; other kinds
// come only to those who say that they take them: kReadsSlots, kReadsMemory, kPoolsFloats.
//
// Sites. Members that may trap, call or throw get `offset`, where their instruction is in the module, and note where
// the code ends that may do so (NativeCode::sites).
//
// Errors. There are none: when memory runs out, failed() is true at the end, and the code is of no use.
#pragma once

#include <concepts>
#include <cstdint>
#include <vector>

#include "core/immediates.h"
#include "core/opcode.h"
#include "jit/native_code.h"
#include "jit/runtime_calls.h"
#include "jit/value.h"
#include "mini_wasm/trap.h"
#include "runtime/gc/ops.h"

namespace mini_wasm::jit {

template <class Masm>
class Compiler;

// Arguments of the members below.
struct MasmArguments {
  Reg a, b;
  RegSet registers;
  Operand operand;
  Scalar type;
  Op op;
  TrapCode trap;
  bool flag;
  uint8_t byte;
  uint16_t slot, slots;  // of the frame
  uint32_t index, offset, count;
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
  typename M::Address;  // of an access; the scratch register may be part of it
  { M::kTemps } -> std::convertible_to<RegSet>;
  { M::kFewTemps } -> std::convertible_to<RegSet>;  // as few of them as any instruction can do with, for tests
  { M::kSurvivesCalls } -> std::convertible_to<RegSet>;
  M::kPins;                                    // std::array of Reg, as the next three
  M::kFloatPins;                               //
  M::kIntArguments;                            // of direct calls, all of them in kTemps
  M::kFloatArguments;                          //
  { M::kCallee } -> std::convertible_to<Reg>;  // of indirect calls; no argument's
  { M::result(type) } -> std::same_as<Reg>;    // of functions and blocks with one result
  { M::scratch(type) } -> std::same_as<Reg>;
  // Whether instructions can have slots, floating-point constants and what is in memory 0 as operands.
  { M::kReadsSlots } -> std::convertible_to<bool>;
  { M::kPoolsFloats } -> std::convertible_to<bool>;
  { M::kReadsMemory } -> std::convertible_to<bool>;
  // Whether `imm` can be the last operand of `op`: a numeric instruction, a comparison, a store, table.set.
  { M::fits(op, imm) } -> std::same_as<bool>;
  // An element of an array with an index up to this has a constant address.
  { M::kMostIndex } -> std::convertible_to<uint32_t>;
};

// --- A function ------------------------------------------------------------------------------------------------------

template <class M>
concept AssemblesFunctions = requires(M& m, const M& done, MasmArguments x, typename M::Label label) {
  m.begin(x.code);                                   // empty, with entry point `slots` at its beginning
  m.begin_register_entry();                          // what precedes has loaded arguments from slots
  m.end();                                           // all labels have been bound; what is out of line follows
  { done.here() } -> std::convertible_to<uint32_t>;  // bytes so far
  { done.failed() } -> std::same_as<bool>;
  { done.offset_of(label) } -> std::convertible_to<uint32_t>;  // after `end`
  m.note_site(x.offset);  // the last instruction is one of the WebAssembly instruction at `offset`

  // Behind every entry point, before all else: the return address goes where a walker of the machine stack finds it
  // (FrameLayout). `leave` undoes it, before `ret` and the jumps to other functions.
  m.enter();
  m.leave();
  m.ret();
  // Registers of the caller's, in slots from `slot` on, and back.
  m.save(x.registers, x.slot);
  m.restore(x.registers, x.slot);
  m.check_stack(x.count, x.offset);  // traps unless so many slots from the frame's beginning are there
  m.check_interrupt(x.offset);
};

// --- Moves, which leave flags alone ----------------------------------------------------------------------------------

template <class M>
concept MovesValues = requires(M& m, MasmArguments x) {
  m.move(x.type, x.a, x.b);  // to, from; nothing when they are the same
  m.constant(x.type, x.a, x.bits);
  m.v128_constant(x.a, x.bytes);
  m.load_slot(x.type, x.a, x.slot);
  m.store_slot(x.type, x.slot, x.a);                                   // a 32-bit integer takes the whole slot
  { m.store_constant(x.type, x.slot, x.bits) } -> std::same_as<bool>;  // false: not without a register
  m.copy_slots(x.slot, x.slot,
               x.slots);          // to, from: as if from the lowest on. May destroy flags and temporaries but kCallee
  m.zero_slots(x.slot, x.slots);  // the same
  m.load_operand(x.type, x.a, x.operand);  // of kind memory or scaled
  m.load_global(x.type, x.a, x.index);
  m.store_global(x.type, x.index, x.a);
  m.load_func(x.a, x.index);  // a reference to the function
};

// --- Numbers ---------------------------------------------------------------------------------------------------------

template <class M>
concept ComputesNumbers = requires(M& m, Compiler<M>& c, MasmArguments x, typename M::Test test) {
  // The CPU's selection: takes operands from the compiler's stack and pushes results. False: nothing has happened, the
  // instruction's definition in core/ is to be called.
  { m.numeric(c, x.op) } -> std::same_as<bool>;
  m.simd_lane(c, x.op, x.byte);
  m.shuffle(c, x.bytes);
  { m.atomic(c, x.op, x.memarg) } -> std::same_as<bool>;
  m.fence();
  { m.compare(x.op, x.a, x.operand) } -> std::same_as<typename M::Test>;
  { m.test(x.operand) } -> std::same_as<typename M::Test>;  // whether an i32 is not zero; no immediate
  { !test } -> std::same_as<typename M::Test>;
  m.set(test, x.a);                  // 1 or 0
  m.select(test, x.type, x.a, x.b);  // a = test ? a : b
};

// --- Control ---------------------------------------------------------------------------------------------------------

template <class M>
concept TransfersControl = requires(M& m, MasmArguments x, typename M::Label label, typename M::Test test,
                                    const std::vector<typename M::Label>& labels) {
  { m.new_label() } -> std::same_as<typename M::Label>;
  m.bind(label);  // once
  m.jump(label);  // any distance, as all of these
  m.jump_if(test, x.flag, label);
  m.br_table(x.a, labels);  // the last one is the default. Destroys the index
  m.trap(x.trap, x.offset);
  m.trap_if_null(x.operand, x.trap, x.offset);  // no immediate
  m.trap_if_not(test, x.trap, x.offset);        // a test of integers or of a type

  // Calls. `slot`: where the callee's frame begins. Of functions that the module defines, `index` counts without
  // imports, and the first arguments are in registers. Tail calls have all of them in slots, after `leave`.
  m.call_function(x.index, x.slot, x.offset);
  m.jump_function(x.index);
  m.call_import(x.slot, x.offset);  // the function in kCallee; all arguments in slots
  m.call_callee(x.func_type, x.slot, x.offset);
  m.jump_callee();
  m.load_table_callee(x.index, x.count, x.offset);  // table, TypeId; kCallee: from index to function, all checked
  // The operands are in slots from `slot` on, immediates are `bits`; with a layout that goes in the place of the first.
  m.call_runtime(x.call, x.slot, x.bits, x.bits, x.offset, x.layout);
};

// --- Memories, tables and objects ------------------------------------------------------------------------------------

template <class M>
concept AccessesMemory = requires(M& m, MasmArguments x, typename M::Address address) {
  { M::access_bytes(x.op) } -> std::convertible_to<uint32_t>;
  // Index (kNoReg: none), memory, static offset. No check: guard pages catch what is outside.
  { m.guarded_address(x.a, x.index, x.bits) } -> std::same_as<typename M::Address>;
  // Index, a temporary, whether the memory is 64-bit, memory, static offset, bytes: traps when they are outside. The
  // temporary may be the index, when nobody needs that any more.
  { m.checked_address(x.a, x.b, x.flag, x.index, x.bits, x.count, x.offset) } -> std::same_as<typename M::Address>;
  m.check_alignment(x.a, x.flag, x.bits, x.count, x.offset);
  m.load(x.op, x.a, address, x.offset);
  m.store(x.op, address, x.operand, x.offset);
  m.load_lane(x.op, x.a, address, x.byte, x.offset);
  m.store_lane(x.op, address, x.a, x.byte, x.offset);
  m.memory_size(x.a, x.index, x.byte);       // in pages of 2^byte bytes
  m.table_get(x.a, x.b, x.index, x.offset);  // to, index, table
  m.table_set(x.index, x.a, x.operand, x.offset);
  m.table_size(x.a, x.index);
};

template <class M>
concept AccessesObjects = requires(M& m, MasmArguments x) {
  { m.field(x.a, x.offset) } -> std::same_as<typename M::Address>;
  // Array, index (register, or an immediate up to kMostIndex), log2 of the element's size: after the check.
  { m.element(x.a, x.operand, x.index, x.offset) } -> std::same_as<typename M::Address>;
  m.array_length(x.a, x.b);
  // A new object, zeroed: to, length (of an array: register or any immediate), a temporary if that is a register. May
  // collect: the frame ends at `slot`. Destroys no register but `to`.
  m.allocate(x.a, x.operand, x.b, *x.layout, x.slot, x.offset);
  m.ref_i31(x.a, x.b);
  m.i31_get(x.flag, x.a, x.b);                                             // whether sign-extended
  { m.test_cast(x.a, x.cast, x.flag) } -> std::same_as<typename M::Test>;  // the flag: there are no subtypes
};

template <class M>
concept MacroAssembler = HasRegisters<M> && AssemblesFunctions<M> && MovesValues<M> && ComputesNumbers<M> &&
                         TransfersControl<M> && AccessesMemory<M> && AccessesObjects<M>;

}  // namespace mini_wasm::jit
