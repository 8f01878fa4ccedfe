// The less common encodings, and the reading of whole instructions.
#include "decoder/instr_reader.h"

#include "core/missing_feature.h"

namespace mini_wasm::decoder {
namespace {

std::string hex_byte(uint8_t byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  return {kDigits[byte >> 4], kDigits[byte & 15]};
}

// The codes of the abstract heap types (5.3.3), and the feature of each.
struct HeapCode {
  HeapKind heap;
  Feature feature;
};

constexpr std::optional<HeapCode> heap_code(uint8_t code) {
  switch (code) {
    case 0x74: return HeapCode{HeapKind::noexn, Feature::exceptions};
    case 0x73: return HeapCode{HeapKind::nofunc, Feature::gc};
    case 0x72: return HeapCode{HeapKind::noextern, Feature::gc};
    case 0x71: return HeapCode{HeapKind::none, Feature::gc};
    case 0x70: return HeapCode{HeapKind::func, Feature::ref_types};
    case 0x6f: return HeapCode{HeapKind::extern_, Feature::ref_types};
    case 0x6e: return HeapCode{HeapKind::any, Feature::gc};
    case 0x6d: return HeapCode{HeapKind::eq, Feature::gc};
    case 0x6c: return HeapCode{HeapKind::i31, Feature::gc};
    case 0x6b: return HeapCode{HeapKind::struct_, Feature::gc};
    case 0x6a: return HeapCode{HeapKind::array, Feature::gc};
    case 0x69: return HeapCode{HeapKind::exn, Feature::exceptions};
    default: return std::nullopt;
  }
}

constexpr uint8_t kV128 = 0x7b, kRefNull = 0x63, kRef = 0x64;

// Reads an abstract reference type of one byte (5.3.4); bottom if there is none.
ValType read_short_ref_type(Reader& r, FeatureSet features) {
  const std::optional<HeapCode> code = heap_code(r.peek());
  if (!code) return {};
  const ValType type = ValType::ref(code->heap, true);
  require(r, features, code->feature, r.offset(), to_string(type));
  return r.u8(), type;
}

ValType concrete_type(Reader& r, const TypeScope& scope, int64_t index, uint32_t at, bool nullable) {
  const uint64_t n = static_cast<uint64_t>(index);
  if (n < scope.types.size()) return ValType::ref(scope.types[n], nullable);
  if (n - scope.types.size() < scope.rec_size) {
    return ValType::ref(TypeRegistry::rec_member(static_cast<uint32_t>(n - scope.types.size())), nullable);
  }
  r.fail(at, "unknown type " + std::to_string(n), ErrorKind::invalid);
  return {};
}

// Reads a reference type in any of its forms; bottom, without an error, if there is none.
ValType try_read_ref_type(Reader& r, const TypeScope& scope) {
  const uint8_t code = r.peek();
  if (code != kRef && code != kRefNull) return read_short_ref_type(r, scope.features);
  if (r.at_end() || !require(r, scope.features, Feature::function_refs, r.offset(), "a typed reference")) return {};
  r.u8();
  return read_heap_type(r, scope, code == kRefNull);
}

// Printed with one, two or four bytes, as needed.
std::string hex_number(uint32_t number) {
  std::string text;
  if (number > 0xffff) {
    text += hex_byte(static_cast<uint8_t>(number >> 24)) + hex_byte(static_cast<uint8_t>(number >> 16));
  }
  if (number > 0xff) text += hex_byte(static_cast<uint8_t>(number >> 8));
  return text + hex_byte(static_cast<uint8_t>(number));
}

}  // namespace

void fail_feature(Reader& r, uint32_t at, std::string_view what, Feature feature) {
  r.fail(at, missing_feature(what, feature));
}

OpTable::OpTable(FeatureSet features) {
  for (size_t first = 0; first < ops_.size(); ++first) {
    const Op op = kOneByteOps[first];
    const bool is_on = op != Op::prefix && op != Op::invalid && features.has(op_info(op).feature);
    ops_[first] = is_on ? op : Op::invalid;
  }
}

namespace detail {

Op read_op_slow(Reader& r, FeatureSet features, uint32_t at, uint8_t first) {
  if (!r.ok()) {
    // A function or expression that ends too early, or whose size is wrong. Different scripts expect different
    // messages, so both are included.
    if (r.error().offset == at && r.error().message == r.end_message()) {
      r.replace_message(std::string(r.end_message()) + ": END opcode expected, or section size mismatch");
    }
    return Op::invalid;
  }
  Op op = kOneByteOps[first];
  uint32_t number = 0;
  const bool prefixed = op == Op::prefix;
  if (prefixed) {
    number = r.u32();
    if (!r.ok()) return Op::invalid;
    op = op_from_code(first, number);
  }
  if (op == Op::invalid) {
    r.fail(at, "illegal opcode " + hex_byte(first) + (prefixed ? ' ' + hex_number(number) : ""));
    return Op::invalid;
  }
  const OpInfo& info = op_info(op);
  return require(r, features, info.feature, at, info.text) ? op : Op::invalid;
}

ValType read_val_type_slow(Reader& r, const TypeScope& scope) {
  const uint32_t at = r.offset();
  if (r.peek() == kV128 && !r.at_end()) {
    require(r, scope.features, Feature::simd, at, "v128");
    return r.u8(), ValType::v128;
  }
  const ValType type = try_read_ref_type(r, scope);
  if (!type.is_bottom() || !r.ok()) return type;
  const uint8_t code = r.u8();
  r.fail(at, "malformed value type " + hex_byte(code));
  return {};
}

BlockType read_block_type_slow(Reader& r, const TypeScope& scope) {
  const uint32_t at = r.offset();
  // A value type is a negative s33 of one byte; anything else is a type index.
  const uint8_t code = r.peek();
  if ((code & 0xc0) == 0x40 && !r.at_end()) return {BlockType::Kind::value, read_val_type_slow(r, scope), TypeIdx{}};
  const int64_t index = r.s33();
  if (!r.ok()) return {};
  if (index < 0) return r.fail(at, "malformed block type"), BlockType{};
  if (!require(r, scope.features, Feature::multi_value, at, "a block with a type index")) return {};
  if (static_cast<uint64_t>(index) >= scope.types.size()) {
    r.fail(at, "unknown type " + std::to_string(index), ErrorKind::invalid);
    return {};
  }
  return {BlockType::Kind::type, ValType{}, TypeIdx{static_cast<uint32_t>(index)}};
}

MemArg read_memarg_slow(Reader& r, FeatureSet features) {
  const uint32_t at = r.offset();
  MemArg arg;
  uint32_t flags = r.u32();
  // 5.4.5: flags below 2^6 are an alignment; flags below 2^7 are an alignment, and a memory index follows.
  if (flags >= 2 * kMemArgHasMemory) return r.fail(at, "malformed memop flags"), arg;
  if (flags & kMemArgHasMemory) {
    if (!require(r, features, Feature::multi_memory, at, "a memory index")) return arg;
    flags &= ~kMemArgHasMemory;
    arg.memory = r.u32();
  }
  arg.align_log2 = flags;
  arg.offset = features.has(Feature::memory64) ? r.u64() : r.u32();
  return r.ok() ? arg : MemArg{};
}

}  // namespace detail

ValType read_heap_type(Reader& r, const TypeScope& scope, bool nullable) {
  const uint32_t at = r.offset();
  const ValType abstract = read_short_ref_type(r, scope.features);
  if (!r.ok()) return {};
  if (!abstract.is_bottom()) return abstract.with_nullable(nullable);
  const int64_t index = r.s33();
  if (!r.ok()) return {};
  if (index < 0) return r.fail(at, "malformed heap type"), ValType{};
  if (!require(r, scope.features, Feature::function_refs, at, "a typed reference")) return {};
  return concrete_type(r, scope, index, at, nullable);
}

ValType read_ref_type(Reader& r, const TypeScope& scope) {
  const uint32_t at = r.offset();
  const ValType type = try_read_ref_type(r, scope);
  if (!type.is_bottom() || !r.ok()) return type;
  const uint8_t code = r.u8();
  r.fail(at, "malformed reference type " + hex_byte(code));
  return {};
}

uint32_t read_memory_index(Reader& r, FeatureSet features) {
  if (features.has(Feature::multi_memory)) return r.u32();
  read_zero_byte(r);
  return 0;
}

uint32_t read_table_index(Reader& r, FeatureSet features) {
  if (features.has(Feature::ref_types)) return r.u32();
  read_zero_byte(r);
  return 0;
}

CatchClause read_catch(Reader& r) {
  const uint32_t at = r.offset();
  const uint8_t kind = r.u8();
  if (kind > static_cast<uint8_t>(CatchKind::catch_all_ref)) return r.fail(at, "malformed catch clause"), CatchClause{};
  CatchClause clause{static_cast<CatchKind>(kind), 0, 0};
  if (has_tag(clause.kind)) clause.tag = r.u32();
  clause.label = r.u32();
  return clause;
}

BrOnCast read_br_on_cast(Reader& r, const TypeScope& scope) {
  const uint32_t at = r.offset();
  const uint8_t flags = r.u8();
  if (flags & ~kCastFlagsMask) return r.fail(at, "malformed br_on_cast flags"), BrOnCast{};
  BrOnCast cast;
  cast.label = r.u32();
  cast.source = read_heap_type(r, scope, (flags & kCastSourceNullable) != 0);
  cast.target = read_heap_type(r, scope, (flags & kCastTargetNullable) != 0);
  return cast;
}

const uint8_t* read_16_bytes(Reader& r) {
  const uint8_t* start = r.pos();
  r.bytes(16);
  return r.ok() ? start : nullptr;
}

void read_zero_byte(Reader& r) {
  const uint32_t at = r.offset();
  if (r.u8() != 0) r.fail(at, "zero byte expected");
}

namespace {

void read_labels(Reader& r, Immediates& out) {
  const uint32_t count = read_label_count(r);
  out.labels.clear();
  for (uint32_t i = 0; i <= count && r.ok(); ++i) out.labels.push_back(r.u32());
}

void read_catches(Reader& r, Immediates& out) {
  const uint32_t count = read_catch_count(r);
  out.catches.clear();
  for (uint32_t i = 0; i < count && r.ok(); ++i) out.catches.push_back(read_catch(r));
}

void read_types(Reader& r, const TypeScope& scope, Immediates& out) {
  const uint32_t count = read_select_count(r);
  out.types.clear();
  for (uint32_t i = 0; i < count && r.ok(); ++i) out.types.push_back(read_val_type(r, scope));
}

void read_vector(Reader& r, Immediates& out) {
  if (const uint8_t* bytes = read_16_bytes(r)) std::memcpy(out.bits, bytes, 16);
}

void read_cast(Reader& r, const TypeScope& scope, Immediates& out) {
  const BrOnCast cast = read_br_on_cast(r, scope);
  out.index[0] = cast.label;
  out.types.assign({cast.source, cast.target});
}

// `i` is 0 for the first part and 1 for the second.
void read_part(Reader& r, const TypeScope& scope, ImmPart part, size_t i, Immediates& out) {
  const FeatureSet on = scope.features;
  switch (part) {
    case ImmPart::none: return;
    case ImmPart::label:
    case ImmPart::func:
    case ImmPart::type:
    case ImmPart::type_use:
    case ImmPart::elem:
    case ImmPart::local:
    case ImmPart::global:
    case ImmPart::tag:
    case ImmPart::data:
    case ImmPart::field:
    case ImmPart::u32: out.index[i] = r.u32(); return;
    case ImmPart::table: out.index[i] = read_table_index(r, on); return;
    case ImmPart::memory: out.index[i] = read_memory_index(r, on); return;
    case ImmPart::labels: return read_labels(r, out);
    case ImmPart::block_type: out.block = read_block_type(r, scope); return;
    case ImmPart::catches: return read_catches(r, out);
    case ImmPart::memarg: out.memarg = read_memarg(r, on); return;
    case ImmPart::i32: out.bits[0] = static_cast<uint64_t>(int64_t{r.s32()}); return;
    case ImmPart::i64: out.bits[0] = static_cast<uint64_t>(r.s64()); return;
    case ImmPart::f32: out.bits[0] = r.f32_bits(); return;
    case ImmPart::f64: out.bits[0] = r.f64_bits(); return;
    case ImmPart::v128:
    case ImmPart::lanes: return read_vector(r, out);
    case ImmPart::lane: out.lane = read_lane(r); return;
    case ImmPart::heap_type: out.types.assign(1, read_heap_type(r, scope, false)); return;
    case ImmPart::types: return read_types(r, scope, out);
    case ImmPart::cast: return read_cast(r, scope, out);
    case ImmPart::zero: return read_zero_byte(r);
  }
}

}  // namespace

void read_immediates(Reader& r, const TypeScope& scope, Imm shape, Immediates& out) {
  const ImmInfo& info = imm_info(shape);
  if (info.first != ImmPart::none) read_part(r, scope, info.first, 0, out);
  if (info.second != ImmPart::none) read_part(r, scope, info.second, 1, out);
}

std::optional<uint64_t> read_single_const(Reader& r, Op op) {
  if (r.at_end() || *r.pos() != op_info(op).code) return std::nullopt;
  r.u8();
  const uint64_t number = op == Op::i32_const ? static_cast<uint32_t>(r.s32()) : static_cast<uint64_t>(r.s64());
  if (r.at_end() || *r.pos() != op_info(Op::end).code) return std::nullopt;
  r.u8();
  return number;
}

ByteRange skip_expr(Reader& r, const TypeScope& scope, Immediates& scratch) {
  const uint32_t begin = r.offset();
  if (read_single_const(r, Op::i32_const)) return {begin, r.offset()};
  for (uint32_t depth = 1; depth > 0 && r.ok();) {
    const Op op = read_op(r, scope.features);
    if (op == Op::invalid) break;
    if (op == Op::end) {
      --depth;
      continue;
    }
    const Imm shape = op_info(op).imm;
    if (opens_block(shape)) ++depth;
    read_immediates(r, scope, shape, scratch);
  }
  return r.ok() ? ByteRange{begin, r.offset()} : ByteRange{};
}

void skip_body(Reader& r, const TypeScope& scope, Immediates& scratch) {
  const uint32_t groups = r.count(2, "local declarations");
  for (uint32_t i = 0; i < groups && r.ok(); ++i) {
    r.u32();
    read_val_type(r, scope);
  }
  skip_expr(r, scope, scratch);
  if (r.ok() && !r.at_end()) r.fail("section size mismatch: bytes after the end of the function");
}

}  // namespace mini_wasm::decoder
