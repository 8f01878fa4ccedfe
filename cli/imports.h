// What a module imports besides WASI: exports of other modules, and stand-ins for imports that nobody provides.
#pragma once

#include <mini_wasm/linker.h>

#include "cli/run_command.h"

namespace mini_wasm::cli {

// Completes a linker that already has WASI, for `module`:
// * The modules of --preload are instantiated in order, each with what the linker has so far; their exports are added
//   under their names.
// * With --unknown-imports=trap|zero, stand-ins are made for all other imports: functions that trap or return zeros and
//   nulls; new and empty globals, memories, tables and tags.
// Errors: usage, and those of compiling and instantiating.
Result<void> define_imports(const RunOptions& options, const Engine& engine, const Module& module, Linker& linker);

// For an error of instantiating `module`: if imports are missing because the file is not a program but an input of the
// linker, the error says so.
Error explain_missing(Error error, const Module& module);

}  // namespace mini_wasm::cli
