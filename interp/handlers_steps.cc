// Handlers for steps of counters and pointers in loops, and for copies. translator_steps.cc decides when they are used.
#include "interp/handler_table.h"

namespace mini_wasm::interp {

namespace {

// As table indices: a local is in its slot or pinned (in a register); other operands are slots or immediates.
constexpr Place local_place(Place index) { return index == Place::slot ? Place::slot : Place::pinned; }
constexpr Place other_place(Place index) { return index == Place::slot ? Place::slot : Place::imm; }

template <Place P>
[[gnu::always_inline]] inline void step(Machine& m, uint16_t local, uint16_t by) {
  put<uint32_t, P>(m, local, read<uint32_t, P>(m, local) + static_cast<uint32_t>(static_cast<int16_t>(by)));
}

template <Place First, Place Second>
void two_steps(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  step<First>(m, o.d, o.b());
  step<Second>(m, o.a, o.c());
  m.pc += 2;
}

constexpr auto kTwoSteps = make_table<2, 2, 1>([]<Place first, Place second, Place>() -> Handler {
  return &wrap<&two_steps<local_place(first), local_place(second)>>;
});

// `from` is a slot or, for Copied::small, the constant itself.
template <Copied kind>
[[gnu::always_inline]] inline void copy_to(Machine& m, uint16_t to, uint16_t from) {
  if constexpr (kind == Copied::slot_32) {
    runtime::slot_set(m.fp + to, runtime::slot_get<uint32_t>(m.fp + from));
  } else {
    m.fp[to] = kind == Copied::slot_64 ? m.fp[from] : static_cast<Slot>(int64_t{static_cast<int16_t>(from)});
  }
}

template <Copied first, Copied second>
void copy_pair(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  copy_to<first>(m, o.d, o.a);
  copy_to<second>(m, o.b(), o.c());
  m.pc += 2;
}

constexpr auto kCopyPair = make_table<3, 3, 1>([]<Place first, Place second, Place>() -> Handler {
  return &wrap<&copy_pair<static_cast<Copied>(first), static_cast<Copied>(second)>>;
});

template <Copied kind, Place A, bool sense>
void copy_and_branch(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  copy_to<kind>(m, o.d, o.a);
  if ((read<uint32_t, A>(m, o.b()) != 0) == sense) {
    take_branch<true>(m, operands_at(m.pc + 2).distance());
  } else {
    m.pc += 3;
  }
}

constexpr auto kCopyAndBranch = make_table<3, 3, 2>([]<Place kind, Place a, Place sense>() -> Handler {
  return &wrap<&copy_and_branch<static_cast<Copied>(kind), a, index_of(sense) == 1>>;
});

template <auto compare, Place Local, Place By, Place B>
void step_and_branch(Machine& m) {
  using T = typename NumericSignature<decltype(compare)>::Operand;
  const Operands o = operands_at(m.pc + 1);
  const T by = By == Place::slot ? runtime::slot_get<T>(m.fp + m.pc[2]) : static_cast<T>(m.pc[2]);
  const T value = read<T, Local>(m, o.d) + by;
  put<T, Local>(m, o.d, value);
  const T b = B == Place::slot ? read<T, B>(m, o.a) : static_cast<T>(static_cast<int16_t>(o.a));
  if (compare(value, b) != 0) {
    go_back(m, o.distance());
  } else {
    m.pc += 3;
  }
}

// Indexed by the places of the local, the step, and b.
using StepTable = PlaceTable<2, 2, 2>;

template <Op op>
constexpr StepTable kStepOf{};

// No step by a local is compared with a constant.
template <auto compare>
constexpr StepTable make_steps() {
  return make_table<2, 2, 2>([]<Place local, Place by, Place b>() -> Handler {
    if constexpr (other_place(by) == Place::slot && other_place(b) == Place::imm) {
      return nullptr;
    } else {
      return &wrap<&step_and_branch<compare, local_place(local), other_place(by), other_place(b)>>;
    }
  });
}

#define STEP(id) \
  template <>    \
  constexpr StepTable kStepOf<Op::id> = make_steps<&numeric::id>();
#include "interp/fused.def"

const StepTable* table_of(Op compare) {
  switch (compare) {
#define STEP(id) \
  case Op::id: return &kStepOf<Op::id>;
#include "interp/fused.def"
    default: return nullptr;
  }
}

size_t row(Place p) { return p == Place::slot ? 0 : 1; }

}  // namespace

Handler two_steps_handler(Place first, Place second) { return kTwoSteps[row(first)][row(second)][0]; }

Handler copy_and_branch_handler(Copied kind, Place condition, bool sense) {
  return kCopyAndBranch[static_cast<size_t>(kind)][index_of(condition)][sense ? 1 : 0];
}

Handler copy_pair_handler(Copied first, Copied second) {
  return kCopyPair[static_cast<size_t>(first)][static_cast<size_t>(second)][0];
}

Handler step_and_branch_handler(Op compare, Place local, Place by, Place b) {
  const StepTable* table = table_of(compare);
  return table == nullptr ? nullptr : (*table)[row(local)][row(by)][row(b)];
}

}  // namespace mini_wasm::interp
