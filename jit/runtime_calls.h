// Runtime calls: C++ functions that compiled code calls for instructions that have no machine code of their own. Their
// operands and results are in slots. On x86-64 these instructions are calls:
//
//   popcnt                                  if the CPU has no instruction for it
//   any numeric instruction, also on        if jit/x64/ has no machine code for it (today it has for all)
//   vectors, without other immediates
//   memory.atomic.wait, .notify             they suspend and wake threads
//   memory.grow, table.grow                 they ask the system for memory
//   memory.fill, .copy, .init, data.drop,   the work is done by a loop in C++; the call takes a small part of the time,
//   table.fill, .copy, .init, elem.drop     except for short lengths (no machine code for constant short ones yet)
//   array.fill, .copy, .init_data,          the same
//   .init_elem, .new_data, .new_elem
//   struct.new, array.new_fixed             only large objects, or many operands (kMostFields, kMostFixed)
//   array.new                               only with vectors, or with many or an unknown number of elements to fill
//   throw, throw_ref, rethrow               they walk the stack
#pragma once

#include <cstdint>

#include "core/opcode.h"
#include "runtime/gc/layout.h"
#include "runtime/instance/instance_context.h"

namespace mini_wasm::jit {

// `operands`: the slot of the first operand; the results replace the operands. `x`, `y`: immediates. `fp`: the caller's
// frame. `sp`: the address on the machine stack of the call's return address.
// Result: 0 (TrapCode::none): the code continues behind the call. Otherwise a TrapCode, or one of the numbers below.
using RuntimeCall = uint64_t (*)(runtime::InstanceContext* ctx, runtime::Slot* operands, uint64_t x, uint64_t y,
                                 runtime::Slot* fp, const void* const* sp);
// kUnwind + Exit: the activation ends with this Exit, whose details (such as Execution::pending_error) are already set.
inline constexpr uint64_t kUnwind = 0x100;
// A handler for an exception was found; Activation::resume says where execution continues.
inline constexpr uint64_t kResume = 0x200;
// Only from host_call: a host function waits, and the activation is left so that it can go on (Stubs::resume).
inline constexpr uint64_t kSuspend = 0x400;
// Only from the stub of a trap: a frame did not fit below the stack limit (Execution::why_no_room).
inline constexpr uint64_t kNoRoom = 0x300;

// The call for a numeric instruction (classes numeric, numeric_trap and simd), or for memory.atomic.wait or notify (x:
// memory index, y: static offset); null for all other opcodes.
RuntimeCall semantic_call(Op op);

// The call for a memory.* or table.* instruction, and for data.drop and elem.drop. x and y are the indices of the
// instruction, in the order in which the Sink gets them (validator/sink.h).
RuntimeCall bulk_call(Op op);
struct BulkShape {
  uint8_t operands = 0;
  bool has_result = false;  // the old size (memory.grow, table.grow)
};
BulkShape bulk_shape(Op op);

// The call for an instruction on structures or arrays; null if it always has machine code. x: the address of the
// TypeLayout if needs_layout(op). y: the second index of the instruction in bits 0 to 31; from bit 32 on, how many
// slots the operands take.
RuntimeCall gc_call(Op op);
bool needs_layout(Op op);

// For machine code that allocates from the heap itself, when it finds no free cell. Returns a reference to a new
// structure, or to a new array of `length` elements, filled with zeros; or a TrapCode, which is less than kNoEntry.
// `top`: the end of the frame; the collector looks for references in slots below it.
uint64_t allocate_object(runtime::InstanceContext* ctx, const runtime::gc::TypeLayout* layout, runtime::Slot* top,
                         uint32_t length);

// throw (x: tag index, y: how many slots the arguments take); throw_ref and rethrow (the operand is the exnref).
uint64_t call_throw(runtime::InstanceContext*, runtime::Slot*, uint64_t, uint64_t, runtime::Slot*, const void* const*);
uint64_t call_throw_ref(runtime::InstanceContext*, runtime::Slot*, uint64_t, uint64_t, runtime::Slot*,
                        const void* const*);

}  // namespace mini_wasm::jit
