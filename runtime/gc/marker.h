// Marking: follows references from the roots with an explicit stack, never by recursion, so that a list of ten million
// nodes needs no native stack. When there is no memory for the explicit stack either, objects are dropped from it, and
// found again later by a walk over all marked objects of the heap.
#pragma once

#include <span>

#include "runtime/gc/arena.h"
#include "runtime/gc/layout.h"

namespace mini_wasm::runtime {
class Store;
}

namespace mini_wasm::runtime::gc {

// A stack of words, in segments; at most `limit` words.
class MarkStack {
 public:
  explicit MarkStack(size_t limit) : limit_(limit) {}
  ~MarkStack();
  MarkStack(const MarkStack&) = delete;
  MarkStack& operator=(const MarkStack&) = delete;

  bool push(uint64_t word) {
    if (count_ >= limit_ || ((top_ == nullptr || top_->count == kSegmentWords) && !add_segment())) [[unlikely]] {
      return false;
    }
    top_->words[top_->count++] = word;
    ++count_;
    return true;
  }
  // Pushes both words, or none.
  bool push_pair(uint64_t below, uint64_t above) {
    if (!push(below)) return false;
    if (push(above)) return true;
    pop();
    return false;
  }
  uint64_t pop() {
    if (top_->count == 0) drop_segment();
    --count_;
    return top_->words[--top_->count];
  }
  bool empty() const { return count_ == 0; }

 private:
  static constexpr size_t kSegmentWords = 8192 - 2;
  struct Segment {
    Segment* below;
    size_t count;
    uint64_t words[kSegmentWords];
  };
  bool add_segment();
  void drop_segment();

  const size_t limit_;
  size_t count_ = 0;
  Segment* top_ = nullptr;
  // Kept so that a stack that grows and shrinks at a segment boundary does not allocate each time.
  Segment* spare_ = nullptr;
};

class Marker {
 public:
  // When the store is interrupted, marking stops early (`cut_short`).
  Marker(const Store& store, Arena& arena, size_t stack_limit) : store_(store), arena_(arena), stack_(stack_limit) {}

  // Visits a reference of the any, extern or exn hierarchy.
  void visit(Slot ref) {
    if (is_object(ref)) mark(to_object(ref));
  }
  // Visits a word that may be a reference: the address of an object or, with `interior`, an address inside an object.
  void visit_word(uintptr_t word, bool interior) {
    if (Object* object = arena_.find(word, interior)) mark(object);
  }
  void visit_slots(const Slot* slots, size_t count) {
    for (size_t i = 0; i < count && may_go_on(i); ++i) visit_word(slots[i], false);
  }
  void visit_all(std::span<const Slot> refs) {
    for (size_t i = 0; i < refs.size() && may_go_on(i); ++i) visit(refs[i]);
  }
  void mark(Object* object) {
    if (!arena_.mark(object) || !has_refs(arena_.block(arena_.block_of(object)).space)) return;
    __builtin_prefetch(object);
    if (!stack_.push(to_ref(object))) overflow_ = true;
  }
  // Marks everything that can be reached from what has been visited.
  void drain();
  bool cut_short() const { return cut_short_; }

 private:
  // Checks for an interrupt at every 4096th step.
  bool may_go_on(size_t step) {
    if (step % 4096 == 0) look_for_interrupt();
    return !cut_short_;
  }
  void look_for_interrupt();
  void drain_stack();
  void trace(Object* object);
  void trace_array(Object* object, uint32_t from);
  void trace_marked_in(uint32_t block);

  const Store& store_;
  Arena& arena_;
  MarkStack stack_;
  size_t steps_ = 0;
  bool cut_short_ = false;
  bool overflow_ = false;
  bool rescanning_ = false;
};

}  // namespace mini_wasm::runtime::gc
