// compile_modules [--generated N] [--first N] [FILE|DIR]...: compiles every function of the modules for a CPU that is
// unlike x86-64 (jit/recording_masm.h), with guard pages and without, with many registers and with few, and prints what
// breaks the contract of a macro assembler. The exit code is 1 when there is a violation, when a module is refused that
// should be valid, or when nothing was compiled.
#include <cstdio>
#include <string>
#include <vector>

#include "jit/codeless_tier.h"
#include "jit/compiler.h"
#include "jit/recording_masm.h"
#include "spec-tests/generate/module_arguments.h"

namespace mini_wasm {
namespace {

struct Counts {
  uint64_t modules = 0, refused = 0, functions = 0, lines = 0, violations = 0;
};

class ShapeTest {
 public:
  ShapeTest() {
    Config config;
    for (const FeatureDescription& feature : Config::features()) (void)config.feature(feature.name, true);
    for (const bool guard_pages : {true, false}) {
      config.guard_pages = guard_pages;
      engines_.push_back(
          jit::codeless_engine(config, jit::RegisterLists<jit::RecordingMasm>::kBudget, jit::CodelessKind::automatic));
    }
  }

  void look_at(const generate::NamedModule& named) {
    ++counts_.modules;
    for (const Engine& engine : engines_) {
      const Result<Module> module = Module::compile(engine, named.bytes);
      if (!module) {
        ++counts_.refused;
        if (!named.may_be_refused) report(named.name + ": " + module.error().to_string());
        return;
      }
      for (const bool few : {false, true}) compile(named.name, *module->impl(), few);
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
      for (const std::string& what : masm.violations) report(name + ": function " + std::to_string(i) + ": " + what);
      masm.violations.clear();
    }
  }

  void report(const std::string& what) {
    constexpr uint64_t kMost = 20;
    if (++counts_.violations <= kMost) std::printf("%s\n", what.c_str());
  }

  std::vector<Engine> engines_;
  Counts counts_;
};

int run(int argc, char** argv) {
  ShapeTest test;
  const bool all = generate::each_module(argc, argv, FeatureSet::all(),
                                         [&](const generate::NamedModule& module) { test.look_at(module); });
  const auto n = [](uint64_t number) { return static_cast<unsigned long long>(number); };
  const Counts& counts = test.counts();
  std::printf("%llu modules, %llu refused, %llu functions, %llu instructions, %llu violations\n", n(counts.modules),
              n(counts.refused), n(counts.functions), n(counts.lines), n(counts.violations));
  return all && counts.violations == 0 && counts.functions != 0 ? 0 : 1;
}

}  // namespace
}  // namespace mini_wasm

int main(int argc, char** argv) { return mini_wasm::run(argc, argv); }
