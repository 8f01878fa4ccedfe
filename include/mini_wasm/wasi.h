/// @file
/// WASI preview1: what a command-line program sees of the host.
#pragma once

#include <mini_wasm/api.h>
#include <mini_wasm/linker.h>
#include <mini_wasm/result.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mini_wasm {

/// What a WASI program is given. It gets nothing that is not named here, except clocks and random numbers: no files
/// without a preopened directory, no environment variables, no sockets.
struct WasiConfig {
  std::vector<std::string> args;  ///< The arguments. args[0] is the program's name.
  std::vector<std::string> env;   ///< The environment variables, each as "NAME=value".
  /// A directory that the guest can use.
  struct Preopen {
    std::string host;        ///< The path of the directory on the host.
    std::string guest;       ///< The name that the guest sees.
    bool read_only = false;  ///< Whether the guest may only read.
  };
  std::vector<Preopen> preopens;  ///< The directories. They get descriptors from 3 on, in this order.
  int stdin_fd = 0;   ///< The host's descriptor for the guest's 0. -1, or a closed one: closed for the guest, too.
  int stdout_fd = 1;  ///< The host's descriptor for the guest's 1, likewise.
  int stderr_fd = 2;  ///< The host's descriptor for the guest's 2, likewise.
  /// Sockets of the host, listening or connected, which the guest inherits. They get the descriptors after the
  /// directories (sock_accept, sock_recv, sock_send).
  std::vector<int> sockets;
  uint32_t max_open_files = 1024;  ///< The maximum number of descriptors that the guest may have.
  /// Called after each WASI call with one line about it, such as `fd_close(4) = success`; names are escaped for a
  /// terminal. Called on the thread of the guest that made the call, one call at a time. Empty: no trace.
  std::function<void(std::string_view line)> trace;
  /// Whether fd_write to a pipe without readers raises SIGPIPE in the process, which ends it as it ends a native
  /// program. If not, the guest gets EPIPE and the host gets no signal.
  bool sigpipe = false;
};

namespace wasi {
class Context;
}

/// One WASI program: its arguments, environment, descriptors and directories. Implements `wasi_snapshot_preview1` and
/// `wasi_unstable`.
///
/// Ownership: movable, not copyable. It must exist, at any address, as long as guests run in a store whose linker it was
/// added to.
///
/// Thread rule: its functions may be called by several guests on several threads; see Wasi::add_to.
class MINI_WASM_API Wasi {
 public:
  /// Opens the preopened directories.
  ///
  /// Errors: io (a directory or a descriptor cannot be used), usage (a NUL character in an argument, a variable or a
  /// name; arguments too large; a directory on a file system of the kernel, such as /proc; a directory that gives
  /// access to the code cache or its key; a socket that is none), limit (more descriptors than
  /// WasiConfig::max_open_files).
  static Result<Wasi> make(WasiConfig config);
  /// Takes the program over.
  Wasi(Wasi&&) noexcept;
  /// Takes the program over and closes its own descriptors.
  Wasi& operator=(Wasi&&) noexcept;
  ~Wasi();

  /// Defines all functions under both module names. A function uses memory 0 of the instance that calls it.
  ///
  /// Linkers of several stores on several threads may have the functions of one program: calls run one at a time, but a
  /// call that waits (for input, for room in a pipe, for a connection, for a clock) does not block the others.
  /// Store::interrupt ends a wait within milliseconds, with a trap. A wait inside the system (fd_sync on a slow disk)
  /// ends only when the system is done.
  void add_to(Linker& linker);
  /// Calls `_start` of a command, or `_initialize` of a reactor. Gives the program's exit code: 0 when the function
  /// returns, the code of proc_exit otherwise.
  ///
  /// Errors: usage (the instance exports neither), and those of Func::call except exit.
  Result<int32_t> run(const Instance& instance);

  /// Whether a program starts threads (wasi-threads), that is, imports "wasi" "thread-spawn".
  static bool has_threads(const Module& module);
  /// Adds to the linker of each thread's store what the module imports besides WASI. Called on that thread.
  using Prepare = std::function<Result<void>(Linker& linker)>;
  /// Runs a program with threads. Each thread is an instance in a store of its own, on a thread of the host; all of
  /// them use the shared memory that the module imports. There may be 256 threads besides the first one.
  ///
  /// The program ends when `_start` returns, or when a thread exits or traps. The other threads are then interrupted,
  /// and the call returns when all have ended. `limits` are for each store.
  ///
  /// Errors: those of Wasi::run, of instantiation, and of `prepare`.
  Result<int32_t> run_threads(const Engine& engine, const Module& module, const StoreLimits& limits = {},
                              const Prepare& prepare = {});
  /// Interrupts all threads of the program that Wasi::run_threads is running, or else of the next one, as
  /// Store::interrupt does. Thread rule: any thread.
  void interrupt_threads();

 private:
  explicit Wasi(std::unique_ptr<wasi::Context> context);
  std::unique_ptr<wasi::Context> context_;
};

}  // namespace mini_wasm
