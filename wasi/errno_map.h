// Errors as the guest sees them (preview1 `errno`). Functions in wasi/ return an Errno, or an ErrnoOr<T> when there is
// a value too. Host errors are converted to guest errors in one place, using errno.def.
#pragma once

#include <cassert>
#include <cstdint>
#include <utility>

namespace mini_wasm::wasi {

enum class Errno : uint16_t {
#define ERRNO(id, number, host) id = number,
#include "wasi/errno.def"
#undef ERRNO
};

// For example "badf": the name in the preview1 document, but `toobig` for `2big`.
const char* errno_name(Errno error);

// The guest's error for a host errno; io when preview1 has no such error.
Errno errno_from_host(int host_errno);
// The same for the calling thread's `errno`.
Errno last_error();

// A value, or the error because of which there is none.
template <class T>
class [[nodiscard]] ErrnoOr {
 public:
  ErrnoOr(Errno error) : error_(error) { assert(error != Errno::success); }  // NOLINT: implicit by design
  ErrnoOr(T value) : value_(std::move(value)) {}                             // NOLINT
  bool ok() const { return error_ == Errno::success; }
  Errno error() const { return error_; }
  T& operator*() {
    assert(ok());
    return value_;
  }
  const T& operator*() const {
    assert(ok());
    return value_;
  }
  T* operator->() {
    assert(ok());
    return &value_;
  }
  const T* operator->() const {
    assert(ok());
    return &value_;
  }

 private:
  Errno error_ = Errno::success;
  T value_{};
};

// The result of a host call as an Errno: success, or the thread's errno when the call returned -1.
inline Errno check(long result) { return result < 0 ? last_error() : Errno::success; }

}  // namespace mini_wasm::wasi
