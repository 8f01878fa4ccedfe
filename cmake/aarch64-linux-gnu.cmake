# Cross build for AArch64 with clang 19. `./dev test-aarch64` gets what it needs; by hand, on Debian 12:
# g++-aarch64-linux-gnu for the C++ library, and libasmjit-dev:arm64 after `dpkg --add-architecture arm64`. Programs run
# on other CPUs with qemu-aarch64 -L /usr/aarch64-linux-gnu. The emulator must be of version 8.1 or newer: older ones do
# not see that code was written through another mapping.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_C_COMPILER_TARGET aarch64-linux-gnu)
set(CMAKE_CXX_COMPILER_TARGET aarch64-linux-gnu)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
if(NOT CMAKE_CROSSCOMPILING_EMULATOR)
  set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu)
endif()
