// The representation of references of the any, extern and exn hierarchies, and of the objects of the heap. (A reference
// of the func hierarchy is a FuncInst*. Functions are not heap objects and are never collected.)
//
// A reference in a slot:
//   0         null
//   odd       i31: (value << 1) | 1 in the low 32 bits, the upper ones zero, so that ref.eq is equality of slots
//   Object*   16-byte aligned
// any and extern share this representation: extern.convert_any and any.convert_extern change nothing.
#pragma once

#include <cstdint>
#include <cstring>

#include "runtime/call/frame.h"

namespace mini_wasm::runtime {
struct TagInst;
}

namespace mini_wasm::runtime::gc {

struct TypeLayout;

// The header; the payload follows. Free cells of the heap have a null layout (see heap.h).
struct alignas(16) Object {
  const TypeLayout* layout;
  uint32_t length;  // elements of an array, argument slots of an exception; 0 otherwise
  uint32_t flags;   // free for users of the heap; the collector keeps its marks elsewhere

  uint8_t* at(uint32_t offset) { return reinterpret_cast<uint8_t*>(this) + offset; }
  const uint8_t* at(uint32_t offset) const { return reinterpret_cast<const uint8_t*>(this) + offset; }
};
inline constexpr uint32_t kHeaderBytes = sizeof(Object);
static_assert(kHeaderBytes == 16);

// The object that a non-null externref of the host points to.
struct HostObject : Object {
  void* data;
  void (*finalize)(void*);  // called once, after the object has died or the store ends; may be null
  HostObject* next;         // the next one in a list of the heap
  const void* type;  // stands for the C++ type behind `data` (Store::make_externref); null: only the embedder knows
};

// An exception (spec 4.2 "Exception Instances"): what an exnref points to. The argument slots follow, `length` of them.
struct ExceptionObject : Object {
  const TagInst* tag;
  uint64_t unused;

  Slot* args() { return reinterpret_cast<Slot*>(this + 1); }
  const Slot* args() const { return reinterpret_cast<const Slot*>(this + 1); }
};

// --- References ----------------------------------------------------------------------------------------------------

inline constexpr Slot kNull = 0;

constexpr bool is_i31(Slot ref) { return (ref & 1) != 0; }
constexpr bool is_object(Slot ref) { return ref != kNull && !is_i31(ref); }
inline Object* to_object(Slot ref) { return reinterpret_cast<Object*>(ref); }
inline Slot to_ref(const Object* object) { return reinterpret_cast<Slot>(object); }

// spec 4.6: ref.i31 (drops the topmost bit), i31.get_s, i31.get_u, ref.eq. The reference must not be null.
constexpr Slot ref_i31(uint32_t value) { return static_cast<uint32_t>(value << 1) | 1u; }
constexpr int32_t i31_get_s(Slot ref) { return static_cast<int32_t>(static_cast<uint32_t>(ref)) >> 1; }
constexpr uint32_t i31_get_u(Slot ref) { return static_cast<uint32_t>(ref) >> 1; }
constexpr bool ref_eq(Slot a, Slot b) { return a == b; }

}  // namespace mini_wasm::runtime::gc
