#include "spec-tests/generate/generate.h"

#include <algorithm>
#include <deque>
#include <memory>

#include "spec-tests/generate/body.h"

namespace mini_wasm::generate {

namespace {

std::vector<uint8_t> write(ModulePlan& plan) {
  std::vector<Code> bodies;
  for (uint32_t i = plan.imported_funcs; i < plan.funcs.size(); ++i) bodies.push_back(BodyWriter(plan, i).write());
  return write_module(plan, bodies);
}

}  // namespace

std::vector<uint8_t> generate_module(std::span<const uint8_t> bytes, FeatureSet features) {
  ByteSource source(bytes);
  ModulePlan plan(source, features);
  return write(plan);
}

// Each module gets its part of the bytes, so that the last one is as large as the first.
Program generate_program(std::span<const uint8_t> bytes, FeatureSet features) {
  ByteSource choice(bytes.first(std::min<size_t>(bytes.size(), 1)));
  const size_t count = 1 + choice.weighted({4, 3, 2});
  bytes = bytes.subspan(std::min<size_t>(bytes.size(), 1));
  std::deque<ByteSource> sources;
  std::vector<std::unique_ptr<ModulePlan>> plans;
  plans.reserve(count);
  Program program;
  for (size_t i = 0; i < count; ++i) {
    const size_t begin = bytes.size() * i / count, end = bytes.size() * (i + 1) / count;
    sources.emplace_back(bytes.subspan(begin, end - begin));
    plans.push_back(std::make_unique<ModulePlan>(sources.back(), features, plans, count > 1));
    program.push_back(write(*plans.back()));
  }
  return program;
}

}  // namespace mini_wasm::generate
