// The public classes StructRef and ArrayRef, and the types that the host defines for them.
#include <mini_wasm/engine.h>
#include <mini_wasm/object.h>

#include "core/guarded.h"
#include "core/limits.h"
#include "runtime/gc/ops.h"
#include "runtime/instance/value_check.h"
#include "runtime/store.h"

namespace mini_wasm {

using runtime::Slot;
namespace gc = runtime::gc;

// --- Types

namespace {

Error not_a_type(const std::string& why) { return Error::make(ErrorKind::usage, "not a valid type: " + why); }

Result<void> check_super(const TypeRegistry& types, const DefType& type) {
  if (type.super == kNoType) return {};
  if (!types.has(ValType::ref(type.super, true))) return not_a_type("its supertype is none of this engine");
  const DefType& super = types.get(type.super);
  if (super.final_) return not_a_type("its supertype is final");
  if (!types.matches_structurally(type, super)) return not_a_type("it does not match its supertype");
  if (super.supertypes.size() < TypeRegistry::kMaxSubtypingDepth) return {};
  return Error::make(ErrorKind::limit, "too many supertypes");
}

Result<TypeId> define_type(TypeRegistry& types, DefType type) {
  if (type.fields.size() > limits::kMaxFields) return Error::make(ErrorKind::limit, "too many fields");
  for (const FieldType& field : type.fields) {
    if (!types.has(field.value)) return not_a_type("a field has a type that is none of this engine");
    if (field.packed != FieldType::Packed::none && field.value != ValType::i32) {
      return not_a_type("a packed field that is no i32");
    }
  }
  if (Result<void> fits = check_super(types, type); !fits) return std::move(fits).error();
  std::vector<DefType> group;
  group.push_back(std::move(type));
  const TypeId id = types.intern_rec_group(std::move(group));
  if (id == kNoType) return Error::make(ErrorKind::limit, "the engine has too many types");
  return id;
}

DefType definition(CompositeKind kind, std::vector<FieldType> fields, TypeId super, bool is_final) {
  DefType type;
  type.kind = kind;
  type.fields = std::move(fields);
  type.super = super;
  type.final_ = is_final;
  return type;
}

// The definition of a type, if it is one of this kind; else null.
const DefType* find_type(const TypeRegistry& types, TypeId type, CompositeKind kind) {
  if (static_cast<uint32_t>(type) >= TypeRegistry::kRecBase || !types.has(ValType::ref(type, true))) return nullptr;
  const DefType& found = types.get(type);
  return found.kind == kind ? &found : nullptr;
}

}  // namespace

Result<TypeId> Engine::define(const StructType& type) const {
  if (impl_ == nullptr) return out_of_memory();
  return guarded([&] {
    return define_type(impl_->types(), definition(CompositeKind::struct_, type.fields, type.super, type.final_));
  });
}

Result<TypeId> Engine::define(const ArrayType& type) const {
  if (impl_ == nullptr) return out_of_memory();
  return guarded([&] {
    return define_type(impl_->types(), definition(CompositeKind::array, {type.element}, type.super, type.final_));
  });
}

std::optional<StructType> Engine::struct_type(TypeId type) const {
  const DefType* found = impl_ == nullptr ? nullptr : find_type(impl_->types(), type, CompositeKind::struct_);
  if (found == nullptr) return std::nullopt;
  return guarded([&] { return std::optional(StructType{found->fields, found->super, found->final_}); },
                 [] { return std::optional<StructType>(); });
}

std::optional<ArrayType> Engine::array_type(TypeId type) const {
  const DefType* found = impl_ == nullptr ? nullptr : find_type(impl_->types(), type, CompositeKind::array);
  if (found == nullptr) return std::nullopt;
  return ArrayType{found->fields[0], found->super, found->final_};
}

// --- Objects

namespace {

Result<const DefType*> type_for(const runtime::Store& store, TypeId type, CompositeKind kind) {
  const DefType* found = find_type(store.engine().types(), type, kind);
  if (found != nullptr) return found;
  return Error::make(ErrorKind::usage, std::string("no ") + (kind == CompositeKind::array ? "array" : "structure") +
                                           " type of this engine");
}

const gc::TypeLayout& layout_of(const Val& ref) { return *ref.object()->layout; }
const FieldType& field_type(const runtime::Store& store, const Val& ref, uint32_t field) {
  return store.engine().types().get(layout_of(ref).type).fields[field];
}

Result<Val> object_of_kind(Store& store, const Val& value, HeapKind kind) {
  if (store.empty()) return out_of_memory();
  return guarded([&]() -> Result<Val> {
    const ValType type = ValType::ref(kind, false);
    Result<void> fits = runtime::check_value(store.impl(), value, type, "reference");
    if (!fits) return std::move(fits).error();
    store.impl().execution().note_stack();
    return Val::from_bits(type, value.bits());
  });
}

// A new object as a value. Null: there was no room for it.
Result<Val> made(const runtime::Store& store, const gc::Object* object, HeapKind kind) {
  if (object == nullptr) return runtime::no_object(store);
  return Val::from_bits(ValType::ref(kind, false), gc::to_ref(object));
}

std::vector<ValType> field_values(const DefType& type) {
  std::vector<ValType> values;
  for (const FieldType& field : type.fields) values.push_back(field.value);
  return values;
}

// The structure, with these fields or, without them, with default values.
Result<Val> make_struct(runtime::Store& store, TypeId type, const std::span<const Val>* fields) {
  const Result<const DefType*> found = type_for(store, type, CompositeKind::struct_);
  if (!found) return Error(found.error());
  store.execution().note_stack();
  const gc::TypeLayout& layout = store.engine().layouts().get(type);
  if (fields == nullptr) {
    if (!(*found)->defaultable) return Error::make(ErrorKind::usage, "a field has no default value");
    return made(store, gc::struct_new(store, layout), HeapKind::struct_);
  }
  Result<std::vector<Slot>> slots = runtime::checked_slots(store, *fields, field_values(**found), "field");
  if (!slots) return std::move(slots).error();
  const gc::SpanRoots roots(store.heap().roots(), *slots);
  return made(store, gc::struct_new(store, layout, slots->data()), HeapKind::struct_);
}

// The index must be inside.
void set_element(gc::Object* array, uint32_t index, const Slot* value) {
  static_cast<void>(gc::array_set(gc::to_ref(array), index, value));
}

// Calls `element(i)` for each element of a new array, which must have checked them all.
template <class Elements>
Result<Val> make_array(runtime::Store& store, TypeId type, uint64_t length, Elements element) {
  if (length > ~uint32_t{0}) return runtime::no_room_for_object();
  gc::Object* array = gc::array_new(store, store.engine().layouts().get(type), static_cast<uint32_t>(length));
  for (uint32_t i = 0; array != nullptr && i < length; ++i) {
    Slot slots[2];
    runtime::store_value(slots, element(i));
    set_element(array, i, slots);
  }
  return made(store, array, HeapKind::array);
}

Result<Val> make_array(runtime::Store& store, TypeId type, std::span<const Val> elements) {
  const Result<const DefType*> found = type_for(store, type, CompositeKind::array);
  if (!found) return Error(found.error());
  store.execution().note_stack();
  // The elements may be anywhere; the collection that makes room for the array must find them.
  std::vector<Slot> refs;
  const ValType wanted = (*found)->fields[0].value;
  for (const Val& element : elements) {
    if (Result<void> fits = runtime::check_value(store, element, wanted, "element"); !fits)
      return std::move(fits).error();
    if (wanted.is_ref()) refs.push_back(element.bits());
  }
  const gc::SpanRoots roots(store.heap().roots(), refs);
  return make_array(store, type, elements.size(), [&](uint32_t i) -> const Val& { return elements[i]; });
}

Result<Val> fill_array(runtime::Store& store, TypeId type, uint32_t length, const Val& init) {
  const Result<const DefType*> found = type_for(store, type, CompositeKind::array);
  if (!found) return Error(found.error());
  store.execution().note_stack();
  Result<void> fits = runtime::check_value(store, init, (*found)->fields[0].value, "element");
  if (!fits) return std::move(fits).error();
  const Slot ref[] = {init.bits()};
  const gc::SpanRoots roots(store.heap().roots(), ref);
  return make_array(store, type, length, [&](uint32_t) -> const Val& { return init; });
}

// Whether a field or element can be set to the value.
Result<void> check_set(const runtime::Store& store, const FieldType& type, const Val& value, const char* what) {
  if (!type.mutable_) return Error::make(ErrorKind::usage, std::string(what) + ": it is immutable");
  return runtime::check_value(store, value, type.value, what);
}

Error no_such_field(uint32_t field) {
  return Error::make(ErrorKind::usage, "the structure has no field " + std::to_string(field));
}

}  // namespace

// --- StructRef

Result<StructRef> StructRef::make(Store& store, TypeId type, std::span<const Val> fields) {
  if (store.empty()) return out_of_memory();
  return guarded([&]() -> Result<StructRef> {
    Result<Val> ref = make_struct(store.impl(), type, &fields);
    if (!ref) return std::move(ref).error();
    return StructRef(&store.impl(), *ref);
  });
}

Result<StructRef> StructRef::make_default(Store& store, TypeId type) {
  if (store.empty()) return out_of_memory();
  return guarded([&]() -> Result<StructRef> {
    Result<Val> ref = make_struct(store.impl(), type, nullptr);
    if (!ref) return std::move(ref).error();
    return StructRef(&store.impl(), *ref);
  });
}

Result<StructRef> StructRef::of(Store& store, const Val& value) {
  Result<Val> ref = object_of_kind(store, value, HeapKind::struct_);
  if (!ref) return std::move(ref).error();
  return StructRef(&store.impl(), *ref);
}

TypeId StructRef::type() const {
  runtime::check_handle(store_);
  return layout_of(ref_).type;
}
uint32_t StructRef::size() const {
  runtime::check_handle(store_);
  return static_cast<uint32_t>(layout_of(ref_).fields.size());
}

Result<Val> StructRef::get(uint32_t field, Extend extend) const {
  runtime::check_handle(store_);
  return guarded([&]() -> Result<Val> {
    if (field >= size()) return no_such_field(field);
    Slot slots[2] = {};
    gc::field_get(ref_.object(), layout_of(ref_).fields[field], extend == Extend::sign, slots);
    return runtime::load_value(*store_, slots, field_type(*store_, ref_, field).value);
  });
}

Result<void> StructRef::set(uint32_t field, const Val& value) const {
  runtime::check_handle(store_);
  return guarded([&]() -> Result<void> {
    if (field >= size()) return no_such_field(field);
    if (Result<void> r = check_set(*store_, field_type(*store_, ref_, field), value, "field"); !r) return r;
    Slot slots[2];
    runtime::store_value(slots, value);
    gc::field_set(ref_.object(), layout_of(ref_).fields[field], slots);
    return {};
  });
}

// --- ArrayRef

Result<ArrayRef> ArrayRef::make(Store& store, TypeId type, std::span<const Val> elements) {
  if (store.empty()) return out_of_memory();
  return guarded([&]() -> Result<ArrayRef> {
    Result<Val> ref = make_array(store.impl(), type, elements);
    if (!ref) return std::move(ref).error();
    return ArrayRef(&store.impl(), *ref);
  });
}

Result<ArrayRef> ArrayRef::filled(Store& store, TypeId type, uint32_t length, const Val& init) {
  if (store.empty()) return out_of_memory();
  return guarded([&]() -> Result<ArrayRef> {
    Result<Val> ref = fill_array(store.impl(), type, length, init);
    if (!ref) return std::move(ref).error();
    return ArrayRef(&store.impl(), *ref);
  });
}

Result<ArrayRef> ArrayRef::of(Store& store, const Val& value) {
  Result<Val> ref = object_of_kind(store, value, HeapKind::array);
  if (!ref) return std::move(ref).error();
  return ArrayRef(&store.impl(), *ref);
}

TypeId ArrayRef::type() const {
  runtime::check_handle(store_);
  return layout_of(ref_).type;
}
uint32_t ArrayRef::size() const {
  runtime::check_handle(store_);
  return ref_.object()->length;
}

Result<Val> ArrayRef::get(uint32_t index, Extend extend) const {
  runtime::check_handle(store_);
  return guarded([&]() -> Result<Val> {
    Slot slots[2] = {};
    const TrapCode trap = gc::array_get(ref_.bits(), index, extend == Extend::sign, slots);
    if (trap != TrapCode::none) return Error::trap(trap);
    return runtime::load_value(*store_, slots, field_type(*store_, ref_, 0).value);
  });
}

Result<void> ArrayRef::set(uint32_t index, const Val& value) const {
  runtime::check_handle(store_);
  return guarded([&]() -> Result<void> {
    if (index >= size()) return Error::trap(TrapCode::out_of_bounds_array_access);
    if (Result<void> r = check_set(*store_, field_type(*store_, ref_, 0), value, "element"); !r) return r;
    Slot slots[2];
    runtime::store_value(slots, value);
    set_element(ref_.object(), index, slots);
    return {};
  });
}

}  // namespace mini_wasm
