// HostImports: which imports of a module are functions of a given table of host functions (Linker::functions). They are
// looked up and matched once for each module, so that an instance only has to fill in its own store and data. Const
// after construction. Thread rule: any thread.
#pragma once

#include <mini_wasm/linker.h>

#include <span>
#include <vector>

#include "decoder/module.h"
#include "runtime/instance/func_inst.h"

namespace mini_wasm::runtime {

class Engine;

// A table of host functions, and what is passed to them.
struct HostTable {
  std::span<const HostFunction> functions;
  void* data = nullptr;
};

const HostFunction* find_host_function(std::span<const HostFunction> table, std::string_view module,
                                       std::string_view name);

class HostImports {
 public:
  HostImports(const decoder::Module& module, Engine& engine, std::span<const HostFunction> table);

  bool is_for(std::span<const HostFunction> table) const {
    return table.data() == table_.data() && table.size() == table_.size();
  }
  // The imports that the table does not give, in their order: another name, another type, or not a function.
  std::span<const decoder::Import* const> others() const { return others_; }
  // Makes the given functions for `store` and writes their addresses into `imported`. `made` (ModuleInst::host_funcs)
  // keeps them. In an instance from the pool it still has those of an earlier store, which are then used again. They
  // are the right ones, because only one HostImports of a module gives any functions (InstantiationPlan::host_imports).
  void make(Store& store, void* data, std::vector<HostFuncInst>& made, std::span<FuncInst*> imported) const;

 private:
  struct Given {
    FuncIdx index;
    HostFuncInst inst;  // belongs to no store; copied for each instance
  };

  bool give(const decoder::Module& module, Engine& engine, const decoder::Import& import);

  std::span<const HostFunction> table_;
  std::vector<const decoder::Import*> others_;
  std::vector<Given> funcs_;
};

}  // namespace mini_wasm::runtime
