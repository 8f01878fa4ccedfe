#include "cli/text_input.h"

#include <cstdio>
#include <span>

#include "cli/input.h"
#include "cli/options.h"
#include "decoder/file_kind.h"
#include "text/assembler.h"

namespace mini_wasm::cli {
namespace {

std::string_view as_text(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Fails for a file whose beginning is neither that of a text nor that of a binary module.
Result<void> check_begin(std::span<const uint8_t> begin) {
  const std::span<const uint8_t> module = begin.subspan(decoder::interpreter_line(begin));
  if (decoder::has_magic(module) || text::looks_like_text(as_text(module))) return {};
  return decoder::check_magic(begin);
}

}  // namespace

Result<std::vector<uint8_t>> read_module(const std::string& file, const Assemble& assemble) {
  Result<std::vector<uint8_t>> bytes = read_input(file, check_begin);
  if (!bytes) return bytes;
  const size_t line = decoder::interpreter_line(*bytes);
  // The line break stays in the text, so that line numbers are those of the file.
  const std::string_view content = as_text(*bytes).substr(line == 0 ? 0 : line - 1);
  if (!text::looks_like_text(content)) {
    bytes->erase(bytes->begin(), bytes->begin() + static_cast<ptrdiff_t>(line));
    return bytes;
  }
  Result<std::vector<uint8_t>> module = assemble ? assemble(content) : text::assemble(content);
  if (module) return module;
  std::fflush(stdout);
  std::fprintf(stderr, "mini-wasm: %s\n", text::describe(module.error(), content, file).c_str());
  return Error::exit(kBadInput);
}

}  // namespace mini_wasm::cli
