// RuntimeCalls for the numeric instructions, scalar and vector, and for memory.atomic.wait and notify. Each is made from
// the definition of the instruction in core/: it reads the operands from slots, and writes the result to slots.
#include <array>
#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>

#include "core/atomic.h"
#include "core/numeric_simd.h"
#include "jit/runtime_calls.h"
#include "runtime/memory/memory.h"
#include "runtime/memory/wait_queue.h"

namespace mini_wasm::jit {
namespace {

using runtime::InstanceContext;
using runtime::Slot;

template <class T>
constexpr uint32_t kSlots = (sizeof(T) + sizeof(Slot) - 1) / sizeof(Slot);

// Reads the next operand.
template <class T>
T next(const Slot*& slot) {
  T value;
  std::memcpy(&value, slot, sizeof(T));
  slot += kSlots<T>;
  return value;
}

// Writes the result. Returns the TrapCode.
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

// --- Shapes of the functions in core/, chosen by opcode class and immediates -----------------------------------------

// A function of values only.
template <auto function>
struct Plain;
template <class R, class... A, R (*function)(A...)>
struct Plain<function> {
  static uint64_t call(InstanceContext*, Slot* operands, uint64_t, uint64_t, Slot*, const void* const*) {
    const Slot* from = operands;
    return leave(operands, apply([&]<class T>(std::type_identity<T>) { return next<T>(from); }));
  }
  // In a braced list the calls of `take` are evaluated from left to right, in the order of the operands.
  template <class Next>
  static R apply(Next take) {
    return [&](std::tuple<A...> values) {
      return std::apply(function, values);
    }(std::tuple<A...>{take(std::type_identity<A>{})...});
  }
};

constexpr auto kOutOfBounds = static_cast<uint64_t>(TrapCode::out_of_bounds_memory_access);

// memory.atomic.wait and notify. The functions that they call check alignment and bounds; only the sum of index and
// static offset is checked here.
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
constexpr RuntimeCall call_without_function() {
  constexpr OpClass cls = op_info(op).cls;
  if constexpr (cls == OpClass::atomic_wait || cls == OpClass::atomic_notify) return &Atomic<op>::call;
  return nullptr;
}

// Vector instructions with immediates, or that access memory, need machine code on every CPU.
template <Op op, auto function>
constexpr RuntimeCall vector_call() {
  if constexpr (op_info(op).cls == OpClass::simd) return &Plain<function>::call;
  return nullptr;
}

template <Op op>
constexpr RuntimeCall kCallOf = call_without_function<op>();
#define SCALAR(id) \
  template <>      \
  constexpr RuntimeCall kCallOf<Op::id> = &Plain<&numeric::id>::call;
#define VECTOR(id) \
  template <>      \
  constexpr RuntimeCall kCallOf<Op::id> = vector_call<Op::id, &numeric::id>();
#include "core/functions.def"

constexpr auto kCalls = by_op<RuntimeCall>([]<Op op>() { return kCallOf<op>; });

}  // namespace

RuntimeCall semantic_call(Op op) { return kCalls[static_cast<size_t>(op)]; }

}  // namespace mini_wasm::jit
