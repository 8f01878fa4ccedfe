// The CPUs. Only what works for any of them uses this file, so that a program for one CPU does not contain the others.
#include "jit/backend.h"

#include "jit/a64/backend.h"
#include "jit/listing.h"
#include "jit/x64/backend.h"

namespace mini_wasm::jit {

const Backend* backend(Architecture architecture) {
  switch (architecture) {
    case Architecture::x64: return &x64::backend();
    case Architecture::a64: return &a64::backend();
  }
  return nullptr;
}

const CodeLister& lister(const Backend& backend) { return &backend == &a64::backend() ? a64::lister() : x64::lister(); }

}  // namespace mini_wasm::jit
