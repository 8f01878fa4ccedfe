// Writes binary modules byte by byte, correct or deliberately wrong (spec 5). The assembler could not write the wrong
// ones.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

namespace mini_wasm::hostile {

// Bytes in the encodings of the binary format. Every call appends and returns *this.
class Bytes {
 public:
  Bytes() = default;
  Bytes(std::initializer_list<int> bytes) {
    for (int byte : bytes) u8(byte);
  }

  Bytes& u8(int byte) {
    bytes_.push_back(static_cast<uint8_t>(byte));
    return *this;
  }
  Bytes& u32(uint64_t value);  // unsigned LEB128, shortest form
  Bytes& s32(int64_t value);   // signed LEB128, shortest form
  Bytes& name(std::string_view text);
  Bytes& add(const Bytes& other) { return add(other.span()); }
  Bytes& add(std::span<const uint8_t> other) {
    bytes_.insert(bytes_.end(), other.begin(), other.end());
    return *this;
  }
  // Appends the same bytes `times` times.
  Bytes& repeat(uint64_t times, const Bytes& what);
  // Appends `content` with its size before it: sections, code entries.
  Bytes& sized(const Bytes& content) { return u32(content.size()).add(content); }

  size_t size() const { return bytes_.size(); }
  std::span<const uint8_t> span() const { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

// Section ids (spec 5.5.2).
enum SectionId {
  kCustom,
  kType,
  kImport,
  kFunction,
  kTable,
  kMemory,
  kGlobal,
  kExport,
  kStart,
  kElement,
  kCode,
  kData,
  kDataCount,
  kTag
};

// The codes that the tests use (spec 5.3, 5.4).
enum Code {
  kUnreachable = 0x00,
  kNop = 0x01,
  kBlock = 0x02,
  kLoop = 0x03,
  kIf = 0x04,
  kElse = 0x05,
  kEnd = 0x0b,
  kBr = 0x0c,
  kBrIf = 0x0d,
  kBrTable = 0x0e,
  kReturn = 0x0f,
  kCall = 0x10,
  kCallIndirect = 0x11,
  kDrop = 0x1a,
  kLocalGet = 0x20,
  kLocalSet = 0x21,
  kGlobalGet = 0x23,
  kTableGet = 0x25,
  kI32Load = 0x28,
  kI32Store = 0x36,
  kMemorySize = 0x3f,
  kMemoryGrow = 0x40,
  kI32Const = 0x41,
  kI64Const = 0x42,
  kI32Eqz = 0x45,
  kI32Add = 0x6a,
  kRefNull = 0xd0,
  kRefIsNull = 0xd1,
  kRefFunc = 0xd2,
  kBulk = 0xfc,
  kSimd = 0xfd,
  kEmptyBlock = 0x40,
  kI32 = 0x7f,
  kI64 = 0x7e,
  kF64 = 0x7c,
  kFuncRef = 0x70,
  kExternRef = 0x6f,
  kFuncForm = 0x60,
};

inline Bytes header() { return {0, 'a', 's', 'm', 1, 0, 0, 0}; }
inline Bytes section(int id, const Bytes& content) { return Bytes{id}.sized(content); }
// A section whose content is a vector of `count` items.
inline Bytes section(int id, uint64_t count, const Bytes& items) { return section(id, Bytes().u32(count).add(items)); }
// A code entry without locals.
inline Bytes body(const Bytes& instructions) { return Bytes().sized(Bytes{0}.add(instructions)); }

// A module with one function [params] -> [results], exported as "f".
Bytes one_function(const Bytes& params, const Bytes& results, const Bytes& code_entry);
// The same, with other sections between function and export, such as tables, memories and globals.
Bytes one_function(const Bytes& params, const Bytes& results, const Bytes& code_entry, const Bytes& middle,
                   const Bytes& elements_before_code, const Bytes& data_after_code);

// A small valid module with at least one item in every section of WebAssembly 2.0, and a name section. It imports a
// function, a table, a memory and a global from "m".
Bytes rich_module();
// The offsets of the ends of all sections of a valid module. The header counts as the first section.
std::vector<size_t> section_ends(std::span<const uint8_t> module);

}  // namespace mini_wasm::hostile
