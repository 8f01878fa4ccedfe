// Types of the binary format (spec 5.3).
#include "decoder/type_decoder.h"

#include <algorithm>

#include "core/limits.h"

namespace mini_wasm::decoder {
namespace {

constexpr uint8_t kFunc = 0x60, kStruct = 0x5f, kArray = 0x5e, kSub = 0x50, kSubFinal = 0x4f, kRec = 0x4e;
constexpr uint8_t kPackedI8 = 0x78, kPackedI16 = 0x77;

class TypeSection {
 public:
  TypeSection(Reader& r, Module& module, TypeRegistry& registry, FeatureSet features)
      : r_(r), module_(module), registry_(registry), scope_(module, features) {}

  void read() {
    const uint32_t count = read_count(r_, 2, limits::kMaxTypes, "types");
    module_.types.reserve(count);
    module_.type_offsets.reserve(count);
    for (uint32_t i = 0; i < count && r_.ok(); ++i) read_rec_type();
  }

 private:
  // 5.3.12: one group; a single definition is a group of one.
  void read_rec_type() {
    uint32_t size = 1;
    if (r_.peek() == kRec && !r_.at_end()) {
      if (!require(r_, scope_.features, Feature::gc, r_.offset(), "a recursive type")) return;
      r_.u8();
      size = read_count(r_, 2, limits::kMaxTypes, "types");
    }
    if (size > limits::kMaxTypes - module_.types.size()) {
      return r_.fail(r_.offset(), "too many types", ErrorKind::limit);
    }
    scope_.types = module_.types;
    scope_.rec_size = scope_.features.has(Feature::gc) ? size : 0;
    // The vectors keep their capacity between groups: nothing is allocated for a type that the registry already has.
    group_.resize(size);
    depths_.assign(size, 0);
    for (uint32_t i = 0; i < size && r_.ok(); ++i) {
      module_.type_offsets.push_back(r_.offset());
      read_sub_type(i);
    }
    if (r_.ok()) intern_group();
  }

  void intern_group() {
    const uint32_t size = static_cast<uint32_t>(group_.size());
    const TypeId first =
        size == 1 && is_plain_func(group_[0]) ? registry_.intern(group_[0].func) : registry_.intern_rec_group(group_);
    if (first == kNoType) return r_.fail(r_.offset(), "too many types in the engine", ErrorKind::limit);
    for (uint32_t i = 0; i < size; ++i) module_.types.push_back(TypeId{static_cast<uint32_t>(first) + i});
  }

  static bool is_plain_func(const DefType& def) {
    const auto in_group = [](ValType t) {
      return t.concrete() && static_cast<uint32_t>(t.type_id()) >= TypeRegistry::kRecBase;
    };
    return def.kind == CompositeKind::func && def.final_ && def.super == kNoType &&
           std::none_of(def.func.params.begin(), def.func.params.end(), in_group) &&
           std::none_of(def.func.results.begin(), def.func.results.end(), in_group);
  }

  // 5.3.11
  void read_sub_type(uint32_t member) {
    DefType& def = group_[member];
    def.super = kNoType;
    def.final_ = true;
    const uint8_t code = r_.peek();
    if ((code == kSub || code == kSubFinal) && !r_.at_end()) {
      if (!require(r_, scope_.features, Feature::gc, r_.offset(), "a subtype")) return;
      r_.u8();
      def.final_ = code == kSubFinal;
      read_super(def, member);
    }
    if (r_.ok()) read_composite(def);
  }

  void read_super(DefType& def, uint32_t member) {
    const uint32_t at = r_.offset();
    const uint32_t count = r_.count(1, "supertypes");
    if (count == 0) return;
    if (count > 1) return r_.fail(at, "sub type with more than one supertype", ErrorKind::invalid);
    const uint32_t index = r_.u32();
    if (!r_.ok()) return;
    const size_t known = module_.types.size();
    // Only an earlier type can be a supertype (spec 3.2.11).
    if (index >= known + member) return r_.fail(at, "unknown type " + std::to_string(index), ErrorKind::invalid);
    if (index < known) {
      def.super = module_.types[index];
      depths_[member] = static_cast<uint32_t>(registry_.get(def.super).supertypes.size());
    } else {
      def.super = TypeRegistry::rec_member(static_cast<uint32_t>(index - known));
      depths_[member] = depths_[index - known] + 1;
    }
    if (depths_[member] >= TypeRegistry::kMaxSubtypingDepth) {
      r_.fail(at, "sub type: more than " + std::to_string(TypeRegistry::kMaxSubtypingDepth) + " levels",
              ErrorKind::limit);
    }
  }

  // 5.3.10
  void read_composite(DefType& def) {
    const uint32_t at = r_.offset();
    def.func.params.clear();
    def.func.results.clear();
    def.fields.clear();
    const uint8_t form = r_.u8();
    switch (form) {
      case kFunc: def.kind = CompositeKind::func; return read_func(def.func);
      case kStruct:
        def.kind = CompositeKind::struct_;
        if (require(r_, scope_.features, Feature::gc, at, "a structure type")) read_fields(def.fields);
        return;
      case kArray:
        def.kind = CompositeKind::array;
        if (require(r_, scope_.features, Feature::gc, at, "an array type")) def.fields.push_back(read_field());
        return;
      // The form is a signed LEB128 of one byte.
      default:
        r_.fail(at, form < 0x80 ? "malformed type form" : "malformed type form: integer representation too long");
    }
  }

  void read_func(FuncType& func) {
    read_types(func.params, limits::kMaxParams, "parameters");
    const uint32_t at = r_.offset();
    read_types(func.results, limits::kMaxResults, "results");
    if (func.results.size() > 1) {
      require(r_, scope_.features, Feature::multi_value, at, "invalid result arity: more than one result");
    }
  }

  void read_types(std::vector<ValType>& types, uint32_t limit, const char* what) {
    const uint32_t count = read_count(r_, 1, limit, what);
    types.reserve(count);
    for (uint32_t i = 0; i < count; ++i) types.push_back(read_val_type(r_, scope_));
  }

  void read_fields(std::vector<FieldType>& fields) {
    const uint32_t count = read_count(r_, 2, limits::kMaxFields, "fields");
    fields.reserve(count);
    for (uint32_t i = 0; i < count && r_.ok(); ++i) fields.push_back(read_field());
  }

  // 5.3.9
  FieldType read_field() {
    FieldType field;
    const uint8_t code = r_.peek();
    if (code == kPackedI8 || code == kPackedI16) {
      r_.u8();
      field.value = ValType::i32;
      field.packed = code == kPackedI8 ? FieldType::Packed::i8 : FieldType::Packed::i16;
    } else {
      field.value = read_val_type(r_, scope_);
    }
    const uint32_t at = r_.offset();
    const uint8_t mutability = r_.u8();
    if (mutability > 1) r_.fail(at, "malformed mutability");
    field.mutable_ = mutability == 1;
    return field;
  }

  Reader& r_;
  Module& module_;
  TypeRegistry& registry_;
  TypeScope scope_;
  std::vector<DefType> group_;
  std::vector<uint32_t> depths_;  // subtyping depth of each member of the group
};

// Bits of the flags byte of limits (5.3.9; shared: threads; page size: custom page sizes).
constexpr uint8_t kHasMax = 1, kShared = 2, kIs64 = 4, kPageSize = 8;

// Reads the flags byte; a bit that is not in `allowed` is an error.
uint8_t read_limits_flags(Reader& r, uint8_t allowed, FeatureSet features) {
  const uint32_t at = r.offset();
  const uint8_t flags = r.u8();
  if (flags & ~allowed) {
    r.fail(at, "malformed limits flags");
    return 0;
  }
  if (flags & kShared) require(r, features, Feature::threads, at, "malformed limits flags: a shared memory");
  if (flags & kIs64) require(r, features, Feature::memory64, at, "malformed limits flags: a 64-bit address type");
  if (flags & kPageSize) require(r, features, Feature::custom_page_sizes, at, "malformed limits flags: a page size");
  return flags;
}

// Since memory64, the numbers have 64 bits for every address type. The validator checks the ranges.
Limits read_limits(Reader& r, uint8_t flags, FeatureSet features) {
  const auto number = [&] { return features.has(Feature::memory64) ? r.u64() : r.u32(); };
  Limits limits;
  limits.min = number();
  if (flags & kHasMax) limits.max = number();
  return limits;
}

}  // namespace

uint32_t read_count(Reader& r, uint32_t min_bytes, uint32_t limit, const char* what) {
  const uint32_t at = r.offset();
  const uint32_t count = r.count(min_bytes, what);
  if (count <= limit) return count;
  r.fail(at, "too many " + std::string(what) + ": " + std::to_string(count) + ", at most " + std::to_string(limit),
         ErrorKind::limit);
  return 0;
}

void read_type_section(Reader& r, Module& module, TypeRegistry& registry, FeatureSet features) {
  TypeSection(r, module, registry, features).read();
}

ValType read_element_type(Reader& r, const TypeScope& scope) {
  if (r.peek() == 0x70) return r.u8(), ValType::funcref;
  return read_ref_type(r, scope);
}

TableType read_table_type(Reader& r, const TypeScope& scope) {
  TableType type;
  type.element = read_element_type(r, scope);
  const uint8_t flags = read_limits_flags(r, kHasMax | kIs64, scope.features);
  type.is_64 = (flags & kIs64) != 0;
  type.limits = read_limits(r, flags, scope.features);
  return type;
}

MemoryType read_memory_type(Reader& r, FeatureSet features) {
  MemoryType type;
  const uint8_t flags = read_limits_flags(r, kHasMax | kShared | kIs64 | kPageSize, features);
  type.shared = (flags & kShared) != 0;
  type.is_64 = (flags & kIs64) != 0;
  type.limits = read_limits(r, flags, features);
  if (flags & kPageSize) {
    const uint32_t at = r.offset();
    const uint32_t log2 = r.u32();
    // The proposal currently allows only pages of 1 and of 65536 bytes.
    if (log2 > 63) {
      r.fail(at, "invalid custom page size");  // no number of bytes in 64 bits
    } else if (log2 != 0 && log2 != 16) {
      r.fail(at, "invalid custom page size", ErrorKind::invalid);
    }
    type.page_size_log2 = static_cast<uint8_t>(log2);
  }
  return type;
}

GlobalType read_global_type(Reader& r, const TypeScope& scope) {
  GlobalType type;
  type.value = read_val_type(r, scope);
  const uint32_t at = r.offset();
  const uint8_t mutability = r.u8();
  if (mutability > 1) r.fail(at, "malformed mutability");
  type.mutable_ = mutability == 1;
  return type;
}

}  // namespace mini_wasm::decoder
