// spec-runner: runs converted test scripts and prints what fails, as SCRIPT:LINE, and a closing line.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec-tests/expected_failures.h"
#include "spec-tests/json_script.h"
#include "spec-tests/script_runner.h"
#include "spec-tests/tiers.h"

namespace mini_wasm::spec {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUsage =
    "usage: spec-runner [options] SCRIPT.json|DIR...\n"
    "\n"
    "Runs test scripts that wast2json has converted; a DIR stands for all scripts below it.\n"
    "\n"
    "  --tier T                run on this tier (may be repeated; default: all)\n"
    "  --root DIR              scripts are named by their path below DIR (default: the given DIR, or the file's)\n"
    "  --expect-failures FILE  what is known to fail, with reasons (may be repeated)\n"
    "  --verbose               also print every script, and passing assertions with an unexpected message\n"
    "  --help                  print this\n"
    "\n"
    "Exit code: 0 when all went as expected, 1 when not, 2 for wrong usage, 77 when no script could be run.\n";

constexpr int kFailed = 1, kUsageError = 2, kNothingRun = 77;

struct ScriptFile {
  fs::path json;     // may be missing when the conversion failed: then json with extension .error says why
  std::string name;  // path below the root, without extension
};

struct Options {
  std::vector<TierCase> tiers;
  fs::path root;
  ExpectedFailures expected;
  bool verbose = false;
  std::vector<std::string> inputs;
};

struct Totals {
  size_t passed = 0, failed = 0, skipped = 0, expected = 0;
  size_t scripts_run = 0;
};

// --- Command line --------------------------------------------------------------------------------------------------

bool add_tier(Options& options, std::string_view name) {
  for (const TierCase& tier : kTiers) {
    if (name == tier.name || name == "all") options.tiers.push_back(tier);
  }
  return !options.tiers.empty();
}

// The exit code when the program should end here, else -1.
int parse_arguments(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    if (arg == "--help") return std::fputs(kUsage, stdout), 0;
    if (arg == "--verbose") {
      options.verbose = true;
    } else if (!arg.starts_with("--")) {
      options.inputs.emplace_back(arg);
    } else if (i + 1 == argc) {
      return std::fputs(kUsage, stderr), kUsageError;
    } else if (arg == "--tier") {
      if (!add_tier(options, argv[++i])) return std::fprintf(stderr, "spec-runner: no tier %s\n", argv[i]), kUsageError;
    } else if (arg == "--root") {
      options.root = argv[++i];
    } else if (arg == "--expect-failures") {
      Result<void> loaded = options.expected.load(argv[++i]);
      if (!loaded) return std::fprintf(stderr, "spec-runner: %s\n", loaded.error().message.c_str()), kUsageError;
    } else {
      return std::fputs(kUsage, stderr), kUsageError;
    }
  }
  if (options.tiers.empty()) add_tier(options, "all");
  if (options.inputs.empty()) return std::fputs(kUsage, stderr), kUsageError;
  return -1;
}

ScriptFile named(const fs::path& file, const fs::path& root) {
  const fs::path json = fs::path(file).replace_extension(".json");
  return {json, json.lexically_relative(root).replace_extension().generic_string()};
}

void collect(const fs::path& input, const fs::path& root, std::vector<ScriptFile>& scripts) {
  if (!fs::is_directory(input)) {
    scripts.push_back(named(input, root.empty() ? input.parent_path() : root));
    return;
  }
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(input)) {
    const fs::path extension = entry.path().extension();
    if (extension == ".json" || extension == ".error")
      scripts.push_back(named(entry.path(), root.empty() ? input : root));
  }
}

// --- Running -------------------------------------------------------------------------------------------------------

void report(const ScriptFile& file, const TierCase& tier, const std::vector<Failure>& lines, const char* what) {
  for (const Failure& line : lines) {
    std::printf("%s.wast:%u: %s%s [%s]\n", file.name.c_str(), line.line, what, line.message.c_str(),
                std::string(tier.name).c_str());
  }
}

void run_on(const TierCase& tier, const ScriptFile& file, const Script& script, const Options& options,
            Totals& totals) {
  const ScriptReport result = ScriptRunner(tier.config()).run(script);
  const ExpectedFailures::Verdict verdict = options.expected.judge(file.name, result.failures);
  report(file, tier, verdict.unexpected, "");
  if (options.verbose) report(file, tier, result.notes, "note: ");
  for (const auto& [reason, count] : result.skipped) {
    if (options.verbose) std::printf("%s.wast: %zu skipped: %s\n", file.name.c_str(), count, reason.c_str());
  }
  totals.passed += result.passed;
  totals.failed += verdict.unexpected.size();
  totals.skipped += result.skipped_count();
  totals.expected += verdict.expected;
  if (options.verbose) {
    std::printf("%s.wast [%s]: %zu passed, %zu failed\n", file.name.c_str(), std::string(tier.name).c_str(),
                result.passed, result.failures.size());
  }
}

// A script that wast2json could not convert is skipped when it is listed, and a failure otherwise.
void report_unconverted(const ScriptFile& file, const Options& options, Totals& totals) {
  std::string why = "no such file";
  if (std::ifstream log(fs::path(file.json).replace_extension(".error")); log) std::getline(log, why);
  if (std::optional<std::string> reason = options.expected.whole(file.name)) {
    ++totals.skipped;
    std::printf("%s.wast: skipped: %s\n", file.name.c_str(), reason->c_str());
  } else {
    ++totals.failed;
    std::printf("%s.wast: not converted: %s\n", file.name.c_str(), why.c_str());
  }
}

void run_file(const ScriptFile& file, const Options& options, Totals& totals) {
  if (!fs::exists(file.json)) return report_unconverted(file, options, totals);
  ++totals.scripts_run;
  Result<Script> script = load_json_script(file.json.string());
  if (!script) {
    ++totals.failed;
    std::printf("%s.wast: %s\n", file.name.c_str(), script.error().message.c_str());
    return;
  }
  for (const TierCase& tier : options.tiers) run_on(tier, file, *script, options, totals);
}

int run(const Options& options) {
  std::vector<ScriptFile> scripts;
  for (const std::string& input : options.inputs) collect(input, options.root, scripts);
  std::sort(scripts.begin(), scripts.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  Totals totals;
  for (const ScriptFile& script : scripts) run_file(script, options, totals);
  std::printf("%zu passed, %zu failed, %zu skipped", totals.passed, totals.failed, totals.skipped);
  if (totals.expected != 0) std::printf(" (and %zu failed as expected)", totals.expected);
  std::printf("\n");
  if (totals.failed != 0) return kFailed;
  return totals.scripts_run == 0 ? kNothingRun : 0;
}

}  // namespace
}  // namespace mini_wasm::spec

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // what was found so far must be seen even if a script crashes
  mini_wasm::spec::Options options;
  const int exit_code = mini_wasm::spec::parse_arguments(argc, argv, options);
  return exit_code >= 0 ? exit_code : mini_wasm::spec::run(options);
}
