#include "cli/dump_command.h"

#include <mini_wasm/mini_wasm.h>

#include <cstdio>

#include "cli/text_input.h"
#include "decoder/disassembler.h"
#include "jit/backend.h"
#include "jit/listing.h"
#include "runtime/compiled_module.h"
#include "runtime/engine.h"

namespace mini_wasm::cli {

namespace {

// Whether `function` is the function's index, its name, or the name of one of its exports.
bool names_function(const runtime::CompiledModule& compiled, FuncIdx index, const std::string& function) {
  if (function == "*" || function == std::to_string(raw(index))) return true;
  const decoder::Export* e = compiled.find_export(function);
  if (e != nullptr && e->kind == ExternKind::func && e->index == raw(index)) return true;
  return compiled.describe({&compiled, index, 0}).function_name == function;
}

// Null: there is no compiler for the target.
const jit::Backend* backend_for(const std::string& target) {
  if (target.empty()) return jit::host().backend;
  return jit::backend(target == kTargets[0] ? jit::Architecture::x64 : jit::Architecture::a64);
}

int dump_native(const DumpOptions& options, const jit::Backend& backend, Config config, std::vector<uint8_t> bytes) {
  config.tier = Tier::jit;
  const Engine engine = options.target.empty() ? Engine(config) : jit::listing_engine(config, backend);
  Result<Module> module = Module::compile(engine, std::move(bytes));
  if (!module) return report(options.file, module.error());
  const runtime::CompiledModule& compiled = *module->impl();
  bool found = false;
  for (size_t i = compiled.module().imported_funcs; i < compiled.module().funcs.size(); ++i) {
    const FuncIdx index{static_cast<uint32_t>(i)};
    if (!names_function(compiled, index, options.native)) continue;
    Result<std::string> text = jit::list_code(backend, compiled, index, jit::CodeSettings::of(config));
    if (!text) return report(options.file, text.error());
    std::printf("%s%s", found ? "\n" : "", text->c_str());
    found = true;
  }
  if (!found && options.native != "*") {
    print_error(options.file + ": it defines no function " + options.native);
    return kBadInput;
  }
  return std::fflush(stdout) == 0 ? kSuccess : kBadInput;
}

}  // namespace

int dump_command(const DumpOptions& options) {
  const std::string& file = options.file;
  Config config;
  for (const FeatureDescription& feature : Config::features()) (void)config.feature(feature.name, true);
  if (const auto problem = options.features.apply(config)) {
    print_error(*problem);
    return kWrongUsage;
  }
  Result<std::vector<uint8_t>> bytes = read_module(file);
  if (!bytes) return report(file, bytes.error());
  if (!options.native.empty()) {
    const jit::Backend* const backend = backend_for(options.target);
    if (backend != nullptr) return dump_native(options, *backend, std::move(config), std::move(*bytes));
    print_error(options.target.empty() ? "--native: this mini-wasm has no compiler for this CPU; try --target"
                                       : "--target: this mini-wasm was built without the compiler");
    return kWrongUsage;
  }
  Result<void> r = decoder::disassemble(*bytes, Engine(config).impl()->features(), [](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
  });
  if (!r) return report(file, r.error());
  return std::fflush(stdout) == 0 ? kSuccess : kBadInput;
}

}  // namespace mini_wasm::cli
