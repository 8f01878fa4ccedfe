#include "jit/runtime_calls.h"

#include "jit/jit.h"
#include "runtime/gc/ops.h"
#include "runtime/instance/slot_ops.h"
#include "runtime/store.h"

namespace mini_wasm::jit {

using runtime::InstanceContext;
using runtime::Slot;
namespace gc = runtime::gc;
namespace slot_ops = runtime::slot_ops;

namespace {

// The head of a RuntimeCall. `s`: the slots of the operands.
#define CALL(name)                                                                                            \
  uint64_t name([[maybe_unused]] InstanceContext* ctx, [[maybe_unused]] Slot* s, [[maybe_unused]] uint64_t x, \
                [[maybe_unused]] uint64_t y, [[maybe_unused]] Slot* fp, [[maybe_unused]] const void* const* sp)

constexpr uint64_t code(TrapCode trap) { return static_cast<uint64_t>(trap); }
constexpr uint32_t low(uint64_t immediate) { return static_cast<uint32_t>(immediate); }

// --- Memories and tables ---------------------------------------------------------------------------------------------

CALL(memory_grow) { return code(slot_ops::memory_grow(*ctx, s, low(x))); }
CALL(memory_fill) { return code(slot_ops::memory_fill(*ctx, s, low(x))); }
CALL(memory_copy) { return code(slot_ops::memory_copy(*ctx, s, low(x), low(y))); }
CALL(memory_init) { return code(slot_ops::memory_init(*ctx, s, low(x), low(y))); }
CALL(data_drop) {
  runtime::data_drop(*ctx->instance, DataIdx{low(x)});
  return 0;
}

CALL(table_grow) { return code(slot_ops::table_grow(*ctx, s, low(x))); }
CALL(table_fill) { return code(slot_ops::table_fill(*ctx, s, low(x))); }
CALL(table_copy) { return code(slot_ops::table_copy(*ctx, s, low(x), low(y))); }
CALL(table_init) { return code(slot_ops::table_init(*ctx, s, low(x), low(y))); }
CALL(elem_drop) {
  runtime::elem_drop(*ctx->instance, ElemIdx{low(x)});
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
uint32_t slots_in(uint64_t y) { return low(y >> 32); }
uint32_t index_in(uint64_t y) { return low(y); }

// Tells the collector where the current frame ends: below that it looks for references. Must be called before
// everything that may start a collection.
void publish_top(InstanceContext* ctx, Slot* s, uint64_t y) {
  ctx->store->execution().activation()->top = s + slots_in(y);
}

CALL(struct_new) {
  publish_top(ctx, s, y);
  return code(slot_ops::struct_new(*ctx, s, layout(x)));
}

CALL(struct_new_default) {
  publish_top(ctx, s, y);
  return code(slot_ops::struct_new_default(*ctx, s, layout(x)));
}

CALL(array_new) {
  publish_top(ctx, s, y);
  return code(slot_ops::array_new(*ctx, s, layout(x), slots_in(y)));
}

CALL(array_new_default) {
  publish_top(ctx, s, y);
  return code(slot_ops::array_new_default(*ctx, s, layout(x)));
}

CALL(array_new_fixed) {
  publish_top(ctx, s, y);
  return code(slot_ops::array_new_fixed(*ctx, s, layout(x), index_in(y)));
}

CALL(array_new_data) {
  publish_top(ctx, s, y);
  return code(slot_ops::array_new_data(*ctx, s, layout(x), index_in(y)));
}

CALL(array_new_elem) {
  publish_top(ctx, s, y);
  return code(slot_ops::array_new_elem(*ctx, s, layout(x), index_in(y)));
}

CALL(array_fill) { return code(slot_ops::array_fill(*ctx, s, slots_in(y))); }
CALL(array_copy) { return code(slot_ops::array_copy(*ctx, s)); }
CALL(array_init_data) { return code(slot_ops::array_init_data(*ctx, s, index_in(y))); }
CALL(array_init_elem) { return code(slot_ops::array_init_elem(*ctx, s, index_in(y))); }

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
  ctx->store->execution().activation()->top = top;
  const gc::Object* object = layout->kind == gc::ObjectKind::array ? gc::array_new(*ctx->store, *layout, length)
                                                                   : gc::struct_new(*ctx->store, *layout);
  return object != nullptr ? gc::to_ref(object) : code(ctx->store->heap().why_nothing());
}

// --- Exceptions ------------------------------------------------------------------------------------------------------

CALL(call_throw) {
  ctx->store->execution().activation()->top = s + y;
  const auto* exception = gc::exception_new(*ctx->store, ctx->instance->tags[x], s, static_cast<uint32_t>(y));
  if (exception == nullptr) return code(ctx->store->heap().why_nothing());
  return throw_exception(*ctx, fp, sp, *exception);
}

CALL(call_throw_ref) {
  if (*s == gc::kNull) return code(TrapCode::null_exception_reference);
  return throw_exception(*ctx, fp, sp, *static_cast<const gc::ExceptionObject*>(gc::to_object(*s)));
}

}  // namespace mini_wasm::jit
