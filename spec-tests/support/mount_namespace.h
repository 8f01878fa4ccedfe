// For tests that mount file systems: they run in a child process with its own mount namespace.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace mini_wasm::mounts {

inline bool bind_mount(const std::string& what, const std::string& where) {
  return ::mount(what.c_str(), where.c_str(), nullptr, MS_BIND, nullptr) == 0;
}
inline bool mount_new(const char* type, const std::string& where) {
  return ::mount("none", where.c_str(), type, 0, nullptr) == 0;
}

// Runs `body` in a process that may mount file systems; its failures are failures of the test. Skips the test where
// that is not permitted.
template <class Body>
void in_mount_namespace(Body body) {
  constexpr int kRefused = 77;
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
      ::_exit(kRefused);
    body();
    std::fflush(stdout);
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kRefused) GTEST_SKIP() << "only root can mount";
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "failures are printed above; status " << status;
}

}  // namespace mini_wasm::mounts
