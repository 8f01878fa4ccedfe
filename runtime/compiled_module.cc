#include "runtime/compiled_module.h"

#include "core/guarded.h"
#include "decoder/module_decoder.h"
#include "runtime/instance/initial_tables.h"
#include "runtime/instance/module_inst.h"
#include "validator/module_validator.h"

namespace mini_wasm::runtime {
CompiledModule::CompiledModule() = default;
CompiledModule::~CompiledModule() {
  // Saving happens when the module goes, because functions are compiled when they are first called.
  if (cache_ && code_) guarded([&] { cache_->save(*code_, all_valid_); }, [] {});
  if (PageTemplate* content = initial_memory_.made()) engine_->memory_pool().retire(*content);
}

Result<std::shared_ptr<const CompiledModule>> CompiledModule::make(std::shared_ptr<Engine> engine,
                                                                   std::vector<uint8_t> owned,
                                                                   std::span<const uint8_t> borrowed) {
  const FeatureSet features = engine->features();
  Result<std::unique_ptr<decoder::Module>> decoded =
      owned.empty() ? decoder::decode_module(borrowed, engine->types(), features)
                    : decoder::decode_module(std::move(owned), engine->types(), features);
  if (!decoded) return std::move(decoded).error();
  decoder::Module& module = **decoded;
  if (Result<void> r = validator::validate_module(module, features); !r) return std::move(r).error();

  std::shared_ptr<CompiledModule> compiled(new CompiledModule);
  const Config& config = engine->config();
  compiled->functions_ = std::make_unique<ValidatedFunctions>(module, features, &engine->tier());
  compiled->cache_ = ModuleCache::make(*engine, module);
  compiled->all_valid_ = compiled->cache_ && compiled->cache_->says_valid();
  // If an earlier run has validated all functions, they need not be validated now. A function that is compiled anew
  // still is validated, because its facts are needed.
  if (compiled->all_valid_ || (config.lazy_validation && !config.eager)) {
    compiled->functions_->validate_on_demand();
  } else if (Result<void> r = compiled->functions_->validate_all(); !r) {
    return std::move(r).error();
  } else {
    compiled->all_valid_ = true;
  }
  compiled->engine_ = std::move(engine);
  compiled->module_ = std::move(*decoded);
  compiled->index_types_and_exports();
  // `module_` and `engine_` are set by now: the objects below keep references to them.
  compiled->no_host_imports_ =
      std::make_unique<HostImports>(compiled->module(), *compiled->engine_, std::span<const HostFunction>());
  compiled->tables_hold_own_functions_ = runtime::tables_hold_own_functions(compiled->module());
  compiled->instances_ = std::make_unique<InstancePool>(config.pool_size, config.pool_bytes);
  compiled->code_ = compiled->engine_->tier().make_code(*compiled, compiled->engine_->bounds());
  if (config.eager) {
    if (Result<void> r = compiled->code_->translate_all(); !r) return std::move(r).error();
  }
  return std::shared_ptr<const CompiledModule>(std::move(compiled));
}

Result<ModuleCode*> CompiledModule::checked_code() const {
  const std::lock_guard lock(checked_mutex_);
  if (checked_code_) return checked_code_.get();
  std::unique_ptr<ModuleCode> code = engine_->tier().make_code(*this, Bounds::checked);
  if (engine_->config().eager) {
    if (Result<void> r = code->translate_all(); !r) return std::move(r).error();
  }
  checked_code_ = std::move(code);
  return checked_code_.get();
}

Result<void> CompiledModule::validate(Engine& engine, std::span<const uint8_t> bytes) {
  Result<std::unique_ptr<decoder::Module>> decoded = decoder::decode_module(bytes, engine.types(), engine.features());
  if (!decoded) return std::move(decoded).error();
  if (Result<void> r = validator::validate_module(**decoded, engine.features()); !r) return r;
  return ValidatedFunctions(**decoded, engine.features(), nullptr).validate_all();
}

void CompiledModule::index_types_and_exports() {
  for (TypeId id : module_->types) {
    const DefType& type = engine_->types().get(id);
    type_slots_.push_back({type.param_slots, type.result_slots});
  }
  exports_.reserve(module_->exports.size());
  for (uint32_t i = 0; i < module_->exports.size(); ++i) exports_.emplace(module_->exports[i].name, i);
}

const HostImports& CompiledModule::host_imports(std::span<const HostFunction> table) const {
  if (table.empty()) return *no_host_imports_;
  host_imports_once_.call([&] { host_imports_ = std::make_unique<HostImports>(*module_, *engine_, table); });
  return host_imports_->is_for(table) ? *host_imports_ : *no_host_imports_;
}

const decoder::Export* CompiledModule::find_export(std::string_view name) const {
  const auto found = exports_.find(name);
  return found == exports_.end() ? nullptr : &module_->exports[found->second];
}

FrameInfo CompiledModule::describe(const FrameRef& frame) const {
  FrameInfo info;
  info.module_name = module_->names().module;
  info.function_name = module_->func_name(frame.func);
  info.function_index = raw(frame.func);
  info.offset = frame.offset;
  return info;
}

}  // namespace mini_wasm::runtime
