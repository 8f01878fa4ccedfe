#include "text/vector_literal.h"

#include <string_view>

namespace mini_wasm::text {
namespace {

constexpr struct {
  std::string_view text;
  LaneShape shape;
} kShapes[] = {
    {"i8x16", {16, 8, false}}, {"i16x8", {8, 16, false}}, {"i32x4", {4, 32, false}},
    {"i64x2", {2, 64, false}}, {"f32x4", {4, 32, true}},  {"f64x2", {2, 64, true}},
};

bool is_number(TokenKind kind) {
  return kind == TokenKind::nat || kind == TokenKind::integer || kind == TokenKind::floating;
}

}  // namespace

std::optional<LaneShape> expect_lane_shape(Cursor& in) {
  for (const auto& row : kShapes) {
    if (in.accept_keyword(row.text)) return row.shape;
  }
  in.fail_unexpected();
  return std::nullopt;
}

uint64_t expect_lane_value(Cursor& in, const LaneShape& shape) {
  return shape.is_float ? in.expect_float(shape.lane_bits) : in.expect_integer(shape.lane_bits);
}

std::array<uint8_t, 16> expect_vector(Cursor& in) {
  std::array<uint8_t, 16> bytes{};
  const std::optional<LaneShape> shape = expect_lane_shape(in);
  if (!shape) return bytes;
  size_t count = 0;
  while (count <= shape->lanes && is_number(in.peek(count).kind)) ++count;
  const TokenKind next = in.peek(count).kind;
  // A token that cannot be a literal gets its own error below. If the form ends here, lanes are missing.
  const bool ends = next == TokenKind::open || next == TokenKind::close || next == TokenKind::eof;
  if (count > shape->lanes || (count < shape->lanes && ends)) {
    return in.fail(in.peek(count), "wrong number of lane literals"), bytes;
  }
  size_t at = 0;
  for (int lane = 0; lane < shape->lanes && in.ok(); ++lane) {
    const uint64_t value = expect_lane_value(in, *shape);
    for (unsigned bit = 0; bit < shape->lane_bits; bit += 8) bytes[at++] = static_cast<uint8_t>(value >> bit);
  }
  return bytes;
}

}  // namespace mini_wasm::text
