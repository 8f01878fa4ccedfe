// ValueReader: reads values from an image into a store that is being restored, and checks them: every reference leads to
// something that is there and has the type that is wanted.
// Thread rule: that of the store.
#pragma once

#include <vector>

#include "runtime/checkpoint/image_reader.h"
#include "runtime/checkpoint/store_index.h"
#include "runtime/gc/heap.h"
#include "runtime/store.h"

namespace mini_wasm::runtime {

// The objects of an image, by number; roots until the store's own objects refer to them.
class RestoredObjects final : public gc::RootSlots {
 public:
  explicit RestoredObjects(gc::Heap& heap) : heap_(heap) { heap_.roots().push(*this); }
  ~RestoredObjects() override { heap_.roots().pop(); }
  const Slot* begin() const override { return refs.data(); }
  size_t size() const override { return refs.size(); }

  std::vector<Slot> refs;

 private:
  gc::Heap& heap_;
};

// After an error of the reader, all of these give zero or null.
class ValueReader {
 public:
  ValueReader(ImageReader& in, Store& store, const StoreIndex& index, const RestoredObjects& objects)
      : in_(in), store_(store), index_(index), objects_(objects) {}

  // The instance; null after an error.
  ModuleInst* instance();
  std::optional<TypeId> type();  // none after an error
  // An index into the list; 0 after an error.
  template <class T>
  size_t index_in(const std::vector<T>& list, const char* what) {
    return static_cast<size_t>(in_.index(list.size(), what));
  }
  FuncInst* func();                               // may be null
  FuncInst* func_of(const ModuleInst& instance);  // null after an error
  void value(ValType type, gc::Storage storage, Slot* slots);
  void value(ValType type, Slot* slots) {
    value(type, gc::storage_of(store_.engine().types(), FieldType{type}), slots);
  }
  void refs(std::span<Slot> refs, ValType type);

 private:
  Slot object();

  ImageReader& in_;
  Store& store_;
  const StoreIndex& index_;
  const RestoredObjects& objects_;
};

}  // namespace mini_wasm::runtime
