// compile_modules [--generated N] [--first N] [FILE|DIR]...: compiles every function of the modules for a CPU that is
// unlike x86-64 (jit/recording_masm.h), with guard pages and without, with many registers and with few, and prints what
// breaks the contract of a macro assembler. Files that are no valid modules are skipped. The exit code is 1 when there
// is a violation, or nothing was compiled.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "jit/codeless_tier.h"
#include "jit/compiler.h"
#include "jit/recording_masm.h"
#include "runtime/system/read_file.h"
#include "spec-tests/generate/byte_source.h"
#include "spec-tests/generate/generate.h"

namespace mini_wasm {
namespace {

namespace fs = std::filesystem;

struct Counts {
  uint64_t modules = 0, skipped = 0, functions = 0, lines = 0, violations = 0;
};

class ShapeTest {
 public:
  ShapeTest() {
    Config config;
    for (const FeatureDescription& feature : Config::features()) (void)config.feature(feature.name, true);
    for (const bool guard_pages : {true, false}) {
      config.guard_pages = guard_pages;
      engines_.push_back(jit::codeless_engine(config, jit::RegisterLists<jit::RecordingMasm>::kBudget,
                                              jit::CodelessKind::automatic));
    }
  }

  void look_at(const fs::path& file) {
    if (const Result<std::vector<uint8_t>> bytes = runtime::read_file(file)) look_at(file.string(), *bytes);
  }
  void look_at(const std::string& name, const std::vector<uint8_t>& bytes) {
    ++counts_.modules;
    for (const Engine& engine : engines_) {
      const Result<Module> module = Module::compile(engine, bytes);
      if (!module) {
        ++counts_.skipped;
        return;
      }
      for (const bool few : {false, true}) compile(name, *module->impl(), few);
    }
  }
  const Counts& counts() const { return counts_; }

 private:
  void compile(const std::string& name, const runtime::CompiledModule& compiled, bool few_registers) {
    jit::CodeSettings settings;
    settings.few_registers = few_registers;
    jit::RecordingMasm masm;
    jit::Compiler<jit::RecordingMasm> compiler(compiled, compiled.engine().bounds(), settings, masm);
    for (size_t i = compiled.module().imported_funcs; i < compiled.module().funcs.size(); ++i) {
      jit::NativeCode code;
      code.index = FuncIdx{static_cast<uint32_t>(i)};
      if (const Result<void> r = compiler.compile(code.index, code); !r)
        masm.violations.push_back(r.error().to_string());
      compiler.finish(code);
      ++counts_.functions;
      counts_.lines += masm.lines.size();
      for (const std::string& what : masm.violations) report(name, i, what);
      masm.violations.clear();
    }
  }

  void report(const std::string& name, size_t function, const std::string& what) {
    constexpr uint64_t kMost = 20;
    if (++counts_.violations <= kMost) std::printf("%s: function %zu: %s\n", name.c_str(), function, what.c_str());
  }

  std::vector<Engine> engines_;
  Counts counts_;
};

int run(int argc, char** argv) {
  ShapeTest test;
  uint64_t first = 0, generated = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (i + 1 < argc && word == "--first") {
      first = std::strtoull(argv[++i], nullptr, 10);
    } else if (i + 1 < argc && word == "--generated") {
      generated = std::strtoull(argv[++i], nullptr, 10);
    } else if (fs::is_directory(word)) {
      for (const auto& entry : fs::recursive_directory_iterator(word)) {
        if (entry.path().extension() == ".wasm") test.look_at(entry.path());
      }
    } else {
      test.look_at(fs::path(word));
    }
  }
  for (uint64_t seed = first; seed < first + generated; ++seed) {
    test.look_at("seed " + std::to_string(seed),
                 generate::generate_module(generate::bytes_of_seed(seed), FeatureSet::all()));
  }
  const auto n = [](uint64_t number) { return static_cast<unsigned long long>(number); };
  const Counts& counts = test.counts();
  std::printf("%llu modules, %llu skipped, %llu functions, %llu instructions, %llu violations\n", n(counts.modules),
              n(counts.skipped), n(counts.functions), n(counts.lines), n(counts.violations));
  return counts.violations == 0 && counts.functions != 0 ? 0 : 1;
}

}  // namespace
}  // namespace mini_wasm

int main(int argc, char** argv) { return mini_wasm::run(argc, argv); }
