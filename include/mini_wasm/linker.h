// A Linker gives names to what modules may import and resolves a module's imports by name.
// Belongs to one store, which must stay where it is (a moved-from Store is empty); thread rule: that of the store.
#pragma once

#include <mini_wasm/instance.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

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
  void func(std::string_view module, std::string_view name, FuncType type, HostCallback callback) {
    define(module, name, Func::make(*store_, std::move(type), std::move(callback)));
  }
  // Defines every export of the instance under that module name.
  void instance(std::string_view module, const Instance& instance);
  std::optional<Extern> get(std::string_view module, std::string_view name) const;

  // Errors: unlinkable (the message lists each missing import), and those of Instance::make.
  Result<Instance> instantiate(const Module& module) const;

  Store& store() const { return *store_; }

 private:
  Store* store_;
  template <class T>
  using ByName = std::map<std::string, T, std::less<>>;
  ByName<ByName<Extern>> names_;  // by module, then by name
};

}  // namespace mini_wasm
