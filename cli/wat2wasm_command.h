// mini-wasm wat2wasm: the text form of a module to its binary form.
#pragma once

#include <string>

namespace mini_wasm::cli {

struct Wat2WasmOptions {
  std::string file;    // "-": standard input
  std::string output;  // "-": standard output; empty: the file's name with .wasm
  bool no_names = false;
};

// Assembles the file, which need not be valid. Returns the exit code.
int wat2wasm_command(const Wat2WasmOptions& options);

}  // namespace mini_wasm::cli
