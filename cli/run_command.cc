#include "cli/run_command.h"

#include <mini_wasm/checkpoint.h>
#include <mini_wasm/mini_wasm.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "cli/checkpoints.h"
#include "cli/deadline.h"
#include "cli/imports.h"
#include "cli/invoke.h"
#include "cli/program.h"
#include "cli/text_input.h"
#include "cli/word_check.h"
#include "core/utf8.h"
#include "jit/perf_map.h"
#include "runtime/compiled_module.h"

namespace mini_wasm::cli {
namespace {

Error wrong_usage(std::string message) { return Error::make(ErrorKind::usage, std::move(message)); }

Result<uint64_t> size_option(const std::optional<std::string>& text, const char* name, uint64_t otherwise) {
  if (!text) return otherwise;
  if (const std::optional<uint64_t> size = parse_size(*text)) return *size;
  return wrong_usage(std::string(name) + ": expected a number of bytes like 65536, 64K, 10M or 1G, found " + *text);
}

// XDG Base Directory Specification: a path that is not absolute is ignored.
std::optional<std::string> user_cache() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value != nullptr && value[0] == '/' ? value : "");
  };
  if (const std::string cache = variable("XDG_CACHE_HOME"); !cache.empty()) return cache + "/mini-wasm";
  if (const std::string home = variable("HOME"); !home.empty()) return home + "/.cache/mini-wasm";
  return std::nullopt;
}

Result<std::string> cache_directory(const std::string& option) {
  if (option.empty()) return wrong_usage("--cache: expected a directory after =");
  if (option != RunOptions::kUserCache) return option;
  if (std::optional<std::string> cache = user_cache()) return *cache;
  return wrong_usage("--cache: neither XDG_CACHE_HOME nor HOME is set here; write --cache=DIR");
}

Result<Config> engine_config(const RunOptions& options) {
  Config config;
  if (const auto problem = options.features.apply(config)) return wrong_usage(*problem);
  Result<uint64_t> stack = size_option(options.stack_size, "--stack-size", config.stack_size);
  if (!stack) return std::move(stack).error();
  config.stack_size = *stack;
  config.guard_pages = !options.no_guard_pages;
  config.speculation_guards = options.speculation_guards;
  config.fuel = options.fuel.has_value();
  if (options.tier == "interp") config.tier = Tier::interpreter;
  if (options.tier == "jit") config.tier = Tier::jit;
  config.eager = options.compile == "eager";
  config.lazy_validation = options.compile == "lazy";
  config.pool_size = 0;  // nothing is used again: there is one store, and one for each thread
  if (options.cache) {
    Result<std::string> directory = cache_directory(*options.cache);
    if (!directory) return std::move(directory).error();
    config.cache_dir = *directory;
    if (options.cache_key) config.cache_key_file = *options.cache_key;
  }
  return config;
}

// "add [i32 i32] -> [i32], main [] -> []": the functions that --invoke can name. Some modules export thousands.
std::string exported_functions(const Module& module) {
  const size_t most = 20;
  std::string text;
  size_t count = 0;
  for (const ExportType& e : module.exports()) {
    if (e.type.kind != ExternKind::func || ++count > most) continue;
    text += (text.empty() ? "" : ", ") + e.name + " " + to_string(e.type.func);
  }
  if (count > most) text += " and " + std::to_string(count - most) + " more (`mini-wasm dump` prints them)";
  return text.empty() ? "it exports no functions" : "it exports " + text;
}

std::string no_such_function(const Module& module, const std::string& name) {
  std::vector<std::string> names;
  for (const ExportType& e : module.exports()) {
    if (e.type.kind == ExternKind::func) names.push_back(e.name);
  }
  const std::optional<std::string> meant = nearest(name, names);
  return "no exported function \"" + name + "\"; " + (meant ? "did you mean \"" + *meant + "\"? " : "") +
         exported_functions(module);
}

// Calls one function with arguments from the command line. Its results go to standard output, one on each line.
Result<int32_t> invoke(Store& store, const Instance& instance, const Module& module, const std::string& name,
                       std::span<const std::string> words) {
  const std::optional<Func> func = instance.func(name);
  if (!func) return wrong_usage(no_such_function(module, name));
  Result<Arguments> args = parse_arguments(store, instance, func->type(), words);
  if (!args) return wrong_usage(name + ": " + args.error().message);
  // A library whose runtime must be initialised first has this export (WASI "reactor").
  if (const std::optional<Func> initialize = instance.func("_initialize"); initialize && name != "_initialize") {
    if (auto r = initialize->call({}); !r) return std::move(r).error();
  }
  Result<std::vector<Val>> results = func->call(args->values);
  if (!results) return std::move(results).error();
  for (const Val& value : *results) std::printf("%s\n", result_text(store, instance, value).c_str());
  return kSuccess;
}

Result<StoreLimits> store_limits(const RunOptions& options) {
  StoreLimits limits;
  Result<uint64_t> max_memory = size_option(options.max_memory, "--max-memory", limits.memory_bytes);
  if (!max_memory) return std::move(max_memory).error();
  limits.memory_bytes = *max_memory;
  if (options.max_memory) limits.total_bytes = *max_memory;
  Result<uint64_t> max_gc_heap = size_option(options.max_gc_heap, "--max-gc-heap", limits.gc_heap_bytes);
  if (!max_gc_heap) return std::move(max_gc_heap).error();
  limits.gc_heap_bytes = *max_gc_heap;
  limits.fuel = options.fuel.value_or(0);
  return limits;
}

// What --verbose prints before the program begins.
void describe(const RunOptions& options, const Config& config) {
  print_error("tier " + options.tier + ", compiled " + options.compile);
  if (!config.cache_dir.empty()) print_error("machine code is kept in " + config.cache_dir);
}

// The same for what is known only later.
void describe_memories(const RunOptions& options, const Engine& engine) {
  const uint64_t count = engine.memories_without_guard();
  if (!options.verbose || count == 0) return;
  print_error(std::to_string(count) + " memor" + (count == 1 ? "y has" : "ies have") +
              " no guard pages, since there are no 8 GiB of addresses left; accesses are checked instead");
}

// What --verbose prints when the module has been compiled (with --compile=eager: all of its functions).
void describe(const Module& module, std::chrono::steady_clock::time_point begin) {
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - begin;
  const decoder::Module& decoded = module.impl()->module();
  print_error(std::to_string(decoded.funcs.size() - decoded.imported_funcs) + " functions, " +
              std::to_string(module.impl()->code().code_bytes()) + " bytes of code made of them in " +
              std::to_string(std::lround(time.count())) + " ms");
}

// The signal of --checkpoint-on, if there is --checkpoint-file; none: there is not.
Result<std::unique_ptr<CheckpointSignal>> checkpoint_signal(const RunOptions& options) {
  if (!options.checkpoint_file) return std::unique_ptr<CheckpointSignal>();
  const std::optional<int> signal = CheckpointSignal::from_name(options.checkpoint_on);
  if (!signal) {
    return wrong_usage("--checkpoint-on: expected SIGUSR1, SIGUSR2 or SIGHUP, found " + options.checkpoint_on);
  }
  if (options.invoke || !options.preloads.empty()) {
    return wrong_usage("--checkpoint-file: only for programs with _start, without --invoke and --preload");
  }
  return std::make_unique<CheckpointSignal>(*signal);
}

// Runs `call`; with a signal, there are checkpoints.
Result<int32_t> run_call(const RunOptions& options, Store& store, const Module& module, const Program& program,
                         AsyncCall call, CheckpointSignal* signal) {
  if (signal != nullptr) signal->begin(store.interrupt_handle());
  return run_with_checkpoints(store, module, program, std::move(call), options.checkpoint_file.value_or(""),
                              options.verbose);
}

Result<int32_t> run_start(const RunOptions& options, Store& store, const Module& module, const Program& program,
                          const Instance& instance, CheckpointSignal& signal) {
  const std::optional<Func> start = instance.func("_start");
  if (!start) return wrong_usage("--checkpoint-file: the module has no _start function");
  Result<AsyncCall> call = AsyncCall::make(*start, {});
  if (!call) return std::move(call).error();
  return run_call(options, store, module, program, *std::move(call), &signal);
}

Result<int32_t> run_module(const RunOptions& options, const std::vector<std::string>& words, const Engine& engine,
                           const Module& module, Program& program, const StoreLimits& limits, Deadline& deadline,
                           CheckpointSignal* signal) {
  const auto prepare = [&](Linker& linker) { return define_imports(options, engine, module, linker); };
  if (Program::has_threads(module) && !options.invoke) {
    if (signal != nullptr) return wrong_usage("--checkpoint-file: not for programs with threads");
    const Deadline::Scope scope(deadline, [&] { program.interrupt_threads(); });
    Result<int32_t> code = program.run_threads(engine, module, limits, prepare);
    describe_memories(options, engine);
    return code;
  }
  Store store(engine, limits);
  const Deadline::Scope scope(deadline, [&] { store.interrupt(); });
  Linker linker(store);
  program.add_to(linker);
  if (Result<void> r = prepare(linker); !r) return std::move(r).error();
  Result<Instance> instance = linker.instantiate(module);
  if (!instance) return std::move(instance).error();
  describe_memories(options, engine);
  if (signal != nullptr) return run_start(options, store, module, program, *instance, *signal);
  if (options.invoke) return invoke(store, *instance, module, *options.invoke, std::span(words).subspan(1));
  if (!instance->func("_start") && !instance->func("_initialize")) {
    print_error(words[0] + ": not a WASI program, it has no _start function; name a function with --invoke: " +
                exported_functions(module));
    return kBadInput;
  }
  if (!instance->func("_start") && words.size() > 1) {
    print_error(words[0] +
                ": a library: only _initialize is run, and nothing takes the arguments; name a function with " +
                "--invoke: " + exported_functions(module));
  }
  return program.run(*instance);
}

// What `run` and `resume` need before they know the module.
struct Prepared {
  std::unique_ptr<CheckpointSignal> signal;
  StoreLimits limits;
  std::optional<Program> program;
  std::optional<Engine> engine;
};

Result<void> prepare(const RunOptions& options, const std::vector<std::string>& words, Prepared& prepared) {
  Result<std::unique_ptr<CheckpointSignal>> signal = checkpoint_signal(options);
  if (!signal) return std::move(signal).error();
  prepared.signal = *std::move(signal);
  Result<Config> config = engine_config(options);
  if (!config) return std::move(config).error();
  Result<StoreLimits> limits = store_limits(options);
  if (!limits) return std::move(limits).error();
  prepared.limits = *limits;
  if (options.verbose) describe(options, *config);
  Result<Program> program = Program::configure(options, words);
  if (!program) return std::move(program).error();
  prepared.program.emplace(*std::move(program));
  if (options.perf_map && !jit::start_perf_map()) {
    return Error::make(ErrorKind::io, "--perf-map: no compiler, or cannot write /tmp/perf-PID.map");
  }
  prepared.engine.emplace(*config);
  const Engine& engine = *prepared.engine;
  if (!engine.cache_problem().empty()) print_error("--cache: nothing is cached: " + engine.cache_problem());
  return prepared.program->open();
}

Result<Module> compile(const RunOptions& options, const Engine& engine, std::vector<uint8_t> bytes) {
  const auto begin = std::chrono::steady_clock::now();
  Result<Module> module = Module::compile(engine, std::move(bytes));
  if (module && options.verbose) describe(*module, begin);
  return module;
}

Result<int32_t> execute(const RunOptions& options, const std::vector<std::string>& words, Deadline& deadline) {
  Prepared prepared;
  if (Result<void> r = prepare(options, words, prepared); !r) return std::move(r).error();
  Result<std::vector<uint8_t>> bytes = read_module(words[0]);
  if (!bytes) return std::move(bytes).error();
  Result<Module> module = compile(options, *prepared.engine, *std::move(bytes));
  if (!module) return std::move(module).error();
  Result<int32_t> code = run_module(options, words, *prepared.engine, *module, *prepared.program, prepared.limits,
                                    deadline, prepared.signal.get());
  if (!code) return Program::explain_missing(explain_missing(std::move(code).error(), *module));
  return code;
}

// Goes on with the program in a file.
Result<int32_t> go_on(const RunOptions& options, const std::vector<std::string>& words, Deadline& deadline) {
  if (options.invoke || !options.preloads.empty()) return wrong_usage("--invoke and --preload are for `run`");
  Prepared prepared;
  if (Result<void> r = prepare(options, words, prepared); !r) return std::move(r).error();
  Result<SavedProgram> saved = read_saved_program(words[0]);
  if (!saved) return std::move(saved).error();
  Result<Module> module = compile(options, *prepared.engine, {saved->module.begin(), saved->module.end()});
  if (!module) return std::move(module).error();
  Store store(*prepared.engine, prepared.limits);
  const Deadline::Scope scope(deadline, [&] { store.interrupt(); });
  Linker linker(store);
  prepared.program->add_to(linker);
  if (Result<void> r = define_imports(options, *prepared.engine, *module, linker); !r) return std::move(r).error();
  if (Result<void> r = prepared.program->load(saved->wasi); !r) return std::move(r).error();
  Result<Restored> restored = restore(store, {*module}, linker, saved->store);
  if (!restored) return std::move(restored).error();
  if (restored->calls.size() != 1) return Error::make(ErrorKind::malformed, "the checkpoint has no running program");
  return run_call(options, store, *module, *prepared.program, std::move(restored->calls[0]), prepared.signal.get());
}

}  // namespace

namespace {

using Execute = Result<int32_t> (*)(const RunOptions&, const std::vector<std::string>&, Deadline&);

int run_command(const RunOptions& options, const std::vector<std::string>& words, Execute execute) {
  std::optional<std::chrono::nanoseconds> time;
  if (options.timeout) {
    time = parse_duration(*options.timeout);
    if (!time) {
      print_error("--timeout: expected a time like 5s, 200ms, 1.5m or 1h, found " + *options.timeout);
      return kWrongUsage;
    }
  }
  Deadline deadline(time);
  Result<int32_t> code = execute(options, words, deadline);
  if (code) return *code;
  const Error& error = code.error();
  if (deadline.passed() && error.kind == ErrorKind::trap && error.trap_code == TrapCode::interrupted) {
    print_error(words[0] + ": not done after " + *options.timeout + " (--timeout), ended");
    print_backtrace(error);
    return kTimedOut;
  }
  if (error.kind == ErrorKind::exit) return error.exit_code;
  if (error.kind != ErrorKind::usage) return report(words[0], error);
  // A message about an option begins with the option's name.
  print_error(error.message.starts_with("--") ? error.message : words[0] + ": " + error.message);
  return kWrongUsage;
}

}  // namespace

int run_command(const RunOptions& options, const std::vector<std::string>& words) {
  return run_command(options, words, &execute);
}

int resume_command(const RunOptions& options, const std::vector<std::string>& words) {
  return run_command(options, words, &go_on);
}

}  // namespace mini_wasm::cli
