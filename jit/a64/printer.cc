#include "jit/a64/printer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "core/process_value.h"
#include "jit/a64/assembler.h"

namespace mini_wasm::jit::a64 {
namespace {

uint32_t bits(uint32_t word, uint32_t from, uint32_t count) { return word >> from & ((1u << count) - 1); }
int32_t signed_bits(uint32_t word, uint32_t from, uint32_t count) {
  return static_cast<int32_t>(word << (32 - from - count)) >> (32 - count);
}
bool is_64(uint32_t word) { return word >> 31 != 0; }

std::string number(int64_t n) { return std::to_string(n); }
std::string hex(uint64_t n) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(n));
  return text;
}
std::string immediate(int64_t n) { return (n < 0 ? "#-" : "#") + hex(static_cast<uint64_t>(n < 0 ? -n : n)); }
std::string target(uint32_t at, int64_t distance) { return hex(static_cast<uint64_t>(at + distance)); }

// A register by the letter for its sort and its number. 31 is the register that is always 0.
std::string reg(char sort, uint32_t n) {
  if (n == 31 && (sort == 'w' || sort == 'x')) return std::string(1, sort) + "zr";
  return sort + number(n);
}

constexpr const char* kConditions[] = {"eq", "ne", "hs", "lo", "mi", "pl", "vs",
                                       "vc", "hi", "ls", "ge", "lt", "gt", "le"};
std::string condition(uint32_t n) { return n < std::size(kConditions) ? kConditions[n] : "al"; }

std::string shifted(uint32_t word) {
  constexpr const char* kShifts[] = {"lsl", "lsr", "asr", "ror"};
  const uint32_t amount = bits(word, 10, 6);
  return amount == 0 ? "" : std::string(", ") + kShifts[bits(word, 22, 2)] + " #" + number(amount);
}

std::string extended(uint32_t word) {
  const uint32_t how = bits(word, 13, 3), amount = bits(word, 10, 3);
  const char sort = (how & 3) == 3 ? 'x' : 'w';
  std::string text = reg(sort, bits(word, 16, 5));
  if (how == 3) return text + (amount == 0 ? "" : ", lsl #" + number(amount));
  return text + (how == 2 ? ", uxtw" : ", sxtw") + (amount == 0 ? "" : " #" + number(amount));
}

// The inverse of `bitmask`.
uint64_t unmask(uint32_t word) {
  const uint32_t imms = bits(word, 10, 6), immr = bits(word, 16, 6), n = bits(word, 22, 1);
  const auto length = static_cast<uint32_t>(31 - std::countl_zero(n << 6 | (~imms & 0x3f)));
  const uint32_t size = 1u << length, ones = (imms & (size - 1)) + 1, turn = immr & (size - 1);
  const uint64_t mask = size == 64 ? ~uint64_t{0} : (uint64_t{1} << size) - 1;
  uint64_t element = ones == 64 ? ~uint64_t{0} : (uint64_t{1} << ones) - 1;
  if (turn != 0) element = (element >> turn | element << (size - turn)) & mask;
  for (uint32_t width = size; width < 64; width *= 2) element |= element << width;
  return is_64(word) ? element : element & 0xffffffff;
}

std::string float_number(uint32_t word) {
  const uint32_t imm = bits(word, 13, 8), exponent = bits(imm, 4, 3) ^ 4;
  double n = (16 + (imm & 15)) / 16.0;
  for (uint32_t i = 0; i < exponent; ++i) n *= 2;
  char text[32];
  std::snprintf(text, sizeof text, "#%.18e", (imm & 0x80) != 0 ? -n / 8 : n / 8);
  return text;
}

// Moves of bits within a register. Shifts by a constant are some of them.
std::string bitfield(uint32_t word) {
  const bool is_signed = bits(word, 29, 2) == 0;
  const uint32_t immr = bits(word, 16, 6), imms = bits(word, 10, 6), width = is_64(word) ? 64 : 32;
  const char sort = is_64(word) ? 'x' : 'w';
  const std::string operands = reg(sort, bits(word, 0, 5)) + ", " + reg(sort, bits(word, 5, 5)) + ", #";
  if (imms == width - 1) return (is_signed ? "asr " : "lsr ") + operands + number(immr);
  if (!is_signed && imms + 1 == immr) return "lsl " + operands + number(width - immr);
  if (immr > imms) {
    return (is_signed ? "sbfiz " : "ubfiz ") + operands + number(width - immr) + ", #" + number(imms + 1);
  }
  return (is_signed ? "sbfx " : "ubfx ") + operands + number(immr) + ", #" + number(imms - immr + 1);
}

std::string extraction(uint32_t word) {
  const char sort = is_64(word) ? 'x' : 'w';
  const uint32_t n = bits(word, 5, 5), m = bits(word, 16, 5);
  const std::string d = reg(sort, bits(word, 0, 5)) + ", ", amount = "#" + number(bits(word, 10, 6));
  if (n == m) return "ror " + d + reg(sort, n) + ", " + amount;
  return "extr " + d + reg(sort, n) + ", " + reg(sort, m) + ", " + amount;
}

std::string lane(uint32_t log2, uint32_t index) { return std::string(1, "bhsd"[log2]) + "[" + number(index) + "]"; }
uint32_t lane_log2(uint32_t word) { return static_cast<uint32_t>(std::countr_zero(bits(word, 16, 5) | 16)) & 3; }
// The size of the lanes of a shift by a constant: the highest 1 of the field says it.
uint32_t shift_log2(uint32_t word) { return static_cast<uint32_t>(28 - std::countl_zero(bits(word, 16, 7) | 8)); }

// A field of an instruction: the letters behind % in a syntax, the bits of the encoding, and the text.
struct Field {
  std::string_view name;
  uint32_t mask;
  std::string (*text)(uint32_t word, uint32_t at);
};

constexpr uint32_t kD = 0x1f, kN = 0x1f << 5, kA = 0x1f << 10, kM = 0x1f << 16, kSf = 1u << 31, kFt = 1u << 22;

#define FIELD_REG(letter, shift, mask)                                                                           \
  {"R" letter, (mask) | kSf, [](uint32_t w, uint32_t) { return reg(is_64(w) ? 'x' : 'w', bits(w, shift, 5)); }}, \
      {"F" letter, (mask) | kFt,                                                                                 \
       [](uint32_t w, uint32_t) { return reg((w & kFt) != 0 ? 'd' : 's', bits(w, shift, 5)); }},                 \
      {"T" letter, (mask) | 3u << 30,                                                                            \
       [](uint32_t w, uint32_t) { return reg(w >> 30 == 3 ? 'x' : 'w', bits(w, shift, 5)); }},                   \
      {"W" letter, mask, [](uint32_t w, uint32_t) { return reg('w', bits(w, shift, 5)); }},                      \
      {"X" letter, mask, [](uint32_t w, uint32_t) { return reg('x', bits(w, shift, 5)); }},                      \
      {"B" letter, mask, [](uint32_t w, uint32_t) { return reg('b', bits(w, shift, 5)); }},                      \
      {"H" letter, mask, [](uint32_t w, uint32_t) { return reg('h', bits(w, shift, 5)); }},                      \
      {"S" letter, mask, [](uint32_t w, uint32_t) { return reg('s', bits(w, shift, 5)); }},                      \
      {"D" letter, mask, [](uint32_t w, uint32_t) { return reg('d', bits(w, shift, 5)); }},                      \
      {"Q" letter, mask, [](uint32_t w, uint32_t) { return reg('q', bits(w, shift, 5)); }}, {                    \
    letter, mask, [](uint32_t w, uint32_t) { return number(bits(w, shift, 5)); }                                 \
  }

// R: 32 or 64 bits; F: single or double precision; T: by the size of an atomic access; P: 31 is sp.
std::string pointer(uint32_t w, uint32_t n) {
  if (n == 31) return is_64(w) ? "sp" : "wsp";
  return reg(is_64(w) ? 'x' : 'w', n);
}

const Field kFields[] = {
    // Longer names come before those that they begin with.
    {"p7post", 0x7f << 15, [](uint32_t w, uint32_t) { return "#" + number(signed_bits(w, 15, 7) * 8); }},
    {"m9post", 0x1ff << 12, [](uint32_t w, uint32_t) { return "#" + number(signed_bits(w, 12, 9)); }},
    {"n+", kN, [](uint32_t w, uint32_t) { return number((bits(w, 5, 5) + 1) % 32); }},
    {"r5n", kN | kM, [](uint32_t w, uint32_t) { return reg(lane_log2(w) == 3 ? 'x' : 'w', bits(w, 5, 5)); }},
    {"V5", kM,
     [](uint32_t w, uint32_t) {
       constexpr const char* kArrangements[] = {"16b", "8h", "4s", "2d"};
       return std::string(kArrangements[lane_log2(w)]);
     }},
    {"x5", kM, [](uint32_t w, uint32_t) { return lane(lane_log2(w), bits(w, 16, 5) >> (lane_log2(w) + 1)); }},
    {"x4", 0xf << 11, [](uint32_t w, uint32_t) { return lane(lane_log2(w), bits(w, 11, 4) >> lane_log2(w)); }},
    {"xi", 0xf << 11, [](uint32_t w, uint32_t) { return "#" + number(bits(w, 11, 4)); }},
    {"s5", kM, [](uint32_t w, uint32_t) { return std::string(1, "bhsd"[lane_log2(w)]); }},
    {"Vi", 0x7f << 16,
     [](uint32_t w, uint32_t) {
       constexpr const char* kArrangements[] = {"16b", "8h", "4s", "2d"};
       return std::string(kArrangements[shift_log2(w)]);
     }},
    {"il", 0x7f << 16, [](uint32_t w, uint32_t) { return "#" + number(bits(w, 16, 7) - (8 << shift_log2(w))); }},
    {"ih", 0x7f << 16, [](uint32_t w, uint32_t) { return "#" + number((16 << shift_log2(w)) - bits(w, 16, 7)); }},
    {"X2", kA, [](uint32_t w, uint32_t) { return reg('x', bits(w, 10, 5)); }},
    {"D2", kA, [](uint32_t w, uint32_t) { return reg('d', bits(w, 10, 5)); }},
    {"Q2", kA, [](uint32_t w, uint32_t) { return reg('q', bits(w, 10, 5)); }},
    {"Pd", kD | kSf, [](uint32_t w, uint32_t) { return pointer(w, bits(w, 0, 5)); }},
    {"Pn", kN | kSf, [](uint32_t w, uint32_t) { return pointer(w, bits(w, 5, 5)); }},
    {"s6", 0x3f << 10 | 3 << 22, [](uint32_t w, uint32_t) { return shifted(w); }},
    {"ext", kM | 0x3f << 10, [](uint32_t w, uint32_t) { return extended(w); }},
    {"i12", 0xfff << 10 | 1 << 22,
     [](uint32_t w, uint32_t) { return immediate(bits(w, 10, 12)) + ((w & kFt) != 0 ? ", lsl #12" : ""); }},
    {"log", 0x1fff << 10, [](uint32_t w, uint32_t) { return "#" + hex(unmask(w)); }},
    {"u16", 0xffff << 5 | 3 << 21,
     [](uint32_t w, uint32_t) {
       const uint32_t shift = bits(w, 21, 2) * 16;
       return immediate(bits(w, 5, 16)) + (shift == 0 ? "" : ", lsl #" + number(shift));
     }},
    {"bf", kD | kN | 0xfff << 10 | kFt | kSf, [](uint32_t w, uint32_t) { return bitfield(w); }},
    {"ex", kD | kN | kM | 0x3f << 10 | kFt | kSf, [](uint32_t w, uint32_t) { return extraction(w); }},
    {"nc", 0xf << 12, [](uint32_t w, uint32_t) { return condition(bits(w, 12, 4) ^ 1); }},
    {"nz", 0xf, [](uint32_t w, uint32_t) { return immediate(bits(w, 0, 4)); }},
    {"i5", kM, [](uint32_t w, uint32_t) { return immediate(bits(w, 16, 5)); }},
    {"bit", 0x1f << 19 | kSf, [](uint32_t w, uint32_t) { return "#" + number(bits(w, 19, 5) + (is_64(w) ? 32 : 0)); }},
    {"c", 0xf << 12, [](uint32_t w, uint32_t) { return condition(bits(w, 12, 4)); }},
    {"b", 0xf, [](uint32_t w, uint32_t) { return condition(bits(w, 0, 4)); }},
    {"j26", 0x03ffffff, [](uint32_t w, uint32_t at) { return target(at, int64_t{signed_bits(w, 0, 26)} * 4); }},
    {"j19", 0x7ffff << 5, [](uint32_t w, uint32_t at) { return target(at, int64_t{signed_bits(w, 5, 19)} * 4); }},
    {"j14", 0x3fff << 5, [](uint32_t w, uint32_t at) { return target(at, int64_t{signed_bits(w, 5, 14)} * 4); }},
    {"adrp", 0x7ffff << 5 | 3 << 29,
     [](uint32_t w, uint32_t) { return hex(static_cast<uint64_t>(int64_t{signed_bits(w, 5, 19)} * 16384)); }},
    {"adr", 0x7ffff << 5 | 3 << 29,
     [](uint32_t w, uint32_t at) { return target(at, int64_t{signed_bits(w, 5, 19)} * 4 + bits(w, 29, 2)); }},
    {"p7", 0x7f << 15,
     [](uint32_t w, uint32_t) {
       const int32_t offset = signed_bits(w, 15, 7) * 8;
       return offset == 0 && bits(w, 23, 2) == 2 ? "" : ", #" + number(offset);
     }},
    {"q7", 0x7f << 15,
     [](uint32_t w, uint32_t) {
       const int32_t offset = signed_bits(w, 15, 7) * 16;
       return offset == 0 ? "" : ", #" + number(offset);
     }},
    {"m9", 0x1ff << 12, [](uint32_t w, uint32_t) { return ", #" + number(signed_bits(w, 12, 9)); }},
    {"f8", 0xff << 13, [](uint32_t w, uint32_t) { return float_number(w); }},
    {"sz", 3u << 30, [](uint32_t w, uint32_t) { return std::string(w >> 30 == 0   ? "b"
                                                                   : w >> 30 == 1 ? "h"
                                                                                  : ""); }},
    FIELD_REG("d", 0, kD),
    FIELD_REG("n", 5, kN),
    FIELD_REG("m", 16, kM),
    FIELD_REG("a", 10, kA),
    {"B", kN, [](uint32_t w, uint32_t) { return pointer(kSf, bits(w, 5, 5)); }},
};

const Field* field_at(std::string_view rest) {
  const auto* found = std::find_if(std::begin(kFields), std::end(kFields),
                                   [&](const Field& field) { return rest.starts_with(field.name); });
  return found == std::end(kFields) ? nullptr : found;
}

struct Instruction {
  uint32_t encoding;
  std::string_view syntax;
  bool is_access;
};

constexpr Instruction kInstructions[] = {
#define INSTRUCTION(name, encoding, syntax) {encoding, syntax, false},
#define ACCESS(name, encoding, syntax) {encoding, syntax, true},
#include "jit/a64/instructions.def"
#undef INSTRUCTION
#undef ACCESS
};

// The bits of the fields that the syntax names.
uint32_t fields_of(std::string_view syntax) {
  uint32_t mask = 0;
  for (size_t i = 0; i < syntax.size(); ++i) {
    if (syntax[i] != '%') continue;
    if (const Field* field = field_at(syntax.substr(i + 1))) mask |= field->mask;
  }
  return mask;
}

std::string fill_in(std::string_view syntax, uint32_t word, uint32_t at) {
  std::string text;
  for (size_t i = 0; i < syntax.size(); ++i) {
    const Field* const field = syntax[i] == '%' ? field_at(syntax.substr(i + 1)) : nullptr;
    if (field == nullptr) {
      text += syntax[i];
      continue;
    }
    text += field->text(word, at);
    i += field->name.size();
  }
  return text;
}

// The address of a load or store, and whether the word is one of its forms. `unscaled`: it is the one with an unscaled
// offset, which has another name.
bool address(uint32_t word, uint32_t encoding, std::string& text, bool& unscaled) {
  const uint32_t rest = word & ~encoding & ~(kD | kN);
  if ((word & encoding) != encoding) return false;
  const uint32_t scale = (encoding & 0x04800000) == 0x04800000 ? 4 : encoding >> 30;
  text = ", [" + pointer(kSf, bits(word, 5, 5));
  int64_t offset;
  if ((rest & ~(0xfffu << 10)) == 1u << 24) {
    offset = int64_t{bits(word, 10, 12)} << scale;
  } else if ((rest & ~(0x1ffu << 12)) == 0) {
    offset = signed_bits(word, 12, 9);
    unscaled = true;
  } else if ((rest & ~(kM | 0xfu << 12)) == (1u << 21 | 2u << 10)) {
    const bool wide = bits(word, 13, 2) == 3, scaled = bits(word, 12, 1) != 0;
    text += ", " + reg(wide ? 'x' : 'w', bits(word, 16, 5)) + (wide ? (scaled ? ", lsl" : "") : ", uxtw") +
            (scaled ? " #" + number(scale) : "") + "]";
    return true;
  } else {
    return false;
  }
  text += (offset == 0 ? "" : ", #" + number(offset)) + "]";
  return true;
}

}  // namespace

std::string print(uint32_t word, uint32_t at) {
  static constinit ProcessValue<const std::vector<uint32_t>> value;
  const std::vector<uint32_t>& masks = value.get([] {
    std::vector<uint32_t> made;
    for (const Instruction& instruction : kInstructions) made.push_back(~fields_of(instruction.syntax));
    return made;
  });
  for (size_t i = 0; i < std::size(kInstructions); ++i) {
    const Instruction& instruction = kInstructions[i];
    if (instruction.is_access) {
      // The bits above those of the address must be equal, so that a load is not taken for a store.
      std::string where;
      bool unscaled = false;
      if ((word & 0xfec00000) != (instruction.encoding & 0xfec00000) ||
          !address(word, instruction.encoding, where, unscaled))
        continue;
      return fill_in(instruction.syntax, word, at).insert(2, unscaled ? "u" : "") + where;
    }
    if ((word & masks[i]) == instruction.encoding) return fill_in(instruction.syntax, word, at);
  }
  return ".word " + hex(word);
}

}  // namespace mini_wasm::jit::a64
