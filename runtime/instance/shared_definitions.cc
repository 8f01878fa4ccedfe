#include "runtime/instance/shared_definitions.h"

#include "core/guarded.h"
#include "runtime/compiled_module.h"
#include "runtime/instance/import_matching.h"
#include "runtime/instance/instantiation_plan.h"
#include "runtime/store.h"

namespace mini_wasm::runtime {

FuncType type_of(const detail::HostDefinition& definition) {
  return {{definition.params.begin(), definition.params.end()}, {definition.results.begin(), definition.results.end()}};
}

void SharedDefinitions::define(std::string_view module, std::string_view name, Definition definition) {
  const std::lock_guard lock(mutex_);
  const auto set = [&] {
    if (const auto found = definitions_.find(NameView(module, name)); found != definitions_.end()) {
      found->second = std::move(definition);
      return;
    }
    definitions_.emplace(Name(module, name), std::move(definition));
    if (!tables_.empty() && find_host_function(tables_[0].functions, module, name) != nullptr)
      last_table_rules_ = false;
  };
  guarded(set, [&] { incomplete_ = true; });
}

void SharedDefinitions::define(std::string_view module, std::string_view name, detail::HostDefinition host) {
  if (host.code.data == nullptr) return mark_incomplete();
  const auto make = [&]() -> std::shared_ptr<const SharedFunc> {
    return std::make_shared<const SharedFunc>(type_of(host), std::move(host.code), std::string(module),
                                              std::string(name));
  };
  std::shared_ptr<const SharedFunc> made = guarded(make, [] { return std::shared_ptr<const SharedFunc>(); });
  if (made == nullptr) return mark_incomplete();
  define(module, name, Definition(std::move(made)));
}

void SharedDefinitions::define(HostTable table) {
  const std::lock_guard lock(mutex_);
  const auto add = [&] {
    tables_.insert(tables_.begin(), table);
    std::erase_if(definitions_, [&](const auto& defined) {
      return find_host_function(table.functions, defined.first.first, defined.first.second) != nullptr;
    });
    last_table_rules_ = true;
  };
  guarded(add, [&] { incomplete_ = true; });
}

void SharedDefinitions::mark_incomplete() {
  const std::lock_guard lock(mutex_);
  incomplete_ = true;
}

// Needs the lock. Error: when there is a definition, but it cannot be in this store.
Result<std::optional<Extern>> SharedDefinitions::look_up(mini_wasm::Store& store, std::string_view module,
                                                         std::string_view name) {
  StoreObjects& objects = store.impl().objects();
  if (const auto found = definitions_.find(NameView(module, name)); found != definitions_.end()) {
    if (const auto* value = std::get_if<Extern>(&found->second)) return std::optional(*value);
    if (const auto* func = std::get_if<std::shared_ptr<const SharedFunc>>(&found->second)) {
      return std::optional<Extern>(Func(&store.impl(), objects.shared_func(*func)));
    }
    Result<Memory> memory = std::get<SharedMemory>(found->second).in(store);
    if (!memory) return std::move(memory).error();
    return std::optional<Extern>(*memory);
  }
  for (const HostTable& table : tables_) {
    const HostFunction* function = find_host_function(table.functions, module, name);
    if (function != nullptr) {
      return std::optional<Extern>(Func(&store.impl(), objects.table_func(*function, table.data)));
    }
  }
  return std::optional<Extern>();
}

Result<SharedDefinitions::Found> SharedDefinitions::find_all(mini_wasm::Store& store, const CompiledModule& module) {
  const std::lock_guard lock(mutex_);
  if (incomplete_) return out_of_memory();
  Found found;
  if (last_table_rules_) found.table = tables_[0];
  std::string missing;
  for (const decoder::Import* import : module.instantiation().host_imports(found.table.functions).others()) {
    Result<std::optional<Extern>> value = look_up(store, import->module, import->name);
    if (!value) return std::move(value).error();
    if (*value) {
      found.imports.push_back(**value);
    } else {
      missing += (missing.empty() ? "" : ", ") + describe(module.module(), *import);
    }
  }
  if (!missing.empty()) return Error::make(ErrorKind::unlinkable, "unknown import: " + missing);
  return found;
}

std::optional<Extern> SharedDefinitions::find(mini_wasm::Store& store, std::string_view module, std::string_view name) {
  const std::lock_guard lock(mutex_);
  Result<std::optional<Extern>> value = look_up(store, module, name);
  if (!value || !*value || (*value)->store != &store.impl()) return std::nullopt;
  return **value;
}

}  // namespace mini_wasm::runtime
