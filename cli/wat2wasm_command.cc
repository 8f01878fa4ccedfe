#include "cli/wat2wasm_command.h"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <vector>

#include "cli/options.h"
#include "cli/text_input.h"
#include "text/assembler.h"

namespace mini_wasm::cli {
namespace {

int write_output(const std::string& file, const std::vector<uint8_t>& bytes) {
  if (file == "-") return std::fwrite(bytes.data(), 1, bytes.size(), stdout), kSuccess;  // see finish_output
  std::FILE* stream = std::fopen(file.c_str(), "wb");
  bool good = stream != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), stream) == bytes.size();
  if (stream != nullptr) good = std::fclose(stream) == 0 && good;
  if (good) return kSuccess;
  print_error(file + ": " + std::strerror(errno));
  return kBadInput;
}

}  // namespace

int wat2wasm_command(const Wat2WasmOptions& options) {
  bool was_text = false;
  const Result<std::vector<uint8_t>> module = read_module(options.file, [&](std::string_view source) {
    was_text = true;
    return text::assemble(source, {.names = !options.no_names});
  });
  if (!module) return report(options.file, module.error());
  if (!was_text) {
    print_error(options.file + ": this is a binary module already");
    return kBadInput;
  }
  std::string output = options.output;
  if (output.empty()) {
    output = options.file == "-" ? "-" : std::filesystem::path(options.file).replace_extension(".wasm").string();
  }
  return write_output(output, *module);
}

}  // namespace mini_wasm::cli
