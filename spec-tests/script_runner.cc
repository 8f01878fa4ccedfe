#include "spec-tests/script_runner.h"

#include <utility>

#include "spec-tests/pattern_match.h"
#include "spec-tests/spectest_module.h"

namespace mini_wasm::spec {
namespace {

constexpr const char* kTextModule = "the module is text";

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

Error usage(std::string message) { return Error::make(ErrorKind::usage, std::move(message)); }

ErrorKind expected_kind(AssertModule::Kind kind) {
  switch (kind) {
    case AssertModule::Kind::malformed: return ErrorKind::malformed;
    case AssertModule::Kind::invalid: return ErrorKind::invalid;
    case AssertModule::Kind::unlinkable: return ErrorKind::unlinkable;
    case AssertModule::Kind::uninstantiable: return ErrorKind::trap;
  }
  return ErrorKind::usage;
}

const char* describe(AssertModule::Kind kind) {
  switch (kind) {
    case AssertModule::Kind::malformed: return "malformed";
    case AssertModule::Kind::invalid: return "invalid";
    case AssertModule::Kind::unlinkable: return "unlinkable";
    case AssertModule::Kind::uninstantiable: return "uninstantiable";
  }
  return "";
}

// A text module may name a data segment that does not exist: invalid. As bytes it has no data count section then, which
// is malformed already (spec 5.5.16).
bool invalid_only_as_text(const AssertModule& command, const Error& error) {
  return command.kind == AssertModule::Kind::invalid && error.kind == ErrorKind::malformed &&
         error.message.starts_with("data count section required");
}

std::string expected_but_got(const std::string& expected, const Error& error) {
  return "expected " + expected + ", got " + error.to_string();
}

}  // namespace

size_t ScriptReport::skipped_count() const {
  size_t sum = 0;
  for (const auto& [reason, count] : skipped) sum += count;
  return sum;
}

bool messages_agree(std::string_view expected, std::string_view actual) {
  return expected.starts_with(actual) || actual.starts_with(expected);
}

ScriptRunner::ScriptRunner(const Config& config) : engine_(config), store_(engine_), linker_(store_) {
  define_spectest(linker_);
}

ScriptReport ScriptRunner::run(const Script& script) {
  ScriptReport report;
  for (const Command& command : script.commands) {
    Outcome outcome = std::visit([&](const auto& what) { return run(what); }, command.what);
    switch (outcome.kind) {
      case Outcome::Kind::passed: ++report.passed; break;
      case Outcome::Kind::failed: report.failures.push_back({command.line, std::move(outcome.message)}); break;
      case Outcome::Kind::skipped: ++report.skipped[outcome.message]; break;
    }
    if (!outcome.note.empty()) report.notes.push_back({command.line, std::move(outcome.note)});
  }
  return report;
}

// --- Modules and instances -----------------------------------------------------------------------------------------

Result<Module> ScriptRunner::compile(const ModuleSource& source) const {
  if (source.form != ModuleSource::Form::binary) return usage(kTextModule);
  return Module::compile(engine_, source.bytes);
}

Outcome ScriptRunner::run(const ModuleCommand& command) {
  // Later commands must not act on an earlier module because this one failed.
  definitions_.erase("");
  if (!command.definition_only) instances_.erase("");
  if (command.source.form != ModuleSource::Form::binary) return Outcome::skip(kTextModule);
  Result<Module> module = compile(command.source);
  if (!module) return Outcome::fail(module.error().to_string());
  definitions_.insert_or_assign("", *module);
  if (!command.name.empty()) definitions_.insert_or_assign(command.name, *module);
  return command.definition_only ? Outcome::pass() : instantiate(command.name, *module);
}

Outcome ScriptRunner::run(const InstanceCommand& command) {
  instances_.erase("");
  auto module = definitions_.find(command.definition);
  if (module == definitions_.end()) return Outcome::fail("no module definition " + quoted(command.definition));
  return instantiate(command.name, module->second);
}

Outcome ScriptRunner::instantiate(const std::string& name, const Module& module) {
  Result<Instance> instance = linker_.instantiate(module);
  if (!instance) return Outcome::fail(instance.error().to_string());
  instances_.insert_or_assign("", *instance);
  if (!name.empty()) instances_.insert_or_assign(name, *instance);
  return Outcome::pass();
}

Result<Instance> ScriptRunner::find_instance(const std::string& name) const {
  auto instance = instances_.find(name);
  if (instance != instances_.end()) return instance->second;
  return usage(name.empty() ? "no current module instance" : "no module instance " + quoted(name));
}

Outcome ScriptRunner::run(const RegisterCommand& command) {
  Result<Instance> instance = find_instance(command.name);
  if (!instance) return Outcome::fail(instance.error().message);
  linker_.instance(command.as, *instance);
  return Outcome::pass();
}

Outcome ScriptRunner::run(const AssertModule& command) {
  if (command.source.form != ModuleSource::Form::binary) return Outcome::skip(kTextModule);
  const std::string expected = std::string(describe(command.kind)) + " " + quoted(command.text);
  Result<Module> module = compile(command.source);
  std::optional<Error> error;
  if (!module) {
    error = std::move(module.error());
  } else if (Result<Instance> instance = linker_.instantiate(*module); !instance) {
    error = std::move(instance.error());
  }
  if (!error) return Outcome::fail("expected " + expected + ", but it was accepted");
  if (error->kind != expected_kind(command.kind) && !invalid_only_as_text(command, *error))
    return Outcome::fail(expected_but_got(expected, *error));
  if (messages_agree(command.text, error->message)) return Outcome::pass();
  const std::string difference = expected_but_got(expected, *error);
  const bool text_counts =
      command.kind == AssertModule::Kind::unlinkable || command.kind == AssertModule::Kind::uninstantiable;
  return text_counts ? Outcome::fail(difference) : Outcome{Outcome::Kind::passed, {}, difference};
}

// --- Actions -------------------------------------------------------------------------------------------------------

Result<std::vector<Val>> ScriptRunner::perform(const Action& action) {
  Result<Instance> instance = find_instance(action.module);
  if (!instance) return std::move(instance).error();
  if (action.kind == Action::Kind::invoke) return invoke(*instance, action);
  std::optional<Global> global = instance->global(action.name);
  if (!global) return usage("no exported global " + quoted(action.name));
  return std::vector<Val>{global->get()};
}

Result<std::vector<Val>> ScriptRunner::invoke(const Instance& instance, const Action& action) {
  std::optional<Func> func = instance.func(action.name);
  if (!func) return usage("no exported function " + quoted(action.name));
  std::vector<Val> args;
  args.reserve(action.args.size());
  for (const Literal& literal : action.args) args.push_back(make_value(store_, literal));
  return func->call(args);
}

Outcome ScriptRunner::run(const ActionCommand& command) {
  Result<std::vector<Val>> results = perform(command.action);
  return results ? Outcome::pass() : Outcome::fail(results.error().to_string());
}

Outcome ScriptRunner::run(const AssertReturn& command) {
  Result<std::vector<Val>> results = perform(command.action);
  const std::string what = command.action.name;
  if (!results)
    return Outcome::fail(expected_but_got(what + " to return " + to_string(command.expected), results.error()));
  if (matches(command.expected, *results)) return Outcome::pass();
  return Outcome::fail("expected " + what + " to return " + to_string(command.expected) + ", got " +
                       to_string(*results));
}

Outcome ScriptRunner::expect_trap(const Action& action, std::optional<TrapCode> code, const std::string& text) {
  const std::string expected = action.name + " to trap " + quoted(text);
  Result<std::vector<Val>> results = perform(action);
  if (results) return Outcome::fail("expected " + expected + ", but it returned " + to_string(*results));
  const Error& error = results.error();
  const bool same_code = !code || error.trap_code == *code;
  if (error.kind == ErrorKind::trap && same_code && messages_agree(text, error.message)) return Outcome::pass();
  return Outcome::fail(expected_but_got(expected, error));
}

Outcome ScriptRunner::run(const AssertTrap& command) { return expect_trap(command.action, std::nullopt, command.text); }

Outcome ScriptRunner::run(const AssertExhaustion& command) {
  return expect_trap(command.action, TrapCode::call_stack_exhausted, command.text);
}

Outcome ScriptRunner::run(const AssertException& command) {
  return expect_trap(command.action, TrapCode::uncaught_exception, mini_wasm::to_string(TrapCode::uncaught_exception));
}

}  // namespace mini_wasm::spec
