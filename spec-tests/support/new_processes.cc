#include "spec-tests/support/new_processes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mini_wasm::testing {

void die_in_new_processes() {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  std::vector<std::string> command = {MINI_WASM_EMULATOR};
  const std::vector<std::string> own = ::testing::internal::GetArgvs();
  command.insert(command.end(), own.begin(), own.end());
  ::testing::internal::SetInjectableArgvs(command);
}

}  // namespace mini_wasm::testing
