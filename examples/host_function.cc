// Functions that the host gives to a module: typed C++ callables, a text in the caller's memory, and an error that ends
// the guest. Usage: host_function host_function.wasm
#include <mini_wasm/mini_wasm.h>

#include <cstdio>
#include <string_view>

using namespace mini_wasm;

// The guest passes an address and a length. If they are not in its memory, it traps.
static void log(std::string_view text) {
  std::printf("guest says: %.*s\n", static_cast<int>(text.size()), text.data());
}

static Result<double> divide(double dividend, double divisor) {
  if (divisor == 0) return Error::host("division by zero");
  return dividend / divisor;
}

static Result<void> run(const char* file) {
  Engine engine;
  Store store(engine);
  Result<Module> module = Module::from_file(engine, file);
  if (!module) return std::move(module).error();
  Linker linker(store);
  linker.func("host", "log", log);
  linker.func("host", "divide", divide);
  Result<Instance> instance = linker.instantiate(*module);
  if (!instance) return std::move(instance).error();

  Result<std::vector<Val>> third = instance->func("report")->call({Val::f64(1)});
  if (!third) return std::move(third).error();
  std::printf("report gives %s\n", to_string(third->front()).c_str());

  Result<std::vector<Val>> failed = instance->func("fail")->call({});
  if (failed) return Error::host("that should have failed");
  std::printf("fail: %s\n%s", failed.error().to_string().c_str(), to_string(failed.error().backtrace).c_str());
  return {};
}

int main(int argc, char** argv) {
  if (argc != 2) return std::puts("usage: host_function host_function.wasm"), 2;
  const Result<void> r = run(argv[1]);
  if (!r) return std::puts(r.error().to_string().c_str()), 1;
}
