// Native stacks: which one the caller stands on, how far it reaches, and what can be read of those that nobody runs on.
// The one place that knows. Three kinds: a thread's own, which the system tells of; those that the embedder announces
// (mini_wasm::NativeStack); and all others, which are looked at from where somebody stands.
// Implemented in native_stack.cc and, what is particular to an OS, native_stack_<os>.cc. Thread rule: any thread.
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

// What the runtime itself takes below an entry from the host, with a trap and its backtrace or a collection at its end:
// some 4 KiB, and when a function of a shared library is called for the first time, another 3 to 4 for the dynamic
// linker, which saves all vector registers of the CPU meanwhile.
inline constexpr size_t kLeastRoom = kFrameScale * (size_t{8} << 10);
// What validating, translating or compiling a function takes.
inline constexpr size_t kCompilerRoom = kFrameScale * (size_t{32} << 10);
// So much of a stack that nobody knows is used below the first entry from the host, if it can be accessed at all.
inline constexpr size_t kUnknownRoom = kFrameScale * (size_t{48} << 10);

struct StackBounds {
  enum class Kind : uint8_t { unknown, thread, announced };
  uintptr_t low;
  uintptr_t high;
  uintptr_t lowest_entry;  // where a call from the host may begin
  uint64_t serial;         // of one that was announced
  Kind kind;

  // How much has to be left when a call begins, for the runtime and the host functions that are called in it: a quarter
  // of a small stack, 64 KiB of a large one.
  static StackBounds of(Kind kind, uintptr_t low, uintptr_t high, uint64_t serial = 0) {
    const size_t left = std::max(std::min((high - low) / 4, size_t{64} << 10), kLeastRoom);
    return {low, high, low + left, serial, kind};
  }
  bool contains(uintptr_t at) const { return at - low < high - low; }
  size_t room_below(uintptr_t at) const { return at > low ? at - low : 0; }
};

// Where the caller of the function that this stands in is on its native stack.
[[gnu::always_inline]] inline uintptr_t stack_address() {
  return reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
}

// The stack that the calling thread runs on, where `here` is: the thread's own, which is there as long as the thread,
// or `other`, which is filled in. Null when nobody has told of it.
const StackBounds* find_native_stack(uintptr_t here, StackBounds& other);
// The thread's own, as the system has it.
StackBounds thread_stack();
// What can be used, as far as one can see, of a stack that nobody has told of: [.., here).
StackBounds look_at_native_stack(uintptr_t here);
bool is_announced(const StackBounds& stack);

// The lowest address so that everything from there to `at` can be read; not below `limit`, which is no more than `at`.
uintptr_t readable_below(uintptr_t at, uintptr_t limit);
// Copies from memory that may not be there, or go away meanwhile. How many bytes it were: all up to where nothing can
// be read any more, or none.
size_t copy_readable(void* to, uintptr_t from, size_t bytes);

// Runs `work` on a thread with `bytes` of stack and waits for it. False: there could be none, and nothing was run.
bool run_on_other_stack(size_t bytes, void (*work)(void*), void* data);

// Runs `work` where there certainly is room for what validates, translates or compiles a function: here, or on a stack
// that is made for it. False: there was none, and nothing was run. Throws std::bad_alloc when `work` does.
template <class Work>
bool run_with_room(Work&& work) {
  StackBounds other;
  const StackBounds* const stack = find_native_stack(stack_address(), other);
  if (stack != nullptr && stack->room_below(stack_address()) >= kCompilerRoom) [[likely]] {
    work();
    return true;
  }
  // Nothing can be thrown from one stack to another.
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
