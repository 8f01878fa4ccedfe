// A Linker gives names to what modules may import and resolves a module's imports by name.
// Belongs to one store, which must stay where it is (a moved-from Store is empty); thread rule: that of the store.
#pragma once

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

// A function of the host with nothing of a store in it, so that a table of these can be a constant of the program.
struct HostFunction {
  std::string_view module, name;
  const FuncType& (*type)();  // the same each time
  // As a HostCallback; `data` is what the linker was given with the table.
  Result<void> (*call)(void* data, Caller& caller, uint64_t* slots);
};

class Linker {
 public:
  explicit Linker(Store& store) : store_(&store) {}

  // Defines or redefines module.name.
  void define(std::string_view module, std::string_view name, Extern value);
  template <class F>
  void func(std::string_view module, std::string_view name, F&& callable) {
    define(module, name, Func::wrap(*store_, std::forward<F>(callable)));
  }
  void func(std::string_view module, std::string_view name, const FuncType& type, HostCallback callback) {
    define(module, name, Func::make(*store_, type, std::move(callback)));
  }
  // Defines all functions of a table, which is sorted by module and then name, and is there as long as the engine.
  // Replaces what has been defined by these names. Cheaper than defining them one by one: nothing is made of those that
  // are not imported, and a module's imports are looked up once, not in each store anew.
  void functions(std::span<const HostFunction> table, void* data);
  // Defines every export of the instance under that module name.
  void instance(std::string_view module, const Instance& instance);
  std::optional<Extern> get(std::string_view module, std::string_view name) const;

  // Errors: unlinkable (the message lists each missing import), limit (there was no memory for something that has been
  // defined), and those of Instance::make.
  Result<Instance> instantiate(const Module& module) const;

  Store& store() const { return *store_; }

 private:
  struct Name {
    std::string_view module, name;
    bool operator==(const Name&) const = default;
  };
  struct Hash {
    // Of both: programs of many modules have the same few names in each.
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
  // That name, there as long as the store; that of the host function, if it is one, where it is the same.
  Name keep(const Name& name, const runtime::HostFunc* host) const;

  Store* store_;
  mutable std::unordered_map<Name, Extern, Hash> externs_;  // defined, and made of tables' functions: before the tables
  std::vector<Table> tables_;                               // the last one first
  bool incomplete_ = false;                                 // there was no memory for a definition
  mutable bool last_table_rules_ = false;                   // nothing in externs_ is of a name in it
};

}  // namespace mini_wasm
