#include "jit/backend.h"

#include <type_traits>

#include "jit/x64/backend.h"

namespace mini_wasm::jit {

const Backend* backend(Architecture architecture) {
  static const x64::X64Backend x64;
  static_assert(std::is_trivially_destructible_v<x64::X64Backend>);
  switch (architecture) {
    case Architecture::x64: return &x64;
  }
  return nullptr;
}

}  // namespace mini_wasm::jit
