// Blocks, branches that carry values, br_table, multi-value, dead code, returns.
#include <chrono>
#include <limits>
#include <thread>

#include "interp/interp_test.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

class ControlFlow : public InEveryConfiguration {};
MW_IN_EVERY_CONFIGURATION(ControlFlow);

TEST_P(ControlFlow, what_waits_below_a_block_is_the_same_on_every_path) {
  const Instance i = guest.load(R"((module
    (func (export "f") (param i32 i32) (result i32)
      local.get 0                                    ;; a local that one arm changes
      (i32.add (local.get 1) (i32.const 1))          ;; an accumulator
      i32.const 1000                                 ;; a constant
      (if (local.get 0)
        (then (local.set 0 (i32.const 50)) (local.set 1 (i32.mul (local.get 1) (local.get 1))))
        (else (local.set 1 (i32.const 60))))
      i32.add  i32.add  local.get 0  i32.add  local.get 1  i32.add)))");
  EXPECT_THAT(guest.call(i, "f", {i32(1), i32(2)}), Returns(i32(1 + 3 + 1000 + 50 + 4)));
  EXPECT_THAT(guest.call(i, "f", {i32(0), i32(2)}), Returns(i32(0 + 3 + 1000 + 0 + 60)));
}

TEST_P(ControlFlow, a_branch_past_operands_carries_its_values_down) {
  const Instance i = guest.load(R"((module
    (func (export "br") (param i32) (result i32 i64)
      (block (result i32 i64)
        i32.const 11  f64.const 1  local.get 0  (i64.extend_i32_s (i32.mul (local.get 0) (i32.const 2)))  br 0))
    (func (export "br_if") (param i32 i32) (result i32 i32)
      (block (result i32 i32)
        i64.const 99
        (i32.add (local.get 1) (i32.const 1))  (i32.add (local.get 1) (i32.const 2))
        local.get 0  br_if 0
        (i32.sub)  local.set 1  drop  local.get 1  i32.const 5))
    (func (export "constants") (param i32) (result i32)
      (block (result i32) i32.const 1  i32.const 2  local.get 0  br_if 0  i32.add))
    (func (export "locals") (param i32) (result i32)
      (block (result i32) i32.const 1  local.get 0  local.get 0  br_if 0  (local.set 0 (i32.const 7))  i32.add))))");
  EXPECT_THAT(guest.call(i, "br", {i32(-4)}), Returns(i32(-4), i64(-8)));
  EXPECT_THAT(guest.call(i, "br_if", {i32(1), i32(10)}), Returns(i32(11), i32(12)));
  EXPECT_THAT(guest.call(i, "br_if", {i32(0), i32(10)}), Returns(i32(-1), i32(5)));
  EXPECT_THAT(guest.call(i, "constants", {i32(1)}), Returns(i32(2)));
  EXPECT_THAT(guest.call(i, "constants", {i32(0)}), Returns(i32(3)));
  EXPECT_THAT(guest.call(i, "locals", {i32(5)}), Returns(i32(5)));
  EXPECT_THAT(guest.call(i, "locals", {i32(0)}), Returns(i32(1)));
}

// --- Every comparison as condition of br_if and of if, against a local, a constant and a value in the accumulator

// A function of two parameters that compares them, and constants, in six ways. Each comparison gives one bit of a
// result, set if the comparison does not hold. There are four results, one for each form of branch.
std::string comparing_function(const std::string& type, const std::string& op) {
  const std::string compare = type + "." + op;
  std::string text = "(func (export \"" + compare + "\") (param " + type + " " + type +
                     ") (result i32 i32 i32 i32) (local i32 i32 i32 i32)";
  const auto add = [&](const std::string& a, const std::string& b, int bit) {
    const std::string c = "(" + compare + " " + a + " " + b + ")", flag = std::to_string(1 << bit);
    text += "(block (br_if 0 " + c + ") (local.set 2 (i32.or (local.get 2) (i32.const " + flag + "))))";
    text += "(if " + c + " (then) (else (local.set 3 (i32.or (local.get 3) (i32.const " + flag + ")))))";
    text += "(if (i32.eqz " + c + ") (then (local.set 4 (i32.or (local.get 4) (i32.const " + flag + ")))))";
    text +=
        "(local.set 5 (i32.or (local.get 5) (i32.shl (i32.eqz " + c + ") (i32.const " + std::to_string(bit) + "))))";
  };
  const std::string get = "(local.get 0)", sum = "(" + type + ".add (local.get 0) (" + type + ".const 0))";
  add(get, "(local.get 1)", 0);
  add(get, "(" + type + ".const 3)", 1);
  add("(" + type + ".const 3)", get, 2);
  add(sum, "(local.get 1)", 3);
  add("(local.get 1)", sum, 4);
  add(get, "(" + type + ".const 0x123456)", 5);
  return text + "(local.get 2) (local.get 3) (local.get 4) (local.get 5))";
}

bool holds(const std::string& op, double a, double b) {
  if (op.ends_with("_u")) {  // as unsigned numbers, negative ones are large
    a = a < 0 ? a + 0x1p64 : a;
    b = b < 0 ? b + 0x1p64 : b;
  }
  const std::string o = op.substr(0, 2);
  return o == "eq" ? a == b : o == "ne" ? a != b : o == "lt" ? a < b : o == "gt" ? a > b : o == "le" ? a <= b : a >= b;
}

// The expected value of each result of a comparing function.
int32_t where_it_does_not_hold(const std::string& op, double x, double y) {
  const bool results[] = {holds(op, x, y), holds(op, x, 3), holds(op, 3, x),
                          holds(op, x, y), holds(op, y, x), holds(op, x, 0x123456)};
  int32_t bits = 0;
  for (int bit = 0; bit < 6; ++bit) bits |= !results[bit] << bit;
  return bits;
}

Val val_of(std::string_view type, double v) {
  return type == "i32"   ? i32(static_cast<int32_t>(v))
         : type == "i64" ? i64(static_cast<int64_t>(v))
         : type == "f32" ? f32(static_cast<float>(v))
                         : f64(v);
}

TEST_P(ControlFlow, a_comparison_that_a_branch_takes_over) {
  const std::vector<std::string> integer = {"eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"};
  const std::vector<std::string> floating = {"eq", "ne", "lt", "gt", "le", "ge"};
  for (const std::string type : {"i32", "i64", "f32", "f64"}) {
    const bool is_float = type[0] == 'f';
    const std::vector<std::string>& ops = is_float ? floating : integer;
    std::string text = "(module";
    for (const std::string& op : ops) text += comparing_function(type, op);
    const Instance i = guest.load(text + ")");
    std::vector<double> values = {0, 1, 3, 4, -1, 0x123456};
    if (is_float) values.push_back(std::numeric_limits<double>::quiet_NaN());
    for (const std::string& op : ops) {
      for (const double x : values) {
        for (const double y : values) {
          const Val expected = i32(where_it_does_not_hold(op, x, y));
          EXPECT_THAT(guest.call(i, type + "." + op, {val_of(type, x), val_of(type, y)}),
                      Returns(expected, expected, expected, expected))
              << type << '.' << op << ' ' << x << ' ' << y;
        }
      }
    }
  }
}

TEST_P(ControlFlow, br_table_with_values_goes_to_blocks_loops_and_out_of_the_function) {
  const Instance i = guest.load(R"((module
    (func (export "f") (param i32) (result i32) (local i32)
      (block $a (result i32)
        (block $b (result i32)
          i64.const 5                                    ;; to be thrown away
          (block $c (result i32)
            (i32.add (local.get 0) (i32.const 100))
            (br_table $a $b $c 3 $b $a (local.get 0)))   ;; 3 is the body: a return
          (i32.add (i32.const 1000))
          local.set 1  drop  local.get 1)
        (i32.add (i32.const 2000)))
      (i32.add (i32.const 4000)))
    (func (export "loop") (param i32) (result i32) (local i32)
      i32.const 7
      (loop $l (param i32) (result i32)
        (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        i32.const 3  i32.mul
        (block $out (param i32) (result i32)
          (br_table $l $out (i32.ge_u (local.get 1) (local.get 0)))))
      local.get 1  i32.add)
    (func (export "wide") (param i64) (result i64)
      (block (block (block (br_table 0 1 2 (i32.wrap_i64 (local.get 0)))) (return (i64.const 10))) (return (i64.const 11)))
      (i64.const 12))
    (func (export "only_default") (param i32) (result i32) (br_table 0 (i32.const 9) (local.get 0)))))");
  EXPECT_THAT(guest.call(i, "f", {i32(0)}), Returns(i32(4100)));
  EXPECT_THAT(guest.call(i, "f", {i32(1)}), Returns(i32(6101)));
  EXPECT_THAT(guest.call(i, "f", {i32(2)}), Returns(i32(7102)));
  EXPECT_THAT(guest.call(i, "f", {i32(3)}), Returns(i32(103)));
  EXPECT_THAT(guest.call(i, "f", {i32(4)}), Returns(i32(6104)));
  EXPECT_THAT(guest.call(i, "f", {i32(5)}), Returns(i32(4105)));
  EXPECT_THAT(guest.call(i, "f", {i32(-1)}), Returns(i32(4099)));
  EXPECT_THAT(guest.call(i, "loop", {i32(4)}), Returns(i32(7 * 81 + 4)));
  EXPECT_THAT(guest.call(i, "wide", {i64(0)}), Returns(i64(10)));
  EXPECT_THAT(guest.call(i, "wide", {i64(1)}), Returns(i64(11)));
  EXPECT_THAT(guest.call(i, "wide", {i64(-1)}), Returns(i64(12)));
  EXPECT_THAT(guest.call(i, "only_default", {i32(77)}), Returns(i32(9)));
}

TEST_P(ControlFlow, loops_take_parameters_and_leave_other_results) {
  const Instance i = guest.load(R"((module
    (func (export "fib") (param i32) (result i64) (local i64 i64)
      i64.const 0  i64.const 1
      (loop $l (param i64 i64) (result i64)
        local.set 2  local.tee 1
        local.get 2  i64.add            ;; a + b
        local.get 2                     ;; a + b, b
        local.set 1  local.set 2        ;; 1: b, 2: a + b
        local.get 1  local.get 2
        (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))
        br_if $l
        drop))
    (func (export "swap_forever") (param i32 i32 i32) (result i32 i32)
      local.get 0  local.get 1
      (loop $l (param i32 i32) (result i32 i32)
        local.set 0  local.set 1  local.get 0  local.get 1
        (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))
        br_if $l))))");
  EXPECT_THAT(guest.call(i, "fib", {i32(50)}), Returns(i64(12586269025)));
  EXPECT_THAT(guest.call(i, "swap_forever", {i32(1), i32(2), i32(4)}), Returns(i32(1), i32(2)));
  EXPECT_THAT(guest.call(i, "swap_forever", {i32(1), i32(2), i32(5)}), Returns(i32(2), i32(1)));
}

TEST_P(ControlFlow, ifs_with_parameters_with_and_without_else) {
  const Instance i = guest.load(R"((module
    (func (export "both") (param i32 i32) (result i32)
      (i32.add (local.get 1) (i32.const 1))  i32.const 20  local.get 0
      (if (param i32 i32) (result i32) (then i32.add) (else i32.sub)))
    (func (export "none") (param i32 i32) (result i32)
      local.get 1  local.get 0
      (if (param i32) (result i32) (then i32.const 2  i32.mul)))
    (func (export "changed") (param i32 i32) (result i32)
      local.get 1  local.get 0
      (if (param i32) (result i32) (then (local.set 1 (i32.const 100))  local.get 1  i32.add) (else)))
    (func (export "dead_arm") (param i32) (result i32)
      (if (result i32) (local.get 0) (then (return (i32.const 1))) (else (i32.const 2)))
      i32.const 10  i32.add)
    (func (export "dead_end") (param i32) (result i32)
      (block $b (if (local.get 0) (then (br $b)) (else (return (i32.const 5)))) unreachable)
      i32.const 6)))");
  EXPECT_THAT(guest.call(i, "both", {i32(1), i32(4)}), Returns(i32(25)));
  EXPECT_THAT(guest.call(i, "both", {i32(0), i32(4)}), Returns(i32(-15)));
  EXPECT_THAT(guest.call(i, "none", {i32(1), i32(4)}), Returns(i32(8)));
  EXPECT_THAT(guest.call(i, "none", {i32(0), i32(4)}), Returns(i32(4)));
  EXPECT_THAT(guest.call(i, "changed", {i32(1), i32(4)}), Returns(i32(104)));
  EXPECT_THAT(guest.call(i, "changed", {i32(0), i32(4)}), Returns(i32(4)));
  EXPECT_THAT(guest.call(i, "dead_arm", {i32(1)}), Returns(i32(1)));
  EXPECT_THAT(guest.call(i, "dead_arm", {i32(0)}), Returns(i32(12)));
  EXPECT_THAT(guest.call(i, "dead_end", {i32(1)}), Returns(i32(6)));
  EXPECT_THAT(guest.call(i, "dead_end", {i32(0)}), Returns(i32(5)));
}

TEST_P(ControlFlow, results_that_are_locals_return_in_slots_of_locals) {
  const Instance i = guest.load(R"((module
    (func (export "reversed") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
      local.get 3  local.get 2  local.get 1  local.get 0)
    (func (export "early") (param i32 i32) (result i32 i32)
      (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (if (local.get 1) (then (return (local.get 1) (local.get 0))))
      local.get 0  local.get 1)
    (func (export "br_if") (param i32 i32) (result i32 i32)
      i64.const 0  local.get 1  local.get 0  local.get 0  br_if 0
      drop  drop  drop  i32.const 8  i32.const 9)
    (func (export "more_than_locals") (param i32) (result i32 i32 i32 i32 i32)
      local.get 0  i32.const 1  local.get 0  i32.const 2  local.get 0)))");
  EXPECT_THAT(guest.call(i, "reversed", {i32(1), i64(2), f32(3), f64(4)}), Returns(f64(4), f32(3), i64(2), i32(1)));
  EXPECT_THAT(guest.call(i, "early", {i32(1), i32(5)}), Returns(i32(5), i32(2)));
  EXPECT_THAT(guest.call(i, "early", {i32(1), i32(0)}), Returns(i32(2), i32(0)));
  EXPECT_THAT(guest.call(i, "br_if", {i32(1), i32(5)}), Returns(i32(5), i32(1)));
  EXPECT_THAT(guest.call(i, "br_if", {i32(0), i32(5)}), Returns(i32(8), i32(9)));
  EXPECT_THAT(guest.call(i, "more_than_locals", {i32(3)}), Returns(i32(3), i32(1), i32(3), i32(2), i32(3)));
}

TEST_P(ControlFlow, dead_code_of_every_kind_is_walked_over) {
  const Instance i = guest.load(R"((module
    (func (export "f") (param i32) (result i32)
      (block $out (result i32)
        (br $out (i32.const 1))
        (block (loop (if (i32.const 1) (then (br 2)) (else (br_table 0 1 2 (i32.const 0))))))
        i32.add  select  local.set 0  f64.mul  drop
        (block (result i32) i32.const 1) (if (result i32) (then i32.const 1) (else i32.const 2)))
      i32.const 41  i32.add)))");
  EXPECT_THAT(guest.call(i, "f", {i32(0)}), Returns(i32(42)));
}

// The host sets the interrupt, then the guest continues its loop, which contains no call. The branch itself must notice
// the interrupt.
TEST_P(ControlFlow, an_interrupt_stops_every_form_of_backward_branch) {
  const Instance i = guest.load(R"((module
    (func (export "br") (param i32) (loop (br 0)))
    (func (export "br_if") (param i32) (loop (br_if 0 (local.get 0))))
    (func (export "compare") (param i32) (loop (br_if 0 (i32.ne (local.get 0) (i32.const 0)))))
    (func (export "float") (param i32) (loop (br_if 0 (i32.eqz (f32.lt (f32.convert_i32_s (local.get 0)) (f32.const 0))))))
    (func (export "table") (param i32) (loop $l (block $b (br_table $b $l (local.get 0)))))
    (func (export "carry") (param i32) (i32.const 1)
      (loop (param i32) i64.const 5 i32.const 2 (br_if 0 (local.get 0)) br 0))))");
  for (const char* name : {"br", "br_if", "compare", "float", "table", "carry"}) {
    std::thread interrupter([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      guest.store.interrupt();
    });
    EXPECT_THAT(guest.call(i, name, {i32(1)}), Traps(TrapCode::interrupted)) << name;
    interrupter.join();
    guest.store.clear_interrupt();
  }
}

}  // namespace
}  // namespace mini_wasm
