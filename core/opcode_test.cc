// The opcode table compared with the specification: the number of opcodes, encodings, widths.
#include "core/opcode.h"

#include <gtest/gtest.h>

#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace mini_wasm {
namespace {

constexpr Op op_at(size_t row) { return static_cast<Op>(row); }

// The identifiers in opcodes.def.
const char* const kIds[] = {
#define OP(id, ...) #id,
#include "core/opcodes.def"
#undef OP
};

// A feature that is not listed may have any number of rows.
TEST(opcode_table, has_as_many_rows_per_feature_as_the_specification) {
  std::map<Feature, int> rows;
  for (const OpInfo& info : kOpInfo) ++rows[info.feature];
  const std::map<Feature, int> expected = {
      {Feature::mvp, 172},           {Feature::sign_ext, 5},          {Feature::sat_trunc, 8},
      {Feature::bulk_memory, 7},     {Feature::ref_types, 9},         {Feature::tail_call, 3},
      {Feature::function_refs, 4},   {Feature::exceptions, 3},        {Feature::gc, 32},
      {Feature::simd, 236},          {Feature::relaxed_simd, 20},     {Feature::threads, 67},
      {Feature::wide_arithmetic, 4}, {Feature::legacy_exceptions, 5},
  };
  for (const auto& [feature, count] : expected) EXPECT_EQ(rows[feature], count) << feature_info(feature).text;
}

TEST(opcode_table, is_sorted_by_encoding_without_duplicates) {
  for (size_t i = 1; i < kOpCount; ++i) {
    EXPECT_LT(std::pair(kOpInfo[i - 1].prefix, kOpInfo[i - 1].code), std::pair(kOpInfo[i].prefix, kOpInfo[i].code))
        << kOpInfo[i].text;
  }
}

TEST(opcode_table, ids_are_texts_made_identifiers) {
  const std::set<std::string> exceptions = {"select_t", "ref_test_null", "ref_cast_null"};
  std::set<std::string> seen;
  for (size_t i = 0; i < kOpCount; ++i) {
    EXPECT_TRUE(seen.insert(kIds[i]).second) << kIds[i];
    if (exceptions.contains(kIds[i])) continue;
    std::string id(kOpInfo[i].text);
    for (char& c : id) c = c == '.' ? '_' : c;
    EXPECT_TRUE(kIds[i] == id || kIds[i] == id + "_") << kIds[i];
  }
}

TEST(opcode_table, texts_are_unique_but_for_select_and_the_null_casts) {
  std::map<std::string_view, int> rows;
  for (const OpInfo& info : kOpInfo) ++rows[info.text];
  std::set<std::string_view> shared;
  for (const auto& [text, count] : rows) {
    if (count > 1) shared.insert(text);
  }
  EXPECT_EQ(shared, (std::set<std::string_view>{"select", "ref.test", "ref.cast"}));
}

TEST(opcode_table, text_round_trips) {
  for (const OpInfo& info : kOpInfo) {
    const std::optional<Op> op = op_from_text(info.text);
    ASSERT_TRUE(op.has_value()) << info.text;
    EXPECT_EQ(op_info(*op).text, info.text);
  }
  EXPECT_EQ(op_from_text("select"), Op::select);
  EXPECT_EQ(op_from_text("ref.test"), Op::ref_test);
  EXPECT_EQ(op_from_text("if"), Op::if_);
  for (const char* text : {"", "i32", "i32.addd", "i32_add", "if_", "I32.ADD", "select_t"}) {
    EXPECT_EQ(op_from_text(text), std::nullopt) << text;
  }
}

TEST(opcode_table, encodings_round_trip) {
  for (size_t i = 0; i < kOpCount; ++i) EXPECT_EQ(op_from_code(kOpInfo[i].prefix, kOpInfo[i].code), op_at(i));
}

TEST(opcode_table, unassigned_encodings_are_invalid) {
  size_t valid = 0;
  for (int prefix = 0; prefix < 0x100; ++prefix) {
    for (uint32_t code = 0; code < 0x400; ++code) {
      valid += op_from_code(static_cast<uint8_t>(prefix), code) != Op::invalid;
    }
    EXPECT_EQ(op_from_code(static_cast<uint8_t>(prefix), 0xffffffff), Op::invalid);
  }
  EXPECT_EQ(valid, kOpCount);
  EXPECT_EQ(op_from_code(0x00, 0xfc), Op::invalid) << "a prefix is no opcode";
  EXPECT_EQ(op_from_code(0xfd, 0x9a), Op::invalid) << "a hole among the vector opcodes";
  EXPECT_EQ(op_from_code(0xfe, 0x04), Op::invalid);
}

TEST(opcode_table, first_bytes_are_opcodes_prefixes_or_invalid) {
  for (size_t byte = 0; byte < 256; ++byte) {
    if (byte >= 0xfb && byte <= 0xfe) {
      EXPECT_EQ(kOneByteOps[byte], Op::prefix);
    } else {
      EXPECT_EQ(kOneByteOps[byte], op_from_code(0, static_cast<uint32_t>(byte)));
    }
  }
  EXPECT_EQ(kOneByteOps[0x6a], Op::i32_add);
  EXPECT_EQ(kOneByteOps[0xff], Op::invalid);
  EXPECT_EQ(kOneByteOps[0x27], Op::invalid);
}

// The first or last opcode of each group, from the index of instructions.
TEST(opcode_table, known_encodings) {
  struct Row {
    Op op;
    uint8_t prefix;
    uint32_t code;
  };
  for (const Row& row : {Row{Op::unreachable, 0, 0x00},
                         {Op::end, 0, 0x0b},
                         {Op::return_call_ref, 0, 0x15},
                         {Op::try_table, 0, 0x1f},
                         {Op::table_set, 0, 0x26},
                         {Op::i64_store32, 0, 0x3e},
                         {Op::f64_const, 0, 0x44},
                         {Op::i64_ge_u, 0, 0x5a},
                         {Op::f64_ge, 0, 0x66},
                         {Op::i32_rotr, 0, 0x78},
                         {Op::i64_rotr, 0, 0x8a},
                         {Op::f32_copysign, 0, 0x98},
                         {Op::f64_copysign, 0, 0xa6},
                         {Op::f64_reinterpret_i64, 0, 0xbf},
                         {Op::i64_extend32_s, 0, 0xc4},
                         {Op::br_on_non_null, 0, 0xd6},
                         {Op::array_new_fixed, 0xfb, 0x08},
                         {Op::i31_get_u, 0xfb, 0x1e},
                         {Op::i64_trunc_sat_f64_u, 0xfc, 0x07},
                         {Op::table_fill, 0xfc, 0x11},
                         {Op::i64_mul_wide_u, 0xfc, 0x16},
                         {Op::v128_store, 0xfd, 0x0b},
                         {Op::f64x2_replace_lane, 0xfd, 0x22},
                         {Op::v128_any_true, 0xfd, 0x53},
                         {Op::v128_load64_zero, 0xfd, 0x5d},
                         {Op::i16x8_extmul_high_i8x16_u, 0xfd, 0x9f},
                         {Op::f64x2_convert_low_i32x4_u, 0xfd, 0xff},
                         {Op::i32x4_relaxed_dot_i8x16_i7x16_add_s, 0xfd, 0x113},
                         {Op::atomic_fence, 0xfe, 0x03},
                         {Op::i64_atomic_rmw32_cmpxchg_u, 0xfe, 0x4e}}) {
    EXPECT_EQ(op_info(row.op).prefix, row.prefix) << op_info(row.op).text;
    EXPECT_EQ(op_info(row.op).code, row.code) << op_info(row.op).text;
  }
}

TEST(opcode_table, fixed_signatures_are_well_formed) {
  for (const OpInfo& info : kOpInfo) {
    EXPECT_FALSE(info.special && (info.param_count != 0 || info.result_count != 0)) << info.text;
    for (size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(info.params[i] != SigType::none, i < info.param_count) << info.text;
      // An instruction that accesses memory has the address as its first operand, and no other instruction has an
      // address.
      EXPECT_EQ(info.params[i] == SigType::addr, i == 0 && has_memarg(info.imm)) << info.text;
    }
    for (size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(info.results[i] != SigType::none, i < info.result_count) << info.text;
      EXPECT_NE(info.results[i], SigType::addr) << info.text;
    }
  }
}

TEST(opcode_table, each_row_of_immediates_is_that_of_an_opcode_and_each_part_is_in_one) {
  std::set<Imm> shapes;
  std::set<ImmPart> parts;
  for (const OpInfo& info : kOpInfo) {
    shapes.insert(info.imm);
    parts.insert({imm_info(info.imm).first, imm_info(info.imm).second});
  }
  EXPECT_EQ(shapes.size(), std::size(kImmInfo));
  EXPECT_EQ(parts.size(), static_cast<size_t>(ImmPart::zero) + 1);
}

TEST(opcode_table, pure_numeric_rows_have_a_fixed_signature_and_no_immediates) {
  for (const OpInfo& info : kOpInfo) {
    const bool scalar = info.cls == OpClass::numeric || info.cls == OpClass::numeric_trap;
    if (!scalar && info.cls != OpClass::simd) continue;
    EXPECT_EQ(info.imm, Imm::none) << info.text;
    EXPECT_FALSE(info.special) << info.text;
    EXPECT_GE(info.param_count, 1) << info.text;
    EXPECT_GE(info.result_count, 1) << info.text;
    EXPECT_EQ(has_vectors(info), !scalar) << info.text;
  }
}

TEST(opcode_table, signatures_decode) {
  const OpInfo& store = op_info(Op::i64_store32);
  EXPECT_EQ(store.param_count, 2);
  EXPECT_EQ(store.params[0], SigType::addr);
  EXPECT_EQ(store.params[1], SigType::i64);
  EXPECT_EQ(store.result_count, 0);
  const OpInfo& convert = op_info(Op::f64_convert_i32_u);
  EXPECT_EQ(convert.params[0], SigType::i32);
  EXPECT_EQ(convert.results[0], SigType::f64);
  EXPECT_EQ(op_info(Op::i64_add128).param_count, 4);
  EXPECT_EQ(op_info(Op::i64_add128).result_count, 2);
  EXPECT_TRUE(op_info(Op::select).special);
  EXPECT_FALSE(op_info(Op::nop).special);
}

TEST(opcode_table, access_widths) {
  struct Row {
    Op op;
    int bytes;
  };
  for (const Row& row : {Row{Op::i32_load, 4},
                         {Op::i64_load, 8},
                         {Op::f32_store, 4},
                         {Op::f64_store, 8},
                         {Op::i32_load8_s, 1},
                         {Op::i64_load16_u, 2},
                         {Op::i64_load32_s, 4},
                         {Op::i64_store8, 1},
                         {Op::v128_load, 16},
                         {Op::v128_store, 16},
                         {Op::v128_load8x8_s, 8},
                         {Op::v128_load16x4_u, 8},
                         {Op::v128_load32x2_s, 8},
                         {Op::v128_load8_splat, 1},
                         {Op::v128_load64_splat, 8},
                         {Op::v128_load32_zero, 4},
                         {Op::v128_load64_zero, 8},
                         {Op::v128_load8_lane, 1},
                         {Op::v128_store16_lane, 2},
                         {Op::v128_store64_lane, 8},
                         {Op::memory_atomic_notify, 4},
                         {Op::memory_atomic_wait32, 4},
                         {Op::memory_atomic_wait64, 8},
                         {Op::i64_atomic_load, 8},
                         {Op::i64_atomic_load32_u, 4},
                         {Op::i32_atomic_store16, 2},
                         {Op::i32_atomic_rmw_add, 4},
                         {Op::i64_atomic_rmw_xchg, 8},
                         {Op::i32_atomic_rmw8_cmpxchg_u, 1},
                         {Op::i64_atomic_rmw32_sub_u, 4}}) {
    EXPECT_EQ(1 << op_info(row.op).access_log2, row.bytes) << op_info(row.op).text;
  }
}

TEST(features, defaults_are_what_webassembly_3_and_browsers_have) {
  const FeatureSet defaults = FeatureSet::defaults();
  EXPECT_TRUE(defaults.has(Feature::mvp));
  EXPECT_TRUE(defaults.has(Feature::gc));
  EXPECT_TRUE(defaults.has(Feature::exceptions));
  EXPECT_TRUE(defaults.has(Feature::threads));
  EXPECT_TRUE(defaults.has(Feature::legacy_exceptions));
  for (Feature off : {Feature::wide_arithmetic, Feature::custom_page_sizes}) {
    EXPECT_FALSE(defaults.has(off)) << feature_info(off).text;
  }
}

TEST(features, set_and_clear_touch_one_bit) {
  FeatureSet set;
  EXPECT_EQ(set.bits(), 0u);
  set.set(Feature::simd);
  EXPECT_TRUE(set.has(Feature::simd));
  EXPECT_FALSE(set.has(Feature::relaxed_simd));
  set.clear(Feature::simd);
  EXPECT_EQ(set, FeatureSet());
  for (size_t i = 0; i < kFeatureCount; ++i) set.set(static_cast<Feature>(i));
  EXPECT_EQ(set, FeatureSet::all());
}

TEST(features, names_round_trip) {
  for (size_t i = 0; i < kFeatureCount; ++i) {
    EXPECT_EQ(feature_from_text(kFeatureInfo[i].text), static_cast<Feature>(i));
  }
  EXPECT_EQ(feature_from_text("tail_call"), Feature::tail_call);
  EXPECT_EQ(feature_from_text("tail call"), std::nullopt);
  EXPECT_EQ(feature_from_text(""), std::nullopt);
}

}  // namespace
}  // namespace mini_wasm
