// What the guest of `run` gets besides its imports from other modules: WASI (wasi_program.cc), or nothing in a build
// without it (no_wasi_program.cc).
#pragma once

#include <mini_wasm/mini_wasm.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cli/run_command.h"

namespace mini_wasm::cli {

class Program {
 public:
  // `words`: the file, and the guest's arguments. Opens files of variables and sockets. Says what the program will see, if
  // that is asked for. Errors: usage, io.
  static Result<Program> configure(const RunOptions& options, const std::vector<std::string>& words);
  // Opens the directories. Must be called once, after the engine has been made and before its cache is used, because a
  // directory that reaches the cache is refused. Errors: those of Wasi::make.
  Result<void> open();
  Program(Program&&) noexcept;
  ~Program();

  void add_to(Linker& linker);
  // Calls _start or _initialize. Gives the exit code.
  Result<int32_t> run(const Instance& instance);
  // Its state besides the store, and a program with that state; see Wasi.
  Result<std::vector<uint8_t>> save() const;
  Result<void> load(std::span<const uint8_t> state);
  // For a program that starts threads; see Wasi.
  static bool has_threads(const Module& module);
  using Prepare = std::function<Result<void>(Linker& linker)>;
  Result<int32_t> run_threads(const Engine& engine, const Module& module, const StoreLimits& limits,
                              const Prepare& prepare);
  void interrupt_threads();

  // For an error of instantiating: says so if something is missing that this build does not have.
  static Error explain_missing(Error error);

 private:
  struct State;
  explicit Program(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mini_wasm::cli
