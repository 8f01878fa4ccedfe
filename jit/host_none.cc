// For hosts whose CPU has no compiler: Tier::jit gives an error, Tier::automatic only interprets.
#include "jit/backend.h"

namespace mini_wasm::jit {

Host host() { return {}; }

}  // namespace mini_wasm::jit
