// The list of functions.def bound to the methods of Context and Unstable.
#include "wasi/host_functions.h"

#include <algorithm>
#include <string_view>

#include "wasi/bind.h"
#include "wasi/unstable.h"

namespace mini_wasm::wasi {

namespace {

constexpr const char* kPreview1 = "wasi_snapshot_preview1";
constexpr const char* kUnstable = "wasi_unstable";

template <auto Method>
Result<void> call_unstable(Context& context, GuestMemory memory, uint64_t* slots) {
  Unstable unstable(context);
  return Binding<Method>::call(unstable, memory, slots);
}

}  // namespace

std::vector<HostFunction> host_functions() {
  std::vector<HostFunction> functions = {
#define WASI_FUNCTION(id) {kPreview1, #id, Binding<&Context::id>::type(), &Binding<&Context::id>::call},
#include "wasi/functions.def"
  };
  const std::vector<HostFunction> preview1 = functions;
  const std::vector<HostFunction> differing = {
#define WASI_FUNCTION(id)
#define WASI_FUNCTION_UNSTABLE(id) {kUnstable, #id, Binding<&Unstable::id>::type(), &call_unstable<&Unstable::id>},
#include "wasi/functions.def"
  };
  for (const HostFunction& function : preview1) {
    const auto other = std::find_if(differing.begin(), differing.end(), [&](const HostFunction& candidate) {
      return std::string_view(candidate.name) == function.name;
    });
    functions.push_back(other != differing.end() ? *other : function);
    functions.back().module = kUnstable;
  }
  return functions;
}

}  // namespace mini_wasm::wasi
