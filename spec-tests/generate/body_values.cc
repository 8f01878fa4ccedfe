// Values: constants, variables, and all opcodes with a fixed signature.
#include <algorithm>
#include <utility>

#include "spec-tests/generate/body.h"
#include "spec-tests/generate/constants.h"

namespace mini_wasm::generate {

void BodyWriter::values(const Types& types, int depth) {
  for (const Type type : types) value(type, depth);
}

void BodyWriter::value(Type type, int depth) {
  canonicalise(loose_value(type, depth));
  if (!type.is_ref() && depth > 0 && src_.chance(8)) observe(type);
}

// Replaces every NaN by the same one: x == x ? x : nan, for each lane. Then the bits of a value are the same on every
// engine.
void BodyWriter::canonicalise(LooseNans nans) {
  constexpr uint32_t kNan32 = 0x7fc00000;
  constexpr uint64_t kNan64 = 0x7ff8000000000000;
  const auto with = [this](Type type, auto&& write_nan, Op eq, Op select) {
    const uint32_t copy = temporary(type, true);
    out_.op(Op::local_tee, copy);
    write_nan();
    out_.op(Op::local_get, copy).op(Op::local_get, copy).op(eq).op(select);
  };
  switch (nans) {
    case LooseNans::none: return;
    case LooseNans::f32:
      return with(Kind::f32, [&] { out_.op(Op::f32_const).fixed(kNan32, 4); }, Op::f32_eq, Op::select);
    case LooseNans::f64:
      return with(Kind::f64, [&] { out_.op(Op::f64_const).fixed(kNan64, 8); }, Op::f64_eq, Op::select);
    case LooseNans::f32x4:
      return with(
          Kind::v128,
          [&] { out_.op(Op::v128_const).fixed(kNan32, 4).fixed(kNan32, 4).fixed(kNan32, 4).fixed(kNan32, 4); },
          Op::f32x4_eq, Op::v128_bitselect);
    case LooseNans::f64x2:
      return with(
          Kind::v128, [&] { out_.op(Op::v128_const).fixed(kNan64, 8).fixed(kNan64, 8); }, Op::f64x2_eq,
          Op::v128_bitselect);
  }
}

void BodyWriter::small_value(Type type) {
  if (!src_.empty() && src_.chance(70)) {
    const Places places = readable_locals(type);
    if (favourite_ && src_.chance(60) && std::find(places.begin(), places.end(), *favourite_) != places.end()) {
      return void(out_.op(Op::local_get, *favourite_));
    }
    if (!places.empty()) return void(out_.op(Op::local_get, src_.one_of(places)));
  }
  if (type.is_ref())
    write_smallest(out_, plan_, type);
  else
    write_constant(out_, type.kind, src_);
}

LooseNans BodyWriter::loose_value(Type type, int depth) {
  --budget_;
  if (leaf(depth)) {
    small_value(type);
    return LooseNans::none;
  }
  const auto weight = [&](Theme theme, unsigned factor) { return static_cast<uint8_t>(plan_.theme(theme) * factor); };
  LooseNans nans = LooseNans::none;
  const bool numeric = !type.is_ref();
  for (int attempt = 0; attempt < 3; ++attempt) {
    bool done = false;
    switch (src_.weighted({3, static_cast<uint8_t>(numeric ? 6 + weight(Theme::arithmetic, 4) : 0),
                           static_cast<uint8_t>(1 + weight(Theme::variables, 2)),
                           static_cast<uint8_t>(numeric ? weight(Theme::memory, 3) : 0), weight(Theme::control, 2),
                           weight(Theme::control, 1), static_cast<uint8_t>(1 + weight(Theme::control, 1)),
                           weight(Theme::calls, 2),
                           static_cast<uint8_t>(weight(Theme::memory, 1) + weight(Theme::tables, 1)),
                           weight(Theme::gc, 3), static_cast<uint8_t>(numeric ? 0 : 20)})) {
      case 0: small_value(type); return LooseNans::none;
      case 1: {
        if (plan_.ops.pairs.size() != 0 && type.kind == Kind::i64 && src_.chance(10)) {
          done = pair_value(type, depth);
          break;
        }
        const std::vector<Op>& ops = plan_.ops.computing[static_cast<size_t>(type.kind)];
        done = !ops.empty() && op_value(src_.one_of(ops), depth, nans);
        break;
      }
      case 2: done = variable_value(type, depth); break;
      case 3: done = load_value(type, depth, nans); break;
      case 4: done = block_value(type, depth); break;
      case 5: done = branching_value(type, depth); break;
      case 6: done = select_value(type, depth); break;
      case 7: done = call_value(type, depth); break;
      case 8: done = numeric ? size_value(type, depth) : table_get(type, depth); break;
      case 9: done = field_value(type, depth); break;
      case 10: done = ref_value(type, depth); break;
    }
    if (done) return nans;
  }
  small_value(type);
  return LooseNans::none;
}

bool BodyWriter::variable_value(Type type, int depth) {
  if (src_.chance(30)) {
    Places globals;
    for (uint32_t i = 1; i < plan_.globals.size(); ++i) {
      if (plan_.is_subtype(plan_.globals[i].type, type)) globals.push_back(i);
    }
    if (globals.empty()) return false;
    out_.op(Op::global_get, src_.one_of(globals));
    return true;
  }
  Places places;
  for (uint32_t i = 0; i < locals_.size(); ++i) {
    if (!locals_[i].private_ && plan_.is_subtype(locals_[i].type, type)) places.push_back(i);
  }
  if (places.empty()) return false;
  const uint32_t local = src_.one_of(places);
  if (locals_[local].set && src_.chance(60)) {
    out_.op(Op::local_get, local);
  } else {
    value(locals_[local].type, depth - 1);
    out_.op(Op::local_tee, local);
    locals_[local].set = true;
  }
  return true;
}

// --- Opcodes with a fixed signature --------------------------------------------------------------------------------

bool BodyWriter::pair_value(Type type, int depth) {
  const Op op = src_.one_of(plan_.ops.pairs);
  LooseNans none = LooseNans::none;
  if (!op_value(op, depth, none)) return false;
  keep({Kind::i64, Kind::i64}, src_.below(2));
  return type == Type(Kind::i64);
}

bool BodyWriter::op_value(Op op, int depth, LooseNans& nans) {
  const OpInfo& info = op_info(op);
  const bool memory = has_memarg(info.imm);
  if (memory && plan_.memories.empty()) return false;
  const uint32_t memory_index = memory ? random_memory() : 0;
  // Waiting on an unshared memory traps.
  if (info.cls == OpClass::atomic_wait && !plan_.memories[memory_index].shared && !daring_) return false;
  LooseNans passed = LooseNans::none;
  for (size_t i = 0; i < info.param_count; ++i) {
    if (info.params[i] == SigType::addr)
      address(memory_index, op, depth - 1);
    else if (info.cls == OpClass::atomic_wait && info.params[i] == SigType::i64 && i == 2)
      out_.i64_const(src_.below(2000));  // a timeout in nanoseconds, because nobody will notify
    else
      operand(op, i, depth - 1, passed);
  }
  out_.op(op);
  op_immediates(op, memory_index);
  const OpNans& rule = op_nans(op);
  nans = rule.made || (rule.passed && passed != LooseNans::none) ? rule.result : LooseNans::none;
  return true;
}

void BodyWriter::operand(Op op, size_t index, int depth, LooseNans& passed) {
  if ((!daring_ || src_.chance(60)) && tame_operand(op, index, depth)) return;
  const LooseNans accepted = op_nans(op).accepted;
  const Kind kind = kind_of(op_info(op).params[index]);
  const LooseNans got = loose_value(kind, depth);
  if (got == LooseNans::none && depth > 0 && src_.chance(20)) observe(kind);
  if (got == accepted && got != LooseNans::none)
    passed = got;
  else
    canonicalise(got);
}

// Writes an operand with which an instruction that may trap usually does not.
bool BodyWriter::tame_operand(Op op, size_t index, int depth) {
  const OpInfo& info = op_info(op);
  if (info.cls != OpClass::numeric_trap) return false;
  const Kind kind = kind_of(info.params[index]);
  if (kind == Kind::i32 || kind == Kind::i64) {
    if (index == 0) return false;  // the divisor; made positive
    value(kind, depth - 1);
    if (kind == Kind::i32)
      out_.i32_const(0x7f).op(Op::i32_and).i32_const(1 + src_.below(100)).op(Op::i32_or);
    else
      out_.i64_const(0x7fffff).op(Op::i64_and).i64_const(1 + src_.below(100)).op(Op::i64_or);
    return true;
  }
  value(Kind::i32, depth - 1);
  out_.i32_const(1 + src_.below(31)).op(Op::i32_shr_u);
  out_.op(kind == Kind::f32 ? Op::f32_convert_i32_s : Op::f64_convert_i32_s);
  return true;
}

void BodyWriter::op_immediates(Op op, uint32_t memory) {
  const OpInfo& info = op_info(op);
  const auto lane = [&](unsigned lanes) { out_.u8(src_.below(lanes)); };
  // The number of lanes of a shape: the digits after 'x' in "i8x16.replace_lane".
  const auto lanes_of_shape = [&] {
    const size_t at = info.text.find('x') + 1;
    return info.text[at] == '1' ? 16u : static_cast<unsigned>(info.text[at] - '0');
  };
  switch (info.imm) {
    case Imm::memarg: memarg(op, memory); break;
    case Imm::memarg_lane:
      memarg(op, memory);
      lane(16u >> info.access_log2);
      break;
    case Imm::lane: lane(lanes_of_shape()); break;
    case Imm::shuffle: {
      // Regular patterns, because compilers have special instructions for them.
      const uint32_t pattern = src_.below(4), first = src_.below(32);
      for (uint32_t i = 0; i < 16; ++i) {
        const uint32_t group = pattern == 2 ? 4 : 2;
        out_.u8(pattern == 0   ? (first + i) % 32
                : pattern == 3 ? src_.below(32)
                               : (first * group + i / group * 2 * group + i % group) % 32);
      }
      break;
    }
    case Imm::ordering: out_.u8(0); break;
    default: break;
  }
}

}  // namespace mini_wasm::generate
