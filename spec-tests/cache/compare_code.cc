// compare_code [--generated N] [--first N] [FILE|DIR]...: compares machine code from the cache with what the compiler
// makes of the same function at this moment. The cache was written by an engine that lies elsewhere in memory and has
// interned other types. So every place in the code that depends on these must have been adjusted, and all other bytes
// must be equal. The exit code is 1 when there is a difference, or when a module is refused that should be valid.
#include <mini_wasm/mini_wasm.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "jit/jit.h"
#include "jit/module_code.h"
#include "runtime/compiled_module.h"
#include "runtime/system/image.h"
#include "scripts/temporary_directory.h"
#include "spec-tests/generate/module_arguments.h"
#include "spec-tests/support/wat.h"

namespace mini_wasm {
namespace {

namespace fs = std::filesystem;
using jit::Entry;
using jit::Relocation;

FeatureSet features() {
  FeatureSet set = FeatureSet::defaults();
  for (Feature feature : {Feature::threads, Feature::wide_arithmetic}) set.set(feature);
  return set;
}

Engine make_engine(const std::string& cache) {
  Config config;
  config.tier = Tier::jit;
  config.eager = true;
  config.cache_dir = cache;
  config.cache_key_file = cache + "/key";
  for (size_t i = 0; i < kFeatureCount; ++i) {
    (void)config.feature(kFeatureInfo[i].text, features().has(static_cast<Feature>(i)));
  }
  return Engine(config);
}

// A module with types and code. After it, everything in an engine is different from an engine that starts with the
// module to compare.
std::vector<uint8_t> other_module() {
  std::string text = "(module ";
  for (int i = 0; i < 200; ++i) {
    text += "(type (struct";
    for (int bit = 0; bit < 8; ++bit) text += (i >> bit) & 1 ? " (field i32)" : " (field f64)";
    text += "))";
  }
  return testing::wat(text + "(func (result i32) (i32.const 1)))");
}

class Comparison {
 public:
  Comparison() : writer_(make_engine(cache_.path())), reader_(make_engine(cache_.path())) {
    Result<Module> other = Module::compile(reader_, other_module());
    if (!other) std::abort();
    other_ = std::make_unique<Module>(*other);
  }

  // The difference; empty if there is none.
  std::string difference(const generate::NamedModule& named) {
    if (Result<Module> module = Module::compile(writer_, named.bytes); !module) {
      ++refused_;
      return named.may_be_refused ? "" : module.error().to_string();
    }
    Result<Module> module = Module::compile(reader_, named.bytes);
    if (!module) return module.error().to_string();
    const std::string result = compare(*module->impl());
    for (const fs::directory_entry& entry : fs::directory_iterator(cache_.path())) fs::remove(entry);
    return result;
  }

  uint64_t functions() const { return functions_; }
  uint64_t constants() const { return constants_; }
  uint64_t refused() const { return refused_; }

 private:
  std::string compare(const runtime::CompiledModule& compiled) {
    const decoder::Module& module = compiled.module();
    auto& code = static_cast<jit::ModuleCode&>(compiled.code());
    const auto count = static_cast<uint32_t>(module.funcs.size() - module.imported_funcs);
    if (count == 0) return "";
    if (!compiled.cache(compiled.engine().bounds())->says_valid()) return "no file was found";
    if (const size_t n = code.unsaved().functions.size(); n != 0) return std::to_string(n) + " functions were compiled";
    auto& jit = static_cast<jit::Jit&>(compiled.engine().tier());
    runtime::FuncInst func;
    func.index = FuncIdx{module.imported_funcs};
    code.attach(func);
    const jit::ModuleEntries entries{static_cast<const uint8_t* const*>(func.machine_code), count,
                                     backend_.thunk_bytes()};
    const auto compiler = backend_.make_compiler(
        compiled, compiled.engine().bounds(), jit::CodeSettings::of(compiled.engine().config()), jit.stubs(), entries);
    for (uint32_t i = 0; i < count; ++i) {
      const uint8_t* const begin = entries.entries[entry_index(i, Entry::slots)];
      const jit::NativeCode* found = jit.find_code(begin);
      if (found == nullptr || found->begin != begin) return "a function has no code";
      jit::NativeCode expected;
      expected.index = FuncIdx{i + module.imported_funcs};
      if (!compiler->compile(expected.index, expected)) return "a function does not compile";
      const std::string difference = compare(*found, expected, *compiler, entries);
      if (!difference.empty()) return "function " + std::to_string(raw(expected.index)) + ": " + difference;
      ++functions_;
    }
    return "";
  }

  std::string compare(const jit::NativeCode& found, jit::NativeCode& expected, jit::FunctionCompiler& compiler,
                      const jit::ModuleEntries& entries) {
    expected.begin = found.begin;
    std::vector<uint8_t> a(found.begin, found.begin + found.size), b(compiler.size());
    compiler.place(b.data(), expected);
    if (found.size != b.size()) return "sizes";
    if (found.register_entry != expected.register_entry) return "entry for arguments in registers";
    const auto same = [](const auto& x, const auto& y, auto equal) {
      return std::equal(x.begin(), x.end(), y.begin(), y.end(), equal);
    };
    if (!same(found.sites, compiler.sites(), [](const jit::Site& x, const jit::Site& y) {
          return x.native == y.native && x.offset == y.offset && x.fp_delta == y.fp_delta;
        })) {
      return "sites";
    }
    if (!same(found.loop_entries, expected.loop_entries, [](const jit::LoopEntry& x, const jit::LoopEntry& y) {
          return x.loop == y.loop && x.native == y.native;
        })) {
      return "loops";
    }
    using Range = runtime::HandlerRange;
    if (!same(found.exceptions.handlers, expected.exceptions.handlers, [](const Range& x, const Range& y) {
          return x.begin == y.begin && x.end == y.end && x.catches == y.catches && x.catch_count == y.catch_count &&
                 x.depth == y.depth && x.outer == y.outer;
        })) {
      return "handlers";
    }
    using Catch = runtime::CatchEntry;
    if (!same(found.exceptions.catches, expected.exceptions.catches, [](const Catch& x, const Catch& y) {
          return x.kind == y.kind && x.keeps_exception == y.keeps_exception && x.tag == y.tag && x.target == y.target &&
                 x.slot == y.slot;
        })) {
      return "catch clauses";
    }
    // Whether a call goes directly to its callee depends on which of the two was compiled first, so calls are not
    // compared.
    std::vector<Relocation> calls;
    for (const Relocation& r : compiler.relocations()) {
      constants_ += r.is_constant();
      if (r.kind() != Relocation::Kind::entry) continue;
      calls.push_back(r);
      if (!leads_to(found.begin, r, entries)) return "a call at " + std::to_string(r.offset);
    }
    backend_.unlink(a.data(), calls);
    backend_.unlink(b.data(), calls);
    const auto at = std::mismatch(a.begin(), a.end(), b.begin()).first;
    if (at != a.end()) return "code at " + std::to_string(at - a.begin()) + " of " + std::to_string(a.size());
    return address_in(std::move(b), compiler.relocations());
  }

  // Addresses of this program are the same for both engines, but not in another process.
  std::string address_in(std::vector<uint8_t> code, std::span<const Relocation> relocations) const {
    backend_.unlink(code.data(), relocations);
    for (size_t i = 0; i + sizeof(uint64_t) <= code.size(); ++i) {
      uint64_t word;
      std::memcpy(&word, code.data() + i, sizeof(word));
      if (runtime::Image::own().contains(word)) return "an address at " + std::to_string(i);
    }
    return "";
  }

  bool leads_to(const uint8_t* code, const Relocation& r, const jit::ModuleEntries& entries) const {
    const jit::LinkTarget link = backend_.read_link(code, r, entries);
    return link.address == (link.direct ? entries.code_of(r.target) : backend_.without_code(entries, r.target));
  }

  const jit::Backend& backend_ = *jit::host().backend;
  const testing::TemporaryDirectory cache_;
  const Engine writer_, reader_;
  std::unique_ptr<Module> other_;
  uint64_t functions_ = 0, constants_ = 0, refused_ = 0;
};

int run(int argc, char** argv) {
  Comparison comparison;
  uint64_t modules = 0, different = 0;
  const bool all = generate::each_module(argc, argv, features(), [&](const generate::NamedModule& module) {
    ++modules;
    const std::string difference = comparison.difference(module);
    if (difference.empty()) return;
    ++different;
    std::printf("%s: %s\n", module.name.c_str(), difference.c_str());
  });
  const auto n = [](uint64_t number) { return static_cast<unsigned long long>(number); };
  std::printf("%llu modules, %llu refused, %llu functions, %llu constants, %llu differences\n", n(modules),
              n(comparison.refused()), n(comparison.functions()), n(comparison.constants()), n(different));
  return all && different == 0 && comparison.functions() != 0 && comparison.constants() != 0 ? 0 : 1;
}

}  // namespace
}  // namespace mini_wasm

int main(int argc, char** argv) { return mini_wasm::run(argc, argv); }
