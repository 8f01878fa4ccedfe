/// @file
/// C++ coroutines on both sides of a guest: Task, call_async and wrap_async. Only for programs that use them; mini_wasm.h
/// does not include it.
///
///     Task<int32_t> answer(int32_t question) {      // a host function that waits
///       co_await timer(10ms);                       // anything that can be awaited
///       co_return question + 1;
///     }
///     ...
///     linker.define("host", "answer", wrap_async(store, answer));
///     ...
///     Task<void> work(Func func) {
///       Result<std::vector<Val>> results = co_await call_async(func, {Val::i32(1)});
///       ...
///     }
///     start(work(func));                            // runs until it waits for the first time
#pragma once

#include <mini_wasm/async.h>
#include <mini_wasm/instance.h>

#include <coroutine>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mini_wasm {

template <class T>
class Task;

namespace detail {

// What the promises of all tasks have. A task begins when it is awaited, and resumes who awaits it when it ends.
struct TaskPromise {
  struct Final {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> task) noexcept {
      return task.promise().then;
    }
    void await_resume() noexcept {}
  };
  std::suspend_always initial_suspend() noexcept { return {}; }
  Final final_suspend() noexcept { return {}; }
  void check() {
    if (exception) std::rethrow_exception(std::exchange(exception, nullptr));
  }

  std::coroutine_handle<> then = std::noop_coroutine();
  std::exception_ptr exception;
};

inline std::string what_is([[maybe_unused]] const std::exception_ptr& exception) {
#if defined(__cpp_exceptions)
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& e) {
    return std::string("exception: ") + e.what();
  } catch (...) {
  }
#endif
  return "exception of unknown type";
}

// An exception becomes an Error where the result can be one.
template <class T>
struct TaskPromiseOf : TaskPromise {
  Task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  void unhandled_exception() {
    if constexpr (UnwrapResult<T>::fallible) {
      value.emplace(Error::host(what_is(std::current_exception())));
    } else {
      exception = std::current_exception();
    }
  }
  T take() {
    check();
    return std::move(*value);
  }
  std::optional<T> value;
};
template <>
struct TaskPromiseOf<void> : TaskPromise {
  Task<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void unhandled_exception() noexcept { exception = std::current_exception(); }
  void take() { check(); }
};

}  // namespace detail

/// A coroutine that gives a T. It begins when it is awaited (`co_await`), once. An exception that leaves it becomes an
/// Error of kind ErrorKind::host if T is a Result; otherwise it leaves `co_await`.
///
/// Ownership: movable, not copyable. To destroy it while it waits destroys its frame; whatever would resume it must not do
/// so then.
///
/// Thread rule: one thread at a time.
template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::TaskPromiseOf<T>;  ///< For the compiler.

  /// Takes the coroutine over.
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  /// Takes the coroutine over and destroys its own.
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  /// For `co_await`.
  auto operator co_await() && noexcept {
    struct Awaiter {
      std::coroutine_handle<promise_type> task;
      bool await_ready() const noexcept { return task.done(); }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> then) noexcept {
        task.promise().then = then;
        return task;
      }
      T await_resume() { return task.promise().take(); }
    };
    return Awaiter{handle_};
  }

 private:
  friend promise_type;
  explicit Task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

namespace detail {

template <class T>
Task<T> TaskPromiseOf<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<TaskPromiseOf>::from_promise(*this));
}
inline Task<void> TaskPromiseOf<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<TaskPromiseOf>::from_promise(*this));
}

// A coroutine that nobody awaits: it begins at once and destroys itself.
struct Detached {
  struct promise_type {
    Detached get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

// What a guest waits for (AsyncCall::set_data): the host function leaves it here.
struct HostTask {
  std::optional<Task<Result<std::vector<Val>>>> task;
};
// The one whose call this thread resumes now. The data of another AsyncCall belongs to the program and may be anything.
inline thread_local HostTask* resumed = nullptr;

inline Result<AsyncCall::State> resume(AsyncCall& call, HostTask& host) {
  HostTask* const outer = std::exchange(resumed, &host);
  Result<AsyncCall::State> state = call.resume();
  resumed = outer;
  return state;
}

template <class R>
std::vector<Val> values_of(const R& results) {
  using Results = WasmResults<R>;
  uint64_t slots[Results::kSlots] = {};
  Results::store(slots, results);
  std::vector<Val> values;
  const uint64_t* slot = slots;
  for (const ValType type : Results::kTypes) {
    values.push_back(Val::from_bits(type, slot[0], type.is_vector() ? slot[1] : 0));
    slot += type.slots();
  }
  return values;
}

template <class R>
Task<Result<std::vector<Val>>> values_of(Task<R> task) {
  using Unwrapped = UnwrapResult<R>;
  if constexpr (std::is_void_v<R>) {
    co_await std::move(task);
    co_return std::vector<Val>();
  } else if constexpr (!Unwrapped::fallible) {
    co_return values_of<R>(co_await std::move(task));
  } else {
    R result = co_await std::move(task);
    if (!result) co_return std::move(result).error();
    if constexpr (std::is_void_v<typename Unwrapped::type>) {
      co_return std::vector<Val>();
    } else {
      co_return values_of<typename Unwrapped::type>(*result);
    }
  }
}

// For the type Task<R>(A...) of a coroutine.
template <class Type>
struct AsyncSignature;
template <class R, class... A>
struct AsyncSignature<Task<R>(A...)> {
  using Arguments = Signature<void(A...)>;
  using Results = WasmResults<typename UnwrapResult<R>::type>;
  template <class F>
  static Result<void> call(F& f, Caller& caller, uint64_t* slots) {
    std::optional<Task<R>> task;
    const auto begin = [&](auto&&... args) { task = f(std::forward<decltype(args)>(args)...); };
    if (Result<void> r = Arguments::call(begin, caller, slots); !r) return r;
    Result<void> waits = caller.suspend();
    if (waits.error().kind != ErrorKind::waiting) return waits;
    if (resumed == nullptr || caller.async_data() != resumed) {
      return Error::make(ErrorKind::usage, "the guest was not called with call_async");
    }
    resumed->task = values_of(std::move(*task));
    return waits;
  }
};

}  // namespace detail

/// Runs a coroutine that nobody waits for: it begins now, and goes on whenever what it waits for resumes it. An exception
/// that leaves it ends the process.
inline void start(Task<void> task) {
  [](Task<void> own) -> detail::Detached { co_await std::move(own); }(std::move(task));
}

/// Calls a guest whose host functions may be coroutines (wrap_async). The coroutine that awaits this goes on when the
/// guest has finished; until then, it waits when the guest waits.
///
/// Errors: those of AsyncCall::make and AsyncCall::resume.
inline Task<Result<std::vector<Val>>> call_async(Func func, std::vector<Val> args) {
  Result<AsyncCall> call = AsyncCall::make(func, args);
  if (!call) co_return std::move(call).error();
  detail::HostTask host;
  call->set_data(&host);
  for (;;) {
    Result<AsyncCall::State> state = detail::resume(*call, host);
    if (!state) co_return std::move(state).error();
    if (*state == AsyncCall::State::finished) co_return call->results();
    if (!host.task) co_return Error::make(ErrorKind::usage, "the guest waits for a host function that is no coroutine");
    Result<std::vector<Val>> results = co_await std::move(*host.task);
    host.task.reset();
    Result<void> given = results ? call->complete(*results) : call->fail(std::move(results).error());
    if (!given) co_return std::move(given).error();
  }
}

/// A host function from a coroutine: a callable that returns a Task of what Func::wrap allows as a result. Its arguments
/// are those of Func::wrap, by value. Its guest waits until the coroutine has ended.
///
/// The guest must be called with call_async; otherwise the function gives an Error of kind ErrorKind::usage.
template <class F>
Func wrap_async(Store& store, F&& callable) {
  using Callable = std::decay_t<F>;
  using S = detail::AsyncSignature<typename detail::CallType<Callable>::type>;
  const auto& params = S::Arguments::kParams;
  const auto& results = S::Results::kTypes;
  return Func::make(store, FuncType{{params.begin(), params.end()}, {results.begin(), results.end()}},
                    [callable = Callable(std::forward<F>(callable))](Caller& caller, uint64_t* slots) mutable {
                      return S::call(callable, caller, slots);
                    });
}

}  // namespace mini_wasm
