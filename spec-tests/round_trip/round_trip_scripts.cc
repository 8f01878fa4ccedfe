// round_trip_scripts SCRIPT...: disassembles every valid module of the scripts and assembles it again. Modules that are
// text in the scripts must come back with the same bytes, including names.
#include <mini_wasm/mini_wasm.h>

#include <cstdio>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "decoder/module_decoder.h"
#include "runtime/system/read_file.h"
#include "spec-tests/round_trip/round_trip.h"
#include "text/assembler.h"
#include "text/script.h"

namespace mini_wasm::spec {
namespace {

struct Totals {
  size_t modules = 0, differences = 0;
};

// The disassembler does not print custom sections that the text has as annotations, nor a page size that is the
// default. And of several equal types, it prints the first one in the type of a global, table or segment.
bool may_differ(std::string_view text, std::span<const uint8_t> bytes) {
  for (const char* part : {"(@custom", "(@metadata", "(pagesize"}) {
    if (text.find(part) != text.npos) return true;
  }
  TypeRegistry registry;
  const auto module = decoder::decode_module(bytes, registry, FeatureSet::all());
  return module && std::set<TypeId>((*module)->types.begin(), (*module)->types.end()).size() != (*module)->types.size();
}

void round_trip(const Engine& engine, const std::string& file, const text::Command& command, Totals& totals) {
  const auto* module = std::get_if<text::ModuleCommand>(&command.what);
  if (module == nullptr) return;
  const text::ModuleSource& source = module->source;
  const bool is_text = source.form != text::ModuleSource::Form::binary;
  std::vector<uint8_t> bytes = source.bytes;
  if (is_text) {
    Result<std::vector<uint8_t>> assembled = text::assemble(source.text);
    if (!assembled) return;
    bytes = std::move(*assembled);
  }
  if (!Module::validate(engine, bytes)) return;
  ++totals.modules;
  const Sameness sameness = is_text && !may_differ(source.text, bytes) ? Sameness::bytes : Sameness::text;
  const std::string difference = round_trip_difference(bytes, sameness);
  if (difference.empty()) return;
  ++totals.differences;
  std::printf("%s:%u: %s\n", file.c_str(), command.line, difference.c_str());
}

int main(int argc, char** argv) {
  Config config;
  for (const FeatureDescription& feature : Config::features()) (void)config.feature(feature.name, true);
  const Engine engine(config);
  Totals totals;
  for (int i = 1; i < argc; ++i) {
    const Result<std::vector<uint8_t>> bytes = runtime::read_file(argv[i]);
    if (!bytes) return std::printf("%s\n", bytes.error().message.c_str()), 2;
    const std::string_view content(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    const Result<text::Script> script = text::parse_script(content);
    if (!script) return std::printf("%s\n", text::describe(script.error(), content, argv[i]).c_str()), 2;
    for (const text::Command& command : script->commands) round_trip(engine, argv[i], command, totals);
  }
  std::printf("%zu modules, %zu come back otherwise\n", totals.modules, totals.differences);
  return totals.modules != 0 && totals.differences == 0 ? 0 : 1;
}

}  // namespace
}  // namespace mini_wasm::spec

int main(int argc, char** argv) { return mini_wasm::spec::main(argc, argv); }
