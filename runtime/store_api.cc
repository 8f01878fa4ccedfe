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
  return Val::extern_ref(impl_->new_extern(host_data, finalize));
}

void* Store::externref_data(const Val& value) {
  const runtime::ExternObject* object = value.extern_ref();
  return object == nullptr ? nullptr : object->data;
}

void Store::set_data(void* data) { impl_->data = data; }
void* Store::data() const { return impl_->data; }

}  // namespace mini_wasm
