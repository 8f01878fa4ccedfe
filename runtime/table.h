// Table, global and tag instances (spec 4.2.9, 4.2.11, 4.2.12).
#pragma once

#include <mini_wasm/result.h>
#include <mini_wasm/trap.h>
#include <mini_wasm/types.h>

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "runtime/frame.h"
#include "runtime/memory.h"

namespace mini_wasm::runtime {

class Store;

// Room for elements, from malloc: a guest that asks for too many must get an error, and a failing `new` cannot be
// caught here.
struct TableStorage {
  struct Free {
    void operator()(Slot* elements) const { std::free(elements); }
  };
  std::unique_ptr<Slot, Free> elements;
  uint64_t capacity = 0;
  bool filled = false;  // with what the table begins with
};

struct TableInst {
  Slot* elements = nullptr;  // what call_indirect reads; moves when the table grows
  uint64_t size = 0;
  TableType type;         // limits.min is the declared minimum
  uint64_t max_size = 0;  // elements: the smaller of declared maximum and store limit

  TableInst() = default;
  TableInst(const TableInst&) = delete;
  TableInst& operator=(const TableInst&) = delete;
  ~TableInst();

  // Errors: limit; trap (interrupted). May use `storage`.
  Result<void> allocate(const Store* store, const TableType& type, Slot init, uint64_t element_limit,
                        TableStorage storage = {});
  // Leaves the table empty. Nothing, unless it is what a table of this type begins with.
  TableStorage take_storage();
  // The old size, or kGrowFailed. An interrupt of `store` (null: nobody interrupts) leaves the table as it was: then it
  // returns TrapCode::interrupted.
  TrapCode grow(const Store* store, uint64_t delta, Slot init, int64_t& old_size);
  bool contains(uint64_t offset, uint64_t length) const { return length <= size && offset <= size - length; }

 private:
  TrapCode reserve(const Store* store, uint64_t wanted, bool& done);

  uint64_t capacity_ = 0;
};

struct GlobalInst {
  Slot value[2] = {0, 0};
  GlobalType type;
};

struct TagInst {
  TypeId type = kNoType;
};

}  // namespace mini_wasm::runtime
