// The program or shared library that this code is a part of, as it was loaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mini_wasm::runtime {

struct Image {
  // Differs between images that differ, if only in what the linker saw; empty where the linker wrote none.
  std::vector<uint8_t> build_id;
  // What is at an offset from `base` is so in each process, wherever the image is loaded.
  uintptr_t base = 0, end = 0;

  bool contains(uintptr_t address) const { return address >= base && address < end; }
  static const Image& own();
  // From now on the shared library that this is in, if it is in one, is not unloaded.
  static void stay_loaded();
};

}  // namespace mini_wasm::runtime
