// Guests that take turns: each gets a thousand instructions at a time. One of them never ends, so it is stopped.
#include <mini_wasm/mini_wasm.h>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

using namespace mini_wasm;

namespace {

constexpr const char* kModule = R"((module
  (func (export "sum") (param $n i64) (result i64) (local $sum i64)
    (loop $again
      (local.set $sum (i64.add (local.get $sum) (local.get $n)))
      (br_if $again (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))
    (local.get $sum))
  (func (export "forever") (result i64) (loop $again (br $again)) (unreachable))))";

struct Guest {
  std::string name;
  AsyncCall call;
  uint64_t used = 0;  // units of fuel
};

constexpr uint64_t kSlice = 1000, kMost = 50'000;

// Runs the guest for one slice. Returns whether it has more to do.
bool run_slice(Store& store, Guest& guest) {
  if (guest.used >= kMost) {
    std::printf("%s: stopped after %llu units\n", guest.name.c_str(), static_cast<unsigned long long>(guest.used));
    return false;
  }
  if (!store.set_fuel(kSlice)) return false;
  const Result<AsyncCall::State> state = guest.call.resume();
  guest.used += kSlice - store.fuel();
  if (!state) {
    std::printf("%s: %s\n", guest.name.c_str(), state.error().to_string().c_str());
    return false;
  }
  if (*state == AsyncCall::State::ready) return true;
  std::printf("%s: %lld, with %llu units\n", guest.name.c_str(), static_cast<long long>(guest.call.results()[0].i64()),
              static_cast<unsigned long long>(guest.used));
  return false;
}

}  // namespace

int main() {
  Config config;
  config.fuel = true;
  const Engine engine(config);
  Store store(engine);
  Linker linker(store);
  const Result<Module> module = Module::from_text(engine, kModule);
  const Result<Instance> instance = module ? linker.instantiate(*module) : Result<Instance>(Error(module.error()));
  if (!instance) {
    std::fprintf(stderr, "%s\n", instance.error().to_string().c_str());
    return 1;
  }
  std::vector<Guest> guests;
  const auto add = [&](std::string name, const char* function, std::initializer_list<Val> args) {
    Result<AsyncCall> call = AsyncCall::make(*instance->func(function), args);
    if (!call) return;
    call->set_yields(true);
    guests.push_back({std::move(name), std::move(*call)});
  };
  add("short", "sum", {Val::i64(10)});
  add("long", "sum", {Val::i64(1000)});
  add("endless", "forever", {});
  while (!guests.empty()) std::erase_if(guests, [&](Guest& guest) { return !run_slice(store, guest); });
  return 0;
}
