// WASI preview1 (wasi_snapshot_preview1, and wasi_unstable): what a command-line program sees of the host.
// Nothing is granted that is not named here: no files without a preopen, no environment, no sockets.
#pragma once

#include <mini_wasm/linker.h>
#include <mini_wasm/result.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mini_wasm {

struct WasiConfig {
  std::vector<std::string> args;  // args[0] is the program's name
  std::vector<std::string> env;   // "NAME=value"
  struct Preopen {
    std::string host;   // a directory of the host
    std::string guest;  // the name the guest sees
    bool read_only = false;
  };
  std::vector<Preopen> preopens;
  // Host descriptors handed to the guest as 0, 1, 2; -1 gives the guest a closed one, and so does one
  // that is closed when `Wasi::make` looks.
  int stdin_fd = 0, stdout_fd = 1, stderr_fd = 2;
  // Listening or connected sockets inherited by the guest after the preopens (sock_accept, sock_recv, sock_send).
  std::vector<int> sockets;
  uint32_t max_open_files = 1024;
  // Called after each WASI call with a line about it, names escaped for a terminal: `fd_close(4) = success`. On the
  // thread of the guest that made the call, one call at a time. May be empty.
  std::function<void(std::string_view line)> trace;
  // Whether fd_write to a pipe that nobody reads any more raises SIGPIPE, as in a native program, which ends of it.
  // Off, the guest gets EPIPE and the host no signal.
  bool sigpipe = false;
};

namespace wasi {
class Context;
}

// One guest program's view. Keep it alive as long as the store that it was added to.
class Wasi {
 public:
  // Opens the preopened directories. Errors: io, usage (NUL in an argument or a variable).
  static Result<Wasi> make(WasiConfig config);
  Wasi(Wasi&&) noexcept;
  Wasi& operator=(Wasi&&) noexcept;
  ~Wasi();

  // Defines all functions of both module names. The guest's memory is the calling instance's memory 0. Linkers of
  // several stores on several threads may have them: one call at a time, but none keeps the others from theirs while it
  // waits (for input, for room in a pipe, for a connection, for a clock). Store::interrupt ends waiting within
  // milliseconds, with a trap; what waits in the system alone (fd_sync on a slow disk) goes on until it is done.
  void add_to(Linker& linker);
  // Calls `_start` of a command (or `_initialize` of a reactor) and gives its exit code: 0 when it returns, the code of
  // proc_exit otherwise. Errors: trap, host, usage (no such export).
  Result<int32_t> run(const Instance& instance);

  // wasi-threads: whether the program starts threads, which is to say imports "wasi" "thread-spawn".
  static bool has_threads(const Module& module);
  // Runs such a program in stores of its own: an instance per thread, at most 256 at a time beside the first, all with
  // the shared memory that the module imports. It ends when `_start` returns or when any thread exits or traps; the
  // others are then interrupted and waited for. `prepare`, if any, adds to the linker of each thread's store what else
  // the module imports; it is called on that thread. Errors: those of `run`, of instantiation and of `prepare`.
  using Prepare = std::function<Result<void>(Linker& linker)>;
  Result<int32_t> run_threads(const Engine& engine, const Module& module, const StoreLimits& limits = {},
                              const Prepare& prepare = {});
  // As Store::interrupt, for all threads of the program that `run_threads` runs, or else of the next one. Any thread.
  void interrupt_threads();

 private:
  explicit Wasi(std::unique_ptr<wasi::Context> context);
  std::unique_ptr<wasi::Context> context_;
};

}  // namespace mini_wasm
