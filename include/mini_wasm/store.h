// A Store owns everything that exists while code runs: instances, memories, tables, globals, functions. They live until
// the store is destroyed; handles (Instance, Func, Memory, ...) are plain copies that must not outlive it.
// Thread rule: one thread at a time. Limits hold for the whole store.
// A store that a host function destroys while its own guest is running is leaked, and the guest goes on.
#pragma once

#include <mini_wasm/engine.h>
#include <mini_wasm/value.h>

#include <cstdint>
#include <memory>

namespace mini_wasm {

namespace runtime {
class Store;
namespace gc {
struct RootCell;
}
}  // namespace runtime

// Something in a store that is about to take more room.
struct Growth {
  enum class Kind : uint8_t { memory, table, gc_heap };
  Kind kind;
  uint64_t bytes;  // how much more
  uint64_t used;   // what the store has taken so far, as StoreLimits::total_bytes counts
};

struct StoreLimits {
  uint64_t memory_bytes = uint64_t{4} << 30;  // of each linear memory; memory.grow beyond it gives -1
  uint64_t table_elements = 10'000'000;       // of each table
  uint32_t instances = 10'000;
  uint32_t memories = 10'000;
  uint32_t tables = 10'000;
  // Of structures, arrays, exceptions and externrefs together; beyond it an allocation traps "out of memory".
  uint64_t gc_heap_bytes = uint64_t{4} << 30;
  // Of all memories, tables (8 bytes an element) and the GC heap (blocks of 64 KiB) together. What goes beyond it fails
  // as beyond a limit of its own. A memory that several stores share counts, with what it begins with, in the one whose
  // module defined it, and its growth in the store that asks for it; not at all if SharedMemory::make made it: that has
  // a limit of its own.
  uint64_t total_bytes = ~uint64_t{0};
  // Asked before a memory, a table or the GC heap is made or grows, within the other limits; false refuses, which looks
  // like a limit that has been reached. May be asked again for the same. Must neither use the store nor throw.
  bool (*may_grow)(void* data, const Growth& growth) = nullptr;
  void* may_grow_data = nullptr;
};

class Store;

// Keeps the object alive that a reference refers to. The collector finds references in everything that a store owns and
// on the stack of the thread that runs it; one that the embedder keeps elsewhere across calls, such as in a container,
// has to be rooted. May outlive the store.
class Rooted {
 public:
  // Without a value (`get` gives Val()) where there is no memory for the root.
  explicit Rooted(Store& store, const Val& value = {});
  ~Rooted();
  Rooted(Rooted&&) noexcept;
  Rooted& operator=(Rooted&&) noexcept;

  const Val& get() const { return value_; }
  void set(const Val& value);  // of the same store

 private:
  Val value_;
  std::unique_ptr<runtime::gc::RootCell> cell_;
};

class Store {
 public:
  // Where there is no memory for it, the store is empty, as one is that has been moved from: whatever would be made in
  // it gives an error of kind limit.
  explicit Store(const Engine& engine, const StoreLimits& limits = {});
  ~Store();
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;

  // Asks running code to stop with TrapCode::interrupted; the one member that any thread may call. Code stops at its
  // next loop iteration or call, in the middle of instructions that fill, copy or allocate much (what they have written
  // by then stays), and in WASI calls that wait. Sticks until `clear_interrupt`. docs/interruption.md says more.
  void interrupt();
  void clear_interrupt();

  // An externref that holds a host pointer; null when there is no room for it in the heap. `finalize` (if any) is
  // called once nothing refers to it any more, in a later collection or with the store; it must not use the store.
  Val new_externref(void* host_data, void (*finalize)(void*) = nullptr);
  // Null for a null reference and for one that was not made by `new_externref`.
  static void* externref_data(const Val& value);
  // Bytes that count for StoreLimits::total_bytes.
  uint64_t used_bytes() const;
  // Frees all objects that nothing refers to, unless it is interrupted; running code does so by itself.
  void collect_garbage();

  // Anything the embedder wants to find again from a host function.
  void set_data(void* data);
  void* data() const;

  bool empty() const { return impl_ == nullptr; }
  runtime::Store& impl() const { return *impl_; }

 private:
  std::unique_ptr<runtime::Store> impl_;
};

}  // namespace mini_wasm
