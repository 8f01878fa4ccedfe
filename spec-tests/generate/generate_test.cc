// What the generator guarantees: valid modules from any bytes, every opcode, and enough code that runs to its end. And
// that a comparison of two engines detects when one of them is wrong.
#include "spec-tests/generate/generate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "spec-tests/generate/byte_source.h"
#include "spec-tests/generate/module_ops.h"
#include "spec-tests/generate/outcome.h"
#include "spec-tests/generate/reduce.h"

namespace mini_wasm::generate {
namespace {

using Bytes = std::vector<uint8_t>;

std::string compile_error(const Engine& engine, const Bytes& module) {
  const Result<void> valid = Module::validate(engine, module);
  return valid ? "" : valid.error().to_string();
}

TEST(generate_test, modules_are_valid) {
  const Engine engine;
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    ASSERT_EQ(compile_error(engine, generate_module(bytes_of_seed(seed))), "") << "seed " << seed;
  }
}

TEST(generate_test, short_and_monotonous_bytes_give_valid_modules) {
  const Engine engine;
  for (size_t length = 0; length < 100; ++length) {
    for (int byte = 0; byte < 256; byte += 15) {
      const Bytes bytes(length * 5, static_cast<uint8_t>(byte));
      ASSERT_EQ(compile_error(engine, generate_module(bytes)), "") << length * 5 << " times " << byte;
    }
  }
}

TEST(generate_test, every_subset_of_features_gives_valid_modules) {
  for (size_t off = 0; off < kFeatureCount; ++off) {
    const auto feature = static_cast<Feature>(off);
    // All other features depend on these; they are tested by switching off the features that use them.
    if (!kFeatureInfo[off].default_on || feature == Feature::mvp || feature == Feature::multi_value ||
        feature == Feature::ref_types || feature == Feature::bulk_memory || feature == Feature::function_refs ||
        feature == Feature::mutable_globals || feature == Feature::simd)
      continue;
    FeatureSet features = FeatureSet::defaults();
    features.clear(feature);
    Config config;
    ASSERT_TRUE(config.feature(kFeatureInfo[off].text, false));
    const Engine engine(config);
    for (uint64_t seed = 0; seed < 100; ++seed) {
      ASSERT_EQ(compile_error(engine, generate_module(bytes_of_seed(seed), features)), "")
          << "without " << kFeatureInfo[off].text << ", seed " << seed;
    }
  }
}

TEST(generate_test, the_same_bytes_give_the_same_module) {
  EXPECT_EQ(generate_module(bytes_of_seed(7)), generate_module(bytes_of_seed(7)));
  EXPECT_NE(generate_module(bytes_of_seed(7)), generate_module(bytes_of_seed(8)));
}

// Opcodes that generated modules never contain, with the reason.
bool is_left_out(Op op) {
  return op_info(op).feature == Feature::legacy_exceptions;  // other engines refuse modules that also contain try_table
}

TEST(generate_test, every_opcode_is_in_modules_that_run) {
  const FeatureSet features = FeatureSet::all();
  Config config;
  for (const FeatureInfo& info : kFeatureInfo) ASSERT_TRUE(config.feature(info.text, true));
  const Engine engine(config);
  std::array<size_t, kOpCount> seen{};
  const auto missing = [&](size_t i) { return seen[i] == 0 && !is_left_out(static_cast<Op>(i)); };
  size_t found = 0;  // all opcodes before this index were found
  for (uint64_t seed = 0; seed < 3000 && found < kOpCount; ++seed) {
    const Bytes module = generate_module(bytes_of_seed(seed), features);
    const Outcome outcome = run_module(engine, module, seed);
    ASSERT_FALSE(outcome[0].starts_with("error: invalid") || outcome[0].starts_with("error: malformed")) << outcome[0];
    if (outcome[0].starts_with("error")) continue;
    ASSERT_TRUE(for_each_op(module, [&](Op op, uint32_t) { ++seen[static_cast<size_t>(op)]; }));
    while (found < kOpCount && !missing(found)) ++found;
  }
  for (size_t i = found; i < kOpCount; ++i) {
    EXPECT_FALSE(missing(i)) << op_info(static_cast<Op>(i)).text;
  }
}

TEST(generate_test, most_calls_return_and_every_kind_of_trap_happens) {
  const Engine engine;
  size_t calls = 0, returned = 0;
  std::set<std::string> traps;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    for (const std::string& line : run_module(engine, generate_module(bytes_of_seed(seed)), seed)) {
      if (line[0] != 'f' || line.starts_with("fuel")) continue;
      ++calls;
      const size_t trap = line.find("= trap: ");
      const bool threw = line.ends_with("= exception");
      if (trap != line.npos || threw) traps.insert(threw ? "exception" : line.substr(trap + 8));
      returned += trap == line.npos && !threw;
    }
  }
  EXPECT_GT(returned * 2, calls);
  for (const TrapCode code :
       {TrapCode::unreachable, TrapCode::integer_overflow, TrapCode::integer_divide_by_zero,
        TrapCode::invalid_conversion_to_integer, TrapCode::out_of_bounds_memory_access,
        TrapCode::out_of_bounds_table_access, TrapCode::undefined_element, TrapCode::uninitialized_element,
        TrapCode::indirect_call_type_mismatch, TrapCode::null_reference, TrapCode::null_function_reference,
        TrapCode::null_structure_reference, TrapCode::null_array_reference, TrapCode::null_i31_reference,
        TrapCode::null_exception_reference, TrapCode::cast_failure, TrapCode::out_of_bounds_array_access}) {
    EXPECT_TRUE(traps.count(to_string(code))) << to_string(code);
  }
  EXPECT_TRUE(traps.count("exception"));
}

// --- Does the comparison detect errors?

// Simulates an engine that confuses one opcode with another one of the same form.
Bytes with_op_replaced(const Bytes& module, Op from, Op to) {
  Bytes changed = module;
  for_each_op(module, [&](Op op, uint32_t offset) {
    if (op == from) changed[offset] = static_cast<uint8_t>(op_info(to).code);
  });
  return changed;
}

class WrongOp : public ::testing::TestWithParam<std::pair<Op, Op>> {
 protected:
  std::string difference(const Bytes& bytes) const {
    const Bytes module = generate_module(bytes);
    const auto [right, wrong] = GetParam();
    return first_difference(run_module(engine_, module, 1),
                            run_module(engine_, with_op_replaced(module, right, wrong), 1));
  }
  Engine engine_;
};

TEST_P(WrongOp, is_noticed_and_reduced_to_a_small_module) {
  uint64_t seed = 0;
  while (seed < 2000 && difference(bytes_of_seed(seed)).empty()) ++seed;
  ASSERT_LT(seed, 2000u) << "no difference seen";
  const Bytes before = bytes_of_seed(seed);
  const Bytes after = reduce(before, [this](const Bytes& bytes) { return !difference(bytes).empty(); });
  EXPECT_NE(difference(after), "");
  EXPECT_LT(generate_module(after).size(), generate_module(before).size());
}

INSTANTIATE_TEST_SUITE_P(mutations, WrongOp,
                         ::testing::Values(std::pair(Op::i32_add, Op::i32_sub), std::pair(Op::i32_lt_s, Op::i32_le_s),
                                           std::pair(Op::f64_min, Op::f64_max), std::pair(Op::i64_div_s, Op::i64_div_u),
                                           std::pair(Op::i64_extend32_s, Op::i64_extend16_s),
                                           std::pair(Op::i32_load16_s, Op::i32_load16_u),
                                           std::pair(Op::i64_store32, Op::i64_store16)),
                         [](const auto& info) {
                           std::string name(op_info(info.param.first).text);
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(outcome_test, the_first_difference_is_shown_with_both_sides) {
  EXPECT_EQ(first_difference({"a", "b"}, {"a", "b"}), "");
  EXPECT_EQ(first_difference({"a", "b"}, {"a", "c"}), "  b\n  c");
  EXPECT_EQ(first_difference({"a"}, {"a", "c"}), "  (nothing)\n  c");
}

}  // namespace
}  // namespace mini_wasm::generate
