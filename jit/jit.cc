#include "jit/jit.h"

#include <algorithm>
#include <cassert>
#include <iterator>

#include "core/guarded.h"
#include "jit/module_code.h"
#include "jit/perf_map.h"
#include "jit/pin_chooser.h"
#include "jit/value.h"
#include "runtime/instance/func_inst.h"
#include "runtime/instance/module_inst.h"
#include "runtime/store.h"
#include "runtime/test_settings.h"

namespace mini_wasm::runtime {

std::unique_ptr<ExecutionTier> make_jit(bool metered, std::unique_ptr<ExecutionTier> interpreter) {
  auto tier = std::make_unique<jit::Jit>(metered, std::move(interpreter));
  if (!tier->usable()) return nullptr;
  return tier;
}

}  // namespace mini_wasm::runtime

namespace mini_wasm::jit {

using runtime::Activation;
using runtime::Exit;
using runtime::FuncInst;
using runtime::InstanceContext;
using runtime::Slot;

Jit::Jit(bool metered, std::unique_ptr<runtime::ExecutionTier> interpreter)
    : metered_(metered),
      interpreter_(std::move(interpreter)),
      host_(host()),
      memory_(host_.backend == nullptr ? 0 : host_.backend->reach()),
      usable_(memory_.usable() && backend().make_stubs(memory_, stubs_, metered_)) {
  // The size of the machine stack follows from that of the value stack (runtime::ValueStack): a call may need at most
  // as many words on the machine stack as a frame has link slots.
  assert(!usable_ || backend().frame().call_words + backend().frame().cross_words <= link_slots());
}

Jit& Jit::of(InstanceContext& ctx) { return static_cast<Jit&>(*ctx.store->engine().tier().compiler()); }

std::unique_ptr<validator::BodyObserver> Jit::make_observer() const {
  return std::make_unique<PinChooser>(backend().pins().without_fuel(metered_));
}

uint32_t Jit::link_slots() const { return std::max(runtime::kMinLinkSlots, backend().pins().surviving()); }

std::unique_ptr<runtime::ModuleCode> Jit::make_code(const runtime::CompiledModule& module, runtime::Bounds bounds) {
  return std::make_unique<ModuleCode>(*this, module, bounds);
}

void Jit::describe(std::vector<uint8_t>& out) const {
  backend().describe_cpu(out);
  const CodeSettings settings = CodeSettings::of(Config());
  for (const bool on : {settings.few_registers, settings.oldest_cpu, settings.poison_slots}) out.push_back(on ? 1 : 0);
}

namespace {

ResultKind result_kind(const FuncType& type) {
  if (type.results.size() != 1) return ResultKind::none;
  switch (scalar(type.results[0])) {
    case Scalar::i32:
    case Scalar::i64: return ResultKind::integer;
    case Scalar::v128: return ResultKind::vector;
    default: return ResultKind::scalar_float;
  }
}

}  // namespace

// Functions of instances that were made before the fork have only machine code, so they get interpreter code first.
Exit Jit::interpret(FuncInst& func, Activation& activation) {
  for (const runtime::ModuleInst& instance : activation.store->objects().instances()) {
    if (instance.own_funcs.empty() || instance.own_funcs.front().code != nullptr) continue;
    auto& code = static_cast<ModuleCode&>(*instance.code);
    for (const FuncInst& own : instance.own_funcs) code.attach_interpreted(const_cast<FuncInst&>(own));
  }
  return interpreter_->invoke(func, activation);
}

// The entry point is loaded with acquire, because another thread may publish the function's code at this moment.
Exit Jit::invoke(FuncInst& func, Activation& activation) {
  if (is_retired()) [[unlikely]]
    return interpret(func, activation);
  const uint8_t* code = __atomic_load_n(static_cast<const uint8_t**>(func.machine_code), __ATOMIC_ACQUIRE);
  return run_at(code, func.context->instance->module->module().func_type(func.index), *func.context, activation);
}

const void* Jit::entry(runtime::ModuleCode& code, FuncIdx index, uint32_t loop) {
  return static_cast<ModuleCode&>(code).entry(index, loop);
}

Exit Jit::run_at(const void* entry, const FuncType& type, InstanceContext& context, Activation& activation) {
  activation.tier = this;
  activation.on_fault = host_.redirect_fault;
  activation.entry_type = &type;
  activation.pc = nullptr;
  return static_cast<Exit>(stubs_.enter(entry, activation.base, &context, &activation.entry_sp, result_kind(type)));
}

namespace {

// Continues to throw an exception that a host function has thrown.
uint64_t throw_pending(InstanceContext& ctx, Slot* fp, const void* const* sp) {
  const Slot exception = std::exchange(ctx.store->execution().pending_exception, runtime::gc::kNull);
  return throw_exception(ctx, fp, sp,
                         *static_cast<const runtime::gc::ExceptionObject*>(runtime::gc::to_object(exception)));
}

}  // namespace

// The results are in slots, as after every call of a host function.
Exit Jit::resume(Activation& activation, Exit how) {
  InstanceContext& ctx = *activation.ctx;
  if (!memory_.is_ours()) [[unlikely]] {  // is_retired
    activation.trap = TrapCode::out_of_memory;
    return Exit::trapped;
  }
  uint64_t code = how == Exit::returned ? 0 : kUnwind + static_cast<uint64_t>(how);
  if (how == Exit::exception) code = throw_pending(ctx, activation.fp, activation.native_sp);
  if (code == 0 && ctx.must_stop()) {
    code = static_cast<uint64_t>(TrapCode::interrupted);
  }
  if (code == 0) activation.pc = nullptr;
  const bool has_yielded = std::exchange(activation.yielded, Activation::Yielded::no) != Activation::Yielded::no;
  const Stubs::Resume resume = has_yielded ? stubs_.resume_all : stubs_.resume;
  return static_cast<Exit>(resume(activation.suspended_sp, activation.fp, &ctx, &activation.entry_sp,
                                  result_kind(*activation.entry_type), code));
}

// --- Frames ----------------------------------------------------------------------------------------------------------

void Jit::add_code(const NativeCode& code) {
  const std::lock_guard lock(mutex_);
  by_begin_.emplace_hint(by_begin_.end(), code.begin, &code);  // new code is usually at the highest address so far
  add_to_perf_map(code);
}

void Jit::remove_code(const NativeCode& code) {
  const std::lock_guard lock(mutex_);
  by_begin_.erase(code.begin);
}

const NativeCode* Jit::find_code(const void* pc) {
  const std::lock_guard lock(mutex_);
  auto after = by_begin_.upper_bound(static_cast<const uint8_t*>(pc));
  if (after == by_begin_.begin()) return nullptr;
  const NativeCode* code = std::prev(after)->second;
  return static_cast<const uint8_t*>(pc) < code->begin + code->size ? code : nullptr;
}

// A return address points behind its call, which may be the last instruction of a function. `pc - 1` is always inside.
bool FrameWalker::next() {
  const auto* pc = static_cast<const uint8_t*>(*sp_);
  if (pc == jit_.stubs().cross_return) {
    ctx_ = static_cast<InstanceContext*>(const_cast<void*>(sp_[layout_.context_word]));
    sp_ += layout_.cross_words;
    pc = static_cast<const uint8_t*>(*sp_);
  }
  if (pc == jit_.stubs().enter_return) return false;
  code_ = jit_.find_code(pc - 1);
  if (code_ == nullptr) return false;
  at_ = static_cast<uint32_t>(pc - 1 - code_->begin);
  const auto site = std::upper_bound(code_->sites.begin(), code_->sites.end(), at_,
                                     [](uint32_t at, const Site& s) { return at < s.native; });
  if (site == code_->sites.end()) return false;
  site_ = &*site;
  fp_ -= site_->fp_delta;
  sp_ += layout_.call_words;
  return true;
}

void Jit::walk(const Activation& activation, size_t most, std::vector<runtime::FrameRef>& frames) {
  if (!activation.frames.empty()) {
    frames.assign(activation.frames.begin(),
                  activation.frames.begin() + static_cast<ptrdiff_t>(std::min(most, activation.frames.size())));
    return;
  }
  FrameWalker walker(*this, activation.native_sp, activation.fp, activation.ctx);
  for (; most > 0 && walker.next(); --most) {
    const NativeCode& code = walker.code();
    runtime::ModuleInst* const instance = walker.ctx() != nullptr ? walker.ctx()->instance : nullptr;
    frames.push_back({&code.owner->module(), code.index, walker.site().offset, instance});
  }
}

// --- Ways out --------------------------------------------------------------------------------------------------------

namespace {

// Records in the activation where machine code has stopped, for walks over its frames.
void stand(Activation& activation, InstanceContext* ctx, Slot* fp, const void* const* sp) {
  activation.ctx = ctx;
  activation.fp = fp;
  activation.native_sp = sp;
  activation.pc = *sp;
}

}  // namespace

ExitTo handle_exit(InstanceContext* ctx, uint64_t code, Slot* fp, const void* const* sp, const Slot* frame_end) {
  const runtime::Execution& execution = ctx->store->execution();
  Activation& activation = *execution.activation();
  if (code == kResume) return {reinterpret_cast<uint64_t>(&activation.resume), nullptr};
  stand(activation, ctx, fp, sp);
  // The backtrace is made now, because the machine stack will be left. If there is no memory for it, it stays empty.
  guarded([&] { Jit::of(*ctx).walk(activation, runtime::Execution::kMaxBacktrace, activation.frames); }, [] {});
  if (code == kNoRoom) code = static_cast<uint64_t>(execution.why_no_room(frame_end));
  if (code >= kUnwind) return {code - kUnwind, activation.entry_sp};
  activation.trap = static_cast<TrapCode>(code);
  return {static_cast<uint64_t>(Exit::trapped), activation.entry_sp};
}

namespace {

// Whether the call is suspended where machine code stands.
bool begin_yielding(Activation::Yielded where, InstanceContext& ctx, Slot* fp, const void* const* sp) {
  const NativeCode* const code = Jit::of(ctx).find_code(static_cast<const uint8_t*>(*sp) - 1);
  if (code == nullptr) return false;
  return ctx.store->execution().begin_yielding(where, fp + code->owner->module().frame_slots(code->index));
}

}  // namespace

uint64_t out_of_fuel(InstanceContext* ctx, Slot* fp, const void* const* sp) {
  stand(*ctx->store->execution().activation(), ctx, fp, sp);
  const bool yields = begin_yielding(Activation::Yielded::out_of_fuel, *ctx, fp, sp);
  return yields ? kSuspend : static_cast<uint64_t>(TrapCode::out_of_fuel);
}

uint64_t interrupted(InstanceContext* ctx, Slot* fp, const void* const* sp) {
  Activation& activation = *ctx->store->execution().activation();
  stand(activation, ctx, fp, sp);
  if (ctx->store->interrupted()) return static_cast<uint64_t>(TrapCode::interrupted);
  if (begin_yielding(Activation::Yielded::at_loop, *ctx, fp, sp)) return kSuspend;
  activation.pc = nullptr;
  return 0;
}

ExitTo suspend(InstanceContext* ctx, const void* sp) {
  Activation& activation = *ctx->store->execution().activation();
  activation.suspended_sp = sp;
  return {static_cast<uint64_t>(Exit::suspended), activation.entry_sp};
}

uint64_t host_call(InstanceContext* ctx, FuncInst* func, Slot* fp, const void* const* sp) {
  runtime::Execution& execution = ctx->store->execution();
  Activation& activation = *execution.activation();
  if (fp + func->host->slots > execution.stack_limit()) return static_cast<uint64_t>(TrapCode::call_stack_exhausted);
  stand(activation, ctx, fp, sp);
  activation.top = fp + func->host->slots;
  const Exit exit = execution.call_host(*func, ctx->instance, fp);
  // The host function may have switched coroutines, which begin and end calls into this store in any order. So these
  // are set again, for this call.
  execution.machine_sp = sp;
  execution.host_sp = activation.entry_sp;
  if (static_cast<Jit*>(activation.tier)->is_retired() && exit != Exit::host_error) [[unlikely]] {
    // The host function has forked, and this is the child. The machine code that it would return to must not run any
    // more.
    execution.pending_exception = runtime::gc::kNull;
    return static_cast<uint64_t>(TrapCode::out_of_memory);
  }
  if (exit == Exit::exception) {
    activation.pc = nullptr;
    return throw_pending(*ctx, fp, sp);
  }
  if (exit == Exit::suspended) return kSuspend;
  if (exit != Exit::returned) return kUnwind + static_cast<uint64_t>(exit);
  if (ctx->must_stop()) return static_cast<uint64_t>(TrapCode::interrupted);
  return 0;
}

bool is_subtype(InstanceContext* ctx, const FuncInst* func, TypeId wanted) {
  return ctx->store->engine().types().is_subtype(func->type, wanted);
}

namespace {

// For an interpreted module whose engine compiles hot functions, the ModuleCode of the instance is the interpreter's.
ModuleCode& code_of(const InstanceContext& ctx) { return static_cast<ModuleCode&>(ctx.instance->code->machine_code()); }

constexpr auto kOutOfMemory = [] { return static_cast<uint64_t>(TrapCode::out_of_memory); };

// When there is no code, it finds out whether the function is invalid or there was no memory.
uint64_t compile_here(InstanceContext& ctx, uint32_t index, Entry entry) {
  ModuleCode& code = code_of(ctx);
  if (const uint8_t* const at = code.compile(index, entry)) return reinterpret_cast<uint64_t>(at);
  const FuncIdx func{index + code.module().module().imported_funcs};
  if (Result<const FunctionFacts*> valid = code.module().facts(func); !valid) {
    return static_cast<uint64_t>(
        ctx.store->execution().invalid_function(code.module(), func, std::move(valid).error()));
  }
  return kOutOfMemory();
}

// The C++ stack may have too little room left for the compiler.
uint64_t compile_for(InstanceContext& ctx, uint32_t index, Entry entry) {
  uint64_t result = static_cast<uint64_t>(TrapCode::call_stack_exhausted);
  runtime::run_with_room([&] { result = guarded([&] { return compile_here(ctx, index, entry); }, kOutOfMemory); });
  return result;
}

}  // namespace

uint64_t compile_for_slots(InstanceContext* ctx, uint32_t index) { return compile_for(*ctx, index, Entry::slots); }

uint64_t compile_for_registers(InstanceContext* ctx, uint32_t index) {
  return compile_for(*ctx, index, Entry::registers);
}

// --- Exceptions ------------------------------------------------------------------------------------------------------

// `deliver` stores the exception's arguments in the slots of the frame that catches it.
uint64_t throw_exception(InstanceContext& ctx, Slot* fp, const void* const* sp,
                         const runtime::gc::ExceptionObject& exception) {
  FrameWalker frame(Jit::of(ctx), sp, fp, &ctx);
  while (frame.next()) {
    const runtime::CatchEntry* entry = frame.code().exceptions.find(frame.at(), *frame.ctx()->instance, exception);
    if (entry == nullptr) continue;
    runtime::deliver(*entry, frame.fp(), exception);
    ctx.store->execution().activation()->resume = {frame.code().begin + entry->target, frame.sp(), frame.fp(),
                                                   frame.ctx()};
    return kResume;
  }
  ctx.store->execution().pending_exception = runtime::gc::to_ref(&exception);
  return kUnwind + static_cast<uint64_t>(Exit::exception);
}

}  // namespace mini_wasm::jit
