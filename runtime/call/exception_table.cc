#include "runtime/call/exception_table.h"

#include <numeric>

namespace mini_wasm::runtime {

// Builds `steps_` (which handler is the innermost one, by position) and `around_` (the next handler further out).
// Ranges are nested or disjoint, as blocks are. A table that was read from a file may break that rule; then there is no
// index, and the search looks at every handler.
void ExceptionTable::index() {
  constexpr size_t kFew = 8;
  steps_.clear();
  around_.clear();
  if (handlers.size() <= kFew) return;
  std::vector<uint32_t> outer_first(handlers.size());
  std::iota(outer_first.begin(), outer_first.end(), 0u);
  std::sort(outer_first.begin(), outer_first.end(), [this](uint32_t a, uint32_t b) {
    const HandlerRange &x = handlers[a], &y = handlers[b];
    if (x.begin != y.begin) return x.begin < y.begin;
    return x.end != y.end ? x.end > y.end : a > b;
  });
  std::vector<Step> steps;
  std::vector<uint32_t> open;
  const auto step = [&](uint32_t at) {
    if (steps.empty() || steps.back().begin != at) steps.push_back({at, kNone});
    steps.back().innermost = open.empty() ? kNone : open.back();
  };
  const auto close_until = [&](uint32_t at) {
    while (!open.empty() && handlers[open.back()].end <= at) {
      const uint32_t end = handlers[open.back()].end;
      open.pop_back();
      step(end);
    }
  };
  around_.assign(handlers.size(), kNone);
  for (const uint32_t handler : outer_first) {
    const HandlerRange& range = handlers[handler];
    if (range.begin >= range.end) continue;
    close_until(range.begin);
    if (!open.empty()) {
      const uint32_t around = open.back();
      if (range.end > handlers[around].end || handler > around) return;
      around_[handler] = around;
    }
    open.push_back(handler);
    step(range.begin);
  }
  close_until(~0u);
  steps_ = std::move(steps);
}

}  // namespace mini_wasm::runtime
