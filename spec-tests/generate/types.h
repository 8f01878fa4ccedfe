// Types of a module that is being generated. A concrete type is a type index of that module, unlike in ValType, whose
// type ids belong to an engine.
#pragma once

#include <cstdint>
#include <vector>

namespace mini_wasm::generate {

// A heap type as in the binary format (spec 5.3.3): a type index, or one of these negative numbers.
using Heap = int32_t;
enum AbstractHeap : Heap {
  kNoExn = 0x74 - 0x80,
  kNoFunc = 0x73 - 0x80,
  kNoExtern = 0x72 - 0x80,
  kNone = 0x71 - 0x80,
  kFunc = 0x70 - 0x80,
  kExtern = 0x6f - 0x80,
  kAny = 0x6e - 0x80,
  kEq = 0x6d - 0x80,
  kI31 = 0x6c - 0x80,
  kStruct = 0x6b - 0x80,
  kArray = 0x6a - 0x80,
  kExn = 0x69 - 0x80,
};

enum class Kind : uint8_t { i32, i64, f32, f64, v128, ref };
inline constexpr unsigned kNumericKinds = 5;

struct Type {
  Kind kind = Kind::i32;
  bool nullable = true;
  Heap heap = 0;

  constexpr Type() = default;
  constexpr Type(Kind k) : kind(k) {}  // NOLINT: a numeric type is its kind
  static constexpr Type ref(Heap heap, bool nullable = true) {
    Type type(Kind::ref);
    type.heap = heap;
    type.nullable = nullable;
    return type;
  }
  constexpr bool is_ref() const { return kind == Kind::ref; }
  constexpr bool defaultable() const { return !is_ref() || nullable; }
  friend constexpr bool operator==(Type, Type) = default;
};

using Types = std::vector<Type>;

struct Signature {
  Types params;
  Types results;
  friend bool operator==(const Signature&, const Signature&) = default;
};

// A field of a structure or the element of an array (spec 2.3.9).
struct Field {
  Type type;
  uint8_t packed_bits = 0;  // 8 or 16 for a packed i32
  bool mutable_ = true;
};

struct DefinedType {
  enum class Form : uint8_t { func, struct_, array };
  Form form = Form::func;
  Signature signature;        // func
  std::vector<Field> fields;  // struct: all; array: one
  int32_t super = -1;         // a type index; -1: none
};

}  // namespace mini_wasm::generate
