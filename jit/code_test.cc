// Compiled code and its surroundings: life time, threads, stacks, traps and their backtraces.
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <functional>
#include <thread>
#include <vector>

#include "spec-tests/support/guest.h"
#include "spec-tests/support/new_processes.h"
#include "spec-tests/support/sanitizers.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

const Config kJit = config_of(Tier::jit);

// Resident memory of shared mappings. Code memory is a shared mapping, and hardly anything else is; the memory of
// sanitizers is not.
size_t resident_shared_kilobytes() {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    if (size_t kilobytes = 0; word == "RssShmem:" && file >> kilobytes) return kilobytes;
  }
  ADD_FAILURE() << "no RssShmem";
  return 0;
}

TEST(code, goes_with_its_module) {
  const Engine engine(kJit);
  std::string text = "(module (func (export \"f\") (param i64) (result i64) (local.get 0)";
  for (int i = 0; i < 500; ++i) text += "(i64.const 81985529216486895) i64.add (i64.const 7) i64.mul";
  const std::vector<uint8_t> bytes = wat(text + "))");
  const auto round = [&] {
    Store store(engine);
    Linker linker(store);
    Result<Module> module = Module::compile(engine, bytes);
    ASSERT_TRUE(module);
    Result<Instance> instance = linker.instantiate(*module);
    ASSERT_TRUE(instance);
    ASSERT_TRUE(instance->func("f")->call({i64(1)}));
  };
  for (int i = 0; i < 100; ++i) round();
  const size_t before = resident_shared_kilobytes();
  EXPECT_GT(before, 0u);
  for (int i = 0; i < 1000; ++i) round();
  EXPECT_LT(resident_shared_kilobytes(), before + 4096);  // the code alone would be 20 MiB
}

// One machine instruction does the work of several WebAssembly instructions: it reads memory, shifts an operand, or
// tests its result.
TEST(code, operands_in_memory_and_shifted_ones) {
  for (Tier tier : {Tier::interpreter, Tier::jit}) {
    Guest guest(config_of(tier));
    const Instance i = guest.load(R"((module (memory 1) (data (i32.const 8) "\05\00\00\00\07\00\00\00")
      ;; the result goes to a register that is part of the operand
      (func (export "index") (param i32 i32) (result i32)
        (loop (local.set 0 (i32.sub (local.get 1) (i32.load offset=4 (local.get 0)))) (br_if 0 (i32.const 0)))
        (local.get 0))
      ;; ... while the left operand is in a temporary one
      (func (export "index_and_temporary") (param i32) (result i32)
        (loop (local.set 0 (i32.add (i32.load (local.get 0)) (i32.load offset=4 (local.get 0)))) (br_if 0 (i32.const 0)))
        (local.get 0))
      (func (export "shifted_and_temporary") (param i32) (result i32)
        (loop (local.set 0 (i32.add (i32.clz (local.get 0)) (i32.shl (local.get 0) (i32.const 3)))) (br_if 0 (i32.const 0)))
        (local.get 0))
      (func (export "splat") (result f32)
        (f32x4.extract_lane 2 (f32x4.splat (f32.const 1.5))))
      (func (export "shifted") (param i32 i32) (result i32)
        (loop (local.set 0 (i32.add (local.get 1) (i32.shl (local.get 0) (i32.const 3)))) (br_if 0 (i32.const 0)))
        (local.get 0))
      (func (export "constant_left") (param i32) (result i32)
        (i32.add (i32.const 100) (i32.shl (local.get 0) (i32.const 2))))
      (func (export "wide") (param i64) (result i64) (i64.mul (local.get 0) (i64.load (i32.const 8))))
      (func (export "compare") (param i32) (result i32)
        (if (result i32) (i32.lt_s (local.get 0) (i32.load (i32.const 8))) (then (i32.const 1)) (else (i32.const 2))))
      (func (export "dropped") (param i32) (drop (i32.eq (local.get 0) (i32.load (i32.const -1)))))
      (func (export "zero") (param i32) (result i32) (local i32)
        (block (br_if 0 (i32.add (local.get 0) (i32.const 5))) (local.set 1 (i32.const 1)))
        (local.get 1))
      (func (export "rounds") (param i32) (result i32) (local i32)
        (loop (local.set 1 (i32.add (local.get 1) (i32.const 1)))
          (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1))
      (func (export "negative") (param i32) (result i32) (i32.eqz (i32.sub (i32.const 0) (local.get 0))))))");
    EXPECT_THAT(guest.call(i, "index", {i32(8), i32(20)}), Returns(i32(13)));
    EXPECT_THAT(guest.call(i, "shifted", {i32(3), i32(20)}), Returns(i32(44)));
    EXPECT_THAT(guest.call(i, "index_and_temporary", {i32(8)}), Returns(i32(12)));
    EXPECT_THAT(guest.call(i, "shifted_and_temporary", {i32(3)}), Returns(i32(30 + 24)));
    EXPECT_THAT(guest.call(i, "splat"), Returns(f32(1.5f)));
    EXPECT_THAT(guest.call(i, "constant_left", {i32(3)}), Returns(i32(112)));
    EXPECT_THAT(guest.call(i, "wide", {i64(3)}), Returns(i64(3 * 0x700000005)));
    EXPECT_THAT(guest.call(i, "compare", {i32(4)}), Returns(i32(1)));
    EXPECT_THAT(guest.call(i, "compare", {i32(5)}), Returns(i32(2)));
    EXPECT_THAT(guest.call(i, "dropped", {i32(5)}), Traps(TrapCode::out_of_bounds_memory_access));
    EXPECT_THAT(guest.call(i, "zero", {i32(-5)}), Returns(i32(1)));
    EXPECT_THAT(guest.call(i, "zero", {i32(5)}), Returns(i32(0)));
    EXPECT_THAT(guest.call(i, "rounds", {i32(9)}), Returns(i32(9)));
    EXPECT_THAT(guest.call(i, "negative", {i32(0)}), Returns(i32(1)));
    EXPECT_THAT(guest.call(i, "negative", {i32(9)}), Returns(i32(0)));
  }
}

// When a load that is a part of an addition traps, the backtrace has the offset of the load.
TEST(code, an_operand_in_memory_traps_where_it_is_loaded) {
  std::vector<uint32_t> offsets;
  for (Tier tier : {Tier::interpreter, Tier::jit}) {
    Guest guest(config_of(tier));
    const Instance i = guest.load(
        "(module (memory 1) (func (export \"f\") (param f64 i32) (result f64)"
        "(f64.add (local.get 0) (f64.load (local.get 1)))))");
    const auto result = i.func("f")->call({f64(1), i32(-1)});
    ASSERT_FALSE(result);
    ASSERT_EQ(result.error().backtrace.size(), 1u);
    offsets.push_back(result.error().backtrace[0].offset);
  }
  EXPECT_EQ(offsets.front(), offsets.back());
}

// Floating-point constants behind the code. The operands of an instruction are not swapped if both may be NaN.
TEST(code, floating_point_constants) {
  for (Tier tier : {Tier::interpreter, Tier::jit}) {
    Guest guest(config_of(tier));
    const Instance i = guest.load(R"((module
      (func (export "f64") (param f64) (result f64)
        (f64.div (f64.sub (f64.mul (f64.add (f64.const 0.5) (local.get 0)) (f64.const 3)) (f64.const 1)) (f64.const 4)))
      (func (export "f32") (param f32) (result f32) (f32.sub (f32.const 1) (f32.mul (f32.const 3) (local.get 0))))
      (func (export "less") (param f64) (result i32) (f64.lt (local.get 0) (f64.const 2.5)))
      (func (export "greater") (param f64) (result i32) (f64.gt (local.get 0) (f64.const 2.5)))
      (func (export "nan") (param f32) (result i32)
        (i32.reinterpret_f32 (f32.add (f32.const nan:0x400001) (local.get 0))))))");
    EXPECT_THAT(guest.call(i, "f64", {f64(2.5)}), Returns(f64(2)));
    EXPECT_THAT(guest.call(i, "f32", {f32(0.25f)}), Returns(f32(0.25f)));
    for (double x : {2.0, 2.5, 3.0}) {
      EXPECT_THAT(guest.call(i, "less", {f64(x)}), Returns(i32(x < 2.5)));
      EXPECT_THAT(guest.call(i, "greater", {f64(x)}), Returns(i32(x > 2.5)));
    }
    // In the interpreter, the C++ compiler chooses the order of the operands, and so the NaN.
    if (tier == Tier::interpreter) continue;
    EXPECT_THAT(guest.call(i, "nan", {f32(std::bit_cast<float>(0x7fc00002))}), Returns(i32(0x7fc00001)));
  }
}

// Floating-point constants of loops are in registers. They are loaded again after a call in the loop, after an inner
// loop, and when the loop is entered from the interpreter.
TEST(code, constants_of_loops) {
  for (Tier tier : {Tier::interpreter, Tier::jit, Tier::automatic}) {
    Config config = config_of(tier);
    config.hot_after = 5;
    Guest guest(config);
    const Instance i = guest.load(R"((module
      (func $half (param f64) (result f64) (local i32)
        (loop (local.set 0 (f64.mul (local.get 0) (f64.const 0.9375)))
          (br_if 0 (i32.lt_s (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 3))))
        (local.get 0))
      (func (export "f") (param i32) (result f64) (local f64 i32)
        (loop
          (local.set 1 (f64.add (local.get 1) (f64.const 0.5)))
          (local.set 2 (i32.const 4))
          (loop
            (local.set 1 (f64.add (f64.mul (local.get 1) (f64.const 1.25)) (f64.const 0.5)))
            (if (f64.gt (local.get 1) (f64.const 1024)) (then (local.set 1 (f64.const 0.75))))
            (br_if 0 (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))))
          (if (i32.and (local.get 0) (i32.const 1))
            (then (local.set 1 (f64.mul (call $half (f64.mul (f64.const 0.5) (local.get 1))) (f64.const 1.25)))))
          (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1))))");
    double x = 0;
    for (int n = 100; n != 0; --n) {
      x += 0.5;
      for (int inner = 4; inner != 0; --inner) {
        x = x * 1.25 + 0.5;
        if (x > 1024) x = 0.75;
      }
      if (n & 1) x = x * 0.5 * 0.9375 * 0.9375 * 0.9375 * 1.25;
    }
    EXPECT_THAT(guest.call(i, "f", {i32(100)}), Returns(f64(x)));
  }
}

// i32.eqz of a comparison only changes the condition of the jump. With a NaN, only "not equal" is true.
TEST(code, opposites_of_comparisons) {
  for (Tier tier : {Tier::interpreter, Tier::jit}) {
    Guest guest(config_of(tier));
    for (const char* op : {"eq", "ne", "lt", "gt", "le", "ge"}) {
      const std::string compare = std::string("(i32.eqz (f64.") + op + " (local.get 0) (local.get 1)))";
      const Instance i = guest.load(
          "(module (func (export \"f\") (param f64 f64) (result i32) (local i32 i32)"
          "(if " +
          compare +
          " (then (local.set 2 (i32.const 1))))"
          "(local.set 2 (i32.add (local.get 2) (select (i32.const 10) (i32.const 0) " +
          compare +
          ")))"
          "(block (br_if 0 " +
          compare +
          ") (local.set 3 (i32.const 100)))"
          "(local.set 2 (i32.add (local.get 2) (local.get 3)))"
          "(local.set 2 (i32.add (local.get 2) (i32.mul (i32.const 1000) " +
          compare +
          ")))"
          "(i32.add (local.get 2) (i32.mul (i32.const 10000) (i32.eqz " +
          compare + ")))))");
      for (const auto& [a, b] : {std::pair(1.0, 2.0), std::pair(2.0, 1.0), std::pair(1.0, 1.0),
                                 std::pair<double, double>(NAN, 1.0), std::pair<double, double>(1.0, NAN)}) {
        const std::string name = op;
        const bool holds = name == "eq"   ? a == b
                           : name == "ne" ? a != b
                           : name == "lt" ? a < b
                           : name == "gt" ? a > b
                           : name == "le" ? a <= b
                                          : a >= b;
        EXPECT_THAT(guest.call(i, "f", {f64(a), f64(b)}), Returns(i32(holds ? 10100 : 1011))) << op << a << b;
      }
    }
  }
}

// cmpxchg leaves the old value of memory in the register that contained the expected value. If that register was a copy
// of a local, it must not be used as one afterwards.
TEST(code, an_exchange_leaves_the_local_alone) {
  for (Tier tier : {Tier::interpreter, Tier::jit}) {
    Config config = config_of(tier);
    ASSERT_TRUE(config.feature("threads", true));
    Guest guest(config);
    const Instance i = guest.load(R"((module (memory 1 1 shared) (data (i32.const 0) "\05")
      (func $same (param i32) (result i32) (local.get 0))
      (func (export "f") (param i32) (result i32) (local i32)
        (block (try_table (catch_all 0)
          (local.set 1 (call $same (local.get 0)))
          (drop (i32.atomic.rmw.cmpxchg (i32.const 0) (local.get 1) (i32.const 9)))
          (return (local.get 1))))
        (unreachable))))");
    EXPECT_THAT(guest.call(i, "f", {i32(7)}), Returns(i32(7)));
  }
}

// Branches, traps and constants of a function whose code is larger than what short branches and loads of some CPUs reach.
TEST(code, a_function_of_more_than_a_mebibyte) {
  constexpr uint32_t kSteps = 40000;
  std::string body;
  uint32_t expected = 1;
  for (uint32_t i = 0; i < kSteps; ++i) {
    body += "(global.set $g (i32.add (i32.mul (global.get $g) (i32.const 3)) (i32.const " + std::to_string(i) + ")))";
    expected = expected * 3 + i;
  }
  Guest guest(kJit);
  const Instance instance = guest.load(R"((module (global $g (mut i32) (i32.const 1))
    (func (export "g") (result i32) (global.get $g) (global.set $g (i32.const 1)))
    (func (export "over") (param i32 i32) (result f64) (local f64)
      (local.set 2 (f64.const 1.2345))
      (block $out
        (br_if $out (i32.lt_u (local.get 0) (i32.const 5)))
        (drop (i32.div_u (i32.const 7) (local.get 1)))
        (if (i32.eq (local.get 0) (i32.const 77)) (then (local.set 2 (f64.const 7.77))) (else )" +
                                       body + R"())
        (local.set 2 (f64.add (local.get 2) (f64.const 0.1))))
      (f64.mul (local.get 2) (f64.const 3.3)))
    (func (export "back") (param i32)
      (loop $l )" + body + R"(
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))))");
  const auto call = [&](const char* name, std::initializer_list<Val> args = {}) {
    return guest.call(instance, name, args);
  };
  EXPECT_THAT(call("over", {i32(3), i32(0)}), Returns(f64(1.2345 * 3.3)));
  EXPECT_THAT(call("over", {i32(6), i32(0)}), Traps(TrapCode::integer_divide_by_zero));
  EXPECT_THAT(call("over", {i32(77), i32(1)}), Returns(f64((7.77 + 0.1) * 3.3)));
  EXPECT_THAT(call("g"), Returns(i32(1)));
  EXPECT_THAT(call("over", {i32(6), i32(1)}), Returns(f64((1.2345 + 0.1) * 3.3)));
  EXPECT_THAT(call("g"), Returns(i32(static_cast<int32_t>(expected))));
  EXPECT_THAT(call("back", {i32(1)}), Succeeds());
  EXPECT_THAT(call("g"), Returns(i32(static_cast<int32_t>(expected))));
}

TEST(code, threads_compile_a_module_together) {
  const Engine engine(kJit);
  std::string text = "(module ";
  for (int i = 0; i < 200; ++i) {
    text += "(func $f" + std::to_string(i) + " (param i32) (result i32) (i32.add (local.get 0) ";
    text += i == 0 ? "(i32.const 1)" : "(call $f" + std::to_string(i - 1) + " (local.get 0))";
    text += "))";
  }
  Result<Module> module = Module::compile(engine, wat(text + "(export \"f\" (func $f199)))"));
  ASSERT_TRUE(module);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Store store(engine);
      Linker linker(store);
      Result<Instance> instance = linker.instantiate(*module);
      ASSERT_TRUE(instance);
      EXPECT_THAT(instance->func("f")->call({i32(t)}), Returns(i32(200 * t + 1)));
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// --- Backtraces ------------------------------------------------------------------------------------------------------

// The result of a call as text; if it traps, with the backtrace.
std::string outcome(Tier tier, std::string_view function, std::initializer_list<Val> args) {
  Guest guest(config_of(tier));
  const Instance other = guest.load(R"((module $other (memory 1)
    (func $fault (export "fault") (param i32) (result i32) (i32.load (local.get 0)))
    (func $outer (export "outer") (param i32) (result i32) nop (call $fault (local.get 0)))))");
  guest.linker.instance("other", other);
  std::optional<Instance> main;
  guest.linker.func("host", "again", [&](int32_t x) {
    (void)main->func("div")->call({i32(x)});
    return Result<int32_t>(Error::make(ErrorKind::trap, "from the host"));
  });
  main = guest.load(R"((module $main (import "other" "outer" (func $outer (param i32) (result i32)))
    (import "host" "again" (func $again (param i32) (result i32)))
    (type $v (func)) (type $s (struct (field (mut i32)))) (type $a (array (mut i32)))
    (tag $tag) (memory 1) (table 3 funcref) (elem (i32.const 2) $div)
    (func $div (export "div") (param i32) (result i32) (i32.div_s (i32.const -2147483648) (local.get 0)))
    (func (export "rem") (param i32) (result i32) (i32.rem_u (i32.const 1) (local.get 0)))
    (func (export "trunc") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
    (func (export "load") (param i32) (result i32) (i32.load offset=4 (local.get 0)))
    (func (export "store") (param i32) (i64.store (local.get 0) (i64.const 1)))
    (func (export "fill") (param i32) (memory.fill (local.get 0) (i32.const 1) (i32.const 10)))
    (func (export "table") (param i32) (drop (table.get (local.get 0))))
    (func (export "indirect") (param i32) (call_indirect (type $v) (local.get 0)))
    (func (export "ref") (call_ref $v (ref.null $v)))
    (func (export "field") (drop (struct.get $s 0 (ref.null $s))))
    (func (export "element") (param i32) (drop (array.get $a (array.new_default $a (i32.const 2)) (local.get 0))))
    (func (export "cast") (param i32) (drop (ref.cast (ref $s) (ref.i31 (local.get 0)))))
    (func (export "not_null") (drop (ref.as_non_null (ref.null func))))
    (func (export "throw") (throw $tag))
    (func $unreachable (export "unreachable") unreachable)
    (func $middle (param i32) (result i32) (i32.add (i32.const 1) (call $outer (local.get 0))))
    (func (export "across") (param i32) (result i32) (block (nop)) (call $middle (local.get 0)))
    (func (export "host") (param i32) (result i32) (call $again (local.get 0)))
    (func $deep (export "deep") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then unreachable))
      (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))))");
  const Result<std::vector<Val>> r = guest.call(*main, function, args);
  if (r) return "returned";
  return r.error().to_string() + "\n" + to_string(r.error().backtrace);
}

TEST(code, backtraces_are_the_interpreters) {
  const std::vector<std::pair<std::string, std::vector<Val>>> calls = {
      {"div", {i32(0)}},      {"div", {i32(-1)}},
      {"rem", {i32(0)}},      {"trunc", {f64(1e10)}},
      {"trunc", {f64(NAN)}},  {"load", {i32(65530)}},
      {"load", {i32(-1)}},    {"store", {i32(65529)}},
      {"fill", {i32(65530)}}, {"table", {i32(3)}},
      {"indirect", {i32(0)}}, {"indirect", {i32(3)}},
      {"indirect", {i32(2)}}, {"ref", {}},
      {"field", {}},          {"element", {i32(2)}},
      {"cast", {i32(1)}},     {"not_null", {}},
      {"throw", {}},          {"unreachable", {}},
      {"across", {i32(-1)}},  {"host", {i32(0)}},
      {"deep", {i32(5)}},     {"deep", {i32(1000)}},
  };
  for (const auto& [function, args] : calls) {
    const auto on = [&](Tier tier) {
      return args.empty() ? outcome(tier, function, {}) : outcome(tier, function, {args[0]});
    };
    const std::string expected = on(Tier::interpreter);
    EXPECT_NE(expected, "returned") << function;
    EXPECT_EQ(on(Tier::jit), expected) << function;
  }
}

// --- Stacks ----------------------------------------------------------------------------------------------------------

constexpr const char* kRecursion = R"((module
  (func $f (export "f") (param i32) (result i32)
    (i32.add (i32.const 1) (call $f (i32.add (local.get 0) (i32.const 1)))))))";
const auto kExhausted = Traps(TrapCode::call_stack_exhausted);

// Two instances that call each other: without end, or `n` times with tail calls.
struct Pair {
  Guest guest{kJit};
  std::optional<Instance> a, b;
  explicit Pair(const std::string& call) {
    const std::string type = "(type $t (func (param i32) (result i32)))";
    a = guest.load("(module " + type + R"((table (export "t") 1 funcref)
      (func (export "f") (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (return (i32.const 7))))
        ()" + call +
                   R"( (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))))");
    guest.linker.instance("a", *a);
    b = guest.load("(module " + type + R"((import "a" "t" (table 1 funcref)) (elem (i32.const 0) $g)
      (import "a" "f" (func $f (param i32) (result i32)))
      (func $g (param i32) (result i32) ()" +
                   std::string(call == "call_indirect" ? "call" : "return_call") +
                   R"( $f (i32.sub (local.get 0) (i32.const 1))))))");
  }
};

void exhaust() {
  Guest guest(kJit);
  const Instance i = guest.load(kRecursion);
  for (int round = 0; round < 3; ++round) EXPECT_THAT(guest.call(i, "f", {i32(0)}), kExhausted);
  Pair pair("call_indirect");
  EXPECT_THAT(pair.guest.call(*pair.a, "f", {i32(-1)}), kExhausted);
}

TEST(code, recursion_without_end_traps) {
  exhaust();
  Pair pair("call_indirect");
  EXPECT_THAT(pair.guest.call(*pair.a, "f", {i32(100)}), Returns(i32(7)));
}

void run_on_small_stack(void* (*work)(void*)) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, 256 << 10), 0);
  pthread_t thread;
  ASSERT_EQ(pthread_create(&thread, &attributes, work, nullptr), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

// Where a small frame begins below the limit, there is room for it and for a small frame of a function without calls.
TEST(code, the_last_frames_fit_wherever_the_limit_is_in_them) {
  Config config = kJit;
  config.stack_size = 1;
  std::string writes, locals;
  for (int i = 0; i < 45; ++i) {
    locals += " i64";
    writes += "(local.set " + std::to_string(i) + " (i64.const -1))";
  }
  std::string text = "(module (func $leaf (local" + locals + ")" + writes + ")";
  for (int n = 0; n < 45; ++n) {
    const std::string name = std::to_string(n);
    text += "(func $" + name + " (export \"" + name + "\") (local" + locals.substr(0, 4 * static_cast<size_t>(n)) +
            ") (call $leaf) (call $" + name + "))";
  }
  Guest guest(config);
  const Instance i = guest.load(text + ")");
  for (int n = 0; n < 45; ++n) {
    EXPECT_THAT(guest.call(i, std::to_string(n)), Traps(TrapCode::call_stack_exhausted));
  }
}

TEST(code, recursion_traps_on_a_small_native_stack) {
  run_on_small_stack([](void*) -> void* { return exhaust(), nullptr; });
}

TEST(code, what_fits_runs_on_a_small_native_stack) {
  run_on_small_stack([](void*) -> void* {
    Guest guest(kJit);
    const Instance i = guest.load(R"((module (func $f (export "f") (param i32) (result i32)
      (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1)))))
        (else (i32.const 0))))))");
    EXPECT_THAT(guest.call(i, "f", {i32(1000)}), Returns(i32(1000)));
    EXPECT_THAT(guest.call(i, "f", {i32(10'000'000)}), kExhausted);
    EXPECT_THAT(guest.call(i, "f", {i32(1000)}), Returns(i32(1000)));
    return nullptr;
  });
}

TEST(code, recursion_through_the_host_traps) {
  Guest guest(kJit);
  std::optional<Instance> main;
  guest.linker.func("h", "f", [&](int32_t x) -> Result<int32_t> {
    Result<std::vector<Val>> r = main->func("f")->call({i32(x)});
    if (!r) return r.error();
    return (*r)[0].i32();
  });
  main = guest.load(R"((module (import "h" "f" (func $h (param i32) (result i32)))
    (func (export "f") (param i32) (result i32) (call $h (local.get 0)))))");
  EXPECT_THAT(guest.call(*main, "f", {i32(1)}), kExhausted);
}

// A comparison is emitted where its result is used. Its operands must not change before that.
TEST(code, a_waiting_comparison_sees_a_local_before_it_is_written) {
  Guest guest(kJit);
  const Instance i = guest.load(R"((module (global $g i32 (i32.const 5)) (memory 1)
    (func (export "global") (param i32) (result i32)
      (i32.eqz (local.get 0)) (global.get $g) (local.set 0) (drop (local.get 0)))
    (func (export "memory") (param i32) (result i32)
      (i32.eqz (local.get 0)) (memory.size) (local.set 0) (drop (local.get 0)))))");
  for (const char* name : {"global", "memory"}) {
    EXPECT_THAT(guest.call(i, name, {i32(0)}), Returns(i32(1))) << name;
    EXPECT_THAT(guest.call(i, name, {i32(3)}), Returns(i32(0))) << name;
  }
}

TEST(code, tail_calls_take_no_stack) {
  Guest guest(kJit);
  const Instance i = guest.load(R"((module (type $t (func (param i32) (result i32))) (table funcref (elem $even))
    (elem declare func $even)
    (func $even (export "even") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
      (return_call $odd (i32.sub (local.get 0) (i32.const 1))))
    (func $odd (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
      (return_call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))
    (func $by_ref (export "by_ref") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 5))))
      (return_call_ref $t (i32.sub (local.get 0) (i32.const 1)) (ref.func $even)))))");
  EXPECT_THAT(guest.call(i, "even", {i32(10000000)}), Returns(i32(1)));
  EXPECT_THAT(guest.call(i, "even", {i32(9999999)}), Returns(i32(0)));
  EXPECT_THAT(guest.call(i, "by_ref", {i32(10000001)}), Returns(i32(1)));
  Pair pair("return_call_indirect");
  EXPECT_THAT(pair.guest.call(*pair.a, "f", {i32(10000000)}), Returns(i32(7)));
}

TEST(code, loops_and_calls_can_be_interrupted) {
  for (const char* body : {"(loop $l (br $l))", "(loop $l (call $g) (br $l))", "(return_call $f)"}) {
    Guest guest(kJit);
    const Instance i = guest.load(std::string("(module (func $g) (func $f (export \"f\") ") + body + "))");
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      guest.store.interrupt();
    });
    EXPECT_THAT(guest.call(i, "f"), Traps(TrapCode::interrupted)) << body;
    other.join();
  }
}

TEST(code_death, a_fault_of_the_host_is_not_ours) {
  if (testing::kSanitizerOwnsProcess) GTEST_SKIP() << "the sanitizer has a handler of its own";
  die_in_new_processes();
  Guest guest(kJit);
  guest.linker.func("h", "crash", [](Caller& caller) { caller.memory0()->data().data()[65536] = 1; });
  const Instance i = guest.load(R"((module (import "h" "crash" (func $c)) (memory 1) (func (export "f") (call $c))))");
  EXPECT_EXIT((void)guest.call(i, "f"), ::testing::KilledBySignal(SIGSEGV), "");
}

}  // namespace
}  // namespace mini_wasm
