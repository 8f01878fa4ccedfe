// Reads what wabt's wast2json writes: a JSON file with one object per command, and the binary modules beside it.
#pragma once

#include <mini_wasm/result.h>

#include <string>

#include "spec-tests/script.h"

namespace mini_wasm::spec {

// Modules that exist only as text (.wat) keep that form. Errors: io, and usage for JSON of an unexpected shape.
Result<Script> load_json_script(const std::string& path);

// The same from JSON text; `directory` is where module files are looked for.
Result<Script> parse_json_script(std::string_view json, const std::string& directory);

}  // namespace mini_wasm::spec
