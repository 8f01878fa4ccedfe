// Config and Engine: the public classes and the internal Engine.
#include "runtime/engine.h"

#include <mini_wasm/engine.h>

#include <algorithm>

#include "core/guarded.h"
#include "core/process_value.h"
#include "runtime/call/frame.h"
#include "runtime/memory/memory.h"

namespace mini_wasm {
namespace runtime {
namespace {

FeatureSet features_of(const Config& config) {
  FeatureSet set;
  for (size_t i = 0; i < kFeatureCount; ++i) {
    if ((config.feature_bits() >> i) & 1) set.set(static_cast<Feature>(i));
  }
  return set;
}

std::unique_ptr<ExecutionTier> make_tier(const Config& config) {
  std::unique_ptr<ExecutionTier> compiler;
  // Tier::jit compiles everything; its interpreter takes over only where machine code must not run (is_retired).
  // Otherwise the interpreter is the first tier and hands hot functions over to the compiler.
  if (config.tier != Tier::interpreter) {
    compiler = make_jit(config.fuel, config.tier == Tier::jit ? make_interpreter() : nullptr);
  }
  if (config.tier == Tier::jit && compiler) return compiler;
  return make_interpreter(std::move(compiler), config.hot_after);
}

}  // namespace

Engine::Engine(const Config& config) : Engine(config, make_tier(config)) {}

Engine::Engine(const Config& config, std::unique_ptr<ExecutionTier> tier)
    : config_(config),
      features_(features_of(config)),
      memory_pool_(config),
      cache_(config),
      tier_(std::move(tier)),
      link_slots_(std::max(kMinLinkSlots, tier_->link_slots())) {}

Timer& Engine::timer() {
  timer_once_.call([&] { timer_ = std::make_unique<Timer>(); });
  return *timer_;
}

void Engine::count(const MemInst& memory) {
  if (memory.lacks_guard(bounds())) memories_without_guard_.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace runtime

Result<void> Config::feature(std::string_view name, bool on) {
  return guarded([&] { return set_feature(name, on); });
}

Result<void> Config::set_feature(std::string_view name, bool on) {
  const std::optional<Feature> feature = feature_from_text(name);
  if (!feature) return Error::make(ErrorKind::usage, "unknown feature: " + std::string(name));
  if (*feature == Feature::mvp && !on) return Error::make(ErrorKind::usage, "mvp cannot be switched off");
  const uint64_t bit = uint64_t{1} << static_cast<unsigned>(*feature);
  features_ = on ? features_ | bit : features_ & ~bit;
  return {};
}

std::vector<FeatureDescription> Config::features() {
  const auto list = [] {
    std::vector<FeatureDescription> result;
    for (const FeatureInfo& info : kFeatureInfo) result.push_back({info.text, info.description, info.default_on});
    return result;
  };
  return guarded(list, [] { return std::vector<FeatureDescription>(); });
}

uint64_t Config::default_features() { return FeatureSet::defaults().bits(); }

Engine::Engine(const Config& config)
    : impl_(guarded([&] { return std::make_shared<runtime::Engine>(config); },
                    [] { return std::shared_ptr<runtime::Engine>(); })) {}

// An Engine without an implementation (there was no memory for it) answers as if nothing was configured.
namespace {
const Immortal<Config> no_config;
const Immortal<std::string> no_problem;
}  // namespace
const Config& Engine::config() const { return impl_ != nullptr ? impl_->config() : *no_config; }
const std::string& Engine::cache_problem() const { return impl_ != nullptr ? impl_->cache().problem() : *no_problem; }
uint64_t Engine::memories_without_guard() const { return impl_ != nullptr ? impl_->memories_without_guard() : 0; }

}  // namespace mini_wasm
