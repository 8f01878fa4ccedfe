#include "text/assembler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/opcode.h"
#include "core/work_meter.h"

namespace mini_wasm::text {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

using Bytes = std::vector<uint8_t>;

Bytes bytes(std::string_view text) {
  Result<Bytes> result = assemble(text, {.names = false});
  if (!result) {
    ADD_FAILURE() << describe(result.error(), text, "test");
    return {};
  }
  return std::move(*result);
}

// The bytes after the header.
Bytes sections(std::string_view text) {
  Bytes all = bytes(text);
  if (all.size() < 8) return {};
  return Bytes(all.begin() + 8, all.end());
}

std::string error(std::string_view text) {
  const Result<Bytes> result = assemble(text);
  return result ? "accepted" : result.error().message;
}

// The instructions of a function without parameters and locals; the module contains only this function.
Bytes code(std::string_view instructions, std::string_view before = "") {
  const Bytes all = bytes("(module " + std::string(before) + " (func " + std::string(instructions) + "))");
  // Code is the last section: id, size, count 1, body size, no locals, code, end.
  for (size_t at = 8; at + 1 < all.size(); at += 2 + all[at + 1]) {
    if (all[at] == 10) return Bytes(all.begin() + static_cast<ptrdiff_t>(at) + 5, all.end() - 1);
  }
  return {};
}

TEST(assembler, empty_module) {
  EXPECT_EQ(bytes("(module)"), (Bytes{0, 'a', 's', 'm', 1, 0, 0, 0}));
  EXPECT_EQ(bytes(""), bytes("(module $m)"));
}

TEST(assembler, function_with_everything) {
  EXPECT_EQ(
      sections("(func $f (export \"f\") (param $x i32) (result i32) (local i64 i64) (local $y i32) local.get $y)"),
      (Bytes{1,  6,  1, 0x60, 1,   0x7f, 1,    0x7f,  // type
             3,  2,  1, 0,                            // function
             7,  5,  1, 1,    'f', 0,    0,           // export
             10, 10, 1, 8,    2,   2,    0x7e, 1,    0x7f, 0x20, 3, 0x0b}));
}

TEST(assembler, folded_is_flat) {
  EXPECT_EQ(code("(drop (i32.add (i32.const 1) (i32.const 2)))"), code("i32.const 1 i32.const 2 i32.add drop"));
  EXPECT_EQ(code("(if (i32.const 1) (then nop) (else (nop) nop))"), code("i32.const 1 if nop else nop nop end"));
  EXPECT_EQ(code("(block $a (loop $b (br $a) (br $b)))"), code("block loop br 1 br 0 end end"));
  EXPECT_EQ(code("(drop (if (result i32) (i32.const 1) (then (i32.const 2)) (else (i32.const 3))))"),
            code("i32.const 1 if (result i32) i32.const 2 else i32.const 3 end drop"));
}

TEST(assembler, the_condition_of_a_folded_if_is_outside_of_its_label) {
  EXPECT_EQ(code("(block $l (if $l (br $l) (then (br $l))))"), code("block br 0 if br 0 end end"));
}

TEST(assembler, labels_shadow_and_come_back) {
  EXPECT_EQ(code("block $l block $l br $l end br $l end"), code("block block br 0 end br 0 end"));
  EXPECT_EQ(error("(func br $l)"), "unknown label $l");
  EXPECT_EQ(error("(func block $l end br $l)"), "unknown label $l");
}

TEST(assembler, legacy_exceptions_folded_and_flat) {
  const char* tag = "(tag $t)";
  EXPECT_EQ(code("(try $l (do (throw $t)) (catch $t (rethrow $l)) (catch_all nop))", tag),
            code("try $l throw 0 catch 0 rethrow 0 catch_all nop end $l", tag));
  EXPECT_EQ(code("(try $l (do (try (do) (delegate $l))))", tag), code("try try delegate 0 end", tag));
  EXPECT_THAT(error("(func (catch_all))"), StartsWith("unexpected token"));
  EXPECT_THAT(error("(func (try (do) (catch_all) (catch_all)))"), StartsWith("unexpected token"));
}

TEST(assembler, catch_clauses_name_outer_labels) {
  EXPECT_EQ(code("(block $o (try_table $o (catch 0 $o) (catch_all_ref $o)))", "(tag)"),
            (Bytes{0x02, 0x40, 0x1f, 0x40, 2, 0, 0, 0, 3, 0, 0x0b, 0x0b}));
}

TEST(assembler, memory_operands) {
  const char* memories = "(memory 1) (memory $m 1)";
  EXPECT_EQ(code("i32.load offset=8 align=2", memories), (Bytes{0x28, 1, 8}));
  EXPECT_EQ(code("i64.store $m", memories), (Bytes{0x37, 0x43, 1, 0}));
  EXPECT_EQ(code("v128.load8_lane 3", memories), (Bytes{0xfd, 0x54, 0, 0, 3}));
  EXPECT_EQ(code("v128.load8_lane 1 offset=2 3", memories), (Bytes{0xfd, 0x54, 0x40, 1, 2, 3}));
  EXPECT_EQ(code("v128.load8_lane 1 3 drop", memories), (Bytes{0xfd, 0x54, 0x40, 1, 0, 3, 0x1a}));
  EXPECT_EQ(code("memory.copy memory.copy $m 0", memories), (Bytes{0xfc, 10, 0, 0, 0xfc, 10, 1, 0}));
  EXPECT_THAT(error("(memory 1) (func i32.load align=3)"), StartsWith("alignment must be a power of two"));
  EXPECT_THAT(error("(memory 1) (func i32.load align=)"), StartsWith("unknown operator align="));
}

TEST(assembler, operands_that_choose_the_opcode) {
  EXPECT_EQ(code("select select (result) select (result i32)"), (Bytes{0x1b, 0x1c, 0, 0x1c, 1, 0x7f}));
  EXPECT_EQ(code("ref.test (ref i31) ref.test i31ref ref.cast (ref null 0)"),
            (Bytes{0xfb, 0x14, 0x6c, 0xfb, 0x15, 0x6c, 0xfb, 0x17, 0}));
  EXPECT_EQ(code("br_on_cast 0 anyref (ref i31)"), (Bytes{0xfb, 0x18, 1, 0, 0x6e, 0x6c}));
}

TEST(assembler, segments_first_in_the_binary_last_in_the_text) {
  EXPECT_EQ(code("table.init $t 0", "(table 1 funcref) (table $t 1 funcref) (elem func)"), (Bytes{0xfc, 12, 0, 1}));
  EXPECT_EQ(code("table.init 0", "(table 1 funcref) (elem func)"), (Bytes{0xfc, 12, 0, 0}));
  // Of two indices of one kind, none may be missing alone.
  EXPECT_NE(error("(module (table 1 funcref) (func table.copy 0))"), "accepted");
  EXPECT_NE(error("(module (memory 1) (func memory.copy 0))"), "accepted");
}

TEST(assembler, block_types) {
  EXPECT_EQ(code("block (result i32) unreachable end"), (Bytes{0x02, 0x7f, 0, 0x0b}));
  EXPECT_EQ(code("block (type 0) end"), (Bytes{0x02, 0, 0x0b}));
  EXPECT_EQ(code("block (param i32) end"), (Bytes{0x02, 1, 0x0b}));
}

TEST(assembler, an_abbreviated_type_use_takes_the_first_equal_type) {
  // The function's type is the fourth one: neither the open one nor those in the group of two.
  EXPECT_EQ(
      sections("(type (sub (func))) (rec (type (func)) (type (func (param i32)))) (type (func)) (func)"),
      sections("(type (sub (func))) (rec (type (func)) (type (func (param i32)))) (type (func)) (func (type 3))"));
  EXPECT_EQ(error("(type $t (func (param i32))) (func (type $t) (param i64))").substr(0, 20), "inline function type");
  EXPECT_EQ(error("(func (type 3) (param i64))"), "unknown type 3");
}

TEST(assembler, recursive_types) {
  EXPECT_EQ(sections("(rec (type $a (sub (struct (field $x (ref null $b)) (field (mut i8) i32)))) "
                     "(type $b (sub final $a (array (mut anyref)))))"),
            (Bytes{1, 20, 1, 0x4e, 2, 0x50, 0, 0x5f, 3, 0x63, 1, 0, 0x78, 1, 0x7f, 0, 0x4f, 1, 0, 0x5e, 0x6e, 1}));
  EXPECT_EQ(sections("(rec (type (func)))"), sections("(type (func))"));
}

TEST(assembler, fields_by_name) {
  const char* types = "(type $s (struct (field $a i32) (field i64) (field $b f32)))";
  EXPECT_EQ(code("struct.get $s $b struct.set 0 1", types), (Bytes{0xfb, 2, 0, 2, 0xfb, 5, 0, 1}));
  EXPECT_EQ(error("(type $s (struct)) (func struct.get $s $b)"), "unknown field $b");
}

TEST(assembler, inline_imports_exports_and_segments) {
  EXPECT_EQ(sections("(memory (export \"m\") (data \"ab\" \"c\")) (table funcref (elem $f)) (func $f)"),
            sections("(memory 1 1) (table 1 1 funcref) (export \"m\" (memory 0)) (elem (i32.const 0) func 0) (func $f)"
                     " (data (i32.const 0) \"abc\")"));
  EXPECT_EQ(sections("(func $f (import \"a\" \"b\") (param i32)) (export \"f\" (func $f))"),
            sections("(import \"a\" \"b\" (func (param i32))) (export \"f\" (func 0))"));
  EXPECT_EQ(sections("(memory (pagesize 1) (data \"abc\"))"),
            sections("(memory 3 3 (pagesize 1)) (data (i32.const 0) \"abc\")"));
}

TEST(assembler, element_segments) {
  const std::string before = "(table 1 funcref) (table $t 1 externref) (func $f) ";
  const auto elem = [&](const char* text) {
    const Bytes all = sections(before + text);
    const Bytes without = sections(before);
    // The section before the code section.
    return Bytes(all.begin() + static_cast<ptrdiff_t>(without.size()) - 6, all.end() - 6);
  };
  EXPECT_EQ(elem("(elem (i32.const 1) $f)"), (Bytes{9, 7, 1, 0, 0x41, 1, 0x0b, 1, 0}));
  EXPECT_EQ(elem("(elem func 0)"), (Bytes{9, 5, 1, 1, 0, 1, 0}));
  EXPECT_EQ(elem("(elem declare func 0)"), (Bytes{9, 5, 1, 3, 0, 1, 0}));
  EXPECT_EQ(elem("(elem funcref (ref.func 0) (item ref.null func))"),
            (Bytes{9, 10, 1, 5, 0x70, 2, 0xd2, 0, 0x0b, 0xd0, 0x70, 0x0b}));
  EXPECT_EQ(elem("(elem (table $t) (offset i32.const 0) externref)"), (Bytes{9, 8, 1, 6, 1, 0x41, 0, 0x0b, 0x6f, 0}));
}

TEST(assembler, data_count_when_an_instruction_names_a_segment) {
  EXPECT_EQ(sections("(data \"\")"), (Bytes{11, 3, 1, 1, 0}));
  EXPECT_EQ(sections("(func data.drop 0)"),
            (Bytes{1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 12, 1, 0, 10, 7, 1, 5, 0, 0xfc, 9, 0, 0x0b}));
}

TEST(assembler, every_plain_instruction_has_its_encoding_from_the_table) {
  for (size_t i = 0; i < kOpCount; ++i) {
    const OpInfo& info = op_info(static_cast<Op>(i));
    const Op op = *op_from_text(info.text);
    const bool structural = op == Op::else_ || op == Op::end || op == Op::catch_all;
    if (info.imm != Imm::none || structural || op != static_cast<Op>(i)) continue;
    Bytes expected;
    if (info.prefix != 0) expected.push_back(info.prefix);
    uint32_t rest = info.code;
    for (; rest >= 0x80 && info.prefix != 0; rest >>= 7) expected.push_back(static_cast<uint8_t>(rest | 0x80));
    expected.push_back(static_cast<uint8_t>(rest));
    EXPECT_EQ(code(info.text), expected) << info.text;
  }
}

TEST(assembler, names) {
  const Result<Bytes> result = assemble("(module $m (func $f (param $p i32)) (func (@name \"g h\")))");
  ASSERT_TRUE(result);
  const std::string text(result->begin(), result->end());
  EXPECT_THAT(text, HasSubstr(std::string("\x04name\x00\x02\x01m\x01\x09\x02\x00\x01"
                                          "f\x01\x03g h\x02\x06\x01\x00\x01\x00\x01p",
                                          28)));
}

TEST(assembler, modules_that_scripts_quote) {
  const std::vector<uint8_t> empty{0, 'a', 's', 'm', 1, 0, 0, 0};
  const auto assembled = [](std::string_view source) {
    Result<std::vector<uint8_t>> module = assemble(source);
    return module ? std::move(*module) : std::vector<uint8_t>();
  };
  EXPECT_EQ(assembled("(module binary \"\\00asm\" \"\\01\\00\\00\\00\")"), empty);
  EXPECT_EQ(assembled("(module $m binary \"x\")"), std::vector<uint8_t>{'x'});
  EXPECT_EQ(assembled("(module quote \"(mod\" \"ule)\")"), empty);
  EXPECT_EQ(assembled("(module definition $d quote \"\")"), empty);
  EXPECT_EQ(assembled("(module quote \"(module quote \\\"(module)\\\")\")"), empty);
  const auto bad = assemble("(module quote \"(func nonsense)\")");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message, "in the quoted text: unknown operator nonsense");
  EXPECT_EQ(bad.error().offset, 14);
  EXPECT_FALSE(assemble("(module binary \"x\" (func))"));
  EXPECT_FALSE(assemble("(module binary \"x\") (module)"));
}

// Names from annotations are preferred to ids. What has neither has no name.
TEST(assembler, name_annotations_wherever_something_is_defined) {
  const Result<std::vector<uint8_t>> module = assemble(R"((module $m (@name "mod")
    (type $t (@name "typ") (struct (field $f (@name "fld") i32) (field i32) (field (@name "only") i32)))
    (func $f (@name "fun") (param $p (@name "par") i32) (param (@name "par 2") i64) (param i32 i32)
      (local $l (@name "loc") i32)
      (block $b (@name "blk") (loop (@name "lop") (br 0)))
      loop (@name "flat") end)))");
  ASSERT_TRUE(module);
  const std::string text(module->begin(), module->end());
  for (const char* name : {"mod", "typ", "fld", "only", "fun", "par", "par 2", "loc", "blk", "lop", "flat"}) {
    EXPECT_NE(text.find(static_cast<char>(std::string_view(name).size()) + std::string(name)), text.npos) << name;
  }
  for (const char* wrong :
       {"(module (func (@name \"a\") (@name \"b\")))", "(module (func (nop (@name \"a\"))))",
        "(module (func (result (@name \"a\") i32) unreachable))", "(module (func (param (@name \"a\" \"b\") i32)))",
        "(module (func (local (@name 1) i32)))", "(module (func (param (@name \"\\ff\") i32)))",
        "(module (func (block (param (@name \"a\") i32))))"}) {
    EXPECT_FALSE(assemble(wrong)) << wrong;
  }
}

TEST(assembler, thousands_of_annotations_before_one_token) {
  constexpr size_t kMany = 20'000;
  std::string fields;
  for (size_t i = 0; i < kMany; ++i) fields += "(@custom \"a\" \"b\")";
  const uint64_t before = metered_work;
  const Result<std::vector<uint8_t>> module = assemble("(module " + fields + ")");
  ASSERT_TRUE(module);
  EXPECT_EQ(module->size(), 8 + kMany * 5);
  // Each annotation is passed once or twice, not once for each one that follows.
  EXPECT_LE(metered_work - before, 4 * kMany);
}

TEST(assembler, custom_sections_stand_where_they_are_told) {
  EXPECT_EQ(sections("(@custom \"b\" \"x\") (memory 0) (@custom \"a\" (before memory) \"y\" \"z\")"),
            (Bytes{0, 4, 1, 'a', 'y', 'z', 5, 3, 1, 0, 0, 0, 3, 1, 'b', 'x'}));
  EXPECT_THAT(error("(func (@custom \"a\"))"), StartsWith("misplaced @custom annotation"));
}

TEST(assembler, branch_hints) {
  EXPECT_EQ(sections("(func i32.const 0 (@metadata.code.branch_hint \"\\01\") if end)").size(),
            sections("(func i32.const 0 if end)").size() + 2 + 26 + 6);
  EXPECT_THAT(error("(func (@metadata.code.branch_hint \"\\01\") nop)"), HasSubstr("invalid target"));
}

TEST(assembler, ids_are_compared_by_what_they_stand_for) {
  EXPECT_EQ(code("call $\"\\66\"", "(func $f)").back(), 0);
  EXPECT_EQ(error("(func $f) (func $\"f\")"), "duplicate func $\"f\"");
}

TEST(assembler, errors_show_the_line) {
  const std::string_view text = "(module\n  (func\n    i32.addd))\n";
  const Result<Bytes> result = assemble(text);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::malformed);
  EXPECT_EQ(describe(result.error(), text, "file.wat"),
            "file.wat:3:5: unknown operator i32.addd\n"
            "      i32.addd))\n"
            "      ^");
}

TEST(assembler, what_is_taken_for_text) {
  EXPECT_TRUE(looks_like_text("\n (module)"));
  EXPECT_TRUE(looks_like_text(";; a comment"));
  EXPECT_FALSE(looks_like_text(std::string_view("\0asm\1\0\0\0", 8)));
  EXPECT_FALSE(looks_like_text(""));
  EXPECT_FALSE(looks_like_text("#!/bin/sh"));
}

TEST(assembler, errors_at_the_end) {
  EXPECT_THAT(error("(module"), StartsWith("unexpected token"));
  EXPECT_THAT(error("(module))"), StartsWith("unexpected token"));
  EXPECT_THAT(error("(module (func block))"), StartsWith("unexpected token"));
  EXPECT_THAT(error("(module) (module)"), StartsWith("unexpected token"));
}

TEST(assembler, deep_nesting_costs_no_stack) {
  constexpr int kDepth = 300'000;
  std::string folded, flat;
  for (int i = 0; i < kDepth; ++i) {
    folded += i % 2 == 0 ? "(block $l " : "(drop ";
    flat += "block $l br $l ";
  }
  EXPECT_FALSE(code(folded + std::string(kDepth, ')')).empty());
  for (int i = 0; i < kDepth; ++i) flat += "end ";
  EXPECT_FALSE(code(flat).empty());
  EXPECT_THAT(error(std::string(kDepth, '(')), StartsWith("unexpected token"));
  EXPECT_THAT(error("(func " + folded), StartsWith("unexpected token"));
}

}  // namespace
}  // namespace mini_wasm::text
