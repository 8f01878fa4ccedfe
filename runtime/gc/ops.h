// What the GC instructions do (spec 4.6 "Reference Instructions"), for the interpreter, compilers and constant
// expressions.
//
// Allocation may collect. Before it, everything that the caller still needs must be where the collector looks for roots
// (see roots.h). Running code therefore sets Activation::top to the end of its frame, and keeps references in slots, on
// the native stack or in registers.
#pragma once

#include <mini_wasm/trap.h>

#include <bit>
#include <span>
#include <type_traits>

#include "core/speculation.h"
#include "runtime/gc/heap.h"
#include "runtime/store.h"

namespace mini_wasm::runtime::gc {

// --- Allocation: null means that there is no object (Heap::why_nothing says why)

// All fields have their default value (zero, null).
inline Object* struct_new(Store& store, const TypeLayout& layout) { return store.heap().new_struct(layout); }
// The same, with the fields from consecutive slots, in the order of the fields; a v128 takes two slots.
Object* struct_new(Store& store, const TypeLayout& layout, const Slot* operands);
inline Object* array_new(Store& store, const TypeLayout& layout, uint32_t length) {
  return store.heap().new_array(layout, length);
}
// All elements have the value at `value` (one slot, two for a v128).
Object* array_new(Store& store, const TypeLayout& layout, uint32_t length, const Slot* value);
// array.new_fixed: the values of the elements are in consecutive slots.
Object* array_new_fixed(Store& store, const TypeLayout& layout, uint32_t length, const Slot* operands);
// array.new_data, array.new_elem: `out` is set to the reference. A dropped segment counts as empty.
TrapCode array_new_data(Store& store, const TypeLayout& layout, std::span<const uint8_t> data, uint32_t from,
                        uint32_t length, Slot& out);
TrapCode array_new_elem(Store& store, const TypeLayout& layout, std::span<const Slot> elems, uint32_t from,
                        uint32_t length, Slot& out);

// --- Fields and elements -------------------------------------------------------------------------------------------

// T is the stored type: int8_t, uint8_t, int16_t, uint16_t, uint32_t, uint64_t, float, double. The object is not null.
template <class T>
T field_get(const Object* object, uint32_t offset) {
  T value;
  std::memcpy(&value, object->at(offset), sizeof value);
  return value;
}
template <class T>
void field_set(Object* object, uint32_t offset, T value) {
  std::memcpy(object->at(offset), &value, sizeof value);
}
// Moves a value of any storage to or from slots. Packed values are zero-extended, or sign-extended if `sign` is true; a
// v128 takes two slots.
void field_get(const Object* object, FieldLayout field, bool sign, Slot* out);
void field_set(Object* object, FieldLayout field, const Slot* value);

inline uint8_t* elements(Object* array) { return array->at(kHeaderBytes); }
inline const uint8_t* elements(const Object* array) { return array->at(kHeaderBytes); }

// array.get and array.set with their checks; null is checked first. T is as above. `clamps`: see core/speculation.h.
template <class T, bool clamps = false>
TrapCode array_get(Slot array, uint32_t index, T& out) {
  if (array == kNull) [[unlikely]]
    return TrapCode::null_array_reference;
  const Object* object = to_object(array);
  if (index >= object->length) [[unlikely]]
    return TrapCode::out_of_bounds_array_access;
  std::memcpy(&out, elements(object) + clamped<clamps>(index, object->length) * sizeof(T), sizeof(T));
  return TrapCode::none;
}
template <class T, bool clamps = false>
  requires(!std::is_pointer_v<T>)  // no address of a value: that is for the function below
TrapCode array_set(Slot array, uint32_t index, T value) {
  if (array == kNull) [[unlikely]]
    return TrapCode::null_array_reference;
  Object* object = to_object(array);
  if (index >= object->length) [[unlikely]]
    return TrapCode::out_of_bounds_array_access;
  std::memcpy(elements(object) + clamped<clamps>(index, object->length) * sizeof(T), &value, sizeof(T));
  return TrapCode::none;
}
// The same for any storage, including v128.
TrapCode array_get(Slot array, uint32_t index, bool sign, Slot* out);
TrapCode array_set(Slot array, uint32_t index, const Slot* value);

// --- Bulk operations: all check null, then the bounds, before they write. An interrupt can end them in the middle

TrapCode array_fill(const Store& store, Slot array, uint32_t at, const Slot* value, uint32_t length);
// The ranges may overlap. Both arrays must have the same element storage.
TrapCode array_copy(const Store& store, Slot to, uint32_t to_at, Slot from, uint32_t from_at, uint32_t length);
// `from` is a byte offset; `length` is a number of elements. Beyond the end of the segment:
// out_of_bounds_memory_access.
TrapCode array_init_data(const Store& store, Slot array, uint32_t at, std::span<const uint8_t> data, uint32_t from,
                         uint32_t length);
// Beyond the end of the segment: out_of_bounds_table_access.
TrapCode array_init_elem(const Store& store, Slot array, uint32_t at, std::span<const Slot> elems, uint32_t from,
                         uint32_t length);

// --- Casts ---------------------------------------------------------------------------------------------------------

// The target type of ref.test, ref.cast or br_on_cast, prepared once by `make_cast_target`. It fits into one word of
// code.
struct CastTarget {
  enum class Kind : uint8_t { bottom, top, eq, i31, struct_, array, object_type, func_type };
  TypeId type = kNoType;  // object_type, func_type
  uint16_t depth = 0;     // object_type: number of proper supertypes
  Kind kind = Kind::bottom;
  bool nullable = false;
};
static_assert(sizeof(CastTarget) == 8);
inline uint64_t to_word(CastTarget target) { return std::bit_cast<uint64_t>(target); }
inline CastTarget cast_target(uint64_t word) { return std::bit_cast<CastTarget>(word); }

CastTarget make_cast_target(const TypeRegistry& types, ValType target);

bool func_is_subtype(const Store& store, Slot func, TypeId target);

// Whether the reference has the type. Both must belong to the same hierarchy.
inline bool ref_test(const Store& store, Slot ref, CastTarget target) {
  if (ref == kNull) return target.nullable;
  switch (target.kind) {
    case CastTarget::Kind::bottom: return false;
    case CastTarget::Kind::top: return true;
    case CastTarget::Kind::func_type: return func_is_subtype(store, ref, target.type);
    case CastTarget::Kind::i31: return is_i31(ref);
    default: break;
  }
  if (is_i31(ref)) return target.kind == CastTarget::Kind::eq;
  const TypeLayout& layout = *to_object(ref)->layout;
  switch (target.kind) {
    case CastTarget::Kind::object_type: return layout.is_subtype_of(target.type, target.depth);
    case CastTarget::Kind::struct_: return layout.kind == ObjectKind::struct_;
    case CastTarget::Kind::array: return layout.kind == ObjectKind::array;
    default: return layout.kind <= ObjectKind::array;  // eq
  }
}
bool ref_test(const Store& store, Slot ref, ValType target);
inline TrapCode ref_cast(const Store& store, Slot ref, CastTarget target) {
  return ref_test(store, ref, target) ? TrapCode::none : TrapCode::cast_failure;
}

// --- Exceptions ----------------------------------------------------------------------------------------------------

// throw: makes an exception with its arguments from consecutive slots. Null: out of memory.
inline ExceptionObject* exception_new(Store& store, const TagInst* tag, const Slot* args, uint32_t slots) {
  return store.heap().new_exception(tag, args, slots);
}

}  // namespace mini_wasm::runtime::gc
