// Handlers that move values: copies, select, globals.
#include "interp/handler_table.h"

namespace mini_wasm::interp {
namespace {

template <class T, Place A, Place D>
void copy(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  write<T, D>(m, o.d, read<T, A>(m, A == Place::imm ? o.x : o.a));
  m.pc += kWords<T, A>;
}

template <class T, Place C, Place D>
void select(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  const T a = read<T, Place::slot>(m, o.a);
  const T b = read<T, Place::slot>(m, o.b());
  put<T, D>(m, o.d, read<uint32_t, C>(m, o.c()) != 0 ? a : b);
  m.pc += 2;
}

// The value of a global is behind a pointer, because instances share imported globals.
template <class T, Place D>
void global_get(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  put<T, D>(m, o.d, runtime::slot_get<T>(m.ctx->globals[o.x]));
  m.pc += 2;
}

template <class T, Place A>
void global_set(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  runtime::slot_set<T>(m.ctx->globals[o.x], read<T, A>(m, o.a));
  m.pc += 2;
}

// --- Tables --------------------------------------------------------------------------------------------------------

constexpr auto kCopy = by_scalar<PlaceTable<kPlaces, 1, 3>>([]<class T>() {
  return make_table<kPlaces, 1, 3>([]<Place a, Place b, Place d>() -> Handler {
    if constexpr (can_be_at<T>(a) && can_be_at<T>(d)) {
      return &wrap<&copy<T, a, d>>;
    } else {
      return nullptr;
    }
  });
});

constexpr auto kSelect = by_scalar<PlaceTable<3, 1, 3>>([]<class T>() {
  return make_table<3, 1, 3>([]<Place c, Place b, Place d>() -> Handler {
    if constexpr (can_be_at<T>(d)) {
      return &wrap<&select<T, c, d>>;
    } else {
      return nullptr;
    }
  });
});

constexpr auto kGlobalGet = by_scalar<PlaceTable<1, 1, 3>>([]<class T>() {
  return make_table<1, 1, 3>([]<Place a, Place b, Place d>() -> Handler {
    if constexpr (can_be_at<T>(d)) {
      return &wrap<&global_get<T, d>>;
    } else {
      return nullptr;
    }
  });
});

constexpr auto kGlobalSet = by_scalar<PlaceTable<3, 1, 1>>([]<class T>() {
  return make_table<3, 1, 1>([]<Place a, Place b, Place d>() -> Handler {
    if constexpr (can_be_at<T>(a)) {
      return &wrap<&global_set<T, a>>;
    } else {
      return nullptr;
    }
  });
});

}  // namespace

Handler copy_handler(Scalar type, Place a, Place d) { return kCopy[row(type)][index_of(a)][0][index_of(d)]; }
const ByResult* select_handlers(Scalar type, Place condition) { return &kSelect[row(type)][index_of(condition)][0]; }
const ByResult* global_get_handlers(Scalar type) { return &kGlobalGet[row(type)][0][0]; }
Handler global_set_handler(Scalar type, Place a) {
  return index_of(a) >= 3 ? nullptr : kGlobalSet[row(type)][index_of(a)][0][0];
}

}  // namespace mini_wasm::interp
