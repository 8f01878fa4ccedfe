// What a fork must not find half done. A child of fork has only the thread that forked. A lock that another thread held
// at that moment stays locked in the child, and what it protects may be half changed.
//
// Engines need no care: a child may use only those that no other thread used (docs/host-process.md). But what belongs
// to the whole process may be in use by another thread at any time:
//
//   * A mutex of the whole process is a ProcessMutex. A fork waits until nobody holds one.
//   * A ForkHandler is told before and after each fork. Those that have a thread of their own (Timer) use it, too.
//   * A value of the whole process that is made at first use is a ProcessValue (core/process_value.h), which has no lock.
//
// When a library that contains this code is unloaded, the C library removes its fork handlers.
// Thread rule: any thread.
#pragma once

#include <mutex>

namespace mini_wasm::runtime {

// A mutex of the whole process. All of them are listed here, in the order in which a fork locks them: a thread that
// holds one may only lock those below it.
class ProcessMutex {
 public:
  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }

  static ProcessMutex fork_handlers;  // the list of fork handlers
  static ProcessMutex cache_fence;    // cache/cache_fence.cc
  static ProcessMutex fault_handler;  // call/fault_handler_linux.cc
  static ProcessMutex native_stacks;  // system/native_stack.cc
  static ProcessMutex stores;         // call/use_check.cc

 private:
  std::mutex mutex_;
};

// Is told about each fork, in the thread that forks, from add() to remove(). No handler comes or goes between the two
// moments of a fork.
class ForkHandler {
 public:
  enum class Moment { before, after_in_parent, after_in_child };
  using Function = void (*)(ForkHandler& handler, Moment moment);

  explicit ForkHandler(Function function) : function_(function) {}
  ForkHandler(const ForkHandler&) = delete;
  ForkHandler& operator=(const ForkHandler&) = delete;

 protected:
  // To be called at the end of the constructor and at the beginning of the destructor of the class that is derived from
  // this one.
  void add();
  void remove();

 private:
  friend struct ForkHandlers;
  const Function function_;
  ForkHandler* next_ = nullptr;
  ForkHandler** previous_ = nullptr;  // the pointer that points to this one; null: not added
};

}  // namespace mini_wasm::runtime
