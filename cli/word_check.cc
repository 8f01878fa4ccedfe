#include "cli/word_check.h"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace mini_wasm::cli {
namespace {

// The number of letters that must be inserted, removed, replaced or swapped with their neighbour to change one word
// into the other ("optimal string alignment").
size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

std::vector<std::string> long_options(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

bool is_option(const CLI::App& command, const std::string& word) {
  return word.starts_with("--") && command.get_option_no_throw(word.substr(0, word.find('='))) != nullptr;
}

std::string unknown_option(const CLI::App& command, const std::string& name) {
  const std::string message = "unknown option " + name;
  const std::optional<std::string> meant = nearest(name, long_options(command));
  return meant ? message + "; did you mean " + *meant + "?" : message;
}

std::string expected_value(const CLI::Option& option, const std::string& name) {
  const std::string& value = option.get_option_text();
  return name + ": expected " + (value.empty() ? "a value" : value);
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
  const size_t longest = 40;  // longer words are not examined: the work is quadratic
  if (word.size() > longest) return std::nullopt;
  const std::string* best = nullptr;
  size_t least = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > 2 * longest) continue;
    // A word that is the beginning of a candidate counts as nearly equal.
    const size_t d = word.size() > 3 && candidate.starts_with(word) ? 1 : distance(word, candidate);
    if (d < least) {
      least = d;
      best = &candidate;
    }
  }
  return best == nullptr ? std::nullopt : std::optional(*best);
}

std::optional<std::string> check_words(const CLI::App& command, std::span<const std::string> words) {
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") return std::nullopt;
    if (word.size() < 2 || word[0] != '-') {
      if (command.get_prefix_command()) return std::nullopt;
      continue;
    }
    const bool is_long = word.starts_with("--");
    const size_t equals = is_long ? word.find('=') : word.npos;
    const std::string name = is_long ? word.substr(0, equals) : word.substr(0, 2);
    const CLI::Option* option = command.get_option_no_throw(name);
    if (option == nullptr) return unknown_option(command, is_long ? name : word);
    if (equals != word.npos && equals + 1 == word.size()) {
      return expected_value(*option, name) + " after =" + (takes_value(*option) ? "" : ", or no =");
    }
    const bool has_value = equals != word.npos || (!is_long && word.size() > 2);
    if (!takes_value(*option) || has_value) continue;
    if (++i == words.size()) return expected_value(*option, name);
    if (is_option(command, words[i])) {
      return expected_value(*option, name) + ", found the option " + words[i] + "; " + name + "=" + words[i] +
             " would take it for the value";
    }
  }
  return std::nullopt;
}

}  // namespace mini_wasm::cli
