/// @file
/// WebAssembly values as they cross the API.
#pragma once

#include <mini_wasm/api.h>
#include <mini_wasm/types.h>

#include <array>
#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace mini_wasm {

namespace runtime {
struct FuncInst;
namespace gc {
struct Object;
}
}  // namespace runtime

/// A 128-bit vector: 16 bytes in the order of memory, so lane 0 comes first and lanes are little-endian.
using V128 = std::array<uint8_t, 16>;

/// A value with its type (spec 4.2.1). 24 bytes, trivially copyable.
///
/// A reference is a pointer into the store that it came from. It must not be used with another store (API functions
/// report that as an error) or after its store is gone (undefined behaviour). A copy on the native stack keeps its
/// object alive; elsewhere, use Rooted.
///
/// An accessor for another type than the value's is undefined behaviour; debug builds assert.
class Val {
 public:
  /// No value; its type is ValType::bottom.
  Val() = default;
  /// A 32-bit integer.
  static Val i32(int32_t v) { return scalar(ValType::i32, static_cast<uint32_t>(v)); }
  /// A 64-bit integer.
  static Val i64(int64_t v) { return scalar(ValType::i64, static_cast<uint64_t>(v)); }
  /// A 32-bit floating-point number.
  static Val f32(float v) { return scalar(ValType::f32, std::bit_cast<uint32_t>(v)); }
  /// A 64-bit floating-point number.
  static Val f64(double v) { return scalar(ValType::f64, std::bit_cast<uint64_t>(v)); }
  /// A vector.
  static Val v128(V128 v) {
    Val r;
    r.type_ = ValType::v128;
    std::memcpy(r.bits_, v.data(), 16);
    return r;
  }
  /// The null reference of a reference type.
  static Val null(ValType type) { return scalar(type.with_nullable(true), 0); }
  /// A reference to a function; Func::ref is the public way to it.
  static Val func(runtime::FuncInst* f) { return scalar(ValType::funcref, reinterpret_cast<uintptr_t>(f)); }
  /// A reference to an object of the garbage-collected heap, or null. For the library's own use.
  static Val object(ValType type, runtime::gc::Object* o) { return scalar(type, reinterpret_cast<uintptr_t>(o)); }
  /// An i31 reference with the low 31 bits of `v` (spec 4.6, ref.i31).
  static Val i31(int32_t v) { return scalar(ValType::ref(HeapKind::i31, false), static_cast<uint32_t>(v) << 1 | 1); }
  /// A value of any type from the content of its slots (HostCallback): 32-bit types in the low half of `low`, a v128 in
  /// both words.
  static Val from_bits(ValType type, uint64_t low, uint64_t high = 0) {
    Val r = scalar(type, low);
    r.bits_[1] = high;
    return r;
  }

  /// The type. For a reference this may be less exact than the type of the object.
  ValType type() const { return type_; }
  /// The value of an i32.
  int32_t i32() const { return static_cast<int32_t>(bits_of(ValType::i32)); }
  /// The value of an i64.
  int64_t i64() const { return static_cast<int64_t>(bits_of(ValType::i64)); }
  /// The value of an f32.
  float f32() const { return std::bit_cast<float>(static_cast<uint32_t>(bits_of(ValType::f32))); }
  /// The value of an f64.
  double f64() const { return std::bit_cast<double>(bits_of(ValType::f64)); }
  /// The value of a v128.
  V128 v128() const {
    assert(type_.is_vector());
    V128 v;
    std::memcpy(v.data(), bits_, 16);
    return v;
  }
  /// Whether it is a null reference.
  bool is_null() const { return type_.is_ref() && bits_[0] == 0; }
  /// The function of a function reference; null for null. For the library's own use.
  runtime::FuncInst* func() const { return pointer<runtime::FuncInst>(); }
  /// Whether it is an i31 reference. Must not be asked of a function reference.
  bool is_i31() const { return type_.is_ref() && (bits_[0] & 1) != 0; }
  /// The value of an i31 reference, sign-extended.
  int32_t i31_get_s() const { return static_cast<int32_t>(i31_bits()) >> 1; }
  /// The value of an i31 reference, zero-extended.
  uint32_t i31_get_u() const { return i31_bits() >> 1; }
  /// The object of a reference that is neither an i31 nor a function; null for null. For the library's own use.
  runtime::gc::Object* object() const {
    assert(!is_i31());
    return pointer<runtime::gc::Object>();
  }
  /// The content of slot `word`: 0, or 1 for the upper half of a v128.
  uint64_t bits(int word = 0) const { return bits_[word]; }

 private:
  uint64_t bits_of([[maybe_unused]] ValType type) const {
    assert(type_ == type);
    return bits_[0];
  }
  uint32_t i31_bits() const {
    assert(is_i31());
    return static_cast<uint32_t>(bits_[0]);
  }
  template <class T>
  T* pointer() const {
    assert(type_.is_ref());
    return reinterpret_cast<T*>(bits_[0]);
  }
  static Val scalar(ValType type, uint64_t bits) {
    Val r;
    r.type_ = type;
    r.bits_[0] = bits;
    return r;
  }
  ValType type_;
  uint64_t bits_[2] = {0, 0};
};

/// A value as text: its type and its value, for example "i32:42", "f64:0.5" or "funcref:null".
MINI_WASM_API std::string to_string(const Val& value);

}  // namespace mini_wasm
