// wasi-threads: programs with several threads. Each thread is an instance of the module in a store of its own, on a
// thread of the host. They share the memory that the module imports. The first result (main returns, or a thread exits
// or traps) is the result of the program and interrupts all other threads.
#include <mini_wasm/wasi.h>
#include <pthread.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "core/guarded.h"
#include "core/limits.h"
#include "wasi/abi.h"
#include "wasi/context.h"

namespace mini_wasm {
namespace {

constexpr const char* kModule = "wasi";
constexpr const char* kSpawn = "thread-spawn";
constexpr const char* kStart = "wasi_thread_start";
constexpr size_t kMaxThreads = limits::kMaxThreads;
constexpr int32_t kLastThreadId = 0x1fff'ffff;  // greater ids are reserved

// Thread rule: all members except the constructor may be called from any thread.
class Program : public std::enable_shared_from_this<Program> {
 public:
  Program(Wasi& wasi, const Engine& engine, const Module& module, const StoreLimits& limits, Wasi::Prepare prepare)
      : wasi_(wasi), engine_(engine), module_(module), limits_(limits), prepare_(std::move(prepare)) {}

  void interrupt() {
    const std::lock_guard lock(mutex_);
    interrupted_ = true;
    for (const auto& [id, store] : stores_) store->interrupt();
  }

  Result<int32_t> run() {
    for (const ImportType& import : module_.imports()) {
      if (import.type.kind != ExternKind::memory || !import.type.memory.shared) continue;
      Result<SharedMemory> memory = SharedMemory::make(engine_, import.type.memory, limits_.memory_bytes);
      if (!memory) return std::move(memory).error();
      memories_.push_back({import.module, import.name, std::move(*memory)});
    }
    end(guarded([&] { return in_own_store(0, [&](const Instance& instance) { return wasi_.run(instance); }); }));
    std::unique_lock lock(mutex_);
    nobody_left_.wait(lock, [&] { return threads_ == 0; });
    return std::move(*outcome_);
  }

 private:
  struct SharedImport {
    std::string module, name;
    SharedMemory memory;
  };
  struct Thread {
    std::shared_ptr<Program> program;
    int32_t id, argument;
  };

  // Returns the id of a new thread, or a negative errno.
  int32_t spawn(int32_t argument) {
    constexpr int32_t kAgain = -static_cast<int32_t>(wasi::Errno::again);
    const std::lock_guard lock(mutex_);
    if (outcome_ || threads_ >= kMaxThreads || last_id_ == kLastThreadId) return kAgain;
    auto thread = std::make_unique<Thread>(Thread{shared_from_this(), last_id_ + 1, argument});
    pthread_t native;
    if (pthread_create(&native, nullptr, &Program::thread_main, thread.get()) != 0) return kAgain;
    pthread_detach(native);
    static_cast<void>(thread.release());  // thread_main owns it from now on
    ++threads_;
    return ++last_id_;
  }

  static void* thread_main(void* argument) {
    const std::unique_ptr<Thread> thread(static_cast<Thread*>(argument));
    Program& program = *thread->program;
    program.run_thread(*thread);
    const std::lock_guard lock(program.mutex_);
    --program.threads_;
    program.nobody_left_.notify_all();
    return nullptr;
  }

  void run_thread(const Thread& thread) {
    Result<int32_t> result = guarded([&] { return call_start(thread); });
    if (result) return;  // only this thread has ended, not the program
    if (result.error().kind == ErrorKind::exit) return end(result.error().exit_code);
    end(std::move(result).error());
  }

  Result<int32_t> call_start(const Thread& thread) {
    return in_own_store(thread.id, [&](const Instance& instance) -> Result<int32_t> {
      const std::optional<Func> start = instance.func(kStart);
      if (!start) return Error::make(ErrorKind::usage, std::string("the program does not export ") + kStart);
      auto typed = start->typed<void(int32_t, int32_t)>();
      if (!typed) return std::move(typed).error();
      if (Result<void> r = (*typed)(thread.id, thread.argument); !r) return std::move(r).error();
      return 0;
    });
  }

  // Calls `body` with a new instance that exists only during the call. An interrupt reaches it from the start.
  template <class F>
  Result<int32_t> in_own_store(int32_t id, F body) {
    Store store(engine_, limits_);
    const Registration registration(*this, id, store);
    Linker linker(store);
    wasi_.add_to(linker);
    linker.func(kModule, kSpawn, [program = shared_from_this()](int32_t argument) { return program->spawn(argument); });
    for (const SharedImport& import : memories_) {
      Result<Memory> memory = import.memory.in(store);
      if (!memory) return std::move(memory).error();
      linker.define(import.module, import.name, *memory);
    }
    if (prepare_) {
      if (Result<void> r = prepare_(linker); !r) return std::move(r).error();
    }
    Result<Instance> instance = linker.instantiate(module_);
    if (!instance) return std::move(instance).error();
    return body(*instance);
  }

  // While it exists, `end` can find the store of the thread.
  class Registration {
   public:
    Registration(Program& program, int32_t id, Store& store) : program_(program), id_(id) {
      const std::lock_guard lock(program.mutex_);
      program.stores_[id] = &store;
      if (program.outcome_ || program.interrupted_) store.interrupt();
    }
    ~Registration() {
      const std::lock_guard lock(program_.mutex_);
      program_.stores_.erase(id_);
    }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

   private:
    Program& program_;
    int32_t id_;
  };

  void end(Result<int32_t> outcome) {
    const std::lock_guard lock(mutex_);
    if (outcome_) return;
    outcome_.emplace(std::move(outcome));
    for (const auto& [id, store] : stores_) store->interrupt();
  }

  Wasi& wasi_;
  const Engine engine_;
  const Module module_;
  const StoreLimits limits_;
  const Wasi::Prepare prepare_;
  std::vector<SharedImport> memories_;

  std::mutex mutex_;  // guards everything below
  std::condition_variable nobody_left_;
  std::map<int32_t, Store*> stores_;
  std::optional<Result<int32_t>> outcome_;
  bool interrupted_ = false;
  size_t threads_ = 0;  // without the first one
  int32_t last_id_ = 0;
};

}  // namespace

bool Wasi::has_threads(const Module& module) {
  for (const ImportType& import : module.imports()) {
    if (import.module == kModule && import.name == kSpawn) return true;
  }
  return false;
}

Result<int32_t> Wasi::run_threads(const Engine& engine, const Module& module, const StoreLimits& limits,
                                  const Prepare& prepare) {
  return guarded([&] {
    const auto program = std::make_shared<Program>(*this, engine, module, limits, prepare);
    const wasi::ProgramInterrupt::Scope scope(context_->program_interrupt(), [&] { program->interrupt(); });
    return program->run();
  });
}

void Wasi::interrupt_threads() { context_->program_interrupt().raise(); }

}  // namespace mini_wasm
