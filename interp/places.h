// The places where a handler finds an operand or stores its result. They are parameters of the handler templates.
#pragma once

#include <type_traits>

#include "interp/dispatch.h"

namespace mini_wasm::interp {

enum class Place : uint8_t {
  slot,  // fp[n]
  acc,   // the accumulator of the value's type
  // The pinned local: the integer local that is kept in a register. Each write also goes to its slot, so that calls,
  // traps and other readers of the frame need not know about the register.
  pinned,
  imm,   // in the instruction: 32 bits, sign-extended for i64
  wide,  // from word 2 of the instruction on: 64 bits, or 128 for a vector
};

constexpr size_t index_of(Place p) { return static_cast<size_t>(p); }

template <class T>
inline constexpr bool kIsInt = std::is_integral_v<T>;
template <class T>
inline constexpr bool kIsVector = std::is_same_v<T, V128>;

// The number of words of an instruction that has, after its first two words, at most an operand of type T at P.
template <class T, Place P>
inline constexpr uint32_t kWords = P == Place::wide ? 2 + sizeof(T) / sizeof(Word) : 2;

// The value of type T at place P; `n` is the slot or the immediate.
template <class T, Place P>
[[gnu::always_inline]] inline T read(const Machine& m, uint32_t n) {
  if constexpr (P == Place::slot) {
    return runtime::slot_get<T>(m.fp + n);
  } else if constexpr (P == Place::pinned) {
    static_assert(kIsInt<T>);
    return static_cast<T>(m.l);
  } else if constexpr (P == Place::imm) {
    if constexpr (sizeof(T) == 8) {
      static_assert(kIsInt<T>);
      return static_cast<T>(static_cast<int64_t>(static_cast<int32_t>(n)));
    } else {
      return std::bit_cast<T>(n);
    }
  } else if constexpr (P == Place::wide) {
    T value;
    std::memcpy(&value, m.pc + 2, sizeof(value));
    return value;
  } else if constexpr (std::is_same_v<T, float>) {
    return m.s;
  } else if constexpr (std::is_same_v<T, double>) {
    return m.d;
  } else if constexpr (kIsVector<T>) {
    return m.v;
  } else {
    return static_cast<T>(m.r);
  }
}

template <class T, Place P>
[[gnu::always_inline]] inline void write(Machine& m, uint32_t n, T value) {
  if constexpr (P == Place::slot) {
    runtime::slot_set<T>(m.fp + n, value);
  } else if constexpr (P == Place::pinned) {
    static_assert(kIsInt<T>);
    m.l = value;
    runtime::slot_set<T>(m.fp + n, value);
  } else if constexpr (std::is_same_v<T, float>) {
    m.s = value;
  } else if constexpr (std::is_same_v<T, double>) {
    m.d = value;
  } else if constexpr (kIsVector<T>) {
    m.v = value;
  } else {
    m.r = value;
  }
}

// Stores the result of an instruction that the translator may redirect. A value that goes to a slot also stays in the
// accumulator, so that the next reader of the slot need not wait for memory (see Translator::cached_).
template <class T, Place P>
[[gnu::always_inline]] inline void put(Machine& m, uint32_t n, T value) {
  if constexpr (P == Place::slot && !kIsVector<T>) write<T, Place::acc>(m, n, value);
  write<T, P>(m, n, value);
}

}  // namespace mini_wasm::interp
