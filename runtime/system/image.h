// Image: the program or shared library that contains this code, as it was loaded into the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mini_wasm::runtime {

struct Image {
  // Identifies the image: two images that differ in anything that the linker saw have different ids. Empty when the
  // linker wrote none (option --build-id).
  std::vector<uint8_t> build_id;
  // Address range of the image. The offset of an object from `base` is the same in each process, wherever the image is
  // loaded.
  uintptr_t base = 0, end = 0;

  bool contains(uintptr_t address) const { return address >= base && address < end; }
  static const Image& own();
  // The image that contains this function.
  // If this code is part of a shared library, the library is never unloaded from now on.
  static void stay_loaded();
};

}  // namespace mini_wasm::runtime
