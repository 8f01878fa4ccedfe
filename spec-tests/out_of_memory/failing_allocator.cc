#include "spec-tests/out_of_memory/failing_allocator.h"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>

namespace mini_wasm::testing {
namespace {

std::atomic<bool> armed{false};
std::atomic<size_t> count{0};
size_t first = 0;
Failing mode = Failing::once;

bool fails() {
  if (!armed.load(std::memory_order_acquire)) return false;
  const size_t nth = count++;
  return mode == Failing::once ? nth == first : nth >= first;
}

}  // namespace

void fail_allocation(size_t nth, Failing how) {
  first = nth;
  mode = how;
  count = 0;
  armed.store(true, std::memory_order_release);
}

size_t stop_failing() {
  armed = false;
  return count;
}

}  // namespace mini_wasm::testing

using mini_wasm::testing::fails;

// A sanitizer has its own malloc; then only C++'s operator new can fail.
#define MW_OWN_MALLOC 1
#if defined(__SANITIZE_ADDRESS__)
#undef MW_OWN_MALLOC
#define MW_OWN_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#undef MW_OWN_MALLOC
#define MW_OWN_MALLOC 0
#endif
#endif

#if MW_OWN_MALLOC
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);

void* malloc(size_t bytes) {
  if (!fails()) return __libc_malloc(bytes);
  errno = ENOMEM;
  return nullptr;
}
void* calloc(size_t count, size_t bytes) {
  if (!fails()) return __libc_calloc(count, bytes);
  errno = ENOMEM;
  return nullptr;
}
void* realloc(void* old, size_t bytes) {
  if (!fails()) return __libc_realloc(old, bytes);
  errno = ENOMEM;
  return nullptr;
}
}
#else
void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  return fails() ? nullptr : std::malloc(bytes == 0 ? 1 : bytes);
}
void* operator new(size_t bytes) {
  if (void* made = operator new(bytes, std::nothrow)) return made;
  throw std::bad_alloc();
}
void* operator new[](size_t bytes) { return operator new(bytes); }
void* operator new[](size_t bytes, const std::nothrow_t& t) noexcept { return operator new(bytes, t); }
void operator delete(void* made) noexcept { std::free(made); }
void operator delete(void* made, size_t) noexcept { std::free(made); }
void operator delete[](void* made) noexcept { std::free(made); }
void operator delete[](void* made, size_t) noexcept { std::free(made); }
#endif
