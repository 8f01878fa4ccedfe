// Fork handlers for code memory. Before a fork the parent makes a copy of its code memory. Afterwards the child uses
// the copy, and the parent drops it. Threads that allocate or free code in the meantime wait for the locks. If the
// library is a plug-in and is unloaded, the C library removes these handlers.
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
    // If this fails, a child is like one that was made without fork handlers (CodeMemory::is_ours).
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
