// Tables of handlers that are made at compile time: one template for each form of instruction, instantiated for each
// possible combination of places (places.h).
#pragma once

#include <array>
#include <tuple>
#include <type_traits>
#include <utility>

#include "core/numeric.h"
#include "interp/handlers.h"

namespace mini_wasm::interp {

inline constexpr size_t kPlaces = 5;

// Handlers by up to three places; null for a combination that does not exist.
template <size_t A, size_t B, size_t D>
using PlaceTable = std::array<std::array<std::array<Handler, D>, B>, A>;

// Fills a table. `pick.template operator()<a, b, d>()` returns a handler or null.
template <size_t A, size_t B, size_t D, class Pick>
constexpr PlaceTable<A, B, D> make_table(Pick pick) {
  PlaceTable<A, B, D> table{};
  const auto cell = [&]<size_t I>() {
    constexpr size_t a = I / (B * D), b = I / D % B, d = I % D;
    table[a][b][d] = pick.template operator()<static_cast<Place>(a), static_cast<Place>(b), static_cast<Place>(d)>();
  };
  [&]<size_t... I>(std::index_sequence<I...>) {
    (cell.template operator()<I>(), ...);
  }(std::make_index_sequence<A * B * D>{});
  return table;
}

// The rows of frequent.def.
constexpr bool is_frequent(Op op) {
  switch (op) {
#define FREQUENT(op) case Op::op:
#include "interp/frequent.def"
    return true;
    default: return false;
  }
}
// The rows COMPARE of fused.def, and comparisons with zero.
constexpr bool is_comparison(Op op) {
  switch (op) {
#define COMPARE(op) case Op::op:
#include "interp/fused.def"
    case Op::i32_eqz:
    case Op::i64_eqz: return true;
    default: return false;
  }
}
// The place where the handlers of an instruction find an operand that is at `place`.
constexpr Place read_at(Op op, Place place) { return place == Place::pinned && !is_frequent(op) ? Place::slot : place; }

// Parameter and result types of a numeric function.
template <class F>
struct NumericSignature;
template <class R, class T>
struct NumericSignature<R (*)(T)> {
  using Result = R;
  using Operand = T;
  static constexpr bool kBinary = false;
};
template <class R, class T>
struct NumericSignature<R (*)(T, T)> {
  using Result = R;
  using Operand = T;
  static constexpr bool kBinary = true;
};
template <class R, class T>
struct NumericSignature<R (*)(T) noexcept> : NumericSignature<R (*)(T)> {};
template <class R, class T>
struct NumericSignature<R (*)(T, T) noexcept> : NumericSignature<R (*)(T, T)> {};

template <class R>
struct Unchecked {
  using Type = R;
  static constexpr bool kTraps = false;
};
template <class R>
struct Unchecked<numeric::Checked<R>> {
  using Type = R;
  static constexpr bool kTraps = true;
};

// Whether a value of type T can be at this place. Only integers can be in the pinned local.
template <class T>
constexpr bool can_be_at(Place p) {
  switch (p) {
    case Place::slot:
    case Place::acc: return true;
    case Place::pinned: return kIsInt<T>;
    case Place::imm: return sizeof(T) == 4 || kIsInt<T>;
    case Place::wide: return sizeof(T) >= 8;
  }
  return false;
}

// One row of handlers for each Scalar; `pick.template operator()<T>()` makes a row.
template <class Row, class Pick>
constexpr std::array<Row, 5> by_scalar(Pick pick) {
  return {
    pick.template operator()<uint32_t>(),
    pick.template operator()<uint64_t>(),
    pick.template operator()<float>(),
    pick.template operator()<double>(),
    pick.template operator()<V128>()
  };
}

constexpr size_t row(Scalar type) { return static_cast<size_t>(type); }

// An instruction that does not belong to a function, in the layout of code: two words.
struct StaticInstr {
  Handler handler;
  Operands operands;
};
static_assert(sizeof(StaticInstr) == 2 * sizeof(Word));

extern const StaticInstr kTraps[];  // by TrapCode

// Stops with a trap. The trap's handler receives the address of the current instruction in `r`.
[[gnu::always_inline]] inline void raise(Machine& m, TrapCode code) {
  m.r = reinterpret_cast<uint64_t>(m.pc);
  m.pc = reinterpret_cast<const Word*>(kTraps + static_cast<size_t>(code));
}

extern const StaticInstr kInterrupted[];

// A branch to a loop. These branches check for an interruption, because each loop contains one of them. The handler of
// kInterrupted receives the address of the current instruction in `r`, and the distance in `l`: at the beginning of a
// loop, no value is in an accumulator, and the pinned local is also in its slot.
[[gnu::always_inline]] inline void go_back(Machine& m, int32_t distance) {
  if (m.ctx->interrupt.load(std::memory_order_relaxed) != 0) [[unlikely]] {
    m.r = reinterpret_cast<uint64_t>(m.pc);
    m.l = static_cast<uint64_t>(int64_t{distance});
    m.pc = reinterpret_cast<const Word*>(kInterrupted);
    return;
  }
  m.pc += distance;
}

template <bool backward>
[[gnu::always_inline]] inline void take_branch(Machine& m, int32_t distance) {
  if constexpr (backward) return go_back(m, distance);
  m.pc += distance;
}

}  // namespace mini_wasm::interp
