// For CPUs that there is no compiler for: Tier::jit says so, Tier::automatic interprets.
#include "jit/backend.h"

namespace mini_wasm::jit {

Host host() { return {}; }

}  // namespace mini_wasm::jit
