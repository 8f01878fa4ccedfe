// Checked access to guest memory. A guest pointer is a 32-bit offset that nobody has checked; only GuestMemory turns it
// into host memory, after comparing it with the memory's size in 64-bit arithmetic, where offset + length cannot wrap.
// Misaligned pointers are fine: values are copied bytewise, as Wasm's own loads and stores do.
// The span stays valid during one WASI call, because no guest code runs meanwhile that could grow the memory.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

namespace mini_wasm::wasi {

template <class T>
struct GuestPtr {
  uint32_t offset = 0;
};

// `count` elements from `offset` on: two parameters of a WASI function.
template <class T>
struct GuestArray {
  uint32_t offset = 0;
  uint32_t count = 0;
  // Meaningful for an array that GuestMemory::range has found inside the memory.
  GuestPtr<T> operator[](uint32_t i) const { return {static_cast<uint32_t>(offset + uint64_t{i} * sizeof(T))}; }
};

class GuestMemory {
 public:
  GuestMemory() = default;
  explicit GuestMemory(std::span<uint8_t> bytes) : bytes_(bytes) {}

  // The host's view of `size` bytes at `offset`; nothing when any of them lies outside. An empty range may stand at
  // the very end.
  std::optional<std::span<uint8_t>> range(uint32_t offset, uint64_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) return std::nullopt;
    return bytes_.subspan(offset, size);
  }

  template <class T>
  std::optional<std::span<uint8_t>> range(GuestArray<T> array) const {
    return range(array.offset, uint64_t{array.count} * sizeof(T));
  }

  template <class T>
  bool contains(GuestPtr<T> ptr) const {
    return range(ptr.offset, sizeof(T)).has_value();
  }

  // False when the value lies outside, and then nothing is read or written.
  template <class T>
  [[nodiscard]] bool load(GuestPtr<T> ptr, std::remove_const_t<T>& value) const {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto bytes = range(ptr.offset, sizeof(T));
    if (bytes) std::memcpy(&value, bytes->data(), sizeof(T));
    return bytes.has_value();
  }

  template <class T>
  [[nodiscard]] bool store(GuestPtr<T> ptr, const T& value) const {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto bytes = range(ptr.offset, sizeof(T));
    if (bytes) std::memcpy(bytes->data(), &value, sizeof(T));
    return bytes.has_value();
  }

 private:
  std::span<uint8_t> bytes_;
};

}  // namespace mini_wasm::wasi
