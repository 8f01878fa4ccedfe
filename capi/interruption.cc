// What stops a guest: interrupt handles and deadlines.
#include <mini_wasm.h>

#include <algorithm>

#include "capi/store.h"
#include "core/guarded.h"

using namespace mini_wasm;
using namespace mini_wasm::capi;

struct mini_wasm_interrupt_handle_t {
  InterruptHandle handle;
};

struct mini_wasm_deadline_t {
  Deadline deadline;
};

mini_wasm_interrupt_handle_t* mini_wasm_interrupt_handle_new(wasm_store_t* store) {
  if (store == nullptr) return nullptr;
  return new (std::nothrow) mini_wasm_interrupt_handle_t{store->store.interrupt_handle()};
}
void mini_wasm_interrupt_handle_delete(mini_wasm_interrupt_handle_t* handle) { delete handle; }
bool mini_wasm_interrupt_handle_interrupt(const mini_wasm_interrupt_handle_t* handle) {
  return handle != nullptr && handle->handle.interrupt();
}
bool mini_wasm_interrupt_handle_clear(const mini_wasm_interrupt_handle_t* handle) {
  return handle != nullptr && handle->handle.clear_interrupt();
}

wasm_trap_t* mini_wasm_deadline_new(wasm_store_t* store, uint64_t nanoseconds, mini_wasm_deadline_t** out) {
  if (store == nullptr || out == nullptr) return usage_trap(store, "no store");
  // So far away that it never comes, and that the sum is not too large.
  constexpr uint64_t kNever = uint64_t{1} << 62;
  const std::chrono::nanoseconds wait(std::min(nanoseconds, kNever));
  Result<Deadline> deadline = Deadline::begin(store->store, Deadline::Clock::now() + wait);
  if (!deadline) return trap_of(store, std::move(deadline).error());
  auto* const made = new (std::nothrow) mini_wasm_deadline_t{std::move(*deadline)};
  if (made == nullptr) return trap_of(store, out_of_memory());
  *out = made;
  return nullptr;
}
void mini_wasm_deadline_delete(mini_wasm_deadline_t* deadline) { delete deadline; }
