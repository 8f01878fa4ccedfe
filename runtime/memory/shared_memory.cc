// The public class SharedMemory.
#include <mini_wasm/engine.h>
#include <mini_wasm/extern.h>

#include "core/guarded.h"
#include "runtime/store.h"

namespace mini_wasm {

Result<SharedMemory> SharedMemory::make(const Engine& engine, const MemoryType& type, uint64_t byte_limit) {
  if (!type.shared || !runtime::is_valid(type)) {
    return guarded(
        [] { return Result<SharedMemory>(Error::make(ErrorKind::usage, "not a valid shared memory type")); });
  }
  if (engine.impl() == nullptr) return out_of_memory();
  return guarded([&]() -> Result<SharedMemory> {
    auto memory = std::make_shared<runtime::MemInst>();
    if (Result<void> r = memory->allocate(type, byte_limit, engine.impl()->bounds()); !r) return std::move(r).error();
    engine.impl()->count(*memory);
    return SharedMemory(engine.impl(), std::move(memory));
  });
}

std::optional<SharedMemory> SharedMemory::of(const Memory& memory) {
  std::shared_ptr<runtime::MemInst> shared = memory.store().objects().find_shared(memory.impl());
  if (shared == nullptr) return std::nullopt;
  return SharedMemory(memory.store().shared_engine(), std::move(shared));
}

Result<Memory> SharedMemory::in(Store& store) const {
  if (store.empty()) return out_of_memory();
  return guarded([&]() -> Result<Memory> {
    if (&store.impl().engine() != engine_.get()) {
      return Error::make(ErrorKind::usage, "the shared memory and the store belong to different engines");
    }
    Result<runtime::MemInst*> added = store.impl().objects().add_shared(memory_);
    if (!added) return std::move(added).error();
    return Memory(&store.impl(), *added);
  });
}

std::span<uint8_t> SharedMemory::data() const { return {memory_->base, static_cast<size_t>(memory_->size)}; }

}  // namespace mini_wasm
