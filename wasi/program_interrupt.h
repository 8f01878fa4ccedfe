// Ends a program of several threads from outside: connects the thread that runs it with the one that interrupts it.
// Thread rule: any thread.
#pragma once

#include <functional>
#include <mutex>
#include <utility>

namespace mini_wasm::wasi {

class ProgramInterrupt {
 public:
  // Interrupts the running program. If none runs, interrupts the next one as soon as it starts.
  void raise() {
    const std::lock_guard lock(mutex_);
    if (interrupt_) return interrupt_();
    raised_ = true;
  }

  // Exists while a program runs.
  class Scope {
   public:
    Scope(ProgramInterrupt& owner, std::function<void()> interrupt) : owner_(owner) {
      const std::lock_guard lock(owner_.mutex_);
      owner_.interrupt_ = std::move(interrupt);
      if (std::exchange(owner_.raised_, false)) owner_.interrupt_();
    }
    ~Scope() {
      const std::lock_guard lock(owner_.mutex_);
      owner_.interrupt_ = nullptr;
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    ProgramInterrupt& owner_;
  };

 private:
  std::mutex mutex_;
  std::function<void()> interrupt_;
  bool raised_ = false;
};

}  // namespace mini_wasm::wasi
