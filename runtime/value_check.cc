#include "runtime/value_check.h"

namespace mini_wasm::runtime {
namespace {

// Which kind of object a reference type is about.
enum class Hierarchy { func, extern_, exn, any };

Hierarchy hierarchy_of(const TypeRegistry& types, ValType type) {
  if (type.concrete()) {
    return types.get(type.type_id()).kind == CompositeKind::func ? Hierarchy::func : Hierarchy::any;
  }
  switch (type.heap()) {
    case HeapKind::func:
    case HeapKind::nofunc: return Hierarchy::func;
    case HeapKind::extern_:
    case HeapKind::noextern: return Hierarchy::extern_;
    case HeapKind::exn:
    case HeapKind::noexn: return Hierarchy::exn;
    default: return Hierarchy::any;
  }
}

HeapKind bottom_of(Hierarchy hierarchy) {
  switch (hierarchy) {
    case Hierarchy::func: return HeapKind::nofunc;
    case Hierarchy::extern_: return HeapKind::noextern;
    case Hierarchy::exn: return HeapKind::noexn;
    case Hierarchy::any: break;
  }
  return HeapKind::none;
}

// The type of a non-null reference by what it refers to; never a function's.
ValType dynamic_type(Hierarchy hierarchy, Slot ref) {
  if (hierarchy == Hierarchy::extern_) return ValType::ref(HeapKind::extern_, false);
  if (hierarchy == Hierarchy::exn) return ValType::ref(HeapKind::exn, false);
  if (gc::is_i31(ref)) return ValType::ref(HeapKind::i31, false);
  const gc::TypeLayout& layout = *gc::to_object(ref)->layout;
  return layout.type == kNoType ? ValType::ref(HeapKind::any, false) : ValType::ref(layout.type, false);
}

// The most precise type, whatever the value was labelled with: that of null, or of what it refers to.
ValType actual_type(const TypeRegistry& types, const Val& value) {
  if (!value.type().is_ref()) return value.type();
  const Hierarchy hierarchy = hierarchy_of(types, value.type());
  if (value.is_null()) return ValType::ref(bottom_of(hierarchy), true);
  if (hierarchy == Hierarchy::func) return ValType::ref(value.func()->type, false);
  return dynamic_type(hierarchy, value.bits());
}

// Whether the value refers to something of another store.
bool is_foreign(const Store& store, const Val& value) {
  if (!value.type().is_ref() || value.is_null()) return false;
  const Hierarchy hierarchy = hierarchy_of(store.engine().types(), value.type());
  if (hierarchy == Hierarchy::func) return value.func()->store() != &store;
  if (value.is_i31()) return false;
  return !store.heap().is_object(value.object());
}

// What a value that comes from a slot is labelled with. Not a defined type, which would mean nothing to another engine.
ValType label_of(const TypeRegistry& types, ValType declared, Slot ref) {
  const Hierarchy hierarchy = hierarchy_of(types, declared);
  if (hierarchy == Hierarchy::func) return ValType::ref(HeapKind::func, declared.nullable());
  if (hierarchy != Hierarchy::any) return declared;
  ValType type = ref == gc::kNull ? declared : dynamic_type(hierarchy, ref);
  if (!type.concrete()) return type;
  const bool is_struct = types.get(type.type_id()).kind == CompositeKind::struct_;
  return ValType::ref(is_struct ? HeapKind::struct_ : HeapKind::array, type.nullable());
}

}  // namespace

Result<void> check_value(const Store& store, const Val& value, ValType wanted, const std::string& what) {
  const TypeRegistry& types = store.engine().types();
  // First, because another store's types may be another engine's.
  if (is_foreign(store, value)) {
    return Error::make(ErrorKind::usage, what + ": the reference belongs to another store");
  }
  const ValType actual = actual_type(types, value);
  if (actual == wanted || (!actual.is_bottom() && types.is_subtype(actual, wanted))) return {};
  const std::string found = actual.is_bottom() ? "no value" : to_string(actual);
  return Error::make(ErrorKind::usage, what + ": expected " + to_string(wanted) + ", found " + found);
}

void store_value(Slot* slots, const Val& value) {
  slots[0] = value.bits(0);
  if (value.type().slots() == 2) slots[1] = value.bits(1);
}

Val load_value(const Store& store, const Slot* slots, ValType type) {
  const uint64_t low = canonical(type, slots[0]);
  if (type.is_ref()) type = label_of(store.engine().types(), type, low);
  return Val::from_bits(type, low, type.slots() == 2 ? slots[1] : 0);
}

}  // namespace mini_wasm::runtime
