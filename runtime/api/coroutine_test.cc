// Coroutines on both sides of a guest, on every tier.
#include <mini_wasm/coroutine.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

// Coroutines that wait for their turn.
class Turns {
 public:
  auto next() {
    struct Awaiter {
      std::vector<std::coroutine_handle<>>& waiting;
      bool await_ready() const { return false; }
      void await_suspend(std::coroutine_handle<> handle) { waiting.push_back(handle); }
      void await_resume() const {}
    };
    return Awaiter{waiting_};
  }
  size_t waiting() const { return waiting_.size(); }
  void run_all() {
    while (!waiting_.empty()) {
      const std::vector<std::coroutine_handle<>> now = std::exchange(waiting_, {});
      for (const std::coroutine_handle<> handle : now) handle.resume();
    }
  }

 private:
  std::vector<std::coroutine_handle<>> waiting_;
};

class Coroutines : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  Task<int32_t> add_slowly(int32_t a, int32_t b) {
    for (int32_t i = 0; i < b; ++i) co_await turns.next();
    co_return a + b;
  }
  Task<> run(Func func, std::vector<Val> args) {
    Result<std::vector<Val>> results = co_await call_async(func, std::move(args));
    outcomes.push_back(results ? std::to_string((*results)[0].i32()) : results.error().message);
  }
  Instance load() {
    guest.linker.define("host", "add",
                        wrap_async(guest.store, [this](int32_t a, int32_t b) { return add_slowly(a, b); }));
    guest.linker.define("host", "fail", wrap_async(guest.store, [this]() -> Task<Result<int32_t>> {
                          co_await turns.next();
                          co_return Error::host("no luck");
                        }));
    guest.linker.define("host", "throw", wrap_async(guest.store, [this]() -> Task<> {
                          co_await turns.next();
                          throw std::runtime_error("thrown");
                        }));
    return guest.load(R"((module
      (import "host" "add" (func $add (param i32 i32) (result i32)))
      (import "host" "fail" (func $fail (result i32))) (import "host" "throw" (func $throw))
      (func (export "sum") (param i32) (result i32) (call $add (call $add (local.get 0) (i32.const 2)) (i32.const 3)))
      (func (export "fail") (result i32) (call $fail))
      (func (export "throw") (result i32) (call $throw) (i32.const 1))
      (func (export "none") (result i32) (i32.const 9))))");
  }

  Guest guest{GetParam().config()};
  Turns turns;
  std::vector<std::string> outcomes;
};
INSTANTIATE_TEST_SUITE_P(tiers, Coroutines, ::testing::ValuesIn(spec::kTiers), tier_name);

TEST_P(Coroutines, guests_wait_for_coroutines_of_the_host) {
  const Instance i = load();
  for (int32_t n = 0; n < 3; ++n) start(run(*i.func("sum"), {Val::i32(n * 100)}));
  EXPECT_TRUE(outcomes.empty());
  EXPECT_EQ(turns.waiting(), 3u);
  turns.run_all();
  EXPECT_EQ(outcomes, (std::vector<std::string>{"5", "105", "205"}));
}

TEST_P(Coroutines, errors_and_exceptions_end_the_guest) {
  const Instance i = load();
  for (const char* name : {"fail", "throw", "none"}) start(run(*i.func(name), {}));
  turns.run_all();
  EXPECT_EQ(outcomes, (std::vector<std::string>{"9", "no luck", "exception: thrown"}));
}

TEST_P(Coroutines, wrong_use) {
  const Instance i = load();
  EXPECT_THAT(guest.call(i, "sum", {Val::i32(1)}), Fails(ErrorKind::usage, "AsyncCall"));
  int own = 0;
  for (void* data : {static_cast<void*>(nullptr), static_cast<void*>(&own)}) {
    AsyncCall call = std::move(*AsyncCall::make(*i.func("sum"), {Val::i32(1)}));
    call.set_data(data);
    EXPECT_THAT(call.resume(), Fails(ErrorKind::usage, "call_async"));
  }
  guest.linker.define("host", "plain", Func::wrap(guest.store, [](Caller& caller) { return caller.suspend(); }));
  const Instance j = guest.load(R"((module (import "host" "plain" (func $f)) (func (export "f") (call $f))))");
  start(run(*j.func("f"), {}));
  start(run(*i.func("sum"), {Val::i64(1)}));
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_THAT(outcomes[0], ::testing::HasSubstr("no coroutine"));
  EXPECT_THAT(outcomes[1], ::testing::HasSubstr("argument 1"));
}

// The frame of the coroutine that waits for the guest is destroyed, and with it the guest's.
TEST_P(Coroutines, destroyed_while_it_waits) {
  const Instance i = load();
  {
    struct Never {
      bool await_ready() const { return false; }
      void await_suspend(std::coroutine_handle<>) const {}
      void await_resume() const {}
    };
    guest.linker.define("host", "never", wrap_async(guest.store, []() -> Task<> { co_await Never(); }));
    const Instance j = guest.load(R"((module (import "host" "never" (func $f)) (func (export "f") (call $f))))");
    struct Owner {
      struct promise_type {
        Owner get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_never initial_suspend() { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() {}
      };
      std::coroutine_handle<promise_type> handle;
    };
    const Owner owner = [](Func func) -> Owner { (void)co_await call_async(func, {}); }(*j.func("f"));
    EXPECT_FALSE(owner.handle.done());
    owner.handle.destroy();
  }
  EXPECT_THAT(guest.call(i, "none"), Returns(Val::i32(9)));
}

}  // namespace
}  // namespace mini_wasm
