// What the commands share: exit codes, options that several of them have, the one way to report an error.
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
  kBadInput = 1,  // a missing file, a bad module, an import that nobody has
  kWrongUsage = 2,
  kTimedOut = 124,  // as timeout(1)
  kTrapped = 134,   // a trap or an uncaught exception: what a shell reports of a native program that aborts
};

// --wasm=FEATURE,-FEATURE,... as given, possibly several times.
struct FeatureOptions {
  std::vector<std::string> lists;

  void add_to(CLI::App& command);
  // Whether `help` was among them: then `feature_help` is all that is wanted.
  bool wants_help() const;
  // Switches the features of `config`; the message of an unknown one otherwise.
  std::optional<std::string> apply(Config& config) const;
};
std::string feature_help();

// Adds an option that may be given several times, with one value each time, which the help calls `value_name`.
void add_list_option(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                     const std::string& value_name, const std::string& what);

// "64K", "1M", "2G" or a plain number of bytes.
std::optional<uint64_t> parse_size(std::string_view text);

// "1.5s", "200ms", "2m", "1h"; a plain number counts seconds.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

// Prints "mini-wasm: WHAT" to standard error, safe for a terminal. `what` may be made of names as they are and of
// messages of the library, in which names are escaped already.
void print_error(const std::string& what);
// The same for an error that concerns a file, with the backtrace if there is one; returns the exit code that fits it.
int report(const std::string& file, const Error& error);
// What a trap's error says of where it was.
void print_backtrace(const Error& error);

}  // namespace mini_wasm::cli
