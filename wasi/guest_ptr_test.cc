// Checked access to guest memory.
#include "wasi/guest_ptr.h"

#include <gtest/gtest.h>

#include <vector>

namespace mini_wasm::wasi {
namespace {

class GuestMemoryTest : public ::testing::Test {
 protected:
  std::vector<uint8_t> bytes = std::vector<uint8_t>(64, 0xcc);
  GuestMemory memory{bytes};
};

TEST_F(GuestMemoryTest, a_value_at_the_very_end_is_inside) {
  EXPECT_TRUE(memory.store(GuestPtr<uint32_t>{60}, 0x01020304u));
  EXPECT_EQ(bytes[60], 4);
  EXPECT_EQ(bytes[63], 1);
  EXPECT_EQ(bytes[59], 0xcc);
}

TEST_F(GuestMemoryTest, a_value_that_sticks_out_is_neither_read_nor_written) {
  uint32_t value = 7;
  EXPECT_FALSE(memory.store(GuestPtr<uint32_t>{61}, 0u));
  EXPECT_FALSE(memory.load(GuestPtr<uint32_t>{61}, value));
  EXPECT_EQ(value, 7u);
  EXPECT_EQ(bytes, std::vector<uint8_t>(64, 0xcc));
}

TEST_F(GuestMemoryTest, offset_plus_length_does_not_wrap) {
  EXPECT_FALSE(memory.range(0xffff'fff0, 0x20));
  EXPECT_FALSE(memory.range(32, 0xffff'ffff'ffff'ffff));
  EXPECT_FALSE(memory.range(GuestArray<uint64_t>{8, 0x2000'0000}));
  EXPECT_FALSE(memory.range(GuestArray<uint64_t>{0, 0xffff'ffff}));
}

TEST_F(GuestMemoryTest, an_empty_range_may_stand_at_the_end_but_not_beyond) {
  EXPECT_TRUE(memory.range(64, 0));
  EXPECT_FALSE(memory.range(65, 0));
}

TEST_F(GuestMemoryTest, misaligned_values_are_fine) {
  EXPECT_TRUE(memory.store(GuestPtr<uint64_t>{3}, uint64_t{0x1122334455667788}));
  uint64_t value = 0;
  EXPECT_TRUE(memory.load(GuestPtr<const uint64_t>{3}, value));
  EXPECT_EQ(value, 0x1122334455667788u);
}

TEST_F(GuestMemoryTest, no_memory_contains_nothing) {
  EXPECT_FALSE(GuestMemory().contains(GuestPtr<uint8_t>{0}));
  EXPECT_TRUE(GuestMemory().range(0, 0));
}

}  // namespace
}  // namespace mini_wasm::wasi
