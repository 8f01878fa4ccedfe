// Jit: the compiler as an execution tier. FrameWalker: frames of machine code. And the C++ functions that the stubs
// call; those that the code of functions calls are in runtime_calls.h.
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
  // See runtime::make_jit.
  Jit(bool metered, std::unique_ptr<runtime::ExecutionTier> interpreter);
  // Whether there is a compiler for this CPU, and the system gave executable memory.
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
  runtime::Exit resume(runtime::Activation& activation, runtime::Exit how) override;
  Result<void> save_frames(const runtime::Activation& activation, bool innermost,
                           std::vector<runtime::SavedFrame>& frames) override;
  void walk(const runtime::Activation& activation, size_t most, std::vector<runtime::FrameRef>& frames) override;

  // All code of the engine, by address. find_code returns the function that an instruction belongs to; null for other
  // code, such as stubs. Thread rule: any thread.
  void add_code(const NativeCode& code);
  void remove_code(const NativeCode& code);
  const NativeCode* find_code(const void* pc);

  // Used when the compiler is retired (ExecutionTier::is_retired). Null when this tier is the compiler of an
  // interpreter.
  runtime::ExecutionTier* interpreter() const { return interpreter_.get(); }
  const Backend& backend() const { return *host_.backend; }
  CodeMemory& memory() { return memory_; }
  const Stubs& stubs() const { return stubs_; }
  static Jit& of(runtime::InstanceContext& ctx);

 private:
  // `invoke` when the compiler is retired.
  Result<void> save_here(const runtime::Activation& activation, std::vector<runtime::SavedFrame>& frames);
  runtime::Exit interpret(runtime::FuncInst& func, runtime::Activation& activation);

  const bool metered_;
  const std::unique_ptr<runtime::ExecutionTier> interpreter_;
  const Host host_;
  CodeMemory memory_;
  Stubs stubs_;
  bool usable_ = false;
  std::mutex mutex_;                                      // guards by_begin_
  std::map<const uint8_t*, const NativeCode*> by_begin_;  // key: NativeCode::begin
};

// Visits the frames of machine code of one activation, from the innermost outwards. `sp` points to the innermost return
// address on the machine stack; `fp` is the frame register and `ctx` the context at that moment. `ctx` may be null if
// the caller does not use ctx().
class FrameWalker {
 public:
  FrameWalker(Jit& jit, const void* const* sp, runtime::Slot* fp, runtime::InstanceContext* ctx)
      : jit_(jit), layout_(jit.backend().frame()), sp_(sp), fp_(fp), ctx_(ctx) {}
  // Goes to the next frame, the first time to the innermost one. Returns false at the end of the activation.
  bool next();
  const NativeCode& code() const { return *code_; }
  const Site& site() const { return *site_; }
  // The offset in the function's code of the last byte of the call or trap that is being executed.
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

// --- Functions that the stubs call. `sp`: the address on the machine stack of the return address into machine code.
// `fp`: the frame register at that moment.

struct ExitTo {
  uint64_t value;  // an Exit; if `sp` is null, the address of an Activation::Resume
  const void* sp;  // the C++ stack pointer to leave the activation with: what `enter` stored in Activation::entry_sp
};
// Ends an activation, or finds where an exception continues. `code`: a TrapCode, kUnwind + Exit, kResume or kNoRoom
// (runtime_calls.h). `frame_end`: for kNoRoom, what was beyond the limit.
ExitTo handle_exit(runtime::InstanceContext* ctx, uint64_t code, runtime::Slot* fp, const void* const* sp,
                   const runtime::Slot* frame_end);
// The fuel is below 0. Returns kSuspend if the call is to yield, otherwise a TrapCode.
uint64_t out_of_fuel(runtime::InstanceContext* ctx, runtime::Slot* fp, const void* const* sp);
// At a loop: the store is interrupted, or asks its guests to yield. Returns kSuspend, a TrapCode, or 0 to go on.
uint64_t interrupted(runtime::InstanceContext* ctx, runtime::Slot* fp, const void* const* sp);
// A host function waits, or the code yields (kSuspend): ends the activation for now. `sp`: the lowest word of the machine stack in use.
ExitTo suspend(runtime::InstanceContext* ctx, const void* sp);
// Calls a host function with arguments and results at `fp`. The result is that of a RuntimeCall.
uint64_t host_call(runtime::InstanceContext* ctx, runtime::FuncInst* func, runtime::Slot* fp, const void* const* sp);
// Whether the type of the function is `wanted` or a subtype of it.
bool is_subtype(runtime::InstanceContext* ctx, const runtime::FuncInst* func, TypeId wanted);
// Compile a function of the context's module, `index` counted without imports. They return the address of its entry
// point, or a TrapCode, which is less than kNoEntry.
inline constexpr uint32_t kNoEntry = 0x100;
uint64_t compile_for_slots(runtime::InstanceContext* ctx, uint32_t index);
uint64_t compile_for_registers(runtime::InstanceContext* ctx, uint32_t index);

// Finds the handler for an exception, in all frames of the activation. The result is that of a RuntimeCall: kResume, or
// kUnwind + Exit::exception when nothing catches it.
uint64_t throw_exception(runtime::InstanceContext& ctx, runtime::Slot* fp, const void* const* sp,
                         const runtime::gc::ExceptionObject& exception);

}  // namespace mini_wasm::jit
