#include "spec-tests/support/wat.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

extern char** environ;

namespace mini_wasm::testing {
namespace {

namespace fs = std::filesystem;

// FNV-1a with a seed; two of them make a name that collides only on purpose.
uint64_t hash(std::string_view text, uint64_t seed) {
  uint64_t h = 0xcbf29ce484222325 ^ seed;
  for (unsigned char c : text) h = (h ^ c) * 0x100000001b3;
  return h;
}

std::optional<std::vector<uint8_t>> read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return std::vector<uint8_t>(std::istreambuf_iterator<char>(in), {});
}

// Runs the converter with its messages going to `log`; true when it succeeded.
bool run(std::vector<std::string> args, const fs::path& log) {
  std::vector<char*> argv;
  for (std::string& arg : args) argv.push_back(arg.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t pid = 0;
  const int failed = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  return failed == 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

std::vector<uint8_t> wat(std::string_view text) {
  static std::atomic<int> counter{0};
  char name[64];
  std::snprintf(name, sizeof name, "%016llx%016llx", static_cast<unsigned long long>(hash(text, 0)),
                static_cast<unsigned long long>(hash(text, 0x9e3779b97f4a7c15)));
  const fs::path dir = WAT_CACHE_DIR;
  const fs::path cached = dir / (std::string(name) + ".wasm");
  if (auto bytes = read_file(cached)) return std::move(*bytes);

  fs::create_directories(dir);
  // Other processes may be converting the same text: each writes its own file and renames it into place.
  const std::string own = std::string(name) + "." + std::to_string(getpid()) + "." + std::to_string(counter++);
  const fs::path in = dir / (own + ".wat"), out = dir / (own + ".tmp"), log = dir / (own + ".log");
  std::ofstream(in, std::ios::binary) << text;
  std::vector<std::string> args = {WAT2WASM_PATH, "--enable-all", "--no-check", "--debug-names", in, "-o", out};
  std::vector<uint8_t> result;
  if (run(std::move(args), log)) {
    if (auto bytes = read_file(out)) result = std::move(*bytes);
    fs::rename(out, cached);
  } else {
    const auto message = read_file(log);
    ADD_FAILURE() << "wat2wasm (" << WAT2WASM_PATH << ") failed on:\n"
                  << text << "\n"
                  << (message ? std::string(message->begin(), message->end()) : std::string());
  }
  for (const fs::path& leftover : {in, out, log}) fs::remove(leftover);
  return result;
}

}  // namespace mini_wasm::testing
