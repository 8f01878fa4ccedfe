// Lists of what is known not to work yet, each with its reason, and the verdict on a script in their light.
//
// A line is `SCRIPT REASON` (the whole script: at least one command fails) or `SCRIPT:LINE REASON` (the command on that
// line fails); `#` starts a comment line. SCRIPT is the path below the test suite's folder, without .wast. What is
// listed and yet passes is a failure too: the line has to go.
#pragma once

#include <mini_wasm/result.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec-tests/scripts/script_runner.h"

namespace mini_wasm::spec {

class ExpectedFailures {
 public:
  // Adds the lines of a file. Errors: io, usage (a line without reason, or twice the same).
  Result<void> load(const std::string& path);
  Result<void> add(std::string_view text);

  struct Verdict {
    std::vector<Failure> unexpected;  // failures that no line covers, and lines that nothing failed for (line 0: whole)
    size_t expected = 0;              // failures that a line covers
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
