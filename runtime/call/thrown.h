// ThrownExceptions: the exceptions of a store that the host holds (the public class Exception, Error::exception). They
// are roots of the collector. The host may drop one on any thread, so nothing is removed from here at that moment: an
// exception that only this list still knows counts no more, and is forgotten later.
// Thread rule: that of the store.
#pragma once

#include <mini_wasm/result.h>

#include <memory>
#include <vector>

#include "runtime/call/frame.h"

namespace mini_wasm::runtime {

class Store;

struct ThrownException {
  Store* store;  // null when the store is gone
  Slot ref;      // an exnref that is not null
};

class ThrownExceptions {
 public:
  explicit ThrownExceptions(Store& store) : store_(store) {}
  ~ThrownExceptions();
  ThrownExceptions(const ThrownExceptions&) = delete;
  ThrownExceptions& operator=(const ThrownExceptions&) = delete;

  // Holds an exception for the host.
  std::shared_ptr<ThrownException> hold(Slot exception);

  template <class Visit>
  void for_each(Visit visit) const {
    for (const std::shared_ptr<ThrownException>& thrown : held_) {
      if (!is_dropped(thrown)) visit(thrown->ref);
    }
  }

 private:
  static bool is_dropped(const std::shared_ptr<ThrownException>& thrown) { return thrown.use_count() == 1; }

  Store& store_;
  std::vector<std::shared_ptr<ThrownException>> held_;
  size_t forget_at_ = 8;  // how many there are when dropped ones are looked for
};

// The error for an exception that leaves the outermost guest function, or that the host throws:
// "uncaught exception: i32:42 f64:0.5", with the values of the exception (spec 4.2.16). For a reference to an object,
// only its type is shown. The error keeps the exception alive. `exception` must be an exnref that is not null.
// Error: limit, when there is no memory for this.
Error thrown_error(Store& store, Slot exception);
// The exception that an error of a host function throws in a guest of this store; null when it is another error, or the
// exception belongs to another store.
Slot thrown_by(const Error& error, const Store& store);

}  // namespace mini_wasm::runtime
