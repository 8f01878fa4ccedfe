// Scalar: how a value is represented in slots and registers. A tier makes no other difference between types: a reference
// is a pointer, and so an i64.
#pragma once

#include <mini_wasm/types.h>

#include <cstdint>

#include "core/opcode.h"

namespace mini_wasm {

enum class Scalar : uint8_t { i32, i64, f32, f64, v128 };

constexpr Scalar scalar(ValType type) {
  switch (type.kind()) {
    case ValType::Kind::i32: return Scalar::i32;
    case ValType::Kind::f32: return Scalar::f32;
    case ValType::Kind::f64: return Scalar::f64;
    case ValType::Kind::v128: return Scalar::v128;
    default: return Scalar::i64;
  }
}

constexpr Scalar scalar(SigType type) {
  switch (type) {
    case SigType::i32: return Scalar::i32;
    case SigType::f32: return Scalar::f32;
    case SigType::f64: return Scalar::f64;
    case SigType::v128: return Scalar::v128;
    default: return Scalar::i64;
  }
}

constexpr bool is_int(Scalar type) { return type <= Scalar::i64; }
constexpr uint16_t slots_of(Scalar type) { return type == Scalar::v128 ? 2 : 1; }

}  // namespace mini_wasm
