// Calls in an image (saved_call.h): frames with their values.
// Thread rule: that of the store.
#pragma once

#include "runtime/checkpoint/saved_call.h"
#include "runtime/checkpoint/value_reader.h"
#include "runtime/checkpoint/value_writer.h"

namespace mini_wasm::runtime {

// Adds the references of a call to the graph. Errors: usage (something that the call needs has no name).
Result<void> add_roots(const SavedCall& call, StoreIndex& index, HeapGraph& graph, uint32_t number);

class CallWriter {
 public:
  CallWriter(ImageWriter& out, StoreIndex& index, ValueWriter& values) : out_(out), index_(index), values_(values) {}
  void write(const SavedCall& call);

 private:
  void write(const SavedFrame& frame);
  void write(const std::vector<SavedValue>& values);
  void write(ValType type);

  ImageWriter& out_;
  StoreIndex& index_;
  ValueWriter& values_;
};

class CallReader {
 public:
  CallReader(ImageReader& in, ValueReader& values) : in_(in), values_(values) {}
  SavedCall read();

 private:
  SavedFrame read_frame();
  std::vector<SavedValue> read_values();
  ValType read_type();

  ImageReader& in_;
  ValueReader& values_;
};

}  // namespace mini_wasm::runtime
