// How machine code is made, apart from what it is made of: arguments of a Masm and of the compiler.
#pragma once

namespace mini_wasm {
class Config;
}

namespace mini_wasm::jit {

struct CodeSettings {
  bool speculation_guards = false;  // Config::speculation_guards
  // For tests:
  bool few_registers = false;  // as few as an instruction can do with, so that everything else is spilled
  bool oldest_cpu = false;     // none of the instructions that not every CPU has
  bool poison_slots = false;   // rubbish above 32-bit values in slots (runtime/test_settings.h)

  // Of an engine with this configuration, with what tests have set.
  static CodeSettings of(const Config& config);
};

// What tests set, for modules that are compiled from then on; not for embedders. One thread, before others are there.
struct TestSettings {
  bool few_registers = false, oldest_cpu = false;  // CodeSettings
};
inline TestSettings test_settings;

}  // namespace mini_wasm::jit
