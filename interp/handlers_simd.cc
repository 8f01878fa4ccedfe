// Handlers of vector instructions: generated from opcodes.def, one definition per shape of the function in
// core/numeric_simd.h.
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

// The handler of one combination, for all shapes; null where there is none.
template <Op op, auto function, Place a, Place b, Place d>
constexpr Handler pick() {
  using S = ShapeOf<function>;
  using A = typename S::First;
  using B = typename S::Second;
  constexpr const OpInfo& info = op_info(op);
  constexpr bool one_accumulator = a == Place::acc && b == Place::acc && std::is_same_v<A, B>;
  if constexpr (!can_be_at<A>(a) || !can_be_at<typename S::Result>(d) || one_accumulator) {
    return nullptr;
  } else if constexpr (info.param_count == 1) {
    if constexpr (b != Place::slot) {
      return nullptr;
    } else if constexpr (info.imm == Imm::lane) {
      return &wrap<&extract_lane<function, a, d>>;
    } else {
      return &wrap<&unary<function, a, d>>;
    }
  } else if constexpr (!can_be_at<B>(b) || b == (kIsVector<B> ? Place::imm : Place::wide)) {
    return nullptr;
  } else if constexpr (info.imm == Imm::none && info.param_count == 2) {
    return &wrap<&binary<function, a, b, d>>;
  } else if constexpr (!is_register_or_slot(b)) {
    return nullptr;
  } else if constexpr (info.imm == Imm::lane) {
    return &wrap<&replace_lane<function, a, b, d>>;
  } else if constexpr (info.imm == Imm::shuffle) {
    return &wrap<&shuffle<function, a, b, d>>;
  } else if constexpr (a == Place::slot) {
    return &wrap<&ternary<function, b, d>>;
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
    handlers.load[index_of(Place::slot)] = &wrap<&load_lane<function, Place::slot>>;
    handlers.load[index_of(Place::acc)] = &wrap<&load_lane<function, Place::acc>>;
  } else {
    handlers.store = &wrap<&store_lane<function>>;
  }
  handlers.checked = {
      &wrap<&checked_lane<op, function, uint32_t, false>>, &wrap<&checked_lane<op, function, uint64_t, false>>,
      &wrap<&checked_lane<op, function, uint32_t, true>>, &wrap<&checked_lane<op, function, uint64_t, true>>};
  return handlers;
}

// --- By opcode -----------------------------------------------------------------------------------------------------

template <Op op>
constexpr const VectorTable* kVectorOf = nullptr;
template <Op op>
constexpr AccessHandlers kAccessOf{};
template <Op op>
constexpr LaneHandlers kLaneOf{};

#define VECTOR_numeric(id)                                                       \
  constexpr VectorTable kTable_##id = make_vector<Op::id, &numeric::fast::id>(); \
  template <>                                                                    \
  constexpr const VectorTable* kVectorOf<Op::id> = &kTable_##id;
#define VECTOR_simd_lane(id) VECTOR_numeric(id)
#define VECTOR_load(id) \
  template <>           \
  constexpr AccessHandlers kAccessOf<Op::id> = make_load_handlers<VectorAccess<Op::id, &numeric::fast::id>>();
#define VECTOR_store(id) \
  template <>            \
  constexpr AccessHandlers kAccessOf<Op::id> = make_store_handlers<VectorAccess<Op::id, &numeric::fast::id>>();
#define VECTOR_load_lane(id) \
  template <>                \
  constexpr LaneHandlers kLaneOf<Op::id> = make_lane<Op::id, &numeric::fast::id>();
#define VECTOR_store_lane(id) VECTOR_load_lane(id)
#define VECTOR_constant(id)

#define VECTORS_simd(id, cls) VECTOR_##cls(id)
#define VECTORS_relaxed_simd(id, cls) VECTOR_##cls(id)
#define VECTORS_mvp(id, cls)
#define VECTORS_sign_ext(id, cls)
#define VECTORS_sat_trunc(id, cls)
#define VECTORS_bulk_memory(id, cls)
#define VECTORS_ref_types(id, cls)
#define VECTORS_tail_call(id, cls)
#define VECTORS_function_refs(id, cls)
#define VECTORS_gc(id, cls)
#define VECTORS_exceptions(id, cls)
#define VECTORS_legacy_exceptions(id, cls)
#define VECTORS_threads(id, cls)
#define VECTORS_wide_arithmetic(id, cls)

#define OP(id, text, prefix, code, feature, imm, cls, signature) VECTORS_##feature(id, cls)
#include "core/opcodes.def"
#undef OP

constexpr size_t kFirst = static_cast<size_t>(Op::v128_load);
constexpr size_t kCount = static_cast<size_t>(Op::i32x4_relaxed_dot_i8x16_i7x16_add_s) - kFirst + 1;

template <class Entry, class Pick>
constexpr std::array<Entry, kCount> by_op(Pick pick) {
  return [&]<size_t... I>(std::index_sequence<I...>) {
    return std::array<Entry, kCount> { pick.template operator()<static_cast<Op>(kFirst + I)>()... };
  }(std::make_index_sequence<kCount>{});
}

constexpr auto kVector = by_op<const VectorTable*>([]<Op op>() { return kVectorOf<op>; });
constexpr auto kAccess = by_op<const AccessHandlers*>([]<Op op>() { return &kAccessOf<op>; });
constexpr auto kLane = by_op<const LaneHandlers*>([]<Op op>() { return &kLaneOf<op>; });

constexpr size_t row(Op op) { return static_cast<size_t>(op) - kFirst; }

}  // namespace

const ByResult* vector_handlers(Op op, Place a, Place b) {
  if (row(op) >= kCount) return nullptr;
  const VectorTable* table = kVector[row(op)];
  return table == nullptr ? nullptr : &(*table)[index_of(a)][index_of(b)];
}

const AccessHandlers& vector_access(Op op) { return *kAccess[row(op)]; }

const ByResult* load_lane_handlers(Op op) { return &kLane[row(op)]->load; }
Handler store_lane_handler(Op op) { return kLane[row(op)]->store; }
Handler checked_lane_handler(Op op, CheckedForm form) { return kLane[row(op)]->checked[form.index()]; }

}  // namespace mini_wasm::interp
