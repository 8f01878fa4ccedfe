// Store::interrupt while a program is in a call that waits: the call returns, and then the program ends.
#include <chrono>
#include <thread>

#include "spec-tests/support/guest.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

TEST(interrupt, an_interrupt_ends_a_wait_without_end) {
  Guest guest;
  Result<Wasi> wasi = Wasi::make({});
  ASSERT_TRUE(wasi);
  wasi->add_to(guest.linker);
  const Instance i = guest.load(R"((module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "sleep") (result i32)
      (i32.store offset=16 (i32.const 0) (i32.const 1))   ;; the monotonic clock
      (i64.store offset=24 (i32.const 0) (i64.const -1))  ;; for ever
      (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))))");
  for (const bool early : {false, true}) {
    std::thread other([&] {
      if (!early) std::this_thread::sleep_for(std::chrono::milliseconds(20));
      guest.store.interrupt();
    });
    EXPECT_THAT(guest.call(i, "sleep"), Traps(TrapCode::interrupted));
    other.join();
    guest.store.clear_interrupt();
  }
}

}  // namespace
}  // namespace mini_wasm
