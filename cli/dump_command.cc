#include "cli/dump_command.h"

#include <mini_wasm/mini_wasm.h>

#include <cstdio>

#include "cli/text_input.h"
#include "decoder/disassembler.h"
#include "jit/backend.h"
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

int dump_native(const DumpOptions& options, Config config, std::vector<uint8_t> bytes) {
  config.tier = Tier::jit;
  Result<Module> module = Module::compile(Engine(config), std::move(bytes));
  if (!module) return report(options.file, module.error());
  const runtime::CompiledModule& compiled = *module->impl();
  bool found = false;
  for (size_t i = compiled.module().imported_funcs; i < compiled.module().funcs.size(); ++i) {
    const FuncIdx index{static_cast<uint32_t>(i)};
    if (!names_function(compiled, index, options.native)) continue;
    Result<std::string> text = jit::list_code(*jit::host().backend, compiled, index, jit::CodeSettings::of(config));
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
    if (jit::host().backend != nullptr) return dump_native(options, std::move(config), std::move(*bytes));
    print_error("--native: this mini-wasm has no compiler for this CPU");
    return kWrongUsage;
  }
  Result<void> r = decoder::disassemble(*bytes, Engine(config).impl()->features(), [](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
  });
  if (!r) return report(file, r.error());
  return std::fflush(stdout) == 0 ? kSuccess : kBadInput;
}

}  // namespace mini_wasm::cli
