/// @file
/// Settings of an engine.
#pragma once

#include <mini_wasm/api.h>
#include <mini_wasm/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mini_wasm {

/// How functions are executed.
enum class Tier : uint8_t {
  interpreter,  ///< Every function is interpreted.
  jit,          ///< Every function is compiled to machine code before its first call. Where that is not possible (no
                ///< compiler for this CPU, a build without it, a system that forbids making executable code), functions
                ///< are interpreted.
  automatic,    ///< Functions start in the interpreter; those that run often are compiled. Where that is not possible,
                ///< the same as `interpreter`.
};

/// One feature (a WebAssembly proposal) that can be switched on or off.
struct FeatureDescription {
  std::string_view name;  ///< The name that Config::feature and `--wasm=NAME` take. Valid for the whole program.
  std::string_view what;  ///< One line that says what the feature is. Valid for the whole program.
  bool on_by_default;     ///< Whether a new Config has it on.
};

/// Settings of an engine. A plain value: fill it in, then pass it to the constructor of an Engine, which copies it.
///
/// Thread rule: that of a plain value; different threads may use different objects.
class MINI_WASM_API Config {
 public:
  /// Turns a feature on or off by its name, for example `feature("simd", false)`. Config::features lists the names.
  ///
  /// Errors: usage (unknown name, or "mvp" turned off).
  Result<void> feature(std::string_view name, bool on);
  /// All features that can be switched. Empty when the host has no memory left.
  static std::vector<FeatureDescription> features();

  /// How functions are executed.
  Tier tier = Tier::automatic;
  /// Only for Tier::automatic: the number of calls and loop iterations of a function before it is compiled.
  uint32_t hot_after = 1000;
  /// Translates (or compiles, depending on #tier) every function in Module::compile instead of at its first call.
  bool eager = false;
  /// Validates a function at its first call instead of in Module::compile, so that a large module starts sooner.
  ///
  /// An invalid function never begins to run: the call traps with TrapCode::invalid_function, and the Error contains
  /// the reason and the byte offset. Everything else in the module is still validated in Module::compile. With #eager,
  /// functions are validated there, too.
  bool lazy_validation = false;
  /// Reserves address space with guard pages for 32-bit memories, so that an access needs no bounds check.
  ///
  /// When the system has no address space left, a memory is made without guard pages and its accesses are checked
  /// (Engine::memories_without_guard). Switch this off when the engine must not install signal handlers
  /// (docs/embedding-stacks-and-signals.md).
  bool guard_pages = true;
  /// Bytes of value stack per store. Deeper recursion traps with TrapCode::call_stack_exhausted.
  ///
  /// Recursion inside of a guest does not use the native stack of the thread. Nested calls (host to guest to host to
  /// guest ...) do; docs/embedding-stacks-and-signals.md explains both.
  uint64_t stack_size = uint64_t{8} << 20;
  /// How many calls from host functions back into WebAssembly may be nested. A call also needs enough native stack.
  uint32_t max_host_depth = 200;
  /// Prevents speculative reads beyond bounds (Spectre v1) in compiled call_indirect, table accesses and br_table, and
  /// in arrays and memories without guard pages on every tier. Useful when guests share a process with secrets.
  /// docs/host-process.md says what it costs.
  bool speculation_guards = false;
  /// How many memories (unshared, with guard pages), how many stacks, and how many instances of each module the engine
  /// keeps after their store is gone, cleaned, for the next store. 0: none.
  ///
  /// Each memory that is kept reserves 8 GiB of address space. From its second instance on, a module with much data
  /// keeps a file descriptor open, which holds the initial content of its memories.
  uint32_t pool_size = 64;
  /// How many bytes of what is kept for the next store may stay in RAM.
  uint64_t pool_bytes = uint64_t{64} << 20;
  /// The directory of the code cache: files with machine code and with the fact that a module is valid, for the next
  /// process that compiles the same module. It is made if it does not exist. Empty: no cache.
  ///
  /// A file is written when the last user of a module releases it. A file is used only if it was written by someone
  /// with the key (#cache_key_file), by the same build of the engine, with the same settings, for the same CPU and for
  /// exactly the same module. Any other or damaged file is ignored. A problem with files never causes an error; it only
  /// costs time (Engine::cache_problem). The program has to be linked with a build id, as it is with the CMake target
  /// `mini_wasm::mini_wasm`. A module that was loaded from a file keeps the file open. See docs/code-cache.md.
  std::string cache_dir;
  /// Maximum bytes of all files in #cache_dir. The files that were used least recently are deleted first.
  uint64_t cache_bytes = uint64_t{1} << 30;
  /// The file with the key that authenticates cache files. It is made if it does not exist, with permissions 600.
  /// Empty: `$XDG_STATE_HOME/mini-wasm/cache.key`, else `~/.local/state/mini-wasm/cache.key`.
  ///
  /// Whoever can read the key can make machine code that the engine will run. Therefore no directory of a guest may
  /// give access to the key or to the cache: while an engine with a cache exists, Wasi::make refuses such directories;
  /// while such a Wasi object exists, a new engine works without its cache.
  std::string cache_key_file;
  /// Counts what guests execute, so that a store can give them a limited amount of it (Store::set_fuel). Code is then
  /// slower by a few percent; without, it costs nothing. docs/limits.md says what is counted.
  bool fuel = false;
  /// Collects garbage before every allocation of a garbage-collected object. Slow; it shows where an embedder forgets
  /// to keep an object alive (Rooted).
  bool gc_stress = false;

  /// The features as bits, in the order of Config::features. For the library's own use.
  uint64_t feature_bits() const { return features_; }

 private:
  uint64_t features_ = default_features();
  static uint64_t default_features();
  Result<void> set_feature(std::string_view name, bool on);
};

}  // namespace mini_wasm
