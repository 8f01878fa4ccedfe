// The public Store.
#include <mini_wasm/store.h>

#include "runtime/store.h"

namespace mini_wasm {

Store::Store(const Engine& engine, const StoreLimits& limits)
    : impl_(std::make_unique<runtime::Store>(engine.impl(), limits)) {}
Store::~Store() {
  // The guest that is running in it returns into it: better to keep it for ever than to pull it away.
  if (impl_ != nullptr && impl_->activation() != nullptr) static_cast<void>(impl_.release());
}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&& other) noexcept {
  const Store old(std::move(*this));
  impl_ = std::move(other.impl_);
  return *this;
}

void Store::interrupt() { impl_->set_interrupt(true); }
void Store::clear_interrupt() { impl_->set_interrupt(false); }

Val Store::new_externref(void* host_data, void (*finalize)(void*)) {
  impl_->note_stack();
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

void Store::collect_garbage() {
  impl_->note_stack();
  impl_->heap().collect();
}

void Store::set_data(void* data) { impl_->data = data; }
void* Store::data() const { return impl_->data; }

// --- Rooted

Rooted::Rooted(Store& store, const Val& value) : cell_(std::make_unique<runtime::gc::RootCell>()) {
  store.impl().heap().roots().add(*cell_);
  set(value);
}
Rooted::~Rooted() = default;
Rooted::Rooted(Rooted&&) noexcept = default;
Rooted& Rooted::operator=(Rooted&&) noexcept = default;

void Rooted::set(const Val& value) {
  value_ = value;
  const bool traced = value.type().is_ref();
  cell_->ref = traced ? value.bits() : runtime::gc::kNull;
}

}  // namespace mini_wasm
