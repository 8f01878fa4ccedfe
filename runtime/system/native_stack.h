// Native stacks: on which one the caller runs, how far it reaches, and what can be read of a stack that no thread runs
// on. All knowledge about native stacks is here. There are three kinds:
// * the thread's own stack, whose bounds the system knows,
// * stacks that the embedder announces (mini_wasm::NativeStack),
// * all others, whose bounds are estimated from the current position.
// Implemented in native_stack.cc; the OS-specific part is in native_stack_<os>.cc. Thread rule: any thread.
#pragma once

#include <mini_wasm/native_stack.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>

#include "core/guarded.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MINI_WASM_LARGE_FRAMES 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MINI_WASM_LARGE_FRAMES 1
#endif

namespace mini_wasm::runtime {

#if defined(MINI_WASM_LARGE_FRAMES)
inline constexpr size_t kFrameScale = 8;
#elif !defined(__OPTIMIZE__)
inline constexpr size_t kFrameScale = 4;
#else
inline constexpr size_t kFrameScale = 1;
#endif

// The stack space, in bytes, that the runtime needs below an entry from the host, including a trap with its backtrace,
// or a collection, at the end: about 4 KiB. When a function of a shared library is called for the first time, the
// dynamic linker needs another 3 to 4 KiB, because it saves all vector registers.
inline constexpr size_t kLeastRoom = kFrameScale * (size_t{8} << 10);
// The stack space that validating, translating or compiling a function needs.
inline constexpr size_t kCompilerRoom = kFrameScale * (size_t{32} << 10);
// The stack space that is used of an unknown stack, below the first entry from the host, if it can be accessed.
inline constexpr size_t kUnknownRoom = kFrameScale * (size_t{48} << 10);

struct StackBounds {
  enum class Kind : uint8_t { unknown, thread, announced };
  uintptr_t low;
  uintptr_t high;
  uintptr_t lowest_entry;  // a call from the host must not begin below this address
  uint64_t serial;         // of an announced stack
  Kind kind;

  // Calculates lowest_entry: the space that must be left for the runtime, and for host functions, when a call begins.
  // It is a quarter of a small stack, and 64 KiB of a large one.
  static StackBounds of(Kind kind, uintptr_t low, uintptr_t high, uint64_t serial = 0) {
    const size_t left = std::max(std::min((high - low) / 4, size_t{64} << 10), kLeastRoom);
    return {low, high, low + left, serial, kind};
  }
  bool contains(uintptr_t at) const { return at - low < high - low; }
  size_t room_below(uintptr_t at) const { return at > low ? at - low : 0; }
};

// The address of the caller's frame on its native stack.
[[gnu::always_inline]] inline uintptr_t stack_address() {
  return reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
}

// The stack that the calling thread runs on; `here` is an address on it. The result is the thread's own stack, which
// lives as long as the thread, or `other`, which is filled in. Null when the stack is unknown.
const StackBounds* find_native_stack(uintptr_t here, StackBounds& other);
// The bounds of the thread's own stack, according to the system.
StackBounds thread_stack();
// Estimates which part of an unknown stack can be used below `here`. The result ends at `here`.
StackBounds look_at_native_stack(uintptr_t here);
bool is_announced(const StackBounds& stack);

// The lowest address from which everything up to `at` can be read, but not below `limit`. `limit` must not be greater
// than `at`.
uintptr_t readable_below(uintptr_t at, uintptr_t limit);
// Copies from memory that may not exist, or may disappear meanwhile. Returns the number of bytes that were copied: all
// up to the first address that cannot be read.
size_t copy_readable(void* to, uintptr_t from, size_t bytes);

// Runs `work` on a new thread with a stack of `bytes` bytes, and waits for it. Returns false when there could be no
// such thread; then nothing was run.
bool run_on_other_stack(size_t bytes, void (*work)(void*), void* data);

// Runs `work` on a stack that has enough room to validate, translate or compile a function: on this one, or on a new
// one. Returns false when there was no stack; then nothing was run. Throws std::bad_alloc when `work` does.
template <class Work>
bool run_with_room(Work&& work) {
  StackBounds other;
  const StackBounds* const stack = find_native_stack(stack_address(), other);
  if (stack != nullptr && stack->room_below(stack_address()) >= kCompilerRoom) [[likely]] {
    work();
    return true;
  }
  // An exception cannot pass from one stack to another, so it is caught there and thrown again here.
  struct Job {
    std::remove_reference_t<Work>& work;
    bool out_of_memory = false;
  } job{work};
  const bool done = run_on_other_stack(
      2 * kCompilerRoom,
      [](void* data) {
        Job& its = *static_cast<Job*>(data);
        guarded([&] { its.work(); }, [&] { its.out_of_memory = true; });
      },
      &job);
  if (job.out_of_memory) throw std::bad_alloc();
  return done;
}

}  // namespace mini_wasm::runtime
