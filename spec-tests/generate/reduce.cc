#include "spec-tests/generate/reduce.h"

#include <algorithm>
#include <cstddef>

namespace mini_wasm::generate {
namespace {

using Bytes = std::vector<uint8_t>;
using Fails = std::function<bool(const Bytes&)>;

// Single bytes are tried only when there are few of them, because each attempt runs the module.
constexpr size_t kMaxPieces = 200;

// Tries `change` on every part of `length` bytes. Returns true if one of the changes was kept.
template <class Change>
bool try_pieces(Bytes& bytes, size_t length, const Fails& fails, Change change) {
  bool any = false;
  for (size_t end = bytes.size(); end > 0;) {
    const size_t begin = end > length ? end - length : 0;
    Bytes smaller = bytes;
    change(smaller, begin, end);
    if (smaller != bytes && fails(smaller)) {
      bytes = std::move(smaller);
      any = true;
    }
    end = std::min(begin, bytes.size());
  }
  return any;
}

}  // namespace

std::vector<uint8_t> reduce(std::vector<uint8_t> bytes, const Fails& fails) {
  const auto erase = [](Bytes& b, size_t begin, size_t end) {
    b.erase(b.begin() + static_cast<ptrdiff_t>(begin), b.begin() + static_cast<ptrdiff_t>(end));
  };
  const auto clear = [](Bytes& b, size_t begin, size_t end) {
    std::fill(b.begin() + static_cast<ptrdiff_t>(begin), b.begin() + static_cast<ptrdiff_t>(end), uint8_t{0});
  };
  const auto cut = [](Bytes& b, size_t begin, size_t) { b.resize(begin); };
  for (bool any = true; any;) {
    any = false;
    for (size_t length = std::max<size_t>(bytes.size() / 2, 1); length >= 1; length /= 2) {
      if (bytes.size() / length > kMaxPieces) break;
      any |= try_pieces(bytes, length, fails, cut);
      any |= try_pieces(bytes, length, fails, erase);
      any |= try_pieces(bytes, length, fails, clear);
    }
  }
  while (!bytes.empty() && bytes.back() == 0) bytes.pop_back();  // zeros at the end have no effect
  return bytes;
}

}  // namespace mini_wasm::generate
