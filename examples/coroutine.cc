// Host functions that are coroutines: guests sleep, in one thread. Nothing here knows that a guest is suspended.
#include <mini_wasm/coroutine.h>
#include <mini_wasm/mini_wasm.h>

#include <cstdio>
#include <cstdlib>
#include <queue>
#include <utility>
#include <vector>

using namespace mini_wasm;

namespace {

// Resumes coroutines at their times. The clock jumps to the next time instead of waiting.
class Timers {
 public:
  auto sleep(int milliseconds) {
    struct Awaiter {
      Timers& timers;
      int at;
      bool await_ready() const { return false; }
      void await_suspend(std::coroutine_handle<> handle) { timers.queue_.push({at, handle}); }
      void await_resume() const {}
    };
    return Awaiter{*this, now_ + milliseconds};
  }
  int now() const { return now_; }
  void run() {
    while (!queue_.empty()) {
      const Timer next = queue_.top();
      queue_.pop();
      now_ = next.at;
      next.handle.resume();
    }
  }

 private:
  struct Timer {
    int at;
    std::coroutine_handle<> handle;
    bool operator<(const Timer& other) const { return at > other.at; }
  };
  int now_ = 0;
  std::priority_queue<Timer> queue_;
};

// Calls the guest, and says how long it took. While the guest sleeps, so does this coroutine.
Task<> measure(Timers& timers, Func sleeper, int32_t who) {
  const int begin = timers.now();
  std::vector<Val> args;  // GCC 12 compiles no initializer lists in coroutines
  args.push_back(Val::i32(who));
  args.push_back(Val::i32(10 * (who + 1)));
  const Result<std::vector<Val>> result = co_await call_async(sleeper, std::move(args));
  if (!result) std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
  std::printf("guest %d has taken %d ms\n", who, timers.now() - begin);
}

}  // namespace

int main(int argc, char** argv) {
  const Engine engine;
  Store store(engine);
  Linker linker(store);
  Timers timers;
  linker.define("host", "sleep", wrap_async(store, [&timers](int32_t milliseconds) -> Task<int32_t> {
                  co_await timers.sleep(milliseconds);
                  co_return timers.now();
                }));
  linker.func("host", "say", [](int32_t who, int32_t what) { std::printf("guest %d says %d\n", who, what); });
  const Result<Module> module = Module::from_file(engine, argc > 1 ? argv[1] : "waiting_guests.wasm");
  const Result<Instance> instance = module ? linker.instantiate(*module) : Result<Instance>(Error(module.error()));
  if (!instance) {
    std::fprintf(stderr, "%s\n", instance.error().to_string().c_str());
    return 1;
  }
  for (int32_t who = 0; who < 3; ++who) start(measure(timers, *instance->func("sleeper"), who));
  timers.run();
  return 0;
}
