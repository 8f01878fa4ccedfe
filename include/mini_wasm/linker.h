/// @file
/// The Linker: finds a module's imports by name.
#pragma once

#include <mini_wasm/api.h>
#include <mini_wasm/instance.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mini_wasm {

namespace runtime {
struct HostFunc;
}

/// A host function that belongs to no store, so that a table of them can be a constant of the program
/// (Linker::functions).
struct HostFunction {
  std::string_view module;    ///< The module name that guests import it from.
  std::string_view name;      ///< The name that guests import.
  const FuncType& (*type)();  ///< Gives the function's type, the same object each time.
  /// The code, as in HostCallback. `data` is what the linker was given together with the table.
  Result<void> (*call)(void* data, Caller& caller, uint64_t* slots);
};

/// Gives names to what modules can import, and finds the imports of a module by these names.
///
/// Ownership: belongs to one store. It must not be used after the store is gone or was moved.
///
/// Thread rule: that of the store.
class MINI_WASM_API Linker {
 public:
  /// Makes a linker without definitions for modules that are instantiated in `store`.
  explicit Linker(Store& store) : store_(&store) {}

  /// Defines `module` `name`, or replaces its definition. When the host has no memory left for that, or the value is an
  /// empty function, every later Linker::instantiate gives an Error of kind ErrorKind::limit.
  void define(std::string_view module, std::string_view name, Extern value);
  /// Defines a host function from a C++ callable; see Func::wrap for the types that it can have.
  template <class F>
  void func(std::string_view module, std::string_view name, F&& callable) {
    define(module, name, Func::wrap(*store_, std::forward<F>(callable)));
  }
  /// Defines a host function whose type is spelled out; see Func::make.
  void func(std::string_view module, std::string_view name, const FuncType& type, HostCallback callback) {
    define(module, name, Func::make(*store_, type, std::move(callback)));
  }
  /// Defines all functions of a table, which is sorted by module and then by name, and which exists as long as the
  /// engine. `data` is passed to each call. Replaces earlier definitions of these names.
  ///
  /// This is cheaper than to define the functions one by one: only imported functions are made, and the imports of a
  /// module are looked up once and not in each store again.
  void functions(std::span<const HostFunction> table, void* data);
  /// Defines every export of an instance under this module name.
  void instance(std::string_view module, const Instance& instance);
  /// What is defined by that name, or none.
  std::optional<Extern> get(std::string_view module, std::string_view name) const;

  /// Instantiates a module in the linker's store with the definitions that it imports, then runs its start function.
  ///
  /// Errors: unlinkable (the message lists every import that is not defined), limit (no memory for an earlier
  /// definition), and those of Instance::make.
  Result<Instance> instantiate(const Module& module) const;

  /// The store that the linker belongs to.
  Store& store() const { return *store_; }

 private:
  struct Name {
    std::string_view module, name;
    bool operator==(const Name&) const = default;
  };
  struct Hash {
    // Both names count: programs of many modules have the same few names in each.
    size_t operator()(const Name& name) const {
      return 31 * std::hash<std::string_view>()(name.module) + std::hash<std::string_view>()(name.name);
    }
  };

  struct Table {
    std::span<const HostFunction> functions;
    void* data = nullptr;
    const HostFunction* find(const Name& name) const;
  };

  void set(std::string_view module, std::string_view name, Extern value);
  Result<Instance> link(const Module& module) const;
  const Extern* find(const Name& name) const;
  // The same name in memory that exists as long as the store; in that of the host function where it has this name.
  Name keep(const Name& name, const runtime::HostFunc* host) const;

  Store* store_;
  // Definitions, and what was made from tables. Searched before the tables.
  mutable std::unordered_map<Name, Extern, Hash> externs_;
  std::vector<Table> tables_;              // the one that was added last comes first
  bool incomplete_ = false;                // there was no memory for a definition
  mutable bool last_table_rules_ = false;  // externs_ has no name that is in tables_[0]
};

}  // namespace mini_wasm
