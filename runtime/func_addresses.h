// Where the functions of a store are, so that an address can be told from a function of the store without following it.
// Nothing is noted when functions are made: they are gathered at the next question.
// Thread rule: that of the store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "runtime/func_inst.h"

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
  std::map<uintptr_t, Row> rows_;  // by where they begin; none overlaps another
};

}  // namespace mini_wasm::runtime
