// Runs a WASI program that sees nothing of the host: its files and streams are in memory, its clocks and random numbers
// are the same in each run, and what it may use is limited.
// Usage: sandbox_buffers sandbox_buffers.wasm
#include <mini_wasm/mini_wasm.h>

#include <cstdio>

using namespace mini_wasm;

struct Outcome {
  int32_t exit_code;
  std::string said, result;
};

static Result<Outcome> run(const char* file, const std::string& input) {
  // What the program gets. Each of these is a handle, which shows afterwards what the program has done.
  Result<WasiFiles> files = WasiFiles::make({{"in.txt", input}}, {.bytes = 1 << 20, .entries = 100});
  if (!files) return std::move(files).error();
  WasiBuffer said(64 << 10);

  WasiConfig config;
  config.args = {"capitals"};
  config.in = "";  // the end, at once
  config.out = said;
  config.err = said;
  config.preopens.push_back({"", "/", false, *files});
  config.clock = WasiClock::virtual_time();
  config.random = wasi_random_from_seed(1);
  config.max_open_files = 16;
  config.max_written = 2 << 20;  // to all files and streams together
  Result<Wasi> wasi = Wasi::make(std::move(config));
  if (!wasi) return std::move(wasi).error();

  Engine engine;
  Store store(engine, {.memory_bytes = 64 << 20});
  Result<Module> module = Module::from_file(engine, file);
  if (!module) return std::move(module).error();
  Linker linker(store);
  wasi->add_to(linker);
  Result<Instance> instance = linker.instantiate(*module);
  if (!instance) return std::move(instance).error();
  const Result<int32_t> exit_code = wasi->run(*instance);
  if (!exit_code) return Error(exit_code.error());

  Result<std::string> result = files->read("out.txt");
  if (!result) return std::move(result).error();
  return Outcome{*exit_code, said.text(), *std::move(result)};
}

int main(int argc, char** argv) {
  if (argc != 2) return std::puts("usage: sandbox_buffers sandbox_buffers.wasm"), 2;
  const Result<Outcome> outcome = run(argv[1], "a sandbox without files");
  if (!outcome) return std::puts(outcome.error().to_string().c_str()), 1;
  std::printf("exit code %d; it said: %sout.txt: %s\n", outcome->exit_code, outcome->said.c_str(),
              outcome->result.c_str());
}
