// Death tests that need a process of their own rather than a fork of the running one.
#pragma once

namespace mini_wasm::testing {

// From here on, the death tests of this process start its program again (GoogleTest's style "threadsafe"). A program for
// another CPU is started in the emulator that it was built for (CMAKE_CROSSCOMPILING_EMULATOR): the kernel cannot run it.
void die_in_new_processes();

}  // namespace mini_wasm::testing
