// The public classes Instance and Linker.
#include <mini_wasm/instance.h>
#include <mini_wasm/linker.h>

#include "core/guarded.h"
#include "runtime/instance/import_matching.h"
#include "runtime/instance/instantiate.h"
#include "runtime/instance/instantiation_plan.h"
#include "runtime/instance/shared_definitions.h"

namespace mini_wasm {

using runtime::SharedDefinitions;

namespace {

Extern extern_of(runtime::Store* store, const runtime::ModuleInst& instance, const decoder::Export& exported) {
  Extern result;
  result.kind = exported.kind;
  result.store = store;
  switch (exported.kind) {
    case ExternKind::func: result.inst = instance.funcs[exported.index]; break;
    case ExternKind::table: result.inst = instance.tables[exported.index]; break;
    case ExternKind::memory: result.inst = instance.memories[exported.index]; break;
    case ExternKind::global: result.inst = instance.globals[exported.index]; break;
    case ExternKind::tag: result.inst = instance.tags[exported.index]; break;
  }
  return result;
}

// The host function behind `value`, if it is one of this store; else null. A host function of another store is refused
// later, when it is imported. It must not get a name from this store, because it may live longer than the store.
runtime::HostFunc* host_function_of(const runtime::Store& store, const Extern& value) {
  if (value.kind != ExternKind::func || value.inst == nullptr || value.store != &store) return nullptr;
  return static_cast<runtime::FuncInst*>(value.inst)->host;
}

}  // namespace

// --- Instance

Result<Instance> Instance::make(Store& store, const Module& module, std::span<const Extern> imports) {
  if (store.empty()) return out_of_memory();
  return guarded([&]() -> Result<Instance> {
    Result<runtime::ModuleInst*> made =
        runtime::instantiate(store.impl(), module.impl(), imports, {module.impl()->instantiation().host_imports({})});
    if (!made) return std::move(made).error();
    return Instance(&store.impl(), *made);
  });
}

std::optional<Extern> Instance::get_export(std::string_view name) const {
  runtime::check_handle(store_);
  const decoder::Export* found = inst_->module->find_export(name);
  if (found == nullptr) return std::nullopt;
  return extern_of(store_, *inst_, *found);
}

std::optional<Func> Instance::func(std::string_view name) const {
  const std::optional<Extern> found = get_export(name);
  return found ? found->func() : std::nullopt;
}
std::optional<Memory> Instance::memory(std::string_view name) const {
  const std::optional<Extern> found = get_export(name);
  return found ? found->memory() : std::nullopt;
}
std::optional<Table> Instance::table(std::string_view name) const {
  const std::optional<Extern> found = get_export(name);
  return found ? found->table() : std::nullopt;
}
std::optional<Global> Instance::global(std::string_view name) const {
  const std::optional<Extern> found = get_export(name);
  return found ? found->global() : std::nullopt;
}
std::optional<Tag> Instance::tag(std::string_view name) const {
  const std::optional<Extern> found = get_export(name);
  return found ? found->tag() : std::nullopt;
}

std::vector<std::pair<std::string, Extern>> Instance::exports() const {
  runtime::check_handle(store_);
  using Exports = std::vector<std::pair<std::string, Extern>>;
  const auto list = [&] {
    Exports result;
    for (const decoder::Export& e : inst_->module->module().exports) {
      result.emplace_back(std::string(e.name), extern_of(store_, *inst_, e));
    }
    return result;
  };
  return guarded(list, [] { return Exports(); });
}

// --- Linker
// A Linker finds host functions in two places: `externs_` (defined one by one, or already made from a table) and
// `tables_` (the newest first). As long as nothing in `externs_` hides a function of tables_[0] (`last_table_rules_`),
// the matches with that table are taken from the module (InstantiationPlan::host_imports) instead of looked up.

Linker::Name Linker::keep(const Name& name, const runtime::HostFunc* host) const {
  if (host != nullptr && Name{host->module, host->name} == name) return {host->module, host->name};
  return {store_->impl().objects().keep_name(name.module), store_->impl().objects().keep_name(name.name)};
}

Linker::Linker(const Engine& engine)
    : shared_(engine.impl() == nullptr ? nullptr
                                       : guarded([&] { return std::make_shared<SharedDefinitions>(engine.impl()); },
                                                 [] { return std::shared_ptr<SharedDefinitions>(); })),
      incomplete_(shared_ == nullptr) {}

void Linker::define(std::string_view module, std::string_view name, Extern value) {
  const bool is_empty = value.inst == nullptr && value.kind == ExternKind::func;
  if (shared_ != nullptr) return is_empty ? shared_->mark_incomplete() : shared_->define(module, name, value);
  if (store_ == nullptr || store_->empty() || is_empty) return void(incomplete_ = true);
  guarded([&] { set(module, name, value); }, [&] { incomplete_ = true; });
}

void Linker::define(std::string_view module, std::string_view name, const SharedMemory& memory) {
  if (shared_ != nullptr) return shared_->define(module, name, memory);
  if (store_ == nullptr) return;
  const Result<Memory> own = memory.in(*store_);
  define(module, name, own ? Extern(*own) : Extern());
}

void Linker::define_host(std::string_view module, std::string_view name, detail::HostDefinition definition) {
  if (shared_ != nullptr) return shared_->define(module, name, std::move(definition));
  if (store_ != nullptr) define(module, name, Func::make(*store_, std::move(definition)));
}

void Linker::set(std::string_view module, std::string_view name, Extern value) {
  runtime::HostFunc* host = host_function_of(store_->impl(), value);
  auto found = externs_.find({module, name});
  if (found == externs_.end()) {
    found = externs_.emplace(keep({module, name}, host), value).first;
    if (!tables_.empty() && tables_[0].find({module, name}) != nullptr) last_table_rules_ = false;
  }
  found->second = value;
  if (host == nullptr || !host->name.empty()) return;
  host->module = found->first.module;  // names for backtraces
  host->name = found->first.name;
}

const HostFunction* Linker::Table::find(const Name& name) const {
  return runtime::find_host_function(functions, name.module, name.name);
}

void Linker::functions(std::span<const HostFunction> table, void* data) {
  if (shared_ != nullptr) return shared_->define({table, data});
  const bool added =
      guarded([&] { return tables_.insert(tables_.begin(), {table, data}), true; }, [] { return false; });
  if (!added) return void(incomplete_ = true);
  // A later definition replaces an earlier one, so what the new table gives is no longer taken from `externs_`.
  std::erase_if(externs_, [&](const auto& defined) { return tables_[0].find(defined.first) != nullptr; });
  last_table_rules_ = true;
}

const Extern* Linker::find(const Name& name) const {
  if (const auto found = externs_.find(name); found != externs_.end()) return &found->second;
  for (const Table& table : tables_) {
    const HostFunction* function = table.find(name);
    if (function == nullptr) continue;
    const Func made(&store_->impl(), store_->impl().objects().table_func(*function, table.data));
    if (&table == &tables_[0]) last_table_rules_ = false;
    return &externs_.emplace(Name{function->module, function->name}, made).first->second;
  }
  return nullptr;
}

void Linker::instance(std::string_view module, const Instance& instance) {
  for (const decoder::Export& e : instance.impl()->module->module().exports) {
    define(module, e.name, *instance.get_export(e.name));
  }
}

std::optional<Extern> Linker::get(std::string_view module, std::string_view name) const {
  if (store_ == nullptr || store_->empty()) return std::nullopt;
  const Extern* found =
      guarded([&] { return find({module, name}); }, [] { return static_cast<const Extern*>(nullptr); });
  return found == nullptr ? std::nullopt : std::optional(*found);
}

std::optional<Extern> Linker::get(Store& store, std::string_view module, std::string_view name) const {
  if (shared_ == nullptr) return &store == store_ ? get(module, name) : std::nullopt;
  if (store.empty()) return std::nullopt;
  return guarded([&] { return shared_->find(store, module, name); }, [] { return std::optional<Extern>(); });
}

namespace {

Result<Instance> instantiate_with(Store& store, const Module& module, std::span<const Extern> imports,
                                  const runtime::HostImports& given, void* data) {
  Result<runtime::ModuleInst*> made = runtime::instantiate(store.impl(), module.impl(), imports, {given, data});
  if (!made) return std::move(made).error();
  return Instance(&store.impl(), *made);
}

Error belongs_elsewhere(const char* message) {
  return guarded([&] { return Error::make(ErrorKind::usage, message); }, out_of_memory);
}

}  // namespace

Result<Instance> Linker::instantiate(const Module& module) const {
  if (shared_ != nullptr) return belongs_elsewhere("a linker of an engine needs a store to instantiate in");
  if (incomplete_ || store_->empty()) return out_of_memory();
  return guarded([&] { return link(module); });
}

Result<Instance> Linker::instantiate(Store& store, const Module& module) const {
  if (shared_ == nullptr) {
    if (store_ == nullptr) return out_of_memory();
    if (&store != store_) return belongs_elsewhere("the linker belongs to another store");
    return instantiate(module);
  }
  if (store.empty()) return out_of_memory();
  if (&shared_->engine() != &store.impl().engine()) {
    return belongs_elsewhere("the linker and the store belong to different engines");
  }
  return guarded([&]() -> Result<Instance> {
    Result<SharedDefinitions::Found> found = shared_->find_all(store, *module.impl());
    if (!found) return std::move(found).error();
    const runtime::HostImports& given = module.impl()->instantiation().host_imports(found->table.functions);
    return instantiate_with(store, module, found->imports, given, found->table.data);
  });
}

Result<Instance> Linker::link(const Module& module) const {
  const decoder::Module& decoded = module.impl()->module();
  const Table table = last_table_rules_ ? tables_[0] : Table{};
  const runtime::HostImports& given = module.impl()->instantiation().host_imports(table.functions);
  std::vector<Extern> imports;
  imports.reserve(given.others().size());
  std::string missing;
  for (const decoder::Import* import : given.others()) {
    if (const Extern* found = find({import->module, import->name})) {
      imports.push_back(*found);
    } else {
      missing += (missing.empty() ? "" : ", ") + runtime::describe(decoded, *import);
    }
  }
  if (!missing.empty()) return Error::make(ErrorKind::unlinkable, "unknown import: " + missing);
  return instantiate_with(*store_, module, imports, given, table.data);
}

}  // namespace mini_wasm
