// InterpreterCode: the interpreter's code of one module. It has a header (FuncCode) for each function from the start;
// the instructions are made at the function's first call.
// Thread rule: any thread. Translation holds a lock; code becomes visible to other threads by a single store.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "interp/code.h"
#include "interp/frame_place.h"
#include "runtime/call/execution_tier.h"
#include "runtime/compiled_module.h"

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

  // Translates a function unless that has been done. Returns its first instruction. Errors: the function is invalid (it
  // had not been validated before); a trap, when there is no native stack to do it on.
  Result<const Word*> translate(FuncCode& code);
  FuncCode& function(FuncIdx index);
  // Whether calls and loop iterations are counted, so that hot functions are compiled.
  bool counts() const { return machine_code_ != nullptr; }
  // Counts a call or a loop iteration. If the function is hot, returns the address where its machine code can be
  // entered; otherwise null.
  const void* heat(FuncCode& code, uint32_t loop);
  // Whether existing machine code must not be run any more (ExecutionTier::is_retired).
  bool compiler_is_retired() const;
  // The address of the function's machine code if it is in the cache, because it was hot in an earlier run; else null.
  const void* cached_entry(FuncCode& code);
  const runtime::CompiledModule& module() const { return module_; }
  runtime::Bounds bounds() const { return bounds_; }
  // Pairs (word, byte offset in the module) of all instructions. The function is translated once more to find them, so
  // that running code pays nothing for backtraces.
  using Positions = std::vector<std::pair<uint32_t, uint32_t>>;
  Positions positions(const FuncCode& code);
  // Completes the places that there are. Translates the function once more.
  void find(const FuncCode& code, FramePlaces& places);
  // The byte offset of the instruction that `pc` points to or into.
  static uint64_t offset_of(const FuncCode& code, const Positions& positions, const Word* pc);

 private:
  // Translates the function into nothing.
  void translate_again(const FuncCode& code, Positions* positions, FramePlaces* places);
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
