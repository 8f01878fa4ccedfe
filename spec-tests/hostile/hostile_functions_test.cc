// Hostile function bodies with a million of something. None of them may cause recursion on the native stack, or take
// more memory than a constant multiple of the size of the module.
#include <vector>

#include "spec-tests/hostile/hostile_test.h"

namespace mini_wasm::hostile {
namespace {

constexpr uint64_t kMillion = 1'000'000;
constexpr uint64_t kMax = 0xffff'ffff;

// A function [] -> [] with these instructions (without the last end), and no locals.
Bytes function(const Bytes& instructions) { return one_function({}, {}, body(Bytes(instructions).u8(kEnd))); }
// The same with groups of locals.
Bytes function_with_locals(const Bytes& locals, const Bytes& instructions) {
  return one_function({}, {}, Bytes().sized(Bytes(locals).add(instructions).u8(kEnd)));
}

TEST(hostile_functions, a_million_nested_blocks) {
  const Bytes ends = Bytes().repeat(kMillion, {kEnd});
  for (int opcode : {kBlock, kLoop}) {
    const Bytes open = Bytes().repeat(kMillion, {opcode, kEmptyBlock});
    EXPECT_THAT(compile(function(Bytes(open).add(ends))), AcceptedOrBeyondLimits());
    EXPECT_THAT(compile(function(Bytes(open).u8(kBr).u32(kMillion).add(ends))), AcceptedOrBeyondLimits());
    EXPECT_THAT(compile(function(Bytes(open).u8(kUnreachable).add(ends))), AcceptedOrBeyondLimits());
    EXPECT_THAT(compile(function(open)), MalformedOrBeyondLimits());
  }
}

TEST(hostile_functions, a_million_nested_ifs) {
  const Bytes open = Bytes().repeat(kMillion, {kI32Const, 1, kIf, kEmptyBlock});
  EXPECT_THAT(compile(function(Bytes(open).repeat(kMillion, {kEnd}))), AcceptedOrBeyondLimits());
  EXPECT_THAT(compile(function(Bytes(open).repeat(kMillion, {kElse, kEnd}))), AcceptedOrBeyondLimits());
  EXPECT_THAT(compile(function(open)), MalformedOrBeyondLimits());
}

TEST(hostile_functions, a_million_nested_blocks_in_unreachable_code) {
  const Bytes open = Bytes{kUnreachable}.repeat(kMillion, {kBlock, kI32});
  EXPECT_THAT(compile(function(Bytes(open).repeat(kMillion, {kUnreachable, kEnd}).u8(kDrop))),
              AcceptedOrBeyondLimits());
}

TEST(hostile_functions, blocks_with_many_results_do_not_multiply) {
  // 1000 results pass through 10,000 nested blocks: 10^7 values, if each label stored its own.
  const Bytes type = Bytes{kFuncForm, 0, 0}.u8(kFuncForm).u8(0).u32(1000).repeat(1000, {kI32});
  const Bytes code =
      Bytes{0}.repeat(10'000, {kBlock, 1}).u8(kUnreachable).repeat(10'000, {kEnd}).repeat(1000, {kDrop}).u8(kEnd);
  EXPECT_THAT(compile(header()
                          .add(section(kType, 2, type))
                          .add(section(kFunction, 1, {0}))
                          .add(section(kCode, 1, Bytes().sized(code)))),
              AcceptedOrBeyondLimits());
}

TEST(hostile_functions, branches_to_a_block_with_many_results_do_not_multiply) {
  // Every br_if passes 1000 values over one more value. A translator must not write the moves separately for each of
  // them.
  const Bytes type = Bytes{kFuncForm, 0, 0}.u8(kFuncForm).u8(0).u32(1000).repeat(1000, {kI32});
  const Bytes code = Bytes{0, kBlock, 1, kI32Const, 0}
                         .repeat(1000, {kI32Const, 7})
                         .repeat(2000, {kI32Const, 0, kBrIf, 0})
                         .add({kBr, 0, kEnd})
                         .repeat(1000, {kDrop})
                         .u8(kEnd);
  (void)compile(header()
                    .add(section(kType, 2, type))
                    .add(section(kFunction, 1, {0}))
                    .add(section(kCode, 1, Bytes().sized(code))));
}

TEST(hostile_functions, a_million_operands) {
  const Bytes push = Bytes().repeat(kMillion, {kI32Const, 1});
  EXPECT_THAT(compile(function(Bytes(push).repeat(kMillion, {kDrop}))), AcceptedOrBeyondLimits());
  EXPECT_THAT(compile(function(Bytes(push).repeat(kMillion - 1, {kI32Add}).u8(kDrop))), AcceptedOrBeyondLimits());
  EXPECT_THAT(compile(function(push)), Rejected());
}

TEST(hostile_functions, a_million_calls_and_unreachable_instructions) {
  EXPECT_THAT(compile(function(Bytes().repeat(kMillion, {kCall, 0}))), AcceptedOrBeyondLimits());
  EXPECT_THAT(compile(function(Bytes{kUnreachable}.repeat(kMillion, {kI32Add}).u8(kDrop))), AcceptedOrBeyondLimits());
  EXPECT_THAT(compile(function(Bytes().repeat(kMillion, {kNop}))), Accepted());
}

TEST(hostile_functions, huge_numbers_of_locals) {
  EXPECT_THAT(compile(function_with_locals(Bytes{1}.u32(50'000).u8(kI64), {})), Accepted());
  EXPECT_THAT(compile(function_with_locals(Bytes{1}.u32(kMax).u8(kI64), {})), MalformedOrBeyondLimits());
  // Two groups whose sum is 2^32 + 1, which wraps to 1 (binary.wast: "too many locals").
  EXPECT_THAT(compile(function_with_locals(Bytes{2}.u32(kMax).u8(kI64).u32(2).u8(kI32), {})),
              MalformedOrBeyondLimits());
  EXPECT_THAT(compile(function_with_locals(Bytes().u32(kMax), {})), Rejected());
  const Bytes empty_groups = Bytes().u32(kMillion).repeat(kMillion, {0, kI32});
  EXPECT_THAT(compile(function_with_locals(empty_groups, {})), AcceptedOrBeyondLimits());
}

TEST(hostile_functions, local_groups_are_not_multiplied_by_functions) {
  // 1000 functions with 50,000 locals each: 50 million locals in 10 KB.
  constexpr uint64_t kFunctions = 1000;
  const Bytes code = Bytes().sized(Bytes{1}.u32(50'000).u8(kI64).u8(kEnd));
  EXPECT_THAT(compile(header()
                          .add(section(kType, 1, {kFuncForm, 0, 0}))
                          .add(section(kFunction, kFunctions, Bytes().repeat(kFunctions, {0})))
                          .add(section(kCode, kFunctions, Bytes().repeat(kFunctions, code)))),
              AcceptedOrBeyondLimits());
}

TEST(hostile_functions, huge_branch_tables) {
  const Bytes index = {kI32Const, 0, kBrTable};
  EXPECT_THAT(compile(function(Bytes(index).u32(kMillion).repeat(kMillion + 1, {0}))), AcceptedOrBeyondLimits());
  // The default label is invalid.
  EXPECT_THAT(compile(function(Bytes(index).u32(kMillion).repeat(kMillion, {0}).u8(1))), Rejected());
  for (uint64_t count : {uint64_t{100}, uint64_t{1} << 24, uint64_t{0x7fff'ffff}, kMax - 1, kMax}) {
    EXPECT_THAT(compile(function(Bytes(index).u32(count))), Rejected()) << count;
  }
}

TEST(hostile_functions, huge_type_annotations) {
  EXPECT_THAT(compile(function(Bytes{kUnreachable, 0x1c}.u32(kMax))), Rejected());               // select
  EXPECT_THAT(compile(function(Bytes{kUnreachable, 0x1f, kEmptyBlock}.u32(kMax))), Rejected());  // try_table
  EXPECT_THAT(compile(function(Bytes{kBlock}.s32(0xffff'ffff).u8(kEnd))), Rejected());
  EXPECT_THAT(compile(function(Bytes{kBlock}.s32(1).u8(kEnd))), Rejected());
}

TEST(hostile_functions, body_size_and_content_disagree) {
  const auto entry = [](uint64_t size, const Bytes& content) {
    return one_function({}, {}, Bytes().u32(size).add(content));
  };
  EXPECT_THAT(compile(entry(2, {0, kEnd})), Accepted());
  EXPECT_THAT(compile(entry(0, {})), Malformed());
  EXPECT_THAT(compile(entry(1, {0})), Malformed());
  EXPECT_THAT(compile(entry(1, {0, kEnd})), Malformed());
  EXPECT_THAT(compile(entry(3, {0, kEnd})), Malformed());
  EXPECT_THAT(compile(entry(3, {0, kEnd, kNop})), Malformed());
  EXPECT_THAT(compile(entry(3, {0, kEnd, kEnd})), Malformed());
  EXPECT_THAT(compile(entry(2, {0, kNop})), Malformed());
  EXPECT_THAT(compile(entry(kMax, {0, kEnd})), MalformedOrBeyondLimits());
}

TEST(hostile_functions, unknown_opcodes) {
  for (int opcode : {0x06, 0x16, 0x1e, 0x27, 0xc5, 0xcf, 0xd7, 0xfa, 0xff}) {
    EXPECT_THAT(compile(function({opcode})), Rejected()) << opcode;
  }
  for (int prefix : {0xfb, 0xfc, 0xfd, 0xfe}) {
    for (uint64_t code : {uint64_t{0x7f}, uint64_t{0x1ff}, uint64_t{0xffff}, kMax}) {
      EXPECT_THAT(compile(function(Bytes{prefix}.u32(code))), Rejected()) << prefix << " " << code;
    }
    EXPECT_THAT(compile(function(Bytes{prefix, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00})), Rejected()) << prefix;
  }
}

}  // namespace
}  // namespace mini_wasm::hostile
