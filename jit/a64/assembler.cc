#include "jit/a64/assembler.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <utility>

namespace mini_wasm::jit::a64 {

// --- Immediates

namespace {

// Whether the ones of the number are neighbours.
bool is_run(uint64_t bits) {
  if (bits == 0) return false;
  const uint64_t shifted = bits >> std::countr_zero(bits);
  return (shifted & (shifted + 1)) == 0;
}

}  // namespace

// Such a constant repeats an element of 2, 4, ... or 64 bits, which is a run of ones, rotated.
std::optional<uint32_t> bitmask(bool wide, uint64_t bits) {
  if (!wide) bits = (bits & 0xffffffff) | bits << 32;
  if (bits == 0 || ~bits == 0) return std::nullopt;
  uint32_t size = 64;
  while (size > 2) {
    const uint64_t half = (uint64_t{1} << size / 2) - 1;
    if ((bits & half) != (bits >> size / 2 & half)) break;
    size /= 2;
  }
  const uint64_t mask = size == 64 ? ~uint64_t{0} : (uint64_t{1} << size) - 1;
  const uint64_t element = bits & mask, rest = ~bits & mask;
  uint32_t first;  // where the run of ones begins
  if (is_run(element)) {
    first = static_cast<uint32_t>(std::countr_zero(element));
  } else if (is_run(rest)) {
    first = static_cast<uint32_t>(std::countr_zero(rest) + std::popcount(rest));
  } else {
    return std::nullopt;
  }
  const auto ones = static_cast<uint32_t>(std::popcount(element));
  const uint32_t immr = (size - first) % size, imms = (ones - 1) | (~(2 * size - 1) & 0x3f);
  return (size == 64 ? 1u << 22 : 0) | immr << 16 | imms << 10;
}

// A sign, an exponent from -3 to 4, and 4 bits of the fraction. The bits of the exponent behind its highest one are
// equal to each other and different from that.
std::optional<uint32_t> float_immediate(bool wide, uint64_t bits) {
  const uint32_t zeros = wide ? 48 : 19, equal = wide ? 8 : 5;  // numbers of bits
  const uint64_t middle = bits >> (zeros + 6) & ((1u << equal) - 1), all = (1u << equal) - 1;
  const bool high = (bits >> (zeros + 6 + equal) & 1) != 0;
  if ((bits & ((uint64_t{1} << zeros) - 1)) != 0 || middle != (high ? 0 : all)) return std::nullopt;
  const uint64_t sign = bits >> (wide ? 63 : 31) & 1;
  return static_cast<uint32_t>(sign << 7 | (high ? 0u : 1u) << 6 | (bits >> zeros & 0x3f)) << 13;
}

// --- Room

Assembler::Assembler() { restart(); }

void Assembler::restart() {
  at_ = begin_.get();
  limit_ = at_;
  next_look_ = kLookEvery;
  kept_ = sum_at_ = 0;
  failed_ = false;
  labels_.clear();
  uses_.clear();
  oldest_ = 0;
  distances_.clear();
  pool_.clear();
  pool_bytes_ = 0;
  loads_.clear();
  relocations_.clear();
  origins_.clear();
  data_.clear();
}

void Assembler::emit_slowly(uint32_t word) {
  make_room(1);
  if (origin_) origins_.resize(here() / 4 + 1, origin_());
  *at_++ = word;
  if (origin_) limit_ = at_;
}

void Assembler::make_room(uint32_t words) {
  const uint32_t end = here() + 4 * words;
  if (end > next_look_) look(end);
  if (static_cast<size_t>(end_ - at_) < words) grow(words);
  limit_ = origin_ ? at_ : std::min(end_, begin_.get() + next_look_ / 4);
}

// Code that is too large is overwritten from the beginning: it will not be used, and takes no more memory.
void Assembler::grow(uint32_t words) {
  if (here() + 4 * uint64_t{words} > kMostCode) {
    failed_ = true;
    at_ = begin_.get();
    if (static_cast<size_t>(end_ - at_) >= words) return;
  }
  const auto used = static_cast<size_t>(at_ - begin_.get());
  const size_t size = std::max({size_t{4096}, 2 * used, used + words});
  auto bigger = std::make_unique<uint32_t[]>(size);
  if (used != 0) std::memcpy(bigger.get(), begin_.get(), used * 4);
  begin_ = std::move(bigger);
  at_ = begin_.get() + used;
  end_ = begin_.get() + size;
}

// Code up to the offset `end` is going to be emitted.
void Assembler::look(uint32_t end) {
  while (oldest_ < uses_.size()) {
    const Use& use = uses_[oldest_];
    if (use.label != kDone && labels_[use.label] == kUnbound && is_short(use.at)) break;
    ++oldest_;
  }
  const bool branch = oldest_ < uses_.size() && end - uses_[oldest_].at > kMostAge;
  const bool load = !loads_.empty() && (end - loads_.front().at > kMostAge || pool_bytes_ > kMostPool);
  if (branch || load) add_island();
  next_look_ = std::max(here() + kLookEvery, end);
}

void Assembler::add_island() {
  next_look_ = ~0u;
  const Label over = new_label();
  b(over);
  place_pool();
  const size_t count = uses_.size();
  for (size_t i = oldest_; i < count; ++i) {
    if (uses_[i].label == kDone || labels_[uses_[i].label] != kUnbound || !is_short(uses_[i].at)) continue;
    set_distance(uses_[i].at, here());
    const Label to{std::exchange(uses_[i].label, kDone)};
    b(to);
  }
  oldest_ = count;
  bind(over);
}

// --- Labels

bool Assembler::is_short(uint32_t at) const { return (begin_[at / 4] & 0x7c000000) != ins::b; }

// Fills in the distance of a branch or load.
void Assembler::set_distance(uint32_t at, uint32_t target) {
  uint32_t& word = begin_[at / 4];
  const int64_t distance = (int64_t{target} - int64_t{at}) / 4;
  const bool is_long = !is_short(at);
  const uint32_t bits = is_long ? 26 : 19;
  const int64_t most = int64_t{1} << (bits - 1);
  if (distance < -most || distance >= most) {
    failed_ = true;
    return;
  }
  const auto field = static_cast<uint32_t>(distance) & ((1u << bits) - 1);
  word = is_long ? (word & ~0x03ffffffu) | field : (word & ~(0x7ffffu << 5)) | field << 5;
}

void Assembler::b(Label to) {
  forget_sum();
  together(1);
  const uint32_t at = here();
  emit(ins::b);
  if (labels_[to.index] != kUnbound) return set_distance(at, labels_[to.index]);
  uses_.push_back({at, to.index});
}

// A branch backwards that does not reach its label becomes its opposite, which leads over a jump.
void Assembler::branch(uint32_t word, Label to) {
  together(2);
  const uint32_t at = here(), target = labels_[to.index];
  if (target == kUnbound) {
    uses_.push_back({at, to.index});
    return emit(word);
  }
  if (at - target <= 1u << 20) {
    emit(word);
    return set_distance(at, target);
  }
  const uint32_t opposite = (word & 0xff000000) == ins::b_cond ? 1 : ins::cbz ^ ins::cbnz;
  emit(word ^ opposite);
  set_distance(at, at + 8);
  b(to);
}

void Assembler::embed_distance(Label to, uint32_t from) {
  const uint32_t at = here();
  emit(0);
  distances_.push_back({at, to.index, from});
  if (!data_.empty() && data_.back().second == at) {
    data_.back().second += 4;
  } else {
    data_.emplace_back(at, at + 4);
  }
}

void Assembler::finish() {
  next_look_ = ~0u;
  limit_ = origin_ ? at_ : end_;
  place_pool();
  if (failed_) return;
  for (const Use& use : uses_) {
    if (use.label != kDone) set_distance(use.at, labels_[use.label]);
  }
  for (const Distance& d : distances_) begin_[d.at / 4] = labels_[d.label] - d.from;
}

// --- Constants

// As few instructions as possible: movz or movn for one half-word, and movk for each other one that is not 0 or all
// ones; or orr with a bitmask; with more than two instructions a load from the pool is shorter.
namespace {

// The half-words of a constant that are neither 0 nor, if `inverts`, 0xffff: each takes an instruction.
struct HalfWords {
  uint32_t count = 0;
  bool inverts = false;
};

HalfWords half_words(bool wide, uint64_t bits) {
  const uint32_t halves = wide ? 4 : 2;
  uint32_t zeros = 0, ones = 0;
  for (uint32_t i = 0; i < halves; ++i) {
    const uint64_t half = bits >> 16 * i & 0xffff;
    zeros += half == 0;
    ones += half == 0xffff;
  }
  return {halves - std::max(zeros, ones), ones > zeros};
}

}  // namespace

uint32_t Assembler::constant_length(bool wide, uint64_t bits) {
  if (!wide) bits &= 0xffffffff;
  return half_words(wide, bits).count == 2 && !bitmask(wide, bits) ? 2 : 1;
}

void Assembler::constant(bool wide, Reg d, uint64_t bits) {
  if (!wide) bits &= 0xffffffff;
  const uint32_t halves = wide ? 4 : 2;
  const auto [count, inverts] = half_words(wide, bits);
  if (count > 1) {
    if (const auto fields = bitmask(wide, bits)) return r2_bits(ins::orr_imm, wide, d, kZero, *fields);
    if (count > 2) return load_literal(ins::ldr_x_pool, d, bits);
  }
  const uint64_t filler = inverts ? 0xffff : 0;
  if (bits == (inverts ? (wide ? ~uint64_t{0} : 0xffffffff) : 0))
    return emit((inverts ? ins::movn : ins::movz) | sf(wide) | rd(d));
  bool first = true;
  for (uint32_t i = 0; i < halves; ++i) {
    const auto half = static_cast<uint32_t>(bits >> 16 * i & 0xffff);
    if (half == filler) continue;
    const uint32_t op = !first ? ins::movk : inverts ? ins::movn : ins::movz;
    emit(op | sf(wide) | i << 21 | (first && inverts ? half ^ 0xffff : half) << 5 | rd(d));
    first = false;
  }
}

void Assembler::add(bool wide, Reg d, Reg n, int64_t imm) {
  if (imm == 0 && d == n) return;
  const uint64_t size = imm < 0 ? 0 - static_cast<uint64_t>(imm) : static_cast<uint64_t>(imm);
  const uint32_t op = imm < 0 ? ins::sub_imm : ins::add_imm;
  if (is_addend(size)) return r2_imm(op, wide, d, n, size);
  if (size < 0x1000000) {
    r2_imm(op, wide, d, n, size & 0xfff000);
    return r2_imm(op, wide, d, d, size & 0xfff);
  }
  constant(wide, kInner, static_cast<uint64_t>(imm));
  r3(ins::add, wide, d, n, kInner);
}

void Assembler::compare(bool wide, Reg n, uint64_t imm) {
  const uint64_t opposite = wide ? 0 - imm : static_cast<uint32_t>(0 - imm);
  if (!wide) imm = static_cast<uint32_t>(imm);
  if (is_addend(imm)) return r2_imm(ins::subs_imm, wide, kZero, n, imm);
  if (is_addend(opposite)) return r2_imm(ins::adds_imm, wide, kZero, n, opposite);
  constant(wide, kInner, imm);
  compare(wide, n, kInner);
}

void Assembler::load_literal(uint32_t op, Reg t, uint64_t low, uint64_t high) {
  const uint32_t bytes = op == ins::ldr_q_pool ? 16 : op == ins::ldr_s_pool || op == ins::ldr_w_pool ? 4 : 8;
  load_constant(op, t, {low, high, bytes, false, Relocation::Kind::image, 0});
}

void Assembler::load_replaced(uint32_t op, Reg t, uint64_t value, Relocation::Kind kind) {
  load_constant(op, t, {value, 0, op == ins::ldr_w_pool ? 4u : 8u, true, kind, 0});
}

// Looks only at the newest constants for an equal one, so that the time stays linear.
void Assembler::load_constant(uint32_t op, Reg t, const Constant& wanted) {
  constexpr size_t kNewest = 32;
  together(1);
  size_t i = pool_.size();
  const size_t end = i > kNewest ? i - kNewest : 0;
  for (; i > end; --i) {
    const Constant& c = pool_[i - 1];
    if (c.low == wanted.low && c.high == wanted.high && c.bytes == wanted.bytes && c.replaced == wanted.replaced &&
        (!c.replaced || c.kind == wanted.kind)) {
      break;
    }
  }
  if (i == end) {
    pool_.push_back(wanted);
    pool_bytes_ += wanted.bytes;
    i = pool_.size();
  }
  loads_.push_back({here(), static_cast<uint32_t>(i - 1)});
  emit(op | rd(t));
  if (pool_bytes_ > kMostPool && next_look_ != ~0u) {
    next_look_ = 0;
    limit_ = at_;
  }
}

// The largest ones come first, so that each is aligned to its size without gaps between them.
void Assembler::place_pool() {
  if (loads_.empty()) return;
  const uint32_t begin = here();
  for (const uint32_t bytes : {16u, 8u, 4u}) {
    const bool any = std::any_of(pool_.begin(), pool_.end(), [&](const Constant& c) { return c.bytes == bytes; });
    while (any && here() % bytes != 0) emit(0);
    for (Constant& constant : pool_) {
      if (constant.bytes == bytes) place_constant(constant);
    }
  }
  data_.emplace_back(begin, here());
  for (const Load& load : loads_) set_distance(load.at, pool_[load.constant].at);
  pool_.clear();
  loads_.clear();
  pool_bytes_ = 0;
}

void Assembler::place_constant(Constant& constant) {
  constant.at = here();
  if (constant.replaced) relocations_.emplace_back(here(), constant.kind, 0);
  for (uint32_t i = 0; i < constant.bytes; i += 4) {
    emit(static_cast<uint32_t>((i < 8 ? constant.low : constant.high) >> 32 * (i / 4 % 2)));
  }
}

// --- Memory

// Puts base + index into kInner. Several fields of one object are often accessed one after the other: for memory 0, the
// sum is used again if it is still there.
void Assembler::add_index(const Place& place) {
  if (has_sum(place)) return;
  add_extended(kInner, place.base, place.index, place.narrow ? Extend::uxtw : Extend::lsl, place.shift);
  sum_ = place;
  sum_at_ = here();
}

// Whether kInner has the sum of an earlier access, and the index is the same. Other instructions than those that forget the
// sum write at most the register in their lowest bits (Arm ARM C4.1: Rd or Rt; a store or a branch has a register there
// that it only reads, and others have a v register, so sometimes the answer is no without need). It is read back from the
// few instructions since then, because noting it for every instruction of all code would take longer.
bool Assembler::has_sum(const Place& place) const {
  constexpr uint32_t kMostWords = 12;
  if (sum_at_ == 0 || place.base != kMemory || sum_.base != kMemory) return false;
  if (sum_.index != place.index || sum_.narrow != place.narrow || sum_.shift != place.shift) return false;
  if (here() - sum_at_ > kMostWords * 4) return false;
  for (uint32_t at = sum_at_; at < here(); at += 4) {
    const uint32_t written = begin_[at / 4] & 0x1f;
    if (written == kInner.number() || written == place.index.number()) return false;
  }
  return true;
}

void Assembler::access(uint32_t op, Reg t, const Place& place) {
  constexpr uint32_t kVectorOf16 = 0x04800000;
  const uint32_t scale = (op & kVectorOf16) == kVectorOf16 ? 4 : op >> 30;
  const Extend extend = place.narrow ? Extend::uxtw : Extend::lsl;
  const auto indexed = [&](Reg base, Reg index, Extend how, bool scaled) {
    emit(op | 1u << 21 | static_cast<uint32_t>(how) << 13 | (scaled ? 1u << 12 : 0) | 2u << 10 | rm(index) | rn(base) |
         rd(t));
  };
  Reg base = place.base;
  const int64_t offset = place.offset;
  const bool fits_scaled = offset >= 0 && (offset & ((1 << scale) - 1)) == 0 && offset >> scale < 0x1000;
  const bool fits = fits_scaled || (offset >= -256 && offset < 256);
  if (place.index.valid()) {
    if (offset == 0 && (place.shift == 0 || place.shift == scale)) {
      return indexed(base, place.index, extend, place.shift != 0);
    }
    if (!fits) {
      constant(true, kInner, static_cast<uint64_t>(offset));
      add_extended(kInner, kInner, place.index, extend, place.shift);
      return indexed(base, kInner, Extend::lsl, false);
    }
    add_index(place);
    base = kInner;
  } else if (!fits) {
    constant(true, kInner, static_cast<uint64_t>(offset));
    return indexed(base, kInner, Extend::lsl, false);
  }
  if (fits_scaled) return emit(op | 1u << 24 | static_cast<uint32_t>(offset >> scale) << 10 | rn(base) | rd(t));
  emit(op | (static_cast<uint32_t>(offset) & 0x1ff) << 12 | rn(base) | rd(t));
}

}  // namespace mini_wasm::jit::a64
