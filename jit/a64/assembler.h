// Assembler: encodes instructions of AArch64, which are all words of 4 bytes. It encodes them itself, because that is
// less work than asmjit's general encoder has with them, and because asmjit has neither branches that reach every label
// nor pools of constants.
//
// Reach. A conditional branch reaches 1 MiB, b and bl reach 128 MiB, a load from the pool reaches 1 MiB. Code can be
// larger than 1 MiB. So from time to time the Assembler looks whether a branch waits for its label for long, or a
// constant for its place. Then it adds an island: a place that code jumps over, with the constants and with a jump for
// each such branch. An island may come between any two instructions, except where `together` forbids it.
//
// In encodings, `wide` means 64 bits (or double precision), d is the destination, n and m are operands, a is an addend.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "jit/a64/regs.h"
#include "jit/relocation.h"

namespace mini_wasm::jit::a64 {

// Encodings, without registers and other fields.
namespace ins {
#define INSTRUCTION(name, encoding, syntax) inline constexpr uint32_t name = encoding;
#define ACCESS(name, encoding, syntax) inline constexpr uint32_t name = encoding;
#include "jit/a64/instructions.def"
#undef INSTRUCTION
#undef ACCESS
}  // namespace ins

// Conditions, with their numbers in encodings. A comparison of floating point with a NaN sets the flags C and V: then
// mi, ls, gt, ge and eq do not hold, and their opposites do.
enum class Cond : uint8_t { eq, ne, hs, lo, mi, pl, vs, vc, hi, ls, ge, lt, gt, le };
constexpr Cond operator!(Cond cond) { return static_cast<Cond>(static_cast<uint8_t>(cond) ^ 1); }

// Shifts and extensions of an operand, with their numbers in encodings.
enum class Shift : uint8_t { lsl, lsr, asr, ror };
enum class Extend : uint8_t { uxtw = 2, lsl = 3, sxtw = 6 };

// The fields N, immr and imms of a bitmask immediate (Arm ARM, DecodeBitMasks), at their place in the encoding. None if
// the constant is not one.
std::optional<uint32_t> bitmask(bool wide, uint64_t bits);
// Whether the constant can be the immediate of an addition or of its opposite: 12 bits, or 12 bits and 12 zeros.
constexpr bool is_addend(uint64_t bits) { return bits < 0x1000 || (bits < 0x1000000 && (bits & 0xfff) == 0); }
// The immediate of fmov, at its place in the encoding. None if the constant is not one.
std::optional<uint32_t> float_immediate(bool wide, uint64_t bits);

// The field imm5, at its place: the number of a lane of 2^log2 bytes. The lowest 1 says how large it is.
inline uint32_t lane_field(uint32_t log2, uint32_t lane) { return ((lane << 1 | 1) << log2) << 16; }
// The field of a shift by a constant of lanes of 2^log2 bytes. The highest 1 says how large they are.
inline uint32_t shift_field(uint32_t log2, uint32_t count, bool right) {
  const uint32_t bits = 8u << log2;
  return (right ? 2 * bits - count : bits + count) << 16;
}

// base + (index << shift) + offset. Without an index: kNoReg.
struct Place {
  Reg base, index;
  bool narrow = false;  // only the lower half of the index counts
  uint8_t shift = 0;
  int64_t offset = 0;
  bool guarded = false;  // it may be outside of its memory, and then faults
};

class Assembler {
 public:
  struct Label {
    uint32_t index = ~0u;
  };

  Assembler();

  // --- One function
  // Starts new code at the beginning of the buffer.
  void restart();
  // Places the constants and fills in all distances. To be called when all labels are bound.
  void finish();
  // Whether the code is too large. (std::bad_alloc is thrown when there is no memory.)
  bool failed() const { return failed_; }
  uint32_t here() const { return static_cast<uint32_t>(at_ - begin_.get()) * 4; }
  const uint32_t* words() const { return begin_.get(); }
  const std::vector<Relocation>& relocations() const { return relocations_; }

  void emit(uint32_t word) {
    if (at_ == limit_) [[unlikely]]
      return emit_slowly(word);
    *at_++ = word;
  }
  // No island comes between the next `words` words.
  void together(uint32_t words) {
    if (static_cast<size_t>(limit_ - at_) < words) make_room(words);
  }

  // --- Integers
  void r2(uint32_t op, bool wide, Reg d, Reg n) { emit(op | sf(wide) | rd(d) | rn(n)); }
  void r3(uint32_t op, bool wide, Reg d, Reg n, Reg m, Shift shift = Shift::lsl, uint32_t amount = 0) {
    emit(op | sf(wide) | rd(d) | rn(n) | rm(m) | static_cast<uint32_t>(shift) << 22 | amount << 10);
  }
  void r4(uint32_t op, bool wide, Reg d, Reg n, Reg m, Reg a) { emit(op | sf(wide) | rd(d) | rn(n) | rm(m) | ra(a)); }
  // An immediate for which is_addend holds.
  void r2_imm(uint32_t op, bool wide, Reg d, Reg n, uint64_t imm) {
    emit(op | sf(wide) | rd(d) | rn(n) | (imm < 0x1000 ? uint32_t(imm) << 10 : 1u << 22 | uint32_t(imm >> 12) << 10));
  }
  // A bitmask immediate, as `bitmask` returns it.
  void r2_bits(uint32_t op, bool wide, Reg d, Reg n, uint32_t fields) { emit(op | sf(wide) | rd(d) | rn(n) | fields); }
  // add_ext: m is extended and shifted.
  void add_extended(Reg d, Reg n, Reg m, Extend extend, uint32_t shift = 0) {
    emit(ins::add_ext | sf(true) | rd(d) | rn(n) | rm(m) | static_cast<uint32_t>(extend) << 13 | shift << 10);
  }
  void bitfield(uint32_t op, bool wide, Reg d, Reg n, uint32_t immr, uint32_t imms) {
    emit(op | sf(wide) | (wide ? 1u << 22 : 0) | rd(d) | rn(n) | immr << 16 | imms << 10);
  }
  void lsl(bool wide, Reg d, Reg n, uint32_t count) {
    const uint32_t bits = wide ? 64 : 32;
    bitfield(ins::ubfm, wide, d, n, (bits - count) % bits, bits - 1 - count);
  }
  void lsr(bool wide, Reg d, Reg n, uint32_t count) { bitfield(ins::ubfm, wide, d, n, count, wide ? 63 : 31); }
  void asr(bool wide, Reg d, Reg n, uint32_t count) { bitfield(ins::sbfm, wide, d, n, count, wide ? 63 : 31); }
  void ror(bool wide, Reg d, Reg n, uint32_t count) {
    emit(ins::extr | sf(wide) | (wide ? 1u << 22 : 0) | rd(d) | rn(n) | rm(n) | count << 10);
  }
  void mov(bool wide, Reg d, Reg m) { emit(ins::mov | sf(wide) | rd(d) | rm(m)); }
  // Puts a constant into a register. Leaves the flags alone.
  void constant(bool wide, Reg d, uint64_t bits);
  // The number of instructions that this takes.
  static uint32_t constant_length(bool wide, uint64_t bits);
  // d = n + imm, for any number. Destroys kInner if it is large. Leaves the flags alone. n may be sp for a small one.
  void add(bool wide, Reg d, Reg n, int64_t imm);
  // Sets the flags of n - imm. Destroys kInner if the number is large.
  void compare(bool wide, Reg n, uint64_t imm);
  void compare(bool wide, Reg n, Reg m) { emit(ins::cmp | sf(wide) | rn(n) | rm(m)); }
  void csel(uint32_t op, bool wide, Reg d, Reg n, Reg m, Cond cond) {
    emit(op | sf(wide) | rd(d) | rn(n) | rm(m) | static_cast<uint32_t>(cond) << 12);
  }
  void cset(bool wide, Reg d, Cond cond) { csel(ins::csinc, wide, d, kZero, kZero, !cond); }
  // If `cond` holds, compares; otherwise the flags become `otherwise` (N, Z, C, V from bit 3 down).
  void ccmp(bool wide, Reg n, Reg m, uint32_t otherwise, Cond cond) {
    emit(ins::ccmp | sf(wide) | rn(n) | rm(m) | otherwise | static_cast<uint32_t>(cond) << 12);
  }
  void ccmp(bool wide, Reg n, uint32_t imm5, uint32_t otherwise, Cond cond) {
    emit(ins::ccmp_imm | sf(wide) | rn(n) | imm5 << 16 | otherwise | static_cast<uint32_t>(cond) << 12);
  }

  // --- Memory
  // Destroys kInner if the address needs another instruction.
  void access(uint32_t op, Reg t, const Place& place);
  // Two registers at consecutive addresses; for stp_q and ldp_q `log2` is 4. The offset must be a multiple of the size,
  // between -64 and 63 times it.
  void pair(uint32_t op, Reg t, Reg t2, Reg base, int32_t offset, uint32_t log2 = 3) {
    forget_sum();
    emit(op | rd(t) | ra(t2) | rn(base) | (static_cast<uint32_t>(offset >> log2) & 0x7f) << 15);
  }
  // str_pre, ldr_post: an offset between -256 and 255.
  void moving(uint32_t op, Reg t, Reg base, int32_t offset) {
    forget_sum();
    emit(op | rd(t) | rn(base) | (static_cast<uint32_t>(offset) & 0x1ff) << 12);
  }
  // Atomic accesses. `log2`: of the number of bytes. s: the first of the registers that are written in the syntax.
  void atomic(uint32_t op, uint32_t log2, Reg s, Reg t, Reg base) {
    forget_sum();
    emit(op | log2 << 30 | rm(s) | rd(t) | rn(base));
  }
  void atomic(uint32_t op, uint32_t log2, Reg t, Reg base) { emit(op | log2 << 30 | rd(t) | rn(base)); }
  // Loads a constant from the pool; `op` is one of ldr_*_pool. Every constant of the same kind and value is there once.
  void load_literal(uint32_t op, Reg t, uint64_t low, uint64_t high = 0);
  // The same for a constant that other processes replace: ldr_x_pool, or ldr_w_pool for Kind::type.
  void load_replaced(uint32_t op, Reg t, uint64_t value, Relocation::Kind kind);

  // --- Floating point and vectors
  void f2(uint32_t op, bool wide, Reg d, Reg n) { emit(op | ft(wide) | rd(d) | rn(n)); }
  void f3(uint32_t op, bool wide, Reg d, Reg n, Reg m) { emit(op | ft(wide) | rd(d) | rn(n) | rm(m)); }
  void fcsel(bool wide, Reg d, Reg n, Reg m, Cond cond) {
    emit(ins::fcsel | ft(wide) | rd(d) | rn(n) | rm(m) | static_cast<uint32_t>(cond) << 12);
  }
  void fccmp(bool wide, Reg n, Reg m, uint32_t otherwise, Cond cond) {
    emit(ins::fccmp | ft(wide) | rn(n) | rm(m) | otherwise | static_cast<uint32_t>(cond) << 12);
  }
  // Conversions between an integer and floating point.
  void convert(uint32_t op, bool wide_int, bool wide_float, Reg d, Reg n) {
    emit(op | sf(wide_int) | ft(wide_float) | rd(d) | rn(n));
  }
  void fcmp(bool wide, Reg n, Reg m) { emit(ins::fcmp | ft(wide) | rn(n) | rm(m)); }
  // Instructions without a field for the width.
  void v1(uint32_t op, Reg d) { emit(op | rd(d)); }
  void v2(uint32_t op, Reg d, Reg n) { emit(op | rd(d) | rn(n)); }
  void v3(uint32_t op, Reg d, Reg n, Reg m) { emit(op | rd(d) | rn(n) | rm(m)); }

  // --- Labels and branches, which reach every label of the function
  Label new_label() {
    labels_.push_back(kUnbound);
    return {static_cast<uint32_t>(labels_.size() - 1)};
  }
  void bind(Label label) {
    labels_[label.index] = here();
    keep_last();
    forget_sum();
  }
  uint32_t offset_of(Label label) const { return labels_[label.index]; }
  void b(Label to);
  // br or blr.
  void b(uint32_t op, Reg to) {
    forget_sum();
    emit(op | rn(to));
  }
  void b(Cond cond, Label to) { branch(ins::b_cond | static_cast<uint32_t>(cond), to); }
  void cbz(bool wide, Reg reg, Label to) { branch(ins::cbz | sf(wide) | rd(reg), to); }
  void cbnz(bool wide, Reg reg, Label to) { branch(ins::cbnz | sf(wide) | rd(reg), to); }
  // Emits a word of data: the distance in bytes from the offset `from` to a label.
  void embed_distance(Label to, uint32_t from);
  // Emits b or bl with a distance that is filled in when the code is placed.
  void far(uint32_t op, Relocation::Kind kind, uint32_t target) {
    forget_sum();
    together(1);
    relocations_.emplace_back(here(), kind, target);
    emit(op);
  }

  // --- The last instruction, for selections that replace it by one that does more
  // Null: code can come behind it in another way than from it, or something refers to its end.
  const uint32_t* last() const { return here() > kept_ ? at_ - 1 : nullptr; }
  void remove_last() { --at_; }
  // What is emitted so far must not be removed.
  void keep_last() { kept_ = here(); }

  // --- For listings
  // From the next `restart` on, remembers for each word what `origin` returns. Null: not.
  void trace(std::function<uint32_t()> origin) { origin_ = std::move(origin); }
  const std::vector<uint32_t>& origins() const { return origins_; }
  // Ranges of the code that are data: where they begin and end, in ascending order.
  const std::vector<std::pair<uint32_t, uint32_t>>& data() const { return data_; }

  static constexpr uint32_t sf(bool wide) { return wide ? 1u << 31 : 0; }
  static constexpr uint32_t ft(bool wide) { return wide ? 1u << 22 : 0; }
  static constexpr uint32_t rd(Reg reg) { return reg.number(); }
  static constexpr uint32_t rn(Reg reg) { return uint32_t{reg.number()} << 5; }
  static constexpr uint32_t ra(Reg reg) { return uint32_t{reg.number()} << 10; }
  static constexpr uint32_t rm(Reg reg) { return uint32_t{reg.number()} << 16; }

 private:
  static constexpr uint32_t kUnbound = ~0u, kDone = ~0u;
  // How often the Assembler looks for branches and constants that wait, and how long they may wait, in bytes of code. A
  // branch may then be 512 KiB old; the constants of an island come before its jumps, and are at most 128 KiB and what
  // one more load adds.
  static constexpr uint32_t kLookEvery = 256 << 10, kMostAge = 256 << 10, kMostPool = 128 << 10;
  static constexpr uint32_t kMostCode = 64 << 20;  // less than the reach of b

  // A branch forwards: its distance is filled in at the end.
  struct Use {
    uint32_t at;
    uint32_t label;  // kDone: it leads to a jump in an island
  };
  struct Constant {
    uint64_t low, high;
    uint32_t bytes;
    bool replaced;
    Relocation::Kind kind;
    uint32_t at;
  };
  struct Load {
    uint32_t at, constant;
  };
  struct Distance {
    uint32_t at, label, from;
  };

  void emit_slowly(uint32_t word);
  void make_room(uint32_t words);
  void grow(uint32_t words);
  void look(uint32_t end);
  void add_island();
  void place_pool();
  void place_constant(Constant& constant);
  void align_data(uint32_t bytes);
  void load_constant(uint32_t op, Reg t, const Constant& wanted);
  void branch(uint32_t word, Label to);
  bool is_short(uint32_t at) const;
  void add_index(const Place& place);
  bool has_sum(const Place& place) const;
  // To be called for instructions that write other registers than the one in their lowest bits, and where code does not
  // simply go on: behind labels, calls and jumps.
  void forget_sum() { sum_at_ = 0; }
  void set_distance(uint32_t at, uint32_t target);

  std::unique_ptr<uint32_t[]> begin_;
  uint32_t *at_ = nullptr, *limit_ = nullptr, *end_ = nullptr;
  uint32_t next_look_ = 0;  // an offset
  uint32_t kept_ = 0;       // an offset; see keep_last
  // The newest sum of the base of memory 0 and an index that was put into kInner, and the offset behind it. 0: there is
  // none, or kInner may have something else since then.
  Place sum_;
  uint32_t sum_at_ = 0;
  bool failed_ = false;
  std::vector<uint32_t> labels_;
  std::vector<Use> uses_;
  size_t oldest_ = 0;  // uses with a lower index do not wait
  std::vector<Distance> distances_;
  std::vector<Constant> pool_;
  uint32_t pool_bytes_ = 0;
  std::vector<Load> loads_;
  std::vector<Relocation> relocations_;
  std::function<uint32_t()> origin_;
  std::vector<uint32_t> origins_;
  std::vector<std::pair<uint32_t, uint32_t>> data_;
};

}  // namespace mini_wasm::jit::a64
