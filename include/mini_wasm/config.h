// Engine-wide settings. A Config is a plain value: fill it in, hand it to an Engine.
#pragma once

#include <mini_wasm/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mini_wasm {

// `jit` compiles to machine code. Where that is not possible (a CPU without a compiler, a build without it, a system
// that lets no program make code) it is the interpreter, too. `automatic` begins in the interpreter and compiles what
// turns out to be hot.
enum class Tier : uint8_t { interpreter, jit, automatic };

struct FeatureDescription {
  std::string_view name;  // as in --wasm=NAME
  std::string_view what;
  bool on_by_default;
};

class Config {
 public:
  // Turns a proposal on or off by its name in features.def, e.g. ("simd", false). An unknown name is an error.
  Result<void> feature(std::string_view name, bool on);
  static std::vector<FeatureDescription> features();

  Tier tier = Tier::automatic;
  // Of Tier::automatic: how often a function is called, or its loops go round, before it is compiled.
  uint32_t hot_after = 1000;
  // Translate every function when the module is compiled rather than at its first call.
  bool eager = false;
  // Validate each function at its first call rather than when the module is compiled, so that a large module starts at
  // once. A function that turns out to be invalid does not begin: the call traps "invalid function", and the error
  // says what is wrong and where. All else in the module is validated when it is compiled. With `eager`, so are the
  // functions.
  bool lazy_validation = false;
  // Reserve address space with guard pages for 32-bit memories, so that no access needs a bounds check. A memory for
  // which there is none left goes without (Engine::memories_without_guard).
  bool guard_pages = true;
  // Bytes of value stack per store; deeper recursion traps "call stack exhausted". Nothing of the guest's is on the
  // stack of the thread, however large that is; nested calls are (docs/embedding-stacks-and-signals.md).
  uint64_t stack_size = uint64_t{8} << 20;
  // How many calls from host functions back into WebAssembly may be nested, if there is native stack for so many.
  uint32_t max_host_depth = 200;
  // Keep the CPU from reading beyond bounds by guess (Spectre v1), where guests may learn secrets of the process that
  // way: in call_indirect, tables, br_table, arrays, and memories without guard pages. docs/host-process.md says what
  // it costs.
  bool speculation_guards = false;
  // What stores leave behind is cleaned and kept for the next ones: memories (with guard pages, not shared), stacks,
  // each module's instances; so many of each at most (8 GiB of addresses a memory), and bytes that stay in memory. 0:
  // nothing. A module with much data has a file descriptor, from its second instance on, for what memories begin with.
  uint32_t pool_size = 64;
  uint64_t pool_bytes = uint64_t{64} << 20;
  // A directory for what is worth knowing when a module is compiled again, in another process above all: that it is
  // valid, and the machine code of functions that were called. Made when missing; empty: nothing is kept. Written when
  // the last user of a module goes. A file is believed only when it was written by somebody with the key, and as far as
  // it fits this very build of the engine, its settings, the CPU and the module, byte by byte; what does not, or is
  // damaged, is as if it were not there, and whatever goes wrong with files costs time at most (Engine::cache_problem).
  // Works where the linker writes build ids (as with `mini_wasm::mini_wasm` it does). A module with a file keeps it
  // open. cache_bytes: most bytes that files there take, the least recently used go first.
  std::string cache_dir;
  uint64_t cache_bytes = uint64_t{1} << 30;
  // The file with the key; made when missing, with permissions 600. Empty: $XDG_STATE_HOME/mini-wasm/cache.key, else
  // ~/.local/state/mini-wasm/cache.key. Who can read it can make machine code that is run: no directory that a guest
  // may use may reach it or the cache, and while an engine with a cache lives, Wasi::make refuses such directories (as
  // an engine does without its cache while such a Wasi lives).
  std::string cache_key_file;
  // Collect garbage before every allocation of a GC object: slow, for tests of whoever must keep objects alive.
  bool gc_stress = false;

  uint64_t feature_bits() const { return features_; }

 private:
  uint64_t features_ = default_features();
  static uint64_t default_features();
  Result<void> set_feature(std::string_view name, bool on);
};

}  // namespace mini_wasm
