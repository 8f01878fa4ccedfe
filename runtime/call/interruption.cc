#include "runtime/call/interruption.h"

#include <utility>

namespace mini_wasm::runtime {

int Interruption::descriptor() {
  const std::lock_guard lock(mutex_);
  if (event_.fd() < 0 && event_.make() && on()) event_.set(true);
  return event_.fd();
}

void Interruption::add(HostBlock& block) {
  const std::lock_guard lock(mutex_);
  block.outer_ = std::exchange(blocked_, &block);
}

// Usually the innermost one; but coroutines of the host may end in any order.
void Interruption::remove(HostBlock& block) {
  const std::lock_guard lock(mutex_);
  HostBlock** link = &blocked_;
  while (*link != &block) link = &(*link)->outer_;
  *link = block.outer_;
}

}  // namespace mini_wasm::runtime
