// Fuzz target: instantiates and runs whatever validates, within limits and a deadline.
#include <cstddef>
#include <cstdint>

#include "spec-tests/fuzz/exercise.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const mini_wasm::Engine engine;
  mini_wasm::fuzz::exercise(engine, {data, size}, std::chrono::milliseconds(100));
  return 0;
}
