// Reads the encoding of instructions: the opcode and each kind of immediate (spec 5.4). The function walk, constant
// expressions and the disassembler all use this file. Common cases are inline; the others are in instr_reader.cc.
// Errors are the Reader's sticky errors: after one, every function returns a harmless value (Op::invalid, index 0).
// Indices are not compared with the sizes of index spaces here, except for type indices in value types, because these
// are converted to canonical ids at once ("unknown type").
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/immediates.h"
#include "core/indices.h"
#include "core/opcode.h"
#include "decoder/module.h"
#include "decoder/reader.h"

namespace mini_wasm::decoder {

// The types that a type in the binary may refer to, and the features that are on. Cheap to copy; it refers to the
// module's vector of types.
struct TypeScope {
  std::span<const TypeId> types;  // canonical ids by type index
  uint32_t rec_size = 0;          // while a rec group is decoded: its members follow `types` (spec 3.2)
  FeatureSet features;

  TypeScope(const Module& module, FeatureSet features_on) : types(module.types), features(features_on) {}
};

// Fails with "... needs the x proposal" unless `feature` is on.
void fail_feature(Reader& r, uint32_t at, std::string_view what, Feature feature);
inline bool require(Reader& r, FeatureSet on, Feature feature, uint32_t at, std::string_view what) {
  if (on.has(feature)) [[likely]]
    return true;
  fail_feature(r, at, what, feature);
  return false;
}

// --- Opcodes -------------------------------------------------------------------------------------------------------

// The opcodes of one byte whose feature is on; Op::invalid for all other bytes.
class OpTable {
 public:
  explicit OpTable(FeatureSet features);
  Op operator[](uint8_t first) const { return ops_[first]; }

 private:
  std::array<Op, 256> ops_;
};

namespace detail {
Op read_op_slow(Reader& r, FeatureSet features, uint32_t at, uint8_t first);
}  // namespace detail

// Reads an opcode. Fails if it is unknown or its feature is off ("illegal opcode ff", "i32.atomic.load needs the
// threads proposal"), and at the end of the reader's range ("unexpected end of section or function").
inline Op read_op(Reader& r, FeatureSet features) {
  const uint32_t at = r.offset();
  if (r.at_end()) [[unlikely]]  // also after an error
    return detail::read_op_slow(r, features, at, r.u8());
  const uint8_t first = r.u8();
  return detail::read_op_slow(r, features, at, first);
}
// The same, with the OpTable of these features.
inline Op read_op(Reader& r, FeatureSet features, const OpTable& ops) {
  if (!r.at_end()) [[likely]] {
    if (const Op op = ops[*r.pos()]; op != Op::invalid) [[likely]] {
      r.skip(1);
      return op;
    }
  }
  return read_op(r, features);
}
// The same for code that has been validated.
inline Op read_valid_op(Reader& r, FeatureSet features, const OpTable& ops) {
  const uint8_t first = *r.pos();
  r.skip(1);
  if (const Op op = ops[first]; op != Op::invalid) [[likely]]
    return op;
  return detail::read_op_slow(r, features, r.offset() - 1, first);
}

// --- Types (5.3) ---------------------------------------------------------------------------------------------------

namespace detail {
ValType read_val_type_slow(Reader& r, const TypeScope& scope);
}

// Whether a byte is the code of i32, i64, f32 or f64 (5.3.1), which are -1 to -4 as s7.
constexpr bool is_num_type(uint8_t code) { return code >= 0x7c && code <= 0x7f; }
constexpr ValType num_type(uint8_t code) {
  return static_cast<ValType::Kind>(static_cast<uint8_t>(ValType::Kind::i32) + (0x7f - code));
}

// 5.3.4; "malformed value type", "unknown type 7".
inline ValType read_val_type(Reader& r, const TypeScope& scope) {
  if (is_num_type(r.peek())) [[likely]]
    return num_type(r.u8());
  return detail::read_val_type_slow(r, scope);
}
// 5.3.3: an abstract heap type or a type index (s33), as the reference type with that nullability.
ValType read_heap_type(Reader& r, const TypeScope& scope, bool nullable);
// 5.3.3: a reference type; "malformed reference type" for any other.
ValType read_ref_type(Reader& r, const TypeScope& scope);

// 5.4.1. It has been checked that a type index exists; the caller must check that it is a function type.
struct BlockType {
  enum class Kind : uint8_t { empty, value, type };
  Kind kind = Kind::empty;
  ValType value{};  // kind value
  TypeIdx type{};   // kind type
};

inline constexpr uint8_t kEmptyBlockType = 0x40;

namespace detail {
BlockType read_block_type_slow(Reader& r, const TypeScope& scope);
}

inline BlockType read_block_type(Reader& r, const TypeScope& scope) {
  const uint8_t code = r.peek();
  if (code == kEmptyBlockType) return r.u8(), BlockType{};
  if (is_num_type(code)) return {BlockType::Kind::value, num_type(r.u8()), TypeIdx{}};
  return detail::read_block_type_slow(r, scope);
}

// --- Other immediates (5.4) ----------------------------------------------------------------------------------------

namespace detail {
MemArg read_memarg_slow(Reader& r, FeatureSet features);
}

// 5.4.5. The offset may have 64 bits for every memory: the validator checks that it fits the address type ("offset out
// of range").
inline MemArg read_memarg(Reader& r, FeatureSet features) {
  if (r.left() >= 2 && r.pos()[0] < kMemArgHasMemory && r.pos()[1] < 0x80) [[likely]] {
    const uint32_t align = r.u8();
    return {align, 0, r.u8()};
  }
  return detail::read_memarg_slow(r, features);
}

// The memory index of instructions such as memory.size; without multi-memory, a reserved byte ("zero byte expected").
uint32_t read_memory_index(Reader& r, FeatureSet features);
// The table index of instructions such as call_indirect; without reference types, a reserved byte.
uint32_t read_table_index(Reader& r, FeatureSet features);

// br_table: the number of labels before the default. The caller then reads that many labels and one more with u32().
inline uint32_t read_label_count(Reader& r) { return r.count(1, "branch targets"); }

// try_table: the number of catch clauses that follow.
inline uint32_t read_catch_count(Reader& r) { return r.count(2, "catch clauses"); }
CatchClause read_catch(Reader& r);

// select with types: their number (the validator requires exactly one). The caller then calls read_val_type for each.
inline uint32_t read_select_count(Reader& r) { return r.count(1, "types"); }

struct BrOnCast {
  uint32_t label = 0;
  ValType source{};  // with the nullabilities of the flags
  ValType target{};
};
BrOnCast read_br_on_cast(Reader& r, const TypeScope& scope);

// A lane index. Every byte is well-formed; the validator checks the range ("invalid lane index").
inline uint8_t read_lane(Reader& r) { return r.u8(); }
// The 16 bytes of v128.const or i8x16.shuffle; nullptr after an error.
const uint8_t* read_16_bytes(Reader& r);
// The reserved byte of atomic.fence.
void read_zero_byte(Reader& r);

// --- Any instruction -----------------------------------------------------------------------------------------------

// All immediates of one instruction, for readers that handle all opcodes in the same way. The parts (immediates.def) of
// the opcode's `Imm` determine which members are meaningful.
struct Immediates {
  uint32_t index[2] = {0, 0};        // of the first and second part, if they are indices or u32; cast: the label
  uint64_t bits[2] = {0, 0};         // i32 (sign-extended), i64, f32, f64, v128, lanes
  uint8_t lane = 0;                  // lane
  MemArg memarg;                     // memarg
  BlockType block;                   // block_type
  std::vector<CatchClause> catches;  // catches
  std::vector<uint32_t> labels;      // labels, the default last
  std::vector<ValType> types;        // types; heap_type (one, not null); cast (source, target)
};

// Reads the immediates of an opcode with this `Imm`. Use the same `out` again, so that its vectors keep their memory.
void read_immediates(Reader& r, const TypeScope& scope, Imm shape, Immediates& out);

// The short way through an expression that is a single number, as most offsets of segments are. If the next two
// instructions are `op`, which is i32.const or i64.const, and `end`, reads both and returns the number, zero-extended to
// 64 bits. Otherwise returns nothing, and has read the first of them at most; the rest of the expression follows.
std::optional<uint64_t> read_single_const(Reader& r, Op op);

// Skips a constant expression, or the rest of one, including its `end` (5.4.10), and returns its bytes. Nested blocks
// are skipped too, although no constant instruction begins one. Checks only that the opcodes exist.
ByteRange skip_expr(Reader& r, const TypeScope& scope, Immediates& scratch);

// Reads a function body with its locals (5.5.13) to check its encoding: fails at the first malformed part.
void skip_body(Reader& r, const TypeScope& scope, Immediates& scratch);

}  // namespace mini_wasm::decoder
