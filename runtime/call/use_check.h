// Finds mistakes of the embedder in debug builds, by assertions: a store that two threads use at once, and a handle that
// is used after its store is gone. In other builds nothing is left of it.
// Thread rule: any thread.
#pragma once

#include <atomic>
#include <cassert>
#include <thread>

namespace mini_wasm::runtime {

class Store;

#ifdef NDEBUG
inline void note_store(const Store&, bool /*exists*/) {}
inline bool may_exist(const Store&) { return true; }
#else
void note_store(const Store& store, bool exists);
bool may_exist(const Store& store);  // false: it does not
#endif

// For every use of a handle. A handle of no store is none of its business.
inline void check_handle([[maybe_unused]] const Store* store) {
  assert((store == nullptr || may_exist(*store)) && "a handle is used after its store is gone");
}

// Which thread runs code of the engine or of guests in a store. While a host function runs it is none, because coroutines
// of the host may go on in the store meanwhile, on any thread.
class UsingThread {
 public:
  // While it exists, the thread that made it runs such code, or (`inside` is false) a host function.
  class Scope {
   public:
#ifdef NDEBUG
    Scope(UsingThread&, bool) {}
    ~Scope() {}  // NOLINT: so that a variable of this type is not unused
#else
    Scope(UsingThread& owner, bool inside) : owner_(owner) {
      before_ = owner.thread_.exchange(inside ? std::this_thread::get_id() : std::thread::id());
      assert((before_ == std::thread::id() || before_ == std::this_thread::get_id()) &&
             "a store is used by two threads at once");
    }
    ~Scope() { owner_.thread_ = before_ == std::thread::id() ? before_ : std::this_thread::get_id(); }
#endif
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

#ifndef NDEBUG
   private:
    UsingThread& owner_;
    std::thread::id before_;
#endif
  };

#ifndef NDEBUG
 private:
  std::atomic<std::thread::id> thread_;
#endif
};

}  // namespace mini_wasm::runtime
