#include "runtime/gc/ops.h"

#include <algorithm>

#include "runtime/instance/pieces.h"

namespace mini_wasm::runtime::gc {
namespace {

bool inside(uint64_t size, uint64_t from, uint64_t length) { return length <= size && from <= size - length; }

// Calls `f` with a zero of the integer type that the storage has. Not for v128.
template <class F>
void with_stored_type(Storage storage, F&& f) {
  switch (storage) {
    case Storage::i8: return f(uint8_t{});
    case Storage::i16: return f(uint16_t{});
    case Storage::i32: return f(uint32_t{});
    default: return f(uint64_t{});
  }
}

uint8_t* element_at(Object* array, uint32_t index) {
  return elements(array) + (size_t{index} << array->layout->element_log2);
}

uint32_t slots_of(Storage storage) { return storage == Storage::v128 ? 2 : 1; }

// Writes `length` elements. The values have `step` slots each; with step 0, the same value is written to all elements.
void write_piece(Object* array, uint32_t at, const Slot* value, uint32_t step, uint32_t length) {
  uint8_t* to = element_at(array, at);
  if (array->layout->element == Storage::v128) {
    for (uint32_t i = 0; i < length; ++i, to += 16, value += step) std::memcpy(to, value, 16);
    return;
  }
  with_stored_type(array->layout->element, [&](auto zero) {
    using T = decltype(zero);
    T* typed = reinterpret_cast<T*>(to);
    if (step == 0) {
      std::fill_n(typed, length, static_cast<T>(*value));
    } else {
      std::transform(value, value + length, typed, [](Slot slot) { return static_cast<T>(slot); });
    }
  });
}

TrapCode write_elements(const Store& store, Object* array, uint32_t at, const Slot* value, uint32_t step,
                        uint32_t length) {
  return in_pieces(&store, length, array->layout->element_log2, [&](uint64_t done, uint64_t piece) {
    write_piece(array, at + static_cast<uint32_t>(done), value + done * step, step, static_cast<uint32_t>(piece));
  });
}

// Fills a new array and returns it; null when the store is interrupted before it is full.
Object* filled(Store& store, Object* array, const Slot* value, uint32_t step, uint32_t length) {
  if (write_elements(store, array, 0, value, step, length) == TrapCode::none) return array;
  store.heap().note_cut_short();
  return nullptr;
}

// The range check of the bulk operations.
TrapCode check_range(Slot array, uint32_t at, uint32_t length) {
  if (array == kNull) return TrapCode::null_array_reference;
  return inside(to_object(array)->length, at, length) ? TrapCode::none : TrapCode::out_of_bounds_array_access;
}

bool inside_data(const TypeLayout& layout, std::span<const uint8_t> data, uint32_t from, uint32_t length) {
  return inside(data.size(), from, uint64_t{length} << layout.element_log2);
}

void get_value(const uint8_t* at, Storage storage, bool sign, Slot* out) {
  if (storage == Storage::v128) {
    std::memcpy(out, at, 16);
    return;
  }
  with_stored_type(storage, [&](auto value) {
    std::memcpy(&value, at, sizeof value);
    using Signed = std::make_signed_t<decltype(value)>;
    // A packed field becomes an i32, which is in the low half of the slot.
    *out = sign && sizeof value < 4 ? static_cast<uint32_t>(static_cast<int32_t>(static_cast<Signed>(value))) : value;
  });
}

void set_value(uint8_t* at, Storage storage, const Slot* value) {
  if (storage == Storage::v128) {
    std::memcpy(at, value, 16);
    return;
  }
  with_stored_type(storage, [&](auto stored) {
    stored = static_cast<decltype(stored)>(*value);
    std::memcpy(at, &stored, sizeof stored);
  });
}

}  // namespace

// --- Allocation ----------------------------------------------------------------------------------------------------

Object* struct_new(Store& store, const TypeLayout& layout, const Slot* operands) {
  Object* object = struct_new(store, layout);
  if (object == nullptr) return nullptr;
  for (const FieldLayout& field : layout.fields) {
    field_set(object, field, operands);
    operands += slots_of(field.storage);
  }
  return object;
}

// A new array consists of zeros, and a large one uses no memory until it is written. So a zero value is not written.
Object* array_new(Store& store, const TypeLayout& layout, uint32_t length, const Slot* value) {
  Object* array = array_new(store, layout, length);
  if (array == nullptr || std::all_of(value, value + slots_of(layout.element), [](Slot slot) { return slot == 0; })) {
    return array;
  }
  return filled(store, array, value, 0, length);
}

Object* array_new_fixed(Store& store, const TypeLayout& layout, uint32_t length, const Slot* operands) {
  Object* array = array_new(store, layout, length);
  return array == nullptr ? nullptr : filled(store, array, operands, slots_of(layout.element), length);
}

TrapCode array_new_data(Store& store, const TypeLayout& layout, std::span<const uint8_t> data, uint32_t from,
                        uint32_t length, Slot& out) {
  if (!inside_data(layout, data, from, length)) return TrapCode::out_of_bounds_memory_access;
  Object* array = array_new(store, layout, length);
  if (array == nullptr) return store.heap().why_nothing();
  out = to_ref(array);
  return array_init_data(store, out, 0, data, from, length);
}

TrapCode array_new_elem(Store& store, const TypeLayout& layout, std::span<const Slot> elems, uint32_t from,
                        uint32_t length, Slot& out) {
  if (!inside(elems.size(), from, length)) return TrapCode::out_of_bounds_table_access;
  Object* array = array_new(store, layout, length);
  if (array == nullptr) return store.heap().why_nothing();
  out = to_ref(array);
  return array_init_elem(store, out, 0, elems, from, length);
}

// --- Fields and elements -------------------------------------------------------------------------------------------

void field_get(const Object* object, FieldLayout field, bool sign, Slot* out) {
  get_value(object->at(field.offset), field.storage, sign, out);
}

void field_set(Object* object, FieldLayout field, const Slot* value) {
  set_value(object->at(field.offset), field.storage, value);
}

TrapCode array_get(Slot array, uint32_t index, bool sign, Slot* out) {
  if (const TrapCode trap = check_range(array, index, 1); trap != TrapCode::none) return trap;
  Object* object = to_object(array);
  get_value(element_at(object, index), object->layout->element, sign, out);
  return TrapCode::none;
}

TrapCode array_set(Slot array, uint32_t index, const Slot* value) {
  if (const TrapCode trap = check_range(array, index, 1); trap != TrapCode::none) return trap;
  Object* object = to_object(array);
  set_value(element_at(object, index), object->layout->element, value);
  return TrapCode::none;
}

// --- Bulk operations -----------------------------------------------------------------------------------------------

TrapCode array_fill(const Store& store, Slot array, uint32_t at, const Slot* value, uint32_t length) {
  if (const TrapCode trap = check_range(array, at, length); trap != TrapCode::none) return trap;
  return write_elements(store, to_object(array), at, value, 0, length);
}

TrapCode array_copy(const Store& store, Slot to, uint32_t to_at, Slot from, uint32_t from_at, uint32_t length) {
  if (from == kNull) return TrapCode::null_array_reference;
  if (const TrapCode trap = check_range(to, to_at, length); trap != TrapCode::none) return trap;
  if (const TrapCode trap = check_range(from, from_at, length); trap != TrapCode::none) return trap;
  Object* target = to_object(to);
  return copy_in_pieces(&store, element_at(target, to_at), element_at(to_object(from), from_at),
                        uint64_t{length} << target->layout->element_log2);
}

TrapCode array_init_data(const Store& store, Slot array, uint32_t at, std::span<const uint8_t> data, uint32_t from,
                         uint32_t length) {
  if (const TrapCode trap = check_range(array, at, length); trap != TrapCode::none) return trap;
  Object* object = to_object(array);
  if (!inside_data(*object->layout, data, from, length)) return TrapCode::out_of_bounds_memory_access;
  return copy_in_pieces(&store, element_at(object, at), data.data() + from,
                        uint64_t{length} << object->layout->element_log2);
}

TrapCode array_init_elem(const Store& store, Slot array, uint32_t at, std::span<const Slot> elems, uint32_t from,
                         uint32_t length) {
  if (const TrapCode trap = check_range(array, at, length); trap != TrapCode::none) return trap;
  if (!inside(elems.size(), from, length)) return TrapCode::out_of_bounds_table_access;
  return copy_in_pieces(&store, element_at(to_object(array), at), elems.data() + from, length * sizeof(Slot));
}

// --- Casts ---------------------------------------------------------------------------------------------------------

CastTarget make_cast_target(const TypeRegistry& types, ValType target) {
  using Kind = CastTarget::Kind;
  CastTarget result;
  result.nullable = target.nullable();
  if (target.concrete()) {
    const DefType& def = types.get(target.type_id());
    result.type = target.type_id();
    result.depth = static_cast<uint16_t>(def.supertypes.size() - 1);
    result.kind = def.kind == CompositeKind::func ? Kind::func_type : Kind::object_type;
    return result;
  }
  switch (target.heap()) {
    case HeapKind::func:
    case HeapKind::extern_:
    case HeapKind::any:
    case HeapKind::exn: result.kind = Kind::top; break;
    case HeapKind::eq: result.kind = Kind::eq; break;
    case HeapKind::i31: result.kind = Kind::i31; break;
    case HeapKind::struct_: result.kind = Kind::struct_; break;
    case HeapKind::array: result.kind = Kind::array; break;
    case HeapKind::nofunc:
    case HeapKind::noextern:
    case HeapKind::none:
    case HeapKind::noexn: result.kind = Kind::bottom; break;
  }
  return result;
}

bool func_is_subtype(const Store& store, Slot func, TypeId target) {
  return store.engine().types().is_subtype(reinterpret_cast<const FuncInst*>(func)->type, target);
}

bool ref_test(const Store& store, Slot ref, ValType target) {
  return ref_test(store, ref, make_cast_target(store.engine().types(), target));
}

}  // namespace mini_wasm::runtime::gc
