// A Linker gives names to what modules may import and resolves a module's imports by name.
// Belongs to one store, which must stay where it is (a moved-from Store is empty); thread rule: that of the store.
#pragma once

#include <mini_wasm/instance.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mini_wasm {

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
  // Defines functions that are made when something first asks for them: `source` is called with the linker's store and
  // a module's and a function's name, once for each function that there is; none: it is not one of these. Replaces what
  // has been defined by these names, as `define` does.
  using FuncSource =
      std::function<std::optional<Func>(runtime::Store& store, std::string_view module, std::string_view name)>;
  void functions(FuncSource source);
  // Defines every export of the instance under that module name.
  void instance(std::string_view module, const Instance& instance);
  std::optional<Extern> get(std::string_view module, std::string_view name) const;

  // Errors: unlinkable (the message lists each missing import), and those of Instance::make.
  Result<Instance> instantiate(const Module& module) const;

  Store& store() const { return *store_; }

 private:
  struct Name {
    std::string_view module, name;
    bool operator==(const Name&) const = default;
  };
  struct Hash {
    size_t operator()(const Name& name) const { return std::hash<std::string_view>()(name.name); }
  };

  const Extern* find(const Name& name) const;
  // That name, there as long as the store, and the name of `value` in backtraces if it has none yet.
  Name keep(const Name& name, const Extern& value) const;

  Store* store_;
  mutable std::unordered_map<Name, Extern, Hash> externs_;  // defined, and made by sources
  std::vector<FuncSource> sources_;
};

}  // namespace mini_wasm
