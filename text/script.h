// A test script (spec repository, interpreter/README.md "Scripts") as plain data: what to do, line by line, wherever it
// was read from. Nothing here knows an engine; script_runner.h carries it out.
#pragma once

#include <mini_wasm/result.h>
#include <mini_wasm/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mini_wasm::text {

// --- Values --------------------------------------------------------------------------------------------------------

// An argument: (i32.const ..), (v128.const ..), (ref.null t), (ref.extern n); (ref.host n), whose type is anyref.
struct Literal {
  ValType type;
  std::array<uint64_t, 2> bits{};  // numbers: the bit pattern; references: the host number
  bool null = false;               // references only
};

// One number: a bit pattern, or a class of NaNs (spec 4.3.3 "NaN propagation").
struct LanePattern {
  enum class Kind : uint8_t { bits, canonical_nan, arithmetic_nan };
  Kind kind = Kind::bits;
  uint64_t bits = 0;
};

struct NumberPattern {
  ValType type;
  LanePattern value;
};

// A v128 seen as lanes of one width, lane 0 first.
struct VectorPattern {
  uint8_t lane_bits = 32;
  std::vector<LanePattern> lanes;
};

// A reference. `heap` says which (ref.func), (ref.extern), (ref.i31), ...; without it any reference fits.
struct RefPattern {
  enum class Kind : uint8_t { null, not_null, host };
  Kind kind = Kind::not_null;
  std::optional<HeapKind> heap;
  uint64_t host = 0;  // kind host: the n of (ref.extern n), or of (ref.host n), whose heap type is any
};

struct Pattern;
// (either p1 p2 ...): results that depend on the machine, in relaxed SIMD and threads.
struct EitherPattern {
  std::vector<Pattern> options;
};

struct Pattern {
  std::variant<NumberPattern, VectorPattern, RefPattern, EitherPattern> what;
};

// --- Modules and actions -------------------------------------------------------------------------------------------

struct ModuleSource {
  // text: an inline (module ...); quote: (module quote "..."), text that need not even parse.
  enum class Form : uint8_t { binary, text, quote };
  Form form = Form::binary;
  std::vector<uint8_t> bytes;  // binary
  std::string text;            // text, quote: for text::assemble
  uint32_t line = 0;           // of the script, where it begins
};

struct Action {
  enum class Kind : uint8_t { invoke, get };
  Kind kind = Kind::invoke;
  std::string module;  // "$name", or empty for the current module
  std::string name;    // of the export
  std::vector<Literal> args;
};

// --- Commands ------------------------------------------------------------------------------------------------------

// (module $name ...): instantiates it; (module definition $name ...): only compiles it.
struct ModuleCommand {
  ModuleSource source;
  std::string name;
  bool definition_only = false;
};
// (module instance $name? $definition?). A lone name is the definition's when there is one of that name.
struct InstanceCommand {
  std::string name;
  std::string definition;
};
// (register "as" $name)
struct RegisterCommand {
  std::string as;
  std::string name;
};
struct ActionCommand {
  Action action;
};
struct AssertReturn {
  Action action;
  std::vector<Pattern> expected;
};
struct AssertTrap {
  Action action;
  std::string text;
};
struct AssertExhaustion {
  Action action;
  std::string text;
};
struct AssertException {
  Action action;
};
// The four ways in which a module can fail. A malformed or invalid custom section (as an annotation) fails like the
// rest.
struct AssertModule {
  enum class Kind : uint8_t { malformed, invalid, unlinkable, uninstantiable };
  Kind kind = Kind::malformed;
  ModuleSource source;
  std::string text;
  std::optional<InstanceCommand> instance;  // instead of `source`
};
// (thread $name (shared (module $m)*)? command*), of the threads proposal: the commands on a thread of their own, in a
// store of their own, to which the shared memories of these modules are known.
struct Command;
struct ThreadCommand {
  std::string name;
  std::vector<std::string> shared;
  std::vector<Command> commands;
};
// (wait $name): until that thread has come to its end.
struct WaitCommand {
  std::string name;
};

struct Command {
  uint32_t line = 0;
  std::variant<ModuleCommand, InstanceCommand, RegisterCommand, ActionCommand, AssertReturn, AssertTrap,
               AssertExhaustion, AssertException, AssertModule, ThreadCommand, WaitCommand>
      what;
};

struct Script {
  std::vector<Command> commands;
};

// Reads a script; a text that is only a module's fields is a script with that one module. Modules in text form are not
// looked into. Error: malformed, with the byte offset in `source`; limit.
Result<Script> parse_script(std::string_view source);

}  // namespace mini_wasm::text
