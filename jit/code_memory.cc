#include "jit/code_memory.h"

#include <iterator>

#include "core/guarded.h"

namespace mini_wasm::jit {
namespace {

size_t rounded(size_t bytes) { return (bytes + CodeMemory::kAlignment - 1) & ~(CodeMemory::kAlignment - 1); }

}  // namespace

CodeMemory::CodeMemory(size_t most, bool from_file)
    : ForkHandler([](ForkHandler& self, Moment moment) { static_cast<CodeMemory&>(self).at_fork(moment); }) {
  map(most, from_file);
  if (usable()) add();
}

CodeMemory::~CodeMemory() {
  remove();
  unmap();
}

// mutex_ is locked from `before` to the end of the fork, in both processes.
void CodeMemory::at_fork(Moment moment) {
  switch (moment) {
    case Moment::before: mutex_.lock(); return make_copy();
    case Moment::after_in_parent: drop(copy_); return mutex_.unlock();
    case Moment::after_in_child: become_copy(); return mutex_.unlock();
  }
}

// First fit among the freed ranges; otherwise from the part that was never used.
uint8_t* CodeMemory::allocate(size_t bytes) {
  bytes = rounded(bytes);
  if (!usable() || !is_ours() || bytes > reserved_) return nullptr;
  const std::lock_guard lock(mutex_);
  for (auto piece = free_.begin(); piece != free_.end(); ++piece) {
    if (piece->second < bytes) continue;
    const size_t at = piece->first, rest = piece->second - bytes;
    auto node = free_.extract(piece);  // changing a node of the map needs no memory, so it cannot throw
    if (rest != 0) {
      node.key() = at + bytes;
      node.mapped() = rest;
      free_.insert(std::move(node));
    }
    return run_ + at;
  }
  if (used_ + bytes > reserved_) return nullptr;
  const size_t at = used_;
  used_ += bytes;
  if (used_ > populated_) populate();
  return run_ + at;
}

// Joins the range with free neighbours on both sides.
void CodeMemory::free(uint8_t* code, size_t bytes) {
  if (code == nullptr || !is_ours()) return;
  size_t at = static_cast<size_t>(code - run_);
  bytes = rounded(bytes);
  const std::lock_guard lock(mutex_);
  discard(at, bytes);
  auto next = free_.lower_bound(at);
  if (next != free_.end() && next->first == at + bytes) {
    bytes += next->second;
    next = free_.erase(next);
  }
  if (next != free_.begin()) {
    const auto before = std::prev(next);
    if (before->first + before->second == at) {
      before->second += bytes;
      return;
    }
  }
  guarded([&] { free_.emplace(at, bytes); }, [] {});  // if there is no memory for the map, the range is lost
}

}  // namespace mini_wasm::jit
