// Which imports of a module a table of host functions gives (Linker::functions): looked up and matched once per module,
// so that an instance only has to say whose functions they are. Const, hence for any thread.
#pragma once

#include <mini_wasm/linker.h>

#include <span>
#include <vector>

#include "decoder/module.h"
#include "runtime/func_inst.h"

namespace mini_wasm::runtime {

class Engine;

const HostFunction* find_host_function(std::span<const HostFunction> table, std::string_view module,
                                       std::string_view name);

class HostImports {
 public:
  HostImports(const decoder::Module& module, Engine& engine, std::span<const HostFunction> table);

  bool is_for(std::span<const HostFunction> table) const {
    return table.data() == table_.data() && table.size() == table_.size();
  }
  // The imports that are not given, in their order: of another name or type, or no functions.
  std::span<const decoder::Import* const> others() const { return others_; }
  // The functions that are given, as those of a store, into `imported`. They are kept in `made`, which is empty at
  // first and then serves one instance after the other: only one HostImports of a module gives any.
  void make(Store& store, void* data, std::vector<HostFuncInst>& made, std::span<FuncInst*> imported) const;

 private:
  struct Given {
    FuncIdx index;
    HostFuncInst inst;  // of no store
  };

  bool give(const decoder::Module& module, Engine& engine, const decoder::Import& import);

  std::span<const HostFunction> table_;
  std::vector<const decoder::Import*> others_;
  std::vector<Given> funcs_;
};

}  // namespace mini_wasm::runtime
