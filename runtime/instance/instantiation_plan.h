// InstantiationPlan: what the instantiations of one module share, so that all but the first are fast: instances that
// earlier stores no longer need, the initial content of the memory, and which imports a linker's table gives.
// Thread rule: any thread.
#pragma once

#include <memory>
#include <span>

#include "core/once.h"
#include "runtime/instance/host_imports.h"
#include "runtime/instance/module_inst.h"
#include "runtime/memory/initial_memory.h"

namespace mini_wasm::runtime {

class InstantiationPlan {
 public:
  // `engine` and `module` must outlive it.
  InstantiationPlan(Engine& engine, const decoder::Module& module);
  ~InstantiationPlan();
  InstantiationPlan(const InstantiationPlan&) = delete;
  InstantiationPlan& operator=(const InstantiationPlan&) = delete;

  InstancePool& instances() { return instances_; }
  InitialMemory& initial_memory() { return initial_memory_; }
  bool tables_hold_own_functions() const { return tables_hold_own_functions_; }
  // How the host functions of a linker's table match the imports. An empty HostImports when the imports have to be
  // looked up one by one: that is so for every table but the first.
  const HostImports& host_imports(std::span<const HostFunction> table);

 private:
  Engine& engine_;
  const decoder::Module& module_;
  InstancePool instances_;
  InitialMemory initial_memory_;
  const bool tables_hold_own_functions_;
  const HostImports no_host_imports_;
  Once host_imports_once_;
  std::unique_ptr<const HostImports> host_imports_;  // for the table that was asked for first
};

}  // namespace mini_wasm::runtime
