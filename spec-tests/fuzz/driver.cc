// Runs a fuzz target without libFuzzer: modules from a corpus are mutated deterministically, for a limited time. Input
// N depends only on the seed, N and the corpus. So a crash, which reports N, can be repeated with only that input.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "scripts/file_content.h"
#include "spec-tests/fuzz/mutate.h"
#include "spec-tests/hostile/module_bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
// AddressSanitizer calls this before it ends the process.
extern "C" [[gnu::weak]] void __sanitizer_set_death_callback(void (*callback)());

namespace mini_wasm::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUsage =
    "usage: %s [--seconds S] [--seed N] [--first N] [--runs N] [--save FILE] [FILE.wasm|DIR...]\n"
    "\n"
    "Feeds mutations of the given modules (a few are built in) to the fuzz target, until S seconds (default 10) or N "
    "runs\n"
    "are over. --first N --runs 1 repeats input N; --save writes the last input to a file.\n";

// An input that takes longer than this counts as an error too.
constexpr unsigned kSecondsPerInput = 30;

// Mutations of larger modules hardly ever test anything new.
constexpr uintmax_t kMaxCorpusFile = 64 << 10;

struct Options {
  double seconds = 10;
  uint64_t seed = 1, first = 0, runs = UINT64_MAX;
  std::string save;
  std::vector<std::string> corpus;
};

volatile uint64_t current_run = 0;

// Uses only write() and integer arithmetic, because it runs in signal handlers.
void name_current_run() {
  char text[64] = "fuzz: died or hung at input ";
  size_t length = std::strlen(text);
  char digits[20];
  size_t count = 0;
  uint64_t n = current_run;
  do digits[count++] = static_cast<char>('0' + n % 10);
  while ((n /= 10) != 0);
  while (count != 0) text[length++] = digits[--count];
  text[length++] = '\n';
  (void)!write(STDERR_FILENO, text, length);
}

void on_fatal_signal(int signal) {
  name_current_run();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void on_hang(int) {
  name_current_run();
  _exit(1);
}

// Called before the engine exists: the engine's fault handler passes on faults that are not its own.
void install_handlers() {
  std::signal(SIGALRM, on_hang);
  if (__sanitizer_set_death_callback != nullptr) {
    __sanitizer_set_death_callback(name_current_run);
    return;
  }
  for (int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP}) std::signal(signal, on_fatal_signal);
}

void add_corpus(const fs::path& path, std::vector<fs::path>& files) {
  if (!fs::is_directory(path)) {
    files.push_back(path);
    return;
  }
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path)) {
    if (entry.path().extension() == ".wasm" && entry.file_size() <= kMaxCorpusFile) files.push_back(entry.path());
  }
}

std::vector<Input> load_corpus(const Options& options) {
  const hostile::Bytes rich = hostile::rich_module();
  std::vector<Input> corpus = {Input(rich.span().begin(), rich.span().end())};
  std::vector<fs::path> files;
  for (const std::string& path : options.corpus) add_corpus(path, files);
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) corpus.push_back(testing::file_content(file));
  return corpus;
}

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    if (!arg.starts_with("--")) {
      options.corpus.emplace_back(arg);
      continue;
    }
    if (i + 1 == argc) return false;
    const char* value = argv[++i];
    if (arg == "--seconds")
      options.seconds = std::strtod(value, nullptr);
    else if (arg == "--seed")
      options.seed = std::strtoull(value, nullptr, 10);
    else if (arg == "--first")
      options.first = std::strtoull(value, nullptr, 10);
    else if (arg == "--runs")
      options.runs = std::strtoull(value, nullptr, 10);
    else if (arg == "--save")
      options.save = value;
    else
      return false;
  }
  return true;
}

Input make_input(const std::vector<Input>& corpus, uint64_t seed, uint64_t number) {
  Random random(seed * 0x100000001b3 + number);
  return mutate(corpus, random);
}

int run(const Options& options) {
  using Clock = std::chrono::steady_clock;
  const std::vector<Input> corpus = load_corpus(options);
  const auto end =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.seconds));
  uint64_t done = 0;
  for (; done < options.runs && Clock::now() < end; ++done) {
    current_run = options.first + done;
    const Input input = make_input(corpus, options.seed, current_run);
    if (!options.save.empty()) {
      std::ofstream(options.save, std::ios::binary)
          .write(reinterpret_cast<const char*>(input.data()), static_cast<std::streamsize>(input.size()));
    }
    alarm(kSecondsPerInput);
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  alarm(0);
  std::printf("%llu inputs from %zu modules, seed %llu\n", static_cast<unsigned long long>(done), corpus.size(),
              static_cast<unsigned long long>(options.seed));
  return 0;
}

}  // namespace
}  // namespace mini_wasm::fuzz

int main(int argc, char** argv) {
  mini_wasm::fuzz::Options options;
  if (!mini_wasm::fuzz::parse(argc, argv, options)) {
    std::fprintf(stderr, mini_wasm::fuzz::kUsage, argv[0]);
    return 2;
  }
  mini_wasm::fuzz::install_handlers();
  return mini_wasm::fuzz::run(options);
}
