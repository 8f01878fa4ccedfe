// Programs with WASI.
#include <mini_wasm/wasi.h>

#include <optional>
#include <utility>

#include "cli/guest_config.h"
#include "cli/listen.h"
#include "cli/program.h"

namespace mini_wasm::cli {
namespace {

// What --verbose prints before the program begins.
void describe(const WasiConfig& guest) {
  for (const WasiConfig::Preopen& dir : guest.preopens) {
    print_error("the program sees " + (dir.files ? "files in memory" : dir.host) + " as " + dir.guest +
                (dir.read_only ? ", read-only" : ""));
  }
  for (const std::string& variable : guest.env) print_error("environment: " + variable);
  for (const int socket : guest.sockets) print_error("listening at " + address_of(socket));
}

}  // namespace

struct Program::State {
  WasiConfig config;
  std::optional<Wasi> wasi;
};

Program::Program(std::unique_ptr<State> state) : state_(std::move(state)) {}
Program::Program(Program&&) noexcept = default;
Program::~Program() = default;

Result<Program> Program::configure(const RunOptions& options, const std::vector<std::string>& words) {
  Result<WasiConfig> config = guest_config(options, words);
  if (!config) return std::move(config).error();
  if (options.verbose) describe(*config);
  return Program(std::make_unique<State>(State{*std::move(config), {}}));
}

Result<void> Program::open() {
  Result<Wasi> wasi = Wasi::make(std::move(state_->config));
  if (!wasi) return std::move(wasi).error();
  state_->wasi.emplace(*std::move(wasi));
  return {};
}

void Program::add_to(Linker& linker) { state_->wasi->add_to(linker); }
Result<int32_t> Program::run(const Instance& instance) { return state_->wasi->run(instance); }
Result<std::vector<uint8_t>> Program::save() const { return state_->wasi->save(); }
Result<void> Program::load(std::span<const uint8_t> state) { return state_->wasi->load(state); }
bool Program::has_threads(const Module& module) { return Wasi::has_threads(module); }
Result<int32_t> Program::run_threads(const Engine& engine, const Module& module, const StoreLimits& limits,
                                     const Prepare& prepare) {
  return state_->wasi->run_threads(engine, module, limits, prepare);
}
void Program::interrupt_threads() { state_->wasi->interrupt_threads(); }

Error Program::explain_missing(Error error) { return error; }

}  // namespace mini_wasm::cli
