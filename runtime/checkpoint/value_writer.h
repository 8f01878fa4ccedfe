// ValueWriter: writes values of a store into an image: numbers as they are, references by name.
// Thread rule: that of the store.
#pragma once

#include "runtime/checkpoint/heap_graph.h"
#include "runtime/checkpoint/image_writer.h"

namespace mini_wasm::runtime {

class ValueWriter {
 public:
  // The graph must contain all references that are to be written.
  ValueWriter(ImageWriter& out, const TypeRegistry& types, StoreIndex& index, const HeapGraph& graph)
      : out_(out), types_(types), index_(index), graph_(graph) {}

  void place(Place place);
  void func(const FuncInst* func);  // may be null
  void value(ValType type, gc::Storage storage, const Slot* slots);
  void value(ValType type, const Slot* slots) { value(type, gc::storage_of(types_, FieldType{type}), slots); }
  // References of a known number, many of which may be equal.
  void refs(std::span<const Slot> refs, ValType type);

 private:
  void object(Slot ref);

  ImageWriter& out_;
  const TypeRegistry& types_;
  StoreIndex& index_;
  const HeapGraph& graph_;
};

}  // namespace mini_wasm::runtime
