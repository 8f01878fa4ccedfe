#include "jit/backend.h"

#include <type_traits>

#include "jit/a64/backend.h"
#include "jit/x64/backend.h"

namespace mini_wasm::jit {

const Backend* backend(Architecture architecture) {
  static const x64::X64Backend x64;
  static const a64::A64Backend a64;
  static_assert(std::is_trivially_destructible_v<x64::X64Backend> && std::is_trivially_destructible_v<a64::A64Backend>);
  switch (architecture) {
    case Architecture::x64: return &x64;
    case Architecture::a64: return &a64;
  }
  return nullptr;
}

}  // namespace mini_wasm::jit
