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

// The value type that a C++ type stands for. An integer counts by its size: `long` and `long long` may be one type or two.
template <class T>
concept Integer =
    std::is_same_v<T, int> || std::is_same_v<T, unsigned> || std::is_same_v<T, long> ||
    std::is_same_v<T, unsigned long> || std::is_same_v<T, long long> || std::is_same_v<T, unsigned long long>;

template <class T>
struct WasmType;
template <Integer T>
struct WasmType<T> {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8);
  static constexpr ValType type = sizeof(T) == 4 ? ValType::i32 : ValType::i64;
};
template <>
struct WasmType<bool> {
  static constexpr ValType type = ValType::i32;
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
template <>
struct WasmType<Func> {
  static constexpr ValType type = ValType::funcref;
};
template <>
struct WasmType<std::optional<Func>> {
  static constexpr ValType type = ValType::funcref;
};

template <class T>
inline constexpr bool kIsValue = requires { WasmType<T>::type; };
// Bytes of the guest's memory: an address and a length.
template <class T>
inline constexpr bool kIsView = std::is_same_v<T, std::string_view> || std::is_same_v<T, std::span<const uint8_t>> ||
                                std::is_same_v<T, std::span<uint8_t>>;
template <class T>
inline constexpr bool kIsRef =
    std::is_same_v<T, Val> || std::is_same_v<T, Func> || std::is_same_v<T, std::optional<Func>>;
// What cannot be made of everything that a guest may pass.
template <class T>
inline constexpr bool kCanTrap = kIsView<T> || std::is_same_v<T, Func>;

// A vector and a view take two slots, everything else one. slots_before counts the slots of the values before the nth
// one, slot_count those of all values.
template <class... T>
constexpr size_t slots_before(size_t n) {
  constexpr size_t kSlots[] = {(std::is_same_v<T, V128> || kIsView<T> ? 2 : 1)..., 0};
  size_t sum = 0;
  for (size_t i = 0; i < n; ++i) sum += kSlots[i];
  return sum;
}
template <class... T>
constexpr size_t slot_count() {
  return slots_before<T...>(sizeof...(T));
}

// The types of parameters: a view is two of them.
template <class... T>
constexpr auto param_types() {
  std::array<ValType, (size_t{0} + ... + (kIsView<T> ? 2 : 1))> types{};
  [[maybe_unused]] size_t n = 0;
  [[maybe_unused]] const auto add = [&]<class P>(std::type_identity<P>) {
    if constexpr (kIsView<P>) {
      types[n++] = ValType::i32;
      types[n++] = ValType::i32;
    } else {
      types[n++] = WasmType<P>::type;
    }
  };
  (add(std::type_identity<T>()), ...);
  return types;
}

// A value from its slots. `trap` is set when there is none of this type.
template <class T>
T load_slot([[maybe_unused]] runtime::Store& store, const uint64_t* slot, [[maybe_unused]] TrapCode& trap) {
  if constexpr (std::is_same_v<T, Val>) {
    return Val::from_bits(ValType::externref, *slot);
  } else if constexpr (std::is_same_v<T, bool>) {
    return static_cast<uint32_t>(*slot) != 0;
  } else if constexpr (std::is_same_v<T, Func>) {
    if (*slot == 0) trap = TrapCode::null_function_reference;
    return Func(&store, Val::from_bits(ValType::funcref, *slot).func());
  } else if constexpr (std::is_same_v<T, std::optional<Func>>) {
    if (*slot == 0) return std::nullopt;
    return Func(&store, Val::from_bits(ValType::funcref, *slot).func());
  } else {
    T value;
    std::memcpy(&value, slot, sizeof(T));
    return value;
  }
}
inline Val to_val(const Val& value) { return value; }
inline Val to_val(const Func& func) { return func.ref(); }
inline Val to_val(const std::optional<Func>& func) { return func ? func->ref() : Val::null(ValType::funcref); }
template <class T>
void store_slot(uint64_t* slot, const T& value) {
  if constexpr (kIsRef<T>) {
    *slot = to_val(value).bits();
  } else {
    *slot = 0;
    std::memcpy(slot, &value, sizeof(T));
  }
}

// These bytes of memory 0 of the calling instance; `trap` is set when they are not all there.
MINI_WASM_API std::span<uint8_t> guest_bytes(const Caller& caller, uint32_t address, uint32_t length, TrapCode& trap);

// An argument of a host function.
template <class T>
T load_argument(const Caller& caller, const uint64_t* slots, TrapCode& trap) {
  if constexpr (kIsView<T>) {
    const std::span<uint8_t> bytes =
        guest_bytes(caller, static_cast<uint32_t>(slots[0]), static_cast<uint32_t>(slots[1]), trap);
    if constexpr (std::is_same_v<T, std::string_view>) {
      return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    } else {
      return bytes;
    }
  } else {
    return load_slot<T>(caller.impl(), slots, trap);
  }
}

// Results: void, one value, a pair or a tuple.
template <class R>
struct WasmResults {
  static constexpr std::array<ValType, 1> kTypes{WasmType<R>::type};
  static constexpr size_t kSlots = slot_count<R>();
  static constexpr bool kCanTrap = detail::kCanTrap<R>;
  static void store(uint64_t* slots, const R& r) { store_slot(slots, r); }
  static R load(runtime::Store& store, const uint64_t* slots, TrapCode& trap) {
    return load_slot<R>(store, slots, trap);
  }
};
template <>
struct WasmResults<void> {
  static constexpr std::array<ValType, 0> kTypes{};
  static constexpr size_t kSlots = 0;
};
template <class Tuple, class... R>
struct WasmTuple {
  static constexpr std::array<ValType, sizeof...(R)> kTypes{WasmType<R>::type...};
  static constexpr size_t kSlots = slot_count<R...>();
  static constexpr bool kCanTrap = (detail::kCanTrap<R> || ...);
  static void store(uint64_t* slots, const Tuple& r) {
    std::apply([&](const R&... v) { ((store_slot(slots, v), slots += slot_count<R>()), ...); }, r);
  }
  static Tuple load(runtime::Store& store, const uint64_t* slots, TrapCode& trap) {
    return load(store, slots, trap, std::index_sequence_for<R...>{});
  }
  template <size_t... I>
  static Tuple load(runtime::Store& store, const uint64_t* slots, TrapCode& trap, std::index_sequence<I...>) {
    return Tuple{load_slot<R>(store, slots + slots_before<R...>(I), trap)...};
  }
};
template <class... R>
struct WasmResults<std::tuple<R...>> : WasmTuple<std::tuple<R...>, R...> {};
template <class A, class B>
struct WasmResults<std::pair<A, B>> : WasmTuple<std::pair<A, B>, A, B> {};

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

// --- References: the store of each, and the type of a `Val`, are known only at run time, so each one is checked

// Checks that the value is a reference of that type and of this store. Error: usage; the message calls the value `what`
// with its number.
MINI_WASM_API Result<void> check_ref(const runtime::Store& store, const Val& value, ValType wanted, const char* what,
                                     size_t number);

template <class... T>
inline constexpr bool kHasRef = (kIsRef<T> || ...);

template <class... T>
Result<void> check_refs(const runtime::Store& store, const char* what, const T&... values) {
  Result<void> result;
  size_t number = 0;
  const auto check = [&]<class V>(const V& value) {
    ++number;
    if constexpr (kIsRef<V>) {
      // Null is no Func, because it would be one that does not exist.
      constexpr ValType kWanted = WasmType<V>::type.with_nullable(!std::is_same_v<V, Func>);
      if (result) result = check_ref(store, to_val(value), kWanted, what, number);
    }
  };
  (check(values), ...);
  return result;
}

// Stores the results of a host function. Error: usage, when one of them is a reference that does not fit.
template <class R>
Result<void> give_results(const runtime::Store& store, uint64_t* slots, const R& r) {
  if constexpr (kHasRef<R>) {
    if (Result<void> fits = check_refs(store, "result", r); !fits) return fits;
  }
  WasmResults<R>::store(slots, r);
  return {};
}
template <class Tuple, class... R>
Result<void> give_tuple(const runtime::Store& store, uint64_t* slots, const Tuple& r) {
  if constexpr (kHasRef<R...>) {
    Result<void> fits = std::apply([&](const R&... v) { return check_refs(store, "result", v...); }, r);
    if (!fits) return fits;
  }
  WasmResults<Tuple>::store(slots, r);
  return {};
}
template <class... R>
Result<void> give_results(const runtime::Store& store, uint64_t* slots, const std::tuple<R...>& r) {
  return give_tuple<std::tuple<R...>, R...>(store, slots, r);
}
template <class A, class B>
Result<void> give_results(const runtime::Store& store, uint64_t* slots, const std::pair<A, B>& r) {
  return give_tuple<std::pair<A, B>, A, B>(store, slots, r);
}

// --- Host functions

// Calls `f(args from slots...)` and stores its results.
template <class R, class F>
Result<void> finish_host_call(const Caller& caller, uint64_t* slots, F&& call) {
  if constexpr (std::is_void_v<R>) {
    call();
    return {};
  } else if constexpr (!UnwrapResult<R>::fallible) {
    return give_results(caller.impl(), slots, call());
  } else {
    R r = call();
    if (!r) return std::move(r).error();
    if constexpr (std::is_void_v<typename UnwrapResult<R>::type>) {
      return {};
    } else {
      return give_results(caller.impl(), slots, *r);
    }
  }
}

// For the type R(A...) of a host function: its WebAssembly type, and how to call it.
template <class Type>
struct Signature;
template <class R, class... A>
struct Signature<R(A...)> {
  static constexpr auto kParams = param_types<std::remove_cvref_t<A>...>();
  static constexpr auto kResults = WasmResults<typename UnwrapResult<R>::type>::kTypes;
  template <class F, size_t... I>
  static Result<void> invoke(F& f, Caller& caller, uint64_t* slots, std::index_sequence<I...>) {
    [[maybe_unused]] TrapCode trap = TrapCode::none;
    std::tuple<std::remove_cvref_t<A>...> args{
        load_argument<std::remove_cvref_t<A>>(caller, slots + slots_before<std::remove_cvref_t<A>...>(I), trap)...};
    if constexpr ((kCanTrap<std::remove_cvref_t<A>> || ...)) {
      if (trap != TrapCode::none) return Error::trap(trap);
    }
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

// By value or const reference.
template <class A>
inline constexpr bool kIsPlain = !std::is_reference_v<A> || std::is_same_v<A, const std::remove_cvref_t<A>&>;
template <class A>
inline constexpr bool kIsParam = kIsValue<std::remove_cvref_t<A>> && kIsPlain<A>;
template <class A>
inline constexpr bool kIsHostParam = kIsParam<A> || (kIsView<std::remove_cvref_t<A>> && kIsPlain<A>);
template <class R>
inline constexpr bool kIsResult = kIsValue<R> || std::is_void_v<R>;
template <class... R>
inline constexpr bool kIsResult<std::tuple<R...>> = (kIsValue<R> && ...);
template <class A, class B>
inline constexpr bool kIsResult<std::pair<A, B>> = kIsValue<A> && kIsValue<B>;

template <class Type>
struct Crossing {
  static constexpr bool params = false, result = false;
};
template <class R, class... A>
struct Crossing<R(A...)> {
  static constexpr bool params = (kIsHostParam<A> && ...);
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
      "mini_wasm: the parameters of a host function are bool, integers of 32 or 64 bits, float, double, V128, Val, "
      "Func, "
      "std::optional<Func>, std::string_view, std::span<const uint8_t> or std::span<uint8_t>, by value or const "
      "reference, behind a Caller& if it wants one; Func::make takes all else");
  static_assert(!Given::callable || !Given::params || Given::result,
                "mini_wasm: a host function returns void, bool, an integer of 32 or 64 bits, float, double, V128, Val, "
                "Func, std::optional<Func>, a std::pair or std::tuple of these, or a Result of any of this; Func::make "
                "takes all else");
}

}  // namespace detail

namespace detail {

// The host function that a callable is.
template <class F>
HostDefinition host_definition(F&& callable) {
  using Callable = std::decay_t<F>;
  HostDefinition made;
  if constexpr (HostCallable<Callable>::fits) {
    using S = Signature<typename CallType<Callable>::type>;
    made.params = S::kParams;
    made.results = S::kResults;
    made.code.data = {new (std::nothrow) Callable(std::forward<F>(callable)),
                      [](void* data) { delete static_cast<Callable*>(data); }};
    made.code.call = [](void* data, Caller& caller, uint64_t* slots) {
      return S::call(*static_cast<Callable*>(data), caller, slots);
    };
  } else {
    explain_misfit<Callable>();
  }
  return made;
}

}  // namespace detail

template <class F>
Func Func::wrap(Store& store, F&& callable) {
  return make(store, detail::host_definition(std::forward<F>(callable)));
}

/// A function with a C++ signature, from Func::typed. A call checks nothing but references, and allocates nothing.
///
/// Ownership and thread rule: those of Func.
template <class R, class... A>
class TypedFunc<R(A...)> {
 public:
  /// Calls the function. Errors: usage (a Val that is not an externref of this store, or a Func that is empty or not of
  /// this store), trap (TrapCode::null_function_reference, when a result that is a Func is null), and those of
  /// Func::call.
  Result<R> operator()(A... args) const {
    using Results = detail::WasmResults<R>;
    if constexpr (detail::kHasRef<std::remove_cvref_t<A>...>) {
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
      [[maybe_unused]] TrapCode trap = TrapCode::none;
      R results = Results::load(func_.store(), slots, trap);
      if constexpr (Results::kCanTrap) {
        if (trap != TrapCode::none) return Error::trap(trap);
      }
      return results;
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
  static_assert(detail::kIsGuestType<Signature>,
                "mini_wasm: typed<R(A...)> takes bool, integers of 32 or 64 bits, float, double, V128, Val, Func and "
                "std::optional<Func>, for R void or a std::pair or std::tuple of these, too");
  if constexpr (detail::kIsGuestType<Signature>) {
    using Typed = TypedFunc<Signature>;
    if (Result<void> fits = check_type(Typed::kParams, Typed::results()); !fits) return std::move(fits).error();
    return TypedFunc<Signature>(*this);
  } else {
    return Error();
  }
}

}  // namespace mini_wasm
