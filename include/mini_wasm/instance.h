/// @file
/// The Instance: a module in a store.
#pragma once

#include <mini_wasm/api.h>
#include <mini_wasm/extern.h>
#include <mini_wasm/module.h>
#include <mini_wasm/typed_func.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mini_wasm {

/// A module that was instantiated in a store (spec 4.7 "Instantiation").
///
/// Ownership: a handle of two pointers. The store owns the instance; a handle must not be used after its store is gone.
///
/// Thread rule: that of the store.
class MINI_WASM_API Instance {
 public:
  /// Instantiates a module, then runs its start function. `imports` are in the order of Module::imports.
  ///
  /// Errors: usage (wrong number of imports, an empty or foreign value, module and store of different engines),
  /// unlinkable (an import has the wrong type), trap (a data or element segment is out of bounds, or the start function
  /// traps), limit (StoreLimits, or no memory left), and the other errors of Func::call for the start function.
  /// After a trap, what was written to imported memories and tables stays.
  static Result<Instance> make(Store& store, const Module& module, std::span<const Extern> imports);

  /// The export of that name, or none.
  std::optional<Extern> get_export(std::string_view name) const;
  /// The exported function of that name; none when there is no such export or it is not a function.
  std::optional<Func> func(std::string_view name) const;
  /// The exported memory of that name; none when there is no such export or it is not a memory.
  std::optional<Memory> memory(std::string_view name) const;
  /// The exported table of that name; none when there is no such export or it is not a table.
  std::optional<Table> table(std::string_view name) const;
  /// The exported global of that name; none when there is no such export or it is not a global.
  std::optional<Global> global(std::string_view name) const;
  /// The exported tag of that name; none when there is no such export or it is not a tag.
  std::optional<Tag> tag(std::string_view name) const;
  /// All exports with their names, in the order of the module. Empty when the host has no memory left.
  std::vector<std::pair<std::string, Extern>> exports() const;

  /// The implementation, for the library's own use.
  runtime::ModuleInst* impl() const { return inst_; }
  /// A handle to an existing instance. For the library's own use.
  Instance(runtime::Store* store, runtime::ModuleInst* inst) : store_(store), inst_(inst) {}

 private:
  runtime::Store* store_;
  runtime::ModuleInst* inst_;
};

}  // namespace mini_wasm
