#include "scripts/script_runner.h"

#include <utility>

#include "scripts/pattern_match.h"
#include "scripts/spectest_module.h"
#include "text/assembler.h"

namespace mini_wasm::spec {

using text::Action;
using text::AssertModule;
using text::ModuleSource;

namespace {

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

// The module in binary form. For a text that cannot be parsed, an Error with its offset in the text.
Result<std::vector<uint8_t>> binary_of(const ModuleSource& source) {
  if (source.form == ModuleSource::Form::binary) return source.bytes;
  return text::assemble(source.text);
}

// A script may have any number of modules.
StoreLimits any_number(StoreLimits limits) {
  limits.instances = limits.memories = limits.tables = ~uint32_t{0};
  return limits;
}

std::string expected_but_got(const std::string& expected, const Error& error) {
  return "expected " + expected + ", got " + error.to_string();
}

}  // namespace

bool messages_agree(std::string_view expected, std::string_view actual) {
  return expected.starts_with(actual) || actual.starts_with(expected);
}

ScriptRunner::ScriptRunner(const Config& config, const StoreLimits& limits)
    : ScriptRunner(Engine(config), config, limits, {}) {
  if (config.cache_dir.empty()) return;
  Config eager = config;
  eager.eager = true;
  earlier_.emplace(eager);
}

ScriptRunner::ScriptRunner(const Engine& engine, const Config& config, const StoreLimits& limits, SharedModules shared)
    : config_(config),
      limits_(any_number(limits)),
      engine_(engine),
      store_(engine_, limits_),
      linker_(store_),
      lazy_validation_(config.lazy_validation && !config.eager),
      shared_(std::move(shared)) {
  define_spectest(linker_);
}

ScriptRunner::~ScriptRunner() {
  for (auto& [name, thread] : threads_) thread.native.join();
}

ScriptReport ScriptRunner::run(const text::Script& script) {
  run(script.commands);
  return std::move(report_);
}

void ScriptRunner::run(const std::vector<text::Command>& commands) {
  for (const text::Command& command : commands) {
    Outcome outcome = std::visit([&](const auto& what) { return run(what); }, command.what);
    switch (outcome.kind) {
      case Outcome::Kind::passed: ++report_.passed; break;
      case Outcome::Kind::failed: report_.failures.push_back({command.line, std::move(outcome.message)}); break;
    }
    if (!outcome.note.empty()) report_.notes.push_back({command.line, std::move(outcome.note)});
  }
}

// --- Threads -------------------------------------------------------------------------------------------------------

Outcome ScriptRunner::run(const text::ThreadCommand& command) {
  if (threads_.contains(command.name)) return Outcome::fail("there is a thread " + quoted(command.name) + " already");
  SharedModules shared;
  for (const std::string& name : command.shared) {
    if (const auto known = shared_.find(name); known != shared_.end()) {
      shared.insert(*known);
      continue;
    }
    const Result<Instance> instance = find_instance(name);
    if (!instance) return Outcome::fail(instance.error().message);
    for (const auto& [export_name, value] : instance->exports()) {
      const std::optional<Memory> memory = value.memory();
      const std::optional<SharedMemory> as_shared = memory ? SharedMemory::of(*memory) : std::nullopt;
      if (as_shared) shared[name].emplace_back(export_name, *as_shared);
    }
  }
  Thread& thread = threads_[command.name];
  thread.native = std::thread([this, &command, &thread, shared = std::move(shared)] {
    ScriptRunner runner(engine_, config_, limits_, shared);
    runner.run(command.commands);
    thread.report = std::move(runner.report_);
  });
  return Outcome::pass();
}

// The results of the thread's commands become results of this script.
Outcome ScriptRunner::run(const text::WaitCommand& command) {
  const auto thread = threads_.find(command.name);
  if (thread == threads_.end()) return Outcome::fail("no thread " + quoted(command.name));
  thread->second.native.join();
  const ScriptReport& report = thread->second.report;
  report_.passed += report.passed;
  report_.failures.insert(report_.failures.end(), report.failures.begin(), report.failures.end());
  report_.notes.insert(report_.notes.end(), report.notes.begin(), report.notes.end());
  threads_.erase(thread);
  return Outcome::pass();
}

// --- Modules and instances -----------------------------------------------------------------------------------------

// With a cache, all code of the module comes from the cache.
Result<Module> ScriptRunner::compile(std::vector<uint8_t> bytes) {
  if (earlier_) (void)Module::compile(*earlier_, bytes);
  return Module::compile(engine_, std::move(bytes));
}

Outcome ScriptRunner::run(const text::ModuleCommand& command) {
  // If this module fails, later commands must not use an earlier one.
  definitions_.erase("");
  if (!command.definition_only) instances_.erase("");
  Result<std::vector<uint8_t>> bytes = binary_of(command.source);
  if (!bytes) return Outcome::fail(text::describe(bytes.error(), command.source.text, "module", command.source.line));
  Result<Module> module = compile(std::move(*bytes));
  if (!module) return Outcome::fail(module.error().to_string());
  definitions_.insert_or_assign("", *module);
  if (!command.name.empty()) definitions_.insert_or_assign(command.name, *module);
  return command.definition_only ? Outcome::pass() : instantiate(command.name, *module);
}

const Module* ScriptRunner::find_definition(const text::InstanceCommand& command) const {
  auto found = definitions_.find(command.definition);
  if (command.definition.empty() && definitions_.contains(command.name)) found = definitions_.find(command.name);
  return found == definitions_.end() ? nullptr : &found->second;
}

Outcome ScriptRunner::run(const text::InstanceCommand& command) {
  instances_.erase("");
  const Module* module = find_definition(command);
  if (module == nullptr) return Outcome::fail("no module definition " + quoted(command.definition));
  return instantiate(command.name, *module);
}

Result<Instance> ScriptRunner::link(const Module& module) {
  if (modules_in_store_ >= kModulesInStore && instances_.empty() && !store_counts_) renew_store();
  ++modules_in_store_;
  for (const ImportType& import : module.imports()) {
    store_counts_ |= import.type.kind == ExternKind::memory || import.type.kind == ExternKind::table;
  }
  return linker_.instantiate(module);
}

void ScriptRunner::renew_store() {
  instances_.clear();
  linker_ = Linker(store_);
  store_ = Store(engine_, limits_);
  define_spectest(linker_);
  modules_in_store_ = 0;
}

Outcome ScriptRunner::instantiate(const std::string& name, const Module& module) {
  Result<Instance> instance = link(module);
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

Outcome ScriptRunner::run(const text::RegisterCommand& command) {
  store_counts_ = true;
  if (const auto shared = shared_.find(command.name); shared != shared_.end() && !instances_.contains(command.name)) {
    for (const auto& [name, memory] : shared->second) {
      Result<Memory> here = memory.in(store_);
      if (!here) return Outcome::fail(here.error().to_string());
      linker_.define(command.as, name, *here);
    }
    return Outcome::pass();
  }
  Result<Instance> instance = find_instance(command.name);
  if (!instance) return Outcome::fail(instance.error().message);
  linker_.instance(command.as, *instance);
  return Outcome::pass();
}

Result<Module> ScriptRunner::asserted_module(const AssertModule& command) {
  if (command.instance) {
    const Module* module = find_definition(*command.instance);
    if (module == nullptr) return usage("no module definition " + quoted(command.instance->definition));
    return *module;
  }
  Result<std::vector<uint8_t>> bytes = binary_of(command.source);
  if (!bytes) return std::move(bytes).error();
  // Otherwise, invalid functions that are never called would not be noticed.
  if (Result<void> valid; lazy_validation_ && !(valid = Module::validate(engine_, *bytes))) {
    return std::move(valid).error();
  }
  return Module::compile(engine_, std::move(*bytes));
}

Outcome ScriptRunner::run(const AssertModule& command) {
  Result<Module> module = asserted_module(command);
  if (!module) return failed_module(command, module.error());
  Result<Instance> instance = link(*module);
  if (!instance) return failed_module(command, instance.error());
  return Outcome::fail("expected " + std::string(describe(command.kind)) + " " + quoted(command.text) +
                       ", but it was accepted");
}

Outcome ScriptRunner::failed_module(const AssertModule& command, const Error& error) const {
  const std::string expected = std::string(describe(command.kind)) + " " + quoted(command.text);
  if (error.kind != expected_kind(command.kind)) return Outcome::fail(expected_but_got(expected, error));
  if (messages_agree(command.text, error.message)) return Outcome::pass();
  const std::string difference = expected_but_got(expected, error);
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
  std::vector<Rooted> roots;  // making a host reference may collect those that were made before
  std::vector<Val> args;
  for (const text::Literal& literal : action.args) {
    args.push_back(make_value(store_, literal));
    if (args.back().type().is_ref()) roots.emplace_back(store_, args.back());
  }
  return func->call(args);
}

Outcome ScriptRunner::run(const text::ActionCommand& command) {
  Result<std::vector<Val>> results = perform(command.action);
  return results ? Outcome::pass() : Outcome::fail(results.error().to_string());
}

Outcome ScriptRunner::run(const text::AssertReturn& command) {
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

Outcome ScriptRunner::run(const text::AssertTrap& command) {
  return expect_trap(command.action, std::nullopt, command.text);
}

Outcome ScriptRunner::run(const text::AssertExhaustion& command) {
  return expect_trap(command.action, TrapCode::call_stack_exhausted, command.text);
}

Outcome ScriptRunner::run(const text::AssertException& command) {
  const std::string expected = command.action.name + " to throw";
  Result<std::vector<Val>> results = perform(command.action);
  if (results) return Outcome::fail("expected " + expected + ", but it returned " + to_string(*results));
  if (results.error().kind == ErrorKind::exception) return Outcome::pass();
  return Outcome::fail(expected_but_got(expected, results.error()));
}

}  // namespace mini_wasm::spec
