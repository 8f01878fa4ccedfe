// The public class AsyncCall.
#include <mini_wasm/async.h>

#include <algorithm>
#include <utility>

#include "core/guarded.h"
#include "runtime/call/continuation.h"
#include "runtime/call/host_call.h"
#include "runtime/instance/value_check.h"
#include "runtime/store.h"

namespace mini_wasm {

using runtime::Continuation;

namespace {

Result<std::unique_ptr<Continuation>> prepare(runtime::Store& store, const Func& func, std::span<const Val> args) {
  const FuncType& type = func.type();
  std::vector<runtime::Slot> slots(std::max(runtime::slot_count(type.params), runtime::slot_count(type.results)));
  Result<void> fit = runtime::store_values(store, type.params, args, runtime::Values::arguments, slots.data());
  if (!fit) return std::move(fit).error();
  return std::make_unique<Continuation>(store.execution(), *func.impl(), std::move(slots));
}

Result<void> store_results(Continuation& call, std::span<const Val> results) {
  runtime::Store& store = call.execution()->store();
  const runtime::FuncInst& host = call.waits_for();
  Result<void> fit =
      runtime::store_values(store, host.host->type->results, results, runtime::Values::results, call.results());
  if (!fit) return fit;
  runtime::prepare_results(*host.host, call.results());
  call.complete();
  return {};
}

AsyncCall::State public_state(Continuation::State state) {
  switch (state) {
    case Continuation::State::running: return AsyncCall::State::running;
    case Continuation::State::waiting: return AsyncCall::State::waiting;
    case Continuation::State::ended: return AsyncCall::State::finished;
    default: return AsyncCall::State::ready;
  }
}

Error not_waiting() { return Error::make(ErrorKind::usage, "the call does not wait for results"); }

}  // namespace

void AsyncCall::Drop::operator()(Continuation* call) const noexcept { Continuation::drop(call); }
AsyncCall::~AsyncCall() = default;
AsyncCall::AsyncCall(AsyncCall&&) noexcept = default;
AsyncCall& AsyncCall::operator=(AsyncCall&&) noexcept = default;

Result<AsyncCall> AsyncCall::make(const Func& func, std::span<const Val> args) {
  if (func.impl() == nullptr) return out_of_memory();
  return guarded([&]() -> Result<AsyncCall> {
    Result<std::unique_ptr<Continuation>> made = prepare(func.store(), func, args);
    if (!made) return std::move(made).error();
    return AsyncCall(made->release());
  });
}

Result<AsyncCall::State> AsyncCall::resume() {
  return guarded([&]() -> Result<State> {
    if (impl_->execution() == nullptr) return Error::make(ErrorKind::usage, "the store of the call is gone");
    // A host function may destroy this object meanwhile.
    const Result<Continuation::State> state = impl_->execution()->resume(*impl_);
    if (!state) return Error(state.error());
    return public_state(*state);
  });
}

Result<void> AsyncCall::complete(std::span<const Val> results) {
  if (state() != State::waiting) return not_waiting();
  return guarded([&] { return store_results(*impl_, results); });
}

Result<void> AsyncCall::fail(Error error) {
  if (state() != State::waiting) return not_waiting();
  impl_->complete(make_error(std::move(error)));
  return {};
}

AsyncCall::State AsyncCall::state() const {
  if (impl_ == nullptr || impl_->execution() == nullptr) return State::finished;
  return public_state(impl_->state());
}

void AsyncCall::set_data(void* data) {
  if (impl_ != nullptr) impl_->data = data;
}

void AsyncCall::set_yields(bool on) {
  if (impl_ != nullptr) impl_->set_yields(on);
}

std::vector<Val> AsyncCall::results() const {
  if (impl_ == nullptr || impl_->execution() == nullptr || !impl_->has_returned()) return {};
  runtime::Store& store = impl_->execution()->store();
  const FuncType& type = impl_->func().func_type(store.engine().types());
  return guarded([&] { return runtime::load_values(store, type.results, impl_->slots().data()); },
                 [] { return std::vector<Val>(); });
}

}  // namespace mini_wasm
