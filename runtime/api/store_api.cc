// The public class Store.
#include <mini_wasm/store.h>

#include <algorithm>
#include <new>

#include "core/guarded.h"
#include "runtime/instance/value_check.h"
#include "runtime/store.h"

namespace mini_wasm {

Store::Store(const Engine& engine, const StoreLimits& limits)
    : impl_(engine.impl() == nullptr ? nullptr
                                     : guarded([&] { return std::make_unique<runtime::Store>(engine.impl(), limits); },
                                               [] { return std::unique_ptr<runtime::Store>(); })) {
  if (!empty()) impl_->handle = this;
}
Store::~Store() {
  // The store is destroyed by a host function while a guest in it still runs. The guest returns into the store, so it
  // must stay, for ever.
  if (empty() || impl_->execution().activation() == nullptr) return;
  runtime::Store& leaked = *impl_;
  leaked.own_handle.emplace(std::move(*this));
}
Store::Store(Store&& other) noexcept : impl_(std::move(other.impl_)) {
  if (!empty()) impl_->handle = this;
}
Store& Store::operator=(Store&& other) noexcept {
  const Store old(std::move(*this));  // its destructor also handles a guest that still runs
  impl_ = std::move(other.impl_);
  if (!empty()) impl_->handle = this;
  return *this;
}

void Store::interrupt() {
  if (!empty()) impl_->set_interrupt(true);
}
void Store::clear_interrupt() {
  if (!empty()) impl_->set_interrupt(false);
}

void Store::ask_to_yield() {
  if (!empty()) impl_->set_yielding(true);
}

Result<void> Store::set_fuel(uint64_t units) {
  if (empty()) return out_of_memory();
  if (!impl_->engine().config().fuel) {
    return Error::make(ErrorKind::usage, "the engine counts no fuel: set Config::fuel");
  }
  if (units > uint64_t{INT64_MAX}) return Error::make(ErrorKind::usage, "more fuel than 2^63 - 1 units");
  impl_->execution().fuel = static_cast<int64_t>(units);
  return {};
}

uint64_t Store::fuel() const {
  return empty() ? 0 : static_cast<uint64_t>(std::max<int64_t>(impl_->execution().fuel, 0));
}

Val Store::new_externref(void* host_data, void (*finalize)(void*)) {
  if (empty()) return Val::object(ValType::externref, nullptr);
  impl_->execution().note_stack();
  return Val::object(ValType::externref, impl_->heap().new_host(host_data, finalize));
}

void* Store::externref_data(const Val& value) {
  const bool may_be = value.type() == ValType::externref.with_nullable(value.type().nullable()) ||
                      value.type() == ValType::ref(HeapKind::any, value.type().nullable());
  if (!may_be || value.is_null() || value.is_i31()) return nullptr;
  const runtime::gc::Object* object = value.object();
  const bool is_host = object->layout->kind == runtime::gc::ObjectKind::host;
  return is_host ? static_cast<const runtime::gc::HostObject*>(object)->data : nullptr;
}

Val Store::new_typed_externref(void* object, void (*destroy)(void*), const void* type) {
  if (empty()) return Val::null(ValType::externref);
  impl_->execution().note_stack();
  return Val::object(ValType::externref, impl_->heap().new_host(object, destroy, type));
}

void* Store::typed_externref_data(const Val& value, const void* type) const {
  if (empty() || !value.type().is_ref() || value.is_null() || value.is_i31()) return nullptr;
  if (!impl_->heap().is_object(value.object())) return nullptr;  // also for a function, or a value of another store
  const runtime::gc::Object* object = value.object();
  if (object->layout->kind != runtime::gc::ObjectKind::host) return nullptr;
  const auto* host = static_cast<const runtime::gc::HostObject*>(object);
  return host->type == type ? host->data : nullptr;
}

Error Store::no_externref() { return guarded(runtime::no_room_for_object, out_of_memory); }

uint64_t Store::used_bytes() const { return empty() ? 0 : impl_->budget().used(); }

void Store::collect_garbage() {
  if (empty()) return;
  impl_->execution().note_stack();
  impl_->heap().collect();
}

void Store::set_data(void* data) {
  if (!empty()) impl_->data = data;
}
void* Store::data() const { return empty() ? nullptr : impl_->data; }

// --- Rooted

Rooted::Rooted(Store& store, const Val& value) {
  if (store.empty()) return;
  cell_.reset(new (std::nothrow) runtime::gc::RootCell);
  if (cell_ == nullptr) return;
  store.impl().heap().roots().add(*cell_);
  set(value);
}
Rooted::~Rooted() = default;
Rooted::Rooted(Rooted&&) noexcept = default;
Rooted& Rooted::operator=(Rooted&&) noexcept = default;

void Rooted::set(const Val& value) {
  if (cell_ == nullptr) return;
  value_ = value;
  const bool traced = value.type().is_ref();
  cell_->ref = traced ? value.bits() : runtime::gc::kNull;
}

}  // namespace mini_wasm
