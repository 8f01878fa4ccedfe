#include "runtime/call/interruption.h"

#include <utility>

namespace mini_wasm::runtime {

int Interruption::descriptor() {
  const std::lock_guard lock(mutex_);
  if (event_.fd() < 0 && event_.make() && on()) event_.set(true);
  return event_.fd();
}

Interruption::BlockedScope::BlockedScope(Interruption& interruption, std::function<void()> wake)
    : interruption_(interruption), wake_(std::move(wake)) {
  const std::lock_guard lock(interruption.mutex_);
  interruption.blocked_ = this;
}

Interruption::BlockedScope::~BlockedScope() {
  const std::lock_guard lock(interruption_.mutex_);
  interruption_.blocked_ = nullptr;
}

}  // namespace mini_wasm::runtime
