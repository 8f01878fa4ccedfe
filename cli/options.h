// Shared by the commands: exit codes, options that several of them have, and the reporting of errors.
#pragma once

#include <mini_wasm/config.h>
#include <mini_wasm/result.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace mini_wasm::cli {

enum ExitCode : int {
  kSuccess = 0,
  kBadInput = 1,  // a missing file, an invalid module, an unknown import
  kWrongUsage = 2,
  kTimedOut = 124,  // the same as timeout(1)
  kTrapped = 134,   // a trap or an uncaught exception; a shell reports this code for a native program that aborts
};

// The values of --wasm=FEATURE,-FEATURE,..., which may be given several times.
struct FeatureOptions {
  std::vector<std::string> lists;

  void add_to(CLI::App& command);
  // Whether `help` is one of them. Then only `feature_help` is printed.
  bool wants_help() const;
  // Switches the features of `config` on or off. Returns a message when a feature is unknown.
  std::optional<std::string> apply(Config& config) const;
};
std::string feature_help();

// Adds an option that may be given several times, with one value each time. `value_name` is the name of the value in
// the help.
void add_list_option(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                     const std::string& value_name, const std::string& what);

// "64K", "1M", "2G" or a plain number of bytes.
std::optional<uint64_t> parse_size(std::string_view text);

// "1.5s", "200ms", "2m", "1h"; a number without a unit is in seconds.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

// Prints "mini-wasm: WHAT" to standard error, safe for a terminal. `what` may contain raw names, and messages of the
// library, in which names are already escaped.
void print_error(const std::string& what);
// The same for an error that concerns a file, with the backtrace if there is one. Returns the matching exit code.
int report(const std::string& file, const Error& error);
// Prints where a trap happened.
void print_backtrace(const Error& error);

}  // namespace mini_wasm::cli
