#include "runtime/system/native_stack.h"

#include <atomic>
#include <mutex>
#include <utility>

#include "runtime/system/fork_handlers.h"

namespace mini_wasm {
namespace runtime {

// The stacks that the embedder has announced, in a treap ordered by address. Its nodes are the embedder's NativeStack
// objects, so that nothing has to be allocated. Guarded by ProcessMutex::native_stacks.
struct StackRegistry {
  static inline NativeStack* root = nullptr;
  static inline uint64_t last_serial = 0;
  static inline std::atomic<size_t> count{0};
  // Counts changes, so that a thread notices that its cached result is out of date.
  static inline std::atomic<uint64_t> changes{0};

  static uint64_t priority(const NativeStack& node) { return node.serial_ * 0x9e3779b97f4a7c15; }

  // Joins two treaps; all of `a` lies below all of `b`.
  static NativeStack* merge(NativeStack* a, NativeStack* b) {
    if (a == nullptr || b == nullptr) return a == nullptr ? b : a;
    if (priority(*a) > priority(*b)) {
      a->above_ = merge(a->above_, b);
      return a;
    }
    b->below_ = merge(a, b->below_);
    return b;
  }

  // Splits a treap into the stacks that begin below `at`, and the others.
  static std::pair<NativeStack*, NativeStack*> split(NativeStack* node, uintptr_t at) {
    if (node == nullptr) return {};
    if (node->low_ < at) {
      const auto [below, above] = split(node->above_, at);
      node->above_ = below;
      return {node, above};
    }
    const auto [below, above] = split(node->below_, at);
    node->below_ = above;
    return {below, node};
  }

  static void add(NativeStack& stack) {
    const std::lock_guard lock(ProcessMutex::native_stacks);
    stack.serial_ = ++last_serial;
    const auto [below, above] = split(root, stack.low_);
    root = merge(merge(below, &stack), above);
    ++count;
    ++changes;
  }

  static void remove(NativeStack& stack) {
    const std::lock_guard lock(ProcessMutex::native_stacks);
    NativeStack** link = &root;
    while (*link != nullptr && *link != &stack) {
      link = stack.low_ < (*link)->low_ ? &(*link)->below_ : &(*link)->above_;
    }
    if (*link == nullptr) return;
    *link = merge(stack.below_, stack.above_);
    --count;
    ++changes;
  }

  static StackBounds find(uintptr_t at) {
    const std::lock_guard lock(ProcessMutex::native_stacks);
    const NativeStack* best = nullptr;
    for (const NativeStack* node = root; node != nullptr;) {
      const bool before = node->low_ <= at;
      if (before) best = node;
      node = before ? node->above_ : node->below_;
    }
    if (best == nullptr || at - best->low_ >= best->bytes_) return {};
    return StackBounds::of(StackBounds::Kind::announced, best->low_, best->low_ + best->bytes_, best->serial_);
  }
};

namespace {

// What a thread has found out about its stacks.
struct Known {
  StackBounds own = {};
  StackBounds announced = {};
  uint64_t changes = 0;
  bool asked = false;
};
[[gnu::tls_model("initial-exec")]] constinit thread_local Known known;

const StackBounds& find_announced(uintptr_t here) {
  const uint64_t changes = StackRegistry::changes.load(std::memory_order_acquire);
  if (known.changes != changes || !known.announced.contains(here)) {
    known.announced = StackRegistry::find(here);
    known.changes = changes;
  }
  return known.announced;
}

}  // namespace

// Not inlined, so that the compiler does not keep the address of `known` while a fiber moves to another thread.
// Announced stacks are looked up first because one may lie within the thread's own stack.
[[gnu::noinline]] const StackBounds* find_native_stack(uintptr_t here, StackBounds& other) {
  if (StackRegistry::count.load(std::memory_order_acquire) != 0) [[unlikely]] {
    other = find_announced(here);
    if (other.contains(here)) return &other;
  }
  if (!known.asked) [[unlikely]] {
    known.own = thread_stack();
    known.asked = true;
  }
  return known.own.contains(here) ? &known.own : nullptr;
}

StackBounds look_at_native_stack(uintptr_t here) {
  const uintptr_t low = readable_below(here, here - std::min(here, kUnknownRoom));
  return StackBounds::of(StackBounds::Kind::unknown, low, here);
}

bool is_announced(const StackBounds& stack) { return StackRegistry::find(stack.low).serial == stack.serial; }

}  // namespace runtime

NativeStack::NativeStack(const void* low, size_t bytes) : low_(reinterpret_cast<uintptr_t>(low)), bytes_(bytes) {
  runtime::StackRegistry::add(*this);
}

NativeStack::~NativeStack() { runtime::StackRegistry::remove(*this); }

}  // namespace mini_wasm
