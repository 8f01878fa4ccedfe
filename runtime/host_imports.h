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
  // Whether that import is given; else it has another name, or another type, or is not a function.
  bool gives(size_t import) const { return given_[import]; }
  size_t count() const { return funcs_.size(); }
  // The functions as those of a store, which are the imports that are given of `imported`. They are kept in `made`,
  // which is empty at first and then serves one instance after the other.
  void make(Store& store, void* data, std::vector<HostFuncInst>& made, std::span<FuncInst*> imported) const;

 private:
  struct Given {
    FuncIdx index;
    HostFuncInst inst;  // of no store
  };

  std::span<const HostFunction> table_;
  std::vector<bool> given_;  // by import
  std::vector<Given> funcs_;
};

}  // namespace mini_wasm::runtime
