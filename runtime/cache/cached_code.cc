#include "runtime/cache/cached_code.h"

#include <utility>

#include "core/guarded.h"
#include "runtime/engine.h"

namespace mini_wasm::runtime {

CachedCode::CachedCode(Engine& engine, const decoder::Module& module, std::unique_ptr<CodeSource> given)
    : engine_(engine), cache_(ModuleCache::make(engine, module, std::move(given))) {}

CachedCode::~CachedCode() {
  if (cache_ && code_) guarded([&] { cache_->save(*code_, all_valid_); }, [] {});
}

Result<std::unique_ptr<ModuleCode>> CachedCode::make_code(const CompiledModule& module, Bounds bounds) const {
  std::unique_ptr<ModuleCode> code = engine_.tier().make_code(module, bounds);
  if (engine_.config().eager) {
    if (Result<void> r = code->translate_all(); !r) return std::move(r).error();
  }
  return code;
}

Result<void> CachedCode::make(const CompiledModule& module, bool all_valid) {
  all_valid_ = all_valid;
  Result<std::unique_ptr<ModuleCode>> code = make_code(module, engine_.bounds());
  if (!code) return std::move(code).error();
  code_ = std::move(*code);
  return {};
}

Result<ModuleCode*> CachedCode::checked_code(const CompiledModule& module) {
  const std::lock_guard lock(checked_mutex_);
  if (checked_code_ == nullptr) {
    Result<std::unique_ptr<ModuleCode>> code = make_code(module, Bounds::checked);
    if (!code) return std::move(code).error();
    checked_code_ = std::move(*code);
  }
  return checked_code_.get();
}

std::vector<uint8_t> CachedCode::image() const {
  return cache_ == nullptr ? std::vector<uint8_t>() : cache_->image(*code_, all_valid_);
}

const ModuleCache* CachedCode::cache(Bounds of_code) const {
  return of_code == engine_.bounds() ? cache_.get() : nullptr;
}

}  // namespace mini_wasm::runtime
