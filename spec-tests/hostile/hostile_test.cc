#include "spec-tests/hostile/hostile_test.h"

namespace mini_wasm::hostile {

Verdict compile(std::span<const uint8_t> bytes) {
  static const Engine engine = [] {
    Config config;
    config.eager = true;
    return Engine(config);
  }();
  Verdict verdict;
  const MemoryMeter meter;
  {
    Result<Module> module = Module::compile(engine, bytes);
    if (!module) verdict = {module.error().kind, module.error().to_string()};
  }
  if (std::optional<size_t> peak = meter.peak()) {
    EXPECT_LE(*peak, bytes.size() * kMemoryFactor + kMemoryConstant) << "for a module of " << bytes.size() << " bytes";
  }
  // Validation alone must give the same result, except for limits.
  const Result<void> valid = Module::validate(engine, bytes);
  if (verdict.error != ErrorKind::limit) {
    EXPECT_EQ(valid.has_value(), !verdict.error.has_value()) << verdict.message;
  }
  return verdict;
}

}  // namespace mini_wasm::hostile
