#include "spec-tests/support/wat.h"

#include <gtest/gtest.h>

#include "text/assembler.h"

namespace mini_wasm::testing {

std::vector<uint8_t> wat(std::string_view source) {
  Result<std::vector<uint8_t>> bytes = text::assemble(source);
  if (bytes) return std::move(*bytes);
  ADD_FAILURE() << text::describe(bytes.error(), source, "wat");
  return {};
}

}  // namespace mini_wasm::testing
