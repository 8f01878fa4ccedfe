#include "jit/backend.h"

#include "jit/a64/backend.h"
#include "jit/x64/backend.h"

namespace mini_wasm::jit {

const Backend* backend(Architecture architecture) {
  switch (architecture) {
    case Architecture::x64: return &x64::backend();
    case Architecture::a64: return &a64::backend();
  }
  return nullptr;
}

}  // namespace mini_wasm::jit
