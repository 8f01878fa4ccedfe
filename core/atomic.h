// The effect of every atomic memory access (threads proposal, "Atomic memory accesses"): one definition for each class
// of opcode; what is different between its opcodes is taken from their rows in opcodes.def. All accesses are
// sequentially consistent. They use the compiler's builtins: not every standard library has std::atomic_ref.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/opcode.h"

namespace mini_wasm::atomic {

enum class Rmw : uint8_t { add, sub, and_, or_, xor_, xchg };

// The operation in the name of an instruction such as "i32.atomic.rmw8.add_u".
constexpr Rmw rmw_of(std::string_view text) {
  const auto has = [&](std::string_view verb) { return text.find(verb) != text.npos; };
  if (has(".add")) return Rmw::add;
  if (has(".sub")) return Rmw::sub;
  if (has(".and")) return Rmw::and_;
  if (has(".or")) return Rmw::or_;
  return has(".xor") ? Rmw::xor_ : Rmw::xchg;
}

template <Op op>
struct Access {
  static constexpr const OpInfo& kInfo = op_info(op);
  static constexpr uint32_t kBytes = 1u << kInfo.access_log2;
  // The number of operands besides the address.
  static constexpr uint32_t kOperands = kInfo.param_count - 1u;
  static constexpr bool kHasResult = kInfo.result_count != 0;
  static constexpr bool kIs64 = (kHasResult ? kInfo.results[0] : kInfo.params[1]) == SigType::i64;
  using Value = std::conditional_t<kIs64, uint64_t, uint32_t>;
  using Bytes = std::conditional_t<
      kBytes == 1, uint8_t,
      std::conditional_t<kBytes == 2, uint16_t, std::conditional_t<kBytes == 4, uint32_t, uint64_t>>>;

  // `at` must be aligned to kBytes. `a` is the value that is stored, added or expected, and `b` the replacement; both
  // are wrapped to the width of the access. Returns the old value in memory, zero-extended.
  static Value run(uint8_t* at, [[maybe_unused]] Value a, [[maybe_unused]] Value b) {
    Bytes* const cell = reinterpret_cast<Bytes*>(at);
    if constexpr (kInfo.cls == OpClass::atomic_load) {
      return __atomic_load_n(cell, __ATOMIC_SEQ_CST);
    } else if constexpr (kInfo.cls == OpClass::atomic_store) {
      __atomic_store_n(cell, static_cast<Bytes>(a), __ATOMIC_SEQ_CST);
      return 0;
    } else if constexpr (kInfo.cls == OpClass::atomic_cmpxchg) {
      Bytes expected = static_cast<Bytes>(a);
      __atomic_compare_exchange_n(cell, &expected, static_cast<Bytes>(b), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
      return expected;
    } else {
      return modify(cell, static_cast<Bytes>(a));
    }
  }

 private:
  static Bytes modify(Bytes* cell, Bytes a) {
    constexpr Rmw kRmw = rmw_of(kInfo.text);
    if constexpr (kRmw == Rmw::add) return __atomic_fetch_add(cell, a, __ATOMIC_SEQ_CST);
    if constexpr (kRmw == Rmw::sub) return __atomic_fetch_sub(cell, a, __ATOMIC_SEQ_CST);
    if constexpr (kRmw == Rmw::and_) return __atomic_fetch_and(cell, a, __ATOMIC_SEQ_CST);
    if constexpr (kRmw == Rmw::or_) return __atomic_fetch_or(cell, a, __ATOMIC_SEQ_CST);
    if constexpr (kRmw == Rmw::xor_) return __atomic_fetch_xor(cell, a, __ATOMIC_SEQ_CST);
    if constexpr (kRmw == Rmw::xchg) return __atomic_exchange_n(cell, a, __ATOMIC_SEQ_CST);
  }
};

}  // namespace mini_wasm::atomic
