// differential: runs generated programs in every configuration of the engine, and compares what they do. A program is
// one module, or several modules that are linked with each other and with the host.
//
//   differential [--first N] [--count N] [--seconds S] [--features +NAME,-NAME] [--out DIR] [--reduce]
//                [--few-registers]   the compiler has very few registers, so that it must spill
//                [--oldest-cpu]      the compiler uses no instructions that only newer CPUs have
//                [--poison-slots]    the upper half of slots with 32-bit values has arbitrary bits
//                [--fuel]            calls have little fuel (Config::fuel); where it runs out, and what is left, must be
//                                    equal
//                [--waiting]         guests wait for each function of the host (AsyncCall); with --fuel, they also yield
//                                    after every few instructions
//                [--saving]          and are saved and loaded again meanwhile, also at loops; not with --fuel
//                [--cached]          modules run from a code cache into which they were put before
//   differential --outcomes TIER [--lines] ...    prints each seed with a fingerprint of what the program does on one
//                tier, or with what it does; across_machines.py compares two machines with that
//   differential --transcript ...     prints the modules and what they do, to compare other engines
//
// A mismatch is reported with its seed, and its modules are written to DIR/SEED.mN.wasm; the exit code is 1.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#if MINI_WASM_JIT
#include "jit/code_settings.h"
#endif
#include "runtime/test_settings.h"
#include "scripts/temporary_directory.h"
#include "scripts/tiers.h"
#include "spec-tests/generate/byte_source.h"
#include "spec-tests/generate/generate.h"
#include "spec-tests/generate/outcome.h"
#include "spec-tests/generate/reduce.h"

namespace mini_wasm::generate {
namespace {

constexpr const char* kUsage =
    "usage: %s [--first N] [--count N] [--seconds S] [--features +NAME,-NAME...] [--out DIR] [--reduce] "
    "[--outcomes TIER [--lines]] [--transcript] [--few-registers] [--oldest-cpu] [--poison-slots] [--fuel] [--waiting] "
    "[--saving] [--cached]\n";

struct Options {
  uint64_t first = 0, count = 1000;
  double seconds = 0;  // 0: no limit
  FeatureSet features = FeatureSet::defaults();
  std::string out;
  bool reduce = false, transcript = false, cached = false, lines = false, fuel = false, waiting = false, saving = false;
  const spec::TierCase* outcomes = nullptr;  // of this tier alone
};

bool parse_features(std::string_view list, FeatureSet& features) {
  while (!list.empty()) {
    const std::string_view item = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), item.size() + 1));
    const std::optional<Feature> feature = item.empty() ? std::nullopt : feature_from_text(item.substr(1));
    if (!feature) return false;
    item[0] == '-' ? features.clear(*feature) : features.set(*feature);
  }
  return true;
}

const spec::TierCase* find_tier(std::string_view name) {
  const auto tier = std::ranges::find(spec::kTiers, name, &spec::TierCase::name);
  return tier == std::end(spec::kTiers) ? nullptr : &*tier;
}

// Whether it is an option without a value.
bool set_flag(std::string_view arg, Options& options) {
  bool* const flag = arg == "--reduce"         ? &options.reduce
                     : arg == "--cached"       ? &options.cached
                     : arg == "--transcript"   ? &options.transcript
                     : arg == "--lines"        ? &options.lines
                     : arg == "--fuel"         ? &options.fuel
                     : arg == "--waiting"      ? &options.waiting
                     : arg == "--saving"       ? &options.saving
                     : arg == "--poison-slots" ? &runtime::test_settings.poison_slots
#if MINI_WASM_JIT
                     : arg == "--few-registers" ? &jit::test_settings.few_registers
                     : arg == "--oldest-cpu"    ? &jit::test_settings.oldest_cpu
#endif
                                             : nullptr;
  if (flag != nullptr) *flag = true;
  return flag != nullptr;
}

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    if (set_flag(arg, options)) continue;
    if (i + 1 == argc) return false;
    const char* value = argv[++i];
    if (arg == "--first")
      options.first = std::strtoull(value, nullptr, 10);
    else if (arg == "--count")
      options.count = std::strtoull(value, nullptr, 10);
    else if (arg == "--seconds")
      options.seconds = std::strtod(value, nullptr);
    else if (arg == "--out")
      options.out = value;
    else if (arg == "--outcomes" ? (options.outcomes = find_tier(value)) == nullptr
                                 : arg != "--features" || !parse_features(value, options.features))
      return false;
  }
  return true;
}

Engine make_engine(Config config, const Options& options, bool fuel) {
  for (size_t i = 0; i < kFeatureCount; ++i) {
    (void)config.feature(kFeatureInfo[i].text, options.features.has(static_cast<Feature>(i)));
  }
  config.fuel = fuel;
  return Engine(config);
}

bool is_of_saved(const std::string& line) { return line.starts_with("sav") || line.starts_with("loading"); }

Waits waits_of(const Options& options) {
  return options.saving ? Waits::saved : options.waiting ? Waits::yes : Waits::no;
}

class Comparison {
 public:
  explicit Comparison(const Options& options)
      : options_(options),
        reference_(make_engine(spec::kTiers[0].config(), options, options.fuel && !options.waiting)) {
    for (const spec::TierCase& tier : spec::kTiers) {
      Config config = tier.config();
      if (options.cached) {
        config.cache_dir = cache_.path().string();
        config.cache_key_file = config.cache_dir + "/key";
      }
      engines_.push_back(make_engine(config, options, options.fuel));
      config.eager = true;
      if (options.cached) earlier_.push_back(make_engine(config, options, options.fuel));
    }
  }

  // The difference between two configurations; empty if there is none.
  std::string difference(const std::vector<uint8_t>& bytes, uint64_t seed) const {
    const Program program = generate_program(bytes, options_.features);
    const Outcome expected = run_program(reference_, program, seed);
    if (!expected.empty() && expected[0].find("error: invalid") != std::string::npos) return "  " + expected[0];
    const Waits waits = waits_of(options_);
    Outcome saved;
    for (size_t i = waits != Waits::no ? 0 : 1; i < engines_.size(); ++i) {
      for (const auto& module : program) {
        if (options_.cached) (void)Module::compile(earlier_[i], module);
      }
      Outcome outcome = run_program(engines_[i], program, seed, waits);
      Outcome lines;
      std::ranges::copy_if(outcome, std::back_inserter(lines), is_of_saved);
      std::erase_if(outcome, is_of_saved);
      if (i == 0) saved = lines;
      std::string difference = first_difference(expected, outcome);
      if (difference.empty()) difference = first_difference(saved, lines);
      if (!difference.empty()) return std::string(spec::kTiers[i].name) + ":\n" + difference;
    }
    for (const auto& file : std::filesystem::directory_iterator(cache_.path())) std::filesystem::remove(file);
    return "";
  }

  void print_transcript(uint64_t seed) const {
    const std::vector<uint8_t> module = generate_module(bytes_of_seed(seed), options_.features);
    std::printf("module %llu ", static_cast<unsigned long long>(seed));
    for (const uint8_t byte : module) std::printf("%02x", byte);
    std::putchar('\n');
    for (const std::string& line : run_module(engines_[0], module, seed, Callable::from_javascript))
      std::printf("%s\n", line.c_str());
  }

  void report(uint64_t seed, const std::string& difference) const {
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), difference.c_str());
    std::vector<uint8_t> bytes = bytes_of_seed(seed);
    if (options_.reduce) {
      bytes = reduce(std::move(bytes), [&](const auto& smaller) { return !this->difference(smaller, seed).empty(); });
      std::printf("reduced: %s\n", this->difference(bytes, seed).c_str());
    }
    if (options_.out.empty()) return;
    const Program program = generate_program(bytes, options_.features);
    for (size_t i = 0; i < program.size(); ++i) {
      const std::string name = options_.out + "/" + std::to_string(seed) + ".m" + std::to_string(i) + ".wasm";
      std::ofstream(name, std::ios::binary)
          .write(reinterpret_cast<const char*>(program[i].data()), static_cast<std::streamsize>(program[i].size()));
    }
  }

 private:
  const Options& options_;
  const testing::TemporaryDirectory cache_;
  const Engine reference_;
  std::vector<Engine> engines_;
  std::vector<Engine> earlier_;  // the engines that write the cache
};

// Each line is written at once: where a program ends the process, the line of the one before it is the last.
int print_outcomes(const Options& options) {
  const Engine engine = make_engine(options.outcomes->config(), options, options.fuel);
  for (uint64_t seed = options.first; seed - options.first < options.count; ++seed) {
    const Outcome outcome =
        run_program(engine, generate_program(bytes_of_seed(seed), options.features), seed, waits_of(options));
    std::printf("%llu %s\n", static_cast<unsigned long long>(seed), fingerprint(outcome).c_str());
    for (size_t i = 0; options.lines && i < outcome.size(); ++i) std::printf("%s\n", outcome[i].c_str());
    std::fflush(stdout);
  }
  return 0;
}

int run(const Options& options) {
  if (options.outcomes != nullptr) return print_outcomes(options);
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  const Comparison comparison(options);
  uint64_t done = 0, mismatches = 0;
  for (; done < options.count && (options.seconds == 0 || elapsed() < options.seconds); ++done) {
    const uint64_t seed = options.first + done;
    if (options.transcript) {
      comparison.print_transcript(seed);
      continue;
    }
    const std::string difference = comparison.difference(bytes_of_seed(seed), seed);
    if (difference.empty()) continue;
    ++mismatches;
    comparison.report(seed, difference);
  }
  if (options.transcript) return 0;
  std::printf("%llu programs, %zu configurations, %llu mismatches, %.0f programs/s\n",
              static_cast<unsigned long long>(done), std::size(spec::kTiers),
              static_cast<unsigned long long>(mismatches), static_cast<double>(done) / elapsed());
  return mismatches == 0 ? 0 : 1;
}

}  // namespace
}  // namespace mini_wasm::generate

int main(int argc, char** argv) {
  mini_wasm::generate::Options options;
  if (!mini_wasm::generate::parse(argc, argv, options)) {
    std::fprintf(stderr, mini_wasm::generate::kUsage, argv[0]);
    return 2;
  }
  return mini_wasm::generate::run(options);
}
