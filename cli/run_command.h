// mini-wasm run: runs a WASI program, or one exported function. mini-wasm resume: goes on with a program. The options are in run_options.cc; guest_config.cc
// decides what the guest can see, imports.cc what else it can import.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.h"

namespace mini_wasm::cli {

struct RunOptions {
  std::vector<std::string> dirs, read_only_dirs;  // HOST[::GUEST]; for their order see dir_order
  std::vector<std::string> memory_dirs;           // [HOST::]GUEST
  std::vector<std::string> env;                   // NAME=VALUE, or NAME for the host's value
  std::vector<std::string> env_files;
  bool inherit_env = false;
  std::optional<std::string> cwd;
  std::vector<std::string> listen;  // addresses, or "systemd"
  std::optional<std::string> argv0;
  std::optional<std::string> invoke;
  std::vector<std::string> preloads;  // NAME=FILE
  std::string unknown_imports = "error";
  std::string tier = "auto";
  std::string compile = "first-call";
  std::optional<std::string> max_memory;
  std::optional<std::string> max_gc_heap;
  std::optional<std::string> stack_size;
  std::optional<std::string> max_written;
  std::optional<uint32_t> max_open_files;
  std::optional<std::string> timeout;
  std::optional<uint64_t> fuel;
  std::optional<std::string> checkpoint_file;
  std::string checkpoint_on = "SIGUSR1";
  static constexpr std::string_view kAnySeed = "0";
  std::optional<std::string> deterministic;  // the seed
  bool no_sigpipe = false;
  static constexpr std::string_view kUserCache = "*";
  std::optional<std::string> cache;      // a directory
  std::optional<std::string> cache_key;  // a file
  bool no_guard_pages = false;
  bool speculation_guards = false;
  bool perf_map = false;
  std::optional<std::string> trace;  // "wasi"
  bool verbose = false;
  FeatureOptions features;
  // The order of all directories on the command line: each one is the next element of the list of its kind.
  enum class Dir { writable, read_only, in_memory };
  std::vector<Dir> dir_order;

  void add_to(CLI::App& command);
  // Called after the command line has been parsed, to record the order of options.
  void note_order(const CLI::App& command);

 private:
  void add_world(CLI::App& command);
  void add_imports(CLI::App& command);
  void add_execution(CLI::App& command);
  void add_limits(CLI::App& command);
  void add_checkpoints(CLI::App& command);
  void add_machine_code(CLI::App& command);
};

// `words`: the file, and the guest's arguments. Returns the exit code.
int run_command(const RunOptions& options, const std::vector<std::string>& words);
// The same for a program that goes on from a checkpoint, which is the only word.
int resume_command(const RunOptions& options, const std::vector<std::string>& words);

}  // namespace mini_wasm::cli
