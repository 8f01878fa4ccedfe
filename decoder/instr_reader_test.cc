#include "decoder/instr_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/missing_feature.h"
#include "decoder/module_bytes.h"

namespace mini_wasm::decoder {
namespace {

using testing::StartsWith;

struct InstrReader : testing::Test {
  Module module;
  FeatureSet all = FeatureSet::all();
  TypeScope scope{module, all};
  Bytes bytes;
  Reader on(const Bytes& b) {
    bytes = b;
    return Reader(bytes);
  }
};

Bytes encoding(const OpInfo& info) {
  Bytes bytes;
  if (info.prefix == 0) return {static_cast<uint8_t>(info.code)};
  bytes.push_back(info.prefix);
  write_uleb(bytes, info.code);
  return bytes;
}

TEST_F(InstrReader, reads_every_opcode_of_the_table) {
  for (size_t i = 0; i < kOpCount; ++i) {
    const Op op = static_cast<Op>(i);
    Reader r = on(encoding(op_info(op)));
    EXPECT_EQ(read_op(r, all), op) << op_info(op).text;
    EXPECT_TRUE(r.ok() && r.at_end());
  }
}

TEST_F(InstrReader, every_opcode_can_be_switched_off_but_those_of_1_0) {
  FeatureSet mvp;
  mvp.set(Feature::mvp);
  for (size_t i = 0; i < kOpCount; ++i) {
    const OpInfo& info = op_info(static_cast<Op>(i));
    if (info.feature == Feature::mvp) continue;
    Reader r = on(encoding(info));
    EXPECT_EQ(read_op(r, mvp), Op::invalid);
    EXPECT_EQ(r.take_error().message, missing_feature(info.text, info.feature));
  }
}

TEST_F(InstrReader, illegal_opcodes) {
  const auto message = [&](const Bytes& b) {
    Reader r = on(b);
    EXPECT_EQ(read_op(r, all), Op::invalid);
    return r.take_error().message;
  };
  EXPECT_EQ(message({0xff}), "illegal opcode ff");
  EXPECT_EQ(message({0xfc, 0x7f}), "illegal opcode fc 7f");
  EXPECT_EQ(message({0xfd, 0x80, 0x08}), "illegal opcode fd 0400");
  EXPECT_EQ(message({0xfc, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}), "integer representation too long");
  EXPECT_THAT(message({}), StartsWith("unexpected end"));
}

// No immediate reads beyond its bytes or accepts them cut off: each shape, fed with zeros of every length.
TEST_F(InstrReader, immediates_of_every_shape_cut_off_anywhere) {
  Immediates imm;
  for (size_t i = 0; i < kOpCount; ++i) {
    const OpInfo& info = op_info(static_cast<Op>(i));
    if (info.imm == Imm::heap_type || info.imm == Imm::br_on_cast) continue;  // zero is a type index
    size_t used = 0;
    {
      Reader r = on(Bytes(64, 0x00));
      if (info.imm == Imm::block_type || info.imm == Imm::try_table) continue;
      read_immediates(r, scope, info.imm, imm);
      EXPECT_TRUE(r.ok()) << info.text;
      used = r.offset();
    }
    for (size_t size = 0; size < used; ++size) {
      Reader r = on(Bytes(size, 0x00));
      read_immediates(r, scope, info.imm, imm);
      EXPECT_FALSE(r.ok()) << info.text << " with " << size << " bytes";
    }
  }
}

TEST_F(InstrReader, memarg) {
  const auto read = [&](const Bytes& b) {
    Reader r = on(b);
    const MemArg m = read_memarg(r, all);
    EXPECT_TRUE(r.ok());
    return m;
  };
  EXPECT_EQ(read({2, 8}).offset, 8u);
  EXPECT_EQ(read({0x42, 3, 8}).memory, 3u);
  EXPECT_EQ(read({0x42, 3, 8}).align_log2, 2u);
  EXPECT_EQ(read({0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}).offset, UINT64_MAX);
  Reader bad = on({0x80, 1, 0});
  read_memarg(bad, all);
  EXPECT_EQ(bad.take_error().message, "malformed memop flags");
  FeatureSet single = all;
  single.clear(Feature::multi_memory);
  Reader off = on({0x40, 0, 0});
  read_memarg(off, single);
  EXPECT_THAT(off.take_error().message, StartsWith("a memory index needs the multi-memory"));
}

TEST_F(InstrReader, block_types) {
  TypeRegistry registry;
  module.types = {registry.intern({{}, {}})};
  const TypeScope one(module, all);
  const auto read = [&](const Bytes& b) {
    Reader r = on(b);
    const BlockType type = read_block_type(r, one);
    EXPECT_TRUE(r.ok());
    return type;
  };
  EXPECT_EQ(read({0x40}).kind, BlockType::Kind::empty);
  EXPECT_EQ(read({0x7c}).value, ValType::f64);
  EXPECT_EQ(read({0x7b}).value, ValType::v128);
  EXPECT_EQ(read({0x70}).value, ValType::funcref);
  EXPECT_EQ(read({0x64, 0}).value, ValType::ref(module.types[0], false));
  EXPECT_EQ(read({0x80, 0}).kind, BlockType::Kind::type);
  Reader unknown = on({1});
  read_block_type(unknown, one);
  EXPECT_EQ(unknown.take_error().message, "unknown type 1");
}

TEST_F(InstrReader, reference_types) {
  const auto read = [&](const Bytes& b) {
    Reader r = on(b);
    const ValType type = read_val_type(r, scope);
    EXPECT_TRUE(r.ok() && r.at_end());
    return to_string(type);
  };
  const std::vector<std::pair<uint8_t, const char*>> names = {
      {0x74, "nullexnref"}, {0x73, "nullfuncref"}, {0x72, "nullexternref"}, {0x71, "nullref"},
      {0x70, "funcref"},    {0x6f, "externref"},   {0x6e, "anyref"},        {0x6d, "eqref"},
      {0x6c, "i31ref"},     {0x6b, "structref"},   {0x6a, "arrayref"},      {0x69, "exnref"},
  };
  for (const auto& [code, text] : names) {
    EXPECT_EQ(read({code}), text);
    EXPECT_EQ(read({0x63, code}), text);
  }
  EXPECT_EQ(read({0x64, 0x6b}), "(ref struct)");
}

TEST_F(InstrReader, reads_a_single_constant) {
  Reader r = on({0x41, 0x7f, 0x0b, 0x0b});
  EXPECT_EQ(read_single_const(r, Op::i32_const), 0xffffffffu) << "not sign-extended to 64 bits";
  EXPECT_EQ(r.offset(), 3u);
  r = on({0x42, 0x7f, 0x0b});
  EXPECT_EQ(read_single_const(r, Op::i64_const), ~uint64_t{0});
  r = on({0x41, 0x80, 0x80, 0x00, 0x0b});
  EXPECT_EQ(read_single_const(r, Op::i32_const), 0u) << "also in a long form";
}

TEST_F(InstrReader, leaves_other_expressions_to_the_reader_of_all) {
  Reader r = on({0x42, 0x00, 0x0b});
  EXPECT_EQ(read_single_const(r, Op::i32_const), std::nullopt);
  EXPECT_EQ(r.offset(), 0u);
  r = on({0x41, 0x01, 0x41, 0x02, 0x6a, 0x0b});
  EXPECT_EQ(read_single_const(r, Op::i32_const), std::nullopt);
  EXPECT_EQ(r.offset(), 2u);
  EXPECT_TRUE(r.ok());
  for (const Bytes& cut : {Bytes{}, Bytes{0x41}, Bytes{0x41, 0x80}, Bytes{0x41, 0x01}}) {
    r = on(cut);
    EXPECT_EQ(read_single_const(r, Op::i32_const), std::nullopt) << cut.size();
  }
}

}  // namespace
}  // namespace mini_wasm::decoder
