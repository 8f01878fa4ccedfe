// RecordingTier: the execution tier of an engine for the CPU of RecordingMasm, for tests. Modules are validated with
// that CPU's registers for locals, and frames have its number of link slots. Nothing can run.
#pragma once

#include <mini_wasm/mini_wasm.h>

#include <memory>
#include <vector>

#include "jit/pin_chooser.h"
#include "jit/recording_masm.h"
#include "runtime/call/execution_tier.h"
#include "runtime/compiled_module.h"
#include "runtime/engine.h"

namespace mini_wasm::jit {

class RecordingTier final : public runtime::ExecutionTier {
 public:
  std::unique_ptr<validator::BodyObserver> make_observer() const override {
    return std::make_unique<PinChooser>(RecordingMasm::kBudget);
  }
  uint32_t link_slots() const override { return RecordingMasm::kBudget.surviving(); }
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
};

inline Engine recording_engine(const Config& config) {
  return Engine(std::make_shared<runtime::Engine>(config, std::make_unique<RecordingTier>()));
}

}  // namespace mini_wasm::jit
