// The cost of calls: host to guest (typed, unchecked, with values), guest to host, guest to guest; of traps and
// memory.grow. In each run, the loops of the guest make kCalls calls. `per_call` is the time of one call including the
// loop; loop/empty measures the loop alone.

#include <chrono>

#include "bench/bench.h"

namespace mini_wasm::bench {
namespace {

constexpr int32_t kCalls = 1000;

// What the guest imports: a C++ function, or a function of another instance.
enum class Import { host, guest, waits };

// The module guests/calls.c with its import, in a store of its own.
class Guest {
 public:
  explicit Guest(Tier tier, Import import = Import::host)
      : engine_(make_engine(tier)),
        module_(must(Module::from_file(engine_, MINI_WASM_BENCH_CALLS))),
        store_(engine_),
        instance_(instantiate(import)) {}

  Func func(std::string_view name) const {
    std::optional<Func> found = instance_.func(name);
    if (!found) fail("no export " + std::string(name));
    return *found;
  }
  TypedFunc<int32_t(int32_t)> typed(std::string_view name) const { return must(func(name).typed<int32_t(int32_t)>()); }

 private:
  Instance instantiate(Import import) {
    Linker linker(store_);
    linker.func("bench", "host", [](int32_t x) { return x + 1; });
    Instance instance = must(linker.instantiate(module_));
    if (import == Import::host) return instance;
    if (import == Import::waits) {
      const FuncType type{{ValType::i32}, {ValType::i32}};
      const auto waits = [](Caller& caller, uint64_t*) { return caller.suspend(); };
      linker.define("bench", "host", Func::make(store_, type, waits));
      return must(linker.instantiate(module_));
    }
    linker.define("bench", "host", *instance.func("add_one"));
    return must(linker.instantiate(module_));
  }

  Engine engine_;
  Module module_;
  Store store_;
  Instance instance_;
};

void typed(benchmark::State& state, Tier tier) {
  Guest guest(tier);
  const auto add_one = guest.typed("add_one");
  int32_t x = 0;
  for (auto _ : state) x = *add_one(x);
  benchmark::DoNotOptimize(x);
}

void unchecked(benchmark::State& state, Tier tier) {
  Guest guest(tier);
  const Func add_one = guest.func("add_one");
  uint64_t slot = 0;
  for (auto _ : state) {
    if (!add_one.call_unchecked(&slot)) skip(state, "the call failed");
  }
}

void values(benchmark::State& state, Tier tier) {
  Guest guest(tier);
  const Func add_one = guest.func("add_one");
  int32_t x = 0;
  for (auto _ : state) x = (*add_one.call({Val::i32(x)}))[0].i32();
  benchmark::DoNotOptimize(x);
}

// Time from the call to the error that it returns, including the backtrace.
void trap(benchmark::State& state, Tier tier, const char* name) {
  Guest guest(tier);
  const auto trap = guest.typed(name);
  for (auto _ : state) {
    if (trap(-8).has_value()) skip(state, "did not trap");
  }
}

void count_calls(benchmark::State& state, int32_t calls) {
  state.counters["per_call"] =
      benchmark::Counter(calls, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void loop(benchmark::State& state, Tier tier, const char* name, Import import) {
  Guest guest(tier, import);
  const auto run = guest.typed(name);
  for (auto _ : state) {
    Result<int32_t> result = run(kCalls);
    if (!result) return skip(state, result.error());
    benchmark::DoNotOptimize(*result);
  }
  count_calls(state, kCalls);
}

// A memory that grows by one page at a time. The new pages are not touched.
void grow(benchmark::State& state, Tier tier) {
  for (auto _ : state) {
    Guest guest(tier);
    const auto run = guest.typed("loop_grow_page");
    const auto start = std::chrono::steady_clock::now();
    const Result<int32_t> result = run(kCalls);
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    if (!result) return skip(state, result.error());
  }
  count_calls(state, kCalls);
}

// A guest waits for each of its calls of the host (AsyncCall). The time is for one wait: to leave the guest, and to go
// on.
void wait(benchmark::State& state, Tier tier) {
  Guest guest(tier, Import::waits);
  AsyncCall call = *AsyncCall::make(guest.func("loop_host"), {Val::i32(INT32_MAX)});
  if (!call.resume()) return skip(state, "the call failed");
  const Val result[] = {Val::i32(1)};
  for (auto _ : state) {
    if (!call.complete(result) || !call.resume()) return skip(state, "the call failed");
  }
}

struct LoopRow {
  const char* name;
  const char* function;
  Import import = Import::host;
};
constexpr LoopRow kLoops[] = {
    {"loop/empty", "loop_empty"},       {"loop/direct", "loop_direct"},
    {"loop/indirect", "loop_indirect"}, {"loop/other_instance", "loop_host", Import::guest},
    {"loop/host", "loop_host"},         {"loop/memory_grow_0", "loop_grow"},
};

}  // namespace

void add_call_benchmarks() {
  const auto add_on_tiers = [](const std::string& name, auto function, auto... args) {
    for (const TierRow& row : kTiers) add(name + "/" + row.name, function, row.tier, args...);
  };
  add_on_tiers("host_to_guest/typed", typed);
  add_on_tiers("host_to_guest/unchecked", unchecked);
  add_on_tiers("host_to_guest/values", values);
  add_on_tiers("guest_waits", wait);
  add_on_tiers("trap/unreachable", trap, "trap");
  add_on_tiers("trap/out_of_bounds", trap, "read");
  for (const LoopRow& row : kLoops) add_on_tiers(row.name, loop, row.function, row.import);
  for (const TierRow& row : kTiers) add(std::string("loop/memory_grow_1/") + row.name, grow, row.tier)->UseManualTime();
}

}  // namespace mini_wasm::bench
