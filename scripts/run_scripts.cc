#include "scripts/run_scripts.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "runtime/system/read_file.h"
#include "scripts/script_runner.h"
#include "text/assembler.h"
#include "text/script.h"

namespace mini_wasm::spec {
namespace {

namespace fs = std::filesystem;

struct ScriptFile {
  fs::path path;
  std::string name;  // path below the root, without extension
};

struct Totals {
  size_t passed = 0, failed = 0, expected = 0;
};

// The features for scripts in a folder with that name. The threads proposal is based on WebAssembly 1.0: its scripts
// expect that a second memory is an error.
constexpr struct {
  std::string_view folder;
  std::string_view feature;
  bool on;
} kFolderFeatures[] = {
    {"threads", "threads", true},
    {"threads", "multi-memory", false},
    {"threads", "ref-types", false},
    {"threads", "memory64", false},
    {"wide-arithmetic", "wide-arithmetic", true},
    {"custom-page-sizes", "custom-page-sizes", true},
    {"legacy-exceptions", "legacy-exceptions", true},
};

Config config_for(const TierCase& tier, const ScriptFile& file, const RunScriptsOptions& options) {
  Config config = tier.config();
  for (const fs::path& part : file.path.parent_path()) {
    for (const auto& row : kFolderFeatures) {
      if (part == row.folder) (void)config.feature(row.feature, row.on);
    }
  }
  if (options.configure) options.configure(config);
  return config;
}

// --- Files ---------------------------------------------------------------------------------------------------------

ScriptFile named(const fs::path& file, const fs::path& root) {
  return {file, fs::path(file).lexically_relative(root).replace_extension().generic_string()};
}

void collect(const fs::path& input, const fs::path& root, std::vector<ScriptFile>& scripts) {
  std::error_code error;
  if (!fs::is_directory(input, error)) {
    scripts.push_back(named(input, root.empty() ? input.parent_path() : root));
    return;
  }
  for (fs::recursive_directory_iterator at(input, error), end; at != end && !error; at.increment(error)) {
    if (at->path().extension() == ".wast") scripts.push_back(named(at->path(), root.empty() ? input : root));
  }
}

// --- Running -------------------------------------------------------------------------------------------------------

void report(const ScriptFile& file, const TierCase& tier, const std::vector<Failure>& lines, const char* what) {
  for (const Failure& line : lines) {
    std::printf("%s.wast:%u: %s%s [%s]\n", file.name.c_str(), line.line, what, line.message.c_str(),
                std::string(tier.name).c_str());
  }
}

void run_on(const TierCase& tier, const ScriptFile& file, const text::Script& script, const RunScriptsOptions& options,
            Totals& totals) {
  const ScriptReport result = ScriptRunner(config_for(tier, file, options), options.limits).run(script);
  const ExpectedFailures::Verdict verdict = options.expected.judge(file.name, result.failures);
  report(file, tier, verdict.unexpected, "");
  totals.passed += result.passed;
  totals.failed += verdict.unexpected.size();
  totals.expected += verdict.expected;
  if (!options.verbose) return;
  report(file, tier, result.notes, "note: ");
  std::printf("%s.wast [%s]: %zu passed, %zu failed, %zu skipped\n", file.name.c_str(), std::string(tier.name).c_str(),
              result.passed, verdict.unexpected.size(), verdict.expected);
}

void run_file(const ScriptFile& file, const RunScriptsOptions& options, Totals& totals) {
  const Result<std::vector<uint8_t>> bytes = runtime::read_file(file.path);
  if (!bytes) {
    ++totals.failed;
    std::printf("%s\n", bytes.error().message.c_str());
    return;
  }
  const std::string_view source(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  const Result<text::Script> script = text::parse_script(source);
  if (!script) {
    ++totals.failed;
    std::printf("%s\n", text::describe(script.error(), source, file.name + ".wast").c_str());
    return;
  }
  for (const TierCase& tier : options.tiers) run_on(tier, file, *script, options, totals);
}

}  // namespace

bool run_scripts(const RunScriptsOptions& options) {
  std::vector<ScriptFile> scripts;
  for (const std::string& input : options.inputs) collect(input, options.root, scripts);
  std::sort(scripts.begin(), scripts.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  Totals totals;
  for (const ScriptFile& script : scripts) {
    run_file(script, options, totals);
    std::fflush(stdout);  // the output must be visible even if the next script crashes
  }
  std::printf("%zu passed, %zu failed, %zu skipped\n", totals.passed, totals.failed, totals.expected);
  return totals.failed == 0;
}

}  // namespace mini_wasm::spec
