// Buffer: an array of plain values, for code that appends at every instruction. Appending is a comparison and a store.
// Everything else is out of line, so that functions which append need no stack frame for it.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

// For a rarely called function: its caller pays nothing (saves no registers) unless it calls it.
#if defined(__clang__) && defined(__x86_64__)
#define MW_COLD [[gnu::noinline, gnu::cold, clang::preserve_most]]
#else
#define MW_COLD [[gnu::noinline, gnu::cold]]
#endif

namespace mini_wasm {

template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  size_t size() const { return static_cast<size_t>(top_ - data()); }
  bool empty() const { return top_ == data(); }
  T* data() const { return storage_.get(); }
  T& operator[](size_t i) { return storage_[i]; }
  const T& operator[](size_t i) const { return storage_[i]; }
  T& back() { return top_[-1]; }
  const T& back() const { return top_[-1]; }

  void push_back(const T& value) {
    reserve(1);
    *top_++ = value;
  }
  // Makes room for `count` more values, because `append` does not check.
  void reserve(size_t count) {
    if (static_cast<size_t>(limit_ - top_) < count) [[unlikely]]
      grow(count);
  }
  void append(const T& value) {
    assert(top_ < limit_);
    *top_++ = value;
  }
  // Appends `count` uninitialised values; the caller fills them in.
  T* extend(size_t count) {
    reserve(count);
    return std::exchange(top_, top_ + count);
  }
  // The value can still be read until the next one is appended.
  T& pop() { return *--top_; }
  void clear() { top_ = data(); }
  // New values are zero.
  void resize(size_t size) {
    const size_t before = this->size();
    if (size > before) {
      reserve(size - before);
      std::fill_n(top_, size - before, T{});
    }
    top_ = data() + size;
  }

 private:
  MW_COLD void grow(size_t count) {
    const size_t used = size(), capacity = std::max<size_t>(2 * used, used + count + 64);
    std::unique_ptr<T[]> bigger(new T[capacity]);
    std::copy_n(data(), used, bigger.get());
    storage_ = std::move(bigger);
    top_ = data() + used;
    limit_ = data() + capacity;
  }

  std::unique_ptr<T[]> storage_;
  T* top_ = nullptr;
  T* limit_ = nullptr;
};

}  // namespace mini_wasm
