// A comparison with 0 directly behind an arithmetic instruction may use the flags of that instruction. But not all
// flags mean the same then: overflow and carry are those of the arithmetic. Tests every operation that leaves flags
// with every comparison and every use of its result, with operands that overflow.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

// Bits of the function's result, by the use of the comparison's result.
enum Place : int32_t { kIf = 1, kValue = 2, kSelect = 4, kBranch = 8, kZeroFirst = 16 };

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

// In the text, T stands for the type, C for the comparison, E for the arithmetic.
std::string function(std::string_view type, std::string_view op, std::string_view comparison) {
  std::string text = R"((func (export "f") (param T T) (result i32) (local i32)
    (if (C E (T.const 0)) (then (local.set 2 (i32.const 1))))
    (local.set 2 (i32.or (local.get 2) (i32.shl (C E (T.const 0)) (i32.const 1))))
    (local.set 2 (i32.or (local.get 2) (select (i32.const 4) (i32.const 0) (C E (T.const 0)))))
    (block $b (br_if $b (i32.eqz (C E (T.const 0)))) (local.set 2 (i32.or (local.get 2) (i32.const 8))))
    (if (C (T.const 0) E) (then (local.set 2 (i32.or (local.get 2) (i32.const 16)))))
    (local.get 2)))";
  text = replaced(text, "E", "(" + std::string(op) + " (local.get 0) (local.get 1))");
  return replaced(replaced(text, "C", comparison), "T", type);
}

template <class T>
struct Arithmetic {
  const char* name;
  T (*apply)(T, T);
};
template <class T>
struct Comparison {
  const char* name;
  bool (*holds)(T, T);
};

template <class T, class Signed = std::make_signed_t<T>>
constexpr Comparison<T> kComparisons[] = {
    {"eq", [](T a, T b) { return a == b; }},
    {"ne", [](T a, T b) { return a != b; }},
    {"lt_s", [](T a, T b) { return static_cast<Signed>(a) < static_cast<Signed>(b); }},
    {"lt_u", [](T a, T b) { return a < b; }},
    {"gt_s", [](T a, T b) { return static_cast<Signed>(a) > static_cast<Signed>(b); }},
    {"gt_u", [](T a, T b) { return a > b; }},
    {"le_s", [](T a, T b) { return static_cast<Signed>(a) <= static_cast<Signed>(b); }},
    {"le_u", [](T a, T b) { return a <= b; }},
    {"ge_s", [](T a, T b) { return static_cast<Signed>(a) >= static_cast<Signed>(b); }},
    {"ge_u", [](T a, T b) { return a >= b; }},
};
template <class T>
constexpr Arithmetic<T> kArithmetic[] = {
    {"add", [](T a, T b) { return a + b; }},
    {"sub", [](T a, T b) { return a - b; }},
    {"mul", [](T a, T b) { return a * b; }},
    {"and", [](T a, T b) { return a & b; }},
    {"or", [](T a, T b) { return a | b; }},
    {"xor", [](T a, T b) { return a ^ b; }},
    {"shl", [](T a, T b) { return a << (b % (8 * sizeof(T))); }},
    {"shr_u", [](T a, T b) { return a >> (b % (8 * sizeof(T))); }},
};
template <class T>
constexpr T kTop = T{1} << (8 * sizeof(T) - 1);
template <class T>
constexpr std::pair<T, T> kOperands[] = {{kTop<T>, 1}, {kTop<T> - 1, ~T{0}}, {~T{0}, 2},   {0, 0},
                                         {5, 5},       {kTop<T>, kTop<T>},   {1, kTop<T>}, {3, T{0} - 3},
                                         {~T{0}, 1},   {kTop<T>, 0}};

class Flags : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  template <class T>
  void run(std::string_view type, Val (*val)(std::make_signed_t<T>)) {
    for (const Arithmetic<T>& arithmetic : kArithmetic<T>) {
      for (const Comparison<T>& comparison : kComparisons<T>) {
        const std::string prefix = std::string(type) + ".";
        const std::string text = function(type, prefix + arithmetic.name, prefix + comparison.name);
        SCOPED_TRACE(text);
        const Instance i = guest.load("(module " + text + ")");
        for (const auto& [a, b] : kOperands<T>) {
          const T x = arithmetic.apply(a, b);
          const int32_t wanted = (comparison.holds(x, 0) ? kIf | kValue | kSelect | kBranch : 0) |
                                 (comparison.holds(0, x) ? kZeroFirst : 0);
          EXPECT_THAT(
              guest.call(i, "f",
                         {val(static_cast<std::make_signed_t<T>>(a)), val(static_cast<std::make_signed_t<T>>(b))}),
              Returns(i32(wanted)));
        }
      }
    }
  }
  Guest guest{GetParam().config()};
};

TEST_P(Flags, of_arithmetic_are_not_those_of_a_comparison_with_zero) {
  run<uint32_t>("i32", &Val::i32);
  run<uint64_t>("i64", &Val::i64);
}

INSTANTIATE_TEST_SUITE_P(tiers, Flags, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

}  // namespace
}  // namespace mini_wasm
