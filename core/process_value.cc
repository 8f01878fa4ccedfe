#include "core/process_value.h"

namespace mini_wasm {

struct ProcessValueList {
  static inline constinit std::atomic<ProcessValueEntry*> first{nullptr};

  static void add(ProcessValueEntry& entry) {
    entry.next_ = first.load(std::memory_order_relaxed);
    while (!first.compare_exchange_weak(entry.next_, &entry, std::memory_order_acq_rel)) {
    }
  }
  ~ProcessValueList() {
    for (ProcessValueEntry* entry = first.exchange(nullptr); entry != nullptr;) {
      ProcessValueEntry* const next = entry->next_;
      entry->destroy_(*entry);
      entry = next;
    }
  }
};

namespace {

const ProcessValueList list;  // is destroyed at the right time

}  // namespace

void ProcessValueEntry::add() { ProcessValueList::add(*this); }

}  // namespace mini_wasm
