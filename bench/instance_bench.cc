// What an instance costs, each in a new store, both destroyed again within the time:
//   instantiate/cold/TIER/MODULE   the first instance of a compiled module, with WASI
//   instantiate/warm/TIER/MODULE   another one of the same module
//   instantiate/bare/TIER          of a small module with one import, no linker: the engine's part alone
//   instantiate/dirty_64K/TIER     the same, and 16 pages of its memory written
//   idle_instance/TIER             not a time: resident bytes of each of 500 instances that wait, with their stores

#include <mini_wasm/wasi.h>
#include <unistd.h>

#include <fstream>
#include <optional>

#include "bench/bench.h"

namespace mini_wasm::bench {
namespace {

// A program with what it imports.
struct Program {
  explicit Program(const Engine& engine) : store(engine), linker(store), wasi(must(Wasi::make({}))) {
    wasi.add_to(linker);
  }

  Store store;
  Linker linker;
  Wasi wasi;
};

void cold(benchmark::State& state, const Subject* subject, Tier tier) {
  const Engine engine = make_engine(tier);
  for (auto _ : state) {
    state.PauseTiming();
    std::optional module = Module::compile_borrowed(engine, subject->bytes);
    if (!*module) return skip(state, module->error());
    state.ResumeTiming();
    {
      Program program(engine);
      if (auto instance = program.linker.instantiate(**module); !instance) return skip(state, instance.error());
    }
    state.PauseTiming();
    module.reset();
    state.ResumeTiming();
  }
}

void warm(benchmark::State& state, const Subject* subject, Tier tier) {
  const Engine engine = make_engine(tier);
  const auto module = Module::compile_borrowed(engine, subject->bytes);
  if (!module) return skip(state, module.error());
  for (auto _ : state) {
    Program program(engine);
    if (auto instance = program.linker.instantiate(*module); !instance) return skip(state, instance.error());
  }
}

Result<Instance> make_bare(Store& store, const Module& module) {
  const Extern host = Func::wrap(store, [](int32_t x) { return x; });
  return Instance::make(store, module, {&host, 1});
}

void bare(benchmark::State& state, Tier tier, int32_t dirty) {
  const Engine engine = make_engine(tier);
  const Module module = must(Module::from_file(engine, MINI_WASM_BENCH_CALLS));
  for (auto _ : state) {
    Store store(engine);
    const auto instance = make_bare(store, module);
    if (!instance) return skip(state, instance.error());
    if (dirty == 0) continue;
    const auto write = instance->func("dirty")->typed<int32_t(int32_t)>();
    if (!write || !(*write)(dirty)) return skip(state, "the call failed");
  }
}

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void idle(benchmark::State& state, Tier tier) {
  constexpr size_t kInstances = 500;
  const Engine engine = make_engine(tier);
  const Module module = must(Module::from_file(engine, MINI_WASM_BENCH_CALLS));
  for (auto _ : state) {
    std::vector<Store> stores;
    stores.reserve(kInstances);
    const double before = resident_bytes();
    for (size_t i = 0; i < kInstances; ++i) {
      if (auto instance = make_bare(stores.emplace_back(engine), module); !instance)
        return skip(state, instance.error());
    }
    state.counters["resident"] = benchmark::Counter((resident_bytes() - before) / kInstances,
                                                    benchmark::Counter::kDefaults, benchmark::Counter::kIs1024);
  }
}

}  // namespace

void add_instance_benchmarks(const std::vector<std::unique_ptr<Subject>>& subjects) {
  for (const auto& [name, tier] : kTiers) {
    for (const auto& subject : subjects) {
      const std::string rest = std::string(name) + "/" + subject->name;
      add("instantiate/cold/" + rest, cold, subject.get(), tier)->Unit(benchmark::kMicrosecond);
      add("instantiate/warm/" + rest, warm, subject.get(), tier)->Unit(benchmark::kMicrosecond);
    }
    add(std::string("instantiate/bare/") + name, bare, tier, 0)->Unit(benchmark::kMicrosecond);
    add(std::string("instantiate/dirty_64K/") + name, bare, tier, 64 << 10)->Unit(benchmark::kMicrosecond);
    add(std::string("idle_instance/") + name, idle, tier)->Iterations(1)->Unit(benchmark::kMillisecond);
  }
}

}  // namespace mini_wasm::bench
