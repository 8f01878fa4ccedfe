// A test script (spec repository, interpreter/README.md "Scripts") as plain data: a list of commands, independent of
// the form in which it was read. It does not refer to an engine; script_runner.h executes it.
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
  std::array<uint64_t, 2> bits{};  // numbers: the bit pattern; references: the host's number
  bool null = false;               // only for references
};

// Matches one number: a bit pattern, or a class of NaNs (spec 4.3.3 "NaN propagation").
struct LanePattern {
  enum class Kind : uint8_t { bits, canonical_nan, arithmetic_nan };
  Kind kind = Kind::bits;
  uint64_t bits = 0;
};

struct NumberPattern {
  ValType type;
  LanePattern value;
};

// A v128 as lanes of the same width, lane 0 first.
struct VectorPattern {
  uint8_t lane_bits = 32;
  std::vector<LanePattern> lanes;
};

// Matches a reference. `heap` is the kind, from (ref.func), (ref.extern), (ref.i31), ...; without it, any reference
// matches.
struct RefPattern {
  enum class Kind : uint8_t { null, not_null, host };
  Kind kind = Kind::not_null;
  std::optional<HeapKind> heap;
  uint64_t host = 0;  // kind host: the n of (ref.extern n), or of (ref.host n), whose heap type is any
};

struct Pattern;
// (either p1 p2 ...): for results that depend on the machine, in relaxed SIMD and threads.
struct EitherPattern {
  std::vector<Pattern> options;
};

struct Pattern {
  std::variant<NumberPattern, VectorPattern, RefPattern, EitherPattern> what;
};

// --- Modules and actions -------------------------------------------------------------------------------------------

struct ModuleSource {
  // text: an inline (module ...); quote: (module quote "..."), whose text may be malformed.
  enum class Form : uint8_t { binary, text, quote };
  Form form = Form::binary;
  std::vector<uint8_t> bytes;  // binary
  std::string text;            // text, quote: input of text::assemble
  uint32_t line = 0;           // line of the script where it begins
};

struct Action {
  enum class Kind : uint8_t { invoke, get };
  Kind kind = Kind::invoke;
  std::string module;  // "$name", or empty for the current module
  std::string name;    // of the export
  std::vector<Literal> args;
};

// --- Commands ------------------------------------------------------------------------------------------------------

// (module $name ...): instantiates a module; (module definition $name ...): only compiles it.
struct ModuleCommand {
  ModuleSource source;
  std::string name;
  bool definition_only = false;
};
// (module instance $name? $definition?). A single name is that of the definition, if there is one with that name.
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
// The four ways in which a module can fail. For a malformed or invalid custom section (given as an annotation) the same
// kinds are used.
struct AssertModule {
  enum class Kind : uint8_t { malformed, invalid, unlinkable, uninstantiable };
  Kind kind = Kind::malformed;
  ModuleSource source;
  std::string text;
  std::optional<InstanceCommand> instance;  // used instead of `source`
};
// (thread $name (shared (module $m)*)? command*) of the threads proposal: runs the commands on a thread of their own,
// in a store of their own, which shares the shared memories of these modules.
struct Command;
struct ThreadCommand {
  std::string name;
  std::vector<std::string> shared;
  std::vector<Command> commands;
};
// (wait $name): waits until that thread has ended.
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

// Reads a script. A text that contains only the fields of a module is a script with that single module. The contents of
// modules in text form are not parsed. Errors: malformed, with the byte offset in `source`; limit.
Result<Script> parse_script(std::string_view source);

}  // namespace mini_wasm::text
