// Runs a WASI program from C++ and sees nothing of the host but a greeting in its arguments.
// Usage: run_wasi hello.wasm
#include <mini_wasm/mini_wasm.h>

#include <cstdio>

using namespace mini_wasm;

static Result<int32_t> run(const char* file) {
  Engine engine;
  Store store(engine, {.memory_bytes = 64 << 20});
  Result<Module> module = Module::from_file(engine, file);
  if (!module) return std::move(module).error();
  Result<Wasi> wasi = Wasi::make({.args = {"hello", "embedder"}});
  if (!wasi) return std::move(wasi).error();
  Linker linker(store);
  wasi->add_to(linker);
  Result<Instance> instance = linker.instantiate(*module);
  if (!instance) return std::move(instance).error();
  return wasi->run(*instance);
}

int main(int argc, char** argv) {
  if (argc != 2) return std::puts("usage: run_wasi hello.wasm"), 2;
  const Result<int32_t> exit_code = run(argv[1]);
  if (!exit_code) return std::puts(exit_code.error().to_string().c_str()), 1;
  std::printf("the program ended with %d\n", *exit_code);
}
