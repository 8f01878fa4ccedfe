// Modules that are not in the official scripts: generated ones, and ones with names everywhere.
#include "spec-tests/round_trip/round_trip.h"

#include <gtest/gtest.h>

#include <string_view>

#include "spec-tests/generate/byte_source.h"
#include "spec-tests/generate/generate.h"
#include "spec-tests/support/wat.h"

namespace mini_wasm::spec {
namespace {

TEST(round_trip, made_up_modules) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    const std::vector<uint8_t> module = generate::generate_module(generate::bytes_of_seed(seed), FeatureSet::all());
    ASSERT_EQ(round_trip_difference(module, Sameness::text), "") << "seed " << seed;
  }
}

TEST(round_trip, names_of_everything) {
  const std::vector<uint8_t> module = testing::wat(R"((module $m
    (type $t (struct (field $f i32) (field (mut i64)) (field (@name "a \"b\" \1b") (ref null $t))))
    (type $g (func (param i32 i64) (result i32)))
    (import "m" "f" (func $imported (param $p i32) (param i64) (param $q f64)))
    (table $table 1 funcref) (memory $memory 1) (global $global i32 (i32.const 0)) (tag $tag (param i32))
    (elem $elem func $local) (data $data "x")
    (func $local (@name "other name ;) (; \u{202e}") (type $g) (param $a i32) (param (@name "b") i64) (result i32)
      (local i32) (local $c i32) (local i32 i32) (local (@name "$c") f64)
      (block $one (loop $two (@name "three") (br_if $one (local.get $a))))
      (if $four (block (result i32) (block $five) (local.get $c)) (then (nop)) (else (block $six)))
      (i32.const 0))))");
  EXPECT_EQ(round_trip_difference(module, Sameness::bytes), "");
}

// Equal types with different indices, and groups that refer to themselves.
TEST(round_trip, equal_types_stay_apart) {
  const std::vector<uint8_t> module = testing::wat(R"((module
    (rec (type (struct (field (ref null 1)))) (type (array (ref null 0))))
    (rec (type (struct (field (ref null 3)))) (type (array (ref null 2))))
    (type (sub (func (param (ref null 2))))) (type (sub final 4 (func (param (ref null 0)))))
    (rec)
    (type (func (param (ref null 3)) (result (ref null 1))))
    (func (type 5) (local (ref null 3)) (drop (ref.null 2)) (drop (ref.test (ref 3) (local.get 0)))
      (drop (block (result (ref null 2)) (local.get 0))))
    (func (type 6) (call 1 (local.get 0)))))");
  EXPECT_EQ(round_trip_difference(module, Sameness::bytes), "");
}

// The output for a module that was not made by the assembler.
TEST(round_trip, a_difference_is_found) {
  std::vector<uint8_t> module = testing::wat("(module (func (result i32) (i32.const 1)))");
  EXPECT_EQ(round_trip_difference(module, Sameness::bytes), "");
  // Encodes the size of the type section in two bytes.
  module[9] |= 0x80;
  module.insert(module.begin() + 10, 0);
  EXPECT_EQ(round_trip_difference(module, Sameness::text), "");
  EXPECT_NE(round_trip_difference(module, Sameness::bytes), "");
}

}  // namespace
}  // namespace mini_wasm::spec
