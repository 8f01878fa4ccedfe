// The type vocabulary of WebAssembly (spec 2.3 "Types") as plain values.
// Everything here is trivially copyable or owns its storage; nothing refers to an engine except a concrete
// reference type, whose `TypeId` is meaningful only together with the engine that interned it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mini_wasm {

// A defined type, interned per engine: two ids are equal exactly when the types are equal (spec 3.3.4).
enum class TypeId : uint32_t {};
inline constexpr TypeId kNoType{0xffff'ffff};

// The abstract heap types (spec 2.3.3).
enum class HeapKind : uint8_t {
  func,
  nofunc,
  extern_,
  noextern,
  any,
  eq,
  i31,
  struct_,
  array,
  none,
  exn,
  noexn,
};

// A value type in 32 bits: kind (3), nullable (1), concrete (1), then the abstract heap type or the type id.
class ValType {
 public:
  enum class Kind : uint8_t { bottom, i32, i64, f32, f64, v128, ref };

  constexpr ValType() = default;
  constexpr ValType(Kind kind) : bits_(static_cast<uint32_t>(kind)) {}  // NOLINT: a numeric type is its kind
  static constexpr ValType ref(HeapKind heap, bool nullable) {
    return from_bits(kRef | (nullable ? kNullable : 0) | static_cast<uint32_t>(heap) << kHeapShift);
  }
  static constexpr ValType ref(TypeId type, bool nullable) {
    return from_bits(kRef | (nullable ? kNullable : 0) | kConcrete | static_cast<uint32_t>(type) << kHeapShift);
  }
  static constexpr ValType from_bits(uint32_t bits) {
    ValType t;
    t.bits_ = bits;
    return t;
  }

  constexpr uint32_t bits() const { return bits_; }
  constexpr Kind kind() const { return static_cast<Kind>(bits_ & kKindMask); }
  constexpr bool is_bottom() const { return bits_ == 0; }
  constexpr bool is_ref() const { return kind() == Kind::ref; }
  constexpr bool is_numeric() const { return kind() >= Kind::i32 && kind() <= Kind::f64; }
  constexpr bool is_vector() const { return kind() == Kind::v128; }
  constexpr bool nullable() const { return (bits_ & kNullable) != 0; }
  constexpr bool concrete() const { return (bits_ & kConcrete) != 0; }
  constexpr HeapKind heap() const { return static_cast<HeapKind>(bits_ >> kHeapShift); }
  constexpr TypeId type_id() const { return TypeId{bits_ >> kHeapShift}; }
  constexpr ValType with_nullable(bool nullable) const {
    return from_bits((bits_ & ~kNullable) | (nullable ? kNullable : 0));
  }
  // A type is defaultable when a local of it starts with a value: all but non-null references (spec 3.1.5).
  constexpr bool defaultable() const { return !is_ref() || nullable(); }
  // How many 8-byte slots a value of this type takes on the value stack.
  constexpr uint32_t slots() const { return is_vector() ? 2 : 1; }

  friend constexpr bool operator==(ValType a, ValType b) { return a.bits_ == b.bits_; }

  static const ValType i32, i64, f32, f64, v128, funcref, externref, bottom;

 private:
  static constexpr uint32_t kKindMask = 7, kNullable = 8, kConcrete = 16, kHeapShift = 5;
  static constexpr uint32_t kRef = static_cast<uint32_t>(Kind::ref);
  uint32_t bits_ = 0;
};

inline constexpr ValType ValType::i32{Kind::i32}, ValType::i64{Kind::i64}, ValType::f32{Kind::f32},
    ValType::f64{Kind::f64}, ValType::v128{Kind::v128}, ValType::bottom{};
inline constexpr ValType ValType::funcref = ValType::ref(HeapKind::func, true);
inline constexpr ValType ValType::externref = ValType::ref(HeapKind::extern_, true);

// Text form, e.g. "i32", "funcref", "(ref null 3)" (concrete types print their engine-wide id).
std::string to_string(ValType type);

struct FuncType {
  std::vector<ValType> params;
  std::vector<ValType> results;
  friend bool operator==(const FuncType&, const FuncType&) = default;
};
std::string to_string(const FuncType& type);  // "[i32 i64] -> [f32]"

// Sizes of a memory (in pages) or a table (in elements).
struct Limits {
  uint64_t min = 0;
  std::optional<uint64_t> max;
  friend bool operator==(const Limits&, const Limits&) = default;
};

struct MemoryType {
  Limits limits;
  bool is_64 = false;
  bool shared = false;
  uint8_t page_size_log2 = 16;
  friend bool operator==(const MemoryType&, const MemoryType&) = default;
};

struct TableType {
  ValType element;
  Limits limits;
  bool is_64 = false;
  friend bool operator==(const TableType&, const TableType&) = default;
};

struct GlobalType {
  ValType value;
  bool mutable_ = false;
  friend bool operator==(const GlobalType&, const GlobalType&) = default;
};

enum class ExternKind : uint8_t { func, table, memory, global, tag };
const char* to_string(ExternKind kind);

// What a module declares about one import or export. Only the member named by `kind` is meaningful.
struct ExternType {
  ExternKind kind = ExternKind::func;
  FuncType func;  // also the parameters of a tag
  TableType table;
  MemoryType memory;
  GlobalType global;
};

struct ImportType {
  std::string module;
  std::string name;
  ExternType type;
};

struct ExportType {
  std::string name;
  ExternType type;
};

}  // namespace mini_wasm
