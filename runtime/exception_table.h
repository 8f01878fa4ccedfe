// Where exceptions are caught: the tables that both tiers leave beside their code, and the search through them (spec
// 4.6.12, handlers). Code that does not throw pays nothing. Positions are the tier's: words of interpreter code, bytes
// of machine code.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/immediates.h"
#include "runtime/gc/object.h"
#include "runtime/module_inst.h"

namespace mini_wasm::runtime {

// What a catch clause does: the exception's values go to the slots from `slot` on, then code goes on at `target`. That
// of a legacy try keeps the exception itself below them, for a rethrow.
struct CatchEntry {
  CatchKind kind = CatchKind::catch_;
  bool keeps_exception = false;
  uint32_t tag = 0;
  uint32_t target = 0;
  uint16_t slot = 0;
};

// The code of a try_table's body, or of what stands before the first clause of a try, and clauses of it. An inner one
// comes before those around it. `depth` is the number of blocks around it; what passes it is offered to those of a
// depth up to `outer` only: that is how a delegate skips blocks.
struct HandlerRange {
  static constexpr uint32_t kAnyDepth = ~0u;
  uint32_t begin = 0, end = 0;
  uint32_t catches = 0, catch_count = 0;
  uint32_t depth = 0, outer = kAnyDepth;
};

class ExceptionTable {
 public:
  std::vector<HandlerRange> handlers;
  std::vector<CatchEntry> catches;

  // All handlers are there. Where there are many, a search asks only those around the place from now on.
  void index();

  // The handlers around `at`, from the innermost: first(at), and those that follow each; kNone behind the last.
  static constexpr uint32_t kNone = ~0u;
  uint32_t first(uint32_t at) const { return steps_.empty() ? scan(0, at) : look_up(at); }
  uint32_t next(uint32_t handler, uint32_t at) const {
    return steps_.empty() ? scan(handler + 1, at) : around_[handler];
  }

  // The clause that catches what is thrown at `at`; null when it leaves the function.
  const CatchEntry* find(uint32_t at, const ModuleInst& instance, const gc::ExceptionObject& exception) const {
    uint32_t depth = HandlerRange::kAnyDepth;
    for (uint32_t handler = first(at); handler != kNone; handler = next(handler, at)) {
      const HandlerRange& range = handlers[handler];
      if (range.depth > depth) continue;
      depth = std::min(depth, range.outer);
      for (uint32_t i = 0; i < range.catch_count; ++i) {
        const CatchEntry& entry = catches[range.catches + i];
        if (!has_tag(entry.kind) || instance.tags[entry.tag] == exception.tag) return &entry;
      }
    }
    return nullptr;
  }

 private:
  uint32_t scan(uint32_t from, uint32_t at) const {
    for (uint32_t i = from; i < handlers.size(); ++i) {
      if (at >= handlers[i].begin && at < handlers[i].end) return i;
    }
    return kNone;
  }
  uint32_t look_up(uint32_t at) const {
    const auto after =
        std::upper_bound(steps_.begin(), steps_.end(), at, [](uint32_t a, const Step& step) { return a < step.begin; });
    return after == steps_.begin() ? kNone : after[-1].innermost;
  }

  struct Step {
    uint32_t begin, innermost;  // from here on
  };
  std::vector<Step> steps_;       // ascending; empty: there is no index
  std::vector<uint32_t> around_;  // by handler: the one that comes next
};

// Puts what the clause gets where its code expects it.
inline void deliver(const CatchEntry& entry, Slot* fp, const gc::ExceptionObject& exception) {
  Slot* to = fp + entry.slot;
  if (entry.keeps_exception) *to++ = gc::to_ref(&exception);
  if (has_tag(entry.kind)) to = std::copy_n(exception.args(), exception.length, to);
  if (pushes_exnref(entry.kind)) *to = gc::to_ref(&exception);
}

}  // namespace mini_wasm::runtime
