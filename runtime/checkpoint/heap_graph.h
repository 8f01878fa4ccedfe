// HeapGraph: the objects of the GC heap that a checkpoint saves, numbered in the order in which they are found. It checks
// that everything they refer to has a name, so that writing them cannot fail.
// Thread rule: that of the store.
#pragma once

#include <mini_wasm/checkpoint.h>

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/checkpoint/store_index.h"
#include "runtime/gc/ops.h"

namespace mini_wasm::runtime {

// Where a reference was found, for errors.
struct RefPlace {
  const char* what;
  Place place{};
  uint64_t element = 0;
};

// The values of a structure or an exception: calls visit(type, storage, slots) for each. Slots of an i8 or i16 are
// zero-extended.
template <class Visit>
void for_each_value(const TypeRegistry& types, const gc::Object& object, Visit visit) {
  if (object.layout->kind == gc::ObjectKind::exception) {
    const auto& exception = static_cast<const gc::ExceptionObject&>(object);
    const Slot* slots = exception.args();
    for (const ValType type : types.func(exception.tag->type).params) {
      visit(type, gc::storage_of(types, FieldType{type}), slots);
      slots += type.slots();
    }
    return;
  }
  const std::vector<FieldType>& fields = types.get(object.layout->type).fields;
  for (size_t i = 0; i < fields.size(); ++i) {
    Slot slots[2] = {};
    gc::field_get(&object, object.layout->fields[i], false, slots);
    visit(fields[i].value, object.layout->fields[i].storage, slots);
  }
}

class HeapGraph {
 public:
  // `index` must name everything that is to be found.
  HeapGraph(const Store& store, StoreIndex& index, bool externs_are_saved)
      : store_(store), index_(index), externs_are_saved_(externs_are_saved) {}

  // A reference from outside of the heap. Errors: usage (it, or what it leads to, cannot be named).
  Result<void> add(Slot ref, ValType type, const RefPlace& place);
  Result<void> add_all(std::span<const Slot> refs, ValType type, RefPlace place);
  // Finds what the objects so far lead to. Errors: those of `add`.
  Result<void> follow();

  const std::vector<const gc::Object*>& objects() const { return objects_; }
  // Of an object that was found.
  uint64_t number_of(const gc::Object* object) const { return numbers_.find(object)->second; }

 private:
  Result<void> check(const gc::Object& object, const RefPlace& place);
  Result<void> follow(const gc::Object& object);

  const Store& store_;
  StoreIndex& index_;
  const bool externs_are_saved_;
  std::vector<const gc::Object*> objects_;
  size_t followed_ = 0;
  std::unordered_map<const gc::Object*, uint64_t> numbers_;
};

}  // namespace mini_wasm::runtime
