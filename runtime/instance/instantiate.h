// Instantiation (spec 4.7.2): matches the imports, makes and initialises the objects, writes the segments, runs the
// start function.
#pragma once

#include <span>

#include "runtime/compiled_module.h"
#include "runtime/instance/host_imports.h"
#include "runtime/store.h"

namespace mini_wasm::runtime {

// `imports` are in the order of the module's imports, without those that the table gives. Errors: unlinkable; usage
// (number or store of the imports); limit; trap, when a segment does not fit or the start function traps. What was
// written before a trap stays written, and functions that were written into imported tables can still be called.
struct ImportTable {
  const HostImports& imports;  // of the same module
  void* data = nullptr;        // passed to the host functions
};
Result<ModuleInst*> instantiate(Store& store, std::shared_ptr<const CompiledModule> module,
                                std::span<const Extern> imports, ImportTable table);

// An instance whose content comes from elsewhere, with all imports given. Its memories and tables have their initial
// sizes and contain zeros and null; its globals are zero or null, whatever their types are. Of its element segments,
// those with expressions are empty. Nothing is evaluated or run. Errors: those of `instantiate`, except trap.
Result<ModuleInst*> instantiate_empty(Store& store, std::shared_ptr<const CompiledModule> module,
                                      std::span<const Extern> imports);

}  // namespace mini_wasm::runtime
