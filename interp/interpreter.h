// The interpreter as an execution tier.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "interp/dispatch.h"
#include "interp/interpreter_code.h"
#include "runtime/call/execution_tier.h"
#include "runtime/gc/object.h"

namespace mini_wasm::interp {

class Interpreter final : public runtime::ExecutionTier {
 public:
  Interpreter(std::unique_ptr<runtime::ExecutionTier> compiler, uint32_t hot_after)
      : compiler_(std::move(compiler)), hot_after_(hot_after) {}
  runtime::ExecutionTier* compiler() override { return compiler_.get(); }
  std::unique_ptr<validator::BodyObserver> make_observer() const override {
    return compiler_ ? compiler_->make_observer() : nullptr;
  }
  uint32_t link_slots() const override {
    return compiler_ ? std::max(runtime::kMinLinkSlots, compiler_->link_slots()) : runtime::kMinLinkSlots;
  }
  uint32_t hot_after() const { return hot_after_; }

  std::unique_ptr<runtime::ModuleCode> make_code(const runtime::CompiledModule& module,
                                                 runtime::Bounds bounds) override;
  void describe(std::vector<uint8_t>& out) const override {
    if (compiler_) compiler_->describe(out);
  }
  runtime::Exit invoke(runtime::FuncInst& func, runtime::Activation& activation) override;
  runtime::Exit resume(runtime::Activation& activation, runtime::Exit how) override;
  runtime::Exit resume_behind(runtime::Activation& outer, const runtime::Activation& inner, runtime::Exit how) override;
  void walk(const runtime::Activation& activation, size_t most, std::vector<runtime::FrameRef>& frames) override;
  Result<void> save_frames(const runtime::Activation& activation, bool innermost,
                           std::vector<runtime::SavedFrame>& frames) override;
  Result<size_t> load_frames(std::span<const runtime::SavedFrame> frames, runtime::Execution& execution,
                             runtime::Activation& activation, std::vector<runtime::Slot>& slots) override;

  // The place where an exception that is thrown at `pc` continues in this activation: the innermost clause that catches
  // it, with its values already stored. `code` is null when there is none.
  struct Handler {
    const FuncCode* code = nullptr;
    const Word* pc = nullptr;
    runtime::Slot* fp = nullptr;
    runtime::InstanceContext* ctx = nullptr;
  };
  Handler unwind(const Word* pc, runtime::Slot* fp, runtime::InstanceContext* ctx,
                 const runtime::gc::ExceptionObject& exception);

  // The map from code to functions. find_code returns null for code that does not belong to a function. Thread rule:
  // any thread.
  void add_code(CodePiece& piece, FuncCode& code);
  void remove_code(const CodePiece& piece);
  FuncCode* find_code(const Word* pc);

 private:
  runtime::Exit go_on(runtime::Activation& activation, runtime::Exit how, uint64_t l, interp::Handler handler);
  runtime::Exit go_on_with_registers(runtime::Activation& activation);
  runtime::Exit run_from(runtime::Activation& activation, const Machine& begin, interp::Handler first);
  void walk_here(const runtime::Activation& activation, size_t most, std::vector<runtime::FrameRef>& frames);

  const std::unique_ptr<runtime::ExecutionTier> compiler_;
  const uint32_t hot_after_;
  std::mutex mutex_;
  std::map<const Word*, CodePiece*> by_begin_;
};

}  // namespace mini_wasm::interp
