// mini-wasm-bench [MODULE...] [--benchmark_...]: all suites in one table. The modules that are loaded and instantiated
// are the arguments, or else the paths in MINI_WASM_BENCH_MODULES, separated by colons, or else three of the kernels.
// Everything uses the public headers, except the decoder, which they do not offer separately.

#include <sstream>

#include "bench/bench.h"

namespace mini_wasm::bench {
namespace {

// The modules to measure: from the arguments, else from the environment, else kernels.
std::vector<std::string> paths(int argc, char** argv) {
  std::vector<std::string> result(argv + 1, argv + argc);
  if (!result.empty()) {
    if (result[0].starts_with("-")) fail("unknown option " + result[0]);
    return result;
  }
  const char* listed = std::getenv("MINI_WASM_BENCH_MODULES");
  std::istringstream list(listed != nullptr ? listed : MINI_WASM_BENCH_DEFAULT_MODULES);
  for (std::string path; std::getline(list, path, ':');) result.push_back(path);
  return result;
}

}  // namespace
}  // namespace mini_wasm::bench

int main(int argc, char** argv) {
  using namespace mini_wasm::bench;
  benchmark::Initialize(&argc, argv);
  std::vector<std::unique_ptr<Subject>> subjects;
  for (const std::string& path : paths(argc, argv)) subjects.push_back(load(path));
  for (const auto& subject : subjects) add_load_benchmarks(*subject);
  add_instance_benchmarks(subjects);
  add_call_benchmarks();
  const bool any_run = benchmark::RunSpecifiedBenchmarks() != 0;
  benchmark::Shutdown();
  return any_run && !any_failed ? 0 : 1;
}
