// Clocks and random numbers.
#include <ctime>

#include "wasi/test_guest.h"

namespace mini_wasm::wasi {
namespace {

TEST(wasi_clock, all_four_clocks_have_a_time_and_a_resolution) {
  Guest guest;
  for (uint64_t id = 0; id < 4; ++id) {
    const uint32_t out = guest.alloc(8);
    ASSERT_EQ(guest.call("clock_res_get", {id, out}), Errno::success);
    EXPECT_GT(guest.get<Timestamp>(out), 0u);
    EXPECT_LE(guest.get<Timestamp>(out), 1'000'000'000u);
    EXPECT_TRUE(guest.wrote_only({{out, 8}}));
    ASSERT_EQ(guest.call("clock_time_get", {id, 1, out}), Errno::success);
    EXPECT_TRUE(guest.wrote_only({{out, 8}}));
  }
}

TEST(wasi_clock, realtime_is_the_hosts_and_monotonic_never_goes_back) {
  Guest guest;
  const uint32_t out = guest.alloc(8);
  ASSERT_EQ(guest.call("clock_time_get", {0, 0, out}), Errno::success);
  EXPECT_NEAR(static_cast<double>(guest.get<Timestamp>(out)) / 1e9, static_cast<double>(::time(nullptr)), 5);
  Timestamp last = 0;
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(guest.call("clock_time_get", {1, 0, out}), Errno::success);
    EXPECT_GE(guest.get<Timestamp>(out), last);
    last = guest.get<Timestamp>(out);
  }
}

TEST(wasi_clock, an_unknown_clock_is_inval) {
  Guest guest;
  const uint32_t out = guest.alloc(8);
  for (const uint64_t id : {uint64_t{4}, uint64_t{0xffff'ffff}}) {
    EXPECT_EQ(guest.call("clock_time_get", {id, 0, out}), Errno::inval);
    EXPECT_EQ(guest.call("clock_res_get", {id, out}), Errno::inval);
    EXPECT_TRUE(guest.wrote_only({}));
  }
}

TEST(wasi_random, fills_exactly_the_buffer) {
  Guest guest;
  const uint32_t a = guest.alloc(100'000), b = guest.alloc(64);
  ASSERT_EQ(guest.call("random_get", {a, 100'000}), Errno::success);
  EXPECT_TRUE(guest.wrote_only({{a, 100'000}}));
  EXPECT_NE(guest.text(a, 32), guest.text(a + 99'968, 32));
  ASSERT_EQ(guest.call("random_get", {b, 0}), Errno::success);
  EXPECT_TRUE(guest.wrote_only({}));
}

TEST(wasi_random, a_length_beyond_memory_is_a_fault_and_costs_nothing) {
  Guest guest;
  EXPECT_EQ(guest.call("random_get", {16, 0xffff'ffff}), Errno::fault);
  EXPECT_EQ(guest.call("random_get", {0xffff'fff0, 0x20}), Errno::fault);
  EXPECT_TRUE(guest.wrote_only({}));
}

}  // namespace
}  // namespace mini_wasm::wasi
