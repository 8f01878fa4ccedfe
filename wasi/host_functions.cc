// The list of functions.def bound to the methods of Context and Unstable.
#include "wasi/host_functions.h"

#include <algorithm>
#include <array>

#include "wasi/bind.h"
#include "wasi/unstable.h"

namespace mini_wasm::wasi {

namespace {

constexpr std::string_view kPreview1 = "wasi_snapshot_preview1";
constexpr std::string_view kUnstable = "wasi_unstable";

template <auto Method>
Result<void> call_unstable(Context& context, GuestMemory memory, uint64_t* slots) {
  Unstable unstable(context);
  return Binding<Method>::call(unstable, memory, slots);
}

template <size_t N>
constexpr std::array<HostFunction, N> sorted(std::array<HostFunction, N> functions) {
  std::sort(functions.begin(), functions.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return functions;
}

constexpr const HostFunction* find(std::span<const HostFunction> functions, std::string_view name) {
  const auto found = std::lower_bound(functions.begin(), functions.end(), name,
                                      [](const HostFunction& function, auto wanted) { return function.name < wanted; });
  return found != functions.end() && found->name == name ? &*found : nullptr;
}

constexpr auto kPreview1Functions = sorted(std::to_array<HostFunction>({
#define WASI_FUNCTION(id) {kPreview1, #id, &Binding<&Context::id>::type, &Binding<&Context::id>::call},
#include "wasi/functions.def"
}));

constexpr auto kDiffering = sorted(std::to_array<HostFunction>({
#define WASI_FUNCTION(id)
#define WASI_FUNCTION_UNSTABLE(id) {kUnstable, #id, &Binding<&Unstable::id>::type, &call_unstable<&Unstable::id>},
#include "wasi/functions.def"
}));

// Those of preview1, sorted by name, then those of the other module, sorted likewise.
constexpr auto kAll = [] {
  std::array<HostFunction, 2 * kPreview1Functions.size()> all{};
  for (size_t i = 0; i < kPreview1Functions.size(); ++i) {
    const HostFunction& function = kPreview1Functions[i];
    const HostFunction* differing = find(kDiffering, function.name);
    all[i] = function;
    HostFunction& other = all[kPreview1Functions.size() + i];
    other = differing != nullptr ? *differing : function;
    other.module = kUnstable;
  }
  return all;
}();

}  // namespace

std::span<const HostFunction> host_functions() { return kAll; }

const HostFunction* find_host_function(std::string_view module, std::string_view name) {
  constexpr size_t kHalf = kAll.size() / 2;
  if (module == kPreview1) return find(std::span(kAll).first<kHalf>(), name);
  if (module == kUnstable) return find(std::span(kAll).last<kHalf>(), name);
  return nullptr;
}

}  // namespace mini_wasm::wasi
