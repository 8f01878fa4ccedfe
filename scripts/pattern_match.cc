#include "scripts/pattern_match.h"

#include <cstdio>

#include "runtime/gc/layout.h"
#include "runtime/gc/object.h"

namespace mini_wasm::spec {

using text::EitherPattern;
using text::LanePattern;
using text::Literal;
using text::NumberPattern;
using text::Pattern;
using text::RefPattern;
using text::VectorPattern;

namespace {

// In a canonical NaN, only the top bit of the payload is set; in an arithmetic NaN, at least that bit (spec 2.2.3). Any
// sign.
bool is_canonical_nan(uint64_t value, unsigned bits) {
  return bits == 32 ? (value & 0x7fff'ffff) == 0x7fc0'0000 : (value & 0x7fff'ffff'ffff'ffff) == 0x7ff8'0000'0000'0000;
}
bool is_arithmetic_nan(uint64_t value, unsigned bits) {
  return bits == 32 ? (value & 0x7fc0'0000) == 0x7fc0'0000 : (value & 0x7ff8'0000'0000'0000) == 0x7ff8'0000'0000'0000;
}

uint64_t low_bits(uint64_t value, unsigned bits) { return bits == 64 ? value : value & ((uint64_t{1} << bits) - 1); }

bool matches(const NumberPattern& pattern, const Val& value) {
  if (value.type() != pattern.type) return false;
  const bool narrow = pattern.type == ValType::i32 || pattern.type == ValType::f32;
  return spec::matches(pattern.value, value.bits(), narrow ? 32 : 64);
}

bool matches(const VectorPattern& pattern, const Val& value) {
  if (!value.type().is_vector() || pattern.lanes.size() * pattern.lane_bits != 128) return false;
  unsigned bit = 0;
  for (const LanePattern& lane : pattern.lanes) {
    if (!spec::matches(lane, value.bits(static_cast<int>(bit / 64)) >> bit % 64, pattern.lane_bits)) return false;
    bit += pattern.lane_bits;
  }
  return true;
}

// The top type of the hierarchy of a heap type (spec 3.3.3).
HeapKind top(HeapKind heap) {
  switch (heap) {
    case HeapKind::func:
    case HeapKind::nofunc: return HeapKind::func;
    case HeapKind::extern_:
    case HeapKind::noextern: return HeapKind::extern_;
    case HeapKind::exn:
    case HeapKind::noexn: return HeapKind::exn;
    default: return HeapKind::any;
  }
}

// Whether the value is the kind of object that (ref.struct), (ref.i31), ... require. The value's type may be only
// anyref.
bool is_object_of(HeapKind heap, const Val& value) {
  using runtime::gc::ObjectKind;
  const auto is = [&](ObjectKind kind) { return !value.is_i31() && value.object()->layout->kind == kind; };
  if (value.type().concrete()) return true;
  switch (heap) {
    case HeapKind::i31: return value.is_i31();
    case HeapKind::struct_: return is(ObjectKind::struct_);
    case HeapKind::array: return is(ObjectKind::array);
    case HeapKind::eq: return value.is_i31() || is(ObjectKind::struct_) || is(ObjectKind::array);
    default: return true;
  }
}

bool matches(const RefPattern& pattern, const Val& value) {
  if (!value.type().is_ref()) return false;
  if (pattern.kind != RefPattern::Kind::null && value.is_null()) return false;
  // The hierarchy of a concrete type is not known here. Abstract types must belong to the same hierarchy.
  if (pattern.heap && !value.type().concrete() && top(*pattern.heap) != top(value.type().heap())) return false;
  switch (pattern.kind) {
    case RefPattern::Kind::null: return value.is_null();
    case RefPattern::Kind::not_null: return !pattern.heap || is_object_of(*pattern.heap, value);
    case RefPattern::Kind::host:
      return !value.type().concrete() && reinterpret_cast<uintptr_t>(Store::externref_data(value)) == pattern.host;
  }
  return false;
}

bool matches(const EitherPattern& pattern, const Val& value) {
  for (const Pattern& option : pattern.options) {
    if (spec::matches(option, value)) return true;
  }
  return false;
}

std::string hex(uint64_t value) {
  char text[2 + 16 + 1];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

std::string to_string(const LanePattern& lane) {
  switch (lane.kind) {
    case LanePattern::Kind::canonical_nan: return "nan:canonical";
    case LanePattern::Kind::arithmetic_nan: return "nan:arithmetic";
    case LanePattern::Kind::bits: break;
  }
  return hex(lane.bits);
}

std::string describe(const NumberPattern& number) {
  return mini_wasm::to_string(number.type) + ":" + to_string(number.value);
}
std::string describe(const VectorPattern& vector) {
  std::string text = "v128/" + std::to_string(vector.lane_bits) + ":";
  for (const LanePattern& lane : vector.lanes) text += " " + to_string(lane);
  return text;
}
std::string describe(const RefPattern& ref) {
  const std::string type = ref.heap ? mini_wasm::to_string(ValType::ref(*ref.heap, true)) : "ref";
  switch (ref.kind) {
    case RefPattern::Kind::null: return type + ":null";
    case RefPattern::Kind::not_null: return type + ":not null";
    case RefPattern::Kind::host: break;
  }
  return type + ":" + std::to_string(ref.host);
}
std::string describe(const EitherPattern& either) {
  std::string text = "either(";
  for (const Pattern& option : either.options) text += (text.back() == '(' ? "" : " | ") + spec::to_string(option);
  return text + ")";
}

// Shows numbers with their bits, because two NaNs look the same as text.
std::string describe(const Val& value) {
  std::string text = mini_wasm::to_string(value);
  if (value.type().is_numeric()) text += " (" + hex(value.bits()) + ")";
  return text;
}

}  // namespace

bool matches(const LanePattern& pattern, uint64_t value, unsigned bits) {
  switch (pattern.kind) {
    case LanePattern::Kind::canonical_nan: return is_canonical_nan(value, bits);
    case LanePattern::Kind::arithmetic_nan: return is_arithmetic_nan(value, bits);
    case LanePattern::Kind::bits: break;
  }
  return low_bits(value, bits) == low_bits(pattern.bits, bits);
}

bool matches(const Pattern& pattern, const Val& value) {
  return std::visit([&](const auto& what) { return matches(what, value); }, pattern.what);
}

bool matches(std::span<const Pattern> patterns, std::span<const Val> values) {
  if (patterns.size() != values.size()) return false;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!matches(patterns[i], values[i])) return false;
  }
  return true;
}

std::string to_string(const Pattern& pattern) {
  return std::visit([](const auto& what) { return describe(what); }, pattern.what);
}

std::string to_string(std::span<const Pattern> patterns) {
  std::string text = "[";
  for (const Pattern& pattern : patterns) text += (text.size() > 1 ? ", " : "") + to_string(pattern);
  return text + "]";
}

std::string to_string(std::span<const Val> values) {
  std::string text = "[";
  for (const Val& value : values) text += (text.size() > 1 ? ", " : "") + describe(value);
  return text + "]";
}

Val make_value(Store& store, const Literal& literal) {
  if (!literal.type.is_ref()) return Val::from_bits(literal.type, literal.bits[0], literal.bits[1]);
  if (literal.null) return Val::null(literal.type);
  const Val host = store.new_externref(reinterpret_cast<void*>(static_cast<uintptr_t>(literal.bits[0])));
  // The same object in the other hierarchy (spec 4.6.9, any.convert_extern).
  return Val::from_bits(literal.type.with_nullable(false), host.bits());
}

}  // namespace mini_wasm::spec
