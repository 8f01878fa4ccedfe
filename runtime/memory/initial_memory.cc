#include "runtime/memory/initial_memory.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "runtime/instance/const_eval.h"
#include "runtime/instance/initial_tables.h"
#include "runtime/system/virtual_memory.h"

namespace mini_wasm::runtime {
namespace {

// When the segments have no more bytes than this and are no more in number, writing them costs no more than a template.
constexpr uint64_t kFewBytes = uint64_t{16} << 10;
constexpr size_t kFewSegments = 64;

// The size of a template in bytes: the end of the last segment. Empty when no template can be used, or when it would
// not pay.
std::optional<uint64_t> filled_bytes(const decoder::Module& module) {
  const uint32_t index = module.imported_memories;
  if (module.memories.size() <= index || !elements_fit(module)) return std::nullopt;
  const MemoryType& type = module.memories[index].type;
  if (type.shared || type.limits.min > uint64_t{1} << 32) return std::nullopt;
  const uint64_t size = type.limits.min << type.page_size_log2;
  uint64_t end = 0, bytes = 0;
  size_t segments = 0;
  for (const decoder::Data& data : module.datas) {
    if (data.mode != decoder::SegmentMode::active) continue;
    const std::optional<uint64_t> at = plain_place(module, data.memory_offset, data.bytes.size(), size);
    if (raw(data.memory) != index || !at) return std::nullopt;
    end = std::max(end, *at + data.bytes.size());
    bytes += data.bytes.size();
    ++segments;
  }
  if (bytes <= kFewBytes && segments <= kFewSegments) return std::nullopt;
  return end;
}

void fill(const decoder::Module& module, uint8_t* memory) {
  for (const decoder::Data& data : module.datas) {
    if (data.mode != decoder::SegmentMode::active || data.bytes.size() == 0) continue;
    std::memcpy(memory + *plain_const(module, data.memory_offset), module.view(data.bytes).data(), data.bytes.size());
  }
}

}  // namespace

std::shared_ptr<PageTemplate> InitialMemory::get(const decoder::Module& module) {
  // The first instance gets none, the second one makes it, all others share it.
  const std::lock_guard lock(mutex_);
  if (asked_ == 2) return template_;
  if (++asked_ == 1) return nullptr;
  if (const std::optional<uint64_t> bytes = filled_bytes(module)) {
    template_ = PageTemplate::make(round_to_os_pages(*bytes), [&](uint8_t* memory) { fill(module, memory); });
  }
  return template_;
}

}  // namespace mini_wasm::runtime
