// TypeRegistry: the type definitions of an engine, interned. Recursion groups are canonicalised (spec 3.1
// "Rolling and Unrolling"), so two types are equal exactly when their TypeIds are equal, and a subtype test between
// defined types is one look-up in a vector of supertypes.
// Thread rule: all members may be called from any thread; returned references stay valid as long as the registry. Only
// interning takes a lock. Reading an entry needs none: it is written before its id is returned, and whatever passes the
// id to another thread synchronises the two.
// Types are never removed, so that ids stay comparable. The registry of an engine grows with the number of distinct
// types in its modules.
#pragma once

#include <mini_wasm/types.h>

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/limits.h"

namespace mini_wasm {

enum class CompositeKind : uint8_t { func, struct_, array };

// spec 2.3 "Recursive Types": a composite type with its declared supertype. In a definition that is passed to
// `intern_rec_group`, a reference to member k of the same group is the id `rec_member(k)`.
struct DefType {
  CompositeKind kind = CompositeKind::func;
  FuncType func;                  // for kind func
  std::vector<FieldType> fields;  // for kind struct; one field for kind array
  TypeId super = kNoType;
  bool final_ = true;
  // Set by the registry: the supertypes from the root down to this type itself; whether all fields have default values;
  // the number of slots for parameters and for results (ValType::slots).
  std::vector<TypeId> supertypes;
  bool defaultable = true;
  uint32_t param_slots = 0, result_slots = 0;
};

class TypeRegistry {
 public:
  // The longest chain of declared supertypes (the JavaScript API's limit). It keeps subtype checks O(1).
  static constexpr uint32_t kMaxSubtypingDepth = limits::kMaxSubtypingDepth;
  // Ids from here on stand for members of the group that is being defined.
  static constexpr uint32_t kRecBase = 1u << 26;
  static constexpr TypeId rec_member(uint32_t k) { return TypeId{kRecBase + k}; }

  TypeRegistry() = default;
  TypeRegistry(const TypeRegistry&) = delete;
  TypeRegistry& operator=(const TypeRegistry&) = delete;

  // Interns the group and returns the id of its first member; the others have the following ids. Returns kNoType when
  // the registry is full. The definitions must be valid, except for subtyping, which `matches_structurally` checks: a
  // supertype must come earlier, and have a depth of at most kMaxSubtypingDepth - 1.
  TypeId intern_rec_group(std::vector<DefType> group);
  TypeId intern(const FuncType& type);

  const DefType& get(TypeId id) const {
    const uint32_t slot = static_cast<uint32_t>(id) + kFirstChunk;
    const uint32_t log2 = static_cast<uint32_t>(std::bit_width(slot)) - 1;
    return chunks_[log2 - kFirstChunkLog2][slot - (1u << log2)];
  }
  const FuncType& func(TypeId id) const { return get(id).func; }
  // Whether the type is valid and belongs to this registry. For types that the embedder makes: their ids may come from
  // another registry.
  bool has(ValType type) const;

  // spec 3.3: t1 <= t2.
  bool is_subtype(ValType t1, ValType t2) const { return t1 == t2 || is_subtype_slow(t1, t2); }
  bool is_subtype(TypeId t1, TypeId t2) const;  // kNoType is only a subtype of itself
  // Whether the composite type of `sub` matches that of `super` (spec 3.3 "Composite Types"): for a declared supertype.
  bool matches_structurally(const DefType& sub, const DefType& super) const;

 private:
  // Chunk n holds kFirstChunk << n types; a chunk never moves, so reading needs no lock.
  static constexpr uint32_t kFirstChunkLog2 = 6, kFirstChunk = 1u << kFirstChunkLog2;
  static constexpr uint32_t kMaxTypes = kRecBase - kFirstChunk;
  static_assert(kMaxTypes == limits::kMaxEngineTypes);

  bool is_subtype_slow(ValType t1, ValType t2) const;
  TypeId find(uint64_t hash, std::span<const DefType> group) const;
  TypeId find(uint64_t hash, const FuncType& type) const;
  TypeId add(uint64_t hash, std::vector<DefType> group);
  DefType& slot_for(uint32_t id);

  mutable std::shared_mutex mutex_;
  std::array<std::unique_ptr<DefType[]>, 26 - kFirstChunkLog2> chunks_;
  uint32_t size_ = 0;
  struct Group {
    uint32_t first;
    uint32_t size;
  };
  std::unordered_multimap<uint64_t, Group> groups_;  // by hash
};

}  // namespace mini_wasm
