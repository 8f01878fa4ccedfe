// Handlers of vector instructions: generated from the functions in core/numeric_simd.h and core/numeric_simd_x64.h, one
// definition per shape.
#include "core/numeric_simd_x64.h"
#include "interp/access.h"

namespace mini_wasm::interp {

const ByResult* vector_handlers(Op op, Place a, Place b);  // for handlers_numeric.cc
const AccessHandlers& vector_access(Op op);                // for handlers_memory.cc

namespace {

// --- Operations on values ------------------------------------------------------------------------------------------

template <class F>
struct Shape;
template <class R, class A>
struct Shape<R (*)(A)> {
  using Result = R;
  using First = A;
  using Second = void;
};
template <class R, class A, class B>
struct Shape<R (*)(A, B)> {
  using Result = R;
  using First = A;
  using Second = B;
};
template <class R, class A, class B, class C>
struct Shape<R (*)(A, B, C)> {
  using Result = R;
  using First = A;
  using Second = B;
};

template <auto function>
using ShapeOf = Shape<decltype(function)>;

template <auto function, Place A, Place D>
void unary(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  put<typename ShapeOf<function>::Result, D>(m, o.d, function(read<typename ShapeOf<function>::First, A>(m, o.a)));
  m.pc += 2;
}

template <auto function, Place A, Place B, Place D>
void binary(Machine& m) {
  using T = typename ShapeOf<function>::Second;
  const Operands o = operands_at(m.pc + 1);
  write<V128, D>(m, o.d, function(read<V128, A>(m, o.a), read<T, B>(m, B == Place::imm ? o.x : o.b())));
  m.pc += kWords<T, B>;
}

template <auto function, Place C, Place D>
void ternary(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  const V128 a = read<V128, Place::slot>(m, o.a);
  const V128 b = read<V128, Place::slot>(m, o.b());
  write<V128, D>(m, o.d, function(a, b, read<V128, C>(m, o.c())));
  m.pc += 2;
}

template <auto function, Place A, Place D>
void extract_lane(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  put<typename ShapeOf<function>::Result, D>(m, o.d, function(read<V128, A>(m, o.a), o.x));
  m.pc += 2;
}

template <auto function, Place A, Place B, Place D>
void replace_lane(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  const auto value = read<typename ShapeOf<function>::Second, B>(m, o.b());
  write<V128, D>(m, o.d, function(read<V128, A>(m, o.a), value, o.c()));
  m.pc += 2;
}

template <auto function, Place A, Place B, Place D>
void shuffle(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  const V128 a = read<V128, A>(m, o.a), b = read<V128, B>(m, o.b());
  write<V128, D>(m, o.d, function(a, b, read<V128, Place::wide>(m, 0)));
  m.pc += kWords<V128, Place::wide>;
}

using VectorTable = PlaceTable<3, kPlaces, 3>;

constexpr bool is_register_or_slot(Place p) { return p == Place::slot || p == Place::acc || p == Place::pinned; }

// Whether the second operand may be a constant in the instruction.
template <Op op, class B>
constexpr bool is_constant_place(Place b) {
  return b == (kIsVector<B> ? Place::wide : Place::imm) && (is_frequent(op) || !kIsVector<B>);
}

// The handler of one combination, for all shapes; null where there is none.
template <Op op, auto function, Place a_at, Place b_at, Place d>
constexpr Handler pick() {
  using S = ShapeOf<function>;
  using A = typename S::First;
  using B = typename S::Second;
  constexpr const OpInfo& info = op_info(op);
  // The amount of a shift is seldom the pinned local.
  constexpr Place a = read_at(op, a_at), b = b_at == Place::pinned ? Place::slot : b_at;
  constexpr size_t alignment = is_frequent(op) ? kFrequent : kRare;
  constexpr bool one_accumulator = a == Place::acc && b == Place::acc && std::is_same_v<A, B>;
  if constexpr (!can_be_at<A>(a_at) || !can_be_at<typename S::Result>(d) || one_accumulator ||
                (d == Place::pinned && !is_frequent(op))) {
    return nullptr;
  } else if constexpr (info.param_count == 1) {
    if constexpr (b_at != Place::slot) {
      return nullptr;
    } else if constexpr (info.imm == Imm::lane) {
      return &wrap<&extract_lane<function, a, d>, alignment>;
    } else {
      return &wrap<&unary<function, a, d>, alignment>;
    }
  } else if constexpr (!can_be_at<B>(b_at) || !(is_register_or_slot(b) || is_constant_place<op, B>(b))) {
    return nullptr;
  } else if constexpr (info.imm == Imm::none && info.param_count == 2) {
    return &wrap<&binary<function, a, b, d>, alignment>;
  } else if constexpr (!is_register_or_slot(b)) {
    return nullptr;
  } else if constexpr (info.imm == Imm::lane) {
    return &wrap<&replace_lane<function, a, b, d>, alignment>;
  } else if constexpr (info.imm == Imm::shuffle) {
    return &wrap<&shuffle<function, a, b, d>, alignment>;
  } else if constexpr (a == Place::slot) {
    return &wrap<&ternary<function, b, d>, alignment>;
  } else {
    return nullptr;
  }
}

template <Op op, auto function>
constexpr VectorTable make_vector() {
  return make_table<3, kPlaces, 3>(
      []<Place a, Place b, Place d>() -> Handler { return pick<op, function, a, b, d>(); });
}

// --- Memory --------------------------------------------------------------------------------------------------------

template <Op op, auto function>
struct VectorAccess {
  using Value = V128;
  static constexpr uint32_t kBytes = 1u << op_info(op).access_log2;
  static V128 load(const uint8_t* at) { return function(at); }
  static void store(uint8_t* at, V128 value) { function(at, value); }
};

// The word that names a vector and one of its lanes.
struct VectorLane {
  uint16_t slot;
  uint32_t lane;
};
VectorLane vector_lane(Word word) { return {static_cast<uint16_t>(word), static_cast<uint32_t>(word >> 16)}; }

uint8_t* lane_address(const Machine& m, const Operands& o) {
  return m.memory + (uint64_t{read<uint32_t, Place::slot>(m, o.a)} + o.x);
}

template <auto function, Place D>
void load_lane(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  const VectorLane v = vector_lane(m.pc[2]);
  const V128 value = function(lane_address(m, o), read<V128, Place::slot>(m, v.slot), v.lane);
  fault_point(m);
  write<V128, D>(m, o.d, value);
  m.pc += 3;
}

template <auto function>
void store_lane(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  const VectorLane v = vector_lane(m.pc[2]);
  function(lane_address(m, o), read<V128, Place::slot>(m, v.slot), v.lane);
  fault_point(m);
  m.pc += 3;
}

template <Op op, auto function, class Address, bool clamps>
void checked_lane(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  const VectorLane v = vector_lane(m.pc[3]);
  uint8_t* at = checked<clamps>(m, o, read<Address, Place::slot>(m, o.a), 1u << op_info(op).access_log2);
  if (at == nullptr) [[unlikely]]
    return raise(m, TrapCode::out_of_bounds_memory_access);
  const V128 vector = read<V128, Place::slot>(m, v.slot);
  if constexpr (op_info(op).cls == OpClass::load_lane) {
    write<V128, Place::slot>(m, o.d, function(at, vector, v.lane));
  } else {
    function(at, vector, v.lane);
  }
  m.pc += 4;
}

// All handlers of one opcode that accesses a lane.
struct LaneHandlers {
  ByResult load{};
  Handler store = nullptr;
  CheckedHandlers checked{};
};

template <Op op, auto function>
constexpr LaneHandlers make_lane() {
  LaneHandlers handlers;
  if constexpr (op_info(op).cls == OpClass::load_lane) {
    handlers.load[index_of(Place::slot)] = &wrap<&load_lane<function, Place::slot>, kRare>;
    handlers.load[index_of(Place::acc)] = &wrap<&load_lane<function, Place::acc>, kRare>;
  } else {
    handlers.store = &wrap<&store_lane<function>, kRare>;
  }
  handlers.checked = {&wrap<&checked_lane<op, function, uint32_t, false>, kRare>,
                      &wrap<&checked_lane<op, function, uint64_t, false>, kRare>,
                      &wrap<&checked_lane<op, function, uint32_t, true>, kRare>,
                      &wrap<&checked_lane<op, function, uint64_t, true>, kRare>};
  return handlers;
}

// --- By opcode -----------------------------------------------------------------------------------------------------

// What an opcode has: a VectorTable, AccessHandlers or LaneHandlers.
template <Op op, auto function>
constexpr auto make_handlers() {
  constexpr OpClass cls = op_info(op).cls;
  if constexpr (cls == OpClass::simd_load) {
    return make_load_handlers<VectorAccess<op, function>>();
  } else if constexpr (cls == OpClass::simd_store) {
    return make_store_handlers<VectorAccess<op, function>>();
  } else if constexpr (cls == OpClass::load_lane || cls == OpClass::store_lane) {
    return make_lane<op, function>();
  } else {
    return make_vector<op, function>();
  }
}

template <Op op>
constexpr auto kHandlersOf = nullptr;
#define VECTOR(id) \
  template <>      \
  constexpr auto kHandlersOf<Op::id> = make_handlers<Op::id, &numeric::fast::id>();
#include "core/functions.def"

// The rows from the first to the last that has vectors: the tables need no others.
constexpr size_t kFirst = [] {
  size_t first = 0;
  while (!has_vectors(kOpInfo[first])) ++first;
  return first;
}();
constexpr size_t kCount = [] {
  size_t end = kOpCount;
  while (!has_vectors(kOpInfo[end - 1])) --end;
  return end - kFirst;
}();

// The handlers of each opcode, where they are a T.
template <class T>
constexpr auto kOfKind = by_op<const T*, static_cast<Op>(kFirst), kCount>([]<Op op>() -> const T* {
  if constexpr (std::is_same_v<decltype(kHandlersOf<op>), const T>) return &kHandlersOf<op>;
  return nullptr;
});

constexpr size_t row(Op op) { return static_cast<size_t>(op) - kFirst; }

const LaneHandlers& lane_handlers(Op op) { return *kOfKind<LaneHandlers>[row(op)]; }

}  // namespace

const ByResult* vector_handlers(Op op, Place a, Place b) {
  if (row(op) >= kCount) return nullptr;
  const VectorTable* table = kOfKind<VectorTable>[row(op)];
  return table == nullptr ? nullptr : &(*table)[index_of(a)][index_of(b)];
}

const AccessHandlers& vector_access(Op op) { return *kOfKind<AccessHandlers>[row(op)]; }

const ByResult* load_lane_handlers(Op op) { return &lane_handlers(op).load; }
Handler store_lane_handler(Op op) { return lane_handlers(op).store; }
Handler checked_lane_handler(Op op, CheckedForm form) { return lane_handlers(op).checked[form.index()]; }

}  // namespace mini_wasm::interp
