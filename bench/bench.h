// What the suites share: the tiers to measure, the modules to load, and how benchmarks are registered.
#pragma once

#include <benchmark/benchmark.h>
#include <mini_wasm/mini_wasm.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mini_wasm::bench {

struct TierRow {
  const char* name;
  Tier tier;
};

// The tiers that this build has. (An engine does not say which tier it got: Config::tier stays what was asked for.)
inline constexpr TierRow kTiers[] = {
    {"interp", Tier::interpreter},
#if MINI_WASM_JIT
    {"jit", Tier::jit},
#endif
};

inline Engine make_engine(Tier tier, bool eager = false) {
  Config config;
  config.tier = tier;
  config.eager = eager;
  return Engine(config);
}

// A module under test.
struct Subject {
  std::string name;
  std::vector<uint8_t> bytes;
  size_t code_size = 0;  // bytes of its code section
};

[[noreturn]] inline void fail(const std::string& why) {
  std::fprintf(stderr, "mini-wasm-bench: %s\n", why.c_str());
  std::exit(1);
}

// What the result holds, or the end of the program: for what every benchmark rests on.
template <class T>
T must(Result<T> result) {
  if (!result) fail(result.error().to_string());
  return std::move(*result);
}

// Registers `function(state, args...)`. `args` are copied: pointers to what outlives the run, or small values.
template <class Function, class... Args>
benchmark::internal::Benchmark* add(const std::string& name, Function function, Args... args) {
  return benchmark::RegisterBenchmark(name.c_str(), function, args...);
}

// Whether a benchmark has ended with an error: the program's exit status, which Google Benchmark leaves at success.
inline bool any_failed = false;

// Ends a benchmark with the reason in its row.
inline void skip(benchmark::State& state, const std::string& why) {
  any_failed = true;
  state.SkipWithError(why.c_str());
}
inline void skip(benchmark::State& state, const Error& error) { skip(state, error.to_string()); }

// load_bench.cc: reads a module, or ends the program.
std::unique_ptr<Subject> load(const std::string& path);

// The suites, each in the file of that name.
void add_load_benchmarks(const Subject& subject);
void add_instance_benchmarks(const std::vector<std::unique_ptr<Subject>>& subjects);
void add_call_benchmarks();

}  // namespace mini_wasm::bench
