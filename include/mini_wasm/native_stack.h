// Native stacks that are not a thread's own. See docs/embedding-stacks-and-signals.md.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mini_wasm {

namespace runtime {
struct StackRegistry;
}

// Says that [low, low + bytes) is a native stack, such as a fiber's or a coroutine's, for as long as the object lives:
// whatever runs on it, on whichever thread it is resumed, and while it is suspended. Make one where the stack is made,
// and destroy it before the stack is unmapped or used for something else.
//
// What that gives: calls into WebAssembly may use all of the stack, and trap "call stack exhausted" before its end;
// and references to objects that are nowhere else than on it keep these alive, in every store that has been used on it,
// also while it is suspended. Without, the engine finds out at each call what it can, and goes by less.
//
// Stacks must not overlap. Holds for all engines of the process. Thread rule: any thread.
class NativeStack {
 public:
  NativeStack(const void* low, size_t bytes);
  ~NativeStack();
  NativeStack(const NativeStack&) = delete;
  NativeStack& operator=(const NativeStack&) = delete;

 private:
  friend struct runtime::StackRegistry;
  const uintptr_t low_;
  const size_t bytes_;
  uint64_t serial_ = 0;
  NativeStack* below_ = nullptr;  // in the registry's tree
  NativeStack* above_ = nullptr;
};

}  // namespace mini_wasm
