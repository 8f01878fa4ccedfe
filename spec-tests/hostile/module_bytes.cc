#include "spec-tests/hostile/module_bytes.h"

namespace mini_wasm::hostile {

Bytes& Bytes::u32(uint64_t value) {
  for (; value >= 0x80; value >>= 7) u8(static_cast<int>(value & 0x7f) | 0x80);
  return u8(static_cast<int>(value));
}

Bytes& Bytes::s32(int64_t value) {
  for (; value < -64 || value >= 64; value >>= 7) u8(static_cast<int>(value & 0x7f) | 0x80);
  return u8(static_cast<int>(value & 0x7f));
}

Bytes& Bytes::name(std::string_view text) {
  u32(text.size());
  bytes_.insert(bytes_.end(), text.begin(), text.end());
  return *this;
}

Bytes& Bytes::repeat(uint64_t times, const Bytes& what) {
  bytes_.reserve(bytes_.size() + times * what.size());
  for (uint64_t i = 0; i < times; ++i) add(what);
  return *this;
}

Bytes one_function(const Bytes& params, const Bytes& results, const Bytes& code_entry) {
  return one_function(params, results, code_entry, {}, {}, {});
}

Bytes one_function(const Bytes& params, const Bytes& results, const Bytes& code_entry, const Bytes& middle,
                   const Bytes& elements_before_code, const Bytes& data_after_code) {
  const Bytes type = Bytes{kFuncForm}.sized(params).sized(results);
  return header()
      .add(section(kType, 1, type))
      .add(section(kFunction, 1, {0}))
      .add(middle)
      .add(section(kExport, 1, Bytes().name("f").u8(0).u32(0)))
      .add(elements_before_code)
      .add(section(kCode, 1, code_entry))
      .add(data_after_code);
}

Bytes rich_module() {
  const Bytes types =
      Bytes{kFuncForm, 2, kI32, kI64, 1, kI32}.add({kFuncForm, 0, 0}).add({kFuncForm, 1, kI32, 2, kI32, kI64});
  const Bytes imports = Bytes()
                            .add(Bytes().name("m").name("f").u8(0).u32(1))
                            .add(Bytes().name("m").name("t").u8(1).add({kFuncRef, 1, 2, 10}))
                            .add(Bytes().name("m").name("mem").u8(2).add({1, 1, 4}))
                            .add(Bytes().name("m").name("g").u8(3).add({kI32, 0}));
  const Bytes tables = Bytes{kExternRef, 0, 2}.add({kFuncRef, 1, 2, 8});
  const Bytes globals = Bytes{kI32, 1, kI32Const}.s32(-12345).add({kEnd, kExternRef, 0, kRefNull, kExternRef, kEnd});
  const Bytes exports = Bytes()
                            .name("run")
                            .u8(0)
                            .u32(1)
                            .add(Bytes().name("pair").u8(0).u32(2))
                            .add(Bytes().name("tab").u8(1).u32(1))
                            .add(Bytes().name("mem").u8(2).u32(0))
                            .add(Bytes().name("\xc3\xa9").u8(3).u32(1));
  const Bytes elements = Bytes{0, kI32Const, 0, kEnd, 2, 1, 2}                  // active, table 0
                             .add({1, 0, 1, 3})                                 // passive, functions
                             .add({3, 0, 1, 1})                                 // declarative
                             .add({5, kFuncRef, 1, kRefNull, kFuncRef, kEnd});  // passive, expressions
  const Bytes run = Bytes{2, 3, kI32, 1, kExternRef}
                        .add({kBlock, kEmptyBlock, kLocalGet, 0, kBrIf, 0, kUnreachable, kEnd})
                        .add({kLoop, kI32, kLocalGet, 0, kI32Const})
                        .s32(1 << 20)
                        .add({kI32Add, kEnd})
                        .add({kBlock, kEmptyBlock, kLocalGet, 0, kBrTable, 2, 0, 0, 0, kEnd})
                        .add({kLocalGet, 0, kIf, 2, kI32Load, 2, 16, kI64Const, 7, kElse, kI64Const, 0, kEnd})
                        .add({kDrop, kLocalGet, 2, kI32Add, kRefNull, kExternRef, kRefIsNull, kI32Add})
                        .add({kI32Const, 0, kI32Const, 0, kI32Const, 1, kBulk, 8, 1, 0})   // memory.init 1
                        .add({kI32Const, 0, kI32Const, 0, kI32Const, 1, kBulk, 12, 1, 0})  // table.init 1
                        .add({kI32Const, 1, kCallIndirect, 1, 0, kEnd});
  const Bytes pair = Bytes{0, kLocalGet, 0, kI64Const}.s32(-1).u8(kEnd);
  const Bytes nothing = {0, kRefFunc, 1, kDrop, kCall, 0, kEnd};
  const Bytes data = Bytes{0, kI32Const, 8, kEnd}.name("hello").u8(1).name("passive");
  const Bytes names =
      Bytes().name("name").u8(0).sized(Bytes().name("rich")).u8(1).sized(Bytes{2, 1}.name("run").u8(2).name("pair"));
  return header()
      .add(section(kType, 3, types))
      .add(section(kImport, 4, imports))
      .add(section(kFunction, 3, {0, 2, 1}))
      .add(section(kTable, 2, tables))
      .add(section(kMemory, 0, {}))
      .add(section(kGlobal, 2, globals))
      .add(section(kExport, 5, exports))
      .add(section(kStart, {3}))
      .add(section(kElement, 4, elements))
      .add(section(kDataCount, {2}))
      .add(section(kCode, 3, Bytes().sized(run).sized(pair).sized(nothing)))
      .add(section(kData, 2, data))
      .add(section(kCustom, names));
}

std::vector<size_t> section_ends(std::span<const uint8_t> module) {
  std::vector<size_t> ends = {8};
  for (size_t at = 8; at < module.size(); ends.push_back(at)) {
    size_t size = 0;
    int shift = 0;
    for (++at; module[at] >= 0x80; ++at, shift += 7) size |= static_cast<size_t>(module[at] & 0x7f) << shift;
    size |= static_cast<size_t>(module[at]) << shift;
    at += 1 + size;
  }
  return ends;
}

}  // namespace mini_wasm::hostile
