// The interpreter's code of one module: a header per function from the start, the instructions at its first call.
// Thread rule: any thread; translation happens under a lock, code is published by one store.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "interp/code.h"
#include "runtime/compiled_module.h"
#include "runtime/execution_tier.h"

namespace mini_wasm::interp {

class Interpreter;
class Translator;

class InterpreterCode final : public runtime::ModuleCode {
 public:
  InterpreterCode(Interpreter& tier, const runtime::CompiledModule& module, runtime::Bounds bounds);
  ~InterpreterCode() override;

  void attach(runtime::FuncInst& func) override;
  runtime::ModuleCode& machine_code() override { return machine_code_ ? *machine_code_ : *this; }
  Result<void> translate_all() override;
  uint64_t code_bytes() override;
  Unsaved unsaved() override { return machine_code_ ? machine_code_->unsaved() : Unsaved(); }
  bool append_record(FuncIdx func, std::vector<uint8_t>& out) override {
    return machine_code_->append_record(func, out);
  }

  // Translates a function unless it has been; returns its first instruction. Errors: it had not been validated before,
  // and is invalid; or a trap, as there is no native stack to do it on.
  Result<const Word*> translate(FuncCode& code);
  FuncCode& function(FuncIdx index);
  // Whether functions are compiled when they are hot.
  bool counts() const { return machine_code_ != nullptr; }
  // Counts a call, or a round of a loop. If the function is hot: where its machine code can be entered.
  const void* heat(FuncCode& code, uint32_t loop);
  // Whether machine code that functions have is not to be run any more (ExecutionTier).
  bool compiler_is_retired() const;
  // Where to enter the function's machine code at its first call, because it was hot in an earlier run; else null.
  const void* cached_entry(FuncCode& code);
  const runtime::CompiledModule& module() const { return module_; }
  runtime::Bounds bounds() const { return bounds_; }
  // (word, byte offset in the module) of each instruction. Translates the function once more to find them, so that
  // running code pays nothing for backtraces.
  using Positions = std::vector<std::pair<uint32_t, uint32_t>>;
  Positions positions(const FuncCode& code);
  // Of the instruction that `pc` points to or into.
  static uint64_t offset_of(const FuncCode& code, const Positions& positions, const Word* pc);

 private:
  Translation& translation(FuncCode& code);
  void make(Translation& translation, FuncCode& code);
  void lay_out(FuncCode& code, uint32_t local_slots);
  Result<const Word*> translate_here(FuncCode& code);
  const void* compile(FuncCode& code, uint32_t loop);
  const void* compile_here(FuncCode& code, uint32_t loop);
  CodePiece& piece_for(size_t words);

  Interpreter& tier_;
  const runtime::CompiledModule& module_;
  const runtime::Bounds bounds_;
  std::unique_ptr<runtime::ModuleCode> machine_code_;
  std::unique_ptr<FuncCode[]> functions_;  // those that the module defines
  std::deque<Translation> translations_;
  std::vector<std::unique_ptr<CodePiece>> pieces_;
  std::mutex mutex_;
  std::unique_ptr<Translator> translator_;  // made at the first translation
};

}  // namespace mini_wasm::interp
