// How fast modules load: bytes of code section per second of CPU time (the column `code`), per phase:
//   decode        the structure, function bodies only located
//   validate      decode and validate
//   compile_lazy  what Module::compile does before the first call
//   compile_eager the same, with every function translated
//   instantiate   a new store with WASI and an instance in it (a time, not a rate)
// The modules are arguments, or paths in MINI_WASM_BENCH_MODULES separated by colons; else one of the kernels.

#include <benchmark/benchmark.h>
#include <mini_wasm/mini_wasm.h>
#include <mini_wasm/wasi.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "core/opcode.h"
#include "core/type_registry.h"
#include "decoder/module_decoder.h"

namespace mini_wasm {
namespace {

using Bytes = std::vector<uint8_t>;

// A module under test.
struct Subject {
  std::string name;
  Bytes bytes;
  size_t code_size = 0;  // bytes of its code section
};

std::unique_ptr<Subject> load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  auto subject = std::make_unique<Subject>();
  subject->name = std::filesystem::path(path).stem().string();
  subject->bytes = Bytes(std::istreambuf_iterator<char>(file), {});
  TypeRegistry registry;
  auto module = decoder::decode_module(std::span<const uint8_t>(subject->bytes), registry, FeatureSet::defaults());
  if (!file || !module) {
    std::fprintf(stderr, "load_bench: %s: %s\n", path.c_str(),
                 file ? module.error().to_string().c_str() : "cannot be read");
    std::exit(1);
  }
  subject->code_size = (*module)->code_section.size();
  return subject;
}

void report(benchmark::State& state, const Subject& subject) {
  state.counters["code"] =
      benchmark::Counter(static_cast<double>(subject.code_size), benchmark::Counter::kIsIterationInvariantRate);
}

void decode(benchmark::State& state, const Subject& subject) {
  for (auto _ : state) {
    TypeRegistry registry;
    auto module = decoder::decode_module(std::span<const uint8_t>(subject.bytes), registry, FeatureSet::defaults());
    if (!module) return state.SkipWithError(module.error().to_string().c_str());
  }
  report(state, subject);
}

void validate(benchmark::State& state, const Subject& subject) {
  for (auto _ : state) {
    Engine engine;
    if (auto valid = Module::validate(engine, subject.bytes); !valid) {
      return state.SkipWithError(valid.error().to_string().c_str());
    }
  }
  report(state, subject);
}

void compile(benchmark::State& state, const Subject& subject, bool eager) {
  Config config;
  config.eager = eager;
  for (auto _ : state) {
    auto module = Module::compile_borrowed(Engine(config), subject.bytes);
    if (!module) return state.SkipWithError(module.error().to_string().c_str());
  }
  report(state, subject);
}

void instantiate(benchmark::State& state, const Subject& subject) {
  Engine engine;
  auto module = Module::compile_borrowed(engine, subject.bytes);
  if (!module) return state.SkipWithError(module.error().to_string().c_str());
  for (auto _ : state) {
    Store store(engine);
    Linker linker(store);
    auto wasi = Wasi::make({});
    if (!wasi) return state.SkipWithError(wasi.error().to_string().c_str());
    wasi->add_to(linker);
    auto instance = linker.instantiate(*module);
    if (!instance) return state.SkipWithError(instance.error().to_string().c_str());
  }
}

// The modules to measure: arguments, else the environment, else a kernel.
std::vector<std::string> paths(int argc, char** argv) {
  std::vector<std::string> result(argv + 1, argv + argc);
  if (!result.empty()) return result;
  const char* listed = std::getenv("MINI_WASM_BENCH_MODULES");
  std::istringstream list(listed != nullptr ? listed : MINI_WASM_BENCH_DEFAULT_MODULE);
  for (std::string path; std::getline(list, path, ':');) result.push_back(path);
  return result;
}

template <class Function, class... Args>
void add(const char* phase, const Subject& subject, Function function, Args... args) {
  benchmark::RegisterBenchmark((std::string(phase) + "/" + subject.name).c_str(), function, std::cref(subject), args...)
      ->Unit(benchmark::kMillisecond);
}

}  // namespace
}  // namespace mini_wasm

int main(int argc, char** argv) {
  using namespace mini_wasm;
  benchmark::Initialize(&argc, argv);
  std::vector<std::unique_ptr<Subject>> subjects;
  for (const std::string& path : paths(argc, argv)) {
    subjects.push_back(load(path));
    const Subject& subject = *subjects.back();
    add("decode", subject, decode);
    add("validate", subject, validate);
    add("compile_lazy", subject, compile, false);
    add("compile_eager", subject, compile, true);
    add("instantiate", subject, instantiate);
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
