// The functions of jit/ that other folders call, for builds without the compiler (MINI_WASM_JIT=OFF).
#include "jit/backend.h"
#include "jit/listing.h"
#include "jit/perf_map.h"
#include "runtime/call/execution_tier.h"

namespace mini_wasm {

std::unique_ptr<runtime::ExecutionTier> runtime::make_jit(bool, std::unique_ptr<ExecutionTier>) { return nullptr; }

namespace jit {

Result<std::string> list_code(const Backend&, const runtime::CompiledModule&, FuncIdx, const CodeSettings&) {
  return Error::make(ErrorKind::usage, "built without the compiler");
}

Engine listing_engine(const Config& config, const Backend&) { return Engine(config); }
const Backend* backend(Architecture) { return nullptr; }

bool start_perf_map() { return false; }
void add_to_perf_map(const NativeCode&) {}

}  // namespace jit
}  // namespace mini_wasm
