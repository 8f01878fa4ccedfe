// Machine registers as the portable compiler sees them: two banks, in each of which they are numbered from 0. The
// folder of the CPU says what each register is used for (x64/regs.h).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace mini_wasm::jit {

// `ints`: general-purpose registers, for integers and references. `floats`: registers for floating point and vectors.
enum class Bank : uint8_t { ints, floats };

struct Reg {
  static constexpr uint8_t kPerBank = 32;  // no CPU that the compiler is meant for has more
  static constexpr uint8_t kCount = 2 * kPerBank;

  constexpr Reg() = default;
  constexpr Reg(Bank bank, uint8_t number) : id(static_cast<uint8_t>(static_cast<uint8_t>(bank) * kPerBank + number)) {}
  // The register with this id, which is less than kCount.
  static constexpr Reg of_id(unsigned id) {
    Reg reg;
    reg.id = static_cast<uint8_t>(id);
    return reg;
  }

  constexpr bool valid() const { return id != kNone; }
  constexpr Bank bank() const { return is_float() ? Bank::floats : Bank::ints; }
  constexpr bool is_float() const { return id >= kPerBank; }
  constexpr uint8_t number() const { return id % kPerBank; }
  friend constexpr bool operator==(Reg, Reg) = default;

  static constexpr uint8_t kNone = 0xff;
  uint8_t id = kNone;  // bank and number in one byte: index of tables by register, and small in a Value
};
inline constexpr Reg kNoReg{};

// A set of registers of both banks. An iteration visits them in the order of their ids.
class RegSet {
 public:
  constexpr RegSet() = default;
  template <class... R>
  explicit constexpr RegSet(Reg first, R... rest) : bits_((bit(first) | ... | bit(rest))) {}
  template <size_t n>
  explicit constexpr RegSet(const std::array<Reg, n>& registers) {
    for (Reg reg : registers) add(reg);
  }
  static constexpr RegSet all(Bank bank) { return RegSet(bank == Bank::ints ? kInts : ~kInts); }
  static constexpr RegSet all() { return RegSet(~uint64_t{0}); }

  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool has(Reg reg) const { return (bits_ & bit(reg)) != 0; }
  constexpr size_t size() const { return static_cast<size_t>(std::popcount(bits_)); }
  // The register with the lowest id; kNoReg if the set is empty.
  constexpr Reg first() const { return empty() ? kNoReg : Reg::of_id(static_cast<unsigned>(std::countr_zero(bits_))); }
  constexpr void add(Reg reg) { bits_ |= bit(reg); }
  constexpr void remove(Reg reg) { bits_ &= ~bit(reg); }

  friend constexpr RegSet operator|(RegSet a, RegSet b) { return RegSet(a.bits_ | b.bits_); }
  friend constexpr RegSet operator&(RegSet a, RegSet b) { return RegSet(a.bits_ & b.bits_); }
  friend constexpr RegSet operator-(RegSet a, RegSet b) { return RegSet(a.bits_ & ~b.bits_); }
  friend constexpr bool operator==(RegSet, RegSet) = default;

  class Iterator {
   public:
    explicit constexpr Iterator(uint64_t left) : left_(left) {}
    constexpr Reg operator*() const { return Reg::of_id(static_cast<unsigned>(std::countr_zero(left_))); }
    constexpr Iterator& operator++() {
      left_ &= left_ - 1;
      return *this;
    }
    friend constexpr bool operator==(Iterator, Iterator) = default;

   private:
    uint64_t left_;
  };
  constexpr Iterator begin() const { return Iterator(bits_); }
  constexpr Iterator end() const { return Iterator(0); }

 private:
  static constexpr uint64_t kInts = 0xffffffff;
  explicit constexpr RegSet(uint64_t bits) : bits_(bits) {}
  static constexpr uint64_t bit(Reg reg) { return uint64_t{1} << reg.id; }

  uint64_t bits_ = 0;
};
static_assert(Reg::kCount == 64);

}  // namespace mini_wasm::jit
