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

// The most precise type, whatever the value was labelled with: that of null, or a function's own.
ValType actual_type(const TypeRegistry& types, const Val& value) {
  if (!value.type().is_ref()) return value.type();
  const Hierarchy hierarchy = hierarchy_of(types, value.type());
  if (value.is_null()) return ValType::ref(bottom_of(hierarchy), true);
  if (hierarchy == Hierarchy::func) return ValType::ref(value.func()->type, false);
  return value.type().with_nullable(false);
}

// The store that a reference came from; null for null references and those that belong to none.
const Store* home(const TypeRegistry& types, const Val& value) {
  if (!value.type().is_ref() || value.is_null()) return nullptr;
  switch (hierarchy_of(types, value.type())) {
    case Hierarchy::func: return value.func()->store();
    case Hierarchy::extern_: return value.extern_ref()->store;
    default: return nullptr;
  }
}

}  // namespace

Result<void> check_value(const Store& store, const Val& value, ValType wanted, const std::string& what) {
  const TypeRegistry& types = store.engine().types();
  // First, because another store's types may be another engine's.
  if (const Store* from = home(types, value); from != nullptr && from != &store) {
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

Val load_value(const Slot* slots, ValType type) {
  const bool narrow = type == ValType::i32 || type == ValType::f32;
  const uint64_t low = narrow ? static_cast<uint32_t>(slots[0]) : slots[0];
  return Val::from_bits(type, low, type.slots() == 2 ? slots[1] : 0);
}

}  // namespace mini_wasm::runtime
