// Modules as the commands take them: in binary or in text form.
#pragma once

#include <mini_wasm/result.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mini_wasm::cli {

// What a command makes of a module in text form.
using Assemble = std::function<Result<std::vector<uint8_t>>(std::string_view source)>;

// The binary form of the module in a file, or, for "-", on standard input; a text is assembled. In both forms the
// module may stand behind a first line that begins with "#!". Errors: those of read_input; malformed, when the file is
// of another kind; exit, when the text is wrong: what is wrong with it, and where, has been printed then.
Result<std::vector<uint8_t>> read_module(const std::string& file, const Assemble& assemble = {});

}  // namespace mini_wasm::cli
