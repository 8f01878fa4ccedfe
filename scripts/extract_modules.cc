// extract_modules DESTINATION SCRIPT...: writes every module of the scripts that has a binary form, valid or not, to
// DESTINATION as SCRIPT.N.wasm. They are seeds for fuzzing.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

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

bool extract(const fs::path& file, const fs::path& destination) {
  std::ifstream in(file, std::ios::binary);
  const std::string source{std::istreambuf_iterator<char>(in), {}};
  const Result<text::Script> script = text::parse_script(source);
  if (!script) {
    std::fprintf(stderr, "%s\n", text::describe(script.error(), source, file.string()).c_str());
    return false;
  }
  size_t number = 0;
  for (const text::Command& command : script->commands) {
    const text::ModuleSource* module = module_of(command);
    if (module == nullptr) continue;
    std::vector<uint8_t> bytes = module->bytes;
    if (module->form != text::ModuleSource::Form::binary) {
      Result<std::vector<uint8_t>> assembled = text::assemble(module->text);
      if (!assembled) continue;
      bytes = std::move(*assembled);
    }
    const std::string name = file.stem().string() + "." + std::to_string(number++) + ".wasm";
    std::ofstream out(destination / name, std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
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
