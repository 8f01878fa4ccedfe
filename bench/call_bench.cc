// What a call costs: host to guest (typed, unchecked, by values), guest to host, guest to guest, and a trap.
// The loops of the guest make kCalls calls per run; `per_call` is the time of one, loop included (loop/empty is the
// loop alone).

#include <benchmark/benchmark.h>
#include <mini_wasm/mini_wasm.h>

#include <cstdio>
#include <cstdlib>

namespace mini_wasm {
namespace {

constexpr int32_t kCalls = 1000;

// The module of guests/calls.c with its import, in a store of its own.
class Guest {
 public:
  Guest() : store_(engine_), instance_(instantiate()) {}

  Func func(std::string_view name) const {
    std::optional<Func> found = instance_.func(name);
    if (!found) fail("no export " + std::string(name));
    return *found;
  }
  TypedFunc<int32_t(int32_t)> typed(std::string_view name) const {
    auto result = func(name).typed<int32_t(int32_t)>();
    if (!result) fail(result.error().to_string());
    return *result;
  }

 private:
  [[noreturn]] static void fail(const std::string& why) {
    std::fprintf(stderr, "call_bench: %s\n", why.c_str());
    std::exit(1);
  }
  Instance instantiate() {
    Result<Module> module = Module::from_file(engine_, MINI_WASM_BENCH_CALLS);
    if (!module) fail(module.error().to_string());
    Linker linker(store_);
    linker.func("bench", "host", [](int32_t x) { return x + 1; });
    Result<Instance> instance = linker.instantiate(*module);
    if (!instance) fail(instance.error().to_string());
    return *instance;
  }

  Engine engine_;
  Store store_;
  Instance instance_;
};

void host_to_guest_typed(benchmark::State& state) {
  Guest guest;
  const auto add_one = guest.typed("add_one");
  int32_t x = 0;
  for (auto _ : state) x = *add_one(x);
  benchmark::DoNotOptimize(x);
}
BENCHMARK(host_to_guest_typed)->Name("host_to_guest/typed");

void host_to_guest_unchecked(benchmark::State& state) {
  Guest guest;
  const Func add_one = guest.func("add_one");
  uint64_t slot = 0;
  for (auto _ : state) {
    if (!add_one.call_unchecked(&slot)) state.SkipWithError("the call failed");
  }
}
BENCHMARK(host_to_guest_unchecked)->Name("host_to_guest/unchecked");

void host_to_guest_values(benchmark::State& state) {
  Guest guest;
  const Func add_one = guest.func("add_one");
  int32_t x = 0;
  for (auto _ : state) x = (*add_one.call({Val::i32(x)}))[0].i32();
  benchmark::DoNotOptimize(x);
}
BENCHMARK(host_to_guest_values)->Name("host_to_guest/values");

void trap_round_trip(benchmark::State& state) {
  Guest guest;
  const auto trap = guest.typed("trap");
  for (auto _ : state) {
    if (trap(1).has_value()) state.SkipWithError("did not trap");
  }
}
BENCHMARK(trap_round_trip)->Name("host_to_guest/trap");

void loop(benchmark::State& state, const char* name) {
  Guest guest;
  const auto run = guest.typed(name);
  for (auto _ : state) {
    Result<int32_t> result = run(kCalls);
    if (!result) return state.SkipWithError(result.error().to_string().c_str());
    benchmark::DoNotOptimize(*result);
  }
  state.counters["per_call"] =
      benchmark::Counter(kCalls, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK_CAPTURE(loop, empty, "loop_empty");
BENCHMARK_CAPTURE(loop, direct, "loop_direct");
BENCHMARK_CAPTURE(loop, indirect, "loop_indirect");
BENCHMARK_CAPTURE(loop, host, "loop_host");
BENCHMARK_CAPTURE(loop, memory_grow, "loop_grow");

}  // namespace
}  // namespace mini_wasm

BENCHMARK_MAIN();
