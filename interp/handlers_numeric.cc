// Handlers of numeric instructions and of the branches fused with comparisons: generated from the functions in
// core/numeric.h, one definition per shape.
#include <string_view>

#include "interp/handler_table.h"

namespace mini_wasm::interp {

const ByResult* vector_handlers(Op op, Place a, Place b);  // handlers_simd.cc

namespace {

template <class Result, Place D>
[[gnu::always_inline]] inline void finish(Machine& m, uint16_t d, Result result, uint32_t words) {
  if constexpr (Unchecked<Result>::kTraps) {
    if (result.trap != TrapCode::none) [[unlikely]]
      return raise(m, result.trap);
    put<typename Unchecked<Result>::Type, D>(m, d, result.value);
  } else {
    put<Result, D>(m, d, result);
  }
  m.pc += words;
}

template <auto function, Place A, Place B, Place D>
void binary(Machine& m) {
  using S = NumericSignature<decltype(function)>;
  using T = typename S::Operand;
  const Operands o = operands_at(m.pc + 1);
  constexpr bool left_constant = A == Place::imm || A == Place::wide;
  const T a = read<T, A>(m, A == Place::imm ? o.x : o.a);
  const T b = read<T, B>(m, left_constant ? o.a : B == Place::slot ? o.b() : o.x);
  finish<typename S::Result, D>(m, o.d, function(a, b), A == Place::wide || B == Place::wide ? 3 : 2);
}

template <auto function, Place A, Place D>
void unary(Machine& m) {
  using S = NumericSignature<decltype(function)>;
  const Operands o = operands_at(m.pc + 1);
  finish<typename S::Result, D>(m, o.d, function(read<typename S::Operand, A>(m, o.a)), 2);
}

using NumericTable = PlaceTable<kPlaces, kPlaces, 3>;  // unary: b is `slot`

// Divisions, minima and maxima are longer than a cache line, or rare: packed.
constexpr size_t alignment_of(Op op) { return is_frequent(op) || is_comparison(op) ? kFrequent : kRare; }

template <Op op>
constexpr bool kCommutes = false;
#define COMMUTES(op, swapped) \
  template <>                 \
  constexpr bool kCommutes<Op::op> = true;
#include "interp/fused.def"

constexpr bool is_constant(Place p) { return p == Place::imm || p == Place::wide; }

// Whether a value to the left may be a constant: of a difference and of a shift (1 << n), mostly. If the operation
// commutes, the constant goes to the right.
constexpr bool has_left_constants(Op op) {
  switch (op) {
#define LEFT_CONSTANT(op) case Op::op:
#include "interp/frequent.def"
    return true;
    default: return val_type(op_info(op).params[0]) == ValType::f32 || val_type(op_info(op).params[0]) == ValType::f64;
  }
}
// Whether the right operand is an amount, so that no constant of 64 bits is useful.
constexpr bool is_shift(Op op) {
  const std::string_view name = op_info(op).text.substr(4);  // behind "i64."
  return name.starts_with("sh") || name.starts_with("rot");
}

// Whether an operation has handlers for these places. At most one operand is a constant, and at most one integer is in
// the accumulator (Translator::binary).
template <class T>
constexpr bool are_operands(Op op, Place a, Place b, bool binary, bool commutes) {
  if (!binary) return b == Place::slot && index_of(a) < 3;
  if (is_constant(a)) return !is_constant(b) && !commutes && has_left_constants(op);
  if (kIsInt<T> && a == Place::acc && b == Place::acc) return false;
  return b != Place::wide || !is_shift(op);
}

// Whether the result may go to the pinned local: of frequent instructions, and not where that is seldom: with a wide
// constant on the left; with the left operand in a slot, and the right one pinned or a wide constant.
constexpr bool can_pin(Op op, Place a, Place b) {
  return is_frequent(op) && a != Place::wide && (a != Place::slot || (b != Place::pinned && b != Place::wide));
}

template <Op op, auto function>
constexpr NumericTable make_numeric() {
  using S = NumericSignature<decltype(function)>;
  using T = typename S::Operand;
  using R = typename Unchecked<typename S::Result>::Type;
  return make_table<kPlaces, kPlaces, 3>([]<Place a, Place b, Place d>() -> Handler {
    if constexpr (!can_be_at<T>(a) || !can_be_at<T>(b) || !can_be_at<R>(d) ||
                  !are_operands<T>(op, a, b, S::kBinary, kCommutes<op>) || (d == Place::pinned && !can_pin(op, a, b))) {
      return nullptr;
    } else if constexpr (S::kBinary) {
      constexpr Place second = a == Place::pinned && b == Place::pinned ? Place::slot : read_at(op, b);
      return &wrap<&binary<function, read_at(op, a), second, d>, alignment_of(op)>;
    } else {
      return &wrap<&unary<function, read_at(op, a), d>>;
    }
  });
}

// --- Other shapes: all in slots, of a pair the low half first --------------------------------------------------------

template <auto function>
struct InSlots;
template <class R, class... A, R (*function)(A...)>
struct InSlots<function> {
  static_assert(sizeof...(A) <= 4);
  static void run(Machine& m) {
    const Operands o = operands_at(m.pc + 1);
    const uint16_t slots[] = {o.a, o.b(), o.c(), static_cast<uint16_t>(m.pc[2])};
    const R result = [&]<size_t... I>(std::index_sequence<I...>) {
      return function(read<A, Place::slot>(m, slots[I])...);
    }(std::index_sequence_for<A...>{});
    if constexpr (std::is_same_v<R, numeric::I64Pair>) {
      write<uint64_t, Place::slot>(m, o.d, result.lo);
      write<uint64_t, Place::slot>(m, o.d + 1, result.hi);
    } else if constexpr (Unchecked<R>::kTraps) {
      if (result.trap != TrapCode::none) [[unlikely]]
        return raise(m, result.trap);
      write<typename Unchecked<R>::Type, Place::slot>(m, o.d, result.value);
    } else {
      write<R, Place::slot>(m, o.d, result);
    }
    m.pc += 3;
  }
};

// --- By opcode -----------------------------------------------------------------------------------------------------

// The handlers of an opcode: a NumericTable, or one Handler.
template <Op op, auto function>
constexpr auto make_handlers() {
  if constexpr (kTakesPlaces[static_cast<size_t>(op)]) {
    return make_numeric<op, function>();
  } else {
    return Handler{&wrap<&InSlots<function>::run, kRare>};
  }
}

template <Op op>
constexpr auto kHandlersOf = nullptr;
#define SCALAR(id) \
  template <>      \
  constexpr auto kHandlersOf<Op::id> = make_handlers<Op::id, &numeric::id>();
#include "core/functions.def"

constexpr auto kNumeric = by_op<const NumericTable*>([]<Op op>() -> const NumericTable* {
  if constexpr (std::is_same_v<decltype(kHandlersOf<op>), const NumericTable>) return &kHandlersOf<op>;
  return nullptr;
});
constexpr auto kInSlots = by_op<Handler>([]<Op op>() -> Handler {
  if constexpr (std::is_same_v<decltype(kHandlersOf<op>), const Handler>) return kHandlersOf<op>;
  return nullptr;
});

// --- Comparisons fused with a branch -------------------------------------------------------------------------------

template <auto compare, Place A, Place B, bool sense, bool backward>
void branch_compare(Machine& m) {
  using T = typename NumericSignature<decltype(compare)>::Operand;
  const Operands o = operands_at(m.pc + 1);
  const T a = read<T, A>(m, o.a);
  T b;
  if constexpr (B == Place::imm) {
    b = static_cast<T>(static_cast<int16_t>(o.d));
  } else {
    b = read<T, B>(m, o.d);
  }
  if ((compare(a, b) != 0) == sense) {
    take_branch<backward>(m, o.distance());
  } else {
    m.pc += 2;
  }
}

// Indexed by the places of a and b, and by sense + 2 * backward.
using BranchTable = PlaceTable<3, 4, 4>;

template <auto compare>
constexpr BranchTable make_branch() {
  using T = typename NumericSignature<decltype(compare)>::Operand;
  return make_table<3, 4, 4>([]<Place a, Place b, Place d>() -> Handler {
    constexpr bool sense = index_of(d) % 2 == 1, backward = index_of(d) >= 2;
    // An integer comparison has an inverse, which the translator uses instead of a false sense. A value in the
    // accumulator is to the left, because all comparisons can be swapped.
    if constexpr (!can_be_at<T>(a) || !can_be_at<T>(b) || (b == Place::imm && !kIsInt<T>) || (kIsInt<T> && !sense) ||
                  (b == Place::acc && (a == Place::slot || kIsInt<T>) && a != Place::pinned)) {
      return nullptr;
    } else {
      constexpr Place second = b == Place::pinned && a != Place::acc ? Place::slot : b;
      return &wrap<&branch_compare<compare, a, second, sense, backward>>;
    }
  });
}

template <Op op>
constexpr const BranchTable* kBranchOf = nullptr;

#define COMPARE(id)                                                 \
  constexpr BranchTable kBranch_##id = make_branch<&numeric::id>(); \
  template <>                                                       \
  constexpr const BranchTable* kBranchOf<Op::id> = &kBranch_##id;
#include "interp/fused.def"

constexpr auto kBranch = by_op<const BranchTable*>([]<Op op>() { return kBranchOf<op>; });

template <Place A, bool sense, bool backward>
void branch_if(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  if ((read<uint32_t, A>(m, o.a) != 0) == sense) {
    take_branch<backward>(m, o.distance());
  } else {
    m.pc += 2;
  }
}

constexpr PlaceTable<3, 2, 2> kBranchIf = make_table<3, 2, 2>(
    []<Place a, Place b, Place d>() -> Handler { return &wrap<&branch_if<a, index_of(b) == 1, index_of(d) == 1>>; });

}  // namespace

const ByResult* numeric_handlers(Op op, Place a, Place b) {
  const NumericTable* table = kNumeric[static_cast<size_t>(op)];
  return table == nullptr ? vector_handlers(op, a, b) : &(*table)[index_of(a)][index_of(b)];
}

Handler slots_handler(Op op) { return kInSlots[static_cast<size_t>(op)]; }

Handler branch_compare_handler(Op compare, Place a, Place b, bool sense, bool backward) {
  const BranchTable* table = kBranch[static_cast<size_t>(compare)];
  if (table == nullptr || index_of(a) >= 3 || b == Place::wide) return nullptr;
  return (*table)[index_of(a)][index_of(b)][(sense ? 1 : 0) + (backward ? 2 : 0)];
}

Handler branch_if_handler(Place a, bool sense, bool backward) {
  return kBranchIf[index_of(a)][sense ? 1 : 0][backward ? 1 : 0];
}

}  // namespace mini_wasm::interp
