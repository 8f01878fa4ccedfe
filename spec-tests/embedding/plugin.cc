// The shared library that unload_test.cc loads.
#include <mini_wasm/mini_wasm.h>

#include "spec-tests/support/wat.h"

namespace {

using namespace mini_wasm;

constexpr const char* kGuest = R"((module
  (import "h" "f" (func $f (param i32) (result i32)))
  (memory 1)
  (func (export "load") (param i32) (result i32) (i32.load (call $f (local.get 0))))
  (func (export "sum") (param i32) (result i32) (local $s i32)
    (loop $l
      (local.set $s (i32.add (local.get $s) (call $f (local.get 0))))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get $s))))";

}  // namespace

// Returns 0 when a guest has behaved correctly.
extern "C" [[gnu::visibility("default")]] int run_guest(int guard_pages) {
  Config config;
  config.hot_after = 10;
  config.guard_pages = guard_pages != 0;
  const Engine engine(config);
  Store store(engine);
  Linker linker(store);
  linker.func("h", "f", [](int32_t x) { return x; });
  const Result<Module> module = Module::compile(engine, testing::wat(kGuest));
  if (!module) return 1;
  const Result<Instance> instance = linker.instantiate(*module);
  if (!instance) return 2;
  const auto trapped = instance->func("load")->call({Val::i32(65536)});
  if (trapped || trapped.error().trap_code != TrapCode::out_of_bounds_memory_access) return 3;
  const auto sum = instance->func("sum")->call({Val::i32(1000)});
  return sum && (*sum)[0].i32() == 500500 ? 0 : 4;
}

// Calls `work` while there is an engine that has run a guest.
extern "C" [[gnu::visibility("default")]] int with_engine(void (*work)()) {
  const Engine engine;
  const Store store(engine);
  const int result = run_guest(1);
  work();
  return result;
}
