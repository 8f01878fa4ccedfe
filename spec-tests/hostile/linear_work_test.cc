// A few bytes of a module can make thousands of something: locals, operands of one instruction, values below it. The
// work that is done for each of them is counted (core/work_meter.h), and must be proportional to the size of the
// module.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/work_meter.h"
#include "scripts/tiers.h"
#include "spec-tests/hostile/hostile_test.h"

namespace mini_wasm::hostile {
namespace {

// The allowed units of work for each byte. kUsual is the cost of a function with few bytes and many locals.
// kThousandOperands is for instructions of two bytes that take and leave a thousand operands each; without limits on
// arities, there would be no bound.
constexpr uint64_t kUsual = 128, kThousandOperands = 400;

class LinearWork : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  static uint64_t work_per_byte(const Bytes& module) {
    const uint64_t before = metered_work;
    const Engine engine(GetParam().config());
    const Result<Module> compiled = Module::compile(engine, module.span());
    EXPECT_TRUE(compiled) << compiled.error().to_string();
    return (metered_work - before) / module.size();
  }
};

INSTANTIATE_TEST_SUITE_P(, LinearWork, ::testing::ValuesIn([] {
                           std::vector<spec::TierCase> eager;
                           for (const spec::TierCase& tier : spec::kTiers) {
                             if (tier.eager) eager.push_back(tier);
                           }
                           return eager;
                         }()),
                         [](const auto& info) {
                           std::string name(info.param.name);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// Functions of the first type, which all have the same code entry.
Bytes functions(const Bytes& types, uint64_t type_count, uint64_t count, const Bytes& entry) {
  return header()
      .add(section(kType, type_count, types))
      .add(section(kFunction, count, Bytes().repeat(count, {0})))
      .add(section(kCode, count, Bytes().repeat(count, entry)));
}
Bytes thousand(int type) { return Bytes().u32(1000).repeat(1000, {type}); }
Bytes func_type(const Bytes& params, const Bytes& results) { return Bytes{kFuncForm}.add(params).add(results); }
constexpr uint64_t kMany = 20'000;

TEST_P(LinearWork, functions_with_many_locals) {
  for (const int type : std::initializer_list<int>{kI32, 0x7b /* v128 */, kFuncRef}) {
    const uint64_t locals = type == 0x7b ? 30'000 : 50'000;
    const Bytes declared = Bytes{1}.u32(locals).u8(type);
    const Bytes empty = Bytes().sized(Bytes(declared).u8(kEnd));
    const Bytes uses_last = Bytes().sized(Bytes(declared).u8(kLocalGet).u32(locals - 1).add({kDrop, kEnd}));
    const Bytes loop = Bytes().sized(Bytes(declared)
                                         .add({kLoop, kEmptyBlock, kLocalGet})
                                         .u32(locals - 1)
                                         .u8(kLocalSet)
                                         .u32(locals - 2)
                                         .add({kEnd, kEnd}));
    for (const Bytes& entry : {empty, uses_last, loop}) {
      EXPECT_LE(work_per_byte(functions({kFuncForm, 0, 0}, 1, kMany, entry)), kUsual) << type;
    }
  }
}

TEST_P(LinearWork, functions_with_many_locals_that_have_no_default) {
  const Bytes entry =
      Bytes().sized(Bytes{1}.u32(50'000).add({0x64, 0x6c, kI32Const, 0, 0xfb, 0x1c, kLocalSet}).u32(49'999).u8(kEnd));
  EXPECT_LE(work_per_byte(functions({kFuncForm, 0, 0}, 1, kMany, entry)), kUsual);
}

TEST_P(LinearWork, functions_with_many_parameters) {
  for (const int type : std::initializer_list<int>{kI32, 0x7b, kF64}) {
    EXPECT_LE(work_per_byte(functions(func_type(thousand(type), {0}), 1, kMany, {2, 0, kEnd})), kUsual) << type;
  }
}

// A function [] -> [] with a local, and a function [1000 * i32] -> [1000 * i32], whose type and index are the second
// ones.
Bytes with_thousand(const Bytes& instructions) {
  return header()
      .add(section(kType, 2, func_type({0}, {0}).add(func_type(thousand(kI32), thousand(kI32)))))
      .add(section(kFunction, 2, {0, 1}))
      .add(section(kCode, 2, Bytes().sized(Bytes{1, 1, kI32}.add(instructions).u8(kEnd)).add({3, 0, 0, kEnd})));
}
const Bytes kConstants = Bytes().repeat(1000, {kI32Const, 1}), kAliases = Bytes().repeat(1000, {kLocalGet, 0}),
            kDrops = Bytes().repeat(1000, {kDrop});

TEST_P(LinearWork, instructions_with_a_thousand_operands) {
  const Bytes repeated[] = {
      {kCall, 1},
      {kBlock, 1, kEnd},
      {kLoop, 1, kEnd},
      {kLocalGet, 0, kIf, 1, kEnd},
      {kLocalGet, 0, kIf, 1, kElse, kEnd},
      {kLocalGet, 0, kBrIf, 0},
      {kBlock, 1, kLocalGet, 0, kBrIf, 0, kEnd},
      {kBlock, 1, kLocalGet, 0, kBrTable, 3, 0, 0, 0, 0, kEnd},
  };
  for (const Bytes& operands : {kConstants, kAliases}) {
    for (const Bytes& what : repeated) {
      const Bytes code = Bytes(operands).add({kBlock, 1}).repeat(kMany, what).u8(kEnd).add(kDrops);
      EXPECT_LE(work_per_byte(with_thousand(code)), kThousandOperands) << int{what.span()[0]};
    }
  }
}

TEST_P(LinearWork, branch_tables_name_a_label_often) {
  const Bytes code = Bytes{kBlock, 1}
                         .add(kAliases)
                         .add({kLocalGet, 0, kBrTable})
                         .u32(kMany)
                         .repeat(kMany + 1, {0})
                         .u8(kEnd)
                         .add(kDrops);
  EXPECT_LE(work_per_byte(with_thousand(Bytes(kConstants).add(code))), kUsual);
}

TEST_P(LinearWork, dead_code_has_no_operands) {
  const Bytes types = func_type({0}, {0})
                          .add(Bytes{0x5f}.u32(10'000).repeat(10'000, {kI32, 0}))  // a structure
                          .add({0x5e, kI32, 1})                                    // and an array
                          .add(func_type(thousand(kI32), {0}));
  for (const Bytes& what : {Bytes{0xfb, 0x00, 1, kDrop}, Bytes{0xfb, 0x08, 2}.u32(10'000).u8(kDrop), Bytes{kCall, 1}}) {
    const Bytes code = Bytes{0, kUnreachable}.repeat(kMany, what).u8(kEnd);
    EXPECT_LE(work_per_byte(header()
                                .add(section(kType, 4, types))
                                .add(section(kFunction, 2, {0, 3}))
                                .add(section(kCode, 2, Bytes().sized(code).add({2, 0, kEnd})))),
              kUsual);
  }
}

TEST_P(LinearWork, a_high_stack_is_not_looked_at_again) {
  const Bytes repeated[] = {
      {kCall, 0},
      {kBlock, kEmptyBlock, kEnd},
      {kLoop, kEmptyBlock, kEnd},
      {kLocalGet, 0, kIf, kEmptyBlock, kEnd},
      {kLocalGet, 0, kBrIf, 0},
      {kI32Const, 1, kLocalSet, 0},
      {kLocalGet, 0, kI32Const, 1, kLocalSet, 0, kDrop},
      {kMemorySize, 0, kMemoryGrow, 0, kDrop},
  };
  for (const Bytes& operand : {Bytes{kLocalGet, 0}, Bytes{kI32Const, 1}, Bytes{kLocalGet, 0, kI32Const, 1, kI32Add}}) {
    for (const Bytes& what : repeated) {
      const Bytes code = Bytes{1, 1, kI32}.repeat(kMany, operand).repeat(kMany, what).repeat(kMany, {kDrop}).u8(kEnd);
      EXPECT_LE(work_per_byte(header()
                                  .add(section(kType, 1, {kFuncForm, 0, 0}))
                                  .add(section(kFunction, 1, {0}))
                                  .add(section(kMemory, 1, {0, 1}))
                                  .add(section(kCode, 1, Bytes().sized(code)))),
                kUsual);
    }
  }
}

}  // namespace
}  // namespace mini_wasm::hostile
