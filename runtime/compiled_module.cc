#include "runtime/compiled_module.h"

#include "decoder/module_decoder.h"
#include "runtime/instance/instantiation_plan.h"
#include "validator/function_validator.h"
#include "validator/module_validator.h"

namespace mini_wasm::runtime {
CompiledModule::CompiledModule() = default;
CompiledModule::~CompiledModule() = default;

Result<std::shared_ptr<const CompiledModule>> CompiledModule::make(std::shared_ptr<Engine> engine,
                                                                   std::vector<uint8_t> owned,
                                                                   std::span<const uint8_t> borrowed,
                                                                   std::unique_ptr<CodeSource> saved_code) {
  const FeatureSet features = engine->features();
  Result<std::unique_ptr<decoder::Module>> decoded =
      owned.empty() ? decoder::decode_module(borrowed, engine->types(), features)
                    : decoder::decode_module(std::move(owned), engine->types(), features);
  if (!decoded) return std::move(decoded).error();
  decoder::Module& module = **decoded;
  if (Result<void> r = validator::validate_module(module, features); !r) return std::move(r).error();

  std::shared_ptr<CompiledModule> compiled(new CompiledModule);
  compiled->engine_ = std::move(engine);
  compiled->module_ = std::move(*decoded);
  if (Result<void> r = compiled->prepare(std::move(saved_code)); !r) return std::move(r).error();
  return std::shared_ptr<const CompiledModule>(std::move(compiled));
}

Result<void> CompiledModule::prepare(std::unique_ptr<CodeSource> saved_code) {
  const Config& config = engine_->config();
  functions_ = std::make_unique<ValidatedFunctions>(*module_, engine_->features(), &engine_->tier());
  code_ = std::make_unique<CachedCode>(*engine_, *module_, std::move(saved_code));
  bool all_valid = code_->says_valid();
  // If an earlier run has validated all functions, they need not be validated now. A function that is compiled anew
  // still is validated, because its facts are needed.
  if (all_valid || (config.lazy_validation && !config.eager)) {
    functions_->validate_on_demand();
  } else if (Result<void> r = functions_->validate_all(); !r) {
    return r;
  } else {
    all_valid = true;
  }
  index_types_and_exports();
  instantiation_ = std::make_unique<InstantiationPlan>(*engine_, *module_);
  return code_->make(*this, all_valid);
}

Result<void> CompiledModule::validate(Engine& engine, std::span<const uint8_t> bytes) {
  Result<std::unique_ptr<decoder::Module>> decoded = decoder::decode_module(bytes, engine.types(), engine.features());
  if (!decoded) return std::move(decoded).error();
  if (Result<void> r = validator::validate_module(**decoded, engine.features()); !r) return r;
  return ValidatedFunctions(**decoded, engine.features(), nullptr).validate_all();
}

Result<void> CompiledModule::frame_types(FuncIdx f, validator::FrameTypesAt& wanted) const {
  return validator::FunctionValidator(*module_, engine_->features()).frame_types(f, wanted);
}

void CompiledModule::index_types_and_exports() {
  for (TypeId id : module_->types) {
    const DefType& type = engine_->types().get(id);
    type_slots_.push_back({type.param_slots, type.result_slots});
  }
  exports_.reserve(module_->exports.size());
  for (uint32_t i = 0; i < module_->exports.size(); ++i) exports_.emplace(module_->exports[i].name, i);
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
  info.instance = frame.instance;
  return info;
}

}  // namespace mini_wasm::runtime
