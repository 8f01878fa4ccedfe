// The cost of an instance. Each is made in a new store, and the time includes the destruction of both:
//   instantiate/cold/TIER/MODULE   the first instance of a compiled module, with WASI
//   instantiate/warm/TIER/MODULE   another instance of the same module
//   instantiate/empty/TIER         an instance of an empty module
//   instantiate/page/TIER          with one page of memory that is not written
//   instantiate/page_dirty/TIER    the same, with a call that writes all of it
//   instantiate/bare/TIER          a small module with one import and three pages, without a linker
//   instantiate/dirty_64K/TIER     the same, with a call that writes to 16 pages of 4 KiB
// And the memory of an idle instance with its store (and WASI if needed); this is not a time:
//   idle_instance/TIER[/MODULE]    for each of 1,000 (100) instances: resident bytes, those on the heap, page tables

#include <malloc.h>
#include <mini_wasm/wasi.h>

#include <fstream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/bench.h"

namespace mini_wasm::bench {
namespace {

// A program with its imports.
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

// A store with an instance of a module without imports; some modules have an export "dirty", which is called.
constexpr uint8_t kEmpty[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
constexpr uint8_t kPage[] = {0,    'a',  's', 'm',  1,   0,    0,   0,                   //
                             1,    4,    1,   0x60, 0,   0,                              // (type (func))
                             3,    2,    1,   0,                                         // (func (type 0))
                             5,    3,    1,   0,    1,                                   // (memory 1)
                             7,    9,    1,   5,    'd', 'i',  'r', 't',  'y', 0,    0,  // (export "dirty" (func 0))
                             10,   15,   1,   13,   0,   0x41, 0,   0x41, 1,   0x41, 0x80,
                             0x80, 4,                 // (memory.fill (i32.const 0)
                             0xfc, 0x0b, 0,   0x0b};  //   (i32.const 1) (i32.const 65536))

void small(benchmark::State& state, std::span<const uint8_t> bytes, Tier tier, bool dirty) {
  const Engine engine = make_engine(tier);
  const Module module = must(Module::compile(engine, bytes));
  for (auto _ : state) {
    Store store(engine);
    const auto instance = Instance::make(store, module, {});
    if (!instance) return skip(state, instance.error());
    if (dirty && !instance->func("dirty")->call_unchecked(nullptr)) return skip(state, "the call failed");
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

struct Usage {
  double resident = 0, heap = 0, page_tables = 0;  // in bytes
};

Usage usage() {
  Usage now;
  now.heap = static_cast<double>(mallinfo2().uordblks);
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    double* const value = word == "VmRSS:" ? &now.resident : word == "VmPTE:" ? &now.page_tables : nullptr;
    if (value != nullptr && file >> *value) *value *= 1024;
  }
  return now;
}

// Measures the memory that each of `count` calls of `make` uses.
template <class Make>
void count_usage(benchmark::State& state, size_t count, Make make) {
  malloc_trim(0);  // otherwise memory that was freed before would be used again and not be counted
  const Usage before = usage();
  for (size_t i = 0; i < count; ++i) {
    if (auto instance = make(); !instance) return skip(state, instance.error());
  }
  const Usage after = usage();
  const auto report = [&](const char* name, double Usage::* member) {
    state.counters[name] = benchmark::Counter((after.*member - before.*member) / static_cast<double>(count),
                                              benchmark::Counter::kDefaults, benchmark::Counter::kIs1024);
  };
  report("resident", &Usage::resident);
  report("heap", &Usage::heap);
  report("page_tables", &Usage::page_tables);
}

void idle(benchmark::State& state, Tier tier) {
  constexpr size_t kInstances = 1000;
  const Engine engine = make_engine(tier);
  const Module module = must(Module::from_file(engine, MINI_WASM_BENCH_CALLS));
  for (auto _ : state) {
    std::vector<Store> stores;
    stores.reserve(kInstances);
    count_usage(state, kInstances, [&] { return make_bare(stores.emplace_back(engine), module); });
  }
}

void idle_program(benchmark::State& state, const Subject* subject, Tier tier) {
  const Engine engine = make_engine(tier);
  const auto module = Module::compile_borrowed(engine, subject->bytes);
  if (!module) return skip(state, module.error());
  for (auto _ : state) {
    std::vector<std::unique_ptr<Program>> programs;
    count_usage(state, 100,
                [&] { return programs.emplace_back(std::make_unique<Program>(engine))->linker.instantiate(*module); });
  }
}

}  // namespace

void add_instance_benchmarks(const std::vector<std::unique_ptr<Subject>>& subjects) {
  for (const auto& [name, tier] : kTiers) {
    for (const auto& subject : subjects) {
      const std::string rest = std::string(name) + "/" + subject->name;
      add("instantiate/cold/" + rest, cold, subject.get(), tier)->Unit(benchmark::kMicrosecond);
      add("instantiate/warm/" + rest, warm, subject.get(), tier)->Unit(benchmark::kMicrosecond);
      add("idle_instance/" + rest, idle_program, subject.get(), tier)->Iterations(1)->Unit(benchmark::kMillisecond);
    }
    const std::span<const uint8_t> empty(kEmpty), page(kPage);
    add(std::string("instantiate/empty/") + name, small, empty, tier, false)->Unit(benchmark::kMicrosecond);
    add(std::string("instantiate/page/") + name, small, page, tier, false)->Unit(benchmark::kMicrosecond);
    add(std::string("instantiate/page_dirty/") + name, small, page, tier, true)->Unit(benchmark::kMicrosecond);
    add(std::string("instantiate/bare/") + name, bare, tier, 0)->Unit(benchmark::kMicrosecond);
    add(std::string("instantiate/dirty_64K/") + name, bare, tier, 64 << 10)->Unit(benchmark::kMicrosecond);
    add(std::string("idle_instance/") + name, idle, tier)->Iterations(1)->Unit(benchmark::kMillisecond);
  }
}

}  // namespace mini_wasm::bench
