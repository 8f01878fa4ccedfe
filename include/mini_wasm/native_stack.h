/// @file
/// Native stacks that are not the own stack of a thread. See docs/embedding-stacks-and-signals.md.
#pragma once

#include <mini_wasm/api.h>

#include <cstddef>
#include <cstdint>

namespace mini_wasm {

namespace runtime {
struct StackRegistry;
}

/// Tells the library that a range of memory is a native stack, such as the stack of a fiber or a coroutine.
///
/// Make the object when the stack is made, and destroy it before the stack is unmapped or used for something else. The
/// information holds as long as the object lives, on every thread that the stack is resumed on, and while the stack is
/// suspended. It has two effects:
/// - Calls into WebAssembly can use the whole stack, and trap with TrapCode::call_stack_exhausted before its end.
/// - References that are only on this stack keep their objects alive, in every store that was used on it, also while
///   the stack is suspended.
///
/// Without it, the engine finds out at each call as much as it can, and uses less of the stack.
///
/// Ranges must not overlap. The information holds for all engines of the process. Thread rule: any thread.
class MINI_WASM_API NativeStack {
 public:
  /// The stack is the memory from `low` up to, and without, `low + bytes`.
  NativeStack(const void* low, size_t bytes);
  /// Withdraws the information.
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
