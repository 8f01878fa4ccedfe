// Handlers of structures, arrays, i31, casts and exceptions. They only fetch operands; the operations are in
// runtime/gc/ops.h and runtime/instance/slot_ops.h.
//
// There are d operand slots from a on; the result is stored in the first. Allocation may collect, so before it
// everything up to the last operand is published as live (Activation::top).
#include "interp/handler_table.h"
#include "interp/interpreter.h"
#include "interp/interpreter_code.h"
#include "runtime/gc/ops.h"
#include "runtime/instance/slot_ops.h"

namespace mini_wasm::interp {

namespace gc = runtime::gc;
namespace slot_ops = runtime::slot_ops;
using gc::Storage;
using slot_ops::u32_at;

namespace {

const gc::TypeLayout& layout_at(const Machine& m) { return *reinterpret_cast<const gc::TypeLayout*>(m.pc[2]); }

void publish_top(const Machine& m, const Operands& o) {
  m.ctx->store->execution().activation()->top = m.fp + o.a + o.d;
}

// All instructions here have three words, like calls, even if they need only two. So these helpers fit all of them.
void next_if(Machine& m, TrapCode trap) {
  if (trap != TrapCode::none) [[unlikely]]
    return raise(m, trap);
  m.pc += kCallWords;
}

// --- Structures ----------------------------------------------------------------------------------------------------

void struct_new(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  publish_top(m, o);
  next_if(m, slot_ops::struct_new(*m.ctx, m.fp + o.a, layout_at(m)));
}

void struct_new_default(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  publish_top(m, o);
  next_if(m, slot_ops::struct_new_default(*m.ctx, m.fp + o.a, layout_at(m)));
}

// A packed field is extended to 32 bits. T is the stored type; it is signed for the instructions with _s.
template <class T>
using Widened = std::conditional_t<(sizeof(T) < 4), std::conditional_t<std::is_signed_v<T>, int32_t, uint32_t>, T>;

// A v128 in a field or an element.
struct TwoSlots {
  Slot words[2];
};

template <class T>
void struct_get(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  const Slot ref = m.fp[o.a];
  if (ref == gc::kNull) [[unlikely]]
    return raise(m, TrapCode::null_structure_reference);
  runtime::slot_set<Widened<T>>(m.fp + o.a, gc::field_get<T>(gc::to_object(ref), o.x));
  m.pc += kCallWords;
}

template <class T>
void struct_set(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  const Slot ref = m.fp[o.a];
  if (ref == gc::kNull) [[unlikely]]
    return raise(m, TrapCode::null_structure_reference);
  gc::field_set<T>(gc::to_object(ref), o.x, runtime::slot_get<T>(m.fp + o.a + 1));
  m.pc += kCallWords;
}

// --- Arrays --------------------------------------------------------------------------------------------------------

void array_new(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  publish_top(m, o);
  next_if(m, slot_ops::array_new(*m.ctx, m.fp + o.a, layout_at(m), o.d));
}

void array_new_default(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  publish_top(m, o);
  next_if(m, slot_ops::array_new_default(*m.ctx, m.fp + o.a, layout_at(m)));
}

void array_new_fixed(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  publish_top(m, o);
  next_if(m, slot_ops::array_new_fixed(*m.ctx, m.fp + o.a, layout_at(m), o.x));
}

void array_new_data(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  publish_top(m, o);
  next_if(m, slot_ops::array_new_data(*m.ctx, m.fp + o.a, layout_at(m), o.x));
}

void array_new_elem(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  publish_top(m, o);
  next_if(m, slot_ops::array_new_elem(*m.ctx, m.fp + o.a, layout_at(m), o.x));
}

template <class T, bool clamps>
void array_get(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  Slot* s = m.fp + o.a;
  T value;
  const TrapCode trap = gc::array_get<T, clamps>(*s, u32_at(s + 1), value);
  if (trap != TrapCode::none) [[unlikely]]
    return raise(m, trap);
  runtime::slot_set<Widened<T>>(s, value);
  m.pc += kCallWords;
}

template <class T, bool clamps>
void array_set(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  const Slot* s = m.fp + o.a;
  next_if(m, gc::array_set<T, clamps>(*s, u32_at(s + 1), runtime::slot_get<T>(s + 2)));
}

void array_len(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  const Slot ref = m.fp[o.a];
  if (ref == gc::kNull) [[unlikely]]
    return raise(m, TrapCode::null_array_reference);
  runtime::slot_set<uint32_t>(m.fp + o.a, gc::to_object(ref)->length);
  m.pc += kCallWords;
}

void array_fill(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  next_if(m, slot_ops::array_fill(*m.ctx, m.fp + o.a, o.d));
}

void array_copy(Machine& m) { next_if(m, slot_ops::array_copy(*m.ctx, m.fp + operands_at(m.pc + 1).a)); }

void array_init_data(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  next_if(m, slot_ops::array_init_data(*m.ctx, m.fp + o.a, o.x));
}

void array_init_elem(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  next_if(m, slot_ops::array_init_elem(*m.ctx, m.fp + o.a, o.x));
}

// --- i31, equality, casts ------------------------------------------------------------------------------------------

void ref_i31(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  m.fp[o.a] = gc::ref_i31(u32_at(m.fp + o.a));
  m.pc += kCallWords;
}

template <bool sign>
void i31_get(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  const Slot ref = m.fp[o.a];
  if (ref == gc::kNull) [[unlikely]]
    return raise(m, TrapCode::null_i31_reference);
  runtime::slot_set<uint32_t>(m.fp + o.a, sign ? static_cast<uint32_t>(gc::i31_get_s(ref)) : gc::i31_get_u(ref));
  m.pc += kCallWords;
}

void ref_eq(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  Slot* s = m.fp + o.a;
  runtime::slot_set<uint32_t>(s, gc::ref_eq(s[0], s[1]) ? 1 : 0);
  m.pc += kCallWords;
}

void ref_test(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  const bool fits = gc::ref_test(*m.ctx->store, m.fp[o.a], gc::cast_target(m.pc[2]));
  runtime::slot_set<uint32_t>(m.fp + o.d, fits ? 1 : 0);
  m.pc += kCallWords;
}

void ref_cast(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  next_if(m, gc::ref_cast(*m.ctx->store, m.fp[o.a], gc::cast_target(m.pc[2])));
}

// Get and set handlers by the storage of the field or element.
template <template <class> class Shape>
Handler by_storage(Storage storage, bool sign) {
  switch (storage) {
    case Storage::i8: return sign ? Shape<int8_t>::handler() : Shape<uint8_t>::handler();
    case Storage::i16: return sign ? Shape<int16_t>::handler() : Shape<uint16_t>::handler();
    case Storage::i32: return Shape<uint32_t>::handler();
    case Storage::i64:
    case Storage::ref: return Shape<uint64_t>::handler();
    case Storage::v128: return Shape<TwoSlots>::handler();
  }
  return nullptr;
}

template <class T>
struct StructGet {
  static Handler handler() { return &wrap<&struct_get<T>>; }
};
template <class T>
struct StructSet {
  static Handler handler() { return &wrap<&struct_set<T>>; }
};
template <bool clamps>
struct Array {
  template <class T>
  struct Get {
    static Handler handler() { return &wrap<&array_get<T, clamps>>; }
  };
  template <class T>
  struct Set {
    static Handler handler() { return &wrap<&array_set<T, clamps>>; }
  };
};

template <bool clamps>
Handler array_handler(Op op, Storage storage) {
  if (op == Op::array_set) return by_storage<Array<clamps>::template Set>(storage, false);
  return by_storage<Array<clamps>::template Get>(storage, op == Op::array_get_s);
}

}  // namespace

Handler gc_access_handler(Op op, Storage storage, bool clamps) {
  switch (op) {
    case Op::struct_get:
    case Op::struct_get_u: return by_storage<StructGet>(storage, false);
    case Op::struct_get_s: return by_storage<StructGet>(storage, true);
    case Op::struct_set: return by_storage<StructSet>(storage, false);
    case Op::array_get:
    case Op::array_get_u:
    case Op::array_get_s:
    case Op::array_set: return clamps ? array_handler<true>(op, storage) : array_handler<false>(op, storage);
    default: return nullptr;
  }
}

Handler gc_handler(Op op) {
  switch (op) {
    case Op::struct_new: return &wrap<&struct_new>;
    case Op::struct_new_default: return &wrap<&struct_new_default>;
    case Op::array_new: return &wrap<&array_new>;
    case Op::array_new_default: return &wrap<&array_new_default>;
    case Op::array_new_fixed: return &wrap<&array_new_fixed>;
    case Op::array_new_data: return &wrap<&array_new_data>;
    case Op::array_new_elem: return &wrap<&array_new_elem>;
    case Op::array_len: return &wrap<&array_len>;
    case Op::array_fill: return &wrap<&array_fill>;
    case Op::array_copy: return &wrap<&array_copy>;
    case Op::array_init_data: return &wrap<&array_init_data>;
    case Op::array_init_elem: return &wrap<&array_init_elem>;
    case Op::ref_i31: return &wrap<&ref_i31>;
    case Op::i31_get_s: return &wrap<&i31_get<true>>;
    case Op::i31_get_u: return &wrap<&i31_get<false>>;
    case Op::ref_eq: return &wrap<&ref_eq>;
    case Op::ref_test: return &wrap<&ref_test>;
    case Op::ref_cast: return &wrap<&ref_cast>;
    default: return nullptr;
  }
}

}  // namespace mini_wasm::interp
