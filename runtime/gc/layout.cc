#include "runtime/gc/layout.h"

#include <cassert>
#include <utility>

#include "core/process_value.h"

namespace mini_wasm::runtime::gc {
namespace {

bool is_func_ref(const TypeRegistry& types, ValType type) {
  if (type.concrete()) return types.get(type.type_id()).kind == CompositeKind::func;
  return type.heap() == HeapKind::func || type.heap() == HeapKind::nofunc;
}

// Places the fields one by one. Each goes into the smallest hole that earlier fields have left, so that its offset does
// not depend on later fields; subtyping requires that. Memory is taken in chunks of 8 bytes that are split in halves,
// so that there is at most one hole of each size.
class Placement {
 public:
  uint32_t place(uint32_t bytes) {
    if (bytes >= 8) return std::exchange(end_, end_ + bytes);
    uint32_t size = bytes;
    while (size < 8 && hole_[size] == 0) size *= 2;
    const uint32_t at = size < 8 ? std::exchange(hole_[size], 0) : std::exchange(end_, end_ + 8);
    for (uint32_t half = size / 2; half >= bytes; half /= 2) hole_[half] = at + half;
    return at;
  }
  uint32_t end() const { return end_; }

 private:
  uint32_t end_ = kHeaderBytes;
  uint32_t hole_[8] = {};  // offset of the hole, by its size; 0: none
};

TypeLayout base_layout(ObjectKind kind) {
  TypeLayout layout;
  layout.kind = kind;
  return layout;
}

void lay_out_struct(const TypeRegistry& types, const DefType& def, TypeLayout& layout) {
  layout.kind = ObjectKind::struct_;
  Placement placement;
  layout.fields.reserve(def.fields.size());
  for (const FieldType& field : def.fields) {
    const Storage storage = storage_of(types, field);
    const uint32_t offset = placement.place(storage_bytes(storage));
    layout.fields.push_back({offset, storage});
    if (storage == Storage::ref) layout.ref_offsets.push_back(offset);
  }
  layout.bytes = placement.end();
  layout.has_refs = !layout.ref_offsets.empty();
  layout.space = space_of(size_class_of(layout.bytes), layout.has_refs);
}

void lay_out_array(const TypeRegistry& types, const DefType& def, TypeLayout& layout) {
  layout.kind = ObjectKind::array;
  layout.element = storage_of(types, def.fields[0]);
  layout.element_log2 = static_cast<uint8_t>(std::countr_zero(storage_bytes(layout.element)));
  layout.has_refs = layout.element == Storage::ref;
}

}  // namespace

Storage storage_of(const TypeRegistry& types, const FieldType& field) {
  switch (field.packed) {
    case FieldType::Packed::i8: return Storage::i8;
    case FieldType::Packed::i16: return Storage::i16;
    case FieldType::Packed::none: break;
  }
  switch (field.value.kind()) {
    case ValType::Kind::i32:
    case ValType::Kind::f32: return Storage::i32;
    case ValType::Kind::v128: return Storage::v128;
    case ValType::Kind::ref: return is_func_ref(types, field.value) ? Storage::i64 : Storage::ref;
    default: return Storage::i64;
  }
}

TypeLayout make_layout(const TypeRegistry& types, TypeId type) {
  const DefType& def = types.get(type);
  assert(def.kind != CompositeKind::func);
  TypeLayout layout;
  layout.type = type;
  layout.depth = static_cast<uint32_t>(def.supertypes.size());
  layout.supers = def.supertypes.data();  // the registry never moves a type
  if (def.kind == CompositeKind::struct_) {
    lay_out_struct(types, def, layout);
  } else {
    lay_out_array(types, def, layout);
  }
  return layout;
}

const TypeLayout& LayoutCache::make(TypeId type) {
  const std::lock_guard lock(mutex_);
  if (const TypeLayout* found = find(type)) return *found;
  const Place place = place_of(type);
  if (chunks_[place.chunk].load(std::memory_order_relaxed) == nullptr) {
    owned_chunks_.push_back(std::make_unique<Entry[]>(size_t{kFirstChunk} << place.chunk));
    chunks_[place.chunk].store(owned_chunks_.back().get(), std::memory_order_release);
  }
  layouts_.push_back(std::make_unique<TypeLayout>(make_layout(types_, type)));
  const TypeLayout* made = layouts_.back().get();
  chunks_[place.chunk].load(std::memory_order_relaxed)[place.index].store(made, std::memory_order_release);
  return *made;
}

const TypeLayout& LayoutCache::host() {
  static constinit ProcessValue<const TypeLayout> layout;
  return layout.get([] { return base_layout(ObjectKind::host); });
}

const TypeLayout& LayoutCache::exception() {
  static constinit ProcessValue<const TypeLayout> layout;
  return layout.get([] { return base_layout(ObjectKind::exception); });
}

}  // namespace mini_wasm::runtime::gc
