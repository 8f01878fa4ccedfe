// Instructions on memories, tables, structures and arrays whose operands are in slots of a frame: handlers of the
// interpreter and calls of machine code are made from these. Each one takes its operands from the slots at `s`, in the
// order of the instruction, and writes the result to the first of them. Memories, tables and segments are given by their
// indices in the instance.
//
// Result: TrapCode::none, or the trap; then the slots are as before. Instructions that make an object may start a
// collection, so the caller has set Activation::top before.
#pragma once

#include <cstdint>

#include "runtime/call/frame.h"
#include "runtime/gc/ops.h"
#include "runtime/instance/builtins.h"
#include "runtime/instance/instance_context.h"
#include "runtime/instance/module_inst.h"
#include "runtime/store.h"

namespace mini_wasm::runtime::slot_ops {

inline uint32_t u32_at(const Slot* slot) { return slot_get<uint32_t>(slot); }
// Addresses, sizes and indices of a memory or table are 32-bit or 64-bit, and are always written with all 64 bits.
inline uint64_t address_at(const Slot* slot, bool is_64) { return is_64 ? *slot : uint64_t{u32_at(slot)}; }
inline void set_address(Slot* slot, bool is_64, uint64_t value) {
  *slot = is_64 ? value : uint64_t{static_cast<uint32_t>(value)};
}

// For instructions whose work grows with a length: takes the fuel for this many bytes, unless the instruction trapped.
inline TrapCode charged(const InstanceContext& ctx, uint64_t bytes, TrapCode trap) {
  if (trap == TrapCode::none) ctx.store->execution().charge_bytes(bytes);
  return trap;
}

// --- Memories

inline TrapCode memory_grow(const InstanceContext& ctx, Slot* s, uint32_t memory) {
  MemInst& m = *ctx.memories[memory];
  set_address(s, m.type.is_64, static_cast<uint64_t>(ctx.store->objects().memory_grow(m, address_at(s, m.type.is_64))));
  return TrapCode::none;
}

inline TrapCode memory_fill(const InstanceContext& ctx, const Slot* s, uint32_t memory) {
  MemInst& m = *ctx.memories[memory];
  const bool is_64 = m.type.is_64;
  const uint64_t length = address_at(s + 2, is_64);
  return charged(ctx, length,
                 runtime::memory_fill(*ctx.store, m, address_at(s, is_64), static_cast<uint8_t>(s[1]), length));
}

// The length has the smaller one of both address types (spec: memory.copy). It is the same for table.copy.
inline TrapCode memory_copy(const InstanceContext& ctx, const Slot* s, uint32_t to_memory, uint32_t from_memory) {
  MemInst &to = *ctx.memories[to_memory], &from = *ctx.memories[from_memory];
  const bool both_64 = to.type.is_64 && from.type.is_64;
  const uint64_t length = address_at(s + 2, both_64);
  return charged(ctx, length,
                 runtime::memory_copy(*ctx.store, to, from, address_at(s, to.type.is_64),
                                      address_at(s + 1, from.type.is_64), length));
}

inline TrapCode memory_init(const InstanceContext& ctx, const Slot* s, uint32_t data, uint32_t memory) {
  MemInst& m = *ctx.memories[memory];
  return charged(
      ctx, u32_at(s + 2),
      runtime::memory_init(*ctx.instance, m, DataIdx{data}, address_at(s, m.type.is_64), u32_at(s + 1), u32_at(s + 2)));
}

// --- Tables

// The first operand is the new elements' value, the second one their number. Unlike memory.grow, this can trap: an
// interrupt ends it while it fills the new elements.
inline TrapCode table_grow(const InstanceContext& ctx, Slot* s, uint32_t table) {
  TableInst& t = *ctx.tables[table];
  int64_t old_size;
  const uint64_t delta = address_at(s + 1, t.type.is_64);
  const TrapCode trap = ctx.store->objects().table_grow(t, delta, s[0], old_size);
  if (old_size >= 0) charged(ctx, delta * sizeof(Slot), trap);
  if (trap == TrapCode::none) set_address(s, t.type.is_64, static_cast<uint64_t>(old_size));
  return trap;
}

inline TrapCode table_fill(const InstanceContext& ctx, const Slot* s, uint32_t table) {
  TableInst& t = *ctx.tables[table];
  const bool is_64 = t.type.is_64;
  const uint64_t length = address_at(s + 2, is_64);
  return charged(ctx, length * sizeof(Slot), runtime::table_fill(*ctx.store, t, address_at(s, is_64), s[1], length));
}

inline TrapCode table_copy(const InstanceContext& ctx, const Slot* s, uint32_t to_table, uint32_t from_table) {
  TableInst& to = *ctx.tables[to_table];
  const TableInst& from = *ctx.tables[from_table];
  const bool both_64 = to.type.is_64 && from.type.is_64;
  const uint64_t length = address_at(s + 2, both_64);
  return charged(ctx, length * sizeof(Slot),
                 runtime::table_copy(*ctx.store, to, from, address_at(s, to.type.is_64),
                                     address_at(s + 1, from.type.is_64), length));
}

inline TrapCode table_init(const InstanceContext& ctx, const Slot* s, uint32_t elem, uint32_t table) {
  TableInst& t = *ctx.tables[table];
  return charged(
      ctx, uint64_t{u32_at(s + 2)} * sizeof(Slot),
      runtime::table_init(*ctx.instance, t, ElemIdx{elem}, address_at(s, t.type.is_64), u32_at(s + 1), u32_at(s + 2)));
}

// --- Structures and arrays. An element counts as a slot (`charged`). `slots`: how many the operands take. The length is in the last one, because the value
// before it takes one slot or two.

// The result of an instruction that makes an object; null: there was no memory.
inline TrapCode made(const InstanceContext& ctx, Slot* s, const gc::Object* object) {
  if (object == nullptr) [[unlikely]]
    return ctx.store->heap().why_nothing();
  *s = gc::to_ref(object);
  return TrapCode::none;
}

inline TrapCode struct_new(const InstanceContext& ctx, Slot* s, const gc::TypeLayout& layout) {
  return made(ctx, s, gc::struct_new(*ctx.store, layout, s));
}

inline TrapCode struct_new_default(const InstanceContext& ctx, Slot* s, const gc::TypeLayout& layout) {
  return charged(ctx, layout.bytes, made(ctx, s, gc::struct_new(*ctx.store, layout)));
}

inline TrapCode array_new(const InstanceContext& ctx, Slot* s, const gc::TypeLayout& layout, uint32_t slots) {
  const uint32_t length = u32_at(s + slots - 1);
  return charged(ctx, uint64_t{length} * sizeof(Slot), made(ctx, s, gc::array_new(*ctx.store, layout, length, s)));
}

inline TrapCode array_new_default(const InstanceContext& ctx, Slot* s, const gc::TypeLayout& layout) {
  const uint32_t length = u32_at(s);
  return charged(ctx, uint64_t{length} * sizeof(Slot), made(ctx, s, gc::array_new(*ctx.store, layout, length)));
}

inline TrapCode array_new_fixed(const InstanceContext& ctx, Slot* s, const gc::TypeLayout& layout, uint32_t length) {
  return made(ctx, s, gc::array_new_fixed(*ctx.store, layout, length, s));
}

inline TrapCode array_new_data(const InstanceContext& ctx, Slot* s, const gc::TypeLayout& layout, uint32_t data) {
  const uint32_t length = u32_at(s + 1);
  return charged(ctx, uint64_t{length} * sizeof(Slot),
                 gc::array_new_data(*ctx.store, layout, ctx.instance->datas[data], u32_at(s), length, *s));
}

inline TrapCode array_new_elem(const InstanceContext& ctx, Slot* s, const gc::TypeLayout& layout, uint32_t elem) {
  const uint32_t length = u32_at(s + 1);
  return charged(ctx, uint64_t{length} * sizeof(Slot),
                 gc::array_new_elem(*ctx.store, layout, ctx.instance->elems[elem], u32_at(s), length, *s));
}

inline TrapCode array_fill(const InstanceContext& ctx, const Slot* s, uint32_t slots) {
  const uint32_t length = u32_at(s + slots - 1);
  return charged(ctx, uint64_t{length} * sizeof(Slot), gc::array_fill(*ctx.store, *s, u32_at(s + 1), s + 2, length));
}

inline TrapCode array_copy(const InstanceContext& ctx, const Slot* s) {
  return charged(ctx, uint64_t{u32_at(s + 4)} * sizeof(Slot),
                 gc::array_copy(*ctx.store, s[0], u32_at(s + 1), s[2], u32_at(s + 3), u32_at(s + 4)));
}

inline TrapCode array_init_data(const InstanceContext& ctx, const Slot* s, uint32_t data) {
  return charged(
      ctx, uint64_t{u32_at(s + 3)} * sizeof(Slot),
      gc::array_init_data(*ctx.store, *s, u32_at(s + 1), ctx.instance->datas[data], u32_at(s + 2), u32_at(s + 3)));
}

inline TrapCode array_init_elem(const InstanceContext& ctx, const Slot* s, uint32_t elem) {
  return charged(
      ctx, uint64_t{u32_at(s + 3)} * sizeof(Slot),
      gc::array_init_elem(*ctx.store, *s, u32_at(s + 1), ctx.instance->elems[elem], u32_at(s + 2), u32_at(s + 3)));
}

}  // namespace mini_wasm::runtime::slot_ops
