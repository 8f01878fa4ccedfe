#include "capi/values.h"

#include <mini_wasm.h>

#include "core/guarded.h"
#include "runtime/instance/value_check.h"
#include "runtime/store.h"

namespace mini_wasm::capi {
namespace {

bool is_func(const TypeRegistry& types, ValType type) { return kind_of(types, type) == WASM_FUNCREF; }

// A number whose kind is that of the type.
Val number_of(const wasm_val_t& value) {
  switch (value.kind) {
    case WASM_I32: return Val::i32(value.of.i32);
    case WASM_I64: return Val::i64(value.of.i64);
    case WASM_F32: return Val::f32(value.of.f32);
    default: return Val::f64(value.of.f64);
  }
}

}  // namespace

wasm_valkind_t kind_of(const TypeRegistry& types, ValType type) {
  switch (type.kind()) {
    case ValType::Kind::i32: return WASM_I32;
    case ValType::Kind::i64: return WASM_I64;
    case ValType::Kind::f32: return WASM_F32;
    case ValType::Kind::f64: return WASM_F64;
    case ValType::Kind::v128: return MINI_WASM_V128;
    default: break;
  }
  if (type.concrete()) {
    const bool func = types.has(type) && types.get(type.type_id()).kind == CompositeKind::func;
    return func ? static_cast<wasm_valkind_t>(WASM_FUNCREF) : static_cast<wasm_valkind_t>(MINI_WASM_ANYREF);
  }
  switch (type.heap()) {
    case HeapKind::func:
    case HeapKind::nofunc: return WASM_FUNCREF;
    case HeapKind::extern_:
    case HeapKind::noextern: return WASM_EXTERNREF;
    case HeapKind::exn:
    case HeapKind::noexn: return MINI_WASM_EXNREF;
    default: return MINI_WASM_ANYREF;
  }
}

ValType type_of(wasm_valkind_t kind) {
  switch (kind) {
    case WASM_I32: return ValType::i32;
    case WASM_I64: return ValType::i64;
    case WASM_F32: return ValType::f32;
    case WASM_F64: return ValType::f64;
    case MINI_WASM_V128: return ValType::v128;
    case WASM_EXTERNREF: return ValType::externref;
    case WASM_FUNCREF: return ValType::funcref;
    case MINI_WASM_ANYREF: return ValType::ref(HeapKind::any, true);
    case MINI_WASM_EXNREF: return ValType::ref(HeapKind::exn, true);
    default: return ValType::bottom;
  }
}

Result<Val> val_of(wasm_store_t* store, wasm_ref_t* ref, ValType type) {
  if (ref == nullptr) return Val::null(type);
  if (ref->store != store) return Error::make(ErrorKind::usage, "the reference belongs to another store");
  if (ref->kind == RefKind::object) return static_cast<ObjectRef*>(ref)->root.get();
  const wasm_valkind_t kind = kind_of(store->store.impl().engine().types(), type);
  if (ref->kind == RefKind::func && kind == WASM_FUNCREF) return static_cast<wasm_func_t*>(ref)->func().ref();
  const Val value = externref_of(store, ref);
  if (value.is_null()) return out_of_memory();
  // The guest's any.convert_extern does the same.
  if (kind == MINI_WASM_ANYREF) return Val::object(ValType::ref(HeapKind::any, false), value.object());
  return value;
}

Result<Val> val_of(wasm_store_t* store, const wasm_val_t& value, ValType type, const std::string& what) {
  const auto wrong = [&](const std::string& found) {
    return Error::make(ErrorKind::usage, what + ": expected " + to_string(type) + ", found " + found);
  };
  if (!type.is_ref()) {
    if (type.is_numeric() && type_of(value.kind) == type) return number_of(value);
    return type.is_vector() ? wrong("a wasm_val_t, which cannot hold it; mini_wasm_func_call_unchecked can")
                            : wrong("a value of kind " + std::to_string(value.kind));
  }
  if (!wasm_valkind_is_ref(value.kind)) return wrong("a number");
  Result<Val> made = val_of(store, value.of.ref, type);
  if (!made) return Error::make(made.error().kind, what + ": " + made.error().message);
  if (Result<void> fits = runtime::check_value(store->store.impl(), *made, type, what); !fits) {
    return std::move(fits).error();
  }
  return made;
}

bool ref_of(wasm_store_t* store, const Val& value, wasm_ref_t*& ref) {
  ref = nullptr;
  if (value.is_null()) return true;
  runtime::Store& impl = store->store.impl();
  if (is_func(impl.engine().types(), value.type())) {
    ref = func_ref(store, Func(&impl, value.func()));
  } else if (void* const held = Store::externref_data(value); held != nullptr) {
    ref = share(static_cast<wasm_ref_t*>(held));
  } else {
    ref = object_ref(store, value);
  }
  return ref != nullptr;
}

bool value_of(wasm_store_t* store, const Val& value, wasm_val_t& out) {
  out.kind = kind_of(store->store.impl().engine().types(), value.type());
  switch (out.kind) {
    case WASM_I32: out.of.i32 = value.i32(); return true;
    case WASM_I64: out.of.i64 = value.i64(); return true;
    case WASM_F32: out.of.f32 = value.f32(); return true;
    case WASM_F64: out.of.f64 = value.f64(); return true;
    case MINI_WASM_V128: out.of.i64 = 0; return true;
    default: return ref_of(store, value, out.of.ref);
  }
}

Result<void> write_slots(wasm_store_t* store, std::span<const wasm_val_t> values, std::span<const ValType> types,
                         const char* what, uint64_t* slots) {
  for (size_t i = 0; i < types.size(); ++i) {
    const wasm_val_t& value = values[i];
    if (types[i].is_numeric() && type_of(value.kind) == types[i]) {
      *slots++ = number_of(value).bits();
      continue;
    }
    const Result<Val> made = val_of(store, value, types[i], std::string(what) + " " + std::to_string(i + 1));
    if (!made) return made.error();
    *slots++ = made->bits();
  }
  return {};
}

Result<void> read_slots(wasm_store_t* store, const uint64_t* slots, std::span<const ValType> types,
                        wasm_val_t* values) {
  for (size_t i = 0; i < types.size(); ++i) {
    if (value_of(store, runtime::load_value(store->store.impl(), slots, types[i]), values[i])) {
      slots += types[i].slots();
      continue;
    }
    for (size_t made = 0; made < i; ++made) wasm_val_delete(&values[made]);
    return out_of_memory();
  }
  return {};
}

}  // namespace mini_wasm::capi

using namespace mini_wasm;
using namespace mini_wasm::capi;

void wasm_val_delete(wasm_val_t* value) {
  if (value == nullptr || !wasm_valkind_is_ref(value->kind)) return;
  drop(std::exchange(value->of.ref, nullptr));
}

void wasm_val_copy(wasm_val_t* out, const wasm_val_t* value) {
  if (out == nullptr || value == nullptr) return;
  *out = *value;
  if (wasm_valkind_is_ref(value->kind)) share(value->of.ref);
}
