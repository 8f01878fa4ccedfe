#include "jit/pin_chooser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace mini_wasm::jit {
namespace {

constexpr RegisterBudget kBudget = {{1, 3}, {0, 2}};

class PinChooserTest : public ::testing::Test {
 protected:
  explicit PinChooserTest(const RegisterBudget& budget = kBudget) : chooser(budget) {
    locals.begin(DefType{});
    for (ValType type : kLocals) locals.declare(1, type);
    locals.finish(kLocals.size());
    chooser.begin(kLocals.size());
  }
  void use(uint32_t local, int times, bool writes = false) {
    for (int i = 0; i < times; ++i) chooser.use_local(local, writes);
  }
  PinPlan finish() { return static_cast<const PinPlan&>(*chooser.finish(locals)); }
  static size_t place(const PinSet::Bank& bank, uint16_t local) {
    return static_cast<size_t>(std::find(bank.begin(), bank.end(), local) - bank.begin());
  }
  static bool has(const PinSet& set, uint16_t local) {
    return place(set.ints, local) != PinSet::kMost || place(set.floats, local) != PinSet::kMost;
  }

  static inline const std::vector<ValType> kLocals = {ValType::i32, ValType::i64, ValType::i32,  ValType::i32,
                                                      ValType::f64, ValType::f32, ValType::v128, ValType::v128};
  validator::Locals locals;
  PinChooser chooser;
};

TEST_F(PinChooserTest, the_heaviest_of_each_bank) {
  use(0, 2), use(1, 9), use(2, 5), use(3, 7), use(4, 2), use(5, 1), use(6, 3);
  const PinPlan plan = finish();
  ASSERT_EQ(plan.sets.size(), 1u);
  EXPECT_FALSE(has(plan.sets[0], 0));
  for (uint16_t local : {1, 2, 3}) EXPECT_TRUE(has(plan.sets[0], local)) << local;
  EXPECT_TRUE(has(plan.sets[0], 4));
  EXPECT_FALSE(has(plan.sets[0], 5));
  EXPECT_TRUE(has(plan.sets[0], 6));
  EXPECT_TRUE(plan.loops.empty());
}

TEST_F(PinChooserTest, with_calls_the_heaviest_survive_them_and_light_ones_stay_in_memory) {
  use(0, 9), use(1, 4), use(2, 30);
  chooser.call(), chooser.call();
  const PinPlan plan = finish();
  EXPECT_EQ(place(plan.sets[0].ints, 2), 0u);
  EXPECT_TRUE(has(plan.sets[0], 0));
  EXPECT_FALSE(has(plan.sets[0], 1)) << "two calls save and load it twice";
}

// How much a register saves depends on the instruction behind the constant.
uint8_t weight(ValType, uint64_t bits, Op next) { return next == Op::i32_mul ? static_cast<uint8_t>(bits) : 0; }

class IntegerConstants : public PinChooserTest {
 protected:
  IntegerConstants() : PinChooserTest({{0, 2}, {0, 2}, &weight}) {}
};

TEST_F(IntegerConstants, have_the_weight_that_the_cpu_says) {
  constexpr uint8_t kMul = 0x6c, kAdd = 0x6a;
  chooser.enter_loop();
  use(0, 3), use(2, 2);
  chooser.use_constant(ValType::i32, 4, kMul);
  for (int i = 0; i < 5; ++i) chooser.use_constant(ValType::i32, 9, kAdd);
  chooser.use_constant(ValType::i32, 1, kMul);
  chooser.leave_loop();
  const PinPlan plan = finish();
  ASSERT_EQ(plan.constants.size(), 2u) << "what saves nothing is no candidate";
  const PinSet& loop = plan.sets[plan.loops[0]];
  const auto first = static_cast<uint16_t>(kLocals.size());
  EXPECT_TRUE(has(loop, first)) << "4 is more than 3";
  EXPECT_TRUE(has(loop, 0));
  EXPECT_FALSE(has(loop, 2));
  EXPECT_FALSE(has(loop, static_cast<uint16_t>(first + 1)));
}

TEST_F(PinChooserTest, integer_constants_are_no_candidates_without_a_weight) {
  chooser.enter_loop();
  for (int i = 0; i < 5; ++i) chooser.use_constant(ValType::i32, 4, 0x6c);
  chooser.leave_loop();
  EXPECT_EQ(chooser.finish(locals), nullptr);
}

TEST_F(PinChooserTest, constants_of_loops_are_like_locals_that_nobody_writes) {
  constexpr uint64_t kBits = 0x3ff8000000000000;
  chooser.use_constant(ValType::f64, kBits, 0);  // not in a loop: loaded at its use
  chooser.enter_loop();
  use(4, 1);
  for (int i = 0; i < 2; ++i) chooser.use_constant(ValType::f64, kBits, 0);
  chooser.use_constant(ValType::f32, kBits, 0);
  chooser.leave_loop();
  const PinPlan plan = finish();
  ASSERT_EQ(plan.constants.size(), 2u);
  EXPECT_EQ(plan.constants[0], (PinPlan::Constant{ValType::f64, kBits}));
  const uint16_t first = static_cast<uint16_t>(kLocals.size());
  const PinSet& loop = plan.sets[plan.loops[0]];
  const size_t reg = place(loop.floats, first);
  ASSERT_NE(reg, PinSet::kMost);
  EXPECT_EQ(loop.dirty_floats >> reg & 1, 0);
  EXPECT_TRUE(has(loop, 4));
  EXPECT_FALSE(has(loop, first + 1)) << "there are two registers";
  EXPECT_FALSE(has(plan.sets[0], first));
}

TEST_F(PinChooserTest, without_calls_registers_that_need_no_saving_come_first) {
  use(0, 3);
  EXPECT_NE(place(finish().sets[0].ints, 0), 0u);
}

TEST_F(PinChooserTest, a_loop_gets_what_it_uses) {
  use(0, 5), use(1, 5), use(2, 5);
  chooser.enter_loop();
  use(3, 1, /*writes=*/true);
  chooser.leave_loop();
  const PinPlan plan = finish();
  ASSERT_EQ(plan.sets.size(), 2u);
  ASSERT_EQ(plan.loops, std::vector<uint32_t>{1});
  EXPECT_FALSE(has(plan.sets[0], 3));
  const size_t reg = place(plan.sets[1].ints, 3);
  ASSERT_NE(reg, PinSet::kMost);
  EXPECT_TRUE(plan.sets[1].dirty_ints >> reg & 1);
}

TEST_F(PinChooserTest, a_local_keeps_its_register_and_what_is_not_in_the_way_stays) {
  use(0, 5), use(1, 4), use(2, 3);
  chooser.enter_loop();
  use(1, 9);
  chooser.leave_loop();
  const PinPlan plan = finish();
  EXPECT_EQ(plan.loops, std::vector<uint32_t>{0}) << "the same set serves";
}

TEST_F(PinChooserTest, a_loop_with_calls_puts_what_it_does_not_use_into_memory) {
  use(0, 5), use(1, 5), use(2, 5);
  chooser.enter_loop();
  use(1, 9);
  chooser.call();
  chooser.leave_loop();
  const PinPlan plan = finish();
  const PinSet& loop = plan.sets[plan.loops.at(0)];
  EXPECT_TRUE(has(loop, 1));
  for (uint16_t local : {0, 2}) {
    EXPECT_TRUE(!has(loop, local) || place(loop.ints, local) == 0) << "only one register survives the call";
  }
}

TEST_F(PinChooserTest, what_is_only_read_since_it_came_from_its_slot_is_not_dirty) {
  use(0, 5), use(1, 5), use(2, 5);
  chooser.enter_loop();
  use(3, 4);
  chooser.enter_loop();
  use(3, 4), use(0, 2);
  chooser.leave_loop();
  chooser.leave_loop();
  const PinPlan plan = finish();
  for (uint32_t loop : plan.loops) {
    const PinSet& set = plan.sets[loop];
    const size_t reg = place(set.ints, 3);
    ASSERT_NE(reg, PinSet::kMost);
    EXPECT_FALSE(set.dirty_ints >> reg & 1);
    const size_t other = place(set.ints, 0);
    if (other != PinSet::kMost) {
      EXPECT_TRUE(set.dirty_ints >> other & 1) << "it came in a register";
    }
  }
}

TEST_F(PinChooserTest, loops_in_loops_without_end_share_the_sets_of_those_around_them) {
  for (int i = 0; i < 1000; ++i) chooser.enter_loop();
  use(0, 3);
  for (int i = 0; i < 1000; ++i) chooser.leave_loop();
  const PinPlan plan = finish();
  ASSERT_EQ(plan.loops.size(), 1000u);
  EXPECT_LT(plan.sets.size(), 20u);
  EXPECT_EQ(plan.loops.back(), plan.loops[20]);
}

// One register of floating point keeps 8 bytes across calls.
struct PinChooserOfSurvivingFloats : PinChooserTest {
  PinChooserOfSurvivingFloats() : PinChooserTest({{1, 3}, {1, 2}}) {}
};

TEST_F(PinChooserOfSurvivingFloats, vectors_leave_the_registers_that_survive_calls_to_others) {
  use(6, 9), use(4, 4);
  chooser.call();
  const PinPlan plan = finish();
  EXPECT_EQ(place(plan.sets[0].floats, 4), 0u);
  EXPECT_EQ(place(plan.sets[0].floats, 6), 1u);
}

TEST_F(PinChooserOfSurvivingFloats, vectors_pay_for_every_call) {
  use(6, 4), use(0, 9);
  chooser.call(), chooser.call();
  EXPECT_FALSE(has(finish().sets[0], 6));
}

TEST_F(PinChooserOfSurvivingFloats, vectors_of_outside_do_not_stay_where_calls_are) {
  use(6, 9), use(7, 5);
  chooser.enter_loop();
  use(0, 9);
  chooser.call();
  chooser.leave_loop();
  const PinPlan plan = finish();
  for (uint16_t local : {6, 7}) {
    EXPECT_TRUE(has(plan.sets[0], local));
    EXPECT_FALSE(has(plan.sets[plan.loops.at(0)], local));
  }
}

}  // namespace
}  // namespace mini_wasm::jit
