#include <pthread.h>

#include "jit/native_stack.h"

namespace mini_wasm::jit {

const char* native_stack_low() {
  thread_local const char* low = [] {
    pthread_attr_t attributes;
    void* address = nullptr;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return static_cast<const char*>(nullptr);
    pthread_attr_getstack(&attributes, &address, &size);
    pthread_attr_destroy(&attributes);
    return static_cast<const char*>(address);
  }();
  return low;
}

}  // namespace mini_wasm::jit
