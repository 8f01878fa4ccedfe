#include "cli/text_input.h"

#include <cstdio>
#include <string_view>

#include "cli/input.h"
#include "cli/options.h"
#include "text/assembler.h"

namespace mini_wasm::cli {

Result<std::vector<uint8_t>> read_module(const std::string& file) {
  Result<std::vector<uint8_t>> bytes = read_input(file);
  if (!bytes) return bytes;
  const std::string_view content(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  if (!text::looks_like_text(content)) return bytes;
  Result<std::vector<uint8_t>> module = text::assemble(content);
  if (module) return module;
  std::fflush(stdout);
  std::fprintf(stderr, "mini-wasm: %s\n", text::describe(module.error(), content, file).c_str());
  return Error::exit(kBadInput);
}

}  // namespace mini_wasm::cli
