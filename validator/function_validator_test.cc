#include "validator/function_validator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "decoder/module_bytes.h"
#include "decoder/module_decoder.h"
#include "spec-tests/support/wat.h"
#include "validator/module_validator.h"

namespace mini_wasm::validator {
namespace {

using ::testing::HasSubstr;

// The facts of the first function that the text defines, or its error.
Result<FunctionFacts> validate(std::string_view body, std::string_view rest = "",
                               FeatureSet features = FeatureSet::defaults(),
                               std::unique_ptr<BodyObserver> observer = nullptr) {
  static TypeRegistry types;
  const std::vector<uint8_t> bytes =
      mini_wasm::testing::wat_unchecked("(module " + std::string(rest) + " (func $f " + std::string(body) + "))");
  auto module = decoder::decode_module(std::span(bytes), types, features);
  if (!module) return std::move(module).error();
  if (auto r = validate_module(**module, features); !r) return std::move(r).error();
  return FunctionValidator(**module, features, std::move(observer)).validate(FuncIdx{(*module)->imported_funcs});
}

std::string error_of(std::string_view body, std::string_view rest = "") {
  auto r = validate(body, rest);
  return r ? "valid" : r.error().message;
}

// Writes down all events.
class Recorder final : public BodyObserver {
 public:
  struct Log final : TierFacts {
    std::string text;
  };
  void begin(size_t locals) override { text_ = std::to_string(locals) + " locals"; }
  void read_first(uint32_t local) override { add("first " + std::to_string(local)); }
  void enter_loop() override { add("loop"); }
  void leave_loop() override { add("end"); }
  std::unique_ptr<const TierFacts> finish(const Locals&) override {
    add("finish");
    auto log = std::make_unique<Log>();
    log->text = text_;
    return log;
  }

 private:
  void note_constant(ValType type, uint64_t, uint8_t) override { add(to_string(type)); }
  void add(const std::string& event) {
    for (const Use& use : uses_) text_ += (use.writes ? ", write " : ", read ") + std::to_string(use.local);
    for (; calls_ != 0; --calls_) text_ += ", call";
    uses_.clear();
    text_ += ", " + event;
  }
  std::string text_;
};

TEST(function_validator, an_observer_hears_of_locals_constants_calls_and_loops_in_code_that_is_reached) {
  const auto r = validate(
      "(param f64) (local i32) (loop (local.set 1 (local.get 1)) (local.set 0 (f64.const 2)) (call $f (f64.const 0))) "
      "(if (local.tee 1 (i32.const 5)) (then (return_call $f (f32.demote_f64 (f64.const 1)) (f64.promote_f32))) ) "
      "unreachable (loop (call $f (local.get 0)))",
      "", FeatureSet::defaults(), std::make_unique<Recorder>());
  ASSERT_TRUE(r) << r.error().to_string();
  EXPECT_EQ(static_cast<const Recorder::Log&>(*r->tier).text,
            "2 locals, loop, first 1, read 1, write 1, f64, write 0, call, end, write 1, f64, finish");
  EXPECT_EQ(validate("nop")->tier, nullptr);
}

// Every local of `body` that is read where it may have its first value, in order.
std::string read_first(const std::string& body) {
  const auto r = validate(body, "", FeatureSet::defaults(), std::make_unique<Recorder>());
  if (!r) return r.error().to_string();
  std::string found;
  const std::string& text = static_cast<const Recorder::Log&>(*r->tier).text;
  for (size_t at = text.find("first "); at != std::string::npos; at = text.find("first ", at + 1))
    found += text[at + 6];
  return found;
}

TEST(function_validator, an_observer_hears_which_locals_keep_their_first_value_until_they_are_read) {
  const std::string locals = "(local i32 i32 i32)";
  const auto set = [](int local) { return "(local.set " + std::to_string(local) + " (i32.const 1))"; };
  const auto get = [](int local) { return "(drop (local.get " + std::to_string(local) + "))"; };
  EXPECT_EQ(read_first(locals + set(0) + get(0) + get(1) + get(1) + set(1)), "1");
  EXPECT_EQ(read_first(locals + "(drop (local.tee 0 (i32.const 1)))" + get(0)), "");
  // What was written in a block may not have been written behind its end; what was written before it was.
  EXPECT_EQ(read_first(locals + "(block (br_if 0 (i32.const 1))" + set(0) + get(0) + ")" + get(0)), "0");
  EXPECT_EQ(read_first(locals + set(0) + "(block (loop " + get(0) + set(1) + get(1) + "))" + get(0)), "");
  // The first iteration of a loop reads before it writes.
  EXPECT_EQ(read_first(locals + "(loop " + get(0) + set(0) + "(br_if 0 (i32.const 0)))"), "0");
  // The branches of `if` are apart, and so are those of `try`.
  EXPECT_EQ(read_first(locals + "(if (i32.const 1) (then " + set(0) + get(0) + ") (else " + set(1) + get(1) + get(0) +
                       "))" + get(2)),
            "02");
  EXPECT_EQ(read_first(locals + "(if (i32.const 1) (then " + set(0) + "))" + get(0)), "0");
  EXPECT_EQ(read_first(locals + "(try_table " + set(0) + ")" + get(0)), "0");
  // A block at the same depth is another block.
  EXPECT_EQ(
      read_first(locals + "(block " + set(0) + ") (block " + get(0) + ") (loop " + set(1) + ") (block " + get(1) + ")"),
      "01");
  EXPECT_EQ(read_first(locals + "(block (br 0 " + set(0) + "))" + get(0)), "0");
}

TEST(function_validator, a_mismatch_says_what_was_expected_and_found_and_where) {
  auto r = validate("(i32.add (i32.const 1) (i64.const 2)) drop");
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().kind, ErrorKind::invalid);
  EXPECT_EQ(r.error().message, "type mismatch: i32.add expected i32, found i64 in function 0 (f)");
  EXPECT_NE(r.error().offset, Error::kNoOffset);
}

// The last byte of the body is missing, both in code that runs and in unreachable code, which no sink sees.
TEST(function_validator, a_body_ends_with_an_end) {
  using decoder::SectionId;
  using Bytes = std::vector<uint8_t>;
  const auto validate_body = [](const Bytes& instructions) {
    TypeRegistry types;
    Bytes code{1, static_cast<uint8_t>(instructions.size() + 1), 0};
    code.insert(code.end(), instructions.begin(), instructions.end());
    decoder::ModuleBytes bytes;
    bytes.section(SectionId::type, {1, 0x60, 0, 0}).section(SectionId::function, {1, 0}).section(SectionId::code, code);
    auto module = decoder::decode_module(std::span<const uint8_t>(bytes.bytes()), types, FeatureSet::defaults());
    if (!module) return module.error().message;
    if (auto r = validate_module(**module, FeatureSet::defaults()); !r) return r.error().message;
    auto r = FunctionValidator(**module, FeatureSet::defaults()).validate(FuncIdx{0});
    return r ? std::string("valid") : r.error().message;
  };
  EXPECT_EQ(validate_body({0x00, 0x94, 0x1a, 0x0b}), "valid");
  const Bytes cut_off[] = {
      {}, {0x01}, {0x41, 0}, {0x00}, {0x00, 0x94}, {0x00, 0x41, 0}, {0x02, 0x40, 0x00, 0x94}, {0x02, 0x40, 0x00, 0x0b}};
  for (const Bytes& body : cut_off) EXPECT_THAT(validate_body(body), HasSubstr("unexpected end"));
}

TEST(function_validator, an_empty_stack_is_named) {
  EXPECT_THAT(error_of("i32.add drop"), HasSubstr("i32.add expected i32, found nothing"));
  EXPECT_THAT(error_of("drop"), HasSubstr("drop expected a value, found nothing"));
}

TEST(function_validator, values_must_not_remain) {
  EXPECT_THAT(error_of("i32.const 1"), HasSubstr("values remain"));
  EXPECT_THAT(error_of("(block i32.const 1)"), HasSubstr("values remain"));
}

TEST(function_validator, dead_code_takes_any_operand_but_checks_those_it_has) {
  EXPECT_EQ(error_of("unreachable i32.add drop"), "valid");
  EXPECT_EQ(error_of("unreachable select drop"), "valid");
  EXPECT_THAT(error_of("unreachable f32.const 0 i32.add drop"), HasSubstr("expected i32, found f32"));
}

TEST(function_validator, br_table_targets_must_take_as_many_values) {
  EXPECT_THAT(error_of("(block (block (result i32) (br_table 0 1 (i32.const 0) (i32.const 1))) drop)"),
              HasSubstr("different numbers"));
}

TEST(function_validator, a_branch_out_of_range_names_its_label) {
  EXPECT_THAT(error_of("(br 7)"), HasSubstr("unknown label 7"));
}

TEST(function_validator, an_if_without_else_must_not_change_the_stack) {
  EXPECT_THAT(error_of("(result i32) (if (result i32) (i32.const 0) (then (i32.const 1)))"),
              HasSubstr("type mismatch"));
}

TEST(function_validator, alignment_is_at_most_natural) {
  EXPECT_THAT(error_of("(drop (i32.load8_u align=2 (i32.const 0)))", "(memory 1)"), HasSubstr("alignment"));
  EXPECT_THAT(error_of("(drop (i32.load (i32.const 0)))"), HasSubstr("unknown memory 0"));
}

TEST(function_validator, immutable_globals_cannot_be_set) {
  EXPECT_THAT(error_of("(global.set 0 (i32.const 0))", "(global i32 (i32.const 0))"), HasSubstr("immutable"));
}

TEST(function_validator, select_of_references_needs_a_type) {
  EXPECT_THAT(error_of("(drop (select (ref.null func) (ref.null func) (i32.const 0)))"), HasSubstr("type mismatch"));
}

TEST(function_validator, facts_count_slots_and_height) {
  auto r =
      validate("(param i32 i64) (local f32 f64) (drop (i32.add (i32.const 1) (i32.add (i32.const 2) (i32.const 3))))");
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->local_slots, 4u);
  EXPECT_EQ(r->max_operand_slots, 3u);
  EXPECT_FALSE(r->has_calls);
}

TEST(function_validator, the_hot_local_is_an_integer_that_is_written) {
  auto r = validate(R"((param $base i32) (local $i i32) (local $x f64)
    (loop (local.set $i (i32.add (local.get $i) (local.get $base)))
          (local.set $x (f64.add (local.get $x) (local.get $x)))
          (br_if 0 (i32.lt_s (local.get $base) (local.get $base)))))");
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->hot_local, 1);
  EXPECT_TRUE(r->has_loops);
}

TEST(function_validator, atomic_accesses_are_naturally_aligned) {
  FeatureSet features = FeatureSet::defaults();
  features.set(Feature::threads);
  const auto error = [&](std::string_view body, std::string_view memory = "(memory 1 1 shared)") {
    auto r = validate(body, memory, features);
    return r ? "valid" : r.error().message;
  };
  EXPECT_EQ(error("(drop (i32.atomic.load (i32.const 0)))"), "valid");
  EXPECT_EQ(error("(drop (i64.atomic.rmw16.add_u align=2 (i32.const 0) (i64.const 0)))"), "valid");
  EXPECT_EQ(error("(drop (memory.atomic.wait64 (i64.const 0) (i64.const 0) (i64.const 0)))", "(memory i64 1)"),
            "valid");
  EXPECT_EQ(error("(unreachable) (i64.atomic.rmw.cmpxchg) (drop) (atomic.fence)"), "valid");
  for (const char* body :
       {"(drop (i32.atomic.load align=2 (i32.const 0)))", "(i64.atomic.store32 align=1 (i32.const 0) (i64.const 0))",
        "(drop (memory.atomic.notify align=1 (i32.const 0) (i32.const 0)))"}) {
    EXPECT_THAT(error(body), HasSubstr("atomic alignment must be natural")) << body;
  }
  EXPECT_THAT(error("(drop (i32.atomic.load align=8 (i32.const 0)))"), HasSubstr("alignment must"));
  EXPECT_THAT(error("(drop (i32.atomic.rmw.add (i32.const 0) (i64.const 0)))"), HasSubstr("type mismatch"));
  EXPECT_THAT(error("(drop (i32.atomic.load (i64.const 0)))"), HasSubstr("type mismatch"));
  EXPECT_THAT(error("(drop (i32.atomic.load (i32.const 0)))", ""), HasSubstr("unknown memory 0"));
  EXPECT_EQ(error("atomic.fence", ""), "valid");
}

TEST(function_validator, wide_arithmetic_has_two_results) {
  FeatureSet features = FeatureSet::defaults();
  features.set(Feature::wide_arithmetic);
  const char* add = "(param i64) (result i64 i64) (i64.add128 (local.get 0) (local.get 0) (local.get 0) (local.get 0))";
  EXPECT_TRUE(validate(add, "", features));
  EXPECT_FALSE(validate(add));
  EXPECT_FALSE(validate("(result i64) (i64.mul_wide_u (i64.const 1) (i64.const 2))", "", features));
  EXPECT_FALSE(validate("(result i64 i64) (i64.mul_wide_s (i64.const 1) (i32.const 2))", "", features));
}

}  // namespace
}  // namespace mini_wasm::validator
