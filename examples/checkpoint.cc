// A guest that is saved in the middle of its work. It goes on in another engine, which runs on another tier; it could as
// well be in another process or on another computer.
#include <mini_wasm/checkpoint.h>
#include <mini_wasm/mini_wasm.h>

#include <cstdio>
#include <utility>
#include <vector>

using namespace mini_wasm;

namespace {

// Counts the primes below n, and reports each hundredth one.
constexpr const char* kModule = R"((module
  (import "host" "report" (func $report (param i32 i32)))
  (func $is_prime (param $n i32) (result i32) (local $d i32)
    (local.set $d (i32.const 2))
    (loop $next
      (if (i32.gt_u (i32.mul (local.get $d) (local.get $d)) (local.get $n)) (then (return (i32.const 1))))
      (if (i32.eqz (i32.rem_u (local.get $n) (local.get $d))) (then (return (i32.const 0))))
      (local.set $d (i32.add (local.get $d) (i32.const 1)))
      (br $next))
    (unreachable))
  (func (export "count") (param $n i32) (result i32) (local $i i32) (local $found i32)
    (local.set $i (i32.const 2))
    (loop $again
      (if (call $is_prime (local.get $i)) (then
        (local.set $found (i32.add (local.get $found) (i32.const 1)))
        (if (i32.eqz (i32.rem_u (local.get $found) (i32.const 100))) (then
          (call $report (local.get $found) (local.get $i))))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $found))))";

// An engine with a guest. The second half of the work is done by one that begins with an image.
struct World {
  explicit World(Tier tier) : engine(config_of(tier)), store(engine), linker(store) {
    linker.func("host", "report", [this](int32_t found, int32_t prime) {
      std::printf("%d primes, the last one is %d\n", found, prime);
      if (found == stop_at) store.ask_to_yield();
    });
  }
  static Config config_of(Tier tier) {
    Config config;
    config.tier = tier;
    return config;
  }

  Engine engine;
  Store store;
  Linker linker;
  int32_t stop_at = 0;  // after this report, the guest stops at its next iteration of a loop
};

Result<std::vector<uint8_t>> first_half() {
  World world(Tier::jit);
  world.stop_at = 300;
  Result<Module> module = Module::from_text(world.engine, kModule);
  if (!module) return std::move(module).error();
  Result<Instance> instance = world.linker.instantiate(*module);
  if (!instance) return std::move(instance).error();
  Result<AsyncCall> call = AsyncCall::make(*instance->func("count"), {Val::i32(5000)});
  if (!call) return std::move(call).error();
  call->set_yields(true);
  if (Result<AsyncCall::State> state = call->resume(); !state) return std::move(state).error();

  std::vector<uint8_t> image;
  AsyncCall* const calls[] = {&*call};
  CheckpointOptions options;
  options.calls = calls;
  const auto append = [&](std::span<const uint8_t> bytes) -> Result<void> {
    image.insert(image.end(), bytes.begin(), bytes.end());
    return {};
  };
  if (Result<void> saved = checkpoint(world.store, append, options); !saved) return std::move(saved).error();
  return image;
}

Result<int32_t> second_half(const std::vector<uint8_t>& image) {
  World world(Tier::automatic);
  Result<Module> module = Module::from_text(world.engine, kModule);
  if (!module) return std::move(module).error();
  Result<Restored> restored = restore(world.store, {*module}, world.linker, image);
  if (!restored) return std::move(restored).error();
  AsyncCall& call = restored->calls[0];
  if (Result<AsyncCall::State> state = call.resume(); !state) return std::move(state).error();
  return call.results()[0].i32();
}

}  // namespace

int main() {
  const Result<std::vector<uint8_t>> image = first_half();
  if (image) std::printf("saved\n");
  const Result<int32_t> primes = image ? second_half(*image) : Result<int32_t>(Error(image.error()));
  if (!primes) {
    std::fprintf(stderr, "%s\n", primes.error().to_string().c_str());
    return 1;
  }
  std::printf("%d primes below 5000\n", *primes);
  return 0;
}
