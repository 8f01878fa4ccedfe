// An Instance is a module brought to life in a store (spec 4.5.4), a handle like Func and Memory.
#pragma once

#include <mini_wasm/extern.h>
#include <mini_wasm/module.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mini_wasm {

class Instance {
 public:
  // Instantiates with imports in the order of Module::imports(), then runs the start function.
  // Errors: unlinkable, trap (data or element segment out of bounds, start function), limit.
  static Result<Instance> make(Store& store, const Module& module, std::span<const Extern> imports);

  std::optional<Extern> get_export(std::string_view name) const;
  std::optional<Func> func(std::string_view name) const;
  std::optional<Memory> memory(std::string_view name) const;
  std::optional<Table> table(std::string_view name) const;
  std::optional<Global> global(std::string_view name) const;
  std::optional<Tag> tag(std::string_view name) const;
  std::vector<std::pair<std::string, Extern>> exports() const;

  runtime::ModuleInst* impl() const { return inst_; }
  Instance(runtime::Store* store, runtime::ModuleInst* inst) : store_(store), inst_(inst) {}

 private:
  runtime::Store* store_;
  runtime::ModuleInst* inst_;
};

}  // namespace mini_wasm
