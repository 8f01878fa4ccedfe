// Code with many pinned locals: instructions whose result and operands share registers, and registers across calls.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "spec-tests/support/guest.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

std::string get(int local) { return "(local.get " + std::to_string(local) + ")"; }

// A function for each way in which select's result, its operands and those of its condition can be the same locals. It
// has a loop, so that locals are pinned everywhere, and returns the sum of all of them.
std::string selects(const std::string& type, const std::string& compare) {
  std::string text = "(module";
  for (int n = 0; n < 243; ++n) {
    const int to = n % 3, then = n / 3 % 3, otherwise = n / 9 % 3, left = n / 27 % 3, right = n / 81;
    const std::string condition = "(" + type + "." + compare + get(left) + get(right) + ")";
    text += "(func (export \"" + std::to_string(n) + "\") (param " + type + " " + type + " " + type + ") (result " +
            type + ") (local i32) (loop (local.set " + std::to_string(to) + "(select " + get(then) + get(otherwise) +
            condition + ")) (br_if 0 (i32.eqz (local.tee 3 (i32.add (local.get 3) (i32.const 1))))))" + "(" + type +
            ".add (" + type + ".mul" + get(0) + "(" + type + ".const 100)) (" + type + ".add (" + type + ".mul" +
            get(1) + "(" + type + ".const 10))" + get(2) + ")))";
  }
  return text + ")";
}

TEST(pinned_code, selects_of_all_coincidences) {
  const std::vector<std::pair<std::string, std::string>> kinds = {{"i32", "lt_s"}, {"i64", "ge_u"}, {"f32", "lt"},
                                                                  {"f64", "eq"},   {"f64", "ne"},   {"f32", "ge"}};
  for (const auto& [type, compare] : kinds) {
    Guest expected(config_of(Tier::interpreter)), compiled(config_of(Tier::jit));
    const std::string text = selects(type, compare);
    const Instance a = expected.load(text), b = compiled.load(text);
    const auto value = [&](double n) {
      if (type == "i32") return i32(static_cast<int32_t>(n));
      if (type == "i64") return i64(static_cast<int64_t>(n));
      return type == "f32" ? f32(static_cast<float>(n)) : f64(n);
    };
    std::vector<std::array<double, 3>> inputs = {{1, 2, 3}, {3, 2, 1}, {2, 2, 1}, {-1, 4, 4}};
    if (type[0] == 'f') inputs.push_back({NAN, 1, 2}), inputs.push_back({1, 2, NAN});
    for (const auto& [x, y, z] : inputs) {
      for (int n = 0; n < 243; ++n) {
        const std::string name = std::to_string(n);
        const auto wanted = expected.call(a, name, {value(x), value(y), value(z)});
        ASSERT_TRUE(wanted);
        ASSERT_THAT(compiled.call(b, name, {value(x), value(y), value(z)}), Returns((*wanted)[0]))
            << type << ' ' << compare << ' ' << n << ": " << x << ' ' << y << ' ' << z;
      }
    }
  }
}

TEST(pinned_code, selects_of_vectors) {
  std::string text = "(module";
  for (int n = 0; n < 27; ++n) {
    const int to = n % 3 + 2, then = n / 3 % 3 + 2, otherwise = n / 9 + 2;
    text += "(func (export \"" + std::to_string(n) + R"(") (param i32) (result i64) (local i32 v128 v128 v128)
      (local.set 2 (v128.const i64x2 1 8)) (local.set 3 (v128.const i64x2 2 16)) (local.set 4 (v128.const i64x2 4 32))
      (loop (local.set )" +
            std::to_string(to) + " (select" + get(then) + get(otherwise) + R"((local.get 0)))
        (br_if 0 (i32.eqz (local.tee 1 (i32.add (local.get 1) (i32.const 1))))))
      (local.set 2 (i64x2.add (local.get 2) (i64x2.add
        (i64x2.shl (local.get 3) (i32.const 8)) (i64x2.shl (local.get 4) (i32.const 16)))))
      (i64.or (i64x2.extract_lane 0 (local.get 2)) (i64.shl (i64x2.extract_lane 1 (local.get 2)) (i64.const 32)))))";
  }
  text += ")";
  Guest expected(config_of(Tier::interpreter)), compiled(config_of(Tier::jit));
  const Instance a = expected.load(text), b = compiled.load(text);
  for (int n = 0; n < 27; ++n) {
    for (const int32_t condition : {0, 1}) {
      const auto wanted = expected.call(a, std::to_string(n), {i32(condition)});
      ASSERT_TRUE(wanted);
      EXPECT_THAT(compiled.call(b, std::to_string(n), {i32(condition)}), Returns((*wanted)[0]))
          << n << ' ' << condition;
    }
  }
}

// The body of a function with more locals than there are registers for them. Each changes in each iteration of a loop,
// and is used often enough to get a register in spite of `call`, which comes several times. Leaves their sum.
std::string many_locals(const std::string& type, const std::string& call) {
  const bool vector = type == "v128";
  const std::string add = "(" + (vector ? "i64x2" : type) + ".add ";
  std::string locals = "(local i32", loop = "(loop", sum = get(1);
  for (int i = 1; i <= 20; ++i) {
    const std::string n = std::to_string(i), local = get(i);
    const std::string step = vector ? "(v128.const i64x2 " + n + " 7" + n + ")" : "(" + type + ".const " + n + ")";
    locals += " " + type;
    loop +=
        "(local.set " + n + add + local + add + step + add + add + local + local + ")" + add + local + local + ")))))";
    if (i % 5 == 0) loop += call;
    if (i != 1) sum = add + sum + local + ")";
  }
  return locals + ")" + loop +
         "(br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 9))))" + sum;
}

// Computes with many numbers at once.
void destroy_registers() {
  volatile double seed = 1.5;
  std::array<double, 24> sums{};
  for (int i = 0; i < 10; ++i) {
    for (double& sum : sums) sum = sum * seed + i;
  }
  for (const double sum : sums) seed = sum;
}

// Runs many_locals of each type around `call` on both tiers. `head`: what the call needs besides the functions $host and
// $guest, which destroy all registers that they may.
void expect_locals_survive(const std::string& head, const std::string& call) {
  for (const std::string type : {"i64", "f64", "f32", "v128"}) {
    const bool vector = type == "v128";
    const std::string text = R"((module (import "a" "host" (func $host)) )" + head + "(func $guest" +
                             many_locals("f64", "") + " drop)(func (export \"f\") (result " + (vector ? "i64" : type) +
                             ")" + many_locals(type, call) +
                             (vector ? "(local.set 1) (i64.xor (i64x2.extract_lane 0 (local.get 1))"
                                       "(i64x2.extract_lane 1 (local.get 1)))"
                                     : "") +
                             "))";
    std::vector<Val> results;
    for (const Tier tier : {Tier::interpreter, Tier::jit}) {
      Guest guest(config_of(tier));
      guest.linker.func("a", "host", &destroy_registers);
      const auto found = guest.call(guest.load(text), "f");
      ASSERT_TRUE(found) << found.error().to_string();
      results.push_back((*found)[0]);
    }
    EXPECT_TRUE(same(results[0], results[1])) << type << ' ' << call << ": " << to_string(results[1]);
  }
}

TEST(pinned_code, locals_survive_calls) {
  expect_locals_survive("", "(call $host)");
  expect_locals_survive("", "(call $guest)");
  expect_locals_survive("(memory 1)", "(drop (memory.grow (i32.const 0)))");
}

// For the code around them these are not calls: the stubs keep all registers, with all of their bits.
TEST(pinned_code, locals_survive_checks_of_types) {
  const std::string types = "(type $super (sub (func))) (type $sub (sub $super (func)))";
  expect_locals_survive(types + "(func $g (type $sub)) (table funcref (elem $g))",
                        "(call_indirect (type $super) (i32.const 0))");
  expect_locals_survive(types + "(func $g (type $sub)) (elem declare func $g) (table $t funcref (elem $g))",
                        "(drop (ref.test (ref $super) (table.get $t (i32.const 0))))");
}

TEST(pinned_code, locals_survive_allocations) {
  expect_locals_survive("(type $s (struct (field i64 i64 i64 i64)))",
                        "(drop (struct.new_default $s)) (drop (struct.new_default $s))");
}

TEST(pinned_code, locals_survive_compiling) {
  // Each function is compiled at its first call, which is in the loop.
  expect_locals_survive(
      "(func $late (local i32) (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) "
      "(i32.const 1))) (i32.const 9)))))",
      "(call $late)");
}

std::string set(int local, const std::string& value) {
  return "(local.set " + std::to_string(local) + " " + value + ")";
}
std::string binary(const std::string& op, const std::string& left, const std::string& right) {
  return "(" + op + left + right + ")";
}
std::string repeated(int times, const std::string& text) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// Null is the number 0 in a register. But code that tests a reference and hands it on must know where it is. Around it,
// the number 0 is worth a register, local 0 has one that is no place for references, and there are odd numbers in others.
TEST(pinned_code, null_is_no_constant_of_a_loop) {
  std::string begin, loop = "(loop" + set(0, binary("f64.mul", get(0), "(f64.const 1.5)"));
  for (int i = 1; i < 4; ++i) {
    begin += repeated(9, set(i, "(f64.const 1)"));
    loop += repeated(3, set(i, binary("f64.add", get(i), get(i))));
  }
  for (int i = 4; i < 20; ++i) {
    begin += set(i, "(i64.const 3)");
    loop += repeated(3, set(i, binary("i64.mul", get(i), get(4))));
  }
  loop += repeated(20, set(20, binary("i64.and", get(20), "(i64.const 0)")));
  const std::string locals = "(param f64) (result i32) (local f64 f64 f64" + repeated(17, " i64") + " i32)";
  const std::string end = "(br_if 0 (f64.lt (local.get 0) (f64.const 100)))) (local.get 21)";
  const std::string text =
      "(module (type $s (struct (field i64))) (func (export \"cast\") " + locals + begin + loop +
      "(local.set 21 (ref.is_null (ref.cast (ref null $s) (ref.cast anyref (ref.null any)))))" + end +
      ") (func (export \"refused\") " + locals + begin + loop +
      "(drop (ref.cast (ref $s) (ref.cast anyref (ref.null any))))" + end + ") (func (export \"branch\") " + locals +
      begin + loop +
      "(block $null (drop (ref.cast (ref $s) (br_on_null $null (ref.null $s)))) (return (i32.const -1)))"
      "(local.set 21 (i32.add (local.get 21) (i32.const 1)))" +
      end + "))";
  for (const Tier tier : {Tier::interpreter, Tier::jit}) {
    Guest guest(config_of(tier));
    const Instance i = guest.load(text);
    EXPECT_THAT(guest.call(i, "cast", {f64(1)}), Returns(i32(1)));
    EXPECT_THAT(guest.call(i, "refused", {f64(1)}), Traps(TrapCode::cast_failure));
    EXPECT_THAT(guest.call(i, "branch", {f64(1)}), Returns(i32(12)));
  }
}

// What C++ keeps in registers that its callees must not change, while the guest uses them all, and then returns or traps.
template <class Call>
void expect_registers_kept(Call call) {
  volatile double from[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  const double a = from[0], b = from[1], c = from[2], d = from[3], e = from[4], f = from[5], g = from[6], h = from[7];
  call();
  const std::array found = {a, b, c, d, e, f, g, h};
  EXPECT_EQ(found, (std::array{1., 2., 3., 4., 5., 6., 7., 8.}));
}

TEST(pinned_code, the_callers_registers_survive) {
  const std::string body = many_locals("f64", "(call $host)") + " drop ";
  Guest guest(config_of(Tier::jit));
  guest.linker.func("a", "host", &destroy_registers);
  const Instance i = guest.load("(module (import \"a\" \"host\" (func $host)) (func (export \"returns\")" + body +
                                ") (func (export \"traps\")" + body + "unreachable))");
  expect_registers_kept([&] { EXPECT_THAT(guest.call(i, "returns"), Succeeds()); });
  expect_registers_kept([&] { EXPECT_THAT(guest.call(i, "traps"), Traps(TrapCode::unreachable)); });
}

// A branch that moves more values than one instruction each is emitted for, while as many locals as there are registers are
// pinned.
TEST(pinned_code, a_branch_with_many_values_leaves_pinned_locals_alone) {
  std::string locals, steps, values, sums;
  const auto add = [](std::string& text, std::initializer_list<std::string_view> parts) {
    for (const std::string_view part : parts) text += part;
  };
  for (int n = 0; n < 15; ++n) {
    const std::string name = std::to_string(n), step = std::to_string(n + 1);
    add(locals, {"(local $a", name, " i64)"});
    add(steps, {"(local.set $a", name, " (i64.add (local.get $a", name, ") (i64.const ", step, ")))"});
    if (n < 10) add(values, {"(local.get $a", name, ")"});
    add(sums, {"(local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 3)) (local.get $a", name, ")))"});
  }
  std::string types, adds;
  for (int n = 0; n < 10; ++n) types += " i64";
  for (int n = 0; n < 9; ++n) adds += " i64.add";
  const std::string text = "(module (func (export \"f\") (param $n i32) (result i64) (local $sum i64)" + locals +
                           "(loop $l " + steps + "(block (result" + types + ") (i64.const 7)" + values + "(br 0))" +
                           adds + "(local.set $sum (i64.add (local.get $sum))) " + sums +
                           "(br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (local.get $sum)))";
  uint64_t sum = 0, a[15] = {};
  for (int round = 0; round < 20; ++round) {
    for (int n = 0; n < 15; ++n) a[n] += static_cast<uint64_t>(n + 1);
    for (int n = 0; n < 10; ++n) sum += a[n];
    for (const uint64_t value : a) sum = sum * 3 + value;
  }
  for (Tier tier : {Tier::interpreter, Tier::jit}) {
    Guest guest(config_of(tier));
    EXPECT_THAT(guest.call(guest.load(text), "f", {Val::i32(20)}), Returns(Val::i64(static_cast<int64_t>(sum))));
  }
}

}  // namespace
}  // namespace mini_wasm
