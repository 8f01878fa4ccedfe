// What tests change about the compiler. Set before any code is compiled; not for embedders.
#pragma once

namespace mini_wasm::jit {

struct TestSettings {
  bool few_registers = false;  // as few as an instruction can do with, so that everything else is spilled
  bool oldest_cpu = false;     // none of the instructions that not every CPU has
};
inline TestSettings test_settings;

}  // namespace mini_wasm::jit
