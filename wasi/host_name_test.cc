// Names of the host as guests see them: each name of bytes becomes a different one, and is converted back to the same
// bytes.
#include "wasi/host_name.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "core/utf8.h"

namespace mini_wasm::wasi {
namespace {

TEST(wasi_host_name, utf8_stays_as_it_is) {
  for (const char* name : {"", "a", "file.txt", "grüße", "\xe4\xb8\xad", "\xf0\x9f\x98\x80", "\xf4\x8f\xbd\xbf"}) {
    EXPECT_EQ(name_for_guest(name), name);
    EXPECT_EQ(name_for_host(name), name);
  }
}

TEST(wasi_host_name, other_bytes_become_private_characters) {
  EXPECT_EQ(name_for_guest("a\x80z"), "a\xf4\x8f\xbe\x80z");
  EXPECT_EQ(name_for_guest("\xbf"), "\xf4\x8f\xbe\xbf");
  EXPECT_EQ(name_for_guest("\xc0"), "\xf4\x8f\xbf\x80");
  EXPECT_EQ(name_for_guest("\xff"), "\xf4\x8f\xbf\xbf");
  // A character of the private plane itself.
  EXPECT_EQ(name_for_guest("\xf4\x8f\xbe\x80"), "\xf4\x8f\xbf\xb4\xf4\x8f\xbe\x8f\xf4\x8f\xbe\xbe\xf4\x8f\xbe\x80");
}

TEST(wasi_host_name, all_come_back_and_no_two_are_alike) {
  std::map<std::string, std::string> seen;
  std::mt19937 random(1);
  const char bytes[] = "a.\x80\xbe\xbf\xc3\xa9\xe4\xed\xa0\xf4\x8f\xf0\xff";
  for (int i = 0; i < 100'000; ++i) {
    std::string host;
    for (size_t n = 1 + random() % 9; n > 0; --n) host += bytes[random() % (sizeof(bytes) - 1)];
    const std::string guest = name_for_guest(host);
    ASSERT_TRUE(is_valid_utf8(guest));
    ASSERT_EQ(name_for_host(guest), host);
    ASSERT_EQ(seen.emplace(guest, host).first->second, host);
  }
}

TEST(wasi_host_name, no_slash_and_no_nul_comes_of_it) {
  for (unsigned low = 0; low < 128; ++low) {
    const std::string guest = {'\xf4', '\x8f', static_cast<char>(0xbe + (low >> 6)),
                               static_cast<char>(0x80 | (low & 63))};
    const std::string host = name_for_host(guest);
    ASSERT_EQ(host.size(), 1u);
    EXPECT_EQ(static_cast<uint8_t>(host[0]), 0x80 | low);
  }
}

}  // namespace
}  // namespace mini_wasm::wasi
