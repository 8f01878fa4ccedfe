// wasm_ref_t and what derives from it: the objects that the C API hands out, except for types and vectors.
//
// There is one such object for each object of the engine that the embedder or a guest refers to, no matter how many
// handles to it there are: a copy is the same address with one more owner. So `same` compares addresses, a conversion
// between the types of the C API is a cast, and host info belongs to the object.
//
// Who keeps it alive:
//   * owners: handles of the embedder. While there are any, the object also owns its store.
//   * guest_owners: externrefs in the store's heap that hold it. These do not own the store, which owns the heap.
//   * host info, for an object of the engine that lives as long as the store (one with a key).
// Thread rule: that of the store.
#pragma once

#include <mini_wasm/mini_wasm.h>
#include <wasm.h>

#include <cstdint>
#include <new>
#include <optional>
#include <utility>

namespace mini_wasm::capi {

// The order of the first ones is that of wasm_externkind_t.
enum class RefKind : uint8_t { func, global, table, memory, tag, instance, module, trap, foreign, object };
inline bool is_extern(RefKind kind) { return kind <= RefKind::tag; }

}  // namespace mini_wasm::capi

struct wasm_ref_t {
  wasm_ref_t(mini_wasm::capi::RefKind k, wasm_store_t* s) : kind(k), store(s) {}
  wasm_ref_t(const wasm_ref_t&) = delete;
  wasm_ref_t& operator=(const wasm_ref_t&) = delete;

  const mini_wasm::capi::RefKind kind;
  bool constant = false;  // never deleted: the trap that says that there is no memory
  uint32_t owners = 0;
  uint32_t guest_owners = 0;
  wasm_store_t* const store;  // null for a trap that belongs to none
  const void* key = nullptr;  // the object of the engine, under which the store finds this; null if there is none
  void* host_info = nullptr;
  void (*finalizer)(void*) = nullptr;
  bool is_dead = false;             // it is in the list wasm_store_t::dead ...
  wasm_ref_t* next_dead = nullptr;  // ... before this one
};

struct wasm_extern_t : wasm_ref_t {
  using wasm_ref_t::wasm_ref_t;
  mini_wasm::Extern value() const;
};
struct wasm_func_t : wasm_extern_t {
  using wasm_extern_t::wasm_extern_t;
  mini_wasm::Func func() const;
};
struct wasm_global_t : wasm_extern_t {
  using wasm_extern_t::wasm_extern_t;
  mini_wasm::Global global() const;
};
struct wasm_table_t : wasm_extern_t {
  using wasm_extern_t::wasm_extern_t;
  mini_wasm::Table table() const;
};
struct wasm_memory_t : wasm_extern_t {
  using wasm_extern_t::wasm_extern_t;
  mini_wasm::Memory memory() const;
};
struct wasm_instance_t : wasm_ref_t {
  using wasm_ref_t::wasm_ref_t;
  mini_wasm::Instance instance() const;
};
struct wasm_foreign_t : wasm_ref_t {
  using wasm_ref_t::wasm_ref_t;
};
struct wasm_module_t : wasm_ref_t {
  wasm_module_t(wasm_store_t* s, mini_wasm::Module m)
      : wasm_ref_t(mini_wasm::capi::RefKind::module, s), module(std::move(m)) {}
  const mini_wasm::Module module;
};
struct wasm_trap_t : wasm_ref_t {
  wasm_trap_t(wasm_store_t* s, mini_wasm::Error e)
      : wasm_ref_t(mini_wasm::capi::RefKind::trap, s), error(std::move(e)) {}
  const mini_wasm::Error error;
};

namespace mini_wasm::capi {

// A reference of the guest that is neither a function nor an externref that holds a wasm_ref_t: an object of the
// garbage-collected heap, an i31, an exception.
struct ObjectRef : wasm_ref_t {
  ObjectRef(wasm_store_t* s, const Val& value);
  Rooted root;
};

// One more handle to an object that exists. Accepts null.
wasm_ref_t* share(wasm_ref_t* ref);
template <class T>
T* copy_of(const T* ref) {
  return static_cast<T*>(share(const_cast<T*>(ref)));
}
// Gives a handle back. Accepts null.
void drop(wasm_ref_t* ref);

// The object for an object of the engine, with one more owner. Null: no memory.
wasm_func_t* func_ref(wasm_store_t* store, const Func& func);
wasm_extern_t* extern_ref(wasm_store_t* store, const Extern& value);
wasm_instance_t* instance_ref(wasm_store_t* store, runtime::ModuleInst* instance);
wasm_ref_t* object_ref(wasm_store_t* store, const Val& value);

// A trap with one owner. Never null: when there is no memory, it is the one that says so. `store` may be null.
wasm_trap_t* trap_of(wasm_store_t* store, Error error) noexcept;
// The same for a wrong argument.
wasm_trap_t* usage_trap(wasm_store_t* store, const char* message) noexcept;

// An externref that holds the object. Null when there is no room.
Val externref_of(wasm_store_t* store, wasm_ref_t* ref);

// A handle that is given back at the end of a scope.
template <class T>
class Owned {
 public:
  explicit Owned(T* ref = nullptr) : ref_(ref) {}
  Owned(Owned&& other) noexcept : ref_(other.release()) {}
  ~Owned() { drop(ref_); }
  T* get() const { return ref_; }
  T* release() { return std::exchange(ref_, nullptr); }

 private:
  T* ref_;
};

}  // namespace mini_wasm::capi
