// Values of the whole process:
//
//   * ProcessValue is made when it is needed for the first time.
//   * Immortal is made when the program starts, or the library is loaded, and never destroyed. It suits what is used
//     where memory has run out.
//
// They are used in place of static variables in functions. Making one of those takes a lock, and a process may
// fork while one of its threads holds it: that thread does not exist in the child, so the child would wait forever. Here
// no thread waits: when two need a ProcessValue at once, both make it, and one of the two is dropped.
// Thread rule: any thread.
#pragma once

#include <atomic>
#include <memory>
#include <new>
#include <utility>

namespace mini_wasm {

// A part of ProcessValue.
class ProcessValueEntry {
 protected:
  explicit constexpr ProcessValueEntry(void (*destroy)(ProcessValueEntry&)) : destroy_(destroy) {}
  // Adds it to the list of what is destroyed when the library is unloaded, or the program ends.
  void add();

 private:
  friend struct ProcessValueList;
  void (*const destroy_)(ProcessValueEntry&);
  ProcessValueEntry* next_ = nullptr;
};

// Must be a constinit variable. A static object of the host may use an engine even after the value was destroyed; then
// the value is made once more.
template <class T>
class ProcessValue : private ProcessValueEntry {
 public:
  constexpr ProcessValue() : ProcessValueEntry(&destroy) {}

  // The value; `make()` gives it the first time. What `make` throws passes through.
  template <class Make>
  T& get(Make make) {
    T* value = value_.load(std::memory_order_acquire);
    if (value != nullptr) return *value;
    std::unique_ptr<T> made(new T(make()));
    if (!value_.compare_exchange_strong(value, made.get(), std::memory_order_acq_rel)) return *value;
    add();
    return *made.release();
  }

 private:
  static void destroy(ProcessValueEntry& entry) { delete static_cast<ProcessValue&>(entry).value_.exchange(nullptr); }

  std::atomic<T*> value_{nullptr};
};

// For variables outside of functions.
template <class T>
class Immortal {
 public:
  template <class... Args>
  explicit Immortal(Args&&... args) : value_(*new(place_) T(std::forward<Args>(args)...)) {}
  T& operator*() const { return value_; }

 private:
  alignas(T) unsigned char place_[sizeof(T)];
  T& value_;
};

}  // namespace mini_wasm
