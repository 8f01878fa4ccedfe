// Roots that are neither in an instance nor on a stack, so that the collector must be told about them.
// Thread rule: that of the store.
#pragma once

#include <span>

#include "runtime/gc/object.h"

namespace mini_wasm::runtime::gc {

// A single root. It is in a list of roots while it exists; it may exist longer than the list.
struct RootCell {
  Slot ref = kNull;
  RootCell* previous = this;
  RootCell* next = this;

  RootCell() = default;
  RootCell(const RootCell&) = delete;
  RootCell& operator=(const RootCell&) = delete;
  ~RootCell() { unlink(); }
  void link_behind(RootCell& other) {
    previous = &other;
    next = other.next;
    next->previous = this;
    other.next = this;
  }
  void unlink() {
    previous->next = next;
    next->previous = previous;
    previous = next = this;
  }
};

// Slots that may contain references. They are scanned conservatively while the list contains them.
class RootSlots {
 public:
  RootSlots() = default;
  RootSlots(const RootSlots&) = delete;
  RootSlots& operator=(const RootSlots&) = delete;
  virtual ~RootSlots() = default;
  // The slots at the moment of the call.
  virtual const Slot* begin() const = 0;
  virtual size_t size() const = 0;

 private:
  friend class RootList;
  RootSlots* next_ = nullptr;
};

class RootList {
 public:
  RootList() = default;
  RootList(const RootList&) = delete;
  RootList& operator=(const RootList&) = delete;
  ~RootList() {
    while (head_.next != &head_) head_.next->unlink();
  }
  void add(RootCell& cell) { cell.link_behind(head_); }
  // Strictly nested: the last one that was pushed is popped first.
  void push(RootSlots& slots) {
    slots.next_ = slots_;
    slots_ = &slots;
  }
  void pop() { slots_ = slots_->next_; }

  template <class Visit>
  void for_each_cell(Visit&& visit) const {
    for (const RootCell* cell = head_.next; cell != &head_; cell = cell->next) visit(cell->ref);
  }
  template <class Visit>
  void for_each_slots(Visit&& visit) const {
    for (const RootSlots* slots = slots_; slots != nullptr; slots = slots->next_) visit(slots->begin(), slots->size());
  }

 private:
  RootCell head_;
  RootSlots* slots_ = nullptr;
};

// Slots that may be anywhere, such as arguments that the host passes, as roots while the object exists.
class SpanRoots final : public RootSlots {
 public:
  SpanRoots(RootList& list, std::span<const Slot> slots) : list_(list), slots_(slots) { list_.push(*this); }
  ~SpanRoots() override { list_.pop(); }
  const Slot* begin() const override { return slots_.data(); }
  size_t size() const override { return slots_.size(); }

 private:
  RootList& list_;
  std::span<const Slot> slots_;
};

}  // namespace mini_wasm::runtime::gc
