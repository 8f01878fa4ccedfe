// mini-wasm dump: prints the contents of a module as text.
#pragma once

#include <string>

#include "cli/options.h"

namespace mini_wasm::cli {

struct DumpOptions {
  std::string file;
  // Machine code to print: of the function with this index or name, or of all for "*"; empty: none.
  std::string native;
  FeatureOptions features;  // all features are on, except those that are switched off here
};

// Decodes the file and prints it in a form that can be assembled again (decoder/disassembler.h). The module need not be
// valid unless machine code is printed. Returns the exit code.
int dump_command(const DumpOptions& options);

}  // namespace mini_wasm::cli
