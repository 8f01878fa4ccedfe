// Runs the test scripts in files and folders and says what failed: `mini-wasm wast`.
#pragma once

#include <mini_wasm/config.h>
#include <mini_wasm/store.h>

#include <functional>
#include <string>
#include <vector>

#include "spec-tests/scripts/expected_failures.h"
#include "spec-tests/tiers.h"

namespace mini_wasm::spec {

struct RunScriptsOptions {
  std::vector<std::string> inputs;  // scripts, and folders that stand for all scripts below them
  std::vector<TierCase> tiers;      // each script runs on all of them
  std::string root;                 // scripts are named by their path below it; empty: the folder given, or the file's
  ExpectedFailures expected;
  StoreLimits limits;
  std::function<void(Config&)> configure;  // has the last word on every configuration; may be empty
  bool verbose = false;                    // also every script, and passing assertions with an unexpected message
};

// Prints each failure as "SCRIPT.wast:LINE: ...", and at the end "N passed, M failed, K skipped", in commands times
// tiers; skipped is what the expected failures cover. Whether nothing failed.
//
// The official suite keeps the scripts of a proposal in a folder of its name (proposals/threads/...): for those, the
// proposal is on, and what later proposals changed about it is off.
bool run_scripts(const RunScriptsOptions& options);

}  // namespace mini_wasm::spec
