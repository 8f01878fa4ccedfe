// Binds the functions of functions.def to the methods of Context and Unstable.
#include "wasi/host_functions.h"

#include <mini_wasm/extern.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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
constexpr std::array<Function, N> sorted(std::array<Function, N> functions) {
  std::sort(functions.begin(), functions.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return functions;
}

constexpr const Function* find(std::span<const Function> functions, std::string_view name) {
  const auto found = std::lower_bound(functions.begin(), functions.end(), name,
                                      [](const Function& function, auto wanted) { return function.name < wanted; });
  return found != functions.end() && found->name == name ? &*found : nullptr;
}

constexpr auto kPreview1Functions = sorted(std::to_array<Function>({
#define WASI_FUNCTION(id) \
  {kPreview1, #id, &Binding<&Context::id>::type, &Binding<&Context::id>::call, &Binding<&Context::id>::trace_shape},
#include "wasi/functions.def"
}));

constexpr auto kDiffering = sorted(std::to_array<Function>({
#define WASI_FUNCTION(id)
#define WASI_FUNCTION_UNSTABLE(id) \
  {kUnstable, #id, &Binding<&Unstable::id>::type, &call_unstable<&Unstable::id>, &Binding<&Unstable::id>::trace_shape},
#include "wasi/functions.def"
}));

// The functions of preview1, sorted by name, then those of wasi_unstable, sorted by name.
constexpr auto kAll = [] {
  std::array<Function, 2 * kPreview1Functions.size()> all{};
  for (size_t i = 0; i < kPreview1Functions.size(); ++i) {
    const Function& function = kPreview1Functions[i];
    const Function* differing = find(kDiffering, function.name);
    all[i] = function;
    Function& other = all[kPreview1Functions.size() + i];
    other = differing != nullptr ? *differing : function;
    other.module = kUnstable;
  }
  return all;
}();

// Like function.call, and writes a trace line. The memory may have grown meanwhile, but its base has not moved.
Result<void> traced_call(const Function& function, Context& context, GuestMemory memory, uint64_t* slots) {
  const TraceShape shape = function.trace_shape();
  const std::vector<uint64_t> arguments(slots, slots + function.type().params.size());
  std::string line = std::string(function.name) + arguments_text(shape, memory, slots);
  Result<void> result = function.call(context, memory, slots);
  line += result ? " = " + results_text(shape, memory, arguments.data(), slots[0]) : " ends the program";
  context.trace(line);
  return result;
}

// A call from a guest. If the guest has no memory, every pointer is out of bounds.
Result<void> call(const Function& function, void* data, Caller& caller, uint64_t* slots) {
  Context& context = *static_cast<Context*>(data);
  if (context.is_in_call()) return Error::host("a function that WASI has called must not call a guest that uses it");
  const Context::CallScope scope(context, &caller.impl());
  const std::optional<Memory> memory = caller.memory0();
  const GuestMemory bytes(memory ? memory->data() : std::span<uint8_t>());
  Result<void> result =
      context.traces() ? traced_call(function, context, bytes, slots) : function.call(context, bytes, slots);
  if (scope.interrupted() && static_cast<Errno>(slots[0]) == Errno::intr) return Error::trap(TrapCode::interrupted);
  return result;
}

template <size_t... I>
constexpr std::array<HostFunction, sizeof...(I)> host_table(std::index_sequence<I...>) {
  return {{{kAll[I].module, kAll[I].name, kAll[I].type,
            [](void* data, Caller& caller, uint64_t* slots) { return call(kAll[I], data, caller, slots); }}...}};
}

constexpr auto kHostFunctions = host_table(std::make_index_sequence<kAll.size()>());

}  // namespace

std::span<const Function> functions() { return kAll; }
std::span<const HostFunction> host_functions() { return kHostFunctions; }

}  // namespace mini_wasm::wasi
