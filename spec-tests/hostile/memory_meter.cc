#include "spec-tests/hostile/memory_meter.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MW_SANITIZED_ALLOCATOR
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(thread_sanitizer)
#define MW_SANITIZED_ALLOCATOR
#endif
#endif

namespace {

std::atomic<size_t> allocated{0}, peak_allocated{0};

}  // namespace

#ifndef MW_SANITIZED_ALLOCATOR

namespace {

void* allocate(size_t size) noexcept {
  void* p = std::malloc(size == 0 ? 1 : size);
  if (p == nullptr) return nullptr;
  const size_t now = allocated += malloc_usable_size(p);
  for (size_t peak = peak_allocated; now > peak && !peak_allocated.compare_exchange_weak(peak, now);) {
  }
  return p;
}

void release(void* p) noexcept {
  if (p != nullptr) allocated -= malloc_usable_size(p);
  std::free(p);
}

}  // namespace

void* operator new(size_t size) {
  if (void* p = allocate(size)) return p;
  throw std::bad_alloc();
}
void* operator new[](size_t size) { return operator new(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* p) noexcept { release(p); }
void operator delete[](void* p) noexcept { release(p); }
void operator delete(void* p, size_t) noexcept { release(p); }
void operator delete[](void* p, size_t) noexcept { release(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { release(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { release(p); }

#endif

namespace mini_wasm::hostile {

MemoryMeter::MemoryMeter() : start_(allocated) { peak_allocated = start_; }

std::optional<size_t> MemoryMeter::peak() const {
#ifdef MW_SANITIZED_ALLOCATOR
  return std::nullopt;
#else
  return peak_allocated - start_;
#endif
}

}  // namespace mini_wasm::hostile
