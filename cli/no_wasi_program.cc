// Programs in a build without WASI (MINI_WASM_WASI=OFF): they can import what --preload gives them.
#include <utility>

#include "cli/program.h"

namespace mini_wasm::cli {
namespace {

constexpr const char* kNoWasi = "this mini-wasm is built without WASI";

// The first option that only WASI can follow; null when there is none.
const char* wasi_option(const RunOptions& options) {
  const std::pair<bool, const char*> given[] = {
      {!options.dirs.empty(), "--dir"},
      {!options.read_only_dirs.empty(), "--read-only-dir"},
      {!options.memory_dirs.empty(), "--memory-dir"},
      {!options.env.empty(), "--env"},
      {!options.env_files.empty(), "--env-file"},
      {options.inherit_env, "--inherit-env"},
      {options.cwd.has_value(), "--cwd"},
      {!options.listen.empty(), "--listen"},
      {options.argv0.has_value(), "--argv0"},
      {options.trace.has_value(), "--trace"},
      {options.max_written.has_value(), "--max-written"},
      {options.max_open_files.has_value(), "--max-open-files"},
      {options.deterministic.has_value(), "--deterministic"},
      {options.no_sigpipe, "--no-sigpipe"},
  };
  for (const auto& [is_given, name] : given) {
    if (is_given) return name;
  }
  return nullptr;
}

}  // namespace

struct Program::State {};

Program::Program(std::unique_ptr<State> state) : state_(std::move(state)) {}
Program::Program(Program&&) noexcept = default;
Program::~Program() = default;

Result<Program> Program::configure(const RunOptions& options, const std::vector<std::string>&) {
  if (const char* const option = wasi_option(options)) {
    return Error::make(ErrorKind::usage, std::string(option) + ": " + kNoWasi);
  }
  return Program(nullptr);
}

Result<void> Program::open() { return {}; }
void Program::add_to(Linker&) {}

Result<int32_t> Program::run(const Instance& instance) {
  std::optional<Func> entry = instance.func("_start");
  if (!entry) entry = instance.func("_initialize");
  if (!entry) return Error::make(ErrorKind::usage, "it exports neither _start nor _initialize");
  Result<std::vector<Val>> result = entry->call({});
  if (!result) return std::move(result).error();
  return 0;
}

Result<std::vector<uint8_t>> Program::save() const { return std::vector<uint8_t>(); }
Result<void> Program::load(std::span<const uint8_t> state) {
  if (state.empty()) return {};
  return Error::make(ErrorKind::usage, std::string("it was saved by a program with WASI; ") + kNoWasi);
}

bool Program::has_threads(const Module&) { return false; }
Result<int32_t> Program::run_threads(const Engine&, const Module&, const StoreLimits&, const Prepare&) {
  return Error::make(ErrorKind::usage, kNoWasi);
}
void Program::interrupt_threads() {}

Error Program::explain_missing(Error error) {
  if (error.kind == ErrorKind::unlinkable && error.message.find("\"wasi") != error.message.npos) {
    error.message += std::string(" (") + kNoWasi + ")";
  }
  return error;
}

}  // namespace mini_wasm::cli
