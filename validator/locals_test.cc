#include "validator/locals.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace mini_wasm::validator {
namespace {

constexpr ValType kTypes[] = {ValType::i32, ValType::v128, ValType::funcref, ValType::f64};

// Functions one after another, as in a walk: each local must be the one in a list of all locals.
TEST(locals, are_what_was_declared_however_few_are_ready) {
  std::mt19937 engine(1);
  const auto random = [&] { return static_cast<uint32_t>(engine()); };
  Locals locals;
  for (int round = 0; round < 2000; ++round) {
    DefType type;
    std::vector<ValType> all;
    const auto type_of_run = [&] { return kTypes[random() % (round % 2 == 0 ? 4 : 1)]; };
    for (uint32_t i = random() % (round % 3 == 0 ? 300 : 4); i > 0; --i) all.push_back(type_of_run());
    type.func.params = all;
    for (ValType param : all) type.param_slots += param.slots();
    locals.begin(type);
    for (uint32_t runs = random() % 8; runs > 0; --runs) {
      const uint32_t count = random() % 200;
      const ValType declared = type_of_run();
      locals.declare(count, declared);
      all.insert(all.end(), count, declared);
    }
    locals.finish(random() % 400);
    ASSERT_EQ(locals.size(), all.size());
    uint32_t slots = 0;
    for (uint32_t i = 0; i < all.size(); ++i) {
      const bool ready = i < locals.ready();
      if (!ready && random() % 2 == 0) {
        ASSERT_TRUE(locals.use(i));
        ASSERT_FALSE(locals.use(i));
        ASSERT_EQ(locals.far().back(), i);
        ASSERT_EQ(locals[i].type, all[i]);
        ASSERT_EQ(locals[i].slot, slots);
      }
      if (ready) {
        ASSERT_EQ(locals[i].type, all[i]);
        ASSERT_EQ(locals[i].slot, slots);
      }
      ASSERT_EQ(locals.at(i).type, all[i]);
      ASSERT_EQ(locals.at(i).slot, slots);
      slots += all[i].slots();
    }
    EXPECT_EQ(locals.slots(), slots);
    EXPECT_EQ(locals.has_vectors(), slots != all.size());
  }
}

TEST(locals, few_are_ready_in_a_small_function) {
  Locals locals;
  locals.begin(DefType{});
  locals.declare(50'000, ValType::i64);
  locals.finish(10);
  EXPECT_LE(locals.ready(), 128u);
  locals.begin(DefType{});
  locals.declare(50'000, ValType::i64);
  locals.finish(20'000);
  EXPECT_EQ(locals.ready(), 20'000u);  // a body that may use as many
}

TEST(locals, one_bit_says_whether_all_have_defaults) {
  Locals locals;
  locals.begin(DefType{});
  locals.declare(10, ValType::funcref);
  EXPECT_TRUE(locals.all_default());
  locals.declare(0, ValType::ref(HeapKind::func, false));
  EXPECT_TRUE(locals.all_default());
  locals.declare(1, ValType::ref(HeapKind::func, false));
  EXPECT_FALSE(locals.all_default());
  locals.begin(DefType{});
  EXPECT_TRUE(locals.all_default());
}

}  // namespace
}  // namespace mini_wasm::validator
