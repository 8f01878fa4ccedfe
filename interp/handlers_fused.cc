// Handlers of two numeric instructions that are combined into one: the rows FUSE of fused.def.
#include <algorithm>

#include "interp/handler_table.h"

namespace mini_wasm::interp {

namespace {

// The second and third operand are in slots, or 16-bit immediates. All operands have the same type.
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

// What an operand may be; see fused.def.
enum class Fuses : uint8_t { imm, value, any };
constexpr bool allows(Fuses fuses, Place p) {
  return fuses == Fuses::any || (fuses == Fuses::imm) == (p == Place::imm);
}

template <auto first, auto second, bool reversed, Fuses of_b, Fuses of_c, Place local>
constexpr FusedHandlers make_fused() {
  using T = typename NumericSignature<decltype(first)>::Operand;
  static_assert(kIsInt<T> || (of_b == Fuses::value && of_c == Fuses::value && local == Place::slot));
  return make_table<3, 6, 3>([]<Place a, Place b_and_c, Place d>() -> Handler {
    constexpr Place kSmallPlaces[] = {Place::slot, Place::imm, Place::acc};
    constexpr Place b = kSmallPlaces[index_of(b_and_c) % 2];
    constexpr Place c = kSmallPlaces[index_of(b_and_c) / 2];
    static_assert(fused_places(b, c) == index_of(b_and_c));
    if constexpr (!allows(of_b, b) || !allows(of_c, c) || (d == Place::pinned && local != Place::pinned)) {
      return nullptr;
    } else {
      return &wrap<&fused<first, second, reversed, a == Place::pinned ? local : a, b, c, d>>;
    }
  });
}

#define FUSE(first, second, reversed, b, c, local)                 \
  constexpr FusedHandlers kFused_##first##_##second##_##reversed = \
      make_fused<&numeric::first, &numeric::second, reversed, Fuses::b, Fuses::c, Place::local>();
#include "interp/fused.def"

struct FusedPair {
  Op first, second;
  bool reversed;
  const FusedHandlers* handlers;
};
constexpr FusedPair kPairs[] = {
#define FUSE(first, second, reversed, b, c, local) \
  {Op::first, Op::second, reversed, &kFused_##first##_##second##_##reversed},
#include "interp/fused.def"
};

// Each opcode gets a number as a first and as a second instruction, so that the table is small. 0: it cannot be fused.
using Numbers = std::array<uint8_t, kOpCount>;
template <class Which>
constexpr Numbers number(Which which) {
  Numbers numbers{};
  uint8_t count = 0;
  for (const FusedPair& pair : kPairs) {
    uint8_t& n = numbers[static_cast<size_t>(which(pair))];
    if (n == 0) n = ++count;
  }
  return numbers;
}
constexpr Numbers kFirst = number([](const FusedPair& pair) { return pair.first; });
constexpr Numbers kSecond = number([](const FusedPair& pair) { return pair.second; });
constexpr size_t kFirsts = *std::max_element(kFirst.begin(), kFirst.end()) + 1;
constexpr size_t kSeconds = *std::max_element(kSecond.begin(), kSecond.end()) + 1;

constexpr auto kByNumbers = [] {
  std::array<std::array<std::array<const FusedHandlers*, 2>, kSeconds>, kFirsts> table{};
  for (const FusedPair& pair : kPairs) {
    table[kFirst[static_cast<size_t>(pair.first)]][kSecond[static_cast<size_t>(pair.second)]][pair.reversed] =
        pair.handlers;
  }
  return table;
}();

}  // namespace

const FusedHandlers* fused_handlers(Op first, Op second, bool reversed) {
  return kByNumbers[kFirst[static_cast<size_t>(first)]][kSecond[static_cast<size_t>(second)]][reversed];
}

}  // namespace mini_wasm::interp
