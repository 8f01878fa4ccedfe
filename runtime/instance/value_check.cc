#include "runtime/instance/value_check.h"

namespace mini_wasm::runtime {
namespace {

// The hierarchies of reference types (spec 3.3.3): a value of one can never be of another one's type.
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

// The type of a non-null reference, taken from the object that it refers to; not for functions. An exception object has
// type exn, no matter which type the reference is labelled with.
ValType dynamic_type(Hierarchy hierarchy, Slot ref) {
  if (!gc::is_i31(ref) && gc::to_object(ref)->layout->kind == gc::ObjectKind::exception) {
    return ValType::ref(HeapKind::exn, false);
  }
  if (hierarchy == Hierarchy::extern_) return ValType::ref(HeapKind::extern_, false);
  if (gc::is_i31(ref)) return ValType::ref(HeapKind::i31, false);
  const gc::TypeLayout& layout = *gc::to_object(ref)->layout;
  return layout.type == kNoType ? ValType::ref(HeapKind::any, false) : ValType::ref(layout.type, false);
}

ValType type_of(const FuncInst& func) {
  return func.type == kNoType ? ValType::ref(HeapKind::func, false) : ValType::ref(func.type, false);
}

// Whether the reference refers to an object of this store. Does not follow the reference.
bool is_own(const Store& store, Hierarchy hierarchy, Slot ref) {
  if (ref == gc::kNull) return true;
  if (hierarchy == Hierarchy::func) return store.objects().owns(reinterpret_cast<const FuncInst*>(ref));
  if (gc::is_i31(ref)) return ref == static_cast<uint32_t>(ref);
  return store.heap().is_object(gc::to_object(ref));
}

// The most precise type of a reference of this store, no matter which type it is labelled with.
ValType actual_type(Hierarchy hierarchy, Slot ref) {
  if (ref == gc::kNull) return ValType::ref(bottom_of(hierarchy), true);
  if (hierarchy == Hierarchy::func) return type_of(*reinterpret_cast<const FuncInst*>(ref));
  return dynamic_type(hierarchy, ref);
}

Error misfit(const std::string& what, ValType wanted, const std::string& found) {
  return Error::make(ErrorKind::usage, what + ": expected " + to_string(wanted) + ", found " + found);
}

Error unknown_type(const std::string& what) {
  return Error::make(ErrorKind::usage, what + ": its type is none of this engine");
}

Result<void> check_ref(const Store& store, Hierarchy hierarchy, Slot ref, ValType wanted, const std::string& what) {
  if (!is_own(store, hierarchy, ref)) {
    return Error::make(ErrorKind::usage, what + ": the reference belongs to another store, or is none");
  }
  const ValType actual = actual_type(hierarchy, ref);
  if (store.engine().types().is_subtype(actual, wanted)) return {};
  return misfit(what, wanted, to_string(actual));
}

// The type with which a value from a slot is labelled for the embedder. Not a defined type, because that would mean
// nothing to another engine.
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
  if (value.type().is_bottom()) return misfit(what, wanted, "no value");
  // Checked first because a value of another store may have a type of another engine.
  if (!types.has(wanted) || !types.has(value.type())) return unknown_type(what);
  if (value.type().is_ref()) {
    return check_ref(store, hierarchy_of(types, value.type()), value.bits(), wanted, what);
  }
  if (value.type() == wanted) return {};
  return misfit(what, wanted, to_string(value.type()));
}

bool has_type(const Store& store, Slot ref, ValType type) {
  const TypeRegistry& types = store.engine().types();
  return types.is_subtype(actual_type(hierarchy_of(types, type), ref), type);
}

Result<std::vector<Slot>> checked_slots(const Store& store, std::span<const Val> values,
                                        const std::vector<ValType>& types, const char* what) {
  if (values.size() != types.size()) {
    return Error::make(ErrorKind::usage,
                       "expected " + std::to_string(types.size()) + " values, found " + std::to_string(values.size()));
  }
  std::vector<Slot> slots(slot_count(types));
  Slot* slot = slots.data();
  for (size_t i = 0; i < values.size(); ++i) {
    Result<void> fits = check_value(store, values[i], types[i], std::string(what) + " " + std::to_string(i + 1));
    if (!fits) return std::move(fits).error();
    store_value(slot, values[i]);
    slot += types[i].slots();
  }
  return slots;
}

Error no_object(const Store& store) {
  const TrapCode why = store.heap().why_nothing();
  return why == TrapCode::interrupted ? Error::trap(why) : no_room_for_object();
}

Error no_room_for_object() { return Error::make(ErrorKind::limit, "no room for the object in the GC heap"); }

Result<void> check_results(const HostFunc& func, const Slot* slots) {
  const TypeRegistry& types = func.store->engine().types();
  for (size_t i = 0; i < func.type->results.size(); ++i) {
    const ValType type = func.type->results[i];
    const Slot* const slot = slots;
    slots += type.slots();
    if (!type.is_ref()) continue;
    const std::string what = "result " + std::to_string(i + 1);
    if (!types.has(type)) return unknown_type(what);
    Result<void> fits = check_ref(*func.store, hierarchy_of(types, type), *slot, type, what);
    if (!fits) return fits;
  }
  return {};
}

bool is_known(const TypeRegistry& types, const FuncType& type) {
  for (const std::vector<ValType>* list : {&type.params, &type.results}) {
    for (const ValType t : *list) {
      if (!types.has(t)) return false;
    }
  }
  return true;
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

Result<void> store_values(const Store& store, std::span<const ValType> types, std::span<const Val> values, Values what,
                          Slot* slots) {
  const bool arguments = what == Values::arguments;
  if (values.size() != types.size()) {
    return Error::make(ErrorKind::usage, (arguments ? "the function takes " : "the function returns ") +
                                             std::to_string(types.size()) + (arguments ? " arguments" : " results") +
                                             ", but is given " + std::to_string(values.size()));
  }
  Slot* slot = slots;
  for (size_t i = 0; i < values.size(); ++i) {
    // The text takes longer than the check of a number.
    if (types[i].is_ref() || values[i].type() != types[i]) {
      Result<void> fits =
          check_value(store, values[i], types[i], (arguments ? "argument " : "result ") + std::to_string(i + 1));
      if (!fits) return fits;
    }
    store_value(slot, values[i]);
    slot += types[i].slots();
  }
  return {};
}

std::vector<Val> load_values(const Store& store, std::span<const ValType> types, const Slot* slots) {
  std::vector<Val> values;
  values.reserve(types.size());
  for (const ValType type : types) {
    values.push_back(load_value(store, slots, type));
    slots += type.slots();
  }
  return values;
}

}  // namespace mini_wasm::runtime
