// CodelessTier: the execution tier of an engine that compiles for a CPU which need not be the host's, for tests.
// Modules are validated with that CPU's registers for locals, and frames have its number of link slots. Nothing can
// run.
#pragma once

#include <mini_wasm/mini_wasm.h>

#include <memory>
#include <vector>

#include "jit/pin_chooser.h"
#include "runtime/call/execution_tier.h"
#include "runtime/compiled_module.h"
#include "runtime/engine.h"

namespace mini_wasm::jit {

// The tier that the engine would have if its CPU were the host: the compiler, or an interpreter that hands its frames
// over to the compiler in loops.
enum class CodelessKind : uint8_t { jit, automatic };

class CodelessTier final : public runtime::ExecutionTier {
 public:
  // `budget`: RegisterLists::kBudget or Backend::pins of the CPU.
  CodelessTier(const RegisterBudget& budget, CodelessKind kind) : budget_(budget), kind_(kind) {}

  ExecutionTier* compiler() override { return kind_ == CodelessKind::jit ? this : nullptr; }
  std::unique_ptr<validator::BodyObserver> make_observer() const override {
    return std::make_unique<PinChooser>(budget_);
  }
  uint32_t link_slots() const override { return budget_.surviving(); }
  std::unique_ptr<runtime::ModuleCode> make_code(const runtime::CompiledModule&, runtime::Bounds) override {
    return std::make_unique<NoCode>();
  }
  runtime::Exit invoke(runtime::FuncInst&, runtime::Activation&) override { return runtime::Exit::trapped; }
  void walk(const runtime::Activation&, size_t, std::vector<runtime::FrameRef>&) override {}

 private:
  struct NoCode final : runtime::ModuleCode {
    void attach(runtime::FuncInst&) override {}
    Result<void> translate_all() override { return {}; }
    uint64_t code_bytes() override { return 0; }
  };

  const RegisterBudget budget_;
  const CodelessKind kind_;
};

inline Engine codeless_engine(const Config& config, const RegisterBudget& budget, CodelessKind kind) {
  return Engine(std::make_shared<runtime::Engine>(
      config, std::make_unique<CodelessTier>(budget.without_fuel(config.fuel), kind)));
}

}  // namespace mini_wasm::jit
