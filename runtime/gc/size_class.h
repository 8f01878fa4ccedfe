// The cell sizes of the heap: multiples of 16 bytes up to 256, then four sizes for each doubling, up to half a block. A
// block is filled with cells of one size. A larger object gets whole blocks of its own.
#pragma once

#include <array>
#include <cstdint>

namespace mini_wasm::runtime::gc {

inline constexpr uint32_t kBlockLog2 = 16, kBlockBytes = 1u << kBlockLog2;
inline constexpr uint32_t kGranuleLog2 = 4, kGranule = 1u << kGranuleLog2;
inline constexpr uint32_t kMaxCell = kBlockBytes / 2;
inline constexpr uint32_t kSizeClasses = 16 + 4 * 7;
inline constexpr uint8_t kLargeClass = kSizeClasses;  // for objects that get whole blocks

constexpr uint32_t cell_bytes(uint32_t size_class) {
  if (size_class < 16) return (size_class + 1) * kGranule;
  const uint32_t step = (size_class - 16) % 4, doubling = (size_class - 16) / 4;
  return ((5 + step) * 64) << doubling;
}
static_assert(cell_bytes(15) == 256 && cell_bytes(16) == 320 && cell_bytes(kSizeClasses - 1) == kMaxCell);

namespace detail {
// The size class, by size in granules (rounded up).
inline constexpr auto kClassOfGranules = [] {
  std::array<uint8_t, kMaxCell / kGranule + 1> table{};
  uint8_t size_class = 0;
  for (uint32_t granules = 0; granules < table.size(); ++granules) {
    while (cell_bytes(size_class) < granules * kGranule) ++size_class;
    table[granules] = size_class;
  }
  return table;
}();
}  // namespace detail

constexpr uint8_t size_class_of(uint64_t bytes) {
  return bytes > kMaxCell ? kLargeClass : detail::kClassOfGranules[(bytes + kGranule - 1) / kGranule];
}

// A space is a size class for either objects with references or objects without. The collector never looks into the
// latter.
inline constexpr uint32_t kSpaces = 2 * (kSizeClasses + 1);
constexpr uint8_t space_of(uint8_t size_class, bool has_refs) {
  return static_cast<uint8_t>(2 * size_class + (has_refs ? 1 : 0));
}
constexpr uint8_t size_class_of_space(uint8_t space) { return space / 2; }
constexpr bool has_refs(uint8_t space) { return (space & 1) != 0; }

}  // namespace mini_wasm::runtime::gc
