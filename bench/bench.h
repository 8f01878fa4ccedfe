// Shared by the suites: the tiers to measure, the modules to load, and the registration of benchmarks.
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

// The tiers of this build. (They are listed here because an engine does not tell which tier it has: Config::tier stays
// what was requested.)
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

// A module to measure.
struct Subject {
  std::string name;
  std::vector<uint8_t> bytes;
  size_t code_size = 0;  // bytes of its code section
};

[[noreturn]] inline void fail(const std::string& why) {
  std::fprintf(stderr, "mini-wasm-bench: %s\n", why.c_str());
  std::exit(1);
}

// Returns the value of the result, or ends the program. For everything that a benchmark cannot do without.
template <class T>
T must(Result<T> result) {
  if (!result) fail(result.error().to_string());
  return std::move(*result);
}

// Registers `function(state, args...)`. `args` are copied, so they must be small values, or pointers to objects that
// live longer than the run.
template <class Function, class... Args>
benchmark::internal::Benchmark* add(const std::string& name, Function function, Args... args) {
  return benchmark::RegisterBenchmark(name.c_str(), function, args...);
}

// Whether a benchmark has failed. Determines the exit status, because Google Benchmark always reports success.
inline bool any_failed = false;

// Ends a benchmark and shows the reason in its row.
inline void skip(benchmark::State& state, const std::string& why) {
  any_failed = true;
  state.SkipWithError(why.c_str());
}
inline void skip(benchmark::State& state, const Error& error) { skip(state, error.to_string()); }

// load_bench.cc: reads a module; ends the program on failure.
std::unique_ptr<Subject> load(const std::string& path);

// The suites; each is in the file with that name.
void add_load_benchmarks(const Subject& subject);
void add_instance_benchmarks(const std::vector<std::unique_ptr<Subject>>& subjects);
void add_call_benchmarks();

}  // namespace mini_wasm::bench
