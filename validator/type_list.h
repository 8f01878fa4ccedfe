// TypeList: the types that a block takes or leaves, without a copy of them.
#pragma once

#include <mini_wasm/types.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

namespace mini_wasm::validator {

// A list of types that belongs to somebody else, or a single type by value (the usual result of a block).
class TypeList {
 public:
  TypeList() = default;
  explicit TypeList(ValType single) : single_(single), size_(1) {}
  explicit TypeList(const std::vector<ValType>& types)
      : list_(types.data()), size_(static_cast<uint32_t>(types.size())) {}
  uint32_t size() const { return size_; }
  ValType operator[](uint32_t i) const { return list_ ? list_[i] : single_; }
  const ValType* data() const { return list_ ? list_ : &single_; }
  // Whether the types are equal. Many are compared with one memcmp.
  bool equals(const ValType* types) const {
    static_assert(std::is_trivially_copyable_v<ValType> && sizeof(ValType) == sizeof(uint32_t));
    const ValType* const own = data();
    if (size_ > kFew) return std::memcmp(own, types, size_ * sizeof(ValType)) == 0;
    for (uint32_t i = 0; i < size_; ++i) {
      if (own[i] != types[i]) return false;
    }
    return true;
  }
  ValType* copy_to(ValType* to) const {
    const ValType* const own = data();
    if (size_ > kFew) return std::copy_n(own, size_, to);
    for (uint32_t i = 0; i < size_; ++i) *to++ = own[i];
    return to;
  }

 private:
  static constexpr uint32_t kFew = 8;  // up to this many are handled one by one

  const ValType* list_ = nullptr;
  ValType single_;
  uint32_t size_ = 0;
};

}  // namespace mini_wasm::validator
