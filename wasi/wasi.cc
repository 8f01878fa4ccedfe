// The public classes of WASI: adds the functions to a linker and runs a program's entry point.
#include <mini_wasm/extern.h>
#include <mini_wasm/instance.h>
#include <mini_wasm/wasi.h>

#include <optional>
#include <utility>

#include "core/guarded.h"
#include "wasi/context.h"
#include "wasi/host_functions.h"

namespace mini_wasm {

Wasi::Wasi(std::unique_ptr<wasi::Context> context) : context_(std::move(context)) {}
Wasi::Wasi(Wasi&&) noexcept = default;
Wasi& Wasi::operator=(Wasi&&) noexcept = default;
Wasi::~Wasi() = default;

Result<Wasi> Wasi::make(WasiConfig config) {
  return guarded([&]() -> Result<Wasi> {
    Result<std::unique_ptr<wasi::Context>> context = wasi::Context::make(std::move(config));
    if (!context) return std::move(context).error();
    return Wasi(std::move(context).value());
  });
}

void Wasi::add_to(Linker& linker) { linker.functions(wasi::host_functions(), context_.get()); }

Result<int32_t> Wasi::run(const Instance& instance) {
  std::optional<Func> entry = instance.func("_start");
  if (!entry) entry = instance.func("_initialize");
  if (!entry) {
    return guarded([] {
      constexpr const char* kNone = "not a WASI program: it exports neither _start nor _initialize";
      return Result<int32_t>(Error::make(ErrorKind::usage, kNone));
    });
  }
  Result<std::vector<Val>> result = entry->call({});
  if (result) return 0;
  if (result.error().kind == ErrorKind::exit) return result.error().exit_code;
  return std::move(result).error();
}

Result<std::vector<uint8_t>> Wasi::save() const {
  return guarded([&] { return context_->save(); });
}

Result<void> Wasi::load(std::span<const uint8_t> state) {
  return guarded([&] { return context_->load(state); });
}

}  // namespace mini_wasm
