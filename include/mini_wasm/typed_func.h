/// @file
/// Typed calls in both directions: C++ callables as host functions, guest functions as C++ callables.
/// Included by instance.h; everything here is templates over the untyped interface in extern.h.
#pragma once

#include <mini_wasm/api.h>
#include <mini_wasm/extern.h>

#include <algorithm>
#include <array>
#include <new>

namespace mini_wasm {

namespace detail {

// The value type that a C++ type stands for.
template <class T>
struct WasmType;
template <>
struct WasmType<int32_t> {
  static constexpr ValType type = ValType::i32;
};
template <>
struct WasmType<uint32_t> {
  static constexpr ValType type = ValType::i32;
};
template <>
struct WasmType<int64_t> {
  static constexpr ValType type = ValType::i64;
};
template <>
struct WasmType<uint64_t> {
  static constexpr ValType type = ValType::i64;
};
template <>
struct WasmType<float> {
  static constexpr ValType type = ValType::f32;
};
template <>
struct WasmType<double> {
  static constexpr ValType type = ValType::f64;
};
template <>
struct WasmType<V128> {
  static constexpr ValType type = ValType::v128;
};
template <>
struct WasmType<Val> {
  static constexpr ValType type = ValType::externref;
};

// A vector takes two slots, everything else one. slots_before counts the slots of the values before the nth one,
// slot_count those of all values.
template <class... T>
constexpr size_t slots_before(size_t n) {
  constexpr size_t kSlots[] = {(std::is_same_v<T, V128> ? 2 : 1)..., 0};
  size_t sum = 0;
  for (size_t i = 0; i < n; ++i) sum += kSlots[i];
  return sum;
}
template <class... T>
constexpr size_t slot_count() {
  return slots_before<T...>(sizeof...(T));
}

template <class T>
T load_slot(const uint64_t* slot) {
  if constexpr (std::is_same_v<T, Val>) {
    return Val::from_bits(ValType::externref, *slot);
  } else {
    T value;
    std::memcpy(&value, slot, sizeof(T));
    return value;
  }
}
template <class T>
void store_slot(uint64_t* slot, const T& value) {
  if constexpr (std::is_same_v<T, Val>) {
    *slot = value.bits();
  } else {
    *slot = 0;
    std::memcpy(slot, &value, sizeof(T));
  }
}

// Results: void, one value, or a tuple.
template <class R>
struct WasmResults {
  static constexpr std::array<ValType, 1> kTypes{WasmType<R>::type};
  static constexpr size_t kSlots = slot_count<R>();
  static void store(uint64_t* slots, const R& r) { store_slot(slots, r); }
  static R load(const uint64_t* slots) { return load_slot<R>(slots); }
};
template <>
struct WasmResults<void> {
  static constexpr std::array<ValType, 0> kTypes{};
  static constexpr size_t kSlots = 0;
};
template <class... R>
struct WasmResults<std::tuple<R...>> {
  static constexpr std::array<ValType, sizeof...(R)> kTypes{WasmType<R>::type...};
  static constexpr size_t kSlots = slot_count<R...>();
  static void store(uint64_t* slots, const std::tuple<R...>& r) {
    std::apply([&](const R&... v) { ((store_slot(slots, v), slots += slot_count<R>()), ...); }, r);
  }
  static std::tuple<R...> load(const uint64_t* slots) { return load(slots, std::index_sequence_for<R...>{}); }
  template <size_t... I>
  static std::tuple<R...> load(const uint64_t* slots, std::index_sequence<I...>) {
    return std::tuple<R...>{load_slot<R>(slots + slots_before<R...>(I))...};
  }
};

template <class R>
struct UnwrapResult {
  using type = R;
  static constexpr bool fallible = false;
};
template <class R>
struct UnwrapResult<Result<R>> {
  using type = R;
  static constexpr bool fallible = true;
};

// --- References: the type and the store of a `Val` are known only at run time, so each one is checked

// Checks that the value is an externref of this store. Error: usage; the message calls the value `what` with its number.
MINI_WASM_API Result<void> check_externref(const runtime::Store& store, const Val& value, const char* what,
                                           size_t number);

template <class... T>
inline constexpr bool kHasVal = (std::is_same_v<T, Val> || ...);

template <class... T>
Result<void> check_refs(const runtime::Store& store, const char* what, const T&... values) {
  Result<void> result;
  size_t number = 0;
  const auto check = [&](const auto& value) {
    ++number;
    if constexpr (std::is_same_v<decltype(value), const Val&>) {
      if (result) result = check_externref(store, value, what, number);
    }
  };
  (check(values), ...);
  return result;
}

// Stores the results of a host function. Error: usage, when one of them is a reference that does not fit.
template <class R>
Result<void> give_results(const runtime::Store& store, uint64_t* slots, const R& r) {
  if constexpr (kHasVal<R>) {
    if (Result<void> fits = check_refs(store, "result", r); !fits) return fits;
  }
  WasmResults<R>::store(slots, r);
  return {};
}
template <class... R>
Result<void> give_results(const runtime::Store& store, uint64_t* slots, const std::tuple<R...>& r) {
  if constexpr (kHasVal<R...>) {
    Result<void> fits = std::apply([&](const R&... v) { return check_refs(store, "result", v...); }, r);
    if (!fits) return fits;
  }
  WasmResults<std::tuple<R...>>::store(slots, r);
  return {};
}

// --- Host functions

// Calls `f(args from slots...)` and stores its results.
template <class R, class F>
Result<void> finish_host_call(const Caller& caller, uint64_t* slots, F&& call) {
  if constexpr (std::is_void_v<R>) {
    call();
    return {};
  } else if constexpr (!UnwrapResult<R>::fallible) {
    return give_results(caller.store(), slots, call());
  } else {
    R r = call();
    if (!r) return std::move(r).error();
    if constexpr (std::is_void_v<typename UnwrapResult<R>::type>) {
      return {};
    } else {
      return give_results(caller.store(), slots, *r);
    }
  }
}

// For the type R(A...) of a host function: its WebAssembly type, and how to call it.
template <class Type>
struct Signature;
template <class R, class... A>
struct Signature<R(A...)> {
  static constexpr std::array<ValType, sizeof...(A)> kParams{WasmType<std::remove_cvref_t<A>>::type...};
  static constexpr auto kResults = WasmResults<typename UnwrapResult<R>::type>::kTypes;
  template <class F, size_t... I>
  static Result<void> invoke(F& f, Caller& caller, uint64_t* slots, std::index_sequence<I...>) {
    std::tuple<std::remove_cvref_t<A>...> args{
        load_slot<std::remove_cvref_t<A>>(slots + slots_before<std::remove_cvref_t<A>...>(I))...};
    return finish_host_call<R>(caller, slots, [&] { return f(std::get<I>(args)...); });
  }
  template <class F>
  static Result<void> call(F& f, Caller& caller, uint64_t* slots) {
    return invoke(f, caller, slots, std::index_sequence_for<A...>{});
  }
};
template <class R, class... A>
struct Signature<R(Caller&, A...)> : Signature<R(A...)> {
  template <class F>
  static Result<void> call(F& f, Caller& caller, uint64_t* slots) {
    const auto with_caller = [&](auto&... args) -> R { return f(caller, args...); };
    return Signature<R(A...)>::invoke(with_caller, caller, slots, std::index_sequence_for<A...>{});
  }
};

// The function type of a callable (CallType) or of its operator() (MemberType); void when there is no operator() or more
// than one.
template <class Member>
struct MemberType {
  using type = void;
};
template <class C, class R, class... A, bool no_throw>
struct MemberType<R (C::*)(A...) noexcept(no_throw)> {
  using type = R(A...);
};
template <class C, class R, class... A, bool no_throw>
struct MemberType<R (C::*)(A...) const noexcept(no_throw)> {
  using type = R(A...);
};
template <class C, class R, class... A, bool no_throw>
struct MemberType<R (C::*)(A...) & noexcept(no_throw)> {
  using type = R(A...);
};
template <class C, class R, class... A, bool no_throw>
struct MemberType<R (C::*)(A...) const & noexcept(no_throw)> {
  using type = R(A...);
};
template <class F>
struct CallType {
  using type = void;
};
template <class F>
  requires requires { &F::operator(); }
struct CallType<F> : MemberType<decltype(&F::operator())> {};
template <class R, class... A, bool no_throw>
struct CallType<R (*)(A...) noexcept(no_throw)> {
  using type = R(A...);
};

// --- Which types are allowed, with one line of explanation for those that are not

template <class T>
inline constexpr bool kIsValue = requires { WasmType<T>::type; };
// By value or const reference.
template <class A>
inline constexpr bool kIsParam =
    kIsValue<std::remove_cvref_t<A>> && (!std::is_reference_v<A> || std::is_same_v<A, const std::remove_cvref_t<A>&>);
template <class R>
inline constexpr bool kIsResult = kIsValue<R> || std::is_void_v<R>;
template <class... R>
inline constexpr bool kIsResult<std::tuple<R...>> = (kIsValue<R> && ...);

template <class Type>
struct Crossing {
  static constexpr bool params = false, result = false;
};
template <class R, class... A>
struct Crossing<R(A...)> {
  static constexpr bool params = (kIsParam<A> && ...);
  static constexpr bool result = kIsResult<typename UnwrapResult<R>::type>;
};
template <class R, class... A>
struct Crossing<R(Caller&, A...)> : Crossing<R(A...)> {};

template <class Type>
inline constexpr bool kIsGuestType = false;
template <class R, class... A>
inline constexpr bool kIsGuestType<R(A...)> = kIsResult<R> && (kIsParam<A> && ...);

template <class F>
struct HostCallable {
  using Type = typename CallType<F>::type;
  static constexpr bool callable = !std::is_void_v<Type>;
  static constexpr bool params = Crossing<Type>::params, result = Crossing<Type>::result;
  static constexpr bool fits = callable && params && result;
};

// For a callable that does not fit: fails to compile, with a message that says why.
template <class F>
void explain_misfit() {
  using Given = HostCallable<F>;
  static_assert(Given::callable,
                "mini_wasm: a host function is a function or an object with one operator(), not a template and not "
                "overloaded");
  static_assert(
      !Given::callable || Given::params,
      "mini_wasm: the parameters of a host function are int32_t, uint32_t, int64_t, uint64_t, float, double, "
      "V128 or Val, by value or const reference, behind a Caller& if it wants one; Func::make takes all else");
  static_assert(!Given::callable || !Given::params || Given::result,
                "mini_wasm: a host function returns void, int32_t, uint32_t, int64_t, uint64_t, float, double, V128 or "
                "Val, a std::tuple of these, or a Result of any of this; Func::make takes all else");
}

}  // namespace detail

template <class F>
Func Func::wrap(Store& store, F&& callable) {
  if constexpr (detail::HostCallable<std::decay_t<F>>::fits) {
    using S = detail::Signature<typename detail::CallType<std::decay_t<F>>::type>;
    using Callable = std::decay_t<F>;
    detail::HostCode code;
    code.data = {new (std::nothrow) Callable(std::forward<F>(callable)),
                 [](void* data) { delete static_cast<Callable*>(data); }};
    code.call = [](void* data, Caller& caller, uint64_t* slots) {
      return S::call(*static_cast<Callable*>(data), caller, slots);
    };
    return make(store, S::kParams, S::kResults, std::move(code));
  } else {
    detail::explain_misfit<std::decay_t<F>>();
    return Func(nullptr, nullptr);
  }
}

/// A function with a C++ signature, from Func::typed. A call checks nothing but references, and allocates nothing.
///
/// Ownership and thread rule: those of Func.
template <class R, class... A>
class TypedFunc<R(A...)> {
 public:
  /// Calls the function. Errors: usage (a Val that is not an externref of this store), and those of Func::call.
  Result<R> operator()(A... args) const {
    using Results = detail::WasmResults<R>;
    if constexpr (detail::kHasVal<std::remove_cvref_t<A>...>) {
      if (Result<void> fits = detail::check_refs(func_.store(), "argument", args...); !fits) {
        return std::move(fits).error();
      }
    }
    uint64_t slots[std::max({detail::slot_count<std::remove_cvref_t<A>...>(), Results::kSlots, size_t{1}})];
    [[maybe_unused]] uint64_t* next = slots;
    ((detail::store_slot(next, args), next += detail::slot_count<std::remove_cvref_t<A>>()), ...);
    Result<void> r = func_.call_unchecked(slots);
    if (!r) return std::move(r).error();
    if constexpr (std::is_void_v<R>) {
      return {};
    } else {
      return Results::load(slots);
    }
  }
  /// The function without its C++ signature.
  const Func& func() const { return func_; }
  /// For the library's own use; Func::typed checks the types first.
  explicit TypedFunc(Func func) : func_(func) {}
  /// The types of the parameters.
  static constexpr std::array<ValType, sizeof...(A)> kParams{detail::WasmType<std::remove_cvref_t<A>>::type...};
  /// The types of the results.
  static constexpr auto results() { return detail::WasmResults<R>::kTypes; }

 private:
  Func func_;
};

template <class Signature>
Result<TypedFunc<Signature>> Func::typed() const {
  static_assert(
      detail::kIsGuestType<Signature>,
      "mini_wasm: typed<R(A...)> takes int32_t, uint32_t, int64_t, uint64_t, float, double, V128 and Val, for "
      "R void or a std::tuple of these, too");
  if constexpr (detail::kIsGuestType<Signature>) {
    using Typed = TypedFunc<Signature>;
    if (Result<void> fits = check_type(Typed::kParams, Typed::results()); !fits) return std::move(fits).error();
    return TypedFunc<Signature>(*this);
  } else {
    return Error();
  }
}

}  // namespace mini_wasm
