// The compiler as an execution tier, and what its machine code calls besides runtime_calls.h.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "jit/backend.h"
#include "jit/code_memory.h"
#include "jit/native_code.h"
#include "jit/runtime_calls.h"
#include "runtime/call/execution_tier.h"
#include "runtime/gc/object.h"

namespace mini_wasm::jit {

class Jit final : public runtime::ExecutionTier {
 public:
  explicit Jit(std::unique_ptr<runtime::ExecutionTier> interpreter);
  // Whether there is a compiler for this CPU and the system lets us make code.
  bool usable() const { return usable_; }

  runtime::ExecutionTier* compiler() override { return this; }
  bool is_retired() const override { return !memory_.is_ours(); }
  std::unique_ptr<validator::BodyObserver> make_observer() const override;
  uint32_t link_slots() const override;
  std::unique_ptr<runtime::ModuleCode> make_code(const runtime::CompiledModule& module,
                                                 runtime::Bounds bounds) override;
  void describe(std::vector<uint8_t>& out) const override;
  runtime::Exit invoke(runtime::FuncInst& func, runtime::Activation& activation) override;
  const void* entry(runtime::ModuleCode& code, FuncIdx index, uint32_t loop) override;
  runtime::Exit run_at(const void* entry, const FuncType& type, runtime::InstanceContext& context,
                       runtime::Activation& activation) override;
  void walk(const runtime::Activation& activation, size_t most, std::vector<runtime::FrameRef>& frames) override;

  // Which function an instruction belongs to; null for code that belongs to none. Any thread.
  void add_code(const NativeCode& code);
  void remove_code(const NativeCode& code);
  const NativeCode* find_code(const void* pc);

  // Of the engine that compiles everything; else null.
  runtime::ExecutionTier* interpreter() const { return interpreter_.get(); }
  const Backend& backend() const { return *host_.backend; }
  CodeMemory& memory() { return memory_; }
  const Stubs& stubs() const { return stubs_; }
  static Jit& of(runtime::InstanceContext& ctx);

 private:
  runtime::Exit interpret(runtime::FuncInst& func, runtime::Activation& activation);

  const std::unique_ptr<runtime::ExecutionTier> interpreter_;
  const Host host_;
  CodeMemory memory_;
  Stubs stubs_;
  bool usable_ = false;
  std::mutex mutex_;
  std::map<const uint8_t*, const NativeCode*> by_begin_;
};

// Goes up the machine stack, one frame of machine code at a time.
class FrameWalker {
 public:
  FrameWalker(Jit& jit, const void* const* sp, runtime::Slot* fp, runtime::InstanceContext* ctx)
      : jit_(jit), layout_(jit.backend().frame()), sp_(sp), fp_(fp), ctx_(ctx) {}
  // To the next frame; false at the end of the activation.
  bool next();
  const NativeCode& code() const { return *code_; }
  const Site& site() const { return *site_; }
  // Offset in the function's code of the last byte of what is being executed.
  uint32_t at() const { return at_; }
  runtime::Slot* fp() const { return fp_; }
  runtime::InstanceContext* ctx() const { return ctx_; }
  // The stack pointer while the frame's own instructions run.
  const void* const* sp() const { return sp_; }

 private:
  Jit& jit_;
  const FrameLayout layout_;
  const void* const* sp_;
  runtime::Slot* fp_;
  runtime::InstanceContext* ctx_;
  const NativeCode* code_ = nullptr;
  const Site* site_ = nullptr;
  uint32_t at_ = 0;
};

// --- Called by the stubs. `sp` is where the return address into machine code stands, `fp` what the register held then.

struct ExitTo {
  uint64_t value;  // an Exit, or with `sp` null the address of an Activation::Resume
  const void* sp;  // what `enter` noted
};
// `frame_end`: of kNoRoom.
ExitTo handle_exit(runtime::InstanceContext* ctx, uint64_t code, runtime::Slot* fp, const void* const* sp,
                   const runtime::Slot* frame_end);
uint64_t host_call(runtime::InstanceContext* ctx, runtime::FuncInst* func, runtime::Slot* fp, const void* const* sp);
bool is_subtype(runtime::InstanceContext* ctx, const runtime::FuncInst* func, TypeId wanted);
// A function's entry point; less than kNoEntry: a TrapCode, when it cannot be had.
inline constexpr uint32_t kNoEntry = 0x100;
uint64_t compile_for_slots(runtime::InstanceContext* ctx, uint32_t index);
uint64_t compile_for_registers(runtime::InstanceContext* ctx, uint32_t index);

// Finds the clause that catches the exception. The result is that of a RuntimeCall.
uint64_t throw_exception(runtime::InstanceContext& ctx, runtime::Slot* fp, const void* const* sp,
                         const runtime::gc::ExceptionObject& exception);

}  // namespace mini_wasm::jit
