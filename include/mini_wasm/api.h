/// @file
/// What the shared library gives to programs.
#pragma once

/// Marks a class or a function that is defined in the library and that programs use. Everything else is hidden: the
/// linker leaves out what nothing marked needs (`-DBUILD_SHARED_LIBS=ON`).
#if defined(__GNUC__)
#define MINI_WASM_API __attribute__((visibility("default")))
#else
#define MINI_WASM_API
#endif
