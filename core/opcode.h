// The opcode table as types: Op, Imm, OpClass, Feature, and one constexpr OpInfo per opcode.
//
// Everything here is generated from opcodes.def, immediates.def and features.def; nothing else in the project lists
// opcodes. All tables are constant data: any thread may read them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace mini_wasm {

// One enumerator per row of opcodes.def, in row order.
enum class Op : uint16_t {
#define OP(id, text, prefix, code, feature, imm, cls, signature) id,
#include "core/opcodes.def"
#undef OP
  invalid,  // no opcode has this encoding
  prefix,   // in kOneByteOps only: the byte starts a prefixed opcode
};

inline constexpr size_t kOpCount = static_cast<size_t>(Op::invalid);

// One enumerator per PART row of immediates.def: something that may follow an opcode in the binary format.
enum class ImmPart : uint8_t {
#define PART(id) id,
#include "core/immediates.def"
};

// One enumerator per IMM row of immediates.def: what follows the opcode.
enum class Imm : uint8_t {
#define IMM(id, first, second, order) id,
#include "core/immediates.def"
};

enum class TextOrder : uint8_t { as_coded, target_first };

struct ImmInfo {
  ImmPart first, second;  // in the order of the binary format; `none` where there are fewer
  TextOrder order;
};

inline constexpr ImmInfo kImmInfo[] = {
#define IMM(id, first, second, order) {ImmPart::first, ImmPart::second, TextOrder::order},
#include "core/immediates.def"
};

constexpr const ImmInfo& imm_info(Imm imm) { return kImmInfo[static_cast<size_t>(imm)]; }

// Whether the instruction begins a block, which an `end` (or `delegate`) closes.
constexpr bool opens_block(Imm imm) { return imm_info(imm).first == ImmPart::block_type; }
// Whether the instruction accesses memory, with the address as its first operand.
constexpr bool has_memarg(Imm imm) { return imm_info(imm).first == ImmPart::memarg; }

// The kind of rule and handler that an opcode needs.
enum class OpClass : uint8_t {
  control,
  parametric,
  variable,
  constant,
  numeric,       // scalar, pure, fixed signature, no immediates: numeric::<id>
  numeric_trap,  // as numeric, returns Checked<T>
  simd,          // as numeric, with vectors
  simd_lane,     // lane or shuffle immediate, no memory
  load,          // scalar
  store,
  simd_load,
  simd_store,
  load_lane,
  store_lane,
  memory,
  table,
  ref,
  gc,
  exception,
  atomic_load,
  atomic_store,
  atomic_rmw,
  atomic_cmpxchg,
  atomic_wait,
  atomic_notify,
  atomic_fence,
};

// One enumerator per row of features.def; the value is the bit index in FeatureSet.
enum class Feature : uint8_t {
#define FEATURE(id, text, default_on, description) id,
#include "core/features.def"
#undef FEATURE
};

struct FeatureInfo {
  std::string_view text;  // name on the command line
  bool default_on;
  std::string_view description;
};

inline constexpr FeatureInfo kFeatureInfo[] = {
#define FEATURE(id, text, default_on, description) {text, default_on, description},
#include "core/features.def"
#undef FEATURE
};

inline constexpr size_t kFeatureCount = sizeof(kFeatureInfo) / sizeof(kFeatureInfo[0]);

constexpr const FeatureInfo& feature_info(Feature feature) { return kFeatureInfo[static_cast<size_t>(feature)]; }

// Finds a feature by its command-line name; '_' and '-' are the same.
std::optional<Feature> feature_from_text(std::string_view text);

// A set of features, one bit each. The default-constructed set is empty.
class FeatureSet {
 public:
  constexpr FeatureSet() = default;

  // The features of the default configuration (features.def: default_on).
  static constexpr FeatureSet defaults() {
    FeatureSet result;
    for (size_t i = 0; i < kFeatureCount; ++i) {
      if (kFeatureInfo[i].default_on) result.set(static_cast<Feature>(i));
    }
    return result;
  }
  static constexpr FeatureSet all() {
    FeatureSet result;
    result.bits_ = (uint32_t{1} << kFeatureCount) - 1;
    return result;
  }

  constexpr bool has(Feature feature) const { return (bits_ >> static_cast<unsigned>(feature)) & 1; }
  constexpr void set(Feature feature) { bits_ |= bit(feature); }
  constexpr void clear(Feature feature) { bits_ &= ~bit(feature); }
  constexpr uint32_t bits() const { return bits_; }

  friend constexpr bool operator==(FeatureSet, FeatureSet) = default;

 private:
  static constexpr uint32_t bit(Feature feature) { return uint32_t{1} << static_cast<unsigned>(feature); }
  static_assert(kFeatureCount < 32);

  uint32_t bits_ = 0;
};

// Type of an operand or result in a fixed signature.
enum class SigType : uint8_t {
  none,
  i32,
  i64,
  f32,
  f64,
  v128,
  addr,  // i32 or i64: the address type of the memory in the immediate
};

struct OpInfo {
  std::string_view text;
  uint32_t code;   // the number after the prefix byte, or the opcode byte itself
  uint8_t prefix;  // 0x00 for one-byte opcodes
  Feature feature;
  Imm imm;
  OpClass cls;
  bool special;  // no fixed signature; the next four members are empty
  uint8_t param_count;
  uint8_t result_count;
  uint8_t access_log2;  // for memory accesses: log2 of the bytes accessed, which is the natural alignment; else 0
  SigType params[4];
  SigType results[2];
};

namespace detail {

constexpr SigType sig_type(char letter) {
  switch (letter) {
    case 'i': return SigType::i32;
    case 'I': return SigType::i64;
    case 'f': return SigType::f32;
    case 'F': return SigType::f64;
    case 'v': return SigType::v128;
    case 'a': return SigType::addr;
    default: return SigType::none;
  }
}

constexpr uint8_t log2_of_bits(unsigned bits) {
  uint8_t log2 = 0;
  for (unsigned bytes = bits / 8; bytes > 1; bytes /= 2) ++log2;
  return log2;
}

// Reads the decimal number at text[pos] and advances pos; 0 when there is none.
constexpr unsigned read_number(std::string_view text, size_t& pos) {
  unsigned value = 0;
  while (pos < text.size() && text[pos] >= '0' && text[pos] <= '9') {
    value = value * 10 + static_cast<unsigned>(text[pos++] - '0');
  }
  return value;
}

// The width of a memory access, from the opcode's name. A number after load/store/rmw/wait is the width in bits; N in
// "loadMxN" multiplies it. Without a number, the whole type at the beginning of the name is accessed.
constexpr uint8_t access_log2(std::string_view text) {
  if (text.find(".notify") != text.npos) return 2;
  for (std::string_view verb : {"load", "store", "rmw", "wait"}) {
    size_t pos = text.find(verb);
    if (pos == text.npos) continue;
    pos += verb.size();
    unsigned bits = read_number(text, pos);
    if (bits != 0 && pos < text.size() && text[pos] == 'x') bits *= read_number(text, ++pos);
    if (bits == 0) {
      size_t type_pos = 1;
      bits = read_number(text, type_pos);
    }
    return log2_of_bits(bits);
  }
  return 0;
}

constexpr OpInfo make_op_info(std::string_view text, uint8_t prefix, uint32_t code, Feature feature, Imm imm,
                              OpClass cls, std::string_view signature) {
  OpInfo info{text, code, prefix, feature, imm, cls, signature == "*", 0, 0, 0, {}, {}};
  if (has_memarg(imm)) info.access_log2 = access_log2(text);
  if (info.special) return info;
  const size_t colon = signature.find(':');
  for (size_t i = 0; i < colon; ++i) info.params[info.param_count++] = sig_type(signature[i]);
  for (size_t i = colon + 1; i < signature.size(); ++i) info.results[info.result_count++] = sig_type(signature[i]);
  return info;
}

}  // namespace detail

// The table, indexed by Op.
inline constexpr std::array<OpInfo, kOpCount> kOpInfo = {{
#define OP(id, text, prefix, code, feature, imm, cls, signature) \
  detail::make_op_info(text, prefix, code, Feature::feature, Imm::imm, OpClass::cls, signature),
#include "core/opcodes.def"
#undef OP
}};

// The row of `op`; `op` must not be Op::invalid or Op::prefix.
constexpr const OpInfo& op_info(Op op) { return kOpInfo[static_cast<size_t>(op)]; }

// Whether a fixed signature has a v128.
constexpr bool has_vectors(const OpInfo& info) {
  bool found = false;
  for (const SigType type : info.params) found = found || type == SigType::v128;
  for (const SigType type : info.results) found = found || type == SigType::v128;
  return found;
}

// A table with an entry for each of `count` opcodes from `first` on, made at compile time:
// `pick.template operator()<op>()` gives the entry of `op`.
template <class Entry, Op first = Op{}, size_t count = kOpCount, class Pick>
constexpr std::array<Entry, count> by_op(Pick pick) {
  return [&]<size_t... I>(std::index_sequence<I...>) {
    return std::array<Entry, count> { pick.template operator()<static_cast<Op>(static_cast<size_t>(first) + I)>()... };
  }(std::make_index_sequence<count>{});
}

namespace detail {

// Maps codes 0..N-1 of one prefix to Op; Op::invalid where no row has the code.
template <size_t N>
constexpr std::array<Op, N> make_op_map(uint8_t prefix) {
  std::array<Op, N> map{};
  for (Op& op : map) op = Op::invalid;
  for (size_t i = 0; i < kOpCount; ++i) {
    if (kOpInfo[i].prefix == prefix) map[kOpInfo[i].code] = static_cast<Op>(i);
  }
  return map;
}

constexpr size_t code_limit(uint8_t prefix) {
  size_t limit = 0;
  for (const OpInfo& info : kOpInfo) {
    if (info.prefix == prefix && info.code >= limit) limit = info.code + 1;
  }
  return limit;
}

constexpr std::array<Op, 256> make_one_byte_map() {
  std::array<Op, 256> map = make_op_map<256>(0);
  for (const OpInfo& info : kOpInfo) {
    if (info.prefix != 0) map[info.prefix] = Op::prefix;
  }
  return map;
}

template <size_t N>
constexpr Op lookup(const std::array<Op, N>& map, uint32_t code) {
  return code < N ? map[code] : Op::invalid;
}

}  // namespace detail

// First byte -> Op; Op::prefix for the prefix bytes, Op::invalid for bytes that start no opcode.
inline constexpr std::array<Op, 256> kOneByteOps = detail::make_one_byte_map();

inline constexpr auto kOpsFB = detail::make_op_map<detail::code_limit(0xfb)>(0xfb);
inline constexpr auto kOpsFC = detail::make_op_map<detail::code_limit(0xfc)>(0xfc);
inline constexpr auto kOpsFD = detail::make_op_map<detail::code_limit(0xfd)>(0xfd);
inline constexpr auto kOpsFE = detail::make_op_map<detail::code_limit(0xfe)>(0xfe);

// The opcode with this encoding (prefix 0x00: one-byte opcode `code`), or Op::invalid.
constexpr Op op_from_code(uint8_t prefix, uint32_t code) {
  switch (prefix) {
    case 0x00: {
      const Op op = detail::lookup(kOneByteOps, code);
      return op == Op::prefix ? Op::invalid : op;
    }
    case 0xfb: return detail::lookup(kOpsFB, code);
    case 0xfc: return detail::lookup(kOpsFC, code);
    case 0xfd: return detail::lookup(kOpsFD, code);
    case 0xfe: return detail::lookup(kOpsFE, code);
    default: return Op::invalid;
  }
}

// The opcode with this name in the text format. If several rows have the same text, the first one is returned: `select`
// (not `select_t`), `ref_test` and `ref_cast` (not the `_null` ones). The caller must then look at the operands.
std::optional<Op> op_from_text(std::string_view text);

}  // namespace mini_wasm
