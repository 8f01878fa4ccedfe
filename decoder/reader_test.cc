#include "decoder/reader.h"

#include <gtest/gtest.h>

namespace mini_wasm::decoder {
namespace {

using Bytes = std::vector<uint8_t>;

TEST(reader, keeps_the_first_error_and_its_offset) {
  const Bytes bytes{1, 2, 3};
  Reader r(bytes);
  r.u8();
  r.fail("first");
  r.fail(0, "second");
  EXPECT_FALSE(r.ok());
  EXPECT_EQ(r.u8(), 0);
  EXPECT_EQ(r.u32(), 0u);
  EXPECT_TRUE(r.at_end());
  const Error error = r.take_error();
  EXPECT_EQ(error.message, "first");
  EXPECT_EQ(error.offset, 1u);
}

TEST(reader, offsets_are_those_of_the_module) {
  const Bytes bytes{0, 0, 0, 7, 8};
  Reader r(bytes, {3, 5});
  EXPECT_EQ(r.u8(), 7);
  EXPECT_EQ(r.offset(), 4u);
  EXPECT_EQ(r.left(), 1u);
}

TEST(reader, end_of_module_and_end_of_piece) {
  const Bytes bytes{1, 2, 3};
  Reader whole(bytes);
  whole.bytes(3);
  whole.u8();
  EXPECT_EQ(whole.take_error().message, "unexpected end");
  Reader piece(bytes, {0, 1});
  piece.fixed_u32();
  const Error error = piece.take_error();
  EXPECT_EQ(error.message, "unexpected end of section or function");
  EXPECT_EQ(error.offset, 1u);
}

TEST(reader, integers_that_are_too_long_or_too_large) {
  const Bytes long_u32{0x80, 0x80, 0x80, 0x80, 0x80, 0x00}, large_u32{0xff, 0xff, 0xff, 0xff, 0x1f};
  Reader a(long_u32), b(large_u32);
  a.u32();
  EXPECT_EQ(a.take_error().message, "integer representation too long");
  b.u32();
  EXPECT_EQ(b.take_error().message, "integer too large");
}

// A section whose size cuts off a number: the complete number in the file determines the error.
TEST(reader, a_number_cut_off_by_its_piece_is_judged_whole) {
  const Bytes bytes{0x80, 0x80, 0x80, 0x80, 0x80, 0x00};
  Reader r(bytes, {0, 3});
  r.u32();
  EXPECT_EQ(r.take_error().message, "integer representation too long");
  const Bytes fine{0x80, 0x01};
  Reader s(fine, {0, 1});
  s.u32();
  EXPECT_EQ(s.take_error().message, "unexpected end of section or function");
}

// A second number of this kind must not move the position beyond the end of the range.
TEST(reader, stays_in_its_piece_after_an_error) {
  const Bytes bytes{0x80, 0x01, 0x80, 0x01};
  Reader r(bytes, {0, 1});
  for (int i = 0; i < 3; ++i) {
    r.u32();
    EXPECT_TRUE(r.at_end());
    EXPECT_EQ(r.left(), 0u);
  }
}

TEST(reader, a_count_must_fit_in_what_is_left) {
  const Bytes bytes{3, 1, 2, 3, 4, 5};
  Reader fits(bytes), does_not(bytes);
  EXPECT_EQ(fits.count(1, "things"), 3u);
  EXPECT_EQ(does_not.count(2, "things"), 0u);
  EXPECT_FALSE(does_not.ok());
}

TEST(reader, names_are_utf8) {
  const Bytes good{3, 0xe2, 0x82, 0xac}, bad{2, 0xc0, 0x80}, cut{4, 'a'};
  EXPECT_EQ(Reader(good).name(), "\xe2\x82\xac");
  Reader b(bad), c(cut);
  b.name();
  EXPECT_EQ(b.take_error().message, "malformed UTF-8 encoding");
  c.name();
  EXPECT_EQ(c.take_error().message, "length out of bounds: 4 bytes announced, 1 left");
}

}  // namespace
}  // namespace mini_wasm::decoder
