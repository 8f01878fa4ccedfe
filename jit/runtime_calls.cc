#include "jit/runtime_calls.h"

#include <algorithm>

#include "jit/jit.h"
#include "runtime/gc/ops.h"
#include "runtime/instance/builtins.h"
#include "runtime/instance/module_inst.h"
#include "runtime/store.h"

namespace mini_wasm::jit {

using runtime::InstanceContext;
using runtime::MemInst;
using runtime::Slot;
using runtime::TableInst;
namespace gc = runtime::gc;

namespace {

// The head of a RuntimeCall. `s`: the slots of the operands.
#define CALL(name)                                                                                            \
  uint64_t name([[maybe_unused]] InstanceContext* ctx, [[maybe_unused]] Slot* s, [[maybe_unused]] uint64_t x, \
                [[maybe_unused]] uint64_t y, [[maybe_unused]] Slot* fp, [[maybe_unused]] const void* const* sp)

constexpr uint64_t code(TrapCode trap) { return static_cast<uint64_t>(trap); }

uint32_t u32_at(const Slot* slot) { return runtime::slot_get<uint32_t>(slot); }
uint64_t address_at(const Slot* slot, bool is_64) { return is_64 ? *slot : uint64_t{u32_at(slot)}; }
void set_address(Slot* slot, bool is_64, uint64_t value) {
  *slot = is_64 ? value : uint64_t{static_cast<uint32_t>(value)};
}

// --- Memories and tables ---------------------------------------------------------------------------------------------

CALL(memory_grow) {
  MemInst& memory = *ctx->memories[x];
  set_address(s, memory.type.is_64,
              static_cast<uint64_t>(ctx->store->memory_grow(memory, address_at(s, memory.type.is_64))));
  return 0;
}

CALL(memory_fill) {
  MemInst& memory = *ctx->memories[x];
  const bool is_64 = memory.type.is_64;
  return code(runtime::memory_fill(*ctx->store, memory, address_at(s, is_64), static_cast<uint8_t>(s[1]),
                                   address_at(s + 2, is_64)));
}

// The length has the smaller one of both address types (spec: memory.copy). It is the same for table.copy.
CALL(memory_copy) {
  MemInst &to = *ctx->memories[x], &from = *ctx->memories[y];
  const bool both_64 = to.type.is_64 && from.type.is_64;
  return code(runtime::memory_copy(*ctx->store, to, from, address_at(s, to.type.is_64),
                                   address_at(s + 1, from.type.is_64), address_at(s + 2, both_64)));
}

CALL(memory_init) {
  MemInst& memory = *ctx->memories[y];
  return code(runtime::memory_init(*ctx->instance, memory, DataIdx{static_cast<uint32_t>(x)},
                                   address_at(s, memory.type.is_64), u32_at(s + 1), u32_at(s + 2)));
}

CALL(data_drop) {
  runtime::data_drop(*ctx->instance, DataIdx{static_cast<uint32_t>(x)});
  return 0;
}

// The first operand is the new elements' value, the second one their number. The result is a size or -1.
CALL(table_grow) {
  TableInst& table = *ctx->tables[x];
  const bool is_64 = table.type.is_64;
  int64_t old_size;
  const TrapCode trap = ctx->store->table_grow(table, address_at(s + 1, is_64), s[0], old_size);
  if (trap == TrapCode::none) set_address(s, is_64, static_cast<uint64_t>(old_size));
  return code(trap);
}

CALL(table_fill) {
  TableInst& table = *ctx->tables[x];
  const bool is_64 = table.type.is_64;
  return code(runtime::table_fill(*ctx->store, table, address_at(s, is_64), s[1], address_at(s + 2, is_64)));
}

CALL(table_copy) {
  TableInst& to = *ctx->tables[x];
  const TableInst& from = *ctx->tables[y];
  const bool both_64 = to.type.is_64 && from.type.is_64;
  return code(runtime::table_copy(*ctx->store, to, from, address_at(s, to.type.is_64),
                                  address_at(s + 1, from.type.is_64), address_at(s + 2, both_64)));
}

CALL(table_init) {
  TableInst& table = *ctx->tables[y];
  return code(runtime::table_init(*ctx->instance, table, ElemIdx{static_cast<uint32_t>(x)},
                                  address_at(s, table.type.is_64), u32_at(s + 1), u32_at(s + 2)));
}

CALL(elem_drop) {
  runtime::elem_drop(*ctx->instance, ElemIdx{static_cast<uint32_t>(x)});
  return 0;
}

struct Bulk {
  RuntimeCall call;
  BulkShape shape;
};

Bulk bulk(Op op) {
  switch (op) {
    case Op::memory_grow: return {&memory_grow, {1, true}};
    case Op::memory_fill: return {&memory_fill, {3}};
    case Op::memory_copy: return {&memory_copy, {3}};
    case Op::memory_init: return {&memory_init, {3}};
    case Op::data_drop: return {&data_drop, {0}};
    case Op::table_grow: return {&table_grow, {2, true}};
    case Op::table_fill: return {&table_fill, {3}};
    case Op::table_copy: return {&table_copy, {3}};
    case Op::table_init: return {&table_init, {3}};
    default: return {&elem_drop, {0}};
  }
}

// --- Structures and arrays -------------------------------------------------------------------------------------------

// The immediates of calls on structures and arrays (gc_call).
const gc::TypeLayout& layout(uint64_t x) { return *reinterpret_cast<const gc::TypeLayout*>(x); }
uint32_t slots_in(uint64_t y) { return static_cast<uint32_t>(y >> 32); }
uint32_t index_in(uint64_t y) { return static_cast<uint32_t>(y); }

// Tells the collector where the current frame ends: below that it looks for references. Must be called before
// everything that may start a collection.
void publish_top(InstanceContext* ctx, Slot* s, uint64_t y) { ctx->store->activation()->top = s + slots_in(y); }

// The result of a call that makes an object: stores the reference, or returns the trap if there was no memory.
uint64_t made(const InstanceContext* ctx, Slot* s, const gc::Object* object) {
  if (object == nullptr) return code(ctx->store->heap().why_nothing());
  *s = gc::to_ref(object);
  return 0;
}

CALL(struct_new) {
  publish_top(ctx, s, y);
  return made(ctx, s, gc::struct_new(*ctx->store, layout(x), s));
}

CALL(struct_new_default) {
  publish_top(ctx, s, y);
  return made(ctx, s, gc::struct_new(*ctx->store, layout(x)));
}

CALL(array_new) {
  publish_top(ctx, s, y);
  return made(ctx, s, gc::array_new(*ctx->store, layout(x), u32_at(s + slots_in(y) - 1), s));
}

CALL(array_new_default) {
  publish_top(ctx, s, y);
  return made(ctx, s, gc::array_new(*ctx->store, layout(x), u32_at(s)));
}

CALL(array_new_fixed) {
  publish_top(ctx, s, y);
  return made(ctx, s, gc::array_new_fixed(*ctx->store, layout(x), index_in(y), s));
}

CALL(array_new_data) {
  publish_top(ctx, s, y);
  return code(
      gc::array_new_data(*ctx->store, layout(x), ctx->instance->datas[index_in(y)], u32_at(s), u32_at(s + 1), *s));
}

CALL(array_new_elem) {
  publish_top(ctx, s, y);
  return code(
      gc::array_new_elem(*ctx->store, layout(x), ctx->instance->elems[index_in(y)], u32_at(s), u32_at(s + 1), *s));
}

// The last operand is found from the end, because a value before it takes two slots if it is a vector.
CALL(array_fill) { return code(gc::array_fill(*ctx->store, *s, u32_at(s + 1), s + 2, u32_at(s + slots_in(y) - 1))); }

CALL(array_copy) { return code(gc::array_copy(*ctx->store, s[0], u32_at(s + 1), s[2], u32_at(s + 3), u32_at(s + 4))); }

CALL(array_init_data) {
  return code(gc::array_init_data(*ctx->store, *s, u32_at(s + 1), ctx->instance->datas[index_in(y)], u32_at(s + 2),
                                  u32_at(s + 3)));
}

CALL(array_init_elem) {
  return code(gc::array_init_elem(*ctx->store, *s, u32_at(s + 1), ctx->instance->elems[index_in(y)], u32_at(s + 2),
                                  u32_at(s + 3)));
}

}  // namespace

RuntimeCall bulk_call(Op op) { return bulk(op).call; }
BulkShape bulk_shape(Op op) { return bulk(op).shape; }

RuntimeCall gc_call(Op op) {
  switch (op) {
    case Op::struct_new: return &struct_new;
    case Op::struct_new_default: return &struct_new_default;
    case Op::array_new: return &array_new;
    case Op::array_new_default: return &array_new_default;
    case Op::array_new_fixed: return &array_new_fixed;
    case Op::array_new_data: return &array_new_data;
    case Op::array_new_elem: return &array_new_elem;
    case Op::array_fill: return &array_fill;
    case Op::array_copy: return &array_copy;
    case Op::array_init_data: return &array_init_data;
    case Op::array_init_elem: return &array_init_elem;
    default: return nullptr;
  }
}

bool needs_layout(Op op) {
  switch (op) {
    case Op::struct_new:
    case Op::struct_new_default:
    case Op::array_new:
    case Op::array_new_default:
    case Op::array_new_fixed:
    case Op::array_new_data:
    case Op::array_new_elem: return true;
    default: return false;
  }
}

uint64_t allocate_object(InstanceContext* ctx, const gc::TypeLayout* layout, Slot* top, uint32_t length) {
  ctx->store->activation()->top = top;
  const gc::Object* object = layout->kind == gc::ObjectKind::array ? gc::array_new(*ctx->store, *layout, length)
                                                                   : gc::struct_new(*ctx->store, *layout);
  return object != nullptr ? gc::to_ref(object) : code(ctx->store->heap().why_nothing());
}

// --- Exceptions ------------------------------------------------------------------------------------------------------

CALL(call_throw) {
  ctx->store->activation()->top = s + y;
  const auto* exception = gc::exception_new(*ctx->store, ctx->instance->tags[x], s, static_cast<uint32_t>(y));
  if (exception == nullptr) return code(ctx->store->heap().why_nothing());
  return throw_exception(*ctx, fp, sp, *exception);
}

CALL(call_throw_ref) {
  if (*s == gc::kNull) return code(TrapCode::null_exception_reference);
  return throw_exception(*ctx, fp, sp, *static_cast<const gc::ExceptionObject*>(gc::to_object(*s)));
}

}  // namespace mini_wasm::jit
