// Handlers of control flow and calls, and the instructions that do not belong to a function.
#include "core/guarded.h"
#include "core/speculation.h"
#include "interp/handler_table.h"
#include "interp/interpreter.h"
#include "interp/interpreter_code.h"
#include "runtime/gc/ops.h"
#include "runtime/instance/func_inst.h"
#include "runtime/instance/module_inst.h"
#include "runtime/instance/table.h"
#include "runtime/store.h"

namespace mini_wasm::interp {

Handler memory_or_table_handler(Special s);  // handlers_memory.cc

using runtime::FuncInst;
using runtime::kLinkCallerFp;
using runtime::kLinkContext;
using runtime::kLinkReturnPc;

namespace {

template <class T>
T as(Word word) {
  return reinterpret_cast<T>(word);
}

// --- Ends of execution ---------------------------------------------------------------------------------------------

extern const StaticInstr kStop[];
extern const StaticInstr kCallHost[], kTailCallHost[];
extern const StaticInstr kCallSubtype[];
extern const StaticInstr kNoRoom[], kOutOfFuel[];
const Word* words(const StaticInstr* instr);

void stop_with(Machine& m, Exit exit) {
  m.r = static_cast<uint64_t>(exit);
  m.pc = words(kStop);
}

// r: address of the instruction that traps (see raise).
void trap(Machine& m) {
  runtime::Activation& activation = *m.ctx->store->execution().activation();
  activation.trap = static_cast<TrapCode>(operands_at(m.pc + 1).x);
  activation.ctx = m.ctx;
  activation.fp = m.fp;
  activation.pc = as<const Word*>(m.r);
  stop_with(m, Exit::trapped);
}

void finish(Machine& m) { stop_with(m, Exit::returned); }

void unreachable(Machine& m) { raise(m, TrapCode::unreachable); }

// --- Branches ------------------------------------------------------------------------------------------------------

template <bool backward>
void br(Machine& m) {
  take_branch<backward>(m, operands_at(m.pc + 1).distance());
}

template <Place A>
Handler br_table(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  const uint32_t index = read<uint32_t, A>(m, o.a);
  // A conditional move: there is no branch that could be predicted wrongly.
  const uint32_t i = index < o.x ? index : o.x;
  const Handler next = handler_at(m.pc + 2 + i);
  int32_t distance;
  const Word* const distances = m.pc + 3 + o.x;
  std::memcpy(&distance, reinterpret_cast<const char*>(distances) + size_t{i} * sizeof(distance), sizeof(distance));
  // A distance of 0 is backward too: a loop may begin with its br_table.
  if (distance <= 0 && m.ctx->interrupt.load(std::memory_order_relaxed) != 0) [[unlikely]] {
    go_back(m, distance);
    return handler_at(m.pc);
  }
  m.pc += distance;
  return next;
}

// --- Calls ---------------------------------------------------------------------------------------------------------

// The place that a frame returns to.
struct Return {
  const Word* pc;
  Slot* fp;
  InstanceContext* ctx;
};

[[gnu::always_inline]] inline void go_to_instance(Machine& m, InstanceContext* ctx) {
  // m.memory is the base of memory 0 of the current instance, so it changes with the instance.
  if (ctx == m.ctx) [[likely]]
    return;
  m.ctx = ctx;
  m.memory = ctx->memory_base;
}

// Whether a frame may end at `end`; otherwise raises a trap and returns false. All instances of a store have the same
// stack limit.
[[gnu::always_inline]] inline bool has_room(Machine& m, const Slot* end) {
  if (end <= m.ctx->stack_limit.load(std::memory_order_relaxed)) [[likely]]
    return true;
  m.r = reinterpret_cast<uint64_t>(m.pc);
  m.l = reinterpret_cast<uint64_t>(end);
  m.pc = words(kNoRoom);
  return false;
}

// r: address of the instruction; l: the end that the frame would have had.
void no_room(Machine& m) {
  m.pc = as<const Word*>(m.r);
  raise(m, m.ctx->store->execution().why_no_room(as<const Slot*>(m.l)));
}

// Must be loaded before all other fields of the callee (see FuncCode).
[[gnu::always_inline]] inline const Word* entry_of(const FuncCode& callee) {
  return callee.entry.load(std::memory_order_acquire);
}
[[gnu::always_inline]] inline Slot* frame_end(const FuncCode& callee, Slot* fp) {
  return fp + callee.frame_slots.load(std::memory_order_relaxed);
}

// Begins the callee's frame at `fp`, where there must be room for it.
[[gnu::always_inline]] inline void enter(Machine& m, const FuncCode& callee, const Word* entry, Slot* fp, Return back) {
  Slot* const link = fp + callee.link;
  link[kLinkReturnPc] = reinterpret_cast<Slot>(back.pc);
  link[kLinkCallerFp] = reinterpret_cast<Slot>(back.fp);
  link[kLinkContext] = reinterpret_cast<Slot>(back.ctx);
  Slot* zero = fp + callee.zero_begin;
  for (uint32_t n = callee.zero_count; n != 0; --n) {
    *zero++ = 0;
    // Otherwise compilers replace the loop by a call of memset, which costs more than a few stores and makes the
    // handler save all registers.
    asm("" : "+r"(zero));
  }
  // Without a pinned local this loads slot 0, which does no harm.
  m.l = fp[callee.pinned.load(std::memory_order_relaxed)];
  m.fp = fp;
  m.pc = entry;
}

// The pinned local of the caller is loaded again from its slot, whose number is in the `d` of the call (two words
// before the return address).
[[gnu::always_inline]] inline void leave(Machine& m, uint32_t link) {
  const Word* const return_pc = as<const Word*>(m.fp[link + kLinkReturnPc]);
  Slot* const fp = as<Slot*>(m.fp[link + kLinkCallerFp]);
  go_to_instance(m, as<InstanceContext*>(m.fp[link + kLinkContext]));
  m.l = fp[operands_at(return_pc - 2).d];
  m.fp = fp;
  m.pc = return_pc;
}

void call(Machine& m) {
  const FuncCode& callee = *as<const FuncCode*>(m.pc[2]);
  const Word* const entry = entry_of(callee);
  Slot* const fp = m.fp + operands_at(m.pc + 1).a;
  if (has_room(m, frame_end(callee, fp))) [[likely]]
    enter(m, callee, entry, fp, {m.pc + kCallWords, m.fp, m.ctx});
}

// Continues with an instruction that calls a function of the host.
[[gnu::always_inline]] inline void go_to_host(Machine& m, FuncInst* callee, const StaticInstr* call) {
  m.r = reinterpret_cast<uint64_t>(callee);
  m.l = reinterpret_cast<uint64_t>(m.pc);
  m.pc = words(call);
}

// Calls a function that may belong to the host or to another instance.
[[gnu::always_inline]] inline Handler call_any(Machine& m, FuncInst* callee, uint16_t arguments) {
  if (callee->host != nullptr) {
    go_to_host(m, callee, kCallHost);
    return handler_at(m.pc);
  }
  const FuncCode& code = *static_cast<const FuncCode*>(callee->code);
  const Word* const entry = entry_of(code);
  Slot* const fp = m.fp + arguments;
  if (!has_room(m, frame_end(code, fp))) [[unlikely]]
    return handler_at(m.pc);
  enter(m, code, entry, fp, {m.pc + kCallWords, m.fp, m.ctx});
  go_to_instance(m, callee->context);
  return checked_handler(m.pc, as<Handler>(code.first.load(std::memory_order_relaxed)));
}

Handler call_import(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  return call_any(m, m.ctx->funcs[o.x], o.a);
}

[[gnu::noinline, gnu::cold]] bool is_subtype(InstanceContext* ctx, TypeId found, TypeId wanted) {
  return ctx->store->engine().types().is_subtype(found, wanted);
}

// The function in a table element, of any type; null after raising a trap.
[[gnu::always_inline]] inline FuncInst* table_entry(Machine& m, uint64_t index, Word type_and_table) {
  const runtime::TableInst& table = *m.ctx->tables[type_and_table >> 32];
  if (index >= table.size) [[unlikely]]
    return raise(m, TrapCode::undefined_element), nullptr;
  FuncInst* const callee = as<FuncInst*>(table.elements[clamped(index, table.size)]);
  if (callee == nullptr) [[unlikely]]
    return raise(m, TrapCode::uninitialized_element), nullptr;
  return callee;
}

// The type that a call_indirect requires.
TypeId wanted_type(Word type_and_table) { return TypeId{static_cast<uint32_t>(type_and_table)}; }

template <class Index, Place A>
Handler call_indirect(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  FuncInst* const callee = table_entry(m, read<Index, A>(m, o.b()), m.pc[2]);
  if (callee == nullptr) [[unlikely]]
    return handler_at(m.pc);
  if (callee->type == wanted_type(m.pc[2])) [[likely]]
    return call_any(m, callee, o.a);
  m.r = reinterpret_cast<uint64_t>(callee);
  m.l = reinterpret_cast<uint64_t>(m.pc);
  m.pc = words(kCallSubtype);
  return handler_at(m.pc);
}

// r: the callee of a call_indirect, whose type is not exactly the required one; l: address of the call.
Handler call_subtype(Machine& m) {
  FuncInst* const callee = as<FuncInst*>(m.r);
  m.pc = as<const Word*>(m.l);
  if (is_subtype(m.ctx, callee->type, wanted_type(m.pc[2]))) return call_any(m, callee, operands_at(m.pc + 1).a);
  raise(m, TrapCode::indirect_call_type_mismatch);
  return handler_at(m.pc);
}

Handler call_ref(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  FuncInst* const callee = as<FuncInst*>(m.fp[o.b()]);
  if (callee != nullptr) [[likely]]
    return call_any(m, callee, o.a);
  raise(m, TrapCode::null_function_reference);
  return handler_at(m.pc);
}

// --- Tail calls: the callee's frame replaces this one, and returns to where this one would have returned

// Returns false after raising a trap. The arguments may overlap with the parameters, and lie above them, so they are
// copied in ascending order.
[[gnu::always_inline]] inline bool replace_frame(Machine& m, const FuncCode& callee, const Operands& o,
                                                 uint32_t argument_slots) {
  const Slot* const link = m.fp + o.d;
  const Return back{as<const Word*>(link[kLinkReturnPc]), as<Slot*>(link[kLinkCallerFp]),
                    as<InstanceContext*>(link[kLinkContext])};
  const Word* const entry = entry_of(callee);
  if (!has_room(m, frame_end(callee, m.fp))) [[unlikely]]
    return false;
  const Slot* from = m.fp + o.a;
  for (uint32_t i = 0; i < argument_slots; ++i) m.fp[i] = from[i];
  enter(m, callee, entry, m.fp, back);
  return true;
}

void tail_call(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  replace_frame(m, *as<const FuncCode*>(m.pc[2]), o, o.x);
}

[[gnu::always_inline]] inline void tail_call_any(Machine& m, FuncInst* callee, const Operands& o,
                                                 uint32_t argument_slots) {
  if (callee->host != nullptr) return go_to_host(m, callee, kTailCallHost);
  if (replace_frame(m, *static_cast<const FuncCode*>(callee->code), o, argument_slots)) {
    go_to_instance(m, callee->context);
  }
}

void tail_call_import(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  tail_call_any(m, m.ctx->funcs[m.pc[2]], o, o.x);
}

template <class Index>
void tail_call_indirect(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  FuncInst* const callee = table_entry(m, read<Index, Place::slot>(m, o.b()), m.pc[2]);
  if (callee == nullptr) [[unlikely]]
    return;
  const TypeId wanted = wanted_type(m.pc[2]);
  if (callee->type != wanted && !is_subtype(m.ctx, callee->type, wanted)) [[unlikely]]
    return raise(m, TrapCode::indirect_call_type_mismatch);
  tail_call_any(m, callee, o, o.c());
}

void tail_call_ref(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  FuncInst* const callee = as<FuncInst*>(m.fp[o.b()]);
  if (callee == nullptr) [[unlikely]]
    return raise(m, TrapCode::null_function_reference);
  tail_call_any(m, callee, o, o.c());
}

void copy_slots(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  std::memmove(m.fp + o.d, m.fp + o.a, o.x * sizeof(Slot));
  m.pc += 2;
}

void null_check(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  if (m.fp[o.a] == 0) [[unlikely]]
    return raise(m, static_cast<TrapCode>(o.x));
  m.pc += 2;
}

// --- Exceptions ----------------------------------------------------------------------------------------------------

// Continues at the clause that catches the exception, or leaves this activation. Here and below, the Machine may be in
// memory, because throwing is slow anyway.
[[gnu::noinline]] void throw_exception(Machine& m, const runtime::gc::ExceptionObject& exception) {
  runtime::Execution& execution = m.ctx->store->execution();
  runtime::Activation& activation = *execution.activation();
  auto& tier = static_cast<Interpreter&>(*activation.tier);
  const Interpreter::Handler handler = tier.unwind(m.pc, m.fp, m.ctx, exception);
  if (handler.code == nullptr) {
    activation.ctx = m.ctx;
    activation.fp = m.fp;
    activation.pc = m.pc;
    execution.pending_exception = runtime::gc::to_ref(&exception);
    return stop_with(m, Exit::exception);
  }
  activation.left_by_exception.clear();
  m.fp = handler.fp;
  m.ctx = handler.ctx;
  m.memory = handler.ctx->memory_base;
  m.l = handler.fp[handler.code->pinned.load(std::memory_order_relaxed)];
  m.pc = handler.pc;
}

// d: number of argument slots.
void throw_(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  Slot* const arguments = m.fp + o.a;
  runtime::Store& store = *m.ctx->store;
  store.execution().activation()->top = arguments + o.d;
  const auto* exception = runtime::gc::exception_new(store, m.ctx->instance->tags[o.x], arguments, o.d);
  if (exception == nullptr) return raise(m, store.heap().why_nothing());
  throw_exception(m, *exception);
}

void throw_ref(Machine& m) {
  const Slot ref = m.fp[operands_at(m.pc + 1).a];
  if (ref == runtime::gc::kNull) return raise(m, TrapCode::null_exception_reference);
  throw_exception(m, *static_cast<const runtime::gc::ExceptionObject*>(runtime::gc::to_object(ref)));
}

// Continues to throw an exception of a call that has left this activation (for compiled code or the host).
void throw_pending_exception(Machine& m) {
  runtime::Execution& execution = m.ctx->store->execution();
  execution.activation()->pc = nullptr;
  const Slot exception = std::exchange(execution.pending_exception, runtime::gc::kNull);
  throw_exception(m, *static_cast<const runtime::gc::ExceptionObject*>(runtime::gc::to_object(exception)));
}

// A single result must also be in the accumulator of its type. The type is not known here, so all are set.
[[gnu::always_inline]] inline void take_result(Machine& m, const Slot* results) {
  m.r = results[0];
  m.s = runtime::slot_get<float>(results);
  m.d = runtime::slot_get<double>(results);
}

// Leaves this frame: continues at the call that led here.
void leave_frame(Machine& m, const Slot* link) {
  m.pc = as<const Word*>(link[kLinkReturnPc]) - 1;  // a position inside the call
  m.fp = as<Slot*>(link[kLinkCallerFp]);
  m.ctx = as<InstanceContext*>(link[kLinkContext]);
}

// Goes on behind a call of a host function.
template <bool tail>
[[gnu::always_inline]] inline void after_host(Machine& m, Exit exit) {
  const Operands o = operands_at(m.pc + 1);
  if (exit == Exit::exception) [[unlikely]] {
    if constexpr (tail) leave_frame(m, m.fp + o.d);
    return throw_pending_exception(m);
  }
  if (exit != Exit::returned) [[unlikely]]
    return stop_with(m, exit);
  m.ctx->store->execution().activation()->pc = nullptr;
  // An interrupt may have come while the host function ran.
  if (m.ctx->must_stop()) [[unlikely]]
    return raise(m, TrapCode::interrupted);
  m.memory = m.ctx->memory_base;
  m.l = m.fp[o.d];
  take_result(m, m.fp + o.a);
  m.pc += kCallWords;
}

// r: the callee; l: address of the call. After a tail call, the handlers of this frame do not catch what the callee
// throws.
template <bool tail>
void call_host(Machine& m) {
  const Word* const at = as<const Word*>(m.l);
  FuncInst& callee = *as<FuncInst*>(m.r);
  const Operands o = operands_at(at + 1);
  Slot* const arguments = m.fp + o.a;
  runtime::Execution& execution = m.ctx->store->execution();
  runtime::Activation& activation = *execution.activation();
  m.pc = at;
  if (!has_room(m, arguments + callee.host->slots)) [[unlikely]]
    return;
  activation.ctx = m.ctx;
  activation.fp = m.fp;
  activation.top = arguments + callee.host->slots;
  activation.pc = at;
  const Exit exit = execution.call_host(callee, m.ctx->instance, arguments);
  if (exit == Exit::suspended) [[unlikely]]
    activation.in_tail_call = tail;
  after_host<tail>(m, exit);
}

// m.r: an Exit; m.pc: the call.
template <bool tail>
void resume_after_host(Machine& m) {
  after_host<tail>(m, static_cast<Exit>(m.r));
}

// Goes back to the call that led here: before a trap that belongs to the caller, or when the frame no longer belongs to
// this tier.
void go_to_caller(Machine& m, const FuncCode& code) { leave_frame(m, m.fp + code.link); }

// Sets `entry` to the function's code, which is made if there is none. Otherwise returns the trap to end with.
TrapCode find_entry(const Machine& m, FuncCode& code, const Word*& entry) {
  Result<const Word*> translated = code.owner->translate(code);
  if (translated) {
    entry = *translated;
    return TrapCode::none;
  }
  if (translated.error().kind == ErrorKind::trap) return translated.error().trap_code;
  return m.ctx->store->execution().invalid_function(code.owner->module(), code.index, std::move(translated).error());
}

// If the function was not validated before, the caller has begun the frame without knowing its size and its pinned
// local. Both are done here.
[[gnu::noinline]] void translate_and_begin(Machine& m, FuncCode& code) {
  const Word* entry = nullptr;
  TrapCode trap = guarded([&] { return find_entry(m, code, entry); }, [] { return TrapCode::out_of_memory; });
  const Slot* const end = frame_end(code, m.fp);
  if (trap == TrapCode::none && end > m.ctx->stack_limit.load(std::memory_order_relaxed)) [[unlikely]]
    trap = m.ctx->store->execution().why_no_room(end);
  if (trap != TrapCode::none) [[unlikely]] {
    go_to_caller(m, code);
    return raise(m, trap);
  }
  m.l = m.fp[code.pinned.load(std::memory_order_relaxed)];
  m.pc = entry;
}

// --- Hot functions -------------------------------------------------------------------------------------------------

// Goes on where machine code has returned to. `results`: the frame that it ran in.
void after_compiled(Machine& m, Exit exit, const Slot* results) {
  const Word* const return_pc = m.pc + 1;
  if (exit == Exit::exception) [[unlikely]]
    return throw_pending_exception(m);
  if (exit != Exit::returned) [[unlikely]]
    return stop_with(m, exit);
  m.memory = m.ctx->memory_base;
  m.l = m.fp[operands_at(return_pc - 2).d];
  take_result(m, results);
  m.pc = return_pc;
}

// Continues in machine code with the frame that has just been entered. Machine code does not keep the frame's link, so
// this is made a call from the place to which the link refers.
[[gnu::noinline]] void run_compiled(Machine& m, const FuncCode& code, const void* entry) {
  Slot* const frame = m.fp;
  InstanceContext& context = *m.ctx;
  go_to_caller(m, code);
  runtime::Execution& execution = context.store->execution();
  runtime::Activation& activation = *execution.activation();
  activation.ctx = m.ctx;
  activation.fp = m.fp;
  activation.pc = m.pc;
  activation.top = frame_end(code, frame);
  const FuncType& type = code.owner->module().module().func_type(code.index);
  const Exit exit = execution.run_compiled(entry, type, context, frame);
  after_compiled(m, exit, frame);
}

// m.r: an Exit; m.pc: a position inside the call; m.l: the callee's frame.
void resume_after_compiled(Machine& m) { after_compiled(m, static_cast<Exit>(m.r), as<const Slot*>(m.l)); }

void lazy(Machine& m) {
  FuncCode& code = FuncCode::lazy_at(m.pc);
  if (const void* const entry = code.owner->cached_entry(code)) return run_compiled(m, code, entry);
  translate_and_begin(m, code);
}

void enter_compiled(Machine& m) {
  FuncCode& code = *as<FuncCode*>(m.pc[1]);
  if (code.owner->compiler_is_retired()) [[unlikely]]
    return translate_and_begin(m, code);
  run_compiled(m, code, as<const void*>(m.pc[2]));
}

void count_call(Machine& m) {
  FuncCode& code = *as<FuncCode*>(m.pc[1]);
  const void* const entry = code.owner->heat(code, runtime::ExecutionTier::kFromTheBeginning);
  if (entry != nullptr) [[unlikely]]
    return run_compiled(m, code, entry);
  m.pc += 2;
}

void count_loop(Machine& m) {
  FuncCode& code = *as<FuncCode*>(m.pc[1]);
  const void* const entry = code.owner->heat(code, static_cast<uint32_t>(m.pc[2]));
  if (entry != nullptr) [[unlikely]]
    return run_compiled(m, code, entry);
  m.pc += 3;
}

template <bool checks>
void charge(Machine& m) {
  int64_t& fuel = m.ctx->store->execution().fuel;
  fuel -= static_cast<int32_t>(operands_at(m.pc + 1).x);
  if constexpr (checks) {
    if (fuel < 0) [[unlikely]] {
      m.ctx->store->execution().activation()->pc = m.pc;
      m.pc = words(kOutOfFuel);
      return;
    }
  }
  m.pc += 2;
}

// Suspends the call where the code stands, if it can yield. Execution will go on with these registers.
bool yield(Machine& m, runtime::Activation::Yielded where, const FuncCode& code) {
  runtime::Execution& execution = m.ctx->store->execution();
  runtime::Activation& activation = *execution.activation();
  activation.fp = m.fp;
  if (!execution.begin_yielding(where, frame_end(code, m.fp))) return false;
  activation.pc = m.pc;
  activation.ctx = m.ctx;
  activation.registers = {m.r, m.l, std::bit_cast<uint32_t>(m.s), std::bit_cast<uint64_t>(m.d), 0, 0};
  std::memcpy(&activation.registers[4], &m.v, sizeof(m.v));
  stop_with(m, Exit::suspended);
  return true;
}

const FuncCode& code_at(const Machine& m) {
  return *static_cast<Interpreter&>(*m.ctx->store->execution().activation()->tier).find_code(m.pc);
}

// Activation::pc: the instruction. The registers of the Machine are as they were there.
void out_of_fuel(Machine& m) {
  const auto* const at = static_cast<const Word*>(m.ctx->store->execution().activation()->pc);
  m.pc = at + 2;  // behind it
  if (yield(m, runtime::Activation::Yielded::out_of_fuel, code_at(m))) return;
  m.pc = at;
  raise(m, TrapCode::out_of_fuel);
}

// See go_back.
void interrupted(Machine& m) {
  const auto* const branch = as<const Word*>(m.r);
  m.pc = branch + static_cast<int64_t>(m.l);
  const FuncCode& code = code_at(m);
  m.r = 0;
  m.l = m.fp[code.pinned.load(std::memory_order_relaxed)];
  if (m.ctx->store->interrupted()) {
    m.pc = branch;
    return raise(m, TrapCode::interrupted);
  }
  m.ctx->store->execution().activation()->pc = m.pc;
  if (!yield(m, runtime::Activation::Yielded::at_loop, code)) m.ctx->store->execution().activation()->pc = nullptr;
}

// --- Returns

void return_(Machine& m) { leave(m, operands_at(m.pc + 1).d); }

template <class T, Place A>
void return_value(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  put<T, Place::slot>(m, 0, read<T, A>(m, A == Place::imm ? o.x : o.a));
  leave(m, o.d);
}

// --- Others --------------------------------------------------------------------------------------------------------

void atomic_fence(Machine& m) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  m.pc += 2;
}

void ref_func(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  m.fp[o.d] = reinterpret_cast<Slot>(m.ctx->funcs[o.x]);
  m.pc += 2;
}

// --- Tables --------------------------------------------------------------------------------------------------------

constexpr auto kReturnValue = by_scalar<PlaceTable<kPlaces, 1, 1>>([]<class T>() {
  return make_table<kPlaces, 1, 1>([]<Place a, Place b, Place d>() -> Handler {
    if constexpr (can_be_at<T>(a)) {
      return &wrap<&return_value<T, a>>;
    } else {
      return nullptr;
    }
  });
});

const Word* words(const StaticInstr* instr) { return reinterpret_cast<const Word*>(instr); }

// Instructions that the handlers above jump to. Calls of the host and similar code are in handlers of their own, so
// that the usual handlers need no stack frame.
constexpr StaticInstr kStop[] = {{&stop, {}}};
constexpr StaticInstr kCallHost[] = {{&wrap<&call_host<false>>, {}}};
constexpr StaticInstr kTailCallHost[] = {{&wrap<&call_host<true>>, {}}};
constexpr StaticInstr kCallSubtype[] = {{&wrap_jump<&call_subtype>, {}}};
constexpr StaticInstr kNoRoom[] = {{&wrap<&no_room>, {}}};
constexpr StaticInstr kOutOfFuel[] = {{&wrap<&out_of_fuel>, {}}};
// A return reads the operands of the call that it returns to, two words before its return address. So there must be a
// word before this instruction.
constexpr StaticInstr kFinish[] = {{nullptr, {}}, {&wrap<&finish>, {}}};

}  // namespace

#define TRAP(id, message) {&wrap<&trap>, {0, 0, static_cast<uint32_t>(TrapCode::id)}},
constexpr StaticInstr kTraps[] = {
    {&wrap<&trap>, {}},
#include <mini_wasm/traps.def>
};
#undef TRAP

constexpr StaticInstr kInterrupted[] = {{&wrap<&interrupted>, {}}};

const Word* finish_code() { return words(kFinish + 1); }
Handler after_host_handler(bool tail) {
  return tail ? &wrap<&resume_after_host<true>> : &wrap<&resume_after_host<false>>;
}
Handler after_compiled_handler() { return &wrap<&resume_after_compiled>; }

Handler return_value_handler(Scalar type, Place a) { return kReturnValue[row(type)][index_of(a)][0][0]; }
Handler br_table_handler(Place index) {
  switch (index) {
    case Place::slot: return &wrap_jump<&br_table<Place::slot>>;
    case Place::acc: return &wrap_jump<&br_table<Place::acc>>;
    case Place::pinned: return &wrap_jump<&br_table<Place::pinned>>;
    default: return nullptr;
  }
}

Handler call_indirect_handler(Place index, bool index_64) {
  switch (index) {
    case Place::slot:
      return index_64 ? &wrap_jump<&call_indirect<uint64_t, Place::slot>>
                      : &wrap_jump<&call_indirect<uint32_t, Place::slot>>;
    case Place::acc:
      return index_64 ? &wrap_jump<&call_indirect<uint64_t, Place::acc>>
                      : &wrap_jump<&call_indirect<uint32_t, Place::acc>>;
    case Place::pinned:
      return index_64 ? &wrap_jump<&call_indirect<uint64_t, Place::pinned>>
                      : &wrap_jump<&call_indirect<uint32_t, Place::pinned>>;
    default: return nullptr;
  }
}

Handler tail_call_indirect_handler(bool index_64) {
  return index_64 ? &wrap<&tail_call_indirect<uint64_t>> : &wrap<&tail_call_indirect<uint32_t>>;
}

Handler special_handler(Special s) {
  switch (s) {
    case Special::br: return &wrap<&br<false>>;
    case Special::br_backward: return &wrap<&br<true>>;
    case Special::return_: return &wrap<&return_>;
    case Special::call: return &wrap<&call>;
    case Special::call_import: return &wrap_jump<&call_import>;
    case Special::call_ref: return &wrap_jump<&call_ref>;
    case Special::tail_call: return &wrap<&tail_call>;
    case Special::tail_call_import: return &wrap<&tail_call_import>;
    case Special::tail_call_ref: return &wrap<&tail_call_ref>;
    case Special::throw_: return &wrap<&throw_>;
    case Special::throw_ref: return &wrap<&throw_ref>;
    case Special::copy_slots: return &wrap<&copy_slots>;
    case Special::null_check: return &wrap<&null_check>;
    case Special::lazy: return &wrap<&lazy>;
    case Special::count_call: return &wrap<&count_call>;
    case Special::count_loop: return &wrap<&count_loop>;
    case Special::charge: return &wrap<&charge<false>>;
    case Special::charge_or_trap: return &wrap<&charge<true>>;
    case Special::enter_compiled: return &wrap<&enter_compiled>;
    case Special::unreachable: return &wrap<&unreachable>;
    case Special::ref_func: return &wrap<&ref_func>;
    case Special::atomic_fence: return &wrap<&atomic_fence>;
    default: return memory_or_table_handler(s);
  }
}

}  // namespace mini_wasm::interp
