// Deadlines and interrupt handles of the C API, on every tier.
#include <gtest/gtest.h>
#include <mini_wasm.h>

#include "capi/test_handles.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

class CInterruption : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  Own<mini_wasm_deadline_t> deadline(uint64_t nanoseconds) const {
    mini_wasm_deadline_t* made = nullptr;
    const auto trap = own(mini_wasm_deadline_new(world.store.get(), nanoseconds, &made));
    EXPECT_EQ(trap, nullptr) << message_of(trap.get());
    return own(made);
  }
  mini_wasm_trap_code_t run(const char* name) const {
    const auto trap = call(instance.get(), name);
    return mini_wasm_trap_code(trap.get());  // `none` for null
  }

  World world{GetParam()};
  Own<wasm_instance_t> instance =
      world.load(R"((module (func (export "endless") (loop $l (br $l))) (func (export "short"))))");
};
INSTANTIATE_TEST_SUITE_P(tiers, CInterruption, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

TEST_P(CInterruption, a_deadline_ends_the_guest_and_its_effect_ends_with_it) {
  {
    const auto soon = deadline(20'000'000);
    EXPECT_EQ(run("endless"), MINI_WASM_TRAP_interrupted);
    EXPECT_EQ(run("short"), MINI_WASM_TRAP_interrupted);
  }
  EXPECT_EQ(run("short"), MINI_WASM_TRAP_none);
  {
    const auto passed = deadline(0);
    EXPECT_EQ(run("short"), MINI_WASM_TRAP_interrupted);
  }
  for (const uint64_t late : {uint64_t{3'600'000'000'000}, uint64_t{1} << 63, ~uint64_t{0}}) {
    const auto far_away = deadline(late);
    EXPECT_EQ(run("short"), MINI_WASM_TRAP_none) << late;
  }
}

TEST_P(CInterruption, a_deadline_may_outlive_its_store) {
  const auto soon = deadline(1'000'000);
  instance.reset();
  world.store.reset();
  world.engine.reset();
}

TEST_P(CInterruption, a_handle_knows_whether_the_store_exists) {
  const auto handle = own(mini_wasm_interrupt_handle_new(world.store.get()));
  EXPECT_TRUE(mini_wasm_interrupt_handle_interrupt(handle.get()));
  EXPECT_EQ(run("endless"), MINI_WASM_TRAP_interrupted);
  EXPECT_TRUE(mini_wasm_interrupt_handle_clear(handle.get()));
  EXPECT_EQ(run("short"), MINI_WASM_TRAP_none);
  instance.reset();
  world.store.reset();
  EXPECT_FALSE(mini_wasm_interrupt_handle_interrupt(handle.get()));
  EXPECT_FALSE(mini_wasm_interrupt_handle_clear(handle.get()));
}

TEST_P(CInterruption, null) {
  mini_wasm_deadline_t* made = nullptr;
  EXPECT_EQ(mini_wasm_trap_kind(own(mini_wasm_deadline_new(nullptr, 1, &made)).get()), MINI_WASM_ERROR_USAGE);
  EXPECT_EQ(mini_wasm_trap_kind(own(mini_wasm_deadline_new(world.store.get(), 1, nullptr)).get()),
            MINI_WASM_ERROR_USAGE);
  EXPECT_EQ(made, nullptr);
  mini_wasm_deadline_delete(nullptr);
  EXPECT_EQ(mini_wasm_interrupt_handle_new(nullptr), nullptr);
  EXPECT_FALSE(mini_wasm_interrupt_handle_interrupt(nullptr));
  EXPECT_FALSE(mini_wasm_interrupt_handle_clear(nullptr));
  mini_wasm_interrupt_handle_delete(nullptr);
}

}  // namespace
}  // namespace mini_wasm
