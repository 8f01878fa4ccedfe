// extract_modules DESTINATION SCRIPT...: writes every module of the scripts that has a binary form, valid or not, to
// DESTINATION: as SCRIPT.N.invalid.wasm if an engine must refuse it, otherwise as SCRIPT.N.wasm. They are seeds for
// fuzzing, and tests compile them.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "runtime/system/read_file.h"
#include "text/assembler.h"
#include "text/script.h"

namespace mini_wasm::spec {
namespace {

namespace fs = std::filesystem;

const text::ModuleSource* module_of(const text::Command& command) {
  if (const auto* module = std::get_if<text::ModuleCommand>(&command.what)) return &module->source;
  if (const auto* assertion = std::get_if<text::AssertModule>(&command.what)) return &assertion->source;
  return nullptr;
}

// Whether an engine must refuse the module.
bool is_refused(const text::Command& command) {
  const auto* assertion = std::get_if<text::AssertModule>(&command.what);
  return assertion != nullptr && (assertion->kind == text::AssertModule::Kind::malformed ||
                                  assertion->kind == text::AssertModule::Kind::invalid);
}

bool extract(const fs::path& file, const fs::path& destination) {
  const Result<std::vector<uint8_t>> bytes = runtime::read_file(file.string());
  if (!bytes) return std::fprintf(stderr, "%s\n", bytes.error().to_string().c_str()), false;
  const std::string source(bytes->begin(), bytes->end());
  const Result<text::Script> script = text::parse_script(source);
  if (!script) {
    std::fprintf(stderr, "%s\n", text::describe(script.error(), source, file.string()).c_str());
    return false;
  }
  size_t number = 0;
  for (const text::Command& command : script->commands) {
    const text::ModuleSource* module = module_of(command);
    if (module == nullptr) continue;
    std::vector<uint8_t> binary = module->bytes;
    if (module->form != text::ModuleSource::Form::binary) {
      Result<std::vector<uint8_t>> assembled = text::assemble(module->text);
      if (!assembled) continue;
      binary = std::move(*assembled);
    }
    const std::string name =
        file.stem().string() + "." + std::to_string(number++) + (is_refused(command) ? ".invalid.wasm" : ".wasm");
    std::ofstream out(destination / name, std::ios::binary);
    out.write(reinterpret_cast<const char*>(binary.data()), static_cast<std::streamsize>(binary.size()));
    if (!out) return std::perror(name.c_str()), false;
  }
  return true;
}

}  // namespace
}  // namespace mini_wasm::spec

int main(int argc, char** argv) {
  if (argc < 2) return std::fputs("usage: extract_modules DESTINATION SCRIPT...\n", stderr), 2;
  std::filesystem::create_directories(argv[1]);
  bool ok = true;
  for (int i = 2; i < argc; ++i) ok &= mini_wasm::spec::extract(argv[i], argv[1]);
  return ok ? 0 : 1;
}
