#include "capi/func.h"

#include <algorithm>
#include <array>

#include "capi/types.h"
#include "capi/values.h"
#include "core/guarded.h"
#include "runtime/call/frame.h"
#include "runtime/store.h"

namespace mini_wasm::capi {
namespace {

// Arguments and results of one call, in which references are owned. Few ones need no memory of their own.
class ValueList {
 public:
  // Throws std::bad_alloc.
  explicit ValueList(size_t size) : vec_{size, few_.data()} {
    if (size <= few_.size()) return;
    many_ = std::make_unique<wasm_val_t[]>(size);
    vec_.data = many_.get();
  }
  ~ValueList() {
    for (size_t i = 0; i < filled_; ++i) wasm_val_delete(&vec_.data[i]);
  }
  ValueList(const ValueList&) = delete;
  ValueList& operator=(const ValueList&) = delete;

  wasm_val_vec_t& vec() { return vec_; }
  // From here on, all elements are released at the end.
  void set_filled() { filled_ = vec_.size; }

 private:
  std::array<wasm_val_t, 8> few_{};
  std::unique_ptr<wasm_val_t[]> many_;
  wasm_val_vec_t vec_;
  size_t filled_ = 0;
};

// Zero or null of each type.
void clear(const TypeRegistry& types, std::span<const ValType> of, wasm_val_vec_t& values) {
  for (size_t i = 0; i < values.size; ++i) {
    values.data[i].kind = kind_of(types, of[i]);
    values.data[i].of.i64 = 0;
    if (of[i].is_ref()) values.data[i].of.ref = nullptr;
  }
}

template <class Call>
Result<void> run_callback(void* data, uint64_t* slots, Call call) {
  const Callback& callback = *static_cast<Callback*>(data);
  wasm_store_t* const store = callback.store;
  const FuncType& type = *callback.type;
  ValueList args(type.params.size()), results(type.results.size());
  if (Result<void> r = read_slots(store, slots, type.params, args.vec().data); !r) return r;
  args.set_filled();
  clear(store->store.impl().engine().types(), type.results, results.vec());
  results.set_filled();
  if (Result<void> r = outcome_of(call(callback, &args.vec(), &results.vec())); !r) return r;
  return write_slots(store, span_of(&results.vec()), type.results, "result", slots);
}

Result<void> run_plain(void* data, Caller&, uint64_t* slots) {
  return run_callback(data, slots, [](const Callback& self, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
    return self.code.plain(args, results);
  });
}
Result<void> run_with_env(void* data, Caller&, uint64_t* slots) {
  return run_callback(data, slots, [](const Callback& self, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
    return self.code.with_env(self.env, args, results);
  });
}

Result<void> run_with_caller(void* data, Caller& caller, uint64_t* slots) {
  mini_wasm_caller_t who{static_cast<Callback*>(data)->store, caller};
  return run_callback(data, slots, [&](const Callback& self, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
    return self.code.with_caller(self.env, &who, args, results);
  });
}

bool has_vector(const wasm_functype_t& type) {
  const auto is_vector = [](const wasm_valtype_t* t) { return t->type.is_vector(); };
  return std::any_of(type.params.data, type.params.data + type.params.size, is_vector) ||
         std::any_of(type.results.data, type.results.data + type.results.size, is_vector);
}

// No function has more arguments or results; a v128 takes two.
constexpr size_t kMostSlots = 2048;

// The slots are on the native stack, where the collector looks for references.
template <size_t size>
[[gnu::noinline]] Result<void> call_in(wasm_store_t* store, const Func& func, const FuncType& type,
                                       std::span<const wasm_val_t> args, wasm_val_vec_t* results) {
  uint64_t slots[size];
  if (Result<void> r = write_slots(store, args, type.params, "argument", slots); !r) return r;
  if (Result<void> r = func.call_unchecked(slots); !r) return r;
  if (type.results.empty()) return {};
  // Noticed only now, because programs call what is sure to trap without room for results.
  const size_t room = results == nullptr ? 0 : results->size;
  if (room < type.results.size()) {
    return Error::make(ErrorKind::usage, "the function has type " + to_string(type) + ", but there is room for " +
                                             std::to_string(room) + " results");
  }
  return read_slots(store, slots, type.results, results->data);
}

Result<void> call(wasm_store_t* store, const Func& func, std::span<const wasm_val_t> args, wasm_val_vec_t* results) {
  const FuncType& type = func.type();
  if (args.size() != type.params.size()) return wrong_number(type, args.size());
  const size_t slots = std::max(runtime::slot_count(type.params), runtime::slot_count(type.results));
  if (slots <= 8) return call_in<8>(store, func, type, args, results);
  if (slots <= kMostSlots) return call_in<kMostSlots>(store, func, type, args, results);
  return Error::make(ErrorKind::limit, "too many arguments or results");
}

}  // namespace

Error wrong_number(const FuncType& type, size_t given) {
  return Error::make(ErrorKind::usage, "the function has type " + to_string(type) + ", but is called with " +
                                           std::to_string(given) + " arguments");
}

std::unique_ptr<Callback> make_callback(wasm_store_t* store, void* env, void (*finalizer)(void*)) {
  std::unique_ptr<Callback> made(new (std::nothrow) Callback{store, env, finalizer, nullptr, {}});
  if (made == nullptr && finalizer != nullptr) finalizer(env);
  return made;
}

Result<void> outcome_of(wasm_trap_t* trap) {
  if (trap == nullptr) return {};
  const Owned<wasm_trap_t> owned(trap);
  return trap->error;  // a copy, because there may be other handles
}

wasm_func_t* make_func(wasm_store_t* store, const wasm_functype_t* type, std::unique_ptr<Callback> callback,
                       RunCallback run) {
  return guarded(
      [&]() -> wasm_func_t* {
        detail::HostCode code;
        code.call = run;
        Callback* const data = callback.get();
        code.data = {callback.release(), [](void* made) { delete static_cast<Callback*>(made); }};
        runtime::FuncInst* const made =
            store->store.impl().objects().new_host_func(func_type_of(*type), std::move(code));
        data->type = made->host->type;
        return func_ref(store, Func(&store->store.impl(), made));
      },
      []() -> wasm_func_t* { return nullptr; });
}

}  // namespace mini_wasm::capi

using namespace mini_wasm;
using namespace mini_wasm::capi;

wasm_func_t* wasm_func_new(wasm_store_t* store, const wasm_functype_t* type, wasm_func_callback_t code) {
  if (store == nullptr || type == nullptr || code == nullptr || has_vector(*type)) return nullptr;
  auto callback = make_callback(store, nullptr, nullptr);
  if (callback == nullptr) return nullptr;
  callback->code.plain = code;
  return make_func(store, type, std::move(callback), run_plain);
}

wasm_func_t* wasm_func_new_with_env(wasm_store_t* store, const wasm_functype_t* type,
                                    wasm_func_callback_with_env_t code, void* env, void (*finalizer)(void*)) {
  auto callback = make_callback(store, env, finalizer);
  if (callback == nullptr || store == nullptr || type == nullptr || code == nullptr || has_vector(*type))
    return nullptr;
  callback->code.with_env = code;
  return make_func(store, type, std::move(callback), run_with_env);
}

wasm_func_t* mini_wasm_func_new_with_vals(wasm_store_t* store, const wasm_functype_t* type,
                                          mini_wasm_func_callback_with_vals_t code, void* env,
                                          void (*finalizer)(void*)) {
  auto callback = make_callback(store, env, finalizer);
  if (callback == nullptr || store == nullptr || type == nullptr || code == nullptr || has_vector(*type))
    return nullptr;
  callback->code.with_caller = code;
  return make_func(store, type, std::move(callback), run_with_caller);
}

size_t wasm_func_param_arity(const wasm_func_t* func) {
  return func == nullptr ? 0 : func->func().type().params.size();
}
size_t wasm_func_result_arity(const wasm_func_t* func) {
  return func == nullptr ? 0 : func->func().type().results.size();
}

wasm_trap_t* wasm_func_call(const wasm_func_t* func, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  if (func == nullptr) return usage_trap(nullptr, "no function");
  wasm_store_t* const store = func->store;
  const StoreUse use(store);
  Result<void> done = guarded([&] { return call(store, func->func(), span_of(args), results); });
  return done ? nullptr : trap_of(store, std::move(done).error());
}
