#include "cli/guest_config.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "cli/input.h"
#include "cli/listen.h"
#include "cli/memory_dir.h"
#include "cli/standard_streams.h"

extern char** environ;

namespace mini_wasm::cli {
namespace {

namespace fs = std::filesystem;

Error wrong_usage(std::string message) { return Error::make(ErrorKind::usage, std::move(message)); }

// --- Environment

// If a variable is set several times, it gets the last value, at the place of the first.
void set_variable(std::vector<std::string>& env, std::string variable) {
  const std::string_view name = std::string_view(variable).substr(0, variable.find('=') + 1);
  const auto same = std::find_if(env.begin(), env.end(), [&](const std::string& v) { return v.starts_with(name); });
  if (same == env.end()) {
    env.push_back(std::move(variable));
  } else {
    *same = std::move(variable);
  }
}

// NAME=VALUE, or NAME for its value in our environment.
Result<void> add_variable(std::vector<std::string>& env, const std::string& variable, const std::string& where) {
  if (variable.empty() || variable[0] == '=') {
    return wrong_usage(where + ": expected NAME=VALUE or NAME, found \"" + variable + "\"");
  }
  if (variable.find('=') != variable.npos) return set_variable(env, variable), Result<void>();
  const char* value = std::getenv(variable.c_str());
  if (value == nullptr) return wrong_usage(where + ": " + variable + " is not set here; write NAME=VALUE");
  return set_variable(env, variable + "=" + value), Result<void>();
}

// One variable on each line, used literally. Empty lines and those that begin with # are ignored.
Result<void> add_env_file(std::vector<std::string>& env, const std::string& file) {
  const Result<std::vector<uint8_t>> bytes = read_input(file);
  if (!bytes) return Error(bytes.error());
  std::string_view rest(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  for (size_t number = 1; !rest.empty(); ++number) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string line(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || line[0] == '#') continue;
    Result<void> r = add_variable(env, line, "--env-file " + file + ":" + std::to_string(number));
    if (!r) return r;
  }
  return {};
}

Result<std::vector<std::string>> environment(const RunOptions& options) {
  std::vector<std::string> env;
  if (options.inherit_env) {
    for (char** variable = environ; *variable != nullptr; ++variable) env.emplace_back(*variable);
  }
  for (const std::string& file : options.env_files) {
    if (Result<void> r = add_env_file(env, file); !r) return std::move(r).error();
  }
  for (const std::string& variable : options.env) {
    if (Result<void> r = add_variable(env, variable, "--env"); !r) return std::move(r).error();
  }
  return env;
}

// --- Limits, clocks, random numbers

Result<void> set_limits(const RunOptions& options, WasiConfig& config) {
  if (options.max_written) {
    const std::optional<uint64_t> size = parse_size(*options.max_written);
    if (!size)
      return wrong_usage("--max-written: expected a number of bytes like 65536 or 10M, found " + *options.max_written);
    config.max_written = *size;
  }
  if (options.max_open_files) config.max_open_files = *options.max_open_files;
  if (options.deterministic) {
    const std::optional<uint64_t> seed = parse_size(*options.deterministic);
    if (!seed) return wrong_usage("--deterministic: expected a number, found " + *options.deterministic);
    config.clock = WasiClock::virtual_time();
    config.random = wasi_random_from_seed(*seed);
  }
  return {};
}

// --- Directories

// HOST[::GUEST]: the guest sees the directory under the name GUEST, or else under the name HOST.
Result<WasiConfig::Preopen> preopen(const std::string& dir, bool read_only) {
  const size_t colons = dir.find("::");
  const std::string host = dir.substr(0, colons);
  std::string guest = colons == dir.npos ? host : dir.substr(colons + 2);
  if (host.empty() || guest.empty()) {
    return wrong_usage(std::string(read_only ? "--read-only-dir" : "--dir") +
                       ": expected HOST or HOST::GUEST, found \"" + dir + "\"");
  }
  return WasiConfig::Preopen{host, std::move(guest), read_only};
}

// [HOST::]GUEST
Result<WasiConfig::Preopen> memory_preopen(const std::string& dir) {
  const size_t colons = dir.find("::");
  const std::string host = colons == dir.npos ? "" : dir.substr(0, colons);
  std::string guest = colons == dir.npos ? dir : dir.substr(colons + 2);
  if (guest.empty() || colons == 0) {
    return wrong_usage("--memory-dir: expected GUEST or HOST::GUEST, found \"" + dir + "\"");
  }
  Result<WasiFiles> files = memory_dir(host);
  if (!files) return std::move(files).error();
  return WasiConfig::Preopen{host, std::move(guest), false, *std::move(files)};
}

Result<std::vector<WasiConfig::Preopen>> preopens(const RunOptions& options) {
  using Dir = RunOptions::Dir;
  std::vector<WasiConfig::Preopen> result;
  auto dir = options.dirs.begin(), read_only_dir = options.read_only_dirs.begin();
  auto memory_dir = options.memory_dirs.begin();
  for (const Dir kind : options.dir_order) {
    Result<WasiConfig::Preopen> next = kind == Dir::in_memory   ? memory_preopen(*memory_dir++)
                                       : kind == Dir::read_only ? preopen(*read_only_dir++, true)
                                                                : preopen(*dir++, false);
    if (!next) return std::move(next).error();
    result.push_back(std::move(*next));
  }
  return result;
}

// "/a/b/../c/" -> "a/c", "./x" -> "x", "." and "/" -> "". wasi-libc compares names of directories in this way: it
// removes "/" and "./" at the beginning.
std::string plain_path(const std::string& path) {
  std::string plain = fs::path(path).lexically_normal().relative_path().generic_string();
  if (plain.ends_with('/')) plain.pop_back();
  return plain == "." ? "" : plain;
}

bool is_below(const fs::path& path, const fs::path& dir) {
  return std::mismatch(dir.begin(), dir.end(), path.begin(), path.end()).first == dir.end();
}

// A program built with wasi-libc starts in "/", and looks up relative paths first in the directory that was given as
// ".". A Go program starts in $PWD. So the directory is given a second time, under the name ".", and PWD is set.
Result<void> set_cwd(const std::string& cwd, WasiConfig& config) {
  const std::string wanted = plain_path(cwd);
  const WasiConfig::Preopen* best = nullptr;
  size_t best_size = 0;
  for (const WasiConfig::Preopen& dir : config.preopens) {
    const std::string name = plain_path(dir.guest);
    if (!name.empty() && wanted != name && !wanted.starts_with(name + "/")) continue;
    if (best != nullptr && name.size() < best_size) continue;
    best = &dir;
    best_size = name.size();
  }
  if (best == nullptr) return wrong_usage("--cwd: " + cwd + " is in none of the directories given with --dir");
  const std::string rest = wanted.substr(best_size).substr(wanted.size() > best_size && best_size != 0 ? 1 : 0);
  if (best->files) {
    if (!rest.empty()) return wrong_usage("--cwd: " + cwd + " lies below a --memory-dir and not at its top");
    config.preopens.push_back({"", ".", false, best->files});
    set_variable(config.env, "PWD=/" + wanted);
    return {};
  }
  std::error_code error;
  const fs::path top = fs::canonical(best->host, error);
  const fs::path here = error ? fs::path() : fs::canonical(top / rest, error);
  if (error) return Error::make(ErrorKind::io, "--cwd: " + cwd + ": " + error.message());
  // A link that the guest may have made must not lead outside.
  if (!is_below(here, top)) return wrong_usage("--cwd: " + cwd + " lies outside of " + best->host);
  config.preopens.push_back({here.string(), ".", best->read_only});
  set_variable(config.env, "PWD=/" + wanted);
  return {};
}

}  // namespace

Result<WasiConfig> guest_config(const RunOptions& options, const std::vector<std::string>& words) {
  WasiConfig config;
  config.in = guest_stream(STDIN_FILENO);
  config.out = guest_stream(STDOUT_FILENO);
  config.err = guest_stream(STDERR_FILENO);
  config.args = words;
  config.sigpipe = !options.no_sigpipe;
  if (options.argv0) config.args[0] = *options.argv0;
  if (Result<void> r = set_limits(options, config); !r) return std::move(r).error();
  Result<std::vector<std::string>> env = environment(options);
  if (!env) return std::move(env).error();
  config.env = std::move(*env);
  Result<std::vector<WasiConfig::Preopen>> dirs = preopens(options);
  if (!dirs) return std::move(dirs).error();
  config.preopens = std::move(*dirs);
  if (options.cwd) {
    if (Result<void> r = set_cwd(*options.cwd, config); !r) return std::move(r).error();
  }
  for (const std::string& address : options.listen) {
    Result<std::vector<int>> sockets = listen_at(address);
    if (!sockets) return std::move(sockets).error();
    config.sockets.insert(config.sockets.end(), sockets->begin(), sockets->end());
  }
  // Tells a program how many sockets it was started with (as sd_listen_fds does). The first one is descriptor 3, or the
  // first after the directories.
  if (!config.sockets.empty()) set_variable(config.env, "LISTEN_FDS=" + std::to_string(config.sockets.size()));
  if (options.trace) {
    config.trace = [](std::string_view line) {
      std::fprintf(stderr, "wasi: %.*s\n", static_cast<int>(line.size()), line.data());
    };
  }
  return config;
}

}  // namespace mini_wasm::cli
