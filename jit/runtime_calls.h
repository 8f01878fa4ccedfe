// What compiled code calls: functions whose operands and results stand in slots. On x86-64 these are left:
//
//   popcnt                                  where the CPU has no instruction for it
//   memory.atomic.wait, .notify             they sleep and wake
//   memory.grow, table.grow                 they ask the system for memory
//   memory.fill, .copy, .init, data.drop,   the work is done in a loop of C++, of which the call is a small part unless
//   table.fill, .copy, .init, elem.drop     the length is; small constant lengths are worth machine code, yet to come
//   array.fill, .copy, .init_data,          the same
//   .init_elem, .new_data, .new_elem
//   struct.new, array.new_fixed             objects of more than 32 KiB; more than 16 operands (array.new_fixed)
//   array.new                               of vectors
//   throw, throw_ref, rethrow               they walk the stack
#pragma once

#include <cstdint>

#include "core/opcode.h"
#include "runtime/gc/layout.h"
#include "runtime/instance/instance_context.h"

namespace mini_wasm::jit {

// `operands`: the first operand's slot; results replace them. `x`, `y`: immediates. `fp`: the caller's frame. `sp`:
// where the machine stack holds the address that the call returns to. The result: a TrapCode, or kUnwind + Exit when
// the activation ends for another reason and everything is prepared for that.
using RuntimeCall = uint64_t (*)(runtime::InstanceContext* ctx, runtime::Slot* operands, uint64_t x, uint64_t y,
                                 runtime::Slot* fp, const void* const* sp);
inline constexpr uint64_t kUnwind = 0x100;
// An exception has found its handler: Activation::resume says where to go on.
inline constexpr uint64_t kResume = 0x200;
// Of a trap's stub alone: a frame did not fit below the stack limit (Store::why_no_room).
inline constexpr uint64_t kNoRoom = 0x300;

// Scalar numeric instructions; memory.atomic.wait and notify, of which x is the memory and y the offset; else null.
RuntimeCall semantic_call(Op op);

// memory.* and table.*: x and y are the instruction's indices, in the order of the Sink (validator/sink.h).
RuntimeCall bulk_call(Op op);
struct BulkShape {
  uint8_t operands = 0;
  bool has_result = false;  // a size
};
BulkShape bulk_shape(Op op);

// Structures and arrays, what of them has no machine code: x is the TypeLayout where needs_layout(op); y the other
// index and, from bit 32, the operands' slots.
RuntimeCall gc_call(Op op);
bool needs_layout(Op op);

// For code that takes cells from the heap itself, when it has found none: a structure or an array of `length` elements,
// zeroed, or a TrapCode, which is less than kNoEntry. `top`: the frame's end.
uint64_t allocate_object(runtime::InstanceContext* ctx, const runtime::gc::TypeLayout* layout, runtime::Slot* top,
                         uint32_t length);

// x: tag; y: slots of its arguments.
uint64_t call_throw(runtime::InstanceContext*, runtime::Slot*, uint64_t, uint64_t, runtime::Slot*, const void* const*);
uint64_t call_throw_ref(runtime::InstanceContext*, runtime::Slot*, uint64_t, uint64_t, runtime::Slot*,
                        const void* const*);

}  // namespace mini_wasm::jit
