// What a fork does to code memory: the parent makes a copy beforehand, which the child takes and the parent drops.
// Other threads may allocate and free code meanwhile: they wait. Whoever loads the library as a plug-in may unload it,
// too: the C library forgets these handlers then.
#include <pthread.h>

#include <algorithm>
#include <vector>

#include "jit/code_memory.h"

namespace mini_wasm::jit {

class ForkHandlers {
 public:
  static ForkHandlers& get() {
    static ForkHandlers& handlers = *new ForkHandlers;  // never destroyed: engines may be static, too
    return handlers;
  }
  void add(CodeMemory& memory) {
    const std::lock_guard lock(mutex_);
    all_.push_back(&memory);
  }
  void remove(CodeMemory& memory) {
    const std::lock_guard lock(mutex_);
    all_.erase(std::find(all_.begin(), all_.end(), &memory));
  }

 private:
  ForkHandlers() {
    // Where that fails, children do as those that no handlers run for.
    (void)pthread_atfork([] { get().before(); }, [] { get().after(&CodeMemory::drop_copy); },
                         [] { get().after(&CodeMemory::become_copy); });
  }
  void before() {
    mutex_.lock();
    for (CodeMemory* memory : all_) {
      memory->mutex_.lock();
      memory->make_copy();
    }
  }
  void after(void (CodeMemory::*what)()) {
    for (CodeMemory* memory : all_) {
      (memory->*what)();
      memory->mutex_.unlock();
    }
    mutex_.unlock();
  }

  std::mutex mutex_;
  std::vector<CodeMemory*> all_;
};

void add_to_fork_handlers(CodeMemory& memory) { ForkHandlers::get().add(memory); }
void remove_from_fork_handlers(CodeMemory& memory) { ForkHandlers::get().remove(memory); }

}  // namespace mini_wasm::jit
