// A server that runs functions of its users: a pool of threads, a new store for each request, and a deadline and a
// limit of memory for each. What requests have in common, the engine, the module and the linker, is made once.
#include <mini_wasm/mini_wasm.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace mini_wasm;
using namespace std::chrono_literals;

// The functions: one that answers, one that never ends, one that wants too much memory.
constexpr const char* kFunctions = R"((module
  (import "server" "log" (func $log (param i32 i32)))
  (memory (export "memory") 1) (data (i32.const 0) "square was called")
  (func (export "square") (param i64) (result i64)
    (call $log (i32.const 0) (i32.const 17)) (i64.mul (local.get 0) (local.get 0)))
  (func (export "spin") (param i64) (result i64) (loop $forever (br $forever)) (unreachable))
  (func (export "hoard") (param i64) (result i64)
    (if (i32.eq (memory.grow (i32.const 1000)) (i32.const -1)) (then (unreachable))) (local.get 0))))";

class FunctionServer {
 public:
  FunctionServer(const Engine& engine, const Module& module, size_t threads)
      : engine_(engine), module_(module), linker_(engine) {
    // Called by all threads at once, so it locks.
    linker_.func("server", "log", [this](std::string_view line) {
      const std::lock_guard lock(mutex_);
      log_.emplace_back(line);
    });
    for (size_t n = 0; n < threads; ++n) threads_.emplace_back([this] { work(); });
  }
  ~FunctionServer() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  std::future<std::string> submit(std::string function, int64_t argument) {
    std::packaged_task<std::string()> task([this, function, argument] { return run(function, argument); });
    std::future<std::string> answer = task.get_future();
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    changed_.notify_one();
    return answer;
  }

  size_t log_lines() const { return log_.size(); }

 private:
  std::string run(const std::string& function, int64_t argument) {
    StoreLimits limits;
    limits.total_bytes = 16 << 20;
    Store store(engine_, limits);
    // The deadline is for all that the guest does, its start function included.
    const Result<int64_t> answer = store.run_until(Deadline::Clock::now() + 100ms, [&]() -> Result<int64_t> {
      Result<Instance> instance = linker_.instantiate(store, module_);
      if (!instance) return std::move(instance).error();
      const std::optional<Func> func = instance->func(function);
      if (!func) return Error::make(ErrorKind::usage, "no function " + function);
      Result<TypedFunc<int64_t(int64_t)>> typed = func->typed<int64_t(int64_t)>();
      if (!typed) return std::move(typed).error();
      return (*typed)(argument);
    });
    if (answer) return std::to_string(*answer);
    if (answer.error().trap_code == TrapCode::interrupted) return "took too long";
    return answer.error().to_string();
  }

  void work() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stop_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      std::packaged_task<std::string()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }

  const Engine engine_;
  const Module module_;
  Linker linker_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<std::packaged_task<std::string()>> tasks_;
  std::vector<std::string> log_;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

int main() {
  const Engine engine;
  const Result<Module> module = Module::from_text(engine, kFunctions);
  if (!module) return std::fprintf(stderr, "%s\n", module.error().to_string().c_str()), 1;
  FunctionServer server(engine, *module, 4);
  std::vector<std::future<std::string>> answers;
  for (const char* function : {"spin", "hoard", "none"}) answers.push_back(server.submit(function, 1));
  for (int64_t n = 1; n <= 20; ++n) answers.push_back(server.submit("square", n));
  for (std::future<std::string>& answer : answers) std::printf("%s\n", answer.get().c_str());
  std::printf("%zu calls of square\n", server.log_lines());
  return 0;
}
