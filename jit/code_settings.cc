#include "jit/code_settings.h"

#include <mini_wasm/config.h>

#include "runtime/test_settings.h"

namespace mini_wasm::jit {

CodeSettings CodeSettings::of(const Config& config) {
  CodeSettings settings;
  settings.speculation_guards = config.speculation_guards;
  settings.fuel = config.fuel;
  settings.few_registers = test_settings.few_registers;
  settings.oldest_cpu = test_settings.oldest_cpu;
  settings.poison_slots = runtime::test_settings.poison_slots;
  return settings;
}

}  // namespace mini_wasm::jit
