// How somebody else ends a program of several threads: between whoever runs it and whoever interrupts it.
// Thread rule: any thread.
#pragma once

#include <functional>
#include <mutex>
#include <utility>

namespace mini_wasm::wasi {

class ProgramInterrupt {
 public:
  // Interrupts the program that runs; when none does, the next one as soon as it does.
  void raise() {
    const std::lock_guard lock(mutex_);
    if (interrupt_) return interrupt_();
    raised_ = true;
  }

  // The time that a program runs.
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
