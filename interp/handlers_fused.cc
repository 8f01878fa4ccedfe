// Handlers of two numeric instructions made one: the rows FUSE of fused.def.
#include "interp/handler_table.h"

namespace mini_wasm::interp {

namespace {

// Operands of the same type throughout, the second and third in slots or 16 bits of the instruction.
template <class T, Place P>
[[gnu::always_inline]] inline T read_small(const Machine& m, uint16_t n) {
  if constexpr (P == Place::imm) {
    return static_cast<T>(static_cast<int16_t>(n));
  } else {
    return read<T, P>(m, n);
  }
}

template <auto first, auto second, bool reversed, Place A, Place B, Place C, Place D>
void fused(Machine& m) {
  using T = typename NumericSignature<decltype(first)>::Operand;
  const Operands o = operands_at(m.pc + 1);
  const T intermediate = first(read<T, A>(m, o.a), read_small<T, B>(m, o.b()));
  const T c = read_small<T, C>(m, o.c());
  put<T, D>(m, o.d, reversed ? second(c, intermediate) : second(intermediate, c));
  m.pc += 2;
}

// By a, b, d + 3 * c, where b and c are 0 for a slot, 1 for an immediate, 2 for the accumulator.
using FusedTable = PlaceTable<3, 2, 9>;
constexpr Place kSmallPlaces[] = {Place::slot, Place::imm, Place::acc};
constexpr size_t small_index(Place p) { return p == Place::slot ? 0 : p == Place::imm ? 1 : 2; }

template <auto first, auto second, bool reversed>
constexpr FusedTable make_fused() {
  using T = typename NumericSignature<decltype(first)>::Operand;
  return make_table<3, 2, 9>([]<Place a, Place b_index, Place d_and_c>() -> Handler {
    constexpr Place b = kSmallPlaces[index_of(b_index)];
    constexpr Place c = kSmallPlaces[index_of(d_and_c) / 3];
    constexpr Place d = static_cast<Place>(index_of(d_and_c) % 3);
    if constexpr (!can_be_at<T>(a) || !can_be_at<T>(d) || (!kIsInt<T> && (b == Place::imm || c == Place::imm))) {
      return nullptr;
    } else {
      return &wrap<&fused<first, second, reversed, a, b, c, d>>;
    }
  });
}

#define FUSE(first, second, reversed)                           \
  constexpr FusedTable kFused_##first##_##second##_##reversed = \
      make_fused<&numeric::first, &numeric::second, reversed>();
#include "interp/fused.def"

constexpr uint32_t key(Op first, Op second, bool reversed) {
  return static_cast<uint32_t>(first) << 16 | static_cast<uint32_t>(second) << 1 | (reversed ? 1 : 0);
}

const FusedTable* table_of(Op first, Op second, bool reversed) {
  switch (key(first, second, reversed)) {
#define FUSE(first_op, second_op, is_reversed) \
  case key(Op::first_op, Op::second_op, is_reversed): return &kFused_##first_op##_##second_op##_##is_reversed;
#include "interp/fused.def"
    default: return nullptr;
  }
}

}  // namespace

bool fuses(Op first, Op second, bool reversed) { return table_of(first, second, reversed) != nullptr; }

Handler fused_handler(const FusedPair& pair, Place a, Place d) {
  const FusedTable* table = table_of(pair.first, pair.second, pair.reversed);
  return table == nullptr ? nullptr : (*table)[index_of(a)][small_index(pair.b)][index_of(d) + 3 * small_index(pair.c)];
}

}  // namespace mini_wasm::interp
