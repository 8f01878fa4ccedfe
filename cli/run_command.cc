#include "cli/run_command.h"

#include <mini_wasm/mini_wasm.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>

#include "cli/invoke.h"
#include "cli/standard_streams.h"
#include "cli/text_input.h"
#include "core/utf8.h"
#include "runtime/image.h"
#if MINI_WASM_JIT
#include "jit/perf_map.h"
#endif

namespace mini_wasm::cli {
namespace {

Error wrong_usage(std::string message) { return Error::make(ErrorKind::usage, std::move(message)); }

// HOST[::GUEST]; the guest sees the directory under the name that was given for it, or the host's.
void add_preopens(const std::vector<std::string>& dirs, bool read_only, WasiConfig& config) {
  for (const std::string& dir : dirs) {
    const size_t colons = dir.find("::");
    const std::string host = dir.substr(0, colons);
    config.preopens.push_back({host, colons == dir.npos ? host : dir.substr(colons + 2), read_only});
  }
}

Result<WasiConfig> wasi_config(const RunOptions& options, const std::vector<std::string>& words) {
  WasiConfig config;
  config.stdin_fd = guest_stream(STDIN_FILENO);
  config.stdout_fd = guest_stream(STDOUT_FILENO);
  config.stderr_fd = guest_stream(STDERR_FILENO);
  config.args = words;
  if (options.argv0) config.args[0] = *options.argv0;
  for (const std::string& variable : options.env) {
    if (variable.find('=') != variable.npos) {
      config.env.push_back(variable);
    } else if (const char* value = std::getenv(variable.c_str())) {
      config.env.push_back(variable + "=" + value);
    } else {
      return wrong_usage("--env: " + variable + " is not set here; write NAME=VALUE");
    }
  }
  add_preopens(options.dirs, false, config);
  add_preopens(options.read_only_dirs, true, config);
  return config;
}

Result<uint64_t> size_option(const std::optional<std::string>& text, const char* name, uint64_t otherwise) {
  if (!text) return otherwise;
  if (const std::optional<uint64_t> size = parse_size(*text)) return *size;
  return wrong_usage(std::string(name) + ": expected a number of bytes like 65536, 64K, 10M or 1G, found " + *text);
}

// XDG Base Directory Specification: a path that is not absolute does not count.
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
  if (runtime::Image::own().build_id.empty()) {
    print_error("--cache: this mini-wasm was linked without a build id, so nothing is cached");
    return std::string();
  }
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
  if (options.tier == "interp") config.tier = Tier::interpreter;
  if (options.tier == "jit") config.tier = Tier::jit;
  config.eager = options.compile == "eager";
  config.lazy_validation = options.compile == "lazy";
  config.pool_size = 0;  // there is one store, and one for each thread
  if (options.cache) {
    Result<std::string> directory = cache_directory(*options.cache);
    if (!directory) return std::move(directory).error();
    config.cache_dir = *directory;
  }
  return config;
}

// "add [i32 i32] -> [i32], main [] -> []": what --invoke could name.
std::string exported_functions(const Module& module) {
  std::string text;
  for (const ExportType& e : module.exports()) {
    if (e.type.kind != ExternKind::func) continue;
    text += (text.empty() ? "" : ", ") + escape_for_terminal(e.name) + " " + to_string(e.type.func);
  }
  return text.empty() ? "it exports no functions" : "it exports " + text;
}

// One function with arguments from the command line; its results go to standard output, one a line.
Result<int32_t> invoke(const Instance& instance, const Module& module, const std::string& name,
                       std::span<const std::string> words) {
  const std::optional<Func> func = instance.func(name);
  if (!func) return wrong_usage("no exported function \"" + name + "\"; " + exported_functions(module));
  Result<std::vector<Val>> args = parse_arguments(func->type(), words);
  if (!args) return wrong_usage(name + ": " + args.error().message);
  // A library that needs its runtime set up says so with this export (WASI "reactor").
  if (const std::optional<Func> initialize = instance.func("_initialize"); initialize && name != "_initialize") {
    if (auto r = initialize->call({}); !r) return std::move(r).error();
  }
  Result<std::vector<Val>> results = func->call(*args);
  if (!results) return std::move(results).error();
  for (const Val& value : *results) std::printf("%s\n", result_text(value).c_str());
  return kSuccess;
}

Result<int32_t> execute(const RunOptions& options, const std::vector<std::string>& words) {
  Result<Config> config = engine_config(options);
  if (!config) return std::move(config).error();
  StoreLimits limits;
  Result<uint64_t> max_memory = size_option(options.max_memory, "--max-memory", limits.memory_bytes);
  if (!max_memory) return std::move(max_memory).error();
  limits.memory_bytes = *max_memory;
  Result<uint64_t> max_gc_heap = size_option(options.max_gc_heap, "--max-gc-heap", limits.gc_heap_bytes);
  if (!max_gc_heap) return std::move(max_gc_heap).error();
  limits.gc_heap_bytes = *max_gc_heap;
  Result<WasiConfig> guest = wasi_config(options, words);
  if (!guest) return std::move(guest).error();

#if MINI_WASM_JIT
  if (options.perf_map && !jit::start_perf_map()) {
    return Error::make(ErrorKind::io, "--perf-map: cannot write /tmp/perf-PID.map");
  }
#endif
  const Engine engine(*config);
  Result<std::vector<uint8_t>> bytes = read_module(words[0]);
  if (!bytes) return std::move(bytes).error();
  Result<Module> module = Module::compile(engine, std::move(*bytes));
  if (!module) return std::move(module).error();
  Result<Wasi> wasi = Wasi::make(std::move(*guest));
  if (!wasi) return std::move(wasi).error();
  if (Wasi::has_threads(*module) && !options.invoke) return wasi->run_threads(engine, *module, limits);
  Store store(engine, limits);
  Linker linker(store);
  wasi->add_to(linker);
  Result<Instance> instance = linker.instantiate(*module);
  if (!instance) return std::move(instance).error();
  if (options.invoke) return invoke(*instance, *module, *options.invoke, std::span(words).subspan(1));
  if (!instance->func("_start") && !instance->func("_initialize")) {
    print_error(words[0] + ": not a WASI program, it has no _start function; name a function with --invoke: " +
                exported_functions(*module));
    return kBadInput;
  }
  return wasi->run(*instance);
}

}  // namespace

void RunOptions::add_to(CLI::App& command) {
  add_list_option(command, "--dir", dirs, "HOST[::GUEST]", "Let the program use a directory, under the name GUEST");
  add_list_option(command, "--read-only-dir", read_only_dirs, "HOST[::GUEST]",
                  "The same, but nothing in it can be changed");
  add_list_option(command, "--env", env, "NAME[=VALUE]",
                  "Set a variable of the environment; without VALUE, to what it is here");
  command.add_option("--argv0", argv0, "The program's name as it sees it, instead of FILE")->option_text("NAME");
  command.add_option("--invoke", invoke, "Call this exported function with ARGS and print its results")
      ->option_text("NAME");
  command
      .add_option("--tier", tier,
                  "What executes the code: interp, jit (the compiler), or auto (default), which compiles what is hot")
      ->check(CLI::IsMember({"interp", "jit", "auto"}))
      ->option_text("NAME");
  command
      .add_option(
          "--compile", compile,
          "When: first-call, each function at its first call (default), lazy, which also validates it only then, or "
          "eager, all at once")
      ->check(CLI::IsMember({"first-call", "lazy", "eager"}))
      ->option_text("WHEN");
  command.add_option("--max-memory", max_memory, "Most bytes that a memory may have, e.g. 512M (default 4G)")
      ->option_text("N[K|M|G]");
  command.add_option("--max-gc-heap", max_gc_heap, "Most bytes that garbage-collected objects may take (default 4G)")
      ->option_text("N[K|M|G]");
  command.add_option("--stack-size", stack_size, "Bytes for the stack of calls, e.g. 64M (default 8M)")
      ->option_text("N[K|M|G]");
  command
      .add_flag("--cache{*}", cache,
                "Keep machine code in DIR, or in ~/.cache/mini-wasm: the program starts faster the next time")
      ->option_text("[=DIR]");
  command.add_flag("--no-guard-pages", no_guard_pages,
                   "Check every access instead of reserving 8 GiB of addresses for each memory");
#if MINI_WASM_JIT
  command.add_flag("--perf-map", perf_map, "Write names of compiled functions to /tmp/perf-PID.map, for `perf report`");
#endif
  features.add_to(command);
}

int run_command(const RunOptions& options, const std::vector<std::string>& words) {
  Result<int32_t> code = execute(options, words);
  if (code) return *code;
  const Error& error = code.error();
  if (error.kind == ErrorKind::exit) return error.exit_code;
  if (error.kind != ErrorKind::usage) return report(words[0], error);
  print_error(words[0] + ": " + error.message);
  return kWrongUsage;
}

}  // namespace mini_wasm::cli
