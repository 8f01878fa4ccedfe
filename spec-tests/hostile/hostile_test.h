// Shared by the tests of hostile modules: compiling with limited memory, and matchers for the result.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mini_wasm/mini_wasm.h>

#include <cstdint>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

#include "spec-tests/hostile/memory_meter.h"
#include "spec-tests/hostile/module_bytes.h"

namespace mini_wasm {

// How GoogleTest prints the values that tests compare.
inline void PrintTo(ErrorKind kind, std::ostream* out) {
  static constexpr const char* kNames[] = {"malformed", "invalid", "unlinkable", "trap", "exit",
                                           "host",      "io",      "usage",      "limit"};
  *out << kNames[static_cast<size_t>(kind)];
}

}  // namespace mini_wasm

namespace mini_wasm::hostile {

// The result for a module: no error when it was accepted.
struct Verdict {
  std::optional<ErrorKind> error;
  std::string message;
};
inline void PrintTo(const Verdict& verdict, std::ostream* out) {
  *out << (verdict.error ? verdict.message : std::string("accepted"));
}

// Compiles the module with all of its functions. The peak of allocated memory must be proportional to the size of the
// module: at most kMemoryFactor bytes per byte, and a constant.
inline constexpr size_t kMemoryFactor = 256;  // a function type has three bytes, and takes about 150 when interned
inline constexpr size_t kMemoryConstant = 4 << 20;
Verdict compile(std::span<const uint8_t> bytes);
inline Verdict compile(const Bytes& bytes) { return compile(bytes.span()); }

MATCHER(Accepted, "is accepted") { return !arg.error.has_value(); }
MATCHER(Rejected, "is rejected") { return arg.error.has_value(); }
MATCHER(Malformed, "is malformed") { return arg.error == ErrorKind::malformed; }
MATCHER(Invalid, "is invalid") { return arg.error == ErrorKind::invalid; }
MATCHER(BeyondLimits, "is beyond a limit") { return arg.error == ErrorKind::limit; }
// Where a limit and a rule are both broken, either answer is correct.
MATCHER(MalformedOrBeyondLimits, "is malformed or beyond a limit") {
  return arg.error == ErrorKind::malformed || arg.error == ErrorKind::limit;
}
MATCHER(AcceptedOrBeyondLimits, "is accepted or beyond a limit") {
  return !arg.error.has_value() || arg.error == ErrorKind::limit;
}

}  // namespace mini_wasm::hostile
