// For tests of what the library does where the system lacks or forbids a call: old kernels, seccomp profiles, emulators.
#pragma once

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <iterator>

namespace mini_wasm::testing {

// From here on, this system call fails in this process with this error. (Emulators know no seccomp. A test may ask them
// only for what they refuse anyway.)
inline void refuse_system_call(uint32_t number, uint32_t error) {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {static_cast<unsigned short>(std::size(filter)), filter};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

// Runs `body` in a process where these calls fail; its failures are failures of the test. A body that waits for ever
// fails, too.
template <class Body>
void where_system_calls_fail(std::initializer_list<uint32_t> numbers, uint32_t error, Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(100);
    for (const uint32_t number : numbers) refuse_system_call(number, error);
    body();
    std::fflush(stdout);
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "failures are printed above; status " << status;
}

}  // namespace mini_wasm::testing
