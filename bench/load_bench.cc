// The speed of loading: bytes of the code section per second of CPU time, summed over all threads (column `code`):
//   decode          the structure; function bodies are only located
//   validate        decode and validate
//   load_lazy/TIER  everything before the first call: decode, validate, and what the tier prepares
//   load_eager/TIER the same, with every function translated or compiled; `made`: bytes of code per byte of Wasm code
//   translate/interp, compile/jit   only the difference of the two (eager minus lazy), measured in turn

#include <time.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>

#include "bench/bench.h"
#include "core/type_registry.h"
#include "decoder/module_decoder.h"
#include "runtime/compiled_module.h"

namespace mini_wasm::bench {
namespace {

using Seconds = std::chrono::duration<double>;

// CPU time of this process.
Seconds cpu_time() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

void report(benchmark::State& state, const Subject& subject) {
  state.counters["code"] =
      benchmark::Counter(static_cast<double>(subject.code_size), benchmark::Counter::kIsIterationInvariantRate);
}

void decode(benchmark::State& state, const Subject* subject) {
  for (auto _ : state) {
    TypeRegistry registry;
    auto module = decoder::decode_module(std::span<const uint8_t>(subject->bytes), registry, FeatureSet::defaults());
    if (!module) return skip(state, module.error());
  }
  report(state, *subject);
}

void validate(benchmark::State& state, const Subject* subject) {
  const Engine engine;
  for (auto _ : state) {
    if (auto valid = Module::validate(engine, subject->bytes); !valid) return skip(state, valid.error());
  }
  report(state, *subject);
}

void compile(benchmark::State& state, const Subject* subject, Tier tier, bool eager) {
  const Engine engine = make_engine(tier, eager);
  for (auto _ : state) {
    std::optional module = Module::compile_borrowed(engine, subject->bytes);
    if (!*module) return skip(state, module->error());
    state.PauseTiming();
    if (eager) {
      const auto bytes = static_cast<double>((*module)->impl()->code().code_bytes());
      state.counters["made"] = bytes / static_cast<double>(subject->code_size);
    }
    module.reset();
    state.ResumeTiming();
  }
  report(state, *subject);
}

// The CPU time of making the module, without its destruction.
Result<Seconds> time_of(const Engine& engine, const Subject& subject) {
  const Seconds before = cpu_time();
  const auto module = Module::compile_borrowed(engine, subject.bytes);
  const Seconds after = cpu_time();
  if (!module) return module.error();
  return after - before;
}

void code_alone(benchmark::State& state, const Subject* subject, Tier tier) {
  const Engine lazy = make_engine(tier), eager = make_engine(tier, true);
  for (auto _ : state) {
    const Result<Seconds> without = time_of(lazy, *subject), with = time_of(eager, *subject);
    if (!without || !with) return skip(state, (with ? without : with).error());
    state.SetIterationTime(std::max(0.0, (*with - *without).count()));
  }
  report(state, *subject);
}

}  // namespace

std::unique_ptr<Subject> load(const std::string& path) {
  auto subject = std::make_unique<Subject>();
  subject->name = std::filesystem::path(path).stem().string();
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) fail(path + ": cannot be read");
  subject->bytes.resize(static_cast<size_t>(file.tellg()));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(subject->bytes.data()), static_cast<std::streamsize>(subject->bytes.size()));
  TypeRegistry registry;
  auto module = decoder::decode_module(std::span<const uint8_t>(subject->bytes), registry, FeatureSet::defaults());
  if (!file || !module) fail(path + ": " + (file ? module.error().to_string() : "cannot be read"));
  subject->code_size = (*module)->code_section.size();
  return subject;
}

void add_load_benchmarks(const Subject& subject) {
  const auto add_phase = [&](const std::string& phase, auto... function) {
    return add(phase + "/" + subject.name, function...)->Unit(benchmark::kMillisecond);
  };
  add_phase("decode", decode, &subject);
  add_phase("validate", validate, &subject);
  for (const auto& [name, tier] : kTiers) {
    add_phase(std::string("load_lazy/") + name, compile, &subject, tier, false);
    // Eager compilation uses all processors, and there is no setting for it.
    add_phase(std::string("load_eager/") + name, compile, &subject, tier, true)->MeasureProcessCPUTime();
    const char* alone = tier == Tier::jit ? "compile/" : "translate/";
    add_phase(std::string(alone) + name, code_alone, &subject, tier)->UseManualTime();
  }
}

}  // namespace mini_wasm::bench
