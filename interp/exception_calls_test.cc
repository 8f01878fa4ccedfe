// Every form of call, of every kind of function, inside every form of handler. The exception of the callee must be
// caught where the module says, independent of where a tier has placed the code of the call.
#include <string>

#include "interp/interp_test.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

Config with_legacy(Config config) {
  (void)config.feature("legacy-exceptions", true);
  return config;
}

class ExceptionCalls : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  ExceptionCalls() {
    guest.linker.instance("s", guest.load(R"((module (tag $t (export "t") (param i32)) (tag (export "other"))
      (func (export "throw") (param i32) (throw $t (local.get 0)))
      (func (export "return") (param i32))))"));
    // A host function whose nested guest throws.
    guest.linker.func("h", "pass", [this](int32_t n) -> Result<void> {
      const Result<std::vector<Val>> r = guest.linker.get("s", "throw")->func()->call({Val::i32(n)});
      return r ? Result<void>() : Result<void>(Error(r.error()));
    });
  }
  Guest guest{with_legacy(GetParam().config())};
};
MW_IN_EVERY_CONFIGURATION(ExceptionCalls);

// Functions that throw: of another instance, of the host, of this instance; and functions that end with a tail call of
// one of them.
constexpr const char* kThrowers[] = {"$far", "$host", "$own", "$tail", "$tail_indirect", "$tail_ref", "$through"};

std::vector<std::string> calls_of(size_t thrower, const std::string& argument) {
  const std::string name = kThrowers[thrower];
  return {"(call " + name + " " + argument + ")",
          "(call_indirect (type $f) " + argument + " (i32.const " + std::to_string(thrower) + "))",
          "(call_ref $f " + argument + " (ref.func " + name + "))"};
}

// Replaces every % by the call.
std::string with_call(std::string_view text, const std::string& call) {
  std::string result;
  for (const char c : text) {
    if (c == '%')
      result += call;
    else
      result += c;
  }
  return result;
}

std::string module_with(const std::string& body) {
  return R"((module (type $f (func (param i32)))
    (import "s" "throw" (func $far (type $f))) (import "s" "return" (func $quiet (type $f)))
    (import "h" "pass" (func $host (type $f)))
    (import "s" "t" (tag $t (param i32))) (import "s" "other" (tag $other))
    (table 8 funcref) (elem (i32.const 0) $far $host $own $tail $tail_indirect $tail_ref $through $quiet)
    (func $own (type $f) (throw $t (local.get 0)))
    (func $tail (type $f) (return_call $far (local.get 0)))
    (func $tail_indirect (type $f) (return_call_indirect (type $f) (local.get 0) (i32.const 0)))
    (func $tail_ref (type $f) (return_call_ref $f (local.get 0) (ref.func $host)))
    (func $through (type $f) (call_ref $f (local.get 0) (ref.func $far)))
    (func (export "f") (param i32) (result i32) (local i32) )" +
         body + "))";
}

struct Case {
  const char* name;
  const char* body;  // % is the call; its parameter is the value that is thrown, 42
  int32_t wanted;
};

const Case kCaught[] = {
    {"catch", "(block $h (result i32) (try_table (catch $t $h) %) (i32.const 5))", 42},
    {"catch_ref", "(block $h (result i32 exnref) (try_table (catch_ref $t $h) %) (return (i32.const 5))) (drop)", 42},
    {"catch_all", "(block $h (try_table (catch_all $h) %) (return (i32.const 5))) (i32.const 9)", 9},
    {"catch_all_ref",
     "(block $h (result exnref) (try_table (catch_all_ref $h) %) (return (i32.const 5))) (drop) (i32.const 9)", 9},
    {"thrown again",
     "(block $h (result i32) (try_table (catch $t $h) (block $i (result exnref) (try_table (catch_all_ref $i) %)"
     " (return (i32.const 5))) (throw_ref)) (i32.const 6))",
     42},
    {"the inner one is for another tag",
     "(block $o (result i32) (try_table (catch $t $o) (block $i (try_table (catch $other $i) %)"
     " (return (i32.const 5))) (return (i32.const 6))) (i32.const 7))",
     42},
    {"the inner one first",
     "(block $o (result i32) (try_table (catch $t $o) (block $i (result i32) (try_table (catch $t $i) %)"
     " (i32.const 5)) (return (i32.add (i32.const 1)))) (i32.const 7))",
     43},
    {"the outer one, behind the inner one",
     "(block $o (result i32) (try_table (catch $t $o) (block $i (try_table (catch_all $i) (nop)) %)"
     " (return (i32.const 6))) (i32.const 7))",
     42},
    {"the outer one, before the inner one",
     "(block $o (result i32) (try_table (catch $t $o) % (block $i (try_table (catch_all $i) (nop))))"
     " (i32.const 7))",
     42},
    {"in a handler's code",
     "(block $o (result i32) (try_table (catch $t $o) (block $i (try_table (catch_all $i) (throw $other)))"
     " %) (i32.const 7))",
     42},
    {"the third of three calls",
     "(block $h (result i32) (call_indirect (type $f) (i32.const 0) (i32.const 7))"
     " (try_table (catch $t $h) (call_ref $f (i32.const 0) (ref.func $quiet)) % (call_ref $f (i32.const 0)"
     " (ref.func $quiet))) (i32.const 5))",
     42},
    {"in a loop",
     "(loop $l (local.set 1 (i32.add (local.get 1) (i32.const 1)))"
     " (block $h (result i32) (try_table (catch $t $h) %) (return (i32.const 5)))"
     " (drop) (br_if $l (i32.lt_u (local.get 1) (local.get 0)))) (local.get 1)",
     42},
    {"with values below", "(i32.add (local.get 0) (block $h (result i32) (try_table (catch $t $h) %) (i32.const 5)))",
     84},
    {"try catch", "(try (result i32) (do % (i32.const 5)) (catch $t))", 42},
    {"try catch_all", "(try (result i32) (do % (i32.const 5)) (catch_all (i32.const 9)))", 9},
    {"try, the second clause", "(try (result i32) (do % (i32.const 5)) (catch $other (i32.const 6)) (catch $t))", 42},
    {"delegate", "(try $o (result i32) (do (try (do %) (delegate $o)) (i32.const 5)) (catch $t))", 42},
    {"delegate past a handler",
     "(try $o (result i32) (do (try (do (try (do %) (delegate $o))) (catch_all (return (i32.const 6))))"
     " (i32.const 5)) (catch $t))",
     42},
    {"rethrow", "(try (result i32) (do (try $i (do %) (catch_all (rethrow $i))) (i32.const 5)) (catch $t))", 42},
    {"in a clause",
     "(try (result i32) (do (try (do (throw $other)) (catch $other %) (catch $t (drop) (return (i32.const 6))))"
     " (i32.const 5)) (catch $t))",
     42},
    {"try inside of try_table",
     "(block $h (result i32) (try_table (catch $t $h) (try (do %) (catch $other))) (i32.const 5))", 42},
};

TEST_P(ExceptionCalls, are_caught_where_the_module_says) {
  for (const Case& c : kCaught) {
    for (size_t thrower = 0; thrower < std::size(kThrowers); ++thrower) {
      for (const std::string& call : calls_of(thrower, "(local.get 0)")) {
        const std::string body = with_call(c.body, call);
        SCOPED_TRACE(std::string(c.name) + ": " + body);
        const Instance i = guest.load(module_with(body));
        for (int round = 0; round < 4; ++round) {
          EXPECT_THAT(guest.call(i, "f", {i32(42)}), Returns(i32(c.wanted)));
        }
      }
    }
  }
}

// Calls next to a handler, which must not catch their exceptions.
const Case kUncaught[] = {
    {"before", "% (block $h (try_table (catch_all $h) (nop))) (i32.const 5)", 0},
    {"behind", "(block $h (try_table (catch_all $h) (nop))) % (i32.const 5)", 0},
    {"behind one that leaves", "(block $h (try_table (catch_all $h) (br $h))) % (i32.const 5)", 0},
    {"in the handler's code", "(block $h (try_table (catch_all $h) (throw $other))) % (i32.const 5)", 0},
    {"of another tag", "(block $h (try_table (catch $other $h) %)) (i32.const 5)", 0},
    {"between two",
     "(block $h (try_table (catch_all $h) (nop))) % (block $h (try_table (catch_all $h) (nop))) (i32.const 5)", 0},
    {"in a clause", "(try (do (throw $other)) (catch_all %)) (i32.const 5)", 0},
    {"behind a try", "(try (do (nop)) (catch_all (nop))) % (i32.const 5)", 0},
    {"delegate to the caller", "(try (do (try (do %) (delegate 1))) (catch_all)) (i32.const 5)", 0},
};

TEST_P(ExceptionCalls, beside_a_handler_are_not_caught) {
  for (const Case& c : kUncaught) {
    for (size_t thrower = 0; thrower < std::size(kThrowers); ++thrower) {
      for (const std::string& call : calls_of(thrower, "(local.get 0)")) {
        const std::string body = with_call(c.body, call);
        SCOPED_TRACE(std::string(c.name) + ": " + body);
        const Instance i = guest.load(module_with(body));
        for (int round = 0; round < 4; ++round) {
          EXPECT_THAT(guest.call(i, "f", {i32(42)}), Fails(ErrorKind::exception, "uncaught exception"));
        }
      }
    }
  }
}

// A tail call leaves the frame, so the handlers around it do not catch what its callee throws, also when that belongs to
// the host and has no frame. The handlers of the caller do.
TEST_P(ExceptionCalls, of_tail_calls_are_caught_by_the_caller) {
  for (const char* around : {"(block $h (try_table (catch_all $h) %))",
                             "(block $h (result exnref) (try_table (catch_all_ref $h) %) (unreachable)) (drop)",
                             "(try (do %) (catch_all))"}) {
    for (size_t thrower = 0; thrower < std::size(kThrowers); ++thrower) {
      for (const std::string& call : calls_of(thrower, "(local.get 0)")) {
        const std::string in = ") (func $in (type $f) " + with_call(around, "(return_" + call.substr(1));
        SCOPED_TRACE(in);
        const Instance uncaught = guest.load(module_with("(call $in (local.get 0)) (i32.const 5)" + in));
        const Instance caught = guest.load(module_with(
            "(block $o (result i32) (try_table (catch $t $o) (call $in (local.get 0))) (i32.const 5))" + in));
        for (int round = 0; round < 4; ++round) {
          EXPECT_THAT(guest.call(uncaught, "f", {i32(42)}), Fails(ErrorKind::exception, "uncaught exception"));
          EXPECT_THAT(guest.call(caught, "f", {i32(42)}), Returns(i32(42)));
        }
      }
    }
  }
}

// A call of another instance must return to the same place, with all results and with the values that were in
// registers.
TEST_P(ExceptionCalls, that_return_go_on_behind_the_call) {
  guest.linker.instance("r", guest.load(R"((module
    (func (export "f") (param i32 i64 f32 f64 i32 i32 i32 i32 i32 i32) (result i32)
      (i32.add (local.get 0) (local.get 9)))))"));
  const Instance i = guest.load(R"((module
    (type $t (func (param i32 i64 f32 f64 i32 i32 i32 i32 i32 i32) (result i32)))
    (import "r" "f" (func $far (type $t))) (table 2 funcref) (elem (i32.const 0) $far $near)
    (func $near (type $t) (i32.sub (local.get 0) (local.get 9)))
    (func (export "f") (param $which i32) (param $n i32) (result i32) (local $sum i32)
      (block $h (loop $l
        (try_table (catch_all $h)
          (local.set $sum (i32.add (local.get $sum)
            (call_indirect (type $t) (local.get $n) (i64.const 1) (f32.const 2) (f64.const 3) (i32.const 4)
              (i32.const 5) (i32.const 6) (i32.const 7) (i32.const 8) (i32.const 9) (local.get $which)))))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      (local.get $sum))))");
  EXPECT_THAT(guest.call(i, "f", {i32(0), i32(10)}), Returns(i32(55 + 90)));
  EXPECT_THAT(guest.call(i, "f", {i32(1), i32(10)}), Returns(i32(55 - 90)));
}

}  // namespace
}  // namespace mini_wasm
