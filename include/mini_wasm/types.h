/// @file
/// The types of WebAssembly (spec 2.3) as plain values.
///
/// Nothing here refers to an engine, except a concrete reference type: its TypeId has a meaning only together with the
/// engine that gave it.
#pragma once

#include <mini_wasm/api.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mini_wasm {

/// The number of a defined type (spec 2.3 "Recursive Types") in an engine. Two types of one engine are equal exactly
/// when their numbers are (spec 3.1 "Defined Types").
enum class TypeId : uint32_t {};
/// The number of no type.
inline constexpr TypeId kNoType{0xffff'ffff};

/// The abstract heap types (spec 2.3 "Heap Types").
enum class HeapKind : uint8_t {
  func,      ///< Any function.
  nofunc,    ///< No function: the type of the null reference among functions.
  extern_,   ///< Any value of the host.
  noextern,  ///< No value of the host.
  any,       ///< Any value of the guest that is not a function or an exception.
  eq,        ///< Values that ref.eq compares.
  i31,       ///< Integers of 31 bits.
  struct_,   ///< Any structure.
  array,     ///< Any array.
  none,      ///< No value of the guest: below all of `any`.
  exn,       ///< Any exception.
  noexn,     ///< No exception.
};

/// A value type (spec 2.3 "Value Types") in 32 bits: kind (3 bits), nullable (1), concrete (1), then the abstract heap
/// type or the type's number (27). Trivially copyable; compared with ==.
class ValType {
 public:
  /// The kinds of value types. `bottom` is the type below all others (spec 3.1.1); no value has it.
  enum class Kind : uint8_t {
    bottom,  ///< No type.
    i32,     ///< 32-bit integer.
    i64,     ///< 64-bit integer.
    f32,     ///< 32-bit floating-point number.
    f64,     ///< 64-bit floating-point number.
    v128,    ///< 128-bit vector.
    ref,     ///< Reference.
  };

  /// The bottom type.
  constexpr ValType() = default;
  /// A type that is determined by its kind: all but references.
  constexpr ValType(Kind kind) : bits_(static_cast<uint32_t>(kind)) {}  // NOLINT: implicit by design
  /// A reference type with an abstract heap type.
  static constexpr ValType ref(HeapKind heap, bool nullable) {
    return from_bits(kRef | (nullable ? kNullable : 0) | static_cast<uint32_t>(heap) << kHeapShift);
  }
  /// A reference type with a concrete heap type.
  static constexpr ValType ref(TypeId type, bool nullable) {
    return from_bits(kRef | (nullable ? kNullable : 0) | kConcrete | static_cast<uint32_t>(type) << kHeapShift);
  }
  /// The type with this representation (ValType::bits).
  static constexpr ValType from_bits(uint32_t bits) {
    ValType t;
    t.bits_ = bits;
    return t;
  }

  /// The representation in 32 bits.
  constexpr uint32_t bits() const { return bits_; }
  /// The kind.
  constexpr Kind kind() const { return static_cast<Kind>(bits_ & kKindMask); }
  /// Whether it is the bottom type.
  constexpr bool is_bottom() const { return bits_ == 0; }
  /// Whether it is a reference type.
  constexpr bool is_ref() const { return kind() == Kind::ref; }
  /// Whether it is i32, i64, f32 or f64.
  constexpr bool is_numeric() const { return kind() >= Kind::i32 && kind() <= Kind::f64; }
  /// Whether it is v128.
  constexpr bool is_vector() const { return kind() == Kind::v128; }
  /// Whether it is a reference type that includes null.
  constexpr bool nullable() const { return (bits_ & kNullable) != 0; }
  /// Whether it is a reference type with a concrete heap type.
  constexpr bool concrete() const { return (bits_ & kConcrete) != 0; }
  /// The heap type of a reference type that is not concrete.
  constexpr HeapKind heap() const { return static_cast<HeapKind>(bits_ >> kHeapShift); }
  /// The heap type of a concrete reference type.
  constexpr TypeId type_id() const { return TypeId{bits_ >> kHeapShift}; }
  /// The same reference type with or without null.
  constexpr ValType with_nullable(bool nullable) const {
    return from_bits((bits_ & ~kNullable) | (nullable ? kNullable : 0));
  }
  /// Whether a local of this type has an initial value: true for all types but references without null (spec 4.2.1).
  constexpr bool defaultable() const { return !is_ref() || nullable(); }
  /// How many 8-byte slots a value of this type takes: two for a vector, one for all others.
  constexpr uint32_t slots() const { return is_vector() ? 2 : 1; }

  /// Whether two types are the same. It says nothing about subtypes.
  friend constexpr bool operator==(ValType a, ValType b) { return a.bits_ == b.bits_; }

  static const ValType i32;        ///< 32-bit integer.
  static const ValType i64;        ///< 64-bit integer.
  static const ValType f32;        ///< 32-bit floating-point number.
  static const ValType f64;        ///< 64-bit floating-point number.
  static const ValType v128;       ///< 128-bit vector.
  static const ValType funcref;    ///< Reference to a function, or null.
  static const ValType externref;  ///< Reference to a value of the host, or null.
  static const ValType bottom;     ///< No type.

 private:
  static constexpr uint32_t kKindMask = 7, kNullable = 8, kConcrete = 16, kHeapShift = 5;
  static constexpr uint32_t kRef = static_cast<uint32_t>(Kind::ref);
  uint32_t bits_ = 0;
};

inline constexpr ValType ValType::i32{Kind::i32}, ValType::i64{Kind::i64}, ValType::f32{Kind::f32},
    ValType::f64{Kind::f64}, ValType::v128{Kind::v128}, ValType::bottom{};
inline constexpr ValType ValType::funcref = ValType::ref(HeapKind::func, true);
inline constexpr ValType ValType::externref = ValType::ref(HeapKind::extern_, true);

/// A type as text, for example "i32", "funcref" or "(ref null 3)", where 3 is a TypeId.
MINI_WASM_API std::string to_string(ValType type);

/// A function type (spec 2.3 "Composite Types").
struct FuncType {
  std::vector<ValType> params;   ///< Types of the parameters.
  std::vector<ValType> results;  ///< Types of the results.
  /// Whether two types are the same.
  friend bool operator==(const FuncType&, const FuncType&) = default;
};
/// A function type as text, for example "[i32 i64] -> [f32]".
MINI_WASM_API std::string to_string(const FuncType& type);

/// The type of a field of a structure, or of the elements of an array (spec 2.3 "Composite Types").
struct FieldType {
  /// Into how many bytes the value is packed.
  enum class Packed : uint8_t {
    none,  ///< It is stored as it is.
    i8,    ///< The low 8 bits of an i32 are stored.
    i16,   ///< The low 16 bits of an i32 are stored.
  };
  ValType value;                 ///< Type of the value: i32 if packed.
  Packed packed = Packed::none;  ///< Into how many bytes the value is packed.
  bool mutable_ = false;         ///< Whether the value can change.
  /// Whether two types are the same.
  friend bool operator==(const FieldType&, const FieldType&) = default;
};

/// A structure type (spec 2.3 "Composite Types"), for Engine::define.
struct StructType {
  std::vector<FieldType> fields;  ///< The fields.
  TypeId super = kNoType;         ///< The declared supertype, if there is one.
  bool final_ = true;             ///< Whether it can be nobody's declared supertype.
};

/// An array type (spec 2.3 "Composite Types"), for Engine::define.
struct ArrayType {
  FieldType element;       ///< The elements.
  TypeId super = kNoType;  ///< The declared supertype, if there is one.
  bool final_ = true;      ///< Whether it can be nobody's declared supertype.
};

/// The size limits of a memory or a table (spec 2.3 "Limits").
struct Limits {
  uint64_t min = 0;             ///< Pages of a memory, elements of a table.
  std::optional<uint64_t> max;  ///< In the same unit. None: no maximum.
  /// Whether two limits are the same.
  friend bool operator==(const Limits&, const Limits&) = default;
};

/// A memory type (spec 2.3 "Memory Types").
struct MemoryType {
  Limits limits;                ///< Sizes in pages.
  bool is_64 = false;           ///< Whether addresses have 64 bits instead of 32.
  bool shared = false;          ///< Whether several threads may use the memory (threads proposal).
  uint8_t page_size_log2 = 16;  ///< Binary logarithm of the bytes per page: 16, or 0 (custom-page-sizes proposal).
  /// Whether two types are the same.
  friend bool operator==(const MemoryType&, const MemoryType&) = default;
};

/// A table type (spec 2.3 "Table Types").
struct TableType {
  ValType element;     ///< Type of the elements: a reference type.
  Limits limits;       ///< Sizes in elements.
  bool is_64 = false;  ///< Whether indices have 64 bits instead of 32.
  /// Whether two types are the same.
  friend bool operator==(const TableType&, const TableType&) = default;
};

/// A global type (spec 2.3 "Global Types").
struct GlobalType {
  ValType value;          ///< Type of the value.
  bool mutable_ = false;  ///< Whether the value can change.
  /// Whether two types are the same.
  friend bool operator==(const GlobalType&, const GlobalType&) = default;
};

/// What can be imported and exported (spec 2.3 "External Types").
enum class ExternKind : uint8_t {
  func,    ///< A function.
  table,   ///< A table.
  memory,  ///< A memory.
  global,  ///< A global.
  tag,     ///< A tag of exceptions.
};
/// The name of a kind, for example "func". A constant of the program.
MINI_WASM_API const char* to_string(ExternKind kind);

/// The type of an import or an export. Only the member that belongs to `kind` has a meaning.
struct ExternType {
  ExternKind kind = ExternKind::func;  ///< Which member has a meaning.
  FuncType func;      ///< For `func`, and for `tag`, where the parameters are what an exception carries.
  TableType table;    ///< For `table`.
  MemoryType memory;  ///< For `memory`.
  GlobalType global;  ///< For `global`.
};

/// One import of a module (spec 2.5 "Imports").
struct ImportType {
  std::string module;  ///< The module name.
  std::string name;    ///< The name in that module.
  ExternType type;     ///< The declared type.
};

/// One export of a module (spec 2.5 "Exports").
struct ExportType {
  std::string name;  ///< The name.
  ExternType type;   ///< The declared type.
};

}  // namespace mini_wasm
