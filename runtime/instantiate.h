// Instantiation (spec 4.7.2): imports are matched, objects made and initialised, segments written, the start function
// run.
#pragma once

#include <span>

#include "runtime/compiled_module.h"
#include "runtime/store.h"

namespace mini_wasm::runtime {

// `imports` in the order of the module's imports, but for those that a table gives. Errors: unlinkable, usage (number
// or store of the imports), limit, and trap when a segment does not fit or the start function traps. What was written
// before a trap stays written, and functions that got into imported tables stay callable.
struct ImportTable {
  const HostImports& imports;  // of the module
  void* data = nullptr;
};
Result<ModuleInst*> instantiate(Store& store, std::shared_ptr<const CompiledModule> module,
                                std::span<const Extern> imports, ImportTable table);

}  // namespace mini_wasm::runtime
