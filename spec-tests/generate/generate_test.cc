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
#include "spec-tests/support/wat.h"

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

// --- What an outcome consists of

// The results of the calls of the export "f", and the arguments that were chosen for it, in the form "(...)".
std::map<std::string, std::set<std::string>> results_by_arguments(std::string_view text) {
  const Engine engine;
  std::map<std::string, std::set<std::string>> results;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    for (const std::string& line : run_module(engine, testing::wat(text), seed)) {
      const size_t end = line.find(" = ");
      if (line.starts_with("f(")) results[line.substr(1, end - 1)].insert(line.substr(end + 3));
    }
  }
  return results;
}

TEST(outcome_test, the_hosts_functions_see_what_stands_behind_a_vector) {
  const auto results = results_by_arguments(R"((module
    (import "h" "0" (func $h (param v128 i32) (result i32)))
    (global (export "fuel") (mut i32) (i32.const 0))
    (func (export "f") (param i32) (result i32) (call $h (v128.const i64x2 0 0) (local.get 0)))))");
  std::set<std::string> different;
  for (const auto& [arguments, values] : results) different.insert(values.begin(), values.end());
  EXPECT_GT(results.size(), 5u);
  EXPECT_EQ(different.size(), results.size());
}

TEST(outcome_test, the_hosts_functions_return_results_behind_a_vector_and_references) {
  const auto results = results_by_arguments(R"((module
    (import "h" "0" (func $h (param i32) (result v128 i32 externref i31ref)))
    (global (export "fuel") (mut i32) (i32.const 0))
    (func (export "f") (param i32) (result v128 i32 externref i31ref) (call $h (local.get 0)))))");
  EXPECT_GT(results.size(), 5u);
  for (const auto& [arguments, values] : results) {
    EXPECT_EQ(values.size(), 1u) << arguments;
    EXPECT_TRUE(values.begin()->ends_with(" null null")) << *values.begin();
  }
}

TEST(outcome_test, an_address_of_an_object_makes_no_difference) {
  const auto results = results_by_arguments(R"((module
    (import "h" "0" (func $h (param externref funcref) (result i32)))
    (global (export "fuel") (mut i32) (i32.const 0))
    (func $g (export "g"))
    (func (export "f") (param externref i32) (result i32)
      (call $h (local.get 0) (if (result funcref) (i32.and (local.get 1) (i32.const 1))
          (then (ref.func $g)) (else (ref.null func)))))))");
  std::map<std::string, std::set<std::string>> by_nullness;
  for (const auto& [arguments, values] : results) {
    const bool odd = std::string_view("13579bdf").find(arguments.end()[-2]) != std::string_view::npos;
    by_nullness[arguments.substr(0, arguments.find(' ')) + (odd ? " ref" : " null")].insert(values.begin(),
                                                                                            values.end());
  }
  ASSERT_EQ(by_nullness.size(), 4u);
  std::set<std::string> different;
  for (const auto& [nullness, values] : by_nullness) {
    EXPECT_EQ(values.size(), 1u) << nullness;
    different.insert(values.begin(), values.end());
  }
  EXPECT_EQ(different.size(), 4u);
}

TEST(outcome_test, every_byte_of_a_memory_counts) {
  Config config;
  ASSERT_TRUE(config.feature("custom-page-sizes", true));
  const Engine engine(config);
  const auto memory_of = [&](std::string_view data) {
    const Outcome outcome = run_module(engine,
                                       testing::wat("(module (global (export \"fuel\") (mut i32) (i32.const 0))"
                                                    "(memory (export \"m\") 7 7 (pagesize 1))"
                                                    "(data (i32.const 0) \"" +
                                                    std::string(data) + "\"))"),
                                       0);
    return outcome.back();
  };
  EXPECT_TRUE(memory_of("abcdefg").starts_with("m = 7 pages, ")) << memory_of("abcdefg");
  EXPECT_NE(memory_of("abcdefg"), memory_of("abcdefh"));
  EXPECT_NE(memory_of("abcdefg"), memory_of("abcdffg"));
}

TEST(outcome_test, a_fingerprint_depends_on_every_line) {
  const Outcome outcome{"f0() = i32:00000001", "m0 = 2 pages, 89abcdef"};
  EXPECT_EQ(fingerprint(outcome), "8f65967a74d20ca0");
  EXPECT_NE(fingerprint(outcome), fingerprint({outcome[0]}));
  EXPECT_NE(fingerprint(outcome), fingerprint({outcome[1], outcome[0]}));
  EXPECT_NE(fingerprint(outcome), fingerprint({outcome[0] + outcome[1]}));
}

TEST(outcome_test, the_first_difference_is_shown_with_both_sides) {
  EXPECT_EQ(first_difference({"a", "b"}, {"a", "b"}), "");
  EXPECT_EQ(first_difference({"a", "b"}, {"a", "c"}), "  b\n  c");
  EXPECT_EQ(first_difference({"a"}, {"a", "c"}), "  (nothing)\n  c");
}

}  // namespace
}  // namespace mini_wasm::generate
