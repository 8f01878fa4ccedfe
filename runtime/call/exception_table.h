// ExceptionTable: where exceptions are caught (spec 4.6 "Exception Handling"). Both tiers write such a table beside
// their code; code that does not throw pays nothing. Positions are in the unit of the tier: words for interpreter code,
// bytes for machine code.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/immediates.h"
#include "runtime/gc/object.h"
#include "runtime/instance/module_inst.h"

namespace mini_wasm::runtime {

// One catch clause: the values of the exception go to the slots from `slot` on, then execution continues at `target`.
// The clause of a legacy try also keeps the exception itself, in the slot below its values, for a rethrow.
struct CatchEntry {
  CatchKind kind = CatchKind::catch_;
  bool keeps_exception = false;
  uint32_t tag = 0;
  uint32_t target = 0;
  uint16_t slot = 0;
};

// A range of code [begin, end) with catch clauses: the body of a try_table, or the part of a legacy try before its
// first clause. In the list, an inner range comes before the ranges around it. `depth` is the number of blocks around
// the range. An exception that passes the range is next offered to ranges of depth `outer` or less; this is how a
// delegate skips blocks.
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

  // Called when all handlers have been added. With many handlers, it builds an index, so that a search looks only at
  // the ranges around the position.
  void index();

  // The ranges around the position `at`, from the innermost outwards: the first one, and the one after `handler`; kNone
  // at the end.
  static constexpr uint32_t kNone = ~0u;
  uint32_t first(uint32_t at) const { return steps_.empty() ? scan(0, at) : look_up(at); }
  uint32_t next(uint32_t handler, uint32_t at) const {
    return steps_.empty() ? scan(handler + 1, at) : around_[handler];
  }

  // The clause that catches `exception` when it is thrown at `at`; null when the exception leaves the function.
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
    // The range `innermost` is the innermost one from `begin` up to the next step.
    uint32_t begin, innermost;
  };
  std::vector<Step> steps_;       // ascending by `begin`; empty when there is no index
  std::vector<uint32_t> around_;  // by handler: the next range further out
};

// Writes the values that the clause expects, and the exception where it expects that, into the frame at `fp`.
inline void deliver(const CatchEntry& entry, Slot* fp, const gc::ExceptionObject& exception) {
  Slot* to = fp + entry.slot;
  if (entry.keeps_exception) *to++ = gc::to_ref(&exception);
  if (has_tag(entry.kind)) to = std::copy_n(exception.args(), exception.length, to);
  if (pushes_exnref(entry.kind)) *to = gc::to_ref(&exception);
}

}  // namespace mini_wasm::runtime
