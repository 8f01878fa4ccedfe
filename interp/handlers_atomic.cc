// Handlers of the atomic instructions. Each has four words; the operands are in slots: d <- a (address), b(), c(). Word
// 2 is the offset, word 3 the memory.
#include "core/atomic.h"
#include "core/speculation.h"
#include "interp/handler_table.h"
#include "runtime/instance/module_inst.h"
#include "runtime/memory/wait_queue.h"

namespace mini_wasm::interp {
namespace {

constexpr uint32_t kWords = 4;

runtime::MemInst& memory_of(Machine& m) { return *m.ctx->memories[m.pc[3]]; }

uint64_t index_at(const Machine& m, const runtime::MemInst& memory, const Operands& o) {
  return memory.type.is_64 ? m.fp[o.a] : runtime::slot_get<uint32_t>(m.fp + o.a);
}

// For memory 0 with guard pages, like interp::load. Alignment is checked even so.
template <Op op>
void guarded(Machine& m) {
  using Access = atomic::Access<op>;
  using Value = typename Access::Value;
  const Operands o = operands_at(m.pc + 1);
  const uint64_t at = uint64_t{read<uint32_t, Place::slot>(m, o.a)} + m.pc[2];
  if (at % Access::kBytes != 0) [[unlikely]]
    return raise(m, TrapCode::unaligned_atomic);
  const Value b = read<Value, Place::slot>(m, o.b()), c = read<Value, Place::slot>(m, o.c());
  const Value result = Access::run(m.memory + at, b, c);
  fault_point(m);
  if constexpr (Access::kHasResult) write<Value, Place::slot>(m, o.d, result);
  m.pc += kWords;
}

// Any memory. Atomic accesses take so long that one handler may serve both kinds of addresses.
template <Op op, bool clamps>
void checked(Machine& m) {
  using Access = atomic::Access<op>;
  using Value = typename Access::Value;
  const Operands o = operands_at(m.pc + 1);
  const runtime::MemInst& memory = memory_of(m);
  uint64_t at;
  if (__builtin_add_overflow(index_at(m, memory, o), m.pc[2], &at)) [[unlikely]]
    return raise(m, TrapCode::out_of_bounds_memory_access);
  if (at % Access::kBytes != 0) [[unlikely]]
    return raise(m, TrapCode::unaligned_atomic);
  if (!memory.contains(at, Access::kBytes)) [[unlikely]]
    return raise(m, TrapCode::out_of_bounds_memory_access);
  const Value b = read<Value, Place::slot>(m, o.b()), c = read<Value, Place::slot>(m, o.c());
  const Value result = Access::run(memory.base + clamped<clamps>(at, memory.size), b, c);
  if constexpr (Access::kHasResult) write<Value, Place::slot>(m, o.d, result);
  m.pc += kWords;
}

// The common part of wait and notify: `run(memory, effective address, result)` sets the result or returns a trap.
template <class F>
void call_runtime(Machine& m, const Operands& o, F run) {
  runtime::MemInst& memory = memory_of(m);
  uint64_t at;
  uint32_t result = 0;
  const TrapCode trap = __builtin_add_overflow(index_at(m, memory, o), m.pc[2], &at)
                            ? TrapCode::out_of_bounds_memory_access
                            : run(memory, at, result);
  if (trap != TrapCode::none) [[unlikely]]
    return raise(m, trap);
  runtime::slot_set<uint32_t>(m.fp + o.d, result);
  m.pc += kWords;
}

template <class Value>
void wait(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  call_runtime(m, o, [&](runtime::MemInst& memory, uint64_t at, uint32_t& result) {
    return runtime::memory_atomic_wait(*m.ctx->store, memory, at, sizeof(Value), runtime::slot_get<Value>(m.fp + o.b()),
                                       static_cast<int64_t>(m.fp[o.c()]), result);
  });
}

void notify(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  call_runtime(m, o, [&](runtime::MemInst& memory, uint64_t at, uint32_t& woken) {
    return runtime::memory_atomic_notify(memory, at, runtime::slot_get<uint32_t>(m.fp + o.b()), woken);
  });
}

struct AtomicHandlers {
  Handler guarded = nullptr;
  std::array<Handler, CheckedForm::kCount> checked{};
};

constexpr AtomicHandlers same_for_any_memory(Handler handler) {
  return {handler, {handler, handler, handler, handler}};
}

template <Op op>
constexpr AtomicHandlers make_handlers() {
  if constexpr (op == Op::memory_atomic_notify) {
    return same_for_any_memory(&wrap<&notify>);
  } else if constexpr (op == Op::memory_atomic_wait32) {
    return same_for_any_memory(&wrap<&wait<uint32_t>>);
  } else if constexpr (op == Op::memory_atomic_wait64) {
    return same_for_any_memory(&wrap<&wait<uint64_t>>);
  } else if constexpr (op_info(op).imm == Imm::memarg) {
    constexpr Handler plain = &wrap<&checked<op, false>, kRare>, clamping = &wrap<&checked<op, true>, kRare>;
    AtomicHandlers handlers{&wrap<&guarded<op>, kRare>};
    for (const bool is_64 : {false, true}) {
      handlers.checked[CheckedForm{is_64, false}.index()] = plain;
      handlers.checked[CheckedForm{is_64, true}.index()] = clamping;
    }
    return handlers;
  } else {
    return {};  // atomic.fence
  }
}

constexpr size_t kFirst = static_cast<size_t>(Op::memory_atomic_notify);

template <size_t... I>
constexpr auto make_all(std::index_sequence<I...>) {
  return std::array<AtomicHandlers, sizeof...(I)>{make_handlers<static_cast<Op>(kFirst + I)>()...};
}

// The atomic instructions are the last rows of opcodes.def.
constexpr auto kAtomic = make_all(std::make_index_sequence<kOpCount - kFirst>{});

}  // namespace

Handler atomic_handler(Op op) { return kAtomic[static_cast<size_t>(op) - kFirst].guarded; }
Handler checked_atomic_handler(Op op, CheckedForm form) {
  return kAtomic[static_cast<size_t>(op) - kFirst].checked[form.index()];
}

}  // namespace mini_wasm::interp
