// asmjit's diagnostics, for the shared library. The member of Debian's libasmjit.a that has them is not
// position-independent, because it writes to stderr; this one takes its place. A library does not print anyway.
#include <asmjit/core.h>

namespace asmjit {

const char* DebugUtils::errorAsString(Error) noexcept { return "error of asmjit"; }
void DebugUtils::debugOutput(const char*) noexcept {}
// Called only where asmjit was built to check its own state, which packages are not.
void DebugUtils::assertionFailed(const char*, int, const char*) noexcept { __builtin_trap(); }

}  // namespace asmjit
