/// @file
/// Objects of the garbage-collected heap, from the host: StructRef and ArrayRef.
///
/// Both are references. As with a Val, a copy on the native stack keeps the object alive; elsewhere, use Rooted with
/// StructRef::ref or ArrayRef::ref. They must not be used after their store is gone. Thread rule: that of the store.
///
/// The type of a new object is one of a module (Module::type, or a type in Module::exports) or made by the host
/// (Engine::define). In a packed field, a value is an i32, of which the low 8 or 16 bits are stored.
///
/// While the store is interrupted, large objects cannot be made: the Error is TrapCode::interrupted.
#pragma once

#include <mini_wasm/api.h>
#include <mini_wasm/result.h>
#include <mini_wasm/store.h>
#include <mini_wasm/types.h>
#include <mini_wasm/value.h>

#include <cstdint>
#include <initializer_list>
#include <span>

namespace mini_wasm {

/// How a packed field becomes an i32.
enum class Extend : uint8_t {
  zero,  ///< The upper bits are zero (struct.get_u, array.get_u).
  sign,  ///< The upper bits are the sign (struct.get_s, array.get_s).
};

/// A structure (spec 4.2 "Structure Instances").
class MINI_WASM_API StructRef {
 public:
  /// Makes a structure with these fields. Errors: usage (no structure type of the engine, a wrong number or type of
  /// fields, a reference of another store), limit (no room in the GC heap, or no memory left).
  static Result<StructRef> make(Store& store, TypeId type, std::span<const Val> fields);
  /// The same, for example `make(store, type, {Val::i32(1)})`.
  static Result<StructRef> make(Store& store, TypeId type, std::initializer_list<Val> fields) {
    return make(store, type, std::span<const Val>(fields.begin(), fields.size()));
  }
  /// Makes a structure of zeros and null references. Errors: usage (no structure type of the engine, or a field has no
  /// default value), limit.
  static Result<StructRef> make_default(Store& store, TypeId type);
  /// The structure that a value of this store refers to. Errors: usage (null, no structure, or of another store).
  static Result<StructRef> of(Store& store, const Val& value);

  /// Its type.
  TypeId type() const;
  /// The number of fields.
  uint32_t size() const;
  /// A field. Errors: usage (no such field).
  Result<Val> get(uint32_t field, Extend extend = Extend::zero) const;
  /// Replaces a field. Errors: usage (no such field, an immutable one, or the value does not fit).
  Result<void> set(uint32_t field, const Val& value) const;
  /// The reference to it.
  const Val& ref() const { return ref_; }

 private:
  StructRef(runtime::Store* store, const Val& ref) : store_(store), ref_(ref) {}
  runtime::Store* store_;
  Val ref_;
};

/// An array (spec 4.2 "Array Instances").
class MINI_WASM_API ArrayRef {
 public:
  /// Makes an array of these elements. Errors: usage (no array type of the engine, an element does not fit), limit (no
  /// room in the GC heap, or no memory left).
  static Result<ArrayRef> make(Store& store, TypeId type, std::span<const Val> elements);
  /// The same, for example `make(store, type, {Val::i32(1), Val::i32(2)})`.
  static Result<ArrayRef> make(Store& store, TypeId type, std::initializer_list<Val> elements) {
    return make(store, type, std::span<const Val>(elements.begin(), elements.size()));
  }
  /// Makes an array of `length` elements, each of them `init`. Errors: those of ArrayRef::make.
  static Result<ArrayRef> filled(Store& store, TypeId type, uint32_t length, const Val& init);
  /// The array that a value of this store refers to. Errors: usage (null, no array, or of another store).
  static Result<ArrayRef> of(Store& store, const Val& value);

  /// Its type.
  TypeId type() const;
  /// The number of elements.
  uint32_t size() const;
  /// An element. Errors: trap (TrapCode::out_of_bounds_array_access).
  Result<Val> get(uint32_t index, Extend extend = Extend::zero) const;
  /// Replaces an element. Errors: trap (TrapCode::out_of_bounds_array_access), usage (the elements are immutable, or the
  /// value does not fit).
  Result<void> set(uint32_t index, const Val& value) const;
  /// The reference to it.
  const Val& ref() const { return ref_; }

 private:
  ArrayRef(runtime::Store* store, const Val& ref) : store_(store), ref_(ref) {}
  runtime::Store* store_;
  Val ref_;
};

}  // namespace mini_wasm
