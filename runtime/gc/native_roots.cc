// References on native stacks: the stack on which the collection runs, those of the store's activations, and others on
// which the store has been used.
#include <cstring>
#include <memory>
#include <new>

#include "runtime/gc/roots.h"
#include "runtime/store.h"
#include "runtime/system/native_stack.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MINI_WASM_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define MINI_WASM_ASAN 1
#endif
#ifdef MINI_WASM_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace mini_wasm::runtime::gc {
namespace {

// With detect_stack_use_after_return, AddressSanitizer keeps the locals of a function in a fake frame elsewhere; the
// real frame points to it.
__attribute__((no_sanitize("address", "thread"))) void visit_fake_frame([[maybe_unused]] Marker& marker,
                                                                        [[maybe_unused]] uintptr_t word) {
#ifdef MINI_WASM_ASAN
  void* fake_stack = __asan_get_current_fake_stack();
  void *begin = nullptr, *end = nullptr;
  if (fake_stack == nullptr ||
      __asan_addr_is_in_fake_stack(fake_stack, reinterpret_cast<void*>(word), &begin, &end) == nullptr) {
    return;
  }
  for (auto at = reinterpret_cast<uintptr_t>(begin); at < reinterpret_cast<uintptr_t>(end); at += sizeof(uintptr_t)) {
    marker.visit_word(*reinterpret_cast<const uintptr_t*>(at), true);
  }
#endif
}

// Reads all words of a range, including those between objects. Sanitizers must not check this.
__attribute__((no_sanitize("address", "thread"))) void visit_words(Marker& marker, uintptr_t begin, uintptr_t end) {
  for (; begin + sizeof(uintptr_t) <= end; begin += sizeof(uintptr_t)) {
    const uintptr_t word = *reinterpret_cast<const uintptr_t*>(begin);
    marker.visit_word(word, true);
    visit_fake_frame(marker, word);
  }
}

// How far an unknown stack may reach from an activation of the store, in bytes ...
constexpr uintptr_t kFar = uintptr_t{8} << 20;
// ... and how far an unknown stack is read when it is not certain that it still exists.
constexpr uintptr_t kUsedBelow = Execution::kOneUnknownStack + (uintptr_t{256} << 10);
constexpr uintptr_t kUsedAbove = uintptr_t{1} << 20;

class StackVisitor {
 public:
  StackVisitor(const Store& store, Marker& marker) : store_(store), marker_(marker) {}

  // Visits the stack that the collection runs on, from `here` upwards.
  void visit_current(uintptr_t here) {
    StackBounds other;
    if (const StackBounds* const stack = find_native_stack(here, other)) {
      current_ = {here, stack->high};
      return visit_words(marker_, here, stack->high);
    }
    current_ = {here, visit_readable(here, here + kFar)};
    if (current_.high > here) return;
    // It is not possible to test what can be read (no descriptor is left). What certainly exists is the part below the
    // outermost entry.
    for (const Activation* a = store_.execution().activation(); a != nullptr; a = a->previous) {
      if (a->native_entry > here && a->stack->contains(here)) current_.high = a->native_entry;
    }
    visit_words(marker_, here, current_.high);
  }

  // Visits another stack, on which the address `at` was in use. Of an unknown stack, only the part from `at - below` to
  // `at + above` is read.
  void visit_other(uintptr_t at, const StackBounds& stack, uintptr_t below, uintptr_t above) {
    if (current_.contains(at) || (stack.low == last_.low && stack.high == last_.high)) return;
    last_ = {stack.low, stack.high};
    const bool known = stack.kind != StackBounds::Kind::unknown;
    const uintptr_t low = readable_below(at, known ? stack.low : at - std::min(at, below));
    visit_readable(low, known ? stack.high : at + above);
  }

 private:
  struct Range {
    uintptr_t low = 0, high = 0;
    bool contains(uintptr_t at) const { return at - low < high - low; }
  };

  // Visits all words from `at` to `end` that can be read, by copying them. Returns the end of the part that could be
  // read.
  uintptr_t visit_readable(uintptr_t at, uintptr_t end) {
    constexpr size_t kWords = 8192;
    at &= ~uintptr_t{sizeof(uintptr_t) - 1};
    if (!copy_) copy_.reset(new (std::nothrow) uintptr_t[kWords]);
    if (!copy_) return at;
    const auto begin = reinterpret_cast<uintptr_t>(copy_.get());
    while (at < end) {
      const size_t wanted = std::min(end - at, kWords * sizeof(uintptr_t));
      const size_t read = copy_readable(copy_.get(), at, wanted);
      visit_words(marker_, begin, begin + read);
      at += read;
      if (read < wanted) break;
    }
    return at;
  }

  const Store& store_;
  Marker& marker_;
  Range current_, last_;
  std::unique_ptr<uintptr_t[]> copy_;
};

[[gnu::noinline]] void visit_from_here(const Store& store, Marker& marker) {
  StackVisitor visitor(store, marker);
  visitor.visit_current(stack_address());
  for (const Activation* a = store.execution().activation(); a != nullptr; a = a->previous) {
    visitor.visit_other(a->native_entry, *a->stack, kFar, kFar);
  }
  store.execution().for_each_used_stack(
      [&](uintptr_t at, const StackBounds& stack) { visitor.visit_other(at, stack, kUsedBelow, kUsedAbove); });
}

}  // namespace

void visit_native_stacks(const Store& store, Marker& marker) {
  // Saves the callee-saved registers in this frame, which is above the frame of the function that is called next.
  __builtin_unwind_init();
  visit_from_here(store, marker);
  asm volatile("" : : : "memory");  // prevents a tail call: this frame must stay
}

void visit_saved_words(Marker& marker, const Slot* words, size_t count) {
  visit_words(marker, reinterpret_cast<uintptr_t>(words), reinterpret_cast<uintptr_t>(words + count));
}

void visit_machine_stack(const Store& store, Marker& marker) {
  visit_words(marker, reinterpret_cast<uintptr_t>(store.execution().machine_sp),
              reinterpret_cast<uintptr_t>(store.execution().machine_stack_end()));
}

}  // namespace mini_wasm::runtime::gc
