// How the library reports failure: every function that can fail returns a Result. Nothing throws, nothing prints. Where
// the system has no memory left, the error is one of kind `limit`, or the trap "out of memory" of running code; making
// it needs none.
#pragma once

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

enum class ErrorKind : uint8_t {
  malformed,   // the bytes are not a module (spec 5)
  invalid,     // the module does not validate (spec 3)
  unlinkable,  // an import is missing or of another type (spec 4.5.4)
  trap,        // running code trapped: see trap_code and backtrace
  exception,   // an exception left the outermost guest function; the host function that it came through may return
               // this very error to let it travel on
  exit,        // the guest asked to end (WASI proc_exit): see exit_code
  host,        // a host function failed
  io,          // a file could not be read
  usage,       // the call itself was wrong (wrong argument types, unknown name, foreign store)
  limit,       // a limit of the implementation or of the Config was reached
};

struct Error {
  static constexpr uint64_t kNoOffset = ~uint64_t{0};

  ErrorKind kind = ErrorKind::usage;
  std::string message;          // one line, without position
  uint64_t offset = kNoOffset;  // byte offset in the module, for malformed, invalid and TrapCode::invalid_function
  TrapCode trap_code = TrapCode::none;
  int32_t exit_code = 0;
  std::vector<FrameInfo> backtrace;  // innermost first, for trap, exit and host

  static Error trap(TrapCode code) { return {ErrorKind::trap, mini_wasm::to_string(code), kNoOffset, code, 0, {}}; }
  static Error exit(int32_t code) { return {ErrorKind::exit, "exit", kNoOffset, TrapCode::none, code, {}}; }
  static Error host(std::string message) {
    return {ErrorKind::host, std::move(message), kNoOffset, TrapCode::none, 0, {}};
  }
  static Error make(ErrorKind kind, std::string message, uint64_t offset = kNoOffset) {
    return {kind, std::move(message), offset, TrapCode::none, 0, {}};
  }
  // Message with position, e.g. "invalid module at offset 0x2a: type mismatch: ...".
  std::string to_string() const;
};

namespace detail {
// Where the errors of Results are: on the heap, or where there is no memory left in a few places kept for that.
Error* keep_error(Error&& error) noexcept;
void drop_error(Error* error) noexcept;
struct DropError {
  void operator()(Error* error) const noexcept { drop_error(error); }
};
}  // namespace detail
using ErrorPtr = std::unique_ptr<Error, detail::DropError>;
inline ErrorPtr make_error(Error error) noexcept { return ErrorPtr(detail::keep_error(std::move(error))); }

// A value or an Error; members are named as in std::expected. Move-only; the error sits behind a pointer so
// that the successful path stays small.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}                  // NOLINT: implicit by design
  Result(Error error) : error_(make_error(std::move(error))) {}  // NOLINT
  bool has_value() const { return error_ == nullptr; }
  explicit operator bool() const { return has_value(); }
  T& value() & {
    assert(has_value());
    return *value_;
  }
  const T& value() const& {
    assert(has_value());
    return *value_;
  }
  T&& value() && {
    assert(has_value());
    return std::move(*value_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  Error& error() & {
    assert(!has_value());
    return *error_;
  }
  const Error& error() const& {
    assert(!has_value());
    return *error_;
  }
  Error&& error() && {
    assert(!has_value());
    return std::move(*error_);
  }

 private:
  std::optional<T> value_;
  ErrorPtr error_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(make_error(std::move(error))) {}  // NOLINT: implicit by design
  bool has_value() const { return error_ == nullptr; }
  explicit operator bool() const { return has_value(); }
  Error& error() & {
    assert(!has_value());
    return *error_;
  }
  const Error& error() const& {
    assert(!has_value());
    return *error_;
  }
  Error&& error() && {
    assert(!has_value());
    return std::move(*error_);
  }

 private:
  ErrorPtr error_;
};

}  // namespace mini_wasm
