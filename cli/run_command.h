// mini-wasm run: a WASI program, or one exported function.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.h"

namespace mini_wasm::cli {

struct RunOptions {
  std::vector<std::string> dirs, read_only_dirs;  // HOST[::GUEST]
  std::vector<std::string> env;                   // NAME=VALUE, or NAME for the host's value
  std::optional<std::string> argv0;
  std::optional<std::string> invoke;
  std::string tier = "auto";
  std::string compile = "first-call";
  std::optional<std::string> max_memory;
  std::optional<std::string> max_gc_heap;
  std::optional<std::string> stack_size;
  static constexpr std::string_view kUserCache = "*";
  std::optional<std::string> cache;      // a directory
  std::optional<std::string> cache_key;  // a file
  bool no_guard_pages = false;
  bool perf_map = false;
  FeatureOptions features;

  void add_to(CLI::App& command);
};

// `words`: the file and the guest's arguments. Returns the exit code.
int run_command(const RunOptions& options, const std::vector<std::string>& words);

}  // namespace mini_wasm::cli
