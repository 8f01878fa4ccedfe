// compare_with_wabt [--differences FILE] [--root DIR] FILE|DIR...: compares our text parser and validator with wabt's.
// For every module of the scripts and .wat files:
// * If wat2wasm accepts its text, so must we, and our binary must be the same or have the same meaning (see Meaning).
//   Names are left out, because the tools write them differently.
// * wasm-validate and our validator must agree on whether the binary is valid.
//
// Modules that wat2wasm cannot read are skipped (it is older than some parts of 3.0), and so are quoted ones, whose
// errors are in the scripts. Known differences are listed with their reasons as SCRIPT:LINE REASON; a listed difference
// that no longer exists is a failure too. Exit code: 0; 1 for a difference; 77 when wabt is missing.
#include <fcntl.h>
#include <mini_wasm/mini_wasm.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "decoder/disassembler.h"
#include "scripts/expected_failures.h"
#include "scripts/file_content.h"
#include "scripts/temporary_directory.h"
#include "text/assembler.h"
#include "text/script.h"

extern char** environ;

namespace mini_wasm::spec {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<uint8_t>;

constexpr int kSkipped = 77;

// Runs a command and ignores its output. Returns its exit code; -1 when there is no such command.
int run_quietly(std::vector<std::string> words) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int fd : {0, 1, 2}) posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  int status = 0;
  const bool spawned = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ) == 0;
  posix_spawn_file_actions_destroy(&actions);
  if (!spawned || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) == 127) return -1;
  return WEXITSTATUS(status);
}

template <class T>
void write_file(const fs::path& path, const T& content) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
}

// The meaning of a binary, independent of its form: its disassembly without offsets and comments, and
// * element segments of functions as indices, even if they are written as expressions,
// * block types without the index of the type, which a block need not have,
// * without empty else branches.
class Meaning {
 public:
  // Empty when the binary cannot be decoded.
  static std::string of(const Bytes& bytes) {
    Meaning meaning;
    std::string rest;
    const Result<void> r = decoder::disassemble(bytes, FeatureSet::all(), [&](std::string_view text) {
      for (const char c : text) {
        if (c != '\n') {
          rest += c;
        } else {
          meaning.add(std::exchange(rest, {}));
        }
      }
    });
    return r ? meaning.text_ : std::string();
  }

 private:
  static void replace(std::string& line, std::string_view what, std::string_view with) {
    if (const size_t at = line.find(what); at != line.npos) line.replace(at, what.size(), with);
  }

  static void erase_comments(std::string& line) {
    for (size_t begin; (begin = line.find("(;")) != line.npos;) {
      const size_t end = std::min(line.find(";)", begin), line.size());
      // Also removes the space before it.
      const size_t from = begin != 0 && line[begin - 1] == ' ' ? begin - 1 : begin;
      line.erase(from, end + 2 - from);
    }
    line.erase(std::min(line.find(";;"), line.size()));
  }

  void add(std::string line) {
    erase_comments(line);
    const size_t begin = line.find_first_not_of(' ');
    if (begin == line.npos) return;
    line = line.substr(begin, line.find_last_not_of(' ') + 1 - begin);
    if (line.starts_with("(elem ")) replace(line, "funcref", "func");
    if (line.starts_with("(item ref.func ")) line = line.substr(15, line.size() - 16);
    for (const std::string_view block : {"block", "loop", "if", "try"}) {
      if (!line.starts_with(std::string(block) + " (type ")) continue;
      line.erase(block.size(), line.find(')') + 1 - block.size());
    }
    if (line == "end" && text_.ends_with("\nelse\n")) text_.erase(text_.size() - 5);
    text_ += line + '\n';
  }

  std::string text_;
};

const text::ModuleSource* module_of(const text::Command& command) {
  if (const auto* module = std::get_if<text::ModuleCommand>(&command.what)) return &module->source;
  if (const auto* assertion = std::get_if<text::AssertModule>(&command.what)) return &assertion->source;
  return nullptr;
}

struct Totals {
  std::atomic<size_t> modules{0}, passed_over{0}, differences{0}, expected{0};
};

// One worker, with a folder of its own for its files.
class Comparer {
 public:
  explicit Comparer(fs::path folder) : folder_(std::move(folder)), engine_(every_feature()) {
    fs::create_directories(folder_);
  }

  std::vector<Failure> compare(const text::Script& script, Totals& totals) {
    std::vector<Failure> failures;
    for (const text::Command& command : script.commands) {
      const text::ModuleSource* module = module_of(command);
      if (module == nullptr || module->form == text::ModuleSource::Form::quote) continue;
      ++totals.modules;
      const std::string difference = compare(*module, totals);
      if (!difference.empty()) failures.push_back({command.line, difference});
    }
    return failures;
  }

 private:
  // wabt's tools have no options for single commands of a script, so all features are on.
  static Config every_feature() {
    Config config;
    for (const FeatureDescription& feature : Config::features()) (void)config.feature(feature.name, true);
    return config;
  }

  // The difference; empty when there is none.
  std::string compare(const text::ModuleSource& module, Totals& totals) {
    const fs::path theirs = folder_ / "theirs.wasm";
    if (module.form == text::ModuleSource::Form::binary) {
      write_file(theirs, module.bytes);
      return compare_verdicts(module.bytes, theirs);
    }
    const fs::path source = folder_ / "module.wat";
    write_file(source, module.text);
    if (run_quietly({"wat2wasm", "--enable-all", "--no-check", source, "-o", theirs}) != 0) {
      ++totals.passed_over;
      return "";
    }
    const Result<Bytes> ours = text::assemble(module.text, {.names = false});
    if (!ours) return "only wat2wasm takes the text: " + ours.error().to_string();
    const Bytes expected = testing::file_content(theirs);
    if (*ours != expected && Meaning::of(*ours) != Meaning::of(expected)) {
      const auto at = std::mismatch(ours->begin(), ours->end(), expected.begin(), expected.end());
      return "wat2wasm gives another binary, from byte " + std::to_string(at.first - ours->begin()) + " on";
    }
    write_file(theirs, *ours);  // input of wasm-validate
    return compare_verdicts(*ours, theirs);
  }

  std::string compare_verdicts(const Bytes& bytes, const fs::path& file) {
    const Result<Module> ours = Module::compile(engine_, bytes);
    const bool theirs = run_quietly({"wasm-validate", "--enable-all", file}) == 0;
    if (ours.has_value() == theirs) return "";
    return theirs ? "only wasm-validate takes it: " + ours.error().to_string() : "wasm-validate refuses it";
  }

  fs::path folder_;
  Engine engine_;
};

struct Options {
  ExpectedFailures differences;
  fs::path root;
  std::vector<fs::path> files;
};

void collect(const fs::path& input, std::vector<fs::path>& files) {
  if (!fs::is_directory(input)) return files.push_back(input);
  for (const auto& entry : fs::recursive_directory_iterator(input)) {
    if (entry.path().extension() == ".wast" || entry.path().extension() == ".wat") files.push_back(entry.path());
  }
}

void compare_file(Comparer& comparer, const fs::path& file, const Options& options, std::mutex& output,
                  Totals& totals) {
  const std::string name = fs::path(file).lexically_relative(options.root).replace_extension().generic_string();
  const std::string source = testing::file_content<std::string>(file);
  const Result<text::Script> script = text::parse_script(source);
  std::vector<Failure> failures;
  if (script) {
    failures = comparer.compare(*script, totals);
  } else {
    failures.push_back({1, script.error().to_string()});
  }
  const ExpectedFailures::Verdict verdict = options.differences.judge(name, failures);
  totals.differences += verdict.unexpected.size();
  totals.expected += verdict.expected;
  const std::lock_guard lock(output);
  for (const Failure& failure : verdict.unexpected) {
    std::printf("%s:%u %s\n", name.c_str(), failure.line, failure.message.c_str());
  }
}

bool compare_files(const Options& options, const fs::path& scratch) {
  Totals totals;
  std::mutex output;
  std::atomic<size_t> next{0};
  std::vector<std::thread> workers;
  for (unsigned w = 0; w < std::max(1u, std::thread::hardware_concurrency()); ++w) {
    workers.emplace_back([&, w] {
      Comparer comparer(scratch / std::to_string(w));
      for (size_t i = next++; i < options.files.size(); i = next++) {
        compare_file(comparer, options.files[i], options, output, totals);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  std::printf("%zu modules: %zu differ, %zu differ as expected; %zu that wat2wasm cannot read\n", totals.modules.load(),
              totals.differences.load(), totals.expected.load(), totals.passed_over.load());
  return totals.differences == 0;
}

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--root" && i + 1 < argc) {
      options.root = argv[++i];
    } else if (word == "--differences" && i + 1 < argc) {
      if (Result<void> r = options.differences.load(argv[++i]); !r) {
        return std::fprintf(stderr, "%s\n", r.error().to_string().c_str()), 2;
      }
    } else {
      collect(word, options.files);
    }
  }
  std::sort(options.files.begin(), options.files.end());
  if (run_quietly({"wat2wasm", "--version"}) != 0 || run_quietly({"wasm-validate", "--version"}) != 0) {
    return std::puts("skipped: wat2wasm and wasm-validate are not installed"), kSkipped;
  }
  const testing::TemporaryDirectory scratch;
  return compare_files(options, scratch.path()) ? 0 : 1;
}

}  // namespace
}  // namespace mini_wasm::spec

int main(int argc, char** argv) { return mini_wasm::spec::main(argc, argv); }
