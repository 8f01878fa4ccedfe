/// @file
/// The Linker: finds a module's imports by name.
#pragma once

#include <mini_wasm/api.h>
#include <mini_wasm/instance.h>

#include <memory>
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
class SharedDefinitions;
}  // namespace runtime

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
/// There are two kinds. A linker of a store instantiates modules in this store. A linker of an engine instantiates them
/// in any store of the engine: what hosts define is defined once, and not again for each request or for each new version
/// of a plugin.
///
/// Ownership: a linker of a store must not be used after the store is gone or was moved. A linker of an engine keeps its
/// definitions, and so does each store in which it was used; copies of it share them.
///
/// Thread rule: that of the store; for a linker of an engine, any thread. Its callables are then called by all threads
/// that run stores, several at once.
class MINI_WASM_API Linker {
 public:
  /// Makes a linker without definitions for modules that are instantiated in `store`.
  explicit Linker(Store& store) : store_(&store) {}
  /// Makes a linker without definitions for modules that are instantiated in stores of `engine`.
  explicit Linker(const Engine& engine);

  /// Defines `module` `name`, or replaces its definition. When the host has no memory left for that, or the value is an
  /// empty function, every later Linker::instantiate gives an Error of kind ErrorKind::limit.
  ///
  /// In a linker of an engine, the value can be imported only in its own store; elsewhere, Linker::instantiate gives an
  /// Error of kind ErrorKind::usage.
  void define(std::string_view module, std::string_view name, Extern value);
  /// Defines a shared memory. It becomes a memory of each store in which a module imports it.
  void define(std::string_view module, std::string_view name, const SharedMemory& memory);
  /// Defines a host function from a C++ callable; see Func::wrap for the types that it can have.
  template <class F>
  void func(std::string_view module, std::string_view name, F&& callable) {
    define_host(module, name, detail::host_definition(std::forward<F>(callable)));
  }
  /// Defines a host function whose type is spelled out; see Func::make.
  void func(std::string_view module, std::string_view name, const FuncType& type, HostCallback callback) {
    define_host(module, name, {type.params, type.results, std::move(callback).take()});
  }
  /// Defines all functions of a table, which is sorted by module and then by name, and which exists as long as the
  /// engine. `data` is passed to each call. Replaces earlier definitions of these names.
  ///
  /// This is cheaper than to define the functions one by one: only imported functions are made, and the imports of a
  /// module are looked up once and not in each store again.
  void functions(std::span<const HostFunction> table, void* data);
  /// Defines every export of an instance under this module name.
  void instance(std::string_view module, const Instance& instance);
  /// What is defined by that name, or none. None in a linker of an engine.
  std::optional<Extern> get(std::string_view module, std::string_view name) const;
  /// The same, as it is in this store; also for a linker of an engine. None for what cannot be in this store.
  std::optional<Extern> get(Store& store, std::string_view module, std::string_view name) const;

  /// Instantiates a module in the linker's store with the definitions that it imports, then runs its start function.
  ///
  /// Errors: unlinkable (the message lists every import that is not defined), limit (no memory for an earlier
  /// definition), usage (a linker of an engine), and those of Instance::make.
  Result<Instance> instantiate(const Module& module) const;
  /// The same in any store, for a linker of an engine. A linker of a store accepts only that store.
  Result<Instance> instantiate(Store& store, const Module& module) const;

  /// The store that the linker belongs to. A linker of an engine belongs to none; it must not be asked.
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

  void define_host(std::string_view module, std::string_view name, detail::HostDefinition definition);
  void set(std::string_view module, std::string_view name, Extern value);
  Result<Instance> link(const Module& module) const;
  const Extern* find(const Name& name) const;
  // The same name in memory that exists as long as the store; in that of the host function where it has this name.
  Name keep(const Name& name, const runtime::HostFunc* host) const;

  Store* store_ = nullptr;                              // of a linker of a store
  std::shared_ptr<runtime::SharedDefinitions> shared_;  // of a linker of an engine, which uses nothing of what follows
  // Definitions, and what was made from tables. Searched before the tables.
  mutable std::unordered_map<Name, Extern, Hash> externs_;
  std::vector<Table> tables_;              // the one that was added last comes first
  bool incomplete_ = false;                // there was no memory for a definition
  mutable bool last_table_rules_ = false;  // externs_ has no name that is in tables_[0]
};

}  // namespace mini_wasm
