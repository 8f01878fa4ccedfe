// TypeLayout: how the objects of a type are laid out. There is one for each kind of object and each canonical type of
// an engine. It is made at the first use and lives as long as the engine. It is const, so reading it needs no lock.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <memory>
#include <mutex>
#include <vector>

#include "core/type_registry.h"
#include "runtime/gc/object.h"
#include "runtime/gc/size_class.h"

namespace mini_wasm::runtime::gc {

enum class ObjectKind : uint8_t { struct_, array, host, exception };

// How a field or an element is stored. The collector traces `ref`. A reference of the func hierarchy is stored as i64,
// because functions are not heap objects.
enum class Storage : uint8_t { i8, i16, i32, i64, v128, ref };

constexpr uint32_t storage_bytes(Storage storage) {
  switch (storage) {
    case Storage::i8: return 1;
    case Storage::i16: return 2;
    case Storage::i32: return 4;
    case Storage::i64:
    case Storage::ref: return 8;
    case Storage::v128: return 16;
  }
  return 8;
}

struct FieldLayout {
  uint32_t offset = 0;  // from the start of the object
  Storage storage = Storage::i64;
};

struct TypeLayout {
  ObjectKind kind = ObjectKind::struct_;
  bool has_refs = false;          // whether the collector has to look inside
  Storage element = Storage::i8;  // array
  uint8_t element_log2 = 0;       // array: log2 of the bytes of an element
  uint8_t space = 0;              // struct: where its cells are; see space_of
  TypeId type = kNoType;          // struct, array
  uint32_t bytes = kHeaderBytes;  // struct: size of an object; array: offset of element 0
  // Supertypes from the root down to the type itself, as in DefType: `depth` of them.
  uint32_t depth = 0;
  const TypeId* supers = nullptr;
  std::vector<FieldLayout> fields;    // struct
  std::vector<uint32_t> ref_offsets;  // struct: offsets of the traced fields

  // spec 3.3 "Defined Types", for a defined type `super` that has `depth_of_super` proper supertypes.
  bool is_subtype_of(TypeId super, uint32_t depth_of_super) const {
    return type == super || (depth > depth_of_super && supers[depth_of_super] == super);
  }
  uint64_t array_bytes(uint32_t length) const { return bytes + (uint64_t{length} << element_log2); }
};

// How a value of this type is stored.
Storage storage_of(const TypeRegistry& types, const FieldType& field);
// The layout of a structure or array type. A field has the same offset in a type and in all its subtypes.
TypeLayout make_layout(const TypeRegistry& types, TypeId type);

// The layouts of an engine. Thread rule: any thread.
class LayoutCache {
 public:
  explicit LayoutCache(const TypeRegistry& types) : types_(types) {}
  LayoutCache(const LayoutCache&) = delete;
  LayoutCache& operator=(const LayoutCache&) = delete;

  // `type` must be a structure or array type of the registry.
  const TypeLayout& get(TypeId type) {
    const TypeLayout* found = find(type);
    return found != nullptr ? *found : make(type);
  }
  static const TypeLayout& host();       // of HostObject
  static const TypeLayout& exception();  // of ExceptionObject

 private:
  // Chunk n holds the entries of kFirstChunk << n types. A chunk never moves, so that `find` needs no lock.
  using Entry = std::atomic<const TypeLayout*>;
  static constexpr uint32_t kFirstChunkLog2 = 6, kFirstChunk = 1u << kFirstChunkLog2;
  struct Place {
    uint32_t chunk, index;
  };
  static Place place_of(TypeId type) {
    const uint32_t slot = static_cast<uint32_t>(type) + kFirstChunk;
    const uint32_t log2 = static_cast<uint32_t>(std::bit_width(slot)) - 1;
    return {log2 - kFirstChunkLog2, slot - (1u << log2)};
  }
  const TypeLayout* find(TypeId type) const {
    const Place place = place_of(type);
    const Entry* chunk = chunks_[place.chunk].load(std::memory_order_acquire);
    return chunk == nullptr ? nullptr : chunk[place.index].load(std::memory_order_acquire);
  }
  const TypeLayout& make(TypeId type);

  const TypeRegistry& types_;
  std::mutex mutex_;  // held while a layout or chunk is made
  std::array<std::atomic<Entry*>, 27 - kFirstChunkLog2> chunks_{};
  std::vector<std::unique_ptr<Entry[]>> owned_chunks_;
  std::vector<std::unique_ptr<TypeLayout>> layouts_;
};

}  // namespace mini_wasm::runtime::gc
