// Runs the test scripts in files and folders and reports what failed: `mini-wasm wast`.
#pragma once

#include <mini_wasm/config.h>
#include <mini_wasm/store.h>

#include <functional>
#include <string>
#include <vector>

#include "scripts/expected_failures.h"
#include "scripts/tiers.h"

namespace mini_wasm::spec {

struct RunScriptsOptions {
  std::vector<std::string> inputs;  // scripts, and folders, which mean all scripts below them
  std::vector<TierCase> tiers;      // each script runs on all of them
  // A script is named by its path below this folder. Empty: the folder that was given, or that of the file.
  std::string root;
  ExpectedFailures expected;
  StoreLimits limits;
  std::function<void(Config&)> configure;  // may change every configuration at the end; may be empty
  bool verbose = false;  // also reports every script, and passing assertions with an unexpected message
};

// Prints each failure as "SCRIPT.wast:LINE: ...", and at the end "N passed, M failed, K skipped". The numbers count
// each command on each tier; skipped ones are expected failures. Returns whether nothing failed.
//
// The official suite has the scripts of a proposal in a folder with its name (proposals/threads/...). For these scripts
// the proposal is on, and what later proposals have changed about it is off.
bool run_scripts(const RunScriptsOptions& options);

}  // namespace mini_wasm::spec
