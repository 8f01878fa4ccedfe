// LEB128: every width is compared with an independent encoder; and the forms that the binary format forbids (5.2.2).
#include "core/leb128.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <limits>

namespace mini_wasm {
namespace {

using Bytes = std::vector<uint8_t>;

// The result of a reader.
template <class T>
struct Outcome {
  LebError error;
  T value;
  size_t consumed;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

template <class T>
Outcome<T> read(LebError (*reader)(const uint8_t*&, const uint8_t*, T&), const Bytes& bytes) {
  // A copy of exactly this size, so that a sanitizer detects a read past the end.
  const Bytes exact(bytes.begin(), bytes.end());
  const uint8_t* p = exact.data();
  T value = 99;
  const LebError error = reader(p, exact.data() + exact.size(), value);
  return {error, value, static_cast<size_t>(p - exact.data())};
}

template <class T>
Outcome<T> ok(T value, size_t consumed) {
  return {LebError::ok, value, consumed};
}
template <class T>
Outcome<T> fails(LebError error) {
  return {error, 99, 0};
}

Bytes uleb(uint64_t value) {
  Bytes out;
  write_uleb(out, value);
  return out;
}
Bytes sleb(int64_t value) {
  Bytes out;
  write_sleb(out, value);
  return out;
}

TEST(leb128, writes_known_encodings) {
  EXPECT_EQ(uleb(0), (Bytes{0x00}));
  EXPECT_EQ(uleb(127), (Bytes{0x7f}));
  EXPECT_EQ(uleb(128), (Bytes{0x80, 0x01}));
  EXPECT_EQ(uleb(624485), (Bytes{0xe5, 0x8e, 0x26}));
  EXPECT_EQ(sleb(-1), (Bytes{0x7f}));
  EXPECT_EQ(sleb(63), (Bytes{0x3f}));
  EXPECT_EQ(sleb(64), (Bytes{0xc0, 0x00}));
  EXPECT_EQ(sleb(-64), (Bytes{0x40}));
  EXPECT_EQ(sleb(-65), (Bytes{0xbf, 0x7f}));
  EXPECT_EQ(sleb(-123456), (Bytes{0xc0, 0xbb, 0x78}));
}

TEST(leb128, padded_length_is_five_bytes_that_read_back) {
  for (uint32_t value : {0u, 1u, 127u, 128u, 0xffffffffu}) {
    Bytes out;
    write_uleb32_padded(out, value);
    EXPECT_EQ(read(read_uleb32, out), ok(value, 5));
  }
}

TEST(leb128, round_trips_around_every_power_of_two) {
  for (int bit = 0; bit < 64; ++bit) {
    for (int delta : {-1, 0, 1}) {
      const uint64_t u = (uint64_t{1} << bit) + static_cast<uint64_t>(delta);
      const auto i = static_cast<int64_t>(u);
      EXPECT_EQ(read(read_uleb64, uleb(u)), ok(u, uleb(u).size()));
      for (int64_t v : {i, static_cast<int64_t>(~u)}) {
        EXPECT_EQ(read(read_sleb64, sleb(v)), ok(v, sleb(v).size())) << v;
        if (v == static_cast<int32_t>(v)) {
          EXPECT_EQ(read(read_sleb32, sleb(v)), ok(static_cast<int32_t>(v), sleb(v).size())) << v;
        }
        if (v >= -(int64_t{1} << 32) && v < int64_t{1} << 32) {
          EXPECT_EQ(read(read_sleb33, sleb(v)), ok(v, sleb(v).size())) << v;
        }
      }
      if (u <= 0xffffffff) {
        EXPECT_EQ(read(read_uleb32, uleb(u)), ok(static_cast<uint32_t>(u), uleb(u).size()));
      }
    }
  }
}

TEST(leb128, accepts_padding_up_to_the_longest_form) {
  EXPECT_EQ(read(read_uleb32, {0x82, 0x80, 0x80, 0x80, 0x00}), ok(2u, 5));
  EXPECT_EQ(read(read_sleb32, {0xff, 0xff, 0xff, 0xff, 0x7f}), ok(-1, 5));
  EXPECT_EQ(read(read_sleb32, {0x80, 0x80, 0x80, 0x80, 0x00}), ok(0, 5));
  EXPECT_EQ(read(read_sleb33, {0xff, 0xff, 0xff, 0xff, 0x7f}), ok(int64_t{-1}, 5));
  EXPECT_EQ(read(read_sleb64, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}), ok(int64_t{-1}, 10));
  EXPECT_EQ(read(read_uleb64, {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}), ok(uint64_t{0}, 10));
}

TEST(leb128, stops_after_the_number) {
  EXPECT_EQ(read(read_uleb32, {0x05, 0xff, 0xff}), ok(5u, 1));
  EXPECT_EQ(read(read_sleb64, {0x80, 0x7f, 0x80}), ok(int64_t{-128}, 2));
}

TEST(leb128, reports_an_end_inside_the_number) {
  for (const Bytes& bytes : {Bytes{}, Bytes{0x80}, Bytes{0xff, 0xff, 0xff, 0xff}}) {
    EXPECT_EQ(read(read_uleb32, bytes), fails<uint32_t>(LebError::truncated));
    EXPECT_EQ(read(read_sleb32, bytes), fails<int32_t>(LebError::truncated));
    EXPECT_EQ(read(read_sleb33, bytes), fails<int64_t>(LebError::truncated));
    EXPECT_EQ(read(read_uleb64, bytes), fails<uint64_t>(LebError::truncated));
    EXPECT_EQ(read(read_sleb64, bytes), fails<int64_t>(LebError::truncated));
  }
}

TEST(leb128, rejects_one_byte_too_many) {
  EXPECT_EQ(read(read_uleb32, {0x82, 0x80, 0x80, 0x80, 0x80, 0x00}), fails<uint32_t>(LebError::too_long));
  EXPECT_EQ(read(read_uleb32, {0x82, 0x80, 0x80, 0x80, 0x80}), fails<uint32_t>(LebError::too_long));
  EXPECT_EQ(read(read_sleb32, {0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}), fails<int32_t>(LebError::too_long));
  EXPECT_EQ(read(read_sleb33, {0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}), fails<int64_t>(LebError::too_long));
  EXPECT_EQ(read(read_sleb64, Bytes(11, 0xff)), fails<int64_t>(LebError::too_long));
  EXPECT_EQ(read(read_uleb64, Bytes(11, 0x80)), fails<uint64_t>(LebError::too_long));
}

TEST(leb128, rejects_unused_bits_that_are_not_the_sign) {
  for (uint8_t last : {0x10, 0x40, 0x7f, 0x1f}) {
    EXPECT_EQ(read(read_uleb32, {0xff, 0xff, 0xff, 0xff, last}), fails<uint32_t>(LebError::too_large)) << int{last};
  }
  EXPECT_EQ(read(read_uleb32, {0xff, 0xff, 0xff, 0xff, 0x0f}), ok(0xffffffffu, 5));
  // s32: the last byte has 4 bits of the value; the fourth is the sign.
  EXPECT_EQ(read(read_sleb32, {0x80, 0x80, 0x80, 0x80, 0x78}), ok(std::numeric_limits<int32_t>::min(), 5));
  EXPECT_EQ(read(read_sleb32, {0xff, 0xff, 0xff, 0xff, 0x07}), ok(std::numeric_limits<int32_t>::max(), 5));
  for (uint8_t last : {0x08, 0x70, 0x0f, 0x1f, 0x4f, 0x6f}) {
    EXPECT_EQ(read(read_sleb32, {0xff, 0xff, 0xff, 0xff, last}), fails<int32_t>(LebError::too_large)) << int{last};
  }
  // s33: the last byte has 5 bits of the value.
  EXPECT_EQ(read(read_sleb33, {0xff, 0xff, 0xff, 0xff, 0x0f}), ok(int64_t{0xffffffff}, 5));
  EXPECT_EQ(read(read_sleb33, {0x80, 0x80, 0x80, 0x80, 0x70}), ok(-(int64_t{1} << 32), 5));
  EXPECT_EQ(read(read_sleb33, {0xff, 0xff, 0xff, 0xff, 0x1f}), fails<int64_t>(LebError::too_large));
  // 64 bits: the tenth byte has one bit of the value.
  const auto ten = [](uint8_t last) {
    Bytes bytes(9, 0xff);
    bytes.push_back(last);
    return bytes;
  };
  EXPECT_EQ(read(read_uleb64, ten(0x01)), ok(~uint64_t{0}, 10));
  EXPECT_EQ(read(read_uleb64, ten(0x02)), fails<uint64_t>(LebError::too_large));
  EXPECT_EQ(read(read_sleb64, ten(0x00)), ok(std::numeric_limits<int64_t>::max(), 10));
  EXPECT_EQ(read(read_sleb64, ten(0x01)), fails<int64_t>(LebError::too_large));
  EXPECT_EQ(read(read_sleb64, ten(0x7e)), fails<int64_t>(LebError::too_large));
}

TEST(leb128, every_two_byte_sequence_agrees_with_the_definition) {
  for (int first = 0x80; first < 0x100; ++first) {
    for (int second = 0; second < 0x80; ++second) {
      const Bytes bytes = {static_cast<uint8_t>(first), static_cast<uint8_t>(second)};
      const int u = (first & 0x7f) | second << 7;
      const int s = second & 0x40 ? u - (1 << 14) : u;
      ASSERT_EQ(read(read_uleb32, bytes), ok(static_cast<uint32_t>(u), 2));
      ASSERT_EQ(read(read_sleb32, bytes), ok(s, 2));
      ASSERT_EQ(read(read_sleb33, bytes), ok(int64_t{s}, 2));
    }
  }
}

}  // namespace
}  // namespace mini_wasm
