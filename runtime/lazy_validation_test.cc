// Config::lazy_validation, on every tier: valid functions behave as always. An invalid function never runs, no matter
// how it is called; the trap says what is wrong, where, and who called it.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

class LazyValidation : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  static Config config() {
    Config config = GetParam().config();
    config.lazy_validation = true;
    return config;
  }
  Guest guest{config()};
};

std::vector<spec::TierCase> lazy_tiers() {
  std::vector<spec::TierCase> tiers;
  for (const spec::TierCase& tier : spec::kTiers) {
    if (tier.lazy_validation) tiers.push_back(tier);
  }
  return tiers;
}
INSTANTIATE_TEST_SUITE_P(tiers, LazyValidation, ::testing::ValuesIn(lazy_tiers()), testing::tier_name);

const auto kInvalid = Traps(TrapCode::invalid_function);

// $bad has a different error in each test. If it were not noticed, a missing operand would be a slot of the caller, a
// missing local a slot beyond the frame, and a missing label anything.
constexpr const char* kBad = R"((module $m
  (type $t (func (param i32) (result i32)))
  (import "host" "again" (func $again (param i32) (result i32)))
  (table 4 funcref) (elem (i32.const 0) $good $bad) (elem declare func $bad)
  (func $good (export "good") (type $t) (i32.add (local.get 0) (i32.const 1)))
  (func $bad (export "bad") (type $t) (local i64) (local.set 1 (i64.const 7)) (i32.add (local.get 0)))
  (func (export "call") (type $t) (i32.mul (i32.const 2) (call $bad (local.get 0))))
  (func (export "indirect") (type $t) (call_indirect (type $t) (i32.const 5) (local.get 0)))
  (func (export "ref") (type $t) (call_ref $t (i32.const 5) (ref.func $bad)))
  (func (export "tail") (type $t) (i32.add (call $tail (local.get 0)) (i32.const 1)))
  (func $tail (type $t) (return_call $bad (local.get 0)))
  (func (export "tail_indirect") (type $t) (return_call_indirect (type $t) (i32.const 5) (i32.const 1)))
  (func (export "tail_ref") (type $t) (return_call_ref $t (i32.const 5) (ref.func $bad)))
  (func (export "caught") (type $t)
    (block $h (drop (try_table (result i32) (catch_all $h) (call $bad (local.get 0))))) (i32.const 9))
  (func (export "through_host") (type $t) (call $again (local.get 0)))
  (func (export "loop") (type $t) (local i32)
    (loop $l
      (local.set 1 (call $good (local.get 1)))
      (br_if $l (i32.lt_u (local.get 1) (i32.const 3000))))
    (call_indirect (type $t) (i32.const 5) (local.get 0)))
))";

class InvalidFunction : public LazyValidation {
 protected:
  InvalidFunction() {
    guest.linker.func("host", "again", [this](int32_t x) -> Result<int32_t> {
      Result<std::vector<Val>> r = guest.call(*instance, "bad", {i32(x)});
      if (!r) return std::move(r).error();
      return (*r)[0].i32();
    });
    instance = guest.load(kBad);
  }
  std::optional<Instance> instance;
};
INSTANTIATE_TEST_SUITE_P(tiers, InvalidFunction, ::testing::ValuesIn(lazy_tiers()), testing::tier_name);

TEST_P(InvalidFunction, does_no_harm_until_it_is_called) {
  EXPECT_THAT(guest.call(*instance, "good", {i32(41)}), Returns(i32(42)));
  EXPECT_THAT(guest.call(*instance, "indirect", {i32(0)}), Returns(i32(6)));
}

TEST_P(InvalidFunction, traps_and_says_why_each_time_that_it_is_called) {
  for (int round = 0; round < 5; ++round) {
    const auto result = guest.call(*instance, "bad", {i32(1)});
    ASSERT_THAT(result, kInvalid);
    const Error& error = result.error();
    EXPECT_THAT(error.message,
                ::testing::StartsWith("invalid function: type mismatch: i32.add expected i32, found nothing"));
    EXPECT_THAT(error.message, ::testing::HasSubstr("in function 2"));
    ASSERT_EQ(error.backtrace.size(), 1u);
    EXPECT_EQ(error.backtrace[0].function_name, "bad");
    EXPECT_EQ(error.backtrace[0].function_index, 2u);
    EXPECT_EQ(error.backtrace[0].offset, error.offset);
  }
}

std::vector<std::string> names(const Error& error) {
  std::vector<std::string> names;
  for (const FrameInfo& frame : error.backtrace) names.push_back(frame.function_name);
  return names;
}

// The names in the backtrace of a call, or another result.
std::vector<std::string> callers(const Result<std::vector<Val>>& result) {
  if (result) return {"it returned"};
  if (result.error().trap_code != TrapCode::invalid_function) return {result.error().to_string()};
  return names(result.error());
}

TEST_P(InvalidFunction, has_its_callers_in_the_backtrace) {
  using Names = std::vector<std::string>;
  // Enough rounds for the callers to be compiled.
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(callers(guest.call(*instance, "call", {i32(1)})), (Names{"bad", "call"}));
    EXPECT_EQ(callers(guest.call(*instance, "indirect", {i32(1)})), (Names{"bad", "indirect"}));
    EXPECT_EQ(callers(guest.call(*instance, "ref", {i32(1)})), (Names{"bad", "ref"}));
    EXPECT_EQ(callers(guest.call(*instance, "tail", {i32(1)})), (Names{"bad", "tail"}));
    EXPECT_EQ(callers(guest.call(*instance, "tail_indirect", {i32(1)})), (Names{"bad"}));
    EXPECT_EQ(callers(guest.call(*instance, "tail_ref", {i32(1)})), (Names{"bad"}));
    EXPECT_EQ(callers(guest.call(*instance, "caught", {i32(1)})), (Names{"bad", "caught"}));
    EXPECT_EQ(callers(guest.call(*instance, "through_host", {i32(1)})), (Names{"bad", "again", "through_host"}));
    EXPECT_EQ(callers(guest.call(*instance, "loop", {i32(1)})), (Names{"bad", "loop"}));
    EXPECT_THAT(guest.call(*instance, "loop", {i32(0)}), Returns(i32(6)));
  }
}

TEST_P(InvalidFunction, of_another_instance) {
  guest.linker.instance("m", *instance);
  const Instance other = guest.load(R"((module
    (import "m" "bad" (func $bad (param i32) (result i32)))
    (import "m" "good" (func $good (param i32) (result i32)))
    (func (export "f") (param i32) (result i32)
      (if (result i32) (local.get 0) (then (call $bad (local.get 0))) (else (call $good (local.get 0)))))
    (func (export "tail") (param i32) (result i32) (return_call $bad (local.get 0)))))");
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(callers(guest.call(other, "f", {i32(1)})), (std::vector<std::string>{"bad", "f"}));
    EXPECT_EQ(callers(guest.call(other, "tail", {i32(1)})), (std::vector<std::string>{"bad"}));
    EXPECT_THAT(guest.call(other, "f", {i32(0)}), Returns(i32(1)));
  }
}

TEST_P(InvalidFunction, is_left_alone_by_a_later_trap) {
  EXPECT_THAT(guest.call(*instance, "call", {i32(1)}), kInvalid);
  const Instance i = guest.load("(module (func (export \"f\") unreachable))");
  const auto result = guest.call(i, "f");
  ASSERT_THAT(result, Traps(TrapCode::unreachable));
  EXPECT_EQ(result.error().message, "unreachable");
  EXPECT_EQ(names(result.error()), std::vector<std::string>{"f"});
}

TEST_P(LazyValidation, of_a_start_function) {
  Result<Instance> instance = guest.try_load("(module (func $s (i32.const 1)) (start $s))");
  ASSERT_THAT(instance, kInvalid);
  EXPECT_THAT(instance.error().message, ::testing::HasSubstr("type mismatch"));
  EXPECT_EQ(names(instance.error()), std::vector<std::string>{"s"});
}

TEST_P(LazyValidation, is_of_functions_alone) {
  const auto invalid = [](const char* text) { return Fails(ErrorKind::invalid, text); };
  EXPECT_THAT(guest.try_load("(module (func (export \"f\")) (export \"g\" (func 7)))"), invalid("unknown function 7"));
  EXPECT_THAT(guest.try_load("(module (global i32 (i64.const 1)))"), invalid("type mismatch"));
  EXPECT_THAT(guest.try_load("(module (func $s (param i32)) (start $s))"), invalid("start function"));
  EXPECT_THAT(Module::validate(guest.engine, wat(kBad)), invalid("type mismatch"));
}

TEST_P(LazyValidation, has_no_effect_on_eager_compilation) {
  Config eager = config();
  eager.eager = true;
  EXPECT_THAT(Module::compile(Engine(eager), wat(kBad)), Fails(ErrorKind::invalid, "type mismatch"));
  EXPECT_THAT(Guest(eager).try_load("(module (func (export \"f\")))"), Succeeds());
}

// Frames are laid out before their functions are validated: parameters, locals of all types, results, operands.
TEST_P(LazyValidation, valid_functions_do_what_they_always_do) {
  const Instance i = guest.load(R"((module
    (func $fib (export "fib") (param i32) (result i32)
      (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                       (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func $locals (param i32 v128 i64) (result i64) (local i32 v128 i64 externref f64 i32)
      (local.set 8 (i32.add (local.get 8) (i32.const 3)))
      (local.set 8 (i32.add (local.get 8) (local.get 0)))
      (i64.add (local.get 2) (i64.add (local.get 5)
        (i64.extend_i32_u (i32.add (local.get 8) (i32x4.extract_lane 3 (v128.xor (local.get 1) (local.get 4))))))))
    (func $sum (param i32) (result i32) (local i32)
      (loop $l
        (local.set 1 (i32.add (local.get 1) (local.get 0)))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get 1))
    (func $many (result i32 i64 f64 i32 i32) (i32.const 1) (i64.const 2) (f64.const 3) (i32.const 4) (i32.const 5))
    (func (export "locals") (result i64)
      (call $locals (i32.const 10) (v128.const i32x4 1 2 3 4) (i64.const 100)))
    (func (export "sum") (param i32) (result i32) (call $sum (local.get 0)))
    (func (export "many") (result i32 i64 f64 i32 i32) (call $many))
    (func (export "trap") (result i32) (i32.add (call $trap (i32.const 0)) (i32.const 1)))
    (func $trap (param i32) (result i32) nop (i32.div_u (i32.const 1) (local.get 0)))))");
  for (int round = 0; round < 3; ++round) {
    EXPECT_THAT(guest.call(i, "fib", {i32(15)}), Returns(i32(610)));
    EXPECT_THAT(guest.call(i, "locals"), Returns(i64(117)));
    EXPECT_THAT(guest.call(i, "sum", {i32(100)}), Returns(i32(5050)));
    EXPECT_THAT(guest.call(i, "many"), Returns(i32(1), i64(2), f64(3), i32(4), i32(5)));
    const auto trap = guest.call(i, "trap");
    ASSERT_THAT(trap, Traps(TrapCode::integer_divide_by_zero));
    EXPECT_EQ(names(trap.error()), (std::vector<std::string>{"trap", "trap"}));
    EXPECT_NE(trap.error().backtrace[0].offset, 0u);
  }
}

// The bytes of a module with a function of type [] -> [], exported as "f" and called by "g".
std::vector<uint8_t> module_with_body(std::vector<uint8_t> body) {
  std::vector<uint8_t> bytes = {0, 'a', 's', 'm', 1, 0, 0, 0, 1,   4, 1, 0x60, 0,   0, 3,
                                3, 2,   0,   0,   7, 9, 2, 1, 'f', 0, 0, 1,    'g', 0, 1};
  const auto size = static_cast<uint8_t>(body.size());
  bytes.insert(bytes.end(), {10, static_cast<uint8_t>(size + 7), 2, size});
  bytes.insert(bytes.end(), body.begin(), body.end());
  bytes.insert(bytes.end(), {4, 0, 0x10, 0, 0x0b});
  return bytes;
}

TEST_P(LazyValidation, of_bodies_that_are_malformed) {
  const std::vector<std::vector<uint8_t>> bodies = {
      {},                                                         // nothing at all
      {0},                                                        // no end
      {0, 0x0b, 0x0b},                                            // something after the end
      {0, 0x02},                                                  // a block without a type
      {1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0x0b},              // 4 thousand million locals
      {2, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0x01, 0x7f, 0x0b},  // and one more
      {1, 0xd0, 0x86, 0x03, 0x7b, 0x0b},                          // 50,000 vectors: too large a frame
      {1, 0xd1, 0x86, 0x03, 0x7f, 0x0b},                          // 50,001 locals
      {1, 1, 0x42, 0x0b},                                         // of an unknown type
      {1, 1, 0x63, 0x09, 0x0b},                                   // of a type that the module does not have
      {0xff, 0xff, 0xff, 0xff, 0x0f, 0x0b},                       // that many groups of locals
      {1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f, 0x0b},        // a number with too many bytes
      {0, 0xff, 0x0b},                                            // an unknown instruction
      {0, 0x20, 0x05, 0x1a, 0x0b},                                // an unknown local
      {0, 0x10, 0x07, 0x0b},                                      // an unknown function
      {0, 0x0c, 0x09, 0x0b},                                      // an unknown label
      {0, 0x1a, 0x0b},                                            // an operand that does not exist
  };
  for (size_t i = 0; i < bodies.size(); ++i) {
    SCOPED_TRACE(i);
    Result<Module> module = Module::compile(guest.engine, module_with_body(bodies[i]));
    ASSERT_THAT(module, Succeeds()) << module.error().to_string();
    Result<Instance> instance = guest.linker.instantiate(*module);
    ASSERT_THAT(instance, Succeeds());
    for (int round = 0; round < 4; ++round) {
      EXPECT_THAT(guest.call(*instance, "f"), kInvalid);
      const auto result = guest.call(*instance, "g");
      ASSERT_THAT(result, kInvalid);
      EXPECT_EQ(result.error().backtrace.size(), 2u);
      EXPECT_EQ(result.error().backtrace[1].function_index, 1u);
    }
  }
  Result<Module> good = Module::compile(guest.engine, module_with_body({1, 0xe8, 0x07, 0x7f, 0x0b}));
  ASSERT_THAT(good, Succeeds());
  EXPECT_THAT(guest.call(*guest.linker.instantiate(*good), "g"), Returns());
}

std::string repeat(const char* text, int n) {
  std::string all;
  for (int i = 0; i < n; ++i) all += text;
  return all;
}

// The caller of a function that was not validated yet does not know how large its frame is.
TEST_P(LazyValidation, a_large_frame_does_not_leave_the_stack) {
  Config small = config();
  small.stack_size = 64 << 10;
  Guest guest(small);
  const std::string operands = repeat("(i32.const 1)", 9000) + repeat("i32.add ", 8999);
  const std::string module =
      "(module (type $t (func (result i32))) (table funcref (elem $f)) (func $f (result i32) " + operands + R"()
    (func (export "call") (result i32) (call $f))
    (func (export "indirect") (result i32) (call_indirect (type $t) (i32.const 0)))
    (func (export "tail") (result i32) (return_call $f))
    (export "f" (func $f))))";
  for (const char* first : {"call", "indirect", "tail", "f"}) {
    const Instance i = guest.load(module);
    for (int round = 0; round < 4; ++round) {
      const auto result = guest.call(i, first);
      ASSERT_THAT(result, Traps(TrapCode::call_stack_exhausted)) << first;
      if (first == std::string("call")) {
        EXPECT_EQ(names(result.error()).back(), "call");
      }
    }
  }
  Guest large(config());
  EXPECT_THAT(large.call(large.load(module), "call"), Returns(i32(9000)));
}

TEST_P(LazyValidation, at_the_end_of_the_stack) {
  Config small = config();
  small.stack_size = 64 << 10;
  Guest guest(small);
  std::string functions;
  // Each function is called for the first time at a different depth.
  for (int f = 0; f < 200; ++f) {
    functions += "(func (param i32) (result i32) (local i32 i32 i32) (local.set 3 (local.get 0)) " +
                 repeat("(local.get 3)", 20 + f) + repeat("drop ", 20 + f) + " (call " + std::to_string(f + 1) +
                 " (local.get 3)))";
  }
  const Instance i = guest.load("(module " + functions +
                                "(func (param i32) (result i32) (call 0 (local.get 0))) (export \"f\" (func 0)))");
  for (int round = 0; round < 3; ++round) {
    EXPECT_THAT(guest.call(i, "f", {i32(1)}), Traps(TrapCode::call_stack_exhausted));
  }
}

// Threads that share a module use its functions while they are in every state of validation.
TEST_P(LazyValidation, threads_may_share_a_module) {
  constexpr int kFunctions = 300, kThreads = 4;
  std::string text = "(module ";
  for (int f = 0; f < kFunctions; ++f) {
    const bool bad = f % 10 == 9;
    const std::string more = f % 3 == 0 ? repeat("(local.get 3)", 40) + repeat("drop ", 40) : "";
    text += "(func $f" + std::to_string(f) + " (export \"f" + std::to_string(f) +
            "\") (param i32 i64) (result i32) (local i32 i32)" + more +
            "(local.set 3 (i32.add (local.get 0) (i32.const " + std::to_string(f) +
            "))) (local.set 2 (i32.add (local.get 2) (local.get 3)))" + (bad ? "(i64.const 1)" : "(local.get 2)") + ")";
    text += "(func (export \"g" + std::to_string(f) + "\") (param i32) (result i32) (call $f" + std::to_string(f) +
            " (local.get 0) (i64.const 5)))";
  }
  const std::vector<uint8_t> bytes = wat(text + ")");
  for (int round = 0; round < 5; ++round) {
    const Engine engine(config());
    Result<Module> module = Module::compile(engine, bytes);
    ASSERT_THAT(module, Succeeds());
    std::atomic<int> ready{0}, wrong{0};
    const auto work = [&](int thread) {
      Store store(engine);
      Linker linker(store);
      Result<Instance> instance = linker.instantiate(*module);
      ++ready;
      while (ready < kThreads) {
      }
      for (int step = 0; step < 4 * kFunctions; ++step) {
        const int f = (thread % 2 == 0 ? step : 7 * step + thread) % kFunctions;
        const std::optional<Func> func = instance->func("g" + std::to_string(f));
        const auto result = func->call({i32(step)});
        const bool right = f % 10 == 9 ? !result && result.error().trap_code == TrapCode::invalid_function
                                       : result && (*result)[0].i32() == step + f;
        if (!right) ++wrong;
      }
    };
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) threads.emplace_back(work, t);
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
  }
}

}  // namespace
}  // namespace mini_wasm
