// Fuzz target: bytes -> decoder -> validator -> translator. Every error is an acceptable result.
#include <mini_wasm/mini_wasm.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace {

// All proposals are on, and every function is translated immediately instead of at its first call.
const mini_wasm::Engine& engine() {
  static const mini_wasm::Engine made = [] {
    mini_wasm::Config config;
    config.eager = true;
    for (const mini_wasm::FeatureDescription& feature : mini_wasm::Config::features()) {
      (void)config.feature(feature.name, true);
    }
    return mini_wasm::Engine(config);
  }();
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, size);
  const bool valid = mini_wasm::Module::validate(engine(), bytes).has_value();
  auto module = mini_wasm::Module::compile_borrowed(engine(), bytes);
  // A valid module must compile, unless it exceeds a limit of the translator.
  if (module.has_value() != valid && !(valid && module.error().kind == mini_wasm::ErrorKind::limit)) __builtin_trap();
  if (module) {
    (void)module->imports();
    (void)module->exports();
  }
  return 0;
}
