// FuncAddresses: where the function instances of a store are in memory, to decide whether an address is one of them
// without reading from it. Making a function records nothing here; the store collects the addresses when it needs them
// next.
// Thread rule: that of the store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "runtime/instance/func_inst.h"

namespace mini_wasm::runtime {

class FuncAddresses {
 public:
  // `count` functions, one every `stride` bytes from `first` on.
  void add(const FuncInst* first, size_t count, size_t stride);
  bool contains(const FuncInst* func) const;

 private:
  struct Row {
    size_t bytes, stride;
  };
  std::map<uintptr_t, Row> rows_;  // by address of the first function; rows do not overlap
};

}  // namespace mini_wasm::runtime
