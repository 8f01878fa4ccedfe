// The options of `mini-wasm run`.
#include <CLI/CLI.hpp>

#include "cli/run_command.h"

namespace mini_wasm::cli {

void RunOptions::add_to(CLI::App& command) {
  add_world(command);
  add_imports(command);
  add_execution(command);
  add_limits(command);
  add_checkpoints(command);
  add_machine_code(command);
  command.add_option("--trace", trace, "Write each call of the named interface to stderr: wasi")
      ->check(CLI::IsMember({"wasi"}))
      ->option_text("wasi");
  command.add_flag("-v,--verbose", verbose, "Say on stderr what is being done");
  features.add_to(command);
}

// Options for what the program can see of the host.
void RunOptions::add_world(CLI::App& command) {
  add_list_option(command, "--dir", dirs, "HOST[::GUEST]", "Let the program use a directory, under the name GUEST");
  add_list_option(command, "--read-only-dir", read_only_dirs, "HOST[::GUEST]",
                  "The same, but nothing in it can be changed");
  add_list_option(
      command, "--memory-dir", memory_dirs, "[HOST::]GUEST",
      "Let the program use a directory in memory, empty or a copy of HOST, under the name GUEST; it is gone "
      "afterwards");
  add_list_option(command, "--env", env, "NAME[=VALUE]",
                  "Set a variable of the environment; without VALUE, to what it is here. The last one wins");
  command.add_flag("--inherit-env", inherit_env, "Give the program all variables of the environment here");
  add_list_option(command, "--env-file", env_files, "FILE", "Set the variables in a file of lines NAME=VALUE");
  command.add_option("--cwd", cwd, "The directory, as the program names it, that it starts in: below one of --dir")
      ->option_text("GUEST");
  add_list_option(
      command, "--listen", listen, "ADDRESS",
      "Let the program accept connections at HOST:PORT, [IPV6]:PORT, :PORT or unix:PATH; `systemd` hands on "
      "the sockets that this process was started with");
  command.add_option("--argv0", argv0, "The program's name as it sees it, instead of FILE")->option_text("NAME");
}

void RunOptions::add_imports(CLI::App& command) {
  command.add_option("--invoke", invoke, "Call this exported function with ARGS and print its results")
      ->option_text("NAME");
  add_list_option(command, "--preload", preloads, "NAME=FILE",
                  "Instantiate another module first; its exports are importable from the module NAME");
  command
      .add_option(
          "--unknown-imports", unknown_imports,
          "What an import is that nobody has: error (default), trap, a function that traps when it is called, or "
          "zero, one that returns zeros")
      ->check(CLI::IsMember({"error", "trap", "zero"}))
      ->option_text("WHAT");
}

void RunOptions::add_execution(CLI::App& command) {
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
  command
      .add_flag("--deterministic{" + std::string(kAnySeed) + "}", deterministic,
                "The same clocks and random numbers in each run: the latter are made from SEED, and time passes only "
                "when the program looks at a clock or sleeps")
      ->option_text("[=SEED]");
}

void RunOptions::add_checkpoints(CLI::App& command) {
  command
      .add_option("--checkpoint-file", checkpoint_file,
                  "Write the state of the program to FILE when the signal of --checkpoint-on comes; `mini-wasm resume` "
                  "goes on from there")
      ->option_text("FILE");
  command
      .add_option("--checkpoint-on", checkpoint_on,
                  "Which signal asks for that: SIGUSR1 (default), SIGUSR2 or SIGHUP; the program answers at its next "
                  "loop")
      ->option_text("SIGNAL");
}

void RunOptions::add_limits(CLI::App& command) {
  command
      .add_option("--max-memory", max_memory,
                  "Most bytes for memories, tables and objects together, e.g. 512M (default: 4G for each memory)")
      ->option_text("N[K|M|G]");
  command.add_option("--max-gc-heap", max_gc_heap, "Most bytes that garbage-collected objects may take (default 4G)")
      ->option_text("N[K|M|G]");
  command.add_option("--stack-size", stack_size, "Bytes for the stack of calls, e.g. 64M (default 8M)")
      ->option_text("N[K|M|G]");
  command
      .add_option("--max-written", max_written, "Most bytes that the program may write to files and streams together")
      ->option_text("N[K|M|G]");
  command.add_option("--max-open-files", max_open_files, "Most files that it may have open (default 1024)")
      ->option_text("N");
  command.add_option("--timeout", timeout, "End the program after that long, e.g. 5s, 200ms, 2m; the exit code is 124")
      ->option_text("TIME");
  command
      .add_option("--fuel", fuel,
                  "Most instructions that the program may execute (each of its threads); then it traps, always at the "
                  "same instruction")
      ->check(CLI::NonNegativeNumber)
      ->option_text("N");
  command.add_flag(
      "--no-sigpipe", no_sigpipe,
      "Writing to a pipe that nobody reads is an error for the program (EPIPE) and no signal that ends it");
}

void RunOptions::add_machine_code(CLI::App& command) {
  command
      .add_flag("--cache{*}", cache,
                "Keep machine code in DIR, or in ~/.cache/mini-wasm: the program starts faster the next time")
      ->option_text("[=DIR]");
  command
      .add_option(
          "--cache-key", cache_key,
          "The key of --cache, made when missing (default ~/.local/state/mini-wasm/cache.key); whoever can read "
          "it, or write to DIR, must be trusted")
      ->option_text("FILE");
  command.add_flag("--no-guard-pages", no_guard_pages,
                   "Check every access instead of reserving 8 GiB of addresses for each memory");
  command.add_flag("--speculation-guards", speculation_guards,
                   "Keep the CPU from reading beyond bounds by guess (Spectre), which costs time");
  command.add_flag("--perf-map", perf_map, "Write names of compiled functions to /tmp/perf-PID.map, for `perf report`");
}

// CLI11 keeps the values of each option separately, so their common order is recorded here.
void RunOptions::note_order(const CLI::App& command) {
  for (const CLI::Option* option : command.parse_order()) {
    if (option->get_single_name() == "dir") dir_order.push_back(Dir::writable);
    if (option->get_single_name() == "read-only-dir") dir_order.push_back(Dir::read_only);
    if (option->get_single_name() == "memory-dir") dir_order.push_back(Dir::in_memory);
  }
}

}  // namespace mini_wasm::cli
