// mini-wasm dump: prints the contents of a module as text.
#pragma once

#include <string>

#include "cli/options.h"

namespace mini_wasm::cli {

inline constexpr const char* kTargets[] = {"x86-64", "aarch64"};

struct DumpOptions {
  std::string file;
  // Machine code to print: of the function with this index or name, or of all for "*"; empty: none.
  std::string native;
  // The CPU that the machine code is for, one of kTargets; empty: this computer's.
  std::string target;
  FeatureOptions features;  // all features are on, except those that are switched off here
};

// Decodes the file and prints it in a form that can be assembled again (decoder/disassembler.h). The module need not be
// valid unless machine code is printed. Returns the exit code.
int dump_command(const DumpOptions& options);

}  // namespace mini_wasm::cli
