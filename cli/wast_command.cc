#include "cli/wast_command.h"

#include <CLI/CLI.hpp>

#include "jit/code_settings.h"
#include "runtime/test_settings.h"
#include "scripts/run_scripts.h"
#include "scripts/temporary_directory.h"

namespace mini_wasm::cli {

void WastOptions::add_to(CLI::App& command) {
  command.add_option("FILE|DIR", inputs, "Scripts, and folders that stand for all scripts below them");
  std::vector<std::string> names = {"all"};
  std::string all_tiers;
  for (const spec::TierCase& tier : spec::kTiers) {
    names.emplace_back(tier.name);
    all_tiers += (all_tiers.empty() ? "" : ", ") + names.back();
  }
  command.add_option("--tier", tiers, "Run on this tier: " + all_tiers + ", or all (default)")
      ->allow_extra_args(false)
      ->check(CLI::IsMember(names))
      ->option_text("NAME");
  add_list_option(command, "--expect-failures", expected_failures, "FILE",
                  "What is known to fail: lines of SCRIPT[:LINE] REASON. It is an error when it passes");
  command.add_option("--root", root, "Name scripts by their path below this folder")->option_text("DIR");
  command.add_option("--max-memory", max_memory, "Most bytes that a memory may have, e.g. 512M (default 4G)")
      ->option_text("N[K|M|G]");
  command.add_flag("--gc-stress", gc_stress, "Collect garbage at every allocation of an object");
  command.add_flag("--few-registers", few_registers, "Compile for a CPU with hardly any registers, to test spilling");
  command.add_flag("--oldest-cpu", oldest_cpu, "Compile without the instructions that not every CPU has");
  command.add_flag("--poison-slots", poison_slots,
                   "Put rubbish above the 32-bit values that the host writes, and see that nobody believes it");
  command.add_flag("--few-addresses", few_addresses,
                   "Give every second memory no guard pages, as if there was no room");
  command.add_flag("--speculation-guards", speculation_guards, "Keep the CPU from reading beyond bounds by guess");
  command.add_flag("--cached", cached, "Run modules from a cache of machine code that each has been put into before");
  command.add_flag("--verbose", verbose, "Print every script, and assertions that pass with another message");
  features.add_to(command);
}

int wast_command(const WastOptions& options) {
  runtime::test_settings.poison_slots = options.poison_slots;
  runtime::test_settings.few_addresses = options.few_addresses;
  jit::test_settings.few_registers = options.few_registers;
  jit::test_settings.oldest_cpu = options.oldest_cpu;
  spec::RunScriptsOptions run;
  run.inputs = options.inputs;
  run.root = options.root;
  run.verbose = options.verbose;
  for (const spec::TierCase& tier : spec::kTiers) {
    bool wanted = options.tiers.empty();
    for (const std::string& name : options.tiers) wanted |= name == tier.name || name == "all";
    if (wanted) run.tiers.push_back(tier);
  }
  for (const std::string& file : options.expected_failures) {
    if (Result<void> loaded = run.expected.load(file); !loaded) {
      print_error(loaded.error().message);
      return kWrongUsage;
    }
  }
  if (options.max_memory) {
    const std::optional<uint64_t> size = parse_size(*options.max_memory);
    if (!size) {
      print_error("--max-memory: expected a number of bytes like 65536, 64K, 10M or 1G, found " + *options.max_memory);
      return kWrongUsage;
    }
    run.limits.memory_bytes = *size;
  }
  Config scratch;
  if (const auto problem = options.features.apply(scratch)) {
    print_error(*problem);
    return kWrongUsage;
  }
  std::optional<testing::TemporaryDirectory> cache;
  if (options.cached) cache.emplace();
  run.configure = [&](Config& config) {
    if (cache) {
      config.cache_dir = cache->path().string();
      config.cache_key_file = config.cache_dir + "/key";
    }
    (void)options.features.apply(config);
    config.gc_stress = options.gc_stress;
    config.speculation_guards = options.speculation_guards;
  };
  return spec::run_scripts(run) ? kSuccess : kBadInput;
}

}  // namespace mini_wasm::cli
