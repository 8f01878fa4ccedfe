// Interning by structure: references inside a group are relative to its start; references to outside are canonical ids.
#include "core/type_registry.h"

#include <mutex>

namespace mini_wasm {
namespace {

// --- Hashing: over everything that takes part in equality, with group members as rec_member(k) --------------------

// The seed contains the registry's address, so that nobody can make a module whose types collide everywhere.
struct Hash {
  uint64_t state;
  explicit Hash(const TypeRegistry* registry) : state(reinterpret_cast<uintptr_t>(registry) ^ 0x9e3779b97f4a7c15u) {
    add(1);
  }
  void add(uint64_t value) {
    state = (state ^ value) * 0xff51afd7ed558ccdu;
    state ^= state >> 32;
  }
  void add(const std::vector<ValType>& types) {
    add(types.size());
    for (const ValType type : types) add(type.bits());
  }
};

void hash_head(Hash& hash, CompositeKind kind, TypeId super) {
  hash.add(static_cast<uint64_t>(kind) | uint64_t{static_cast<uint32_t>(super)} << 16);
}

void hash_def(Hash& hash, const DefType& def) {
  hash_head(hash, def.kind, def.super);
  if (def.kind == CompositeKind::func) {
    hash.add(def.func.params);
    hash.add(def.func.results);
    return;
  }
  hash.add(def.fields.size());
  for (const FieldType& field : def.fields) {
    hash.add(field.value.bits() | uint64_t{static_cast<uint8_t>(field.packed)} << 32 | uint64_t{field.mutable_} << 40);
  }
}

// --- Equality of a new group (relative) with an interned one (canonical ids from `first` on) ----------------------

struct GroupMap {
  uint32_t first;
  uint32_t size;

  // The canonical id of the new group's `id`, if the two groups are equal. A reference from outside into the interned
  // group is never equal to one from inside (types are iso-recursive); then the result is kNoType.
  TypeId map(TypeId id) const {
    const uint32_t n = static_cast<uint32_t>(id);
    if (id == kNoType) return id;
    if (n >= TypeRegistry::kRecBase) return TypeId{n - TypeRegistry::kRecBase + first};
    return n >= first && n - first < size ? kNoType : id;
  }
  ValType map(ValType type) const {
    return type.concrete() ? ValType::ref(map(type.type_id()), type.nullable()) : type;
  }
  bool equal(const std::vector<ValType>& fresh, const std::vector<ValType>& interned) const {
    if (fresh.size() != interned.size()) return false;
    for (size_t i = 0; i < fresh.size(); ++i) {
      if (map(fresh[i]) != interned[i]) return false;
    }
    return true;
  }
  bool equal(const DefType& fresh, const DefType& interned) const {
    // A supertype outside that maps to kNoType must not be taken for "no supertype".
    if (fresh.kind != interned.kind || fresh.final_ != interned.final_ || map(fresh.super) != interned.super ||
        (fresh.super == kNoType) != (interned.super == kNoType) || fresh.fields.size() != interned.fields.size()) {
      return false;
    }
    for (size_t i = 0; i < fresh.fields.size(); ++i) {
      FieldType field = fresh.fields[i];
      field.value = map(field.value);
      if (field != interned.fields[i]) return false;
    }
    return equal(fresh.func.params, interned.func.params) && equal(fresh.func.results, interned.func.results);
  }
};

void make_absolute(DefType& def, const GroupMap& map) {
  def.super = map.map(def.super);
  for (ValType& type : def.func.params) {
    type = map.map(type);
    def.param_slots += type.slots();
  }
  for (ValType& type : def.func.results) {
    type = map.map(type);
    def.result_slots += type.slots();
  }
  for (FieldType& field : def.fields) {
    field.value = map.map(field.value);
    def.defaultable &= field.value.defaultable();
  }
}

// --- Abstract heap types (spec 3.3.3) -----------------------------------------------------------------------------

constexpr uint16_t bit(HeapKind heap) { return static_cast<uint16_t>(1u << static_cast<unsigned>(heap)); }

// The proper supertypes of each abstract heap type, as a bit set.
constexpr uint16_t proper_supertypes(HeapKind heap) {
  switch (heap) {
    case HeapKind::nofunc: return bit(HeapKind::func);
    case HeapKind::noextern: return bit(HeapKind::extern_);
    case HeapKind::noexn: return bit(HeapKind::exn);
    case HeapKind::eq: return bit(HeapKind::any);
    case HeapKind::i31:
    case HeapKind::struct_:
    case HeapKind::array: return bit(HeapKind::eq) | bit(HeapKind::any);
    case HeapKind::none:
      return bit(HeapKind::i31) | bit(HeapKind::struct_) | bit(HeapKind::array) | bit(HeapKind::eq) |
             bit(HeapKind::any);
    default: return 0;
  }
}

constexpr bool is_subheap(HeapKind t1, HeapKind t2) { return t1 == t2 || (proper_supertypes(t1) & bit(t2)) != 0; }

constexpr HeapKind heap_of(CompositeKind kind) {
  switch (kind) {
    case CompositeKind::func: return HeapKind::func;
    case CompositeKind::struct_: return HeapKind::struct_;
    case CompositeKind::array: return HeapKind::array;
  }
  return HeapKind::any;
}

}  // namespace

TypeId TypeRegistry::find(uint64_t hash, std::span<const DefType> group) const {
  const auto [begin, end] = groups_.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    const auto [first, size] = it->second;
    if (size != group.size()) continue;
    const GroupMap map{first, size};
    uint32_t same = 0;
    while (same < size && map.equal(group[same], get(TypeId{first + same}))) ++same;
    if (same == size) return TypeId{first};
  }
  return kNoType;
}

TypeId TypeRegistry::find(uint64_t hash, const FuncType& type) const {
  const auto [begin, end] = groups_.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    const auto [first, size] = it->second;
    const DefType& def = get(TypeId{first});
    // For a group without references to itself, GroupMap's equality is that of the members. `type` cannot refer to
    // itself.
    if (size == 1 && def.kind == CompositeKind::func && def.final_ && def.super == kNoType && def.func == type) {
      return TypeId{first};
    }
  }
  return kNoType;
}

TypeId TypeRegistry::intern(const FuncType& type) {
  Hash hash(this);
  hash_head(hash, CompositeKind::func, kNoType);
  hash.add(type.params);
  hash.add(type.results);
  {
    std::shared_lock lock(mutex_);
    if (const TypeId id = find(hash.state, type); id != kNoType) return id;
  }
  std::unique_lock lock(mutex_);
  if (const TypeId id = find(hash.state, type); id != kNoType) return id;
  std::vector<DefType> group(1);
  group[0].func = type;
  return add(hash.state, std::move(group));
}

TypeId TypeRegistry::intern_rec_group(std::vector<DefType> group) {
  Hash hash(this);
  for (const DefType& def : group) hash_def(hash, def);
  {
    std::shared_lock lock(mutex_);
    if (const TypeId id = find(hash.state, group); id != kNoType) return id;
  }
  std::unique_lock lock(mutex_);
  if (const TypeId id = find(hash.state, group); id != kNoType) return id;
  return add(hash.state, std::move(group));
}

DefType& TypeRegistry::slot_for(uint32_t id) {
  const uint32_t slot = id + kFirstChunk;
  const uint32_t log2 = static_cast<uint32_t>(std::bit_width(slot)) - 1;
  std::unique_ptr<DefType[]>& chunk = chunks_[log2 - kFirstChunkLog2];
  if (!chunk) chunk = std::make_unique<DefType[]>(size_t{1} << log2);
  return chunk[slot - (1u << log2)];
}

TypeId TypeRegistry::add(uint64_t hash, std::vector<DefType> group) {
  const GroupMap map{size_, static_cast<uint32_t>(group.size())};
  if (group.empty()) return TypeId{size_};
  if (group.size() > kMaxTypes - size_) return kNoType;
  uint32_t next = size_;
  for (DefType& def : group) {
    make_absolute(def, map);
    const TypeId id{next++};
    if (def.super != kNoType) def.supertypes = get(def.super).supertypes;
    def.supertypes.push_back(id);
    slot_for(static_cast<uint32_t>(id)) = std::move(def);
  }
  groups_.emplace(hash, Group{map.first, map.size});
  size_ = next;  // has no effect if there was not enough memory for all of it
  return TypeId{map.first};
}

bool TypeRegistry::has(ValType type) const {
  if (!type.is_ref()) return type == ValType(type.kind()) && (type.is_numeric() || type.is_vector());
  if (!type.concrete()) return type == ValType::ref(type.heap(), type.nullable()) && type.heap() <= HeapKind::noexn;
  const std::shared_lock lock(mutex_);
  return static_cast<uint32_t>(type.type_id()) < size_;
}

bool TypeRegistry::is_subtype(TypeId t1, TypeId t2) const {
  if (t1 == t2) return true;
  if (t1 == kNoType) return false;
  const std::vector<TypeId>& chain = get(t1).supertypes;
  const size_t depth = get(t2).supertypes.size() - 1;
  return depth < chain.size() && chain[depth] == t2;
}

bool TypeRegistry::is_subtype_slow(ValType t1, ValType t2) const {
  if (t1.is_bottom()) return true;
  if (!t1.is_ref() || !t2.is_ref() || (t1.nullable() && !t2.nullable())) return false;
  if (t1.concrete() && t2.concrete()) return is_subtype(t1.type_id(), t2.type_id());
  if (t1.concrete()) return is_subheap(heap_of(get(t1.type_id()).kind), t2.heap());
  if (!t2.concrete()) return is_subheap(t1.heap(), t2.heap());
  // Of the abstract types, only the bottom type of its hierarchy is a subtype of a defined type (spec 3.3.3).
  const bool is_func = get(t2.type_id()).kind == CompositeKind::func;
  return t1.heap() == (is_func ? HeapKind::nofunc : HeapKind::none);
}

bool TypeRegistry::matches_structurally(const DefType& sub, const DefType& super) const {
  if (sub.kind != super.kind) return false;
  if (sub.kind == CompositeKind::func) {
    const FuncType &f1 = sub.func, &f2 = super.func;
    if (f1.params.size() != f2.params.size() || f1.results.size() != f2.results.size()) return false;
    for (size_t i = 0; i < f1.params.size(); ++i) {
      if (!is_subtype(f2.params[i], f1.params[i])) return false;
    }
    for (size_t i = 0; i < f1.results.size(); ++i) {
      if (!is_subtype(f1.results[i], f2.results[i])) return false;
    }
    return true;
  }
  if (sub.fields.size() < super.fields.size()) return false;
  for (size_t i = 0; i < super.fields.size(); ++i) {
    const FieldType &f1 = sub.fields[i], &f2 = super.fields[i];
    // A mutable field is invariant (spec 3.3.9).
    if (f1.packed != f2.packed || f1.mutable_ != f2.mutable_) return false;
    if (f1.mutable_ ? f1.value != f2.value : !is_subtype(f1.value, f2.value)) return false;
  }
  return true;
}

}  // namespace mini_wasm
