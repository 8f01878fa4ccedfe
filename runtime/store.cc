#include "runtime/store.h"

#include <algorithm>
#include <utility>

namespace mini_wasm::runtime {

Store::Store(std::shared_ptr<Engine> engine, const StoreLimits& limits)
    : engine_(std::move(engine)),
      execution_(*this, *engine_),
      limits_(limits),
      budget_(limits_),
      heap_(*this, budget_, limits.gc_heap_bytes, engine_->config().gc_stress),
      objects_(*this, limits_, budget_) {
  execution_.fuel = static_cast<int64_t>(std::min(limits.fuel, uint64_t{INT64_MAX}));
  note_store(*this, /*exists=*/true);
}

Store::~Store() {
  note_store(*this, /*exists=*/false);
  if (link_ != nullptr) link_->cut();
  execution_.forget_continuations();
}

void Store::set_interrupt(bool on) {
  interruption_.set(on, [&] { objects_.tell_interruption(); });
}

void Store::note_deadlines(int change) {
  interruption_.note_deadlines(change, [&] { objects_.tell_interruption(); });
}

void Store::set_yielding(bool on) {
  interruption_.set_yielding(on, [&] { objects_.tell_interruption(); });
}

const std::shared_ptr<StoreLink>& Store::link() {
  if (link_ == nullptr) link_ = std::make_shared<StoreLink>(*this);
  return link_;
}

}  // namespace mini_wasm::runtime
