// Calls while operands are pending; calls through tables, into other instances and into the host; translation at the
// first call.
#include <chrono>
#include <thread>

#include "interp/interp_test.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

class Calls : public InEveryConfiguration {};
MW_IN_EVERY_CONFIGURATION(Calls);

TEST_P(Calls, operands_of_every_kind_wait_below_a_call) {
  const Instance i = guest.load(R"((module (table funcref (elem $next)) (type $t (func (param i32) (result i32)))
    (func $next (type $t) (local i32 f32 f64)  ;; uses all accumulators and a pinned local
      (local.set 0 (i32.add (local.get 0) (i32.const 1)))  (local.set 1 (i32.const -1))
      (local.set 2 (f32.add (local.get 2) (f32.const 7)))  (local.set 3 (f64.add (local.get 3) (f64.const 7)))
      (i32.mul (local.get 0) (i32.const 1)))
    (func (export "f") (param $a i32) (param $s f32) (result i32 i32 f32 f64 i32 i32)
      i32.const 1000
      local.get $a
      (f32.mul (local.get $s) (f32.const 2))
      (f64.add (f64.promote_f32 (local.get $s)) (f64.const 0.5))
      (i32.mul (local.get $a) (local.get $a))
      (call $next (local.get $a))
      (local.tee $a)
      (drop)
      (call_indirect (type $t) (i32.add (local.get $a) (i32.const 10)) (i32.sub (local.get $a) (local.get $a))))))");
  EXPECT_THAT(guest.call(i, "f", {i32(5), f32(1.5f)}), Returns(i32(1000), i32(5), f32(3), f64(2), i32(25), i32(17)));
}

TEST_P(Calls, as_many_results_as_there_are_frames_for) {
  const Instance i = guest.load(R"((module
    (func $nine (param i32) (result i32 i32 i32 i32 i32 i32 i32 i32 i32)
      local.get 0  i32.const 2  i32.const 3  i32.const 4  i32.const 5  i32.const 6  i32.const 7  i32.const 8  i32.const 9)
    (func (export "f") (param i32) (result i32)
      i32.const 100
      (call $nine (local.get 0))
      i32.sub i32.add i32.add i32.add i32.add i32.add i32.add i32.add i32.add)))");
  EXPECT_THAT(guest.call(i, "f", {i32(1)}), Returns(i32(100 + 1 + 2 + 3 + 4 + 5 + 6 + 7 - 1)));
}

TEST_P(Calls, a_function_that_is_translated_while_it_calls_itself) {
  const Instance i = guest.load(R"((module
    (func $ack (export "ack") (param i32 i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.add (local.get 1) (i32.const 1)))))
      (if (i32.eqz (local.get 1)) (then (return (call $ack (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)))))
      (call $ack (i32.sub (local.get 0) (i32.const 1)) (call $ack (local.get 0) (i32.sub (local.get 1) (i32.const 1)))))
    (func $even (export "even") (param i32) (result i32)
      (if (result i32) (local.get 0) (then (call $odd (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1))))
    (func $odd (param i32) (result i32)
      (if (result i32) (local.get 0) (then (call $even (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0))))))");
  EXPECT_THAT(guest.call(i, "ack", {i32(2), i32(9)}), Returns(i32(21)));
  EXPECT_THAT(guest.call(i, "even", {i32(1001)}), Returns(i32(0)));
}

TEST_P(Calls, each_instance_sees_its_own_memory_and_globals_again_after_a_call_into_another) {
  const Instance a = guest.load(R"((module (memory (export "m") 1) (global $g (mut i32) (i32.const 10))
    (table (export "t") 4 funcref) (elem (i32.const 0) $peek) (type $t (func (param i32) (result i32)))
    (func $peek (export "peek") (type $t) (i32.add (i32.load (local.get 0)) (global.get $g)))
    (func (export "through") (param i32 i32) (result i32)
      (i32.store (i32.const 0) (i32.const 1))
      (i32.mul (local.get 1) (i32.const 1))
      (call_indirect (type $t) (i32.const 0) (local.get 0))
      (i32.load (i32.const 0))  i32.add  i32.add  global.get $g  i32.add)))");
  guest.linker.instance("a", a);
  guest.load(R"((module (import "a" "t" (table 4 funcref)) (import "a" "peek" (func $peek (param i32) (result i32)))
    (memory (export "m") 2) (global $g (mut i32) (i32.const 5000)) (elem (i32.const 1) $own $back $trap)
    (func $own (param i32) (result i32) (local i32)
      (i32.store (i32.const 0) (i32.const 700)) (i32.add (i32.load offset=65536 (i32.const 0)) (global.get $g)))
    (func $back (param i32) (result i32)
      (i32.store (i32.const 0) (i32.const 700))
      (call $peek (i32.const 0))  (i32.load (i32.const 0))  i32.add)
    (func $trap (param i32) (result i32) (i32.load offset=131072 (i32.const 0)))))");
  EXPECT_THAT(guest.call(a, "through", {i32(0), i32(100)}), Returns(i32(100 + (1 + 10) + 1 + 10)));
  EXPECT_THAT(guest.call(a, "through", {i32(1), i32(100)}), Returns(i32(100 + 5000 + 1 + 10)));
  EXPECT_THAT(guest.call(a, "through", {i32(2), i32(100)}), Returns(i32(100 + (1 + 10 + 700) + 1 + 10)));
  const Result<std::vector<Val>> r = guest.call(a, "through", {i32(3), i32(100)});
  ASSERT_THAT(r, Traps(TrapCode::out_of_bounds_memory_access));
  EXPECT_EQ(r.error().backtrace.size(), 2u);
  EXPECT_THAT(guest.call(a, "through", {i32(0), i32(1)}), Returns(i32(1 + 11 + 11)));
}

TEST_P(Calls, the_host_grows_the_memory_calls_back_and_returns_more_than_it_took) {
  std::optional<Instance> instance;
  const FuncType type{{ValType::i32}, {ValType::i32, ValType::i64, ValType::i32}};
  guest.linker.func("h", "grow", type, [&](Caller& caller, uint64_t* slots) -> Result<void> {
    Result<uint64_t> old = caller.memory0()->grow(1);
    if (!old) return std::move(old).error();
    Result<std::vector<Val>> inner = instance->func("leaf")->call({i32(static_cast<int32_t>(slots[0]))});
    if (!inner) return std::move(inner).error();
    slots[0] = *old | uint64_t{0xdead} << 32;  // the upper half of a slot with a 32-bit value is undefined
    slots[1] = (*inner)[0].bits();
    slots[2] = ~uint64_t{0};
    return {};
  });
  instance = guest.load(R"((module (import "h" "grow" (func $grow (param i32) (result i32 i64 i32))) (memory 1)
    (func (export "leaf") (param i32) (result i64) (local i32)
      (local.set 1 (i32.mul (local.get 0) (i32.const 3))) (i64.extend_i32_u (local.get 1)))
    (func (export "f") (param i32) (result i32 i32 i64 i32 i32) (local i32)
      (local.set 1 (i32.add (local.get 0) (i32.const 1)))
      (i32.mul (local.get 1) (local.get 1))
      (call $grow (local.get 1))
      (i32.store offset=65536 (i32.const 0) (local.get 1))
      (i32.load offset=65536 (i32.const 0)))))");
  EXPECT_THAT(guest.call(*instance, "f", {i32(4)}), Returns(i32(25), i32(1), i64(15), i32(-1), i32(5)));
}

TEST_P(Calls, a_start_function_calls_and_traps_like_any_other) {
  EXPECT_THAT(guest.try_load(R"((module (memory 1) (func $f (param i32) (drop (i32.load (local.get 0))))
    (func $start (call $f (i32.const 65533))) (start $start)))"),
              Fails(ErrorKind::trap, "out of bounds memory access"));
  const Instance i = guest.load(R"((module (global (export "g") (mut i32) (i32.const 0))
    (func $start (local i32) (loop (local.set 0 (i32.add (local.get 0) (i32.const 3))) (br_if 0 (i32.lt_s (local.get 0) (i32.const 100))))
      (global.set 0 (local.get 0))) (start $start)))");
  EXPECT_EQ(i.global("g")->get().i32(), 102);
}

TEST_P(Calls, tail_calls_keep_the_stack_flat_whatever_the_callee_takes) {
  const Instance i = guest.load(
      R"((module (table funcref (elem $many $few)) (type $many (func (param i32 i32 i32 i32 i32) (result i32)))
    (type $few (func (param i32) (result i32)))
    (func $few (export "f") (type $few) (local i64 i64 i64 i64 i64 i64 i64)
      (local.set 7 (i64.const 9))
      (if (i32.eqz (local.get 0)) (then (return (i32.const 77))))
      (return_call_indirect (type $many)
        (i32.sub (local.get 0) (i32.const 1)) (i32.const 2) (i32.const 3) (local.get 0) (i32.const 5) (i32.const 0)))
    (func $many (type $many)
      (if (i32.ne (i32.add (local.get 1) (i32.add (local.get 2) (local.get 4))) (i32.const 10)) (then unreachable))
      (return_call $few (local.get 0)))))");
  EXPECT_THAT(guest.call(i, "f", {i32(1'000'000)}), Returns(i32(77)));
}

TEST_P(Calls, an_interrupt_stops_a_recursion_without_loops) {
  const Instance i = guest.load(R"((module
    (func $fib (export "fib") (param i32) (result i32)
      (if (i32.lt_u (local.get 0) (i32.const 2)) (then (return (local.get 0))))
      (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))");
  std::thread interrupter([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    guest.store.interrupt();
  });
  EXPECT_THAT(guest.call(i, "fib", {i32(60)}), Traps(TrapCode::interrupted));
  interrupter.join();
  guest.store.clear_interrupt();
  EXPECT_THAT(guest.call(i, "fib", {i32(10)}), Returns(i32(55)));
}

TEST_P(Calls, a_frame_has_room_for_the_results_of_a_host_function_in_tail_position) {
  const FuncType type{{}, std::vector<ValType>(1000, ValType::i32)};
  guest.linker.func("h", "many", type, [](Caller&, uint64_t* slots) -> Result<void> {
    for (uint32_t k = 0; k < 1000; ++k) slots[k] = k;
    return {};
  });
  const auto module = [](int locals, int pending) {
    std::string results, text = "(module (import \"h\" \"many\" (func $many (result ";
    for (int k = 0; k < 1000; ++k) results += "i32 ";
    text += results + "))) (func (export \"f\") (result " + results + ") (local ";
    for (int k = 0; k < locals; ++k) text += "i32 ";
    text += ")";
    for (int k = 0; k < pending; ++k) text += "i32.const 1 ";
    return text + "return_call $many))";
  };
  const Instance i = guest.load(module(48'000, 16'000));
  const Result<std::vector<Val>> results = guest.call(i, "f");
  ASSERT_THAT(results, Succeeds());
  for (int32_t k = 0; k < 1000; ++k) EXPECT_EQ((*results)[static_cast<size_t>(k)].i32(), k);
  EXPECT_THAT(Module::validate(guest.engine, wat(module(50'000, 15'270))),
              Fails(ErrorKind::limit, "too large a frame"));
}

TEST(Tables, copies_between_tables_whose_numbers_need_more_than_sixteen_bits) {
  StoreLimits limits;
  limits.tables = 100'000;
  Guest guest(limits);
  std::string text = "(module (type $t (func (result i32)))";
  for (int k = 0; k < 65'538; ++k) text += "(table 1 funcref)";
  text +=
      "(elem (table 65537) (i32.const 0) func $f) (elem (table 1) (i32.const 0) func $g)"
      "(func $f (result i32) (i32.const 42)) (func $g (result i32) (i32.const 1))"
      "(func (export \"copy\") (table.copy 0 65537 (i32.const 0) (i32.const 0) (i32.const 1)))"
      "(func (export \"call\") (result i32) (call_indirect 0 (type $t) (i32.const 0))))";
  const Instance i = guest.load(text);
  EXPECT_THAT(guest.call(i, "copy"), Returns());
  EXPECT_THAT(guest.call(i, "call"), Returns(i32(42)));
}

}  // namespace
}  // namespace mini_wasm
