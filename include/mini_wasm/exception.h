/// @file
/// The Exception: what a guest or the host throws, and the other one may catch.
#pragma once

#include <mini_wasm/api.h>
#include <mini_wasm/extern.h>
#include <mini_wasm/result.h>

#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace mini_wasm {

namespace runtime {
struct ThrownException;
}

/// An exception (spec 4.2 "Exception Instances"): a tag and the values that it carries.
///
/// A host function throws by returning an Error with an exception in it; the exception then looks for a handler in the
/// guest that called the function:
///
///     return Exception::make(caller.store(), tag, {Val::i32(404)})->to_error();
///
/// It catches what a guest has thrown by looking at the Error of a call (Error::exception).
///
/// Ownership: copies refer to the same exception, and keep it and all that it refers to alive, wherever the copies are.
/// A copy may outlive the store; the exception is then gone, and its members give an Error of kind ErrorKind::usage.
///
/// Thread rule: that of the store. But a copy, and an Error with one, may be destroyed on any thread at any time.
class MINI_WASM_API Exception {
 public:
  /// Makes an exception with these values, for the parameters of the tag. Errors: usage (a wrong number or type, a tag or
  /// a reference of another store), limit (no room in the GC heap, or no memory left).
  static Result<Exception> make(Store& store, const Tag& tag, std::span<const Val> values);
  /// The same, for example `make(store, tag, {Val::i32(1)})`.
  static Result<Exception> make(Store& store, const Tag& tag, std::initializer_list<Val> values) {
    return make(store, tag, std::span<const Val>(values.begin(), values.size()));
  }
  /// The exception that an exnref of this store refers to. Errors: usage (null, another type or another store), limit.
  static Result<Exception> of(Store& store, const Val& value);

  /// Whether it was thrown with this tag. False when its store is gone.
  bool has(const Tag& tag) const;
  /// The tag. Errors: usage.
  Result<Tag> tag() const;
  /// The values, in the order of the tag's parameters. References among them stay valid as long as a copy of the
  /// exception. Errors: usage, limit.
  Result<std::vector<Val>> values() const;
  /// An exnref to it. Errors: usage.
  Result<Val> ref() const;
  /// The error that a host function returns to throw the exception, the same one as a guest has thrown it.
  Error to_error() const;

  /// An exception that the host holds. For the library's own use.
  explicit Exception(std::shared_ptr<runtime::ThrownException> thrown) : thrown_(std::move(thrown)) {}

 private:
  std::shared_ptr<runtime::ThrownException> thrown_;
};

}  // namespace mini_wasm
