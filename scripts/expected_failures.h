// ExpectedFailures: lists of tests that are known to fail, each with its reason.
//
// A line is `SCRIPT REASON` (for the whole script: at least one command fails) or `SCRIPT:LINE REASON` (the command on
// that line fails). `#` starts a comment line. SCRIPT is the path below the folder of the test suite, without .wast. If
// a listed test passes, that is a failure too: the line must be removed.
#pragma once

#include <mini_wasm/result.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scripts/script_runner.h"

namespace mini_wasm::spec {

class ExpectedFailures {
 public:
  // Adds the lines of a file. Errors: io, usage (a line without a reason, or the same line twice).
  Result<void> load(const std::string& path);
  Result<void> add(std::string_view text);

  struct Verdict {
    // Failures that are not listed, and lines for which nothing failed (line 0: the whole script).
    std::vector<Failure> unexpected;
    size_t expected = 0;  // number of failures that are listed
  };
  Verdict judge(const std::string& script, const std::vector<Failure>& failures) const;

 private:
  Result<void> add_line(std::string_view line);

  struct Entry {
    std::optional<std::string> whole;
    std::map<uint32_t, std::string> lines;
  };
  std::map<std::string, Entry> scripts_;
};

}  // namespace mini_wasm::spec
