#include "cli/dump_command.h"

#include <cstdio>

#include "cli/text_input.h"
#include "decoder/disassembler.h"

namespace mini_wasm::cli {

int dump_command(const std::string& file) {
  Result<std::vector<uint8_t>> bytes = read_module(file);
  if (!bytes) return report(file, bytes.error());
  Result<void> r = decoder::disassemble(
      *bytes, FeatureSet::all(), [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); });
  if (!r) return report(file, r.error());
  return std::fflush(stdout) == 0 ? kSuccess : kBadInput;
}

}  // namespace mini_wasm::cli
