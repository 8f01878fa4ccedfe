// Literals of v128 (6.5.10): a shape and its lanes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "text/cursor.h"

namespace mini_wasm::text {

struct LaneShape {
  uint8_t lanes = 0;
  uint8_t lane_bits = 0;
  bool is_float = false;
};

// i8x16, i16x8, i32x4, i64x2, f32x4 or f64x2.
std::optional<LaneShape> expect_lane_shape(Cursor& in);

// One lane as a bit pattern.
uint64_t expect_lane_value(Cursor& in, const LaneShape& shape);

// "i32x4 1 2 3 4" as 16 bytes, lane 0 first, little endian.
std::array<uint8_t, 16> expect_vector(Cursor& in);

}  // namespace mini_wasm::text
