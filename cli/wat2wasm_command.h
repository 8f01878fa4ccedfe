// mini-wasm wat2wasm: converts a module from text form to binary form.
#pragma once

#include <string>

namespace mini_wasm::cli {

struct Wat2WasmOptions {
  std::string file;    // "-": standard input
  std::string output;  // "-": standard output; empty: the file's name with the ending .wasm
  bool no_names = false;
};

// Assembles the file. The module need not be valid. Returns the exit code.
int wat2wasm_command(const Wat2WasmOptions& options);

}  // namespace mini_wasm::cli
