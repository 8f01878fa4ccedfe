// Calls that can wait.
#include <mini_wasm.h>
#include <mini_wasm/async.h>

#include "capi/func.h"
#include "capi/values.h"
#include "core/guarded.h"

using namespace mini_wasm;
using namespace mini_wasm::capi;

struct mini_wasm_async_call_t {
  mini_wasm_async_call_t(const wasm_func_t& func, AsyncCall c)
      : store(func.store), results(func.func().type().results.size()), call(std::move(c)) {
    ++store->owners;
  }
  ~mini_wasm_async_call_t() {
    if (deleted != nullptr) *deleted = true;
  }
  mini_wasm_async_call_t(const mini_wasm_async_call_t&) = delete;
  mini_wasm_async_call_t& operator=(const mini_wasm_async_call_t&) = delete;

  wasm_store_t* const store;
  const size_t results;  // how many the function has
  AsyncCall call;
  bool failed = false;      // it has ended with a trap
  bool* deleted = nullptr;  // while it runs: where its deletion is noted
};

static_assert(static_cast<int>(AsyncCall::State::ready) == MINI_WASM_ASYNC_READY &&
              static_cast<int>(AsyncCall::State::running) == MINI_WASM_ASYNC_RUNNING &&
              static_cast<int>(AsyncCall::State::waiting) == MINI_WASM_ASYNC_WAITING &&
              static_cast<int>(AsyncCall::State::finished) == MINI_WASM_ASYNC_FINISHED);

namespace {

// Values for the engine. Each reference is rooted, because making the next one may collect garbage.
class Vals {
 public:
  // `type_at(i)` is the type that value `i` shall have. Errors: usage, limit.
  template <class TypeAt>
  Result<void> read(wasm_store_t* store, std::span<const wasm_val_t> values, const char* what, TypeAt type_at) {
    for (size_t i = 0; i < values.size(); ++i) {
      Result<Val> made = val_of(store, values[i], type_at(i), std::string(what) + " " + std::to_string(i + 1));
      if (!made) return std::move(made).error();
      if (made->type().is_ref()) {
        roots_.emplace_back(store->store, *made);
        if (roots_.back().get().type().is_bottom()) return out_of_memory();
      }
      vals_.push_back(*made);
    }
    return {};
  }
  const std::vector<Val>& get() const { return vals_; }

 private:
  std::vector<Val> vals_;
  std::vector<Rooted> roots_;
};

Result<AsyncCall> prepare(const wasm_func_t& func, std::span<const wasm_val_t> args) {
  const FuncType& type = func.func().type();
  if (args.size() != type.params.size()) return wrong_number(type, args.size());
  Vals vals;
  Result<void> read = vals.read(func.store, args, "argument", [&](size_t i) { return type.params[i]; });
  if (!read) return std::move(read).error();
  return AsyncCall::make(func.func(), vals.get());
}

// What the kinds of the values say; whether that is what the guest waits for is seen by AsyncCall::complete.
Result<void> complete(mini_wasm_async_call_t& call, std::span<const wasm_val_t> results) {
  Vals vals;
  Result<void> read = vals.read(call.store, results, "result", [&](size_t i) { return type_of(results[i].kind); });
  if (!read) return read;
  return call.call.complete(vals.get());
}

Result<void> results_of(const mini_wasm_async_call_t& call, std::span<wasm_val_t> out) {
  if (call.call.state() != AsyncCall::State::finished)
    return Error::make(ErrorKind::usage, "the call has not finished");
  if (call.failed) return Error::make(ErrorKind::usage, "the call has ended with a trap");
  if (out.size() < call.results) {
    return Error::make(ErrorKind::usage, "the call has " + std::to_string(call.results) +
                                             " results, but there is room for " + std::to_string(out.size()));
  }
  const std::vector<Val> results = call.call.results();
  if (results.size() != call.results) return out_of_memory();
  for (size_t i = 0; i < results.size(); ++i) {
    if (value_of(call.store, results[i], out[i])) continue;
    for (size_t made = 0; made < i; ++made) wasm_val_delete(&out[made]);
    return out_of_memory();
  }
  return {};
}

// The trap for what failed; null when nothing did.
wasm_trap_t* outcome(wasm_store_t* store, Result<void> done) {
  return done ? nullptr : trap_of(store, std::move(done).error());
}

}  // namespace

wasm_trap_t* mini_wasm_async_call_new(const wasm_func_t* func, const wasm_val_vec_t* args,
                                      mini_wasm_async_call_t** out) {
  if (func == nullptr || out == nullptr) return usage_trap(nullptr, "no function");
  const StoreUse use(func->store);
  Result<AsyncCall> call = guarded([&] { return prepare(*func, span_of(args)); });
  if (!call) return trap_of(func->store, std::move(call).error());
  auto* const made = new (std::nothrow) mini_wasm_async_call_t(*func, std::move(*call));
  if (made == nullptr) return trap_of(func->store, out_of_memory());
  *out = made;
  return nullptr;
}

void mini_wasm_async_call_delete(mini_wasm_async_call_t* call) {
  if (call == nullptr) return;
  wasm_store_t* const store = call->store;
  delete call;
  give_back(store);
}

wasm_trap_t* mini_wasm_async_call_resume(mini_wasm_async_call_t* call, mini_wasm_async_state_t* out) {
  if (call == nullptr || out == nullptr) return usage_trap(nullptr, "no call");
  wasm_store_t* const store = call->store;
  const StoreUse use(store);
  const bool begins = call->call.state() == AsyncCall::State::ready;
  bool deleted = false;  // by a host function
  if (begins) call->deleted = &deleted;
  Result<AsyncCall::State> state = call->call.resume();
  if (begins && !deleted) {
    call->deleted = nullptr;
    call->failed = !state && call->call.state() == AsyncCall::State::finished;
  }
  if (!state) return trap_of(store, std::move(state).error());
  *out = static_cast<mini_wasm_async_state_t>(*state);
  return nullptr;
}

wasm_trap_t* mini_wasm_async_call_complete(mini_wasm_async_call_t* call, const wasm_val_vec_t* results) {
  if (call == nullptr) return usage_trap(nullptr, "no call");
  const StoreUse use(call->store);
  return outcome(call->store, guarded([&] { return complete(*call, span_of(results)); }));
}

wasm_trap_t* mini_wasm_async_call_fail(mini_wasm_async_call_t* call, wasm_trap_t* trap) {
  const Owned<wasm_trap_t> owned(trap);
  if (call == nullptr || trap == nullptr) return usage_trap(nullptr, "no call or no trap");
  const StoreUse use(call->store);
  return outcome(call->store, guarded([&] { return call->call.fail(trap->error); }));
}

mini_wasm_async_state_t mini_wasm_async_call_state(const mini_wasm_async_call_t* call) {
  return static_cast<mini_wasm_async_state_t>(call == nullptr ? AsyncCall::State::finished : call->call.state());
}

wasm_trap_t* mini_wasm_async_call_results(const mini_wasm_async_call_t* call, wasm_val_vec_t* results) {
  if (call == nullptr) return usage_trap(nullptr, "no call");
  std::span<wasm_val_t> out;
  if (results != nullptr) out = {results->data, results->size};
  return outcome(call->store, guarded([&] { return results_of(*call, out); }));
}

void mini_wasm_async_call_set_yields(mini_wasm_async_call_t* call, bool on) {
  if (call != nullptr) call->call.set_yields(on);
}
void mini_wasm_async_call_set_data(mini_wasm_async_call_t* call, void* data) {
  if (call != nullptr) call->call.set_data(data);
}
void* mini_wasm_caller_async_data(mini_wasm_caller_t* caller) {
  return caller == nullptr ? nullptr : caller->caller.async_data();
}

wasm_trap_t* mini_wasm_caller_suspend(mini_wasm_caller_t* caller) {
  if (caller == nullptr) return usage_trap(nullptr, "no caller");
  return outcome(caller->store, guarded([&] { return caller->caller.suspend(); }));
}
