/// @file
/// How the library reports failure: a function that can fail returns a Result, a value or an Error.
#pragma once

#include <mini_wasm/api.h>
#include <mini_wasm/trap.h>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mini_wasm {

class Exception;
namespace runtime {
struct ThrownException;
}

/// What kind of failure an Error is.
enum class ErrorKind : uint8_t {
  malformed,   ///< The bytes are not a module (spec 5).
  invalid,     ///< The module does not validate (spec 3).
  unlinkable,  ///< An import is missing or has the wrong type (spec 4.7 "Instantiation").
  trap,        ///< Running code trapped: see Error::trap_code and Error::backtrace.
  exception,   ///< An exception left the outermost guest function: see Error::exception. A host function that returns
               ///< such an error throws the exception in the guest that called it.
  exit,        ///< The guest asked to end (WASI proc_exit): see Error::exit_code.
  host,        ///< A host function failed.
  io,          ///< A file or a descriptor could not be used.
  usage,       ///< The call was wrong: wrong argument types, an unknown name, a value of another store.
  waiting,     ///< Only from Caller::suspend: a host function returns it to make its guest wait (AsyncCall).
  limit,       ///< A limit of the implementation, of the Config or of StoreLimits was reached, or no memory is left.
};

/// A failure. A plain value; which members are set depends on the kind.
struct MINI_WASM_API Error {
  /// The value of Error::offset when there is no offset.
  static constexpr uint64_t kNoOffset = ~uint64_t{0};

  ErrorKind kind = ErrorKind::usage;  ///< What kind of failure it is.
  std::string message;                ///< One line, without a position.
  /// Byte offset in the binary module, for malformed, invalid and TrapCode::invalid_function; else #kNoOffset.
  uint64_t offset = kNoOffset;
  TrapCode trap_code = TrapCode::none;  ///< For kind trap: why.
  int32_t exit_code = 0;                ///< For kind exit: the code of the guest.
  /// The frames of the guest and the host functions that it called, innermost first: for trap, exit, exception and
  /// errors of a host function. At most 100 frames.
  std::vector<FrameInfo> backtrace;
  /// For kind exception: keeps the exception alive. For the library's own use; see Error::exception.
  std::shared_ptr<runtime::ThrownException> thrown;

  /// The exception, for kind exception, with its tag and its values. None when its store is gone. Include
  /// `mini_wasm/exception.h` to use it.
  std::optional<Exception> exception() const;

  /// A trap. A host function returns it to make its guest trap.
  static Error trap(TrapCode code) { return {ErrorKind::trap, mini_wasm::to_string(code), kNoOffset, code, 0, {}, {}}; }
  /// A request to end. A host function returns it to end its guest, as WASI's proc_exit does.
  static Error exit(int32_t code) { return {ErrorKind::exit, "exit", kNoOffset, TrapCode::none, code, {}, {}}; }
  /// The failure of a host function.
  static Error host(std::string message) {
    return {ErrorKind::host, std::move(message), kNoOffset, TrapCode::none, 0, {}, {}};
  }
  /// An error of any kind with a message, and perhaps an offset.
  static Error make(ErrorKind kind, std::string message, uint64_t offset = kNoOffset) {
    return {kind, std::move(message), offset, TrapCode::none, 0, {}, {}};
  }
  /// The message with its kind and position, for example "invalid module at offset 0x2a: type mismatch: ...".
  std::string to_string() const;
};

namespace detail {
// Keeps the error of a Result on the heap; when no memory is left, in one of a few places reserved for that.
MINI_WASM_API Error* keep_error(Error&& error) noexcept;
MINI_WASM_API void drop_error(Error* error) noexcept;
struct DropError {
  void operator()(Error* error) const noexcept { drop_error(error); }
};
}  // namespace detail
/// How a Result owns its Error. For the library's own use.
using ErrorPtr = std::unique_ptr<Error, detail::DropError>;
/// Makes the error that a Result owns; needs no memory when none is left. For the library's own use.
inline ErrorPtr make_error(Error error) noexcept { return ErrorPtr(detail::keep_error(std::move(error))); }

/// A value or an Error. The members have the names of std::expected. Movable, not copyable.
///
/// To read the value of an error, or the error of a value, is undefined behaviour; debug builds assert.
template <class T>
class [[nodiscard]] Result {
 public:
  /// A value. Implicit, so that a function can return it.
  Result(T value) : value_(std::move(value)) {}  // NOLINT
  /// An error. Implicit, so that a function can return it.
  Result(Error error) : error_(make_error(std::move(error))) {}  // NOLINT
  /// Whether there is a value.
  bool has_value() const { return error_ == nullptr; }
  /// Whether there is a value.
  explicit operator bool() const { return has_value(); }
  /// The value.
  T& value() & {
    assert(has_value());
    return *value_;
  }
  /// The value.
  const T& value() const& {
    assert(has_value());
    return *value_;
  }
  /// The value, to be moved from.
  T&& value() && {
    assert(has_value());
    return std::move(*value_);
  }
  /// The value.
  T& operator*() & { return value(); }
  /// The value.
  const T& operator*() const& { return value(); }
  /// The value, to be moved from.
  T&& operator*() && { return std::move(*this).value(); }
  /// A member of the value.
  T* operator->() { return &value(); }
  /// A member of the value.
  const T* operator->() const { return &value(); }
  /// The error.
  Error& error() & {
    assert(!has_value());
    return *error_;
  }
  /// The error.
  const Error& error() const& {
    assert(!has_value());
    return *error_;
  }
  /// The error, to be moved from.
  Error&& error() && {
    assert(!has_value());
    return std::move(*error_);
  }

 private:
  std::optional<T> value_;
  ErrorPtr error_;
};

/// Success, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  /// Success.
  Result() = default;
  /// An error. Implicit, so that a function can return it.
  Result(Error error) : error_(make_error(std::move(error))) {}  // NOLINT
  /// Whether there is no error.
  bool has_value() const { return error_ == nullptr; }
  /// Whether there is no error.
  explicit operator bool() const { return has_value(); }
  /// The error.
  Error& error() & {
    assert(!has_value());
    return *error_;
  }
  /// The error.
  const Error& error() const& {
    assert(!has_value());
    return *error_;
  }
  /// The error, to be moved from.
  Error&& error() && {
    assert(!has_value());
    return std::move(*error_);
  }

 private:
  ErrorPtr error_;
};

}  // namespace mini_wasm
