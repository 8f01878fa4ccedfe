// What a module imports beside WASI: other modules' exports, and stand-ins for what nobody has.
#pragma once

#include <mini_wasm/linker.h>

#include "cli/run_command.h"

namespace mini_wasm::cli {

// Completes a linker that has WASI for `module`. First the modules of --preload, instantiated in their order, each with
// what the linker has so far, and their exports under their names. Then, with --unknown-imports=trap|zero, whatever
// nobody has: functions that trap, or return zeros and nulls; globals, memories, tables and tags that are new and
// empty. Errors: usage, and those of compiling and instantiating.
Result<void> define_imports(const RunOptions& options, const Engine& engine, const Module& module, Linker& linker);

// For an error of instantiating `module`: where imports are missing because the file is no program but something that
// compilers make one of, the error says so.
Error explain_missing(Error error, const Module& module);

}  // namespace mini_wasm::cli
