// One function per scalar numeric instruction and atomic wait or notify, made from its definition in core/: operands
// from slots, result into slots.
#include <array>
#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>

#include "core/atomic.h"
#include "core/numeric.h"
#include "jit/runtime_calls.h"
#include "runtime/memory.h"
#include "runtime/wait_queue.h"

namespace mini_wasm::jit {
namespace {

using runtime::InstanceContext;
using runtime::Slot;

template <class T>
constexpr uint32_t kSlots = (sizeof(T) + sizeof(Slot) - 1) / sizeof(Slot);

template <class T>
T next(const Slot*& slot) {
  T value;
  std::memcpy(&value, slot, sizeof(T));
  slot += kSlots<T>;
  return value;
}

template <class T>
uint64_t leave(Slot* slot, const T& value) {
  std::memcpy(slot, &value, sizeof(T));
  return 0;
}
template <class T>
uint64_t leave(Slot* slot, const numeric::Checked<T>& result) {
  std::memcpy(slot, &result.value, sizeof(T));
  return static_cast<uint64_t>(result.trap);
}

// --- Shapes of the functions in core/, chosen by opcode class and immediates
// -------------------------------------------

// Values only.
template <auto function>
struct Plain;
template <class R, class... A, R (*function)(A...)>
struct Plain<function> {
  static uint64_t call(InstanceContext*, Slot* operands, uint64_t, uint64_t, Slot*, const void* const*) {
    const Slot* from = operands;
    return leave(operands, apply([&]<class T>(std::type_identity<T>) { return next<T>(from); }));
  }
  // Braces evaluate from left to right.
  template <class Next>
  static R apply(Next take) {
    return [&](std::tuple<A...> values) {
      return std::apply(function, values);
    }(std::tuple<A...>{take(std::type_identity<A>{})...});
  }
};

constexpr auto kOutOfBounds = static_cast<uint64_t>(TrapCode::out_of_bounds_memory_access);

// Waiting and waking, which look at the alignment themselves.
template <Op op>
struct Atomic {
  using Access = atomic::Access<op>;
  static uint64_t call(InstanceContext* ctx, Slot* s, uint64_t x, uint64_t y, Slot*, const void* const*) {
    runtime::MemInst& memory = *ctx->memories[static_cast<uint32_t>(x)];
    const Slot* from = s;
    const uint64_t index = memory.type.is_64 ? next<uint64_t>(from) : next<uint32_t>(from);
    const uint64_t at = index + y;
    if (at < index) return kOutOfBounds;
    if constexpr (Access::kInfo.cls == OpClass::atomic_wait) {
      using Expected = std::conditional_t<Access::kBytes == 8, uint64_t, uint32_t>;
      const auto expected = next<Expected>(from);
      uint32_t result = 0;
      const TrapCode trap =
          runtime::memory_atomic_wait(*ctx->store, memory, at, sizeof(Expected), expected, next<int64_t>(from), result);
      leave(s, result);
      return static_cast<uint64_t>(trap);
    } else {
      uint32_t woken = 0;
      const TrapCode trap = runtime::memory_atomic_notify(memory, at, next<uint32_t>(from), woken);
      leave(s, woken);
      return static_cast<uint64_t>(trap);
    }
  }
};

// --- By opcode -------------------------------------------------------------------------------------------------------

template <Op op>
constexpr RuntimeCall kCallOf = nullptr;

#define SCALAR(id) \
  template <>      \
  constexpr RuntimeCall kCallOf<Op::id> = &Plain<&numeric::id>::call;
#define CLASS_numeric(id) SCALAR(id)
#define CLASS_numeric_trap(id) SCALAR(id)
#define CLASS_control(id)
#define CLASS_parametric(id)
#define CLASS_variable(id)
#define CLASS_constant(id)
#define CLASS_load(id)
#define CLASS_store(id)
#define CLASS_memory(id)
#define CLASS_table(id)
#define CLASS_ref(id)
#define CLASS_gc(id)
#define CLASS_exception(id)

#define ATOMIC_atomic_load(id)
#define ATOMIC_atomic_store(id)
#define ATOMIC_atomic_rmw(id)
#define ATOMIC_atomic_cmpxchg(id)
#define ATOMIC_atomic_wait(id) \
  template <>                  \
  constexpr RuntimeCall kCallOf<Op::id> = &Atomic<Op::id>::call;
#define ATOMIC_atomic_notify(id) ATOMIC_atomic_wait(id)
#define ATOMIC_atomic_fence(id)

#define FEATURE_mvp(id, cls) CLASS_##cls(id)
#define FEATURE_sign_ext(id, cls) CLASS_##cls(id)
#define FEATURE_sat_trunc(id, cls) CLASS_##cls(id)
#define FEATURE_wide_arithmetic(id, cls) CLASS_##cls(id)
#define FEATURE_simd(id, cls)
#define FEATURE_relaxed_simd(id, cls)
#define FEATURE_bulk_memory(id, cls)
#define FEATURE_ref_types(id, cls)
#define FEATURE_tail_call(id, cls)
#define FEATURE_function_refs(id, cls)
#define FEATURE_gc(id, cls)
#define FEATURE_exceptions(id, cls)
#define FEATURE_legacy_exceptions(id, cls)
#define FEATURE_threads(id, cls) ATOMIC_##cls(id)

#define OP(id, text, prefix, code, feature, imm, cls, signature) FEATURE_##feature(id, cls)
#include "core/opcodes.def"
#undef OP

template <size_t... I>
constexpr std::array<RuntimeCall, kOpCount> all(std::index_sequence<I...>) {
  return {kCallOf<static_cast<Op>(I)>...};
}
constexpr auto kCalls = all(std::make_index_sequence<kOpCount>{});

}  // namespace

RuntimeCall semantic_call(Op op) { return kCalls[static_cast<size_t>(op)]; }

}  // namespace mini_wasm::jit
