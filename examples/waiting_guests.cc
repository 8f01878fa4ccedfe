// Guests that wait, in one thread: a scheduler with a clock of its own. Then a hundred thousand of them.
#include <mini_wasm/mini_wasm.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <queue>
#include <string>
#include <vector>

using namespace mini_wasm;

namespace {

template <class T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
  std::exit(1);
}

// Calls that sleep, the one that wakes first on top.
class Scheduler {
 public:
  explicit Scheduler(Store& store, Linker& linker) {
    const FuncType type{{ValType::i32}, {ValType::i32}};
    // The host function only notes when its guest wants to wake; it returns at once.
    linker.define("host", "sleep", Func::make(store, type, [this](Caller& caller, uint64_t* slots) {
                    wake_ = now_ + static_cast<int32_t>(slots[0]);
                    return caller.suspend();
                  }));
    linker.func("host", "say",
                [this](int32_t who, int32_t what) { std::printf("%d: guest %d says %d\n", now_, who, what); });
  }

  void start(AsyncCall call) { run(std::move(call)); }
  size_t sleeping() const { return sleepers_.size(); }

  void run_all() {
    while (!sleepers_.empty()) {
      Sleeper next = std::move(const_cast<Sleeper&>(sleepers_.top()));
      sleepers_.pop();
      now_ = next.wake;
      if (Result<void> r = next.call.complete({Val::i32(now_)}); !r) std::exit(1);  // what `sleep` returns
      run(std::move(next.call));
    }
  }

 private:
  struct Sleeper {
    int32_t wake;
    AsyncCall call;
    bool operator<(const Sleeper& other) const { return wake > other.wake; }
  };

  void run(AsyncCall call) {
    if (must(call.resume()) == AsyncCall::State::waiting) sleepers_.push({wake_, std::move(call)});
  }

  int32_t now_ = 0, wake_ = 0;
  std::priority_queue<Sleeper> sleepers_;
};

long resident_bytes() {
  long pages = 0;
  std::ifstream statm("/proc/self/statm");
  statm >> pages >> pages;
  return pages * 4096;
}

}  // namespace

int main(int argc, char** argv) {
  const Engine engine;
  const Module module = must(Module::from_file(engine, argc > 1 ? argv[1] : "waiting_guests.wasm"));
  Store store(engine);
  Linker linker(store);
  Scheduler scheduler(store, linker);
  const Instance instance = must(linker.instantiate(module));
  const Func func = *instance.func("sleeper");

  // Each guest sleeps three times, for 10, 15 and 20 milliseconds.
  for (int who = 0; who < 3; ++who) {
    scheduler.start(must(AsyncCall::make(func, {Val::i32(who), Val::i32(10 + 5 * who)})));
  }
  scheduler.run_all();

  constexpr int kMany = 100'000;
  const long before = resident_bytes();
  for (int who = 0; who < kMany; ++who) {
    scheduler.start(must(AsyncCall::make(func, {Val::i32(-1), Val::i32(who % 1000)})));
  }
  std::printf("%zu guests wait, %.1f KiB each\n", scheduler.sleeping(),
              static_cast<double>(resident_bytes() - before) / kMany / 1024);
  scheduler.run_all();
  std::printf("all have woken\n");
  return 0;
}
