// A scenario that runs many times, and each time another allocation fails.
#pragma once

#include <gtest/gtest.h>
#include <mini_wasm/result.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <iterator>
#include <utility>

#include "spec-tests/out_of_memory/failing_allocator.h"

namespace mini_wasm::testing {

using Scenario = std::function<Result<void>()>;

inline bool is_out_of_memory(const Error& error) {
  return error.kind == ErrorKind::limit ||
         (error.kind == ErrorKind::trap && error.trap_code == TrapCode::out_of_memory);
}

template <class T>
Result<void> done(Result<T> result) {
  return result ? Result<void>() : Result<void>(std::move(result).error());
}

inline ptrdiff_t open_descriptors() {
  namespace fs = std::filesystem;
  return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
}

inline ::testing::AssertionResult succeeds(const Result<void>& result) {
  return result ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << result.error().to_string();
}

// `scenario` must succeed when no allocation fails, also between the failures, and must leave no files open.
inline void expect_errors(const char* name, const Scenario& scenario) {
  ASSERT_TRUE(succeeds(scenario())) << name;
  const ptrdiff_t descriptors = open_descriptors();
  for (const Failing how : {Failing::once, Failing::from_there}) {
    size_t n = 0, errors = 0;
    for (;; ++n) {
      fail_allocation(n, how);
      const Result<void> result = scenario();
      const size_t allocations = stop_failing();
      if (!result) {
        ++errors;
        ASSERT_TRUE(is_out_of_memory(result.error()))
            << name << ", allocation " << n << ": " << result.error().to_string();
      }
      if (n % 16 == 0) {
        ASSERT_TRUE(succeeds(scenario())) << name << ", after allocation " << n << " failed";
      }
      if (allocations <= n) {
        ASSERT_TRUE(succeeds(result)) << name;
        break;
      }
    }
    EXPECT_GT(errors, 0u) << name;  // otherwise no allocation has failed
    EXPECT_EQ(open_descriptors(), descriptors) << name << ": left open";
  }
}

}  // namespace mini_wasm::testing
