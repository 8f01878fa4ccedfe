// Checked access to guest memory. A guest pointer is an unchecked 32-bit offset. Only GuestMemory turns it into a host
// pointer, after comparing it with the size of the memory in 64-bit arithmetic, in which offset + length cannot wrap.
// Pointers need no alignment: values are copied as bytes, as Wasm's own loads and stores do.
// A span stays valid during one WASI call, because no guest code that could grow the memory runs meanwhile.
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

// `count` elements, starting at `offset`. It is two parameters of a WASI function.
template <class T>
struct GuestArray {
  uint32_t offset = 0;
  uint32_t count = 0;
  // The result is meaningful only if GuestMemory::range has accepted the array.
  GuestPtr<T> operator[](uint32_t i) const { return {static_cast<uint32_t>(offset + uint64_t{i} * sizeof(T))}; }
};

class GuestMemory {
 public:
  GuestMemory() = default;
  explicit GuestMemory(std::span<uint8_t> bytes) : bytes_(bytes) {}

  // The `size` bytes at `offset`, in the host's memory. Empty when one of them lies outside the guest's memory. A range
  // of 0 bytes may lie at the very end.
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

  // Returns false when the value lies outside the memory; then nothing is read or written.
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
