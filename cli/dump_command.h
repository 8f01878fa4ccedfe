// mini-wasm dump: what is in a module, as text.
#pragma once

#include <string>

#include "cli/options.h"

namespace mini_wasm::cli {

struct DumpOptions {
  std::string file;
  std::string native;       // machine code: of the function with this index or name, or "*" for all; empty: none
  FeatureOptions features;  // of all that there are, which ones are off
};

// Decodes the file, which need not be valid unless machine code is asked for, and prints it, in a form that reads back
// (decoder/disassembler.h). Returns the exit code.
int dump_command(const DumpOptions& options);

}  // namespace mini_wasm::cli
