/// @file
/// WASI preview1: what a command-line program sees of the host.
#pragma once

#include <mini_wasm/api.h>
#include <mini_wasm/linker.h>
#include <mini_wasm/result.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace mini_wasm {

namespace wasi {
class Context;
class MemoryTree;
class OutputBytes;
}  // namespace wasi

/// Receives what programs write to a stream, and keeps it until the embedder takes it.
///
/// Ownership: a copy is another handle of the same bytes. Thread rule: any thread, also while programs write.
class MINI_WASM_API WasiBuffer {
 public:
  /// A buffer that never holds more than `max_bytes`. A write beyond that is cut off there; when nothing fits, the guest
  /// gets ENOSPC. When the host has no memory left, the buffer is one that holds nothing.
  explicit WasiBuffer(uint64_t max_bytes = 16 << 20);
  /// A copy of the bytes. Empty when the host has no memory left.
  std::string text() const;
  /// The bytes, which the buffer then does not hold any more: it has room again.
  std::string take();
  /// Whether a program has written more than there was room for.
  bool overflowed() const;

 private:
  friend class wasi::Context;
  std::shared_ptr<wasi::OutputBytes> bytes_;
};

/// Puts input into `buffer`, which is not empty, and gives the number of bytes; 0 is the end. It may wait; an interrupt
/// of the guest takes effect when it returns. After an error the guest gets EIO.
///
/// It is called on the guest's thread; when the program has several threads, on several at once. An exception ends the
/// guest as that of a host function does. It must not destroy the Wasi object, and may call guests.
using WasiRead = std::function<Result<size_t>(std::span<uint8_t> buffer)>;
/// Takes output: all of `bytes`, or an error, after which the guest gets EIO. They are in the guest's memory, where its
/// other threads may change them meanwhile. For the rest see WasiRead.
using WasiWrite = std::function<Result<void>(std::string_view bytes)>;

/// Where a program's input comes from: a descriptor of the host (-1, or a closed one: closed for the guest, too), these
/// bytes and then the end, or a function.
using WasiInput = std::variant<int, std::string, WasiRead>;
/// Where a program's output goes to: a descriptor of the host (likewise), nowhere, a buffer, or a function.
using WasiOutput = std::variant<int, std::monostate, WasiBuffer, WasiWrite>;

/// What a tree of WasiFiles may hold at most. What is beyond gives an Error to the embedder, and ENOSPC to a guest.
struct WasiFileLimits {
  uint64_t bytes = 64 << 20;    ///< Content of all files, holes included, and targets of links.
  uint64_t entries = 64 << 10;  ///< Names of files, directories and links. Each takes some hundred bytes more.
};

/// Files and directories in memory, for WasiConfig::Preopen. Programs can do with them all that they can do with those of
/// the host. Nothing of the host can be reached from them.
///
/// Paths of the embedder are relative to the root; a slash at the beginning is ignored. `..` and symbolic links are not
/// followed. Times of files that the embedder makes are 0.
///
/// Ownership: a copy is another handle of the same tree, which exists as long as one of them, or a program that was given
/// it. Several programs may use one tree. Thread rule: any thread; each call is atomic.
class MINI_WASM_API WasiFiles {
 public:
  /// A tree with these files: pairs of a path and its content. Errors: those of WasiFiles::write.
  static Result<WasiFiles> make(const std::vector<std::pair<std::string, std::string>>& files = {},
                                const WasiFileLimits& limits = {});
  /// Another handle of the same tree.
  WasiFiles(const WasiFiles&) = default;
  /// Becomes a handle of the other tree.
  WasiFiles& operator=(const WasiFiles&) = default;
  /// Makes a file, with the directories on its way, or replaces its content. Errors: usage (not a path of a file), limit.
  Result<void> write(std::string_view path, std::string_view content);
  /// Makes a directory, with those on its way, unless it is there. Errors: usage, limit.
  Result<void> make_directory(std::string_view path);
  /// Makes a symbolic link, with the directories on its way. Errors: usage (something is there), limit.
  Result<void> make_link(std::string_view target, std::string_view path);
  /// The content of a file, or the target of a link. Errors: usage (there is none), limit (no memory left).
  Result<std::string> read(std::string_view path) const;
  /// Removes a file, a link, or an empty directory. Errors: usage.
  Result<void> remove(std::string_view path);
  /// What is in a directory.
  struct Entry {
    /// What an entry is.
    enum class Kind { file, directory, link };
    std::string name;  ///< One component of a path: any bytes but a slash and NUL.
    Kind kind;         ///< What it is.
    uint64_t size;     ///< The bytes of a file, or of the target of a link.
  };
  /// The entries of a directory, in the order in which they were made. Errors: usage (there is none), limit.
  Result<std::vector<Entry>> list(std::string_view path = "") const;
  /// How much of WasiFileLimits::bytes is used.
  uint64_t bytes() const;

 private:
  friend class wasi::Context;
  explicit WasiFiles(std::shared_ptr<wasi::MemoryTree> tree);
  std::shared_ptr<wasi::MemoryTree> tree_;
};

/// The clocks of a program, instead of those of the host. All times are in nanoseconds. The functions are called on the
/// guest's thread; when the program has several threads, on several at once. They must not call guests.
struct MINI_WASM_API WasiClock {
  std::function<uint64_t()> realtime;   ///< The time since 1970 (UTC); also for the times of files in memory.
  std::function<uint64_t()> monotonic;  ///< A time that never goes back; the clocks of CPU time show it, too.
  /// Waits about that long on these clocks, or shorter: then it is called again. If there is none, the program looks at
  /// the clock each millisecond of the host. A program that also waits for a descriptor looks at it before, not meanwhile.
  std::function<void(uint64_t nanoseconds)> sleep = {};
  uint64_t resolution = 1;  ///< What clock_res_get gives.
  /// Time that passes only when a program looks at it (`tick` each time) or sleeps (at once, for as long as it asks).
  /// `start` is the first time of both clocks. Empty functions, which Wasi::make refuses, when the host has no memory left.
  static WasiClock virtual_time(uint64_t start = 0, uint64_t tick = 1000);
};

/// Fills `bytes` with random ones. Called on the guest's thread, one call at a time. It must not call guests.
using WasiRandom = std::function<void(std::span<uint8_t> bytes)>;
/// Numbers that are the same for the same seed. No secrets can be made of them. Empty when the host has no memory left.
MINI_WASM_API WasiRandom wasi_random_from_seed(uint64_t seed);

/// What a WASI program is given. It gets nothing that is not named here, except clocks and random numbers: no files
/// without a preopened directory, no environment variables, no sockets. With the streams, the directories, the clock and
/// the random numbers chosen here, a program does the same in each run.
struct WasiConfig {
  std::vector<std::string> args;  ///< The arguments. args[0] is the program's name.
  std::vector<std::string> env;   ///< The environment variables, each as "NAME=value".
  /// A directory that the guest can use.
  struct Preopen {
    std::string host;                     ///< The path of the directory on the host, unless `files` are given.
    std::string guest;                    ///< The name that the guest sees.
    bool read_only = false;               ///< Whether the guest may only read.
    std::optional<WasiFiles> files = {};  ///< The directory is the root of these.
  };
  std::vector<Preopen> preopens;  ///< The directories. They get descriptors from 3 on, in this order.
  WasiInput in = 0;               ///< Standard input: the guest's descriptor 0.
  WasiOutput out = 1;             ///< Standard output: the guest's descriptor 1.
  WasiOutput err = 2;             ///< Standard error: the guest's descriptor 2.
  /// Sockets of the host, listening or connected, which the guest inherits. They get the descriptors after the
  /// directories (sock_accept, sock_recv, sock_send).
  std::vector<int> sockets;
  /// The maximum number of descriptors that the guest may have, the standard streams included. Beyond, it gets EMFILE.
  uint32_t max_open_files = 1024;
  /// The maximum number of bytes that the guest may write to all files and streams together, and reserve with
  /// fd_allocate. A write beyond that is cut off there; then the guest gets ENOSPC.
  uint64_t max_written = ~uint64_t{0};
  /// The clocks of the guest; without it, those of the host.
  std::optional<WasiClock> clock;
  /// Where random numbers come from; empty: from the system.
  WasiRandom random;
  /// Called after each WASI call with one line about it, such as `fd_close(4) = success`; names are escaped for a
  /// terminal. Called on the thread of the guest that made the call, one call at a time. Empty: no trace.
  std::function<void(std::string_view line)> trace;
  /// Whether fd_write to a pipe without readers raises SIGPIPE in the process, which ends it as it ends a native
  /// program. If not, the guest gets EPIPE and the host gets no signal.
  bool sigpipe = false;
};

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
  /// name; arguments too large; a clock without its two functions; a directory on a file system of the kernel, such as /proc; a directory that gives
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

  /// The state of the program besides that of its store (checkpoint.h), as bytes: its arguments, its environment, and
  /// which files it has open, by their paths below the directories, with positions and rights. Not the content of files,
  /// nor that of directories in memory. No guest may be running.
  ///
  /// Errors: usage (a descriptor is a connection, or something else that cannot be made again); limit.
  Result<std::vector<uint8_t>> save() const;
  /// Gives a new program that state, before its store runs. The WasiConfig must name the same directories, in the same
  /// order, as the one of the program that was saved; its streams, directories and limits are what the program then has,
  /// and its arguments and environment do not matter. Files are opened again, without creating or cutting any.
  ///
  /// The state may come from anywhere: it cannot give the program more than the WasiConfig does.
  ///
  /// Errors: malformed, with the offset in `state`; usage (other directories); io (a file cannot be opened again); limit.
  Result<void> load(std::span<const uint8_t> state);

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
