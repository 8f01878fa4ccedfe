// Scalar: how a value is represented in slots and registers. To a tier, all types with the same representation are the
// same: a reference is a pointer, and so an i64.
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

// The type of an operand or result in a fixed signature; bottom for `none`, and for `addr`, which depends on a memory.
constexpr ValType val_type(SigType type) {
  switch (type) {
    case SigType::i32: return ValType::i32;
    case SigType::i64: return ValType::i64;
    case SigType::f32: return ValType::f32;
    case SigType::f64: return ValType::f64;
    case SigType::v128: return ValType::v128;
    case SigType::none:
    case SigType::addr: break;
  }
  return ValType::bottom;
}

constexpr bool is_int(Scalar type) { return type <= Scalar::i64; }
constexpr uint16_t slots_of(Scalar type) { return type == Scalar::v128 ? 2 : 1; }

}  // namespace mini_wasm
