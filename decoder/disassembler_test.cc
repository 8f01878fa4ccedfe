#include "decoder/disassembler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decoder/module_bytes.h"

namespace mini_wasm::decoder {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string dump(const ModuleBytes& module) {
  std::string text;
  const Result<void> result =
      disassemble(module.bytes(), FeatureSet::all(), [&](std::string_view piece) { text += piece; });
  return result ? text : text + result.error().to_string();
}

// A function [i32] -> [i32] with this body, exported with this name.
ModuleBytes one_function(const Bytes& body, std::string_view name = "f") {
  ModuleBytes m;
  m.section(SectionId::type, {1, 0x60, 1, 0x7f, 1, 0x7f}).section(SectionId::function, {1, 0});
  m.section(SectionId::export_, Bytes{1} + name_bytes(name) + Bytes{0, 0});
  return m.section(SectionId::code, Bytes{1} + sized(body));
}

TEST(disassembler, shows_instructions_with_offsets_names_and_indentation) {
  const Bytes body{1, 2, 0x7e, 0x03, 0x7f, 0x20, 0, 0x0d, 0, 0x41, 0x7f, 0x0b, 0x10, 0, 0x0b};
  const std::string text = dump(one_function(body));
  EXPECT_THAT(text, HasSubstr("(func (;0;) (type 0) (param i32) (result i32)  ;; 15 bytes, \"f\"\n"));
  EXPECT_THAT(text, HasSubstr("(;00000020;)      (local i64 i64)  ;; 1..2\n"
                              "(;00000022;)        loop (result i32)\n"
                              "(;00000024;)          local.get 0\n"
                              "(;00000026;)          br_if 0 (;@22;)\n"
                              "(;00000028;)          i32.const -1\n"
                              "(;0000002a;)        end\n"
                              "(;0000002b;)        call 0 (;$\"f\";)\n"
                              "                )\n"));
}

TEST(disassembler, goes_on_after_a_malformed_body) {
  ModuleBytes m;
  m.section(SectionId::type, {1, 0x60, 0, 0}).section(SectionId::function, {3, 0, 0, 9});
  m.section(SectionId::code, {3, 3, 0, 0xff, 0x0b, 2, 0, 0x01, 2, 0, 0x0b});
  EXPECT_THAT(dump(m), AllOf(HasSubstr("illegal opcode ff"), HasSubstr("END opcode expected"),
                             HasSubstr("(func (;2;) (type 9) (;unknown type;)")));
}

TEST(disassembler, lists_the_sections_of_a_module_that_cannot_be_decoded) {
  ModuleBytes m;
  m.section(SectionId::type, {1, 0x60, 0, 0}).section(SectionId::memory, {1, 0x10});
  EXPECT_THAT(dump(m), AllOf(HasSubstr("section memory: 2 bytes"), HasSubstr("malformed limits flags")));
}

TEST(disassembler, a_name_cannot_end_the_comment_that_it_stands_in) {
  const std::string text = dump(one_function({0, 0x10, 0, 0x0b}, "(;;);)"));
  EXPECT_THAT(text, HasSubstr("call 0 (;$\"(\\3b\\3b)\\3b)\";)\n"));
}

TEST(disassembler, locals_by_the_million_are_not_all_printed) {
  Bytes body{1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0x0b};
  EXPECT_THAT(dump(one_function(body)), HasSubstr(";; too many to print: 4294967295 locals of type i32"));
}

TEST(disassembler, names_cannot_control_the_terminal) {
  const std::string text = dump(one_function({0, 0x20, 0, 0x0b}, "\x1b[2J\"\n"));
  EXPECT_THAT(text, AllOf(Not(HasSubstr("\x1b")), HasSubstr("\\\"")));
}

TEST(disassembler, long_names_are_shortened_where_they_are_repeated) {
  const std::string text = dump(one_function({0, 0x20, 0, 0x0b}, std::string(100'000, 'x')));
  EXPECT_LT(text.size(), 103'000u);
}

TEST(disassembler, deep_nesting_does_not_make_the_output_quadratic) {
  constexpr size_t kDepth = 100'000;
  Bytes body{0};
  for (size_t i = 0; i < kDepth; ++i) body = std::move(body) + Bytes{0x02, 0x40};
  EXPECT_LT(dump(one_function(body)).size(), kDepth * 120);
}

TEST(disassembler, shows_segments_and_constants) {
  ModuleBytes m;
  m.section(SectionId::memory, {1, 0, 1});
  m.section(SectionId::global, Bytes{1, 0x7c, 0, 0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0x0b});
  m.section(SectionId::data, Bytes{1, 0, 0x41, 8, 0x0b, 3, 'a', 'b', 0});
  EXPECT_THAT(dump(m), AllOf(HasSubstr("(global (;0;) f64 (f64.const 1.5))"),
                             HasSubstr("(data (;0;) (offset i32.const 8)"), HasSubstr("\"ab\\00\"\n")));
}

}  // namespace
}  // namespace mini_wasm::decoder
