#include <pthread.h>

#include <array>
#include <mutex>

#include "runtime/system/fork_handlers.h"

namespace mini_wasm::runtime {

constinit ProcessMutex ProcessMutex::fork_handlers, ProcessMutex::cache_fence, ProcessMutex::fault_handler,
    ProcessMutex::native_stacks, ProcessMutex::stores;

namespace {

constexpr std::array kMutexes{&ProcessMutex::fork_handlers, &ProcessMutex::cache_fence, &ProcessMutex::fault_handler,
                              &ProcessMutex::native_stacks, &ProcessMutex::stores};

}  // namespace

struct ForkHandlers {
  static inline constinit ForkHandler* first = nullptr;

  template <ForkHandler::Moment moment>
  static void at_fork() {
    if (moment == ForkHandler::Moment::before) {
      for (ProcessMutex* mutex : kMutexes) mutex->lock();
    }
    for (ForkHandler* handler = first; handler != nullptr; handler = handler->next_) {
      handler->function_(*handler, moment);
    }
    if (moment != ForkHandler::Moment::before) {
      for (ProcessMutex* mutex : kMutexes) mutex->unlock();
    }
  }
};

namespace {

// Done when the program or library is loaded, before another thread can use this code. If it fails, each child is like
// one that was made without fork handlers.
[[maybe_unused]] const int registered = pthread_atfork(&ForkHandlers::at_fork<ForkHandler::Moment::before>,
                                                       &ForkHandlers::at_fork<ForkHandler::Moment::after_in_parent>,
                                                       &ForkHandlers::at_fork<ForkHandler::Moment::after_in_child>);

}  // namespace

void ForkHandler::add() {
  const std::lock_guard lock(ProcessMutex::fork_handlers);
  next_ = ForkHandlers::first;
  previous_ = &ForkHandlers::first;
  if (next_ != nullptr) next_->previous_ = &next_;
  ForkHandlers::first = this;
}

void ForkHandler::remove() {
  const std::lock_guard lock(ProcessMutex::fork_handlers);  // also for previous_, which the handler before it writes
  if (previous_ == nullptr) return;
  *previous_ = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
}

}  // namespace mini_wasm::runtime
