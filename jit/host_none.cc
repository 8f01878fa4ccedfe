// For hosts whose CPU has no compiler: Tier::jit gives an error, Tier::automatic only interprets.
#include "jit/backend.h"

namespace mini_wasm::jit {

Host host() { return {}; }
void publish_code(const uint8_t*, size_t) {}

}  // namespace mini_wasm::jit
