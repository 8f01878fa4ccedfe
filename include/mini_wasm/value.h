// A WebAssembly value with its type (spec 4.2.1), as it crosses the API.
#pragma once

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

using V128 = std::array<uint8_t, 16>;  // lane 0 first, little-endian

// 24 bytes, trivially copyable. A reference is a plain pointer into the store it came from and must not be used
// with another store or after that store is gone. Accessors assert that the type fits.
class Val {
 public:
  Val() = default;
  static Val i32(int32_t v) { return scalar(ValType::i32, static_cast<uint32_t>(v)); }
  static Val i64(int64_t v) { return scalar(ValType::i64, static_cast<uint64_t>(v)); }
  static Val f32(float v) { return scalar(ValType::f32, std::bit_cast<uint32_t>(v)); }
  static Val f64(double v) { return scalar(ValType::f64, std::bit_cast<uint64_t>(v)); }
  static Val v128(V128 v) {
    Val r;
    r.type_ = ValType::v128;
    std::memcpy(r.bits_, v.data(), 16);
    return r;
  }
  static Val null(ValType type) { return scalar(type.with_nullable(true), 0); }
  static Val func(runtime::FuncInst* f) { return scalar(ValType::funcref, reinterpret_cast<uintptr_t>(f)); }
  // A reference to an object of the garbage-collected heap, or null.
  static Val object(ValType type, runtime::gc::Object* o) { return scalar(type, reinterpret_cast<uintptr_t>(o)); }
  // An i31 reference; drops the topmost bit (spec 4.4, ref.i31).
  static Val i31(int32_t v) { return scalar(ValType::ref(HeapKind::i31, false), static_cast<uint32_t>(v) << 1 | 1); }
  // Any type from its raw slot content: 32-bit types in the low half, v128 in two words.
  static Val from_bits(ValType type, uint64_t low, uint64_t high = 0) {
    Val r = scalar(type, low);
    r.bits_[1] = high;
    return r;
  }

  ValType type() const { return type_; }
  int32_t i32() const { return static_cast<int32_t>(bits_of(ValType::i32)); }
  int64_t i64() const { return static_cast<int64_t>(bits_of(ValType::i64)); }
  float f32() const { return std::bit_cast<float>(static_cast<uint32_t>(bits_of(ValType::f32))); }
  double f64() const { return std::bit_cast<double>(bits_of(ValType::f64)); }
  V128 v128() const {
    assert(type_.is_vector());
    V128 v;
    std::memcpy(v.data(), bits_, 16);
    return v;
  }
  bool is_null() const { return type_.is_ref() && bits_[0] == 0; }
  runtime::FuncInst* func() const { return pointer<runtime::FuncInst>(); }
  // Whether a reference that is not a function's is an i31, and its value.
  bool is_i31() const { return type_.is_ref() && (bits_[0] & 1) != 0; }
  int32_t i31_get_s() const { return static_cast<int32_t>(i31_bits()) >> 1; }
  uint32_t i31_get_u() const { return i31_bits() >> 1; }
  runtime::gc::Object* object() const {
    assert(!is_i31());
    return pointer<runtime::gc::Object>();
  }
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

std::string to_string(const Val& value);  // "i32:42", "f64:0.5", "funcref:null"

}  // namespace mini_wasm
