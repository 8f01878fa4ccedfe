// ModuleCode: the machine code of one module. Calls go through a table of entry points (entries.h). The entry points of
// a function lead into the compiler until it is compiled; then they are replaced ("published").
// Thread rule: any thread. Functions are compiled under a lock, and each entry point is published by one atomic store.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "core/once.h"
#include "jit/backend.h"
#include "jit/native_code.h"
#include "jit/relocation.h"
#include "runtime/call/execution_tier.h"
#include "runtime/compiled_module.h"

namespace mini_wasm::jit {

class Jit;

class ModuleCode final : public runtime::ModuleCode {
 public:
  ModuleCode(Jit& jit, const runtime::CompiledModule& module, runtime::Bounds bounds);
  ~ModuleCode() override;

  // Sets FuncInst::machine_code to the function's elements in the table of entry points.
  void attach(runtime::FuncInst& func) override;
  Result<void> translate_all() override;
  uint64_t code_bytes() override;
  Unsaved unsaved() override;
  bool append_record(FuncIdx func, std::vector<uint8_t>& out) override;

  // Compiles a function if it has no code yet; `index` counts without imports. Returns its entry point; null when there
  // is no memory, or when the function is invalid.
  const uint8_t* compile(uint32_t index, Entry entry);
  // Where the values of the function's frames are (FunctionCompiler::explain).
  Result<void> explain(FuncIdx func, FrameMaps& maps) const { return new_compiler()->explain(func, maps); }
  // ExecutionTier::entry.
  const void* entry(FuncIdx index, uint32_t loop);
  const runtime::CompiledModule& module() const { return module_; }
  // For a compiler with an interpreter to fall back to, after it was retired (ExecutionTier::is_retired): gives the
  // function interpreter code.
  void attach_interpreted(runtime::FuncInst& func) { interpreted().attach(func); }

 private:
  // The module's interpreter code; made at the first call.
  runtime::ModuleCode& interpreted();
  std::unique_ptr<FunctionCompiler> new_compiler() const;
  // The table of entry points.
  ModuleEntries entries() const;
  // In these, `index` counts functions without imports. `load` takes the code from the cache, `compile_with` makes it;
  // both return whether the function has code now.
  bool is_compiled(uint32_t index);
  bool load(uint32_t index);
  bool compile_with(FunctionCompiler& compiler, uint32_t index);
  // Adds the function's code to the tables, and lets its entry points lead to it. `unsaved`: the relocations of the
  // code, if it will be written to the cache.
  void publish(uint32_t index, NativeCode&& code, std::span<const Site> sites,
               std::optional<std::span<const Relocation>> unsaved);
  // Copies sites to where they stay.
  std::span<const Site> keep(std::span<const Site> sites);

  Jit& jit_;
  const runtime::CompiledModule& module_;
  const runtime::Bounds bounds_;
  const uint32_t count_;  // functions that the module defines
  const CodeSettings settings_;
  const uint8_t** entries_ = nullptr;  // ModuleEntries, in code memory: not writable at this address. Null: no memory
  std::mutex lazy_mutex_;              // held while a function is compiled at its first call
  std::unique_ptr<FunctionCompiler> lazy_compiler_;  // guarded by lazy_mutex_
  Once interpreted_once_;
  std::unique_ptr<runtime::ModuleCode> interpreted_;
  std::mutex mutex_;  // guards all members below
  std::deque<NativeCode> code_;
  std::vector<std::unique_ptr<Site[]>> sites_;           // the sites of all functions, in large arrays
  size_t sites_size_ = 0, sites_left_ = 0;               // of the last array: its size, and how much of it is unused
  std::vector<const NativeCode*> compiled_;              // by function; null: not compiled yet
  std::map<uint32_t, std::vector<Relocation>> unsaved_;  // functions that were compiled here and will be cached
};

}  // namespace mini_wasm::jit
