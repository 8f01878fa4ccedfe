/// @file
/// The Store: owns everything that exists while code runs. And what belongs to it: StoreLimits, Growth, Rooted.
#pragma once

#include <mini_wasm/api.h>
#include <mini_wasm/engine.h>
#include <mini_wasm/result.h>
#include <mini_wasm/value.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace mini_wasm {

namespace runtime {
class Store;
class Interruption;
class StoreLink;
struct DeadlineAlarm;
namespace gc {
struct RootCell;
}
}  // namespace runtime

/// A growth that a store is about to make, for StoreLimits::may_grow.
struct Growth {
  /// What grows.
  enum class Kind : uint8_t {
    memory,   ///< A linear memory.
    table,    ///< A table.
    gc_heap,  ///< The heap of garbage-collected objects.
  };
  Kind kind;       ///< What grows.
  uint64_t bytes;  ///< By how many bytes it grows.
  uint64_t used;   ///< How many bytes the store uses so far, counted as in StoreLimits::total_bytes.
};

/// Limits of one store. A growth beyond a limit fails as the specification says: memory.grow and table.grow give -1, an
/// allocation traps with TrapCode::out_of_memory, instantiation and API calls give an Error of kind ErrorKind::limit.
struct StoreLimits {
  uint64_t memory_bytes = uint64_t{4} << 30;  ///< Bytes of each memory.
  uint64_t table_elements = 10'000'000;       ///< Elements of each table.
  uint32_t instances = 10'000;                ///< Number of instances.
  uint32_t memories = 10'000;                 ///< Number of memories.
  uint32_t tables = 10'000;                   ///< Number of tables.
  /// Bytes of all garbage-collected objects together: structures, arrays, exceptions and externrefs.
  uint64_t gc_heap_bytes = uint64_t{4} << 30;
  /// Bytes of all memories, all tables (8 bytes per element) and the GC heap (in blocks of 64 KiB) together.
  ///
  /// A memory that several stores share counts with its initial size in the store whose module defined it, and with a
  /// growth in the store that asked for the growth. A memory from SharedMemory::make has a limit of its own and does
  /// not count.
  uint64_t total_bytes = ~uint64_t{0};
  /// The units of fuel that the store begins with; see Store::set_fuel.
  uint64_t fuel = 0;
  /// Called before a memory, a table or the GC heap is made or grows, if the other limits allow it. Returns whether it
  /// may; `false` has the effect of a limit that is reached. May be called again for the same growth. Must not use the
  /// store and must not throw. Null: everything is allowed.
  bool (*may_grow)(void* data, const Growth& growth) = nullptr;
  /// Passed to #may_grow.
  void* may_grow_data = nullptr;
};

class Store;

namespace detail {
// Its address stands for the type T of the objects in externrefs.
template <class T>
inline char kObjectType = 0;
}  // namespace detail

/// Keeps the object alive that a reference refers to.
///
/// The collector finds references in everything that a store owns and on the native stack of the thread that runs it.
/// A reference that the embedder keeps elsewhere between calls, for example in a container, needs a Rooted.
/// docs/embedding-stacks-and-signals.md has the exact rule.
///
/// Ownership: movable, not copyable. May outlive the store; its reference must not be used then.
///
/// Thread rule: that of the store.
class MINI_WASM_API Rooted {
 public:
  /// Roots a value of this store. When the host has no memory left, the object holds no value and Rooted::get gives
  /// `Val()`.
  explicit Rooted(Store& store, const Val& value = {});
  ~Rooted();
  /// Takes the root over.
  Rooted(Rooted&&) noexcept;
  /// Takes the root over and releases its own.
  Rooted& operator=(Rooted&&) noexcept;

  /// The value.
  const Val& get() const { return value_; }
  /// Replaces the value by another one of the same store.
  void set(const Val& value);

 private:
  Val value_;
  std::unique_ptr<runtime::gc::RootCell> cell_;
};

/// Interrupts a store that may be gone. Copyable; Store::interrupt_handle makes it.
///
/// Ownership: a handle that may outlive the store. Thread rule: any thread, at any time.
class MINI_WASM_API InterruptHandle {
 public:
  /// A handle of no store.
  InterruptHandle() = default;
  /// Does what Store::interrupt does, if the store still exists. Returns whether it does.
  bool interrupt() const;
  /// Does what Store::clear_interrupt does, if the store still exists. Returns whether it does.
  bool clear_interrupt() const;
  /// Does what Store::ask_to_yield does, if the store still exists. Returns whether it does.
  bool ask_to_yield() const;
  /// For the library's own use.
  explicit InterruptHandle(std::shared_ptr<runtime::StoreLink> link) : link_(std::move(link)) {}

 private:
  std::shared_ptr<runtime::StoreLink> link_;
};

/// While it exists, running code of a store is interrupted from a point in time on; see Store::run_until.
///
/// Ownership: movable, not copyable. May outlive the store. Thread rule: that of the store.
class MINI_WASM_API Deadline {
 public:
  /// The clock of deadlines.
  using Clock = std::chrono::steady_clock;
  /// Begins a deadline. One that has passed already has its effect at once. Errors: limit (no memory left, or the timer's
  /// thread could not be made).
  static Result<Deadline> begin(Store& store, Clock::time_point at);
  /// Ends its effect. An interruption by Store::interrupt stays.
  ~Deadline();
  /// Takes the deadline over.
  Deadline(Deadline&&) noexcept;
  /// Takes the deadline over and ends its own.
  Deadline& operator=(Deadline&&) noexcept;

 private:
  explicit Deadline(std::unique_ptr<runtime::DeadlineAlarm> alarm);
  std::unique_ptr<runtime::DeadlineAlarm> alarm_;
};

/// Tells a store that a host function waits, so that an interruption wakes it. A host function that waits for something
/// else than the store makes one before, and looks at HostBlock::interrupted whenever it wakes up:
///
///     const HostBlock block(caller.store(), [&] { answer_or_interrupt.notify_all(); });
///     while (!has_answer && !block.interrupted()) answer_or_interrupt.wait(lock);
///     if (!has_answer) return Error::trap(TrapCode::interrupted);
///
/// For the lock in this example, `wake` must take it as well, or the thread may begin to wait just after it was woken.
///
/// Ownership: belongs to the function that waits. Thread rule: that of the store.
class MINI_WASM_API HostBlock {
 public:
  /// `wake` is called, on any thread, when the store is interrupted or not any more, and must make the thread that waits
  /// look again. It may lock and notify, but must not use the store, make or destroy anything of the library, or throw.
  /// Empty: the thread waits for HostBlock::descriptor, or looks from time to time.
  HostBlock(Store& store, std::function<void()> wake);
  ~HostBlock();
  HostBlock(const HostBlock&) = delete;
  HostBlock& operator=(const HostBlock&) = delete;

  /// Whether the store is interrupted, so that its code must stop.
  bool interrupted() const;
  /// A file descriptor that is readable (POLLIN) while the store is interrupted. It belongs to the store. Negative when
  /// the system gives none; then look at HostBlock::interrupted from time to time.
  int descriptor() const;
  /// For the library's own use.
  HostBlock(runtime::Interruption& interruption, std::function<void()> wake);

 private:
  friend class runtime::Interruption;
  runtime::Interruption* interruption_;
  std::function<void()> wake_;
  HostBlock* outer_ = nullptr;  // the one that the store's thread made before, and that still exists
};

/// Owns everything that exists while code runs (spec 4.2.3): instances, functions, memories, tables, globals, tags,
/// garbage-collected objects and the value stack. All of it lives until the store is destroyed.
///
/// Ownership: movable, not copyable. Handles (Instance, Func, Memory, ...) must not be used after their store is gone.
/// The store keeps its engine and its modules alive. A store that is destroyed by a host function while its own guest
/// is running is leaked instead, and the guest continues.
///
/// Thread rule: one thread at a time; Store::interrupt may be called from any thread.
class MINI_WASM_API Store {
 public:
  /// Makes a store. When the host has no memory left, the store is empty (Store::empty).
  explicit Store(const Engine& engine, const StoreLimits& limits = {});
  ~Store();
  /// Moves the content; the other store is then empty. Handles stay valid.
  Store(Store&&) noexcept;
  /// Destroys its own content and takes that of the other store, which is then empty.
  Store& operator=(Store&&) noexcept;

  /// Makes running code stop with TrapCode::interrupted. The effect lasts until Store::clear_interrupt: a call that
  /// starts before then traps at once.
  ///
  /// Code stops at its next loop iteration or call, within instructions that fill, copy or allocate much (what they
  /// have written stays), and in WASI calls that wait. docs/interruption.md has the details and times.
  ///
  /// Thread rule: any thread, while the store exists.
  void interrupt();
  /// Ends the effect of Store::interrupt. Thread rule: any thread, while the store exists.
  void clear_interrupt();
  /// Asks the guest of an AsyncCall with AsyncCall::set_yields to stop at its next iteration of a loop, so that it can go
  /// on later. Lasts until one has done that. Meanwhile, guests that cannot yield run on, more slowly.
  ///
  /// Thread rule: any thread, while the store exists.
  void ask_to_yield();
  /// What other threads use that may run longer than the store exists. A handle of no store when no memory is left.
  InterruptHandle interrupt_handle();
  /// Calls `work()`, which returns a Result, and gives that. From the deadline on, code of the store that it runs stops
  /// with TrapCode::interrupted, as by Store::interrupt. The effect ends with `work`, so that the next call is not
  /// stopped. Deadlines nest; the earliest one counts.
  ///
  ///     store.run_until(std::chrono::steady_clock::now() + 100ms, [&] { return handle.call({Val::i32(request)}); });
  ///
  /// The engine has one thread for all deadlines (docs/host-process.md), from the first one on. A deadline that has
  /// passed at the beginning needs no thread. Errors: those of `work`, and of Deadline::begin.
  template <class Work>
  auto run_until(Deadline::Clock::time_point deadline, Work&& work) -> decltype(work()) {
    Result<Deadline> armed = Deadline::begin(*this, deadline);
    if (!armed) return std::move(armed).error();
    return work();
  }

  /// Gives guests of this store so many units of fuel, whatever was left. A guest that has used them up stops with
  /// TrapCode::out_of_fuel, at the same instruction on every tier and CPU. At most 2^63 - 1 units.
  ///
  /// An instruction costs one unit; docs/limits.md has the exact rule. A host function may call this to let its guest
  /// go on for longer. Errors: usage (the engine was made without Config::fuel, or too many units).
  Result<void> set_fuel(uint64_t units);
  /// The units of fuel that are left.
  uint64_t fuel() const;

  /// Makes an externref that holds a host pointer. Null when there is no room for it in the GC heap.
  ///
  /// `finalize` (if not null) is called with the pointer once, after the last reference is gone: in a later collection,
  /// or when the store is destroyed. It must not use the store.
  Val new_externref(void* host_data, void (*finalize)(void*) = nullptr);
  /// The host pointer of an externref that Store::new_externref made; null for any other value.
  static void* externref_data(const Val& value);
  /// Makes an externref that owns a C++ object of any type. The object is destroyed after the last reference is gone: in
  /// a later collection, or when the store is destroyed. Its destructor must not use the store and must not throw.
  /// Errors: limit (no room in the GC heap, or no memory left).
  template <class T>
  Result<Val> make_externref(T object);
  /// The object of an externref that Store::make_externref made in this store for the same type T; null for any other
  /// value. Valid as long as a reference to it.
  template <class T>
  T* externref_as(const Val& value) const {
    return static_cast<T*>(typed_externref_data(value, &detail::kObjectType<T>));
  }
  /// The number of bytes that count for StoreLimits::total_bytes.
  uint64_t used_bytes() const;
  /// Frees all objects that are not referenced any more. Running code does this by itself. Frees nothing when the store
  /// is interrupted.
  void collect_garbage();

  /// Stores a pointer that the embedder can read again in a host function (Caller::store_data). Not owned.
  void set_data(void* data);
  /// The pointer from Store::set_data; null before.
  void* data() const;

  /// Whether the store was moved from, or could not be made because the host had no memory left. Everything that is
  /// made in an empty store gives an Error of kind ErrorKind::limit.
  bool empty() const { return impl_ == nullptr; }
  /// The implementation, for the library's own use. The store must not be empty.
  runtime::Store& impl() const { return *impl_; }

 private:
  Val new_typed_externref(void* object, void (*destroy)(void*), const void* type);
  void* typed_externref_data(const Val& value, const void* type) const;
  static Error no_externref();

  std::unique_ptr<runtime::Store> impl_;
};

template <class T>
Result<Val> Store::make_externref(T object) {
  static_assert(std::is_same_v<T, std::remove_cv_t<T>> && std::is_object_v<T>);
  std::unique_ptr<T> kept(new (std::nothrow) T(std::move(object)));
  if (kept == nullptr) return no_externref();
  const auto destroy = [](void* data) { delete static_cast<T*>(data); };
  const Val made = new_typed_externref(kept.get(), destroy, &detail::kObjectType<T>);
  if (made.is_null()) return no_externref();
  static_cast<void>(kept.release());
  return made;
}

}  // namespace mini_wasm
