// Functions without their calls, globals, tables, memories, and what they have in common.
#include "capi/types.h"
#include "capi/values.h"
#include "core/guarded.h"
#include "runtime/instance/import_matching.h"
#include "runtime/store.h"

using namespace mini_wasm;
using namespace mini_wasm::capi;

namespace {

// The object of the engine behind a handle.
template <class T>
T* inst_of(const wasm_ref_t& ref) {
  return static_cast<T*>(const_cast<void*>(ref.key));
}
runtime::Store* impl_of(const wasm_ref_t& ref) { return &ref.store->store.impl(); }
const TypeRegistry& types_of(const wasm_ref_t& ref) { return impl_of(ref)->engine().types(); }

ExternKind kind_of(const wasm_extern_t& ref) {
  switch (ref.kind) {
    case RefKind::global: return ExternKind::global;
    case RefKind::table: return ExternKind::table;
    case RefKind::memory: return ExternKind::memory;
    case RefKind::tag: return ExternKind::tag;
    default: return ExternKind::func;
  }
}

wasm_externtype_t* type_of(const wasm_extern_t* ref) {
  if (ref == nullptr) return nullptr;
  return guarded(
      [&] {
        return make_type(types_of(*ref), runtime::current_type(*impl_of(*ref), kind_of(*ref), ref->value().inst));
      },
      []() -> wasm_externtype_t* { return nullptr; });
}

// Work on a store that may make objects of the garbage-collected heap, and give `otherwise` when that is not possible.
template <class T, class Work>
T in_store(wasm_store_t* store, T otherwise, Work work) {
  const StoreUse use(store);
  return guarded(work, [&] { return otherwise; });
}

}  // namespace

Extern wasm_extern_t::value() const {
  Extern result;
  result.kind = kind_of(*this);
  result.store = impl_of(*this);
  result.inst = const_cast<void*>(key);
  return result;
}
Func wasm_func_t::func() const { return {impl_of(*this), inst_of<runtime::FuncInst>(*this)}; }
Global wasm_global_t::global() const { return {impl_of(*this), inst_of<runtime::GlobalInst>(*this)}; }
Table wasm_table_t::table() const { return {impl_of(*this), inst_of<runtime::TableInst>(*this)}; }
Memory wasm_memory_t::memory() const { return {impl_of(*this), inst_of<runtime::MemInst>(*this)}; }
Instance wasm_instance_t::instance() const { return {impl_of(*this), inst_of<runtime::ModuleInst>(*this)}; }

// --- What can be imported and exported

wasm_externkind_t wasm_extern_kind(const wasm_extern_t* ref) {
  return ref == nullptr ? wasm_externkind_t{WASM_EXTERN_FUNC} : static_cast<wasm_externkind_t>(ref->kind);
}
wasm_externtype_t* wasm_extern_type(const wasm_extern_t* ref) { return type_of(ref); }
wasm_functype_t* wasm_func_type(const wasm_func_t* func) { return static_cast<wasm_functype_t*>(type_of(func)); }
wasm_globaltype_t* wasm_global_type(const wasm_global_t* global) {
  return static_cast<wasm_globaltype_t*>(type_of(global));
}
wasm_tabletype_t* wasm_table_type(const wasm_table_t* table) { return static_cast<wasm_tabletype_t*>(type_of(table)); }
wasm_memorytype_t* wasm_memory_type(const wasm_memory_t* memory) {
  return static_cast<wasm_memorytype_t*>(type_of(memory));
}

// --- Globals

wasm_global_t* wasm_global_new(wasm_store_t* store, const wasm_globaltype_t* type, const wasm_val_t* value) {
  if (store == nullptr || type == nullptr || value == nullptr) return nullptr;
  return in_store(store, static_cast<wasm_global_t*>(nullptr), [&]() -> wasm_global_t* {
    const ValType content = type->content->type;
    const Result<Val> init = val_of(store, *value, content, "initial value");
    if (!init) return nullptr;
    Result<Global> made = Global::make(store->store, {content, type->mutability == WASM_VAR}, *init);
    return made ? static_cast<wasm_global_t*>(extern_ref(store, *made)) : nullptr;
  });
}

void wasm_global_get(const wasm_global_t* global, wasm_val_t* out) {
  if (out == nullptr) return;
  *out = WASM_INIT_VAL;
  if (global == nullptr || !value_of(global->store, global->global().get(), *out)) *out = WASM_INIT_VAL;
}

void wasm_global_set(wasm_global_t* global, const wasm_val_t* value) {
  if (global == nullptr || value == nullptr) return;
  in_store(global->store, false, [&] {
    const Global self = global->global();
    const Result<Val> made = val_of(global->store, *value, self.type().value, "value");
    return made && self.set(*made);
  });
}

// --- Tables

wasm_table_t* wasm_table_new(wasm_store_t* store, const wasm_tabletype_t* type, wasm_ref_t* init) {
  if (store == nullptr || type == nullptr) return nullptr;
  return in_store(store, static_cast<wasm_table_t*>(nullptr), [&]() -> wasm_table_t* {
    if (!type->type.element.is_ref()) return nullptr;
    const Result<Val> element = val_of(store, init, type->type.element);
    if (!element) return nullptr;
    Result<Table> made = Table::make(store->store, type->type, *element);
    return made ? static_cast<wasm_table_t*>(extern_ref(store, *made)) : nullptr;
  });
}

wasm_ref_t* wasm_table_get(const wasm_table_t* table, wasm_table_size_t index) {
  if (table == nullptr) return nullptr;
  const Result<Val> value = table->table().get(index);
  wasm_ref_t* ref = nullptr;
  if (value) ref_of(table->store, *value, ref);
  return ref;
}

bool wasm_table_set(wasm_table_t* table, wasm_table_size_t index, wasm_ref_t* ref) {
  if (table == nullptr) return false;
  return in_store(table->store, false, [&] {
    const Table self = table->table();
    const Result<Val> value = val_of(table->store, ref, self.impl()->type.element);
    return value && self.set(index, *value);
  });
}

wasm_table_size_t wasm_table_size(const wasm_table_t* table) {
  return table == nullptr ? 0 : clamp(table->table().size());
}

bool wasm_table_grow(wasm_table_t* table, wasm_table_size_t delta, wasm_ref_t* init) {
  if (table == nullptr) return false;
  return in_store(table->store, false, [&] {
    const Result<Val> value = val_of(table->store, init, table->table().impl()->type.element);
    return value && table->table().grow(delta, *value);
  });
}

// --- Memories

wasm_memory_t* wasm_memory_new(wasm_store_t* store, const wasm_memorytype_t* type) {
  if (store == nullptr || type == nullptr) return nullptr;
  const Result<Memory> made = Memory::make(store->store, type->type);
  return made ? static_cast<wasm_memory_t*>(extern_ref(store, *made)) : nullptr;
}
byte_t* wasm_memory_data(wasm_memory_t* memory) {
  return memory == nullptr ? nullptr : reinterpret_cast<byte_t*>(memory->memory().data().data());
}
size_t wasm_memory_data_size(const wasm_memory_t* memory) {
  return memory == nullptr ? 0 : memory->memory().data().size();
}
wasm_memory_pages_t wasm_memory_size(const wasm_memory_t* memory) {
  return memory == nullptr ? 0 : clamp(memory->memory().size_pages());
}
bool wasm_memory_grow(wasm_memory_t* memory, wasm_memory_pages_t delta) {
  return memory != nullptr && memory->memory().grow(delta).has_value();
}
