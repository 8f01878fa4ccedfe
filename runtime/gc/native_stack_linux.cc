#include <pthread.h>

#include <cstring>

#include "runtime/gc/roots.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MINI_WASM_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define MINI_WASM_ASAN 1
#endif
#ifdef MINI_WASM_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace mini_wasm::runtime::gc {
namespace {

struct StackBounds {
  const char* low = nullptr;
  const char* high = nullptr;
};

StackBounds find_bounds() {
  StackBounds bounds;
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return bounds;
  void* low = nullptr;
  size_t size = 0;
  if (pthread_attr_getstack(&attributes, &low, &size) == 0) {
    bounds = {static_cast<const char*>(low), static_cast<const char*>(low) + size};
  }
  pthread_attr_destroy(&attributes);
  return bounds;
}

// Asked once: for the main thread the answer comes from a file of the kernel's.
const StackBounds& thread_bounds() {
  static thread_local const StackBounds bounds = find_bounds();
  return bounds;
}

// With detect_stack_use_after_return the locals of a function live in a fake frame elsewhere, to which its real one
// points.
__attribute__((no_sanitize("address", "thread"))) void visit_fake_frame([[maybe_unused]] Marker& marker,
                                                                        [[maybe_unused]] uintptr_t word) {
#ifdef MINI_WASM_ASAN
  void* fake_stack = __asan_get_current_fake_stack();
  void *begin = nullptr, *end = nullptr;
  if (fake_stack == nullptr ||
      __asan_addr_is_in_fake_stack(fake_stack, reinterpret_cast<void*>(word), &begin, &end) == nullptr) {
    return;
  }
  for (auto at = reinterpret_cast<uintptr_t>(begin); at < reinterpret_cast<uintptr_t>(end); at += sizeof(uintptr_t)) {
    marker.visit_word(*reinterpret_cast<const uintptr_t*>(at), true);
  }
#endif
}

// Reads whatever is there, which is what sanitizers exist to prevent.
[[gnu::noinline]] __attribute__((no_sanitize("address", "thread"))) void visit_stack_from_here(Marker& marker,
                                                                                               const void* outermost) {
  const char* at = static_cast<const char*>(__builtin_frame_address(0));
  const StackBounds& bounds = thread_bounds();
  const char* end = bounds.high;
  if (at < bounds.low || at >= bounds.high) end = outermost == nullptr ? at : static_cast<const char*>(outermost);
  for (; at + sizeof(uintptr_t) <= end; at += sizeof(uintptr_t)) {
    const uintptr_t word = *reinterpret_cast<const uintptr_t*>(at);
    marker.visit_word(word, true);
    visit_fake_frame(marker, word);
  }
}

}  // namespace

[[gnu::noinline]] void visit_native_stack(Marker& marker, const void* outermost) {
  // Puts the callee-saved registers into this frame, which lies above that of the function called.
  __builtin_unwind_init();
  visit_stack_from_here(marker, outermost);
  asm volatile("" : : : "memory");  // no tail call: the frame has to stay
}

}  // namespace mini_wasm::runtime::gc
