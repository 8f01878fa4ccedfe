// CodeSettings: options that change the generated machine code. The compiler and the Masm get them as an argument.
#pragma once

namespace mini_wasm {
class Config;
}

namespace mini_wasm::jit {

struct CodeSettings {
  bool speculation_guards = false;  // Config::speculation_guards
  bool fuel = false;                // Config::fuel
  // For tests:
  bool few_registers = false;  // only as many registers as a single instruction needs, so that the rest is spilled
  bool oldest_cpu = false;     // no instructions that only newer CPUs have
  bool poison_slots = false;   // rubbish in the upper half of slots with 32-bit values (runtime/test_settings.h)

  // The settings for an engine with this configuration, including what tests have set (TestSettings).
  static CodeSettings of(const Config& config);
};

// Set by tests, for modules that are compiled afterwards; not for embedders. Thread rule: set it while there is only
// one thread.
struct TestSettings {
  bool few_registers = false, oldest_cpu = false;  // CodeSettings
};
inline TestSettings test_settings;

}  // namespace mini_wasm::jit
