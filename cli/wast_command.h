// mini-wasm wast: runs test scripts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"

namespace mini_wasm::cli {

struct WastOptions {
  std::vector<std::string> inputs;
  std::vector<std::string> tiers;
  std::vector<std::string> expected_failures;
  std::string root;
  std::optional<std::string> max_memory;
  bool gc_stress = false;
  bool few_registers = false;
  bool poison_slots = false;
  bool few_addresses = false;
  bool speculation_guards = false;
  bool oldest_cpu = false;
  bool cached = false;
  bool verbose = false;
  FeatureOptions features;

  void add_to(CLI::App& command);
};

// Runs the scripts and prints what has failed. Returns the exit code.
int wast_command(const WastOptions& options);

}  // namespace mini_wasm::cli
