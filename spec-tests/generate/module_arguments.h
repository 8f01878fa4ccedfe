// The modules that a test program gets on its command line: [--generated N] [--first N] [FILE|DIR]...
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/opcode.h"

namespace mini_wasm::generate {

struct NamedModule {
  std::string name;  // the file, or the seed
  std::vector<uint8_t> bytes;
  bool may_be_refused = false;  // it is meant to be malformed or invalid; all others must be valid
};

// Calls `visit` for the files, for all files *.wasm in the folders, and for `generated` modules with these features
// from seed `first` on. Files whose names end with ".invalid.wasm" may be refused (scripts/extract_modules.cc). Returns
// false, after a message, when a file cannot be read or an option is not known.
bool each_module(int argc, char** argv, const FeatureSet& features,
                 const std::function<void(const NamedModule& module)>& visit);

}  // namespace mini_wasm::generate
