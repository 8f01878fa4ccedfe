// Shared by the tests of the heap: a store, types that are made in the test, and calls that leave nothing on the stack.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "runtime/gc/ops.h"
#include "runtime/store.h"

namespace mini_wasm::runtime::gc {

struct GcTest {
  std::shared_ptr<Engine> engine;
  Store store;

  explicit GcTest(uint64_t limit = uint64_t{1} << 30, bool stress = false)
      : engine(std::make_shared<Engine>(config(stress))), store(engine, limits(limit)) {}

  static Config config(bool stress) {
    Config config;
    config.gc_stress = stress;
    return config;
  }
  static StoreLimits limits(uint64_t bytes) {
    StoreLimits limits;
    limits.gc_heap_bytes = bytes;
    return limits;
  }
  Heap& heap() { return store.heap(); }

  TypeId intern(CompositeKind kind, std::vector<FieldType> fields, TypeId super = kNoType) {
    std::vector<DefType> group(1);
    group[0].kind = kind;
    group[0].fields = std::move(fields);
    group[0].super = super;
    group[0].final_ = false;
    return engine->types().intern_rec_group(std::move(group));
  }
  const TypeLayout& struct_of(std::vector<FieldType> fields, TypeId super = kNoType) {
    return engine->layouts().get(intern(CompositeKind::struct_, std::move(fields), super));
  }
  const TypeLayout& array_of(FieldType element) {
    return engine->layouts().get(intern(CompositeKind::array, {element}));
  }
};

inline FieldType field(ValType type) { return {type, FieldType::Packed::none, true}; }
inline FieldType packed_i8() { return {ValType::i32, FieldType::Packed::i8, true}; }
inline FieldType packed_i16() { return {ValType::i32, FieldType::Packed::i16, true}; }
inline const FieldType kAnyField = field(ValType::ref(HeapKind::any, true));

inline Slot ref_field(const Object* object, uint32_t index) {
  return field_get<Slot>(object, object->layout->fields[index].offset);
}
inline void set_ref_field(Object* object, uint32_t index, Slot value) {
  field_set<Slot>(object, object->layout->fields[index].offset, value);
}

// Overwrites the part of the stack below the caller, where references may remain from calls that have returned.
[[gnu::noinline]] inline void clear_stack() {
  volatile char zeros[16384] = {};
  asm volatile("" : : "r"(&zeros) : "memory");
}

// Runs `f` in a frame of its own and removes what it has left on the stack.
template <class F>
[[gnu::noinline]] void in_own_frame(F&& f) {
  [&]() __attribute__((noinline)) { f(); }();
  clear_stack();
}

}  // namespace mini_wasm::runtime::gc
