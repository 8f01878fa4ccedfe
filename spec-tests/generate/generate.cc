#include "spec-tests/generate/generate.h"

#include "spec-tests/generate/body.h"

namespace mini_wasm::generate {

std::vector<uint8_t> generate_module(std::span<const uint8_t> bytes, FeatureSet features) {
  ByteSource source(bytes);
  ModulePlan plan(source, features);
  std::vector<Code> bodies;
  for (uint32_t i = plan.imported_funcs; i < plan.funcs.size(); ++i) bodies.push_back(BodyWriter(plan, i).write());
  return write_module(plan, bodies);
}

}  // namespace mini_wasm::generate
