// Looks over the words of a command line before they are parsed: unknown options with the one that was probably meant,
// and options whose value is missing, which the parser would take from the next word.
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

// The candidate that `word` is most like, when it is so like it that it was probably meant.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

// What is wrong with the words after the command's name, if anything. Where the command takes a program's own words
// after FILE, these are not looked at.
std::optional<std::string> check_words(const CLI::App& command, std::span<const std::string> words);

}  // namespace mini_wasm::cli
