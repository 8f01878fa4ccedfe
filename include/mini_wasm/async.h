/// @file
/// AsyncCall: a call of a guest that can wait.
#pragma once

#include <mini_wasm/api.h>
#include <mini_wasm/extern.h>
#include <mini_wasm/result.h>

#include <initializer_list>
#include <memory>
#include <span>
#include <vector>

namespace mini_wasm {

namespace runtime {
class Continuation;
}

/// A call of a guest that can wait for something without keeping a thread.
///
///     AsyncCall call = *AsyncCall::make(func, {Val::i32(1)});
///     while (*call.resume() == AsyncCall::State::waiting) {
///       ...                        // wait for what the host function has begun, or do something else
///       call.complete({result});   // what the host function returns to its guest
///     }
///     call.results();
///
/// A host function makes its guest wait when it returns Caller::suspend. Then AsyncCall::resume returns. While the guest
/// waits, it needs no stack: its frames, usually less than a kilobyte, are kept in this object. So there can be many
/// calls that wait, in one store or in many, and other calls of the store can be made meanwhile.
///
/// Ownership: movable, not copyable. May be destroyed at any time, also while the guest waits; then the guest never goes
/// on. May outlive its store; then AsyncCall::resume gives an Error.
///
/// Thread rule: that of the store. A call that waits may go on on another thread.
class MINI_WASM_API AsyncCall {
 public:
  /// What a call is doing.
  enum class State : uint8_t {
    ready,     ///< AsyncCall::resume lets it begin or go on.
    running,   ///< The guest runs, or a host function that it has called.
    waiting,   ///< A host function has made it wait; AsyncCall::complete or AsyncCall::fail must come next.
    finished,  ///< It has returned, or ended with an Error.
  };

  /// Prepares a call; AsyncCall::resume begins it. Errors: usage (wrong number or types of arguments), limit.
  static Result<AsyncCall> make(const Func& func, std::span<const Val> args);
  /// The same, for example `make(func, {Val::i32(1)})`.
  static Result<AsyncCall> make(const Func& func, std::initializer_list<Val> args) {
    return make(func, std::span<const Val>(args.begin(), args.size()));
  }
  ~AsyncCall();
  /// Takes the call over.
  AsyncCall(AsyncCall&&) noexcept;
  /// Takes the call over and drops its own.
  AsyncCall& operator=(AsyncCall&&) noexcept;

  /// Runs the guest until it waits, has finished or has yielded (State::ready), and says which. Errors: those of
  /// Func::call, with which the call has finished; usage (the call is not ready, a call of the store is running, or the
  /// store is gone), after which nothing has changed.
  Result<State> resume();
  /// Gives the results of the host function that has made the guest wait. Errors: usage (the call does not wait, or they
  /// have the wrong number or types).
  Result<void> complete(std::span<const Val> results);
  /// The same, for example `complete({Val::i32(1)})`.
  Result<void> complete(std::initializer_list<Val> results) {
    return complete(std::span<const Val>(results.begin(), results.size()));
  }
  /// The host function fails with this error instead. Errors: usage (the call does not wait).
  Result<void> fail(Error error);

  /// Stores a pointer that the host functions of this call can read (Caller::async_data). Not owned.
  void set_data(void* data);
  /// Whether the guest stops where it is, so that it can go on later, when it has used up the fuel of its store
  /// (Store::set_fuel), instead of trapping; and when the store asks for it (Store::ask_to_yield). AsyncCall::resume then
  /// gives State::ready. So guests take turns:
  ///
  ///     call.set_yields(true);
  ///     do { store.set_fuel(10'000); } while (*call.resume() == AsyncCall::State::ready);
  ///
  /// At first, it does not.
  void set_yields(bool on);

  /// What the call is doing.
  State state() const;
  /// What the function has returned. Empty when it has not returned.
  std::vector<Val> results() const;

  /// For the library's own use: a call that takes over the implementation.
  explicit AsyncCall(runtime::Continuation* impl) : impl_(impl) {}
  /// The implementation, for the library's own use; null after the call was moved from.
  runtime::Continuation* impl() const { return impl_.get(); }

 private:
  struct Drop {
    void operator()(runtime::Continuation* call) const noexcept;
  };
  std::unique_ptr<runtime::Continuation, Drop> impl_;
};

}  // namespace mini_wasm
