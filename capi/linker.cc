#include "capi/linker.h"

#include "core/guarded.h"

using namespace mini_wasm;
using namespace mini_wasm::capi;

mini_wasm_linker_t* mini_wasm_linker_new(wasm_store_t* store) {
  return store == nullptr ? nullptr : new (std::nothrow) mini_wasm_linker_t(store);
}
void mini_wasm_linker_delete(mini_wasm_linker_t* linker) { delete linker; }

wasm_trap_t* mini_wasm_linker_define(mini_wasm_linker_t* linker, const char* module, const char* name,
                                     const wasm_extern_t* value) {
  if (linker == nullptr || module == nullptr || name == nullptr || value == nullptr) {
    return usage_trap(nullptr, "no linker, no name or nothing to define");
  }
  if (value->store != linker->store) return usage_trap(linker->store, "the definition belongs to another store");
  linker->linker.define(module, name, value->value());
  return nullptr;
}

wasm_trap_t* mini_wasm_linker_define_instance(mini_wasm_linker_t* linker, const char* module,
                                              const wasm_instance_t* instance) {
  if (linker == nullptr || module == nullptr || instance == nullptr) {
    return usage_trap(nullptr, "no linker, no name or no instance");
  }
  if (instance->store != linker->store) return usage_trap(linker->store, "the instance belongs to another store");
  linker->linker.instance(module, instance->instance());
  return nullptr;
}

wasm_extern_t* mini_wasm_linker_get(const mini_wasm_linker_t* linker, const char* module, const char* name) {
  if (linker == nullptr || module == nullptr || name == nullptr) return nullptr;
  const std::optional<Extern> found = linker->linker.get(module, name);
  return found ? extern_ref(linker->store, *found) : nullptr;
}

wasm_trap_t* mini_wasm_linker_instantiate(const mini_wasm_linker_t* linker, const wasm_module_t* module,
                                          wasm_instance_t** out) {
  if (linker == nullptr || module == nullptr || out == nullptr) return usage_trap(nullptr, "no linker or no module");
  wasm_store_t* const store = linker->store;
  const StoreUse use(store);
  Result<Instance> instance = linker->linker.instantiate(module->module);
  if (!instance) return trap_of(store, std::move(instance).error());
  wasm_instance_t* const made = instance_ref(store, instance->impl());
  if (made == nullptr) return trap_of(store, out_of_memory());
  *out = made;
  return nullptr;
}
