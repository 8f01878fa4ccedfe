#include "runtime/gc/marker.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "runtime/store.h"

namespace mini_wasm::runtime::gc {
namespace {

// The number of elements of an array that are traced before the rest of the array is pushed again. This keeps the stack
// small.
constexpr uint32_t kArrayPiece = 512;
// Tag of a stack entry for an array that has been traced in part. The index of its next element is in the entry below.
constexpr uint64_t kContinued = 1;

}  // namespace

// --- MarkStack -----------------------------------------------------------------------------------------------------

MarkStack::~MarkStack() {
  for (Segment* segment = top_; segment != nullptr;) std::free(std::exchange(segment, segment->below));
  std::free(spare_);
}

bool MarkStack::add_segment() {
  // malloc, because it reports a lack of memory without an exception; then marking continues without the stack.
  Segment* added =
      spare_ != nullptr ? std::exchange(spare_, nullptr) : static_cast<Segment*>(std::malloc(sizeof(Segment)));
  if (added == nullptr) return false;
  added->below = top_;
  added->count = 0;
  top_ = added;
  return true;
}

void MarkStack::drop_segment() {
  std::free(spare_);
  spare_ = std::exchange(top_, top_->below);
}

// --- Marker --------------------------------------------------------------------------------------------------------

void Marker::look_for_interrupt() { cut_short_ |= store_.interrupted(); }

void Marker::drain() {
  drain_stack();
  rescanning_ = true;
  while (std::exchange(overflow_, false)) {
    for (uint32_t i = 0; i < arena_.block_count() && !cut_short_; i += arena_.block(i).span) {
      if (arena_.is_used(i) && has_refs(arena_.block(i).space)) trace_marked_in(i);
    }
  }
  rescanning_ = false;
}

void Marker::drain_stack() {
  while (!stack_.empty() && may_go_on(steps_++)) {
    const uint64_t word = stack_.pop();
    if ((word & kContinued) != 0) {
      const uint32_t from = static_cast<uint32_t>(stack_.pop());
      trace_array(to_object(word & ~kContinued), from);
    } else {
      trace(to_object(word));
    }
  }
}

void Marker::trace(Object* object) {
  const TypeLayout& layout = *object->layout;
  switch (layout.kind) {
    case ObjectKind::struct_:
      for (const uint32_t offset : layout.ref_offsets)
        visit(slot_get<Slot>(reinterpret_cast<Slot*>(object->at(offset))));
      break;
    case ObjectKind::array: trace_array(object, 0); break;
    case ObjectKind::exception:
      // Only the type of the tag tells which slots are references, so each slot is treated as a possible one. A number
      // that looks like a reference does no harm.
      visit_slots(static_cast<ExceptionObject*>(object)->args(), object->length);
      break;
    case ObjectKind::host: break;
  }
}

void Marker::trace_array(Object* object, uint32_t from) {
  uint32_t end = object->length;
  // While rescanning, the whole array is traced at once: its rest would take room on a stack that has overflowed
  // before.
  if (end - from > kArrayPiece && !rescanning_) {
    if (stack_.push_pair(from + kArrayPiece, to_ref(object) | kContinued)) {
      end = from + kArrayPiece;
    }
  }
  const Slot* elements = reinterpret_cast<const Slot*>(object->at(kHeaderBytes));
  for (uint32_t i = from; i < end; ++i) visit(elements[i]);
}

// Traces all marked objects in a block.
void Marker::trace_marked_in(uint32_t block) {
  uint8_t* start = arena_.start_of(block);
  const bool small = arena_.block(block).use == BlockUse::small;
  const uint32_t cell = small ? cell_bytes(size_class_of_space(arena_.block(block).space)) : kBlockBytes;
  for (uint32_t offset = 0; offset + cell <= kBlockBytes && !cut_short_; offset += cell) {
    Object* object = reinterpret_cast<Object*>(start + offset);
    if (arena_.is_marked(object)) {
      trace(object);
      drain_stack();
    }
  }
}

}  // namespace mini_wasm::runtime::gc
