// Machine code of one module: a table of entry points that calls go through, which lead into the compiler until a
// function has code. Thread rule: any thread; functions are compiled under a lock and published by one store.
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

  // The function gets the address of its entry points, which change once.
  void attach(runtime::FuncInst& func) override;
  Result<void> translate_all() override;
  uint64_t code_bytes() override;
  Unsaved unsaved() override;
  bool append_record(FuncIdx func, std::vector<uint8_t>& out) override;

  // Compiles a function, counted without imports, unless it has been: its entry point, null when there is no memory or
  // the function is invalid.
  const uint8_t* compile(uint32_t index, Entry entry);
  // ExecutionTier::entry.
  const void* entry(FuncIdx index, uint32_t loop);
  const runtime::CompiledModule& module() const { return module_; }
  // For an engine that compiles everything, once its compiler is retired (ExecutionTier): lets the interpreter run the
  // function.
  void attach_interpreted(runtime::FuncInst& func) { interpreted().attach(func); }

 private:
  runtime::ModuleCode& interpreted();
  std::unique_ptr<FunctionCompiler> new_compiler() const;
  // The table of entry points.
  ModuleEntries entries() const;
  bool is_compiled(uint32_t index);
  bool load(uint32_t index);
  bool compile_with(FunctionCompiler& compiler, uint32_t index);
  // `unsaved`: the code's relocations, if the cache is to have it.
  void publish(uint32_t index, NativeCode&& code, std::span<const Site> sites,
               std::optional<std::span<const Relocation>> unsaved);
  std::span<const Site> keep(std::span<const Site> sites);

  Jit& jit_;
  const runtime::CompiledModule& module_;
  const runtime::Bounds bounds_;
  const uint32_t count_;
  const CodeSettings settings_;
  const uint8_t** entries_ = nullptr;                // ModuleEntries, in code memory, read-only here
  std::mutex lazy_mutex_;                            // held while a function is compiled at its first call
  std::unique_ptr<FunctionCompiler> lazy_compiler_;  // made then
  Once interpreted_once_;
  std::unique_ptr<runtime::ModuleCode> interpreted_;
  std::mutex mutex_;  // guards what follows
  std::deque<NativeCode> code_;
  std::vector<std::unique_ptr<Site[]>> sites_;           // of all functions, in large pieces
  size_t sites_size_ = 0, sites_left_ = 0;               // of the last of them
  std::vector<const NativeCode*> compiled_;              // null: not yet
  std::map<uint32_t, std::vector<Relocation>> unsaved_;  // of what was compiled here and is to be cached
};

}  // namespace mini_wasm::jit
