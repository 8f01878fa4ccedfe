#include <algorithm>

#include "capi/store.h"
#include "core/guarded.h"
#include "runtime/compiled_module.h"
#include "runtime/store.h"

namespace mini_wasm::capi {
namespace {

Result<std::vector<Extern>> imports_of(const wasm_store_t& store, size_t count, const wasm_extern_vec_t* given) {
  const size_t there = given == nullptr ? 0 : given->size;
  if (there < count) {
    return Error::make(ErrorKind::usage,
                       "the module has " + std::to_string(count) + " imports, but is given " + std::to_string(there));
  }
  std::vector<Extern> imports;
  imports.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const wasm_extern_t* import = given->data[i];
    if (import == nullptr) return Error::make(ErrorKind::usage, "import " + std::to_string(i + 1) + " is null");
    if (import->store != &store) {
      return Error::make(ErrorKind::usage, "import " + std::to_string(i + 1) + " belongs to another store");
    }
    imports.push_back(import->value());
  }
  return imports;
}

Result<Instance> instantiate(wasm_store_t& store, const Module& module, const wasm_extern_vec_t* given) {
  Result<std::vector<Extern>> imports = imports_of(store, module.impl()->module().imports.size(), given);
  if (!imports) return std::move(imports).error();
  return Instance::make(store.store, module, *imports);
}

}  // namespace
}  // namespace mini_wasm::capi

using namespace mini_wasm;
using namespace mini_wasm::capi;

wasm_instance_t* wasm_instance_new(wasm_store_t* store, const wasm_module_t* module, const wasm_extern_vec_t* imports,
                                   wasm_trap_t** trap) {
  wasm_trap_t* failure = nullptr;
  wasm_instance_t* made = nullptr;
  if (store == nullptr || module == nullptr) {
    failure = usage_trap(store, "no store or no module");
  } else {
    const StoreUse use(store);
    Result<Instance> instance = guarded([&] { return instantiate(*store, module->module, imports); });
    if (instance) made = instance_ref(store, instance->impl());
    if (made == nullptr) failure = trap_of(store, instance ? out_of_memory() : std::move(instance).error());
  }
  if (trap != nullptr) {
    *trap = failure;
  } else {
    drop(failure);
  }
  return made;
}

void wasm_instance_exports(const wasm_instance_t* instance, wasm_extern_vec_t* out) {
  if (out == nullptr) return;
  wasm_extern_vec_new_empty(out);
  if (instance == nullptr) return;
  const auto fill = [&] {
    const auto exports = instance->instance().exports();
    wasm_extern_vec_new_uninitialized(out, exports.size());
    for (size_t i = 0; i < out->size; ++i) {
      out->data[i] = extern_ref(instance->store, exports[i].second);
      if (out->data[i] == nullptr) return false;
    }
    return true;
  };
  if (!guarded(fill, [] { return false; })) wasm_extern_vec_delete(out);
}
