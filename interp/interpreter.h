// The interpreter as an execution tier.
#pragma once

#include <map>
#include <mutex>

#include "interp/interpreter_code.h"
#include "runtime/execution_tier.h"

namespace mini_wasm::interp {

class Interpreter final : public runtime::ExecutionTier {
 public:
  std::unique_ptr<runtime::ModuleCode> make_code(const runtime::CompiledModule& module) override;
  runtime::Exit invoke(runtime::FuncInst& func, runtime::Activation& activation) override;
  void walk(const runtime::Activation& activation, size_t most, std::vector<runtime::FrameRef>& frames) override;

  // Which function an instruction belongs to; null for code that belongs to none. Any thread.
  void add_code(FuncCode& code);
  void remove_code(const FuncCode& code);
  FuncCode* find_code(const Word* pc);

 private:
  std::mutex mutex_;
  std::map<const Word*, FuncCode*> by_begin_;
};

}  // namespace mini_wasm::interp
