// The published test vectors of SipHash-2-4 with 128 bits: key 00 01 .. 0f, message 00 01 .. n-1.
#include "runtime/cache/mac.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

namespace mini_wasm::runtime {
namespace {

constexpr MacKey kKey = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

std::vector<uint8_t> message(size_t size) {
  std::vector<uint8_t> bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i);
  return bytes;
}

std::string hex(const MacTag& tag) {
  std::string text;
  char digits[3];
  for (const uint8_t byte : tag) text += (std::snprintf(digits, sizeof(digits), "%02x", byte), digits);
  return text;
}

TEST(mac, vectors) {
  const std::pair<size_t, const char*> vectors[] = {
      {0, "a3817f04ba25a8e66df67214c7550293"},   {1, "da87c1d86b99af44347659119b22fc45"},
      {2, "8177228da4a45dc7fca38bdef60affe4"},   {3, "9c70b60c5267a94e5f33b6b02985ed51"},
      {4, "f88164c12d9c8faf7d0f6e7c7bcd5579"},   {5, "1368875980776f8854527a07690e9627"},
      {6, "14eeca338b208613485ea0308fd7a15e"},   {7, "a1f1ebbed8dbc153c0b84aa61ff08239"},
      {8, "3b62a9ba6258f5610f83e264f31497b4"},   {9, "264499060ad9baabc47f8b02bb6d71ed"},
      {15, "5493e99933b0a8117e08ec0f97cfc3d9"},  {63, "5150d1772f50834a503e069a973fbd7c"},
      {255, "1c9bb67528165f8e468248e3799b0eab"},
  };
  for (const auto& [size, tag] : vectors) EXPECT_EQ(hex(mac_of(kKey, message(size))), tag) << size;
}

TEST(mac, every_bit_of_message_and_key_counts) {
  std::set<std::string> tags;
  size_t count = 0;
  for (size_t bit = 0; bit < 128; ++bit, ++count) {
    MacKey key = kKey;
    (bit < 64 ? key.low : key.high) ^= uint64_t{1} << (bit % 64);
    tags.insert(hex(mac_of(key, message(40))));
  }
  for (size_t bit = 0; bit < 8 * 43; ++bit, ++count) {
    std::vector<uint8_t> bytes = message(43);
    bytes[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    tags.insert(hex(mac_of(kKey, bytes)));
  }
  for (size_t size = 44; size < 600; ++size, ++count) tags.insert(hex(mac_of(kKey, message(size))));
  EXPECT_EQ(tags.size(), count);
}

}  // namespace
}  // namespace mini_wasm::runtime
