/// @file
/// The Engine: what modules and stores share.
#pragma once

#include <mini_wasm/api.h>
#include <mini_wasm/config.h>
#include <mini_wasm/result.h>
#include <mini_wasm/types.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace mini_wasm {

namespace runtime {
class Engine;
}

/// What modules and stores share: settings, types, the tier that executes code, pools.
///
/// Ownership: a handle. Copies refer to the same engine, which lives as long as a copy, a module or a store of it.
///
/// Thread rule: any thread.
class MINI_WASM_API Engine {
 public:
  /// Makes an engine with these settings. When the host has no memory left, the engine is empty, and everything that is
  /// asked of it gives an Error of kind ErrorKind::limit.
  explicit Engine(const Config& config = {});
  /// A handle to an existing engine. For the library's own use.
  explicit Engine(std::shared_ptr<runtime::Engine> impl) : impl_(std::move(impl)) {}
  /// The settings that the engine was made with.
  const Config& config() const;
  /// Why nothing is cached although Config::cache_dir names a directory, for example wrong permissions of the key.
  /// Empty when there is no problem. The engine works without its cache.
  const std::string& cache_problem() const;
  /// How many memories were made so far without the guard pages that Config::guard_pages asks for, because the system
  /// had no address space for them (`ulimit -v`, about 12,000 memories at once). Each access to such a memory is
  /// checked, by code that is compiled a second time for this purpose.
  uint64_t memories_without_guard() const;
  /// The number of a type that the host makes. Equal definitions have the same number; it is also that of a type which
  /// is alone in its recursion group in a module.
  ///
  /// Errors: usage (a field or a supertype with a type that is none of this engine, a packed field that is no i32, or
  /// a supertype that does not fit), limit.
  Result<TypeId> define(const StructType& type) const;
  /// The same, for an array type.
  Result<TypeId> define(const ArrayType& type) const;
  /// The definition of a structure type of this engine; none for any other number, or when no memory is left.
  std::optional<StructType> struct_type(TypeId type) const;
  /// The definition of an array type of this engine; none for any other number.
  std::optional<ArrayType> array_type(TypeId type) const;
  /// The implementation, for the library's own use. Null when the engine is empty.
  const std::shared_ptr<runtime::Engine>& impl() const { return impl_; }

 private:
  std::shared_ptr<runtime::Engine> impl_;
};

}  // namespace mini_wasm
