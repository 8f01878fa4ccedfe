// Typed calls both ways: C++ callables as host functions, guest functions as C++ callables.
// Included by extern.h; everything here is templates over the untyped interface there.
#pragma once

#include <mini_wasm/extern.h>

#include <algorithm>

namespace mini_wasm {

namespace detail {

// Which value type a C++ type stands for, and how it sits in a slot.
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

// A vector takes two slots, everything else one. The slots of the values before the nth, and of all:
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
  static std::vector<ValType> types() { return {WasmType<R>::type}; }
  static constexpr size_t kSlots = slot_count<R>();
  static void store(uint64_t* slots, const R& r) { store_slot(slots, r); }
  static R load(const uint64_t* slots) { return load_slot<R>(slots); }
};
template <>
struct WasmResults<void> {
  static std::vector<ValType> types() { return {}; }
  static constexpr size_t kSlots = 0;
};
template <class... R>
struct WasmResults<std::tuple<R...>> {
  static std::vector<ValType> types() { return {WasmType<R>::type...}; }
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

// Calls `f(args from slots...)` and stores its results.
template <class R, class F>
Result<void> finish_host_call(uint64_t* slots, F&& call) {
  using Plain = typename UnwrapResult<R>::type;
  if constexpr (UnwrapResult<R>::fallible) {
    R r = call();
    if (!r) return std::move(r).error();
    if constexpr (!std::is_void_v<Plain>) WasmResults<Plain>::store(slots, *r);
  } else if constexpr (std::is_void_v<R>) {
    call();
  } else {
    WasmResults<Plain>::store(slots, call());
  }
  return {};
}

template <class F>
struct Signature : Signature<decltype(&F::operator())> {};
template <class R, class... A>
struct Signature<R (*)(A...)> {
  static FuncType type() {
    return {{WasmType<std::remove_cvref_t<A>>::type...}, WasmResults<typename UnwrapResult<R>::type>::types()};
  }
  template <class F, size_t... I>
  static Result<void> invoke(F& f, Caller&, uint64_t* slots, std::index_sequence<I...>) {
    std::tuple<std::remove_cvref_t<A>...> args{
        load_slot<std::remove_cvref_t<A>>(slots + slots_before<std::remove_cvref_t<A>...>(I))...};
    return finish_host_call<R>(slots, [&] { return f(std::get<I>(args)...); });
  }
  template <class F>
  static Result<void> call(F& f, Caller& caller, uint64_t* slots) {
    return invoke(f, caller, slots, std::index_sequence_for<A...>{});
  }
};
template <class R, class... A>
struct Signature<R (*)(Caller&, A...)> : Signature<R (*)(A...)> {
  template <class F, size_t... I>
  static Result<void> invoke(F& f, Caller& caller, uint64_t* slots, std::index_sequence<I...>) {
    std::tuple<std::remove_cvref_t<A>...> args{
        load_slot<std::remove_cvref_t<A>>(slots + slots_before<std::remove_cvref_t<A>...>(I))...};
    return finish_host_call<R>(slots, [&] { return f(caller, std::get<I>(args)...); });
  }
  template <class F>
  static Result<void> call(F& f, Caller& caller, uint64_t* slots) {
    return invoke(f, caller, slots, std::index_sequence_for<A...>{});
  }
};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) const> : Signature<R (*)(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...)> : Signature<R (*)(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) const noexcept> : Signature<R (*)(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) noexcept> : Signature<R (*)(A...)> {};
template <class R, class... A>
struct Signature<R (*)(A...) noexcept> : Signature<R (*)(A...)> {};

}  // namespace detail

template <class F>
Func Func::wrap(Store& store, F&& callable) {
  using S = detail::Signature<std::decay_t<F>>;
  return make(store, S::type(), [f = std::forward<F>(callable)](Caller& caller, uint64_t* slots) mutable {
    return S::call(f, caller, slots);
  });
}

// A guest function with a C++ signature; calling it checks nothing and allocates nothing.
template <class R, class... A>
class TypedFunc<R(A...)> {
 public:
  Result<R> operator()(A... args) const {
    using Results = detail::WasmResults<R>;
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
  const Func& func() const { return func_; }
  explicit TypedFunc(Func func) : func_(func) {}
  static FuncType type() { return {{detail::WasmType<A>::type...}, detail::WasmResults<R>::types()}; }

 private:
  Func func_;
};

template <class Signature>
Result<TypedFunc<Signature>> Func::typed() const {
  if (FuncType wanted = TypedFunc<Signature>::type(); wanted != type()) {
    return Error::make(ErrorKind::usage, "function has type " + to_string(type()) + ", not " + to_string(wanted));
  }
  return TypedFunc<Signature>(*this);
}

}  // namespace mini_wasm
