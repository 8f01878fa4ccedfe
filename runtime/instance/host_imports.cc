#include "runtime/instance/host_imports.h"

#include <algorithm>
#include <tuple>

#include "runtime/call/host_call.h"
#include "runtime/engine.h"

namespace mini_wasm::runtime {

const HostFunction* find_host_function(std::span<const HostFunction> table, std::string_view module,
                                       std::string_view name) {
  const auto before = [](const HostFunction& function, const auto& wanted) {
    return std::tie(function.module, function.name) < wanted;
  };
  const auto wanted = std::tie(module, name);
  const auto found = std::lower_bound(table.begin(), table.end(), wanted, before);
  return found != table.end() && std::tie(found->module, found->name) == wanted ? &*found : nullptr;
}

HostImports::HostImports(const decoder::Module& module, Engine& engine, std::span<const HostFunction> table)
    : table_(table) {
  for (const decoder::Import& import : module.imports) {
    if (!give(module, engine, import)) others_.push_back(&import);
  }
}

bool HostImports::give(const decoder::Module& module, Engine& engine, const decoder::Import& import) {
  if (import.kind != ExternKind::func) return false;
  const HostFunction* function = find_host_function(table_, import.module, import.name);
  if (function == nullptr) return false;
  const FuncType& type = function->type();
  const TypeId id = engine.types().intern(type);
  // A function of another type is left to match_import, which accepts subtypes and reports errors.
  if (id == kNoType || id != module.type_id(module.funcs[import.index].type)) return false;
  Given given;
  given.index = FuncIdx{import.index};
  given.inst.func.type = id;
  HostFunc& host = given.inst.host;
  host.call = function->call;
  set_type(host, type);
  host.module = function->module;
  host.name = function->name;
  funcs_.push_back(given);
  return true;
}

void HostImports::make(Store& store, void* data, std::vector<HostFuncInst>& made, std::span<FuncInst*> imported) const {
  // Function instances from the pool keep what was copied here for an earlier store.
  if (made.empty()) {
    made.reserve(funcs_.size());
    for (const Given& given : funcs_) made.push_back(given.inst);
    for (HostFuncInst& inst : made) inst.func.host = &inst.host;
  }
  for (size_t i = 0; i < funcs_.size(); ++i) {
    made[i].host.store = &store;
    made[i].host.data = data;
    imported[raw(funcs_[i].index)] = &made[i].func;
  }
}

}  // namespace mini_wasm::runtime
