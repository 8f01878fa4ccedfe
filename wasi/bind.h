// Makes a WASI function from a C++ method. The Wasm type and the conversion of the value slots follow from the method's
// signature and are checked by the compiler.
//
//   Errno fd_close(Fd)                                        (i32) -> i32
//   ErrnoOr<Size> fd_write(GuestMemory, Fd, GuestArray<Iovec>) (i32 i32 i32 i32) -> i32
//
// * An integer or enum is one i32, or one i64 when it has 8 bytes. A value that does not fit into a narrower C++ type
//   gives EINVAL; it is never truncated.
// * A GuestPtr is one i32. A GuestArray is two (pointer, count). A GuestMemory is none: it is the caller's memory.
// * The results of an ErrnoOr (several are in a tuple) are written through pointers that follow the parameters, as in
//   witx. These pointers are checked first, so that a call that cannot report its result has no effect (EFAULT).
// * The function returns the errno. If the method returns ProcExit, the function ends the guest instead.
#pragma once

#include <mini_wasm/result.h>
#include <mini_wasm/types.h>

#include <array>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include "core/process_value.h"
#include "wasi/abi.h"
#include "wasi/errno_map.h"
#include "wasi/guest_ptr.h"
#include "wasi/trace.h"

namespace mini_wasm::wasi {

// Returned by proc_exit.
struct ProcExit {
  uint32_t code = 0;
};

namespace bind {

template <class T>
struct Integer {
  using type = T;
};
template <class T>
  requires std::is_enum_v<T>
struct Integer<T> {
  using type = std::underlying_type_t<T>;
};

// How a parameter of type T is passed: the Wasm `types`, and `load`, which returns false when the slots do not contain
// such a value.
template <class T>
struct Param {
  using Int = typename Integer<T>::type;
  static_assert(std::is_integral_v<Int>, "not a type that a WASI function can take");
  static constexpr std::array<ValType, 1> types{sizeof(Int) == 8 ? ValType::Kind::i64 : ValType::Kind::i32};
  static bool load(GuestMemory, const uint64_t* slots, T& value) {
    value = static_cast<T>(static_cast<Int>(slots[0]));
    if constexpr (sizeof(Int) >= 4) return true;
    return static_cast<Int>(slots[0]) == static_cast<uint32_t>(slots[0]);
  }
};

template <class T>
struct Param<GuestPtr<T>> {
  static constexpr std::array<ValType, 1> types{ValType::Kind::i32};
  static bool load(GuestMemory, const uint64_t* slots, GuestPtr<T>& ptr) {
    ptr.offset = static_cast<uint32_t>(slots[0]);
    return true;
  }
};

template <class T>
struct Param<GuestArray<T>> {
  static constexpr std::array<ValType, 2> types{ValType::Kind::i32, ValType::Kind::i32};
  static bool load(GuestMemory, const uint64_t* slots, GuestArray<T>& array) {
    array.offset = static_cast<uint32_t>(slots[0]);
    array.count = static_cast<uint32_t>(slots[1]);
    return true;
  }
};

template <>
struct Param<GuestMemory> {
  static constexpr std::array<ValType, 0> types{};
  static bool load(GuestMemory memory, const uint64_t*, GuestMemory& value) {
    value = memory;
    return true;
  }
};

// What the return type of a method adds to the Wasm function: pointers for the results, after the parameters.
template <class R>
struct Return;
template <>
struct Return<Errno> {
  using Pointers = std::tuple<>;
  static Errno store(GuestMemory, const Pointers&, Errno result) { return result; }
};
template <class T>
struct Return<ErrnoOr<T>> {
  using Pointers = std::tuple<GuestPtr<T>>;
  static Errno store(GuestMemory memory, const Pointers& out, const ErrnoOr<T>& result) {
    if (!result.ok()) return result.error();
    return memory.store(std::get<0>(out), *result) ? Errno::success : Errno::fault;
  }
};
template <class A, class B>
struct Return<ErrnoOr<std::tuple<A, B>>> {
  using Pointers = std::tuple<GuestPtr<A>, GuestPtr<B>>;
  static Errno store(GuestMemory memory, const Pointers& out, const ErrnoOr<std::tuple<A, B>>& result) {
    if (!result.ok()) return result.error();
    const bool stored =
        memory.store(std::get<0>(out), std::get<0>(*result)) && memory.store(std::get<1>(out), std::get<1>(*result));
    return stored ? Errno::success : Errno::fault;
  }
};

// How a parameter or a result is shown in a trace.
template <class T>
struct ShownAs {
  static constexpr Shown param = sizeof(T) == 8 ? Shown::wide : Shown::word;
  static constexpr Shown result = !(std::is_integral_v<T> || std::is_enum_v<T>) ? Shown::object
                                  : sizeof(T) == 1                              ? Shown::byte
                                  : sizeof(T) == 2                              ? Shown::half
                                  : sizeof(T) == 4                              ? Shown::word
                                                                                : Shown::wide;
};
template <>
struct ShownAs<GuestMemory> {
  static constexpr Shown param = Shown::nothing;
};
template <class T>
struct ShownAs<GuestPtr<T>> {
  static constexpr Shown param = Shown::pointer;
  static constexpr Shown result = ShownAs<T>::result;
};
template <class T>
struct ShownAs<GuestArray<T>> {
  static constexpr Shown param = std::is_same_v<T, const char> ? Shown::text : Shown::array;
};

template <class Pointers>
struct ShownResults;
template <class... T>
struct ShownResults<std::tuple<T...>> {
  static constexpr std::array<Shown, sizeof...(T)> list{ShownAs<T>::result...};
};

// The index of the slot where each parameter begins. The last entry is the number of slots.
template <class... P>
constexpr std::array<size_t, sizeof...(P) + 1> slot_offsets() {
  std::array<size_t, sizeof...(P) + 1> offsets{};
  size_t i = 0;
  ((offsets[i + 1] = offsets[i] + Param<P>::types.size(), ++i), ...);
  return offsets;
}

}  // namespace bind

template <auto Method>
struct Binding;

template <class Object, class R, class... P, R (Object::*Method)(P...)>
struct Binding<Method> {
  // The Wasm type of the function.
  static const FuncType& type() {
    static constinit ProcessValue<const FuncType> type;
    return type.get([] { return make_type(); });
  }
  static constexpr std::array<Shown, sizeof...(P)> kShownParams{bind::ShownAs<P>::param...};
  // How a call is shown in a trace.
  static TraceShape trace_shape() {
    if constexpr (kExits) {
      return {kShownParams, {}};
    } else {
      return {kShownParams, bind::ShownResults<typename bind::Return<R>::Pointers>::list};
    }
  }
  // Calls the method with the arguments in `slots`, and stores the errno in slots[0]. The only possible error is
  // Error::exit.
  static Result<void> call(Object& object, GuestMemory memory, uint64_t* slots) {
    std::tuple<P...> args;
    const bool loaded = load_all(memory, slots, args, std::index_sequence_for<P...>());
    if constexpr (kExits) {
      return Error::exit(static_cast<int32_t>(invoke(object, args).code));
    } else {
      slots[0] = static_cast<uint64_t>(loaded ? run(object, memory, slots, args) : Errno::inval);
      return {};
    }
  }

 private:
  static FuncType make_type() {
    FuncType type;
    // Appended one by one, because GCC 12 warns about a null range for an empty array.
    [[maybe_unused]] const auto add = [&](const auto& types) {
      for (ValType param : types) type.params.push_back(param);
    };
    (add(bind::Param<P>::types), ...);
    if constexpr (!kExits) {
      type.params.insert(type.params.end(), std::tuple_size_v<typename bind::Return<R>::Pointers>, ValType::i32);
      type.results.push_back(ValType::i32);
    }
    return type;
  }

  static constexpr bool kExits = std::is_same_v<R, ProcExit>;
  static constexpr auto kOffsets = bind::slot_offsets<P...>();

  template <size_t... I>
  static bool load_all(GuestMemory memory, const uint64_t* slots, std::tuple<P...>& args, std::index_sequence<I...>) {
    (void)memory, (void)slots;
    return (bind::Param<P>::load(memory, slots + kOffsets[I], std::get<I>(args)) && ...);
  }

  static R invoke(Object& object, std::tuple<P...>& args) {
    return std::apply([&](P&... p) { return (object.*Method)(p...); }, args);
  }

  static Errno run(Object& object, GuestMemory memory, const uint64_t* slots, std::tuple<P...>& args) {
    typename bind::Return<R>::Pointers out;
    const bool writable = std::apply(
        [&](auto&... ptr) {
          size_t slot = kOffsets[sizeof...(P)];
          return ((ptr.offset = static_cast<uint32_t>(slots[slot++]), memory.contains(ptr)) && ...);
        },
        out);
    if (!writable) return Errno::fault;
    return bind::Return<R>::store(memory, out, invoke(object, args));
  }
};

}  // namespace mini_wasm::wasi
