// TableInst, GlobalInst, TagInst: table, global and tag instances (spec 4.2.8, 4.2.10, 4.2.11).
#pragma once

#include <mini_wasm/result.h>
#include <mini_wasm/trap.h>
#include <mini_wasm/types.h>

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "runtime/call/frame.h"
#include "runtime/memory/memory.h"

namespace mini_wasm::runtime {

class Store;

// Memory for elements, from malloc: when a guest asks for too many elements, it must get an error, and malloc reports
// that without an exception.
struct TableStorage {
  struct Free {
    void operator()(Slot* elements) const { std::free(elements); }
  };
  std::unique_ptr<Slot, Free> elements;
  uint64_t capacity = 0;
  bool filled = false;  // contains the initial elements of the table
};

struct TableInst {
  Slot* elements = nullptr;  // read by call_indirect; moves when the table grows
  uint64_t size = 0;
  TableType type;         // limits.min is the declared minimum
  uint64_t max_size = 0;  // number of elements: the smaller of declared maximum and store limit

  TableInst() = default;
  TableInst(const TableInst&) = delete;
  TableInst& operator=(const TableInst&) = delete;
  ~TableInst();

  // Makes the elements; uses `storage` if that fits. Errors: limit; trap (interrupted).
  Result<void> allocate(const Store* store, const TableType& type, Slot init, uint64_t element_limit,
                        TableStorage storage = {});
  // Takes the elements out and leaves the table empty. The result is empty if the table has grown, because another
  // table of this type could not use it.
  TableStorage take_storage();
  // Sets `old_size` to the old size, or to kGrowFailed. If `store` is interrupted, returns TrapCode::interrupted and
  // leaves the table unchanged. `store` may be null: then nothing interrupts.
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
