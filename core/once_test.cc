#include "core/once.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace mini_wasm {
namespace {

TEST(once, many_threads_and_one_call) {
  for (int round = 0; round < 50; ++round) {
    Once once;
    int calls = 0, seen[4] = {};
    std::vector<std::thread> threads;
    for (int& saw : seen) {
      threads.emplace_back([&] {
        once.call([&] { ++calls; });
        saw = calls;  // the effects of the work are visible to every thread
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(calls, 1);
    for (const int saw : seen) EXPECT_EQ(saw, 1);
  }
}

TEST(once, what_throws_is_tried_again) {
  Once once;
  int calls = 0;
  EXPECT_THROW(once.call([&] { ++calls, throw 1; }), int);
  EXPECT_THROW(once.call([&] { ++calls, throw 2; }), int);
  once.call([&] { ++calls; });
  once.call([&] { ++calls; });
  EXPECT_EQ(calls, 3);
}

}  // namespace
}  // namespace mini_wasm
