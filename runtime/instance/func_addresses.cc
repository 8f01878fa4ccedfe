#include "runtime/instance/func_addresses.h"

#include <iterator>

namespace mini_wasm::runtime {

void FuncAddresses::add(const FuncInst* first, size_t count, size_t stride) {
  if (count != 0) rows_.insert_or_assign(reinterpret_cast<uintptr_t>(first), Row{count * stride, stride});
}

bool FuncAddresses::contains(const FuncInst* func) const {
  const auto at = reinterpret_cast<uintptr_t>(func);
  const auto behind = rows_.upper_bound(at);
  if (behind == rows_.begin()) return false;
  const auto& [begin, row] = *std::prev(behind);
  return at - begin < row.bytes && (at - begin) % row.stride == 0;
}

}  // namespace mini_wasm::runtime
