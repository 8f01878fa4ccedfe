// Checks the words of a command line before they are parsed. Finds unknown options, and suggests the most similar one;
// and options without a value, for which the parser would take the next word.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace mini_wasm::cli {

// The candidate that is most similar to `word`, if it is similar enough to be what was meant.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

// Returns what is wrong with the words after the command's name, if anything. Words of the program after FILE are not
// checked.
std::optional<std::string> check_words(const CLI::App& command, std::span<const std::string> words);

}  // namespace mini_wasm::cli
