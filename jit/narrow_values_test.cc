// CVE-2026-34987 and its kind: a 32-bit value is 32 bits wide, whatever the register or slot that holds it held before.
// Every way in which an i32 comes into being, from a 64-bit value with rubbish above, is combined with every way in
// which the upper half of a register could matter: as an address, an index, a condition, a longer integer. On every
// tier; and where nearly all values are spilled to slots that have rubbish above 32-bit values.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <tuple>

#include "jit/code_settings.h"
#include "runtime/test_settings.h"
#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

constexpr uint64_t kRubbish = 0xdeadbeef00000000;
constexpr uint32_t kNowhere = 0xffffffff;

// An i32, made from the i64 in the local $d, of which v is the lower half. In the text, W stands for v itself.
struct Source {
  const char* text;
  uint32_t (*value)(uint32_t v);
};

constexpr Source kSources[] = {
    // Conversions of 64-bit results
    {"W", [](uint32_t v) { return v; }},
    {"(i32.wrap_i64 (i64.add (local.get $d) (i64.const 0x100000001)))", [](uint32_t v) { return v + 1; }},
    {"(i32.wrap_i64 (i64.sub (i64.const 0) (local.get $d)))", [](uint32_t v) { return 0 - v; }},
    {"(i32.wrap_i64 (i64.mul (local.get $d) (i64.const 3)))", [](uint32_t v) { return v * 3; }},
    {"(i32.wrap_i64 (i64.shl (local.get $d) (i64.const 1)))", [](uint32_t v) { return v << 1; }},
    {"(i32.wrap_i64 (i64.xor (local.get $d) (i64.const -1)))", [](uint32_t v) { return ~v; }},
    {"(i32.wrap_i64 (i64.extend32_s (local.get $d)))", [](uint32_t v) { return v; }},
    {"(i32.wrap_i64 (i64.load (i32.const 128)))", [](uint32_t) -> uint32_t { return 8; }},
    {"(i32.wrap_i64 (i64x2.extract_lane 1 (i64x2.splat (local.get $d))))", [](uint32_t v) { return v; }},
    {"(i32.wrap_i64 (i64.reinterpret_f64 (f64.reinterpret_i64 (local.get $d))))", [](uint32_t v) { return v; }},
    {"(i32x4.extract_lane 2 (i64x2.splat (local.get $d)))", [](uint32_t v) { return v; }},
    {"(i8x16.extract_lane_s 0 (i64x2.splat (local.get $d)))",
     [](uint32_t v) { return static_cast<uint32_t>(static_cast<int8_t>(v)); }},
    {"(i8x16.bitmask (i64x2.splat (local.get $d)))",
     [](uint32_t v) -> uint32_t { return v >> 31 != 0 ? 0xf8f8 : 0xf0f0; }},
    // Arithmetic that leaves its 32 bits
    {"(i32.add W (i32.const -1))", [](uint32_t v) { return v - 1; }},
    {"(i32.add W W)", [](uint32_t v) { return v + v; }},
    {"(i32.sub W (i32.const 1))", [](uint32_t v) { return v - 1; }},
    {"(i32.sub (i32.const 0) W)", [](uint32_t v) { return 0 - v; }},
    {"(i32.mul W (i32.const 0x10001))", [](uint32_t v) { return v * 0x10001; }},
    {"(i32.add W (i32.mul W W))", [](uint32_t v) { return v + v * v; }},
    {"(i32.sub W (i32.mul W W))", [](uint32_t v) { return v - v * v; }},
    {"(i32.shl W (i32.const 3))", [](uint32_t v) { return v << 3; }},
    {"(i32.shl W W)", [](uint32_t v) { return v << (v & 31); }},
    {"(i32.add W (i32.shl W (i32.const 4)))", [](uint32_t v) { return v + (v << 4); }},
    {"(i32.sub W (i32.shl W (i32.const 31)))", [](uint32_t v) { return v - (v << 31); }},
    {"(i32.xor W (i32.shl W (i32.const 29)))", [](uint32_t v) { return v ^ v << 29; }},
    {"(i32.shr_s (i32.sub (i32.const 0) W) (i32.const 1))",
     [](uint32_t v) { return static_cast<uint32_t>(static_cast<int32_t>(0 - v) >> 1); }},
    {"(i32.shr_u W (i32.const 32))", [](uint32_t v) { return v; }},
    {"(i32.rotl W (i32.const 29))", [](uint32_t v) { return std::rotl(v, 29); }},
    {"(i32.rotr W W)", [](uint32_t v) { return std::rotr(v, static_cast<int>(v & 31)); }},
    {"(i32.rotl W W)", [](uint32_t v) { return std::rotl(v, static_cast<int>(v & 31)); }},
    {"(i32.xor W (i32.const -1))", [](uint32_t v) { return ~v; }},
    {"(i32.or W (i32.const 0xffff0000))", [](uint32_t v) { return v | 0xffff0000; }},
    {"(i32.and W (i32.const -2))", [](uint32_t v) { return v & 0xfffffffe; }},
    {"(i32.div_s (i32.sub (i32.const 0) W) (i32.const 2))",
     [](uint32_t v) { return static_cast<uint32_t>(static_cast<int32_t>(0 - v) / 2); }},
    {"(i32.div_u W (i32.const 1))", [](uint32_t v) { return v; }},
    {"(i32.rem_s (i32.sub (i32.const 0) W) (i32.const 5))",
     [](uint32_t v) { return static_cast<uint32_t>(static_cast<int32_t>(0 - v) % 5); }},
    {"(i32.extend8_s (i32.sub (i32.const 0) W))",
     [](uint32_t v) { return static_cast<uint32_t>(static_cast<int8_t>(0 - v)); }},
    {"(i32.extend16_s (i32.sub (i32.const 0) W))",
     [](uint32_t v) { return static_cast<uint32_t>(static_cast<int16_t>(0 - v)); }},
    {"(i32.clz W)", [](uint32_t v) { return static_cast<uint32_t>(std::countl_zero(v)); }},
    {"(i32.ctz W)", [](uint32_t v) { return static_cast<uint32_t>(std::countr_zero(v)); }},
    {"(i32.popcnt W)", [](uint32_t v) { return static_cast<uint32_t>(std::popcount(v)); }},
    {"(i32.eqz W)", [](uint32_t v) { return uint32_t{v == 0}; }},
    {"(i32.lt_u W (i32.const 8))", [](uint32_t v) { return uint32_t{v < 8}; }},
    {"(i64.eqz (i64.and (local.get $d) (i64.const 0xffffffff)))", [](uint32_t v) { return uint32_t{v == 0}; }},
    {"(i32.reinterpret_f32 (f32.reinterpret_i32 W))", [](uint32_t v) { return v; }},
    {"(i32.trunc_sat_f64_s (f64.const -3e9))", [](uint32_t) -> uint32_t { return 0x80000000; }},
    {"(i32.trunc_f64_s (f64.neg (f64.convert_i32_s (i32.and W (i32.const 15)))))",
     [](uint32_t v) { return 0 - (v & 15); }},
    {"(i32.trunc_f64_u (f64.convert_i32_u W))", [](uint32_t v) { return v; }},
    {"(i32.trunc_sat_f32_u (f32.const 1e20))", [](uint32_t) { return kNowhere; }},
    // Control
    {"(select W (i32.const -1) (i32.and W (i32.const 1)))", [](uint32_t v) { return (v & 1) != 0 ? v : kNowhere; }},
    {"(select (i32.const -1) W (i32.and W (i32.const 1)))", [](uint32_t v) { return (v & 1) != 0 ? kNowhere : v; }},
    {"(if (result i32) (i32.and W (i32.const 1)) (then (i32.sub (i32.const 0) W)) (else W))",
     [](uint32_t v) { return (v & 1) != 0 ? 0 - v : v; }},
    {"(block $b (result i32) (drop (br_if $b W (i32.and W (i32.const 1)))) (i32.xor W (i32.const -1)))",
     [](uint32_t v) { return (v & 1) != 0 ? v : ~v; }},
    {"(block $b (result i32) (br_table $b $b W (i32.const 0)))", [](uint32_t v) { return v; }},
    {"(block (result i32) W (loop (param i32) (result i32) (i32.const 1) (i32.sub)))",
     [](uint32_t v) { return v - 1; }},
    {"(block $c (result i32) (try_table (catch $e $c) (throw $e W)) (unreachable))", [](uint32_t v) { return v; }},
    // Locals, in registers and in slots
    {"(block (result i32) (local.set $i W) (local.get $i))", [](uint32_t v) { return v; }},
    {"(local.tee $i (i32.sub W (i32.const 1)))", [](uint32_t v) { return v - 1; }},
    {"(block (result i32) (local.set $i W) (drop (call $wrap (local.get $d))) (local.get $i))",
     [](uint32_t v) { return v; }},
    {R"((block (result i32) (local.set $i W) (local.set $n (i32.const 3))
        (loop $l (local.set $i (i32.sub (local.get $i) (i32.const 1)))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $i)))",
     [](uint32_t v) { return v - 3; }},
    {R"((block (result i32) (local.set $n (i32.const 3)) (local.set $i (i32.const 0))
        (loop $l (local.set $i (i32.add (local.get $i) (call $wrap (local.get $d))))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $i)))",
     [](uint32_t v) { return v * 3; }},
    {"(block (result i32) W (drop (call $wrap (local.get $d))))", [](uint32_t v) { return v; }},
    // Calls
    {"(call $wrap (local.get $d))", [](uint32_t v) { return v; }},
    {"(call $pass W)", [](uint32_t v) { return v; }},
    {"(call $tail (local.get $d))", [](uint32_t v) { return v; }},
    {"(call $last (local.get $d) (local.get $d) (local.get $d) (local.get $d) (local.get $d) (local.get $d)\n"
     " (local.get $d) (local.get $d) (local.get $d) W)",
     [](uint32_t v) { return v; }},
    {"(block (result i32) (call $two (local.get $d)) (local.set $i) (drop) (local.get $i))",
     [](uint32_t v) { return v; }},
    {"(call_indirect $t (param i64) (result i32) (local.get $d) (i32.const 3))", [](uint32_t v) { return v; }},
    {"(call_ref $from_long (local.get $d) (ref.func $wrap))", [](uint32_t v) { return v; }},
    {"(call $typed_host W)", [](uint32_t v) { return v; }},
    {"(call $raw_host (local.get $d))", [](uint32_t v) { return v; }},
    // Globals, memories, tables, objects
    {"(block (result i32) (global.set $g W) (global.get $g))", [](uint32_t v) { return v; }},
    {"(table.grow $t (ref.null func) (i32.const -1))", [](uint32_t) { return kNowhere; }},
    {"(memory.grow (i32.const 0x10000))", [](uint32_t) { return kNowhere; }},
    {"(table.size $t)", [](uint32_t) -> uint32_t { return 16; }},
    {"(memory.size)", [](uint32_t) -> uint32_t { return 1; }},
    {"(i32.load (i32.const 128))", [](uint32_t) -> uint32_t { return 8; }},
    {"(i32.load8_s (i32.const 132))", [](uint32_t) -> uint32_t { return 0xffffffef; }},
    {"(i32.load16_s (i32.const 134))", [](uint32_t) -> uint32_t { return 0xffffdead; }},
    {"(i32.atomic.load (i32.const 128))", [](uint32_t) -> uint32_t { return 8; }},
    {"(i32.atomic.rmw.add (i32.const 132) (i32.const 0))", [](uint32_t) -> uint32_t { return 0xdeadbeef; }},
    {"(i32.atomic.rmw8.xchg_u (i32.const 132) (i32.const 0xef))", [](uint32_t) -> uint32_t { return 0xef; }},
    {"(i32.atomic.rmw.cmpxchg (i32.const 132) W W)", [](uint32_t) -> uint32_t { return 0xdeadbeef; }},
    {"(array.get_s $bytes (array.new $bytes (i32.const -8) (i32.const 2)) (i32.const 1))",
     [](uint32_t) -> uint32_t { return 0xfffffff8; }},
    {"(struct.get $s 0 (struct.new $s W))", [](uint32_t v) { return v; }},
    {"(array.len (array.new_default $longs (i32.and W (i32.const 15))))", [](uint32_t v) { return v & 15; }},
    {"(i31.get_s (ref.i31 W))", [](uint32_t v) { return static_cast<uint32_t>(static_cast<int32_t>(v << 1) >> 1); }},
    {"(i31.get_u (ref.i31 W))", [](uint32_t v) { return v << 1 >> 1; }},
    {"(ref.is_null (ref.null any))", [](uint32_t) -> uint32_t { return 1; }},
};

constexpr std::string_view kDefinitions = R"(
  (import "h" "typed" (func $typed_host (param i32) (result i32)))
  (import "h" "raw" (func $raw_host (param i64) (result i32)))
  (type $from_long (func (param i64) (result i32))) (type $number (func (result i32)))
  (type $bytes (array (mut i8))) (type $longs (array (mut i64))) (type $s (struct (field (mut i32))))
  (memory $m (export "m") 1 1) (memory $n (export "n") 1 1) (memory $w (export "w") i64 1 1) (memory $c 1 1)
  (data (i32.const 128) "\08\00\00\00\ef\be\ad\de")
  (table $t 16 16 funcref) (elem (table $t) (i32.const 0) func $zero) (elem (table $t) (i32.const 3) func $wrap)
  (elem (table $t) (i32.const 8) func $eight) (elem declare func $wrap)
  (tag $e (param i32)) (global $g (mut i32) (i32.const 0))
  (func $zero (type $number) (i32.const 0)) (func $eight (type $number) (i32.const 8))
  (func $wrap (type $from_long) (i32.wrap_i64 (local.get 0)))
  (func $pass (param i32) (result i32) (local.get 0))
  (func $pass_long (param i64) (result i64) (local.get 0))
  (func $tail (param i64) (result i32) (return_call $wrap (local.get 0)))
  (func $two (param i64) (result i64 i32) (i64.const -1) (i32.wrap_i64 (local.get 0)))
  (func $last (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i32) (result i32) (local.get 9))
)";

// What a function of $d returns, an i64, that does something with the i32; in the text, S stands for the latter.
enum class Returned : uint8_t {
  value,     // the i32, zero-extended
  truth,     // whether it is not 0
  byte,      // what a memory has at this address (byte_at)
  of_three,  // the i32, or 3 if that is less
  number,    // what a function says that is in a table: 0 or 8; other places trap
  zero,      // 0 if the i32 is below `bound`; otherwise it traps
};
struct Use {
  const char* text;
  Returned returned;
  uint32_t number = 0;  // byte: the static offset; zero: the bound
};

constexpr uint32_t kPage = 65536;

constexpr Use kUses[] = {
    // Longer integers, and floating point
    {"(i64.extend_i32_u S)", Returned::value},
    {"(i64.trunc_f64_u (f64.convert_i32_u S))", Returned::value},
    {"(i64.and (i64.extend_i32_u S) (i64.const -1))", Returned::value},
    {"(i64.add (i64.extend_i32_u S) (i64.const 0))", Returned::value},
    {"(i64.or (i64.const 0) (i64.extend_i32_u (local.tee $i S)))", Returned::value},
    {"(block (result i64) (i64.store (i32.const 512) (i64.extend_i32_u S)) (i64.load (i32.const 512)))",
     Returned::value},
    {"(call $pass_long (i64.extend_i32_u S))", Returned::value},
    {"(i64x2.extract_lane 1 (i64x2.splat (i64.extend_i32_u S)))", Returned::value},
    // Conditions
    {"(i64.extend_i32_u (if (result i32) S (then (i32.const 1)) (else (i32.const 0))))", Returned::truth},
    {"(i64.extend_i32_u (i32.eqz (i32.eqz S)))", Returned::truth},
    {"(select (i64.const 1) (i64.const 0) S)", Returned::truth},
    {"(block $b (result i64) (drop (br_if $b (i64.const 1) S)) (i64.const 0))", Returned::truth},
    {"(block $b (result i64) (drop (br_if $b (i64.const 0) (i32.eqz S))) (i64.const 1))", Returned::truth},
    {"(i64.extend_i32_u (i32.ne S (i32.const 0)))", Returned::truth},
    {"(i64.extend_i32_u (i32.gt_u S (i32.const 0)))", Returned::truth},
    {"(i64.extend_i32_u (i64.ne (i64.extend_i32_u S) (i64.const 0)))", Returned::truth},
    // Addresses
    {"(i64.load8_u S)", Returned::byte},
    {"(i64.load8_u offset=5 S)", Returned::byte, 5},
    {"(i64.load8_u offset=4097 S)", Returned::byte, 4097},
    {"(i64.load8_u offset=0xfff0 S)", Returned::byte, 0xfff0},
    {"(i64.load8_u offset=0xfffffff8 S)", Returned::byte, 0xfffffff8},
    {"(i64.load8_u $n S)", Returned::byte},
    {"(i64.load8_u $n offset=5 S)", Returned::byte, 5},
    {"(i64.load8_u $n offset=0xfffffff8 S)", Returned::byte, 0xfffffff8},
    {"(i64.load8_u $w (i64.extend_i32_u S))", Returned::byte},
    {"(i64.extend_i32_u (i8x16.extract_lane_u 9 (v128.load8_splat offset=2 S)))", Returned::byte, 2},
    {"(i64.extend_i32_u (i8x16.extract_lane_u 3 (v128.load8_lane 3 S (v128.const i64x2 0 0))))", Returned::byte},
    {"(i64.atomic.load8_u S)", Returned::byte},
    {"(i64.atomic.rmw8.or_u offset=3 S (i64.const 0))", Returned::byte, 3},
    {"(i64.atomic.rmw8.cmpxchg_u S (i64.const 0) (i64.const 0))", Returned::byte},
    {"(block (result i64) (local.set $i S) (i64.store8 (local.get $i) (i64.load8_u (local.get $i)))\n"
     "  (i64.load8_u offset=1 (local.get $i)))",
     Returned::byte, 1},
    {"(block (result i64) (memory.fill S (i32.const 0) (i32.const 0)) (i64.const 0))", Returned::zero, kPage + 1},
    {"(block (result i64) (memory.copy $c $m (i32.const 0) S (i32.const 0)) (i64.const 0))", Returned::zero, kPage + 1},
    {"(block (result i64) (memory.copy $c $m (i32.const 0) (i32.const 0) S) (i64.const 0))", Returned::zero, kPage + 1},
    // Indices
    {"(block (result i64) (drop (table.get $t S)) (i64.const 0))", Returned::zero, 16},
    {"(block (result i64) (local.set $i S) (table.set $t (local.get $i) (table.get $t (local.get $i))) (i64.const 0))",
     Returned::zero, 16},
    {"(block (result i64) (table.fill $t S (ref.null func) (i32.const 0)) (i64.const 0))", Returned::zero, 17},
    {"(array.get $longs (array.new_default $longs (i32.const 16)) S)", Returned::zero, 16},
    {"(i64.extend_i32_u (array.get_u $bytes (array.new_default $bytes (i32.const 16)) S))", Returned::zero, 16},
    {"(i64.extend_i32_u (call_indirect $t (type $number) S))", Returned::number},
    {R"((block $d (result i64) (block $c (result i64) (block $b (result i64) (block $a (result i64)
       (br_table $a $b $c $d (i64.const 3) S)) (drop) (br $d (i64.const 0)))
       (drop) (br $d (i64.const 1))) (drop) (br $d (i64.const 2))))",
     Returned::of_three},
};

// --- The combinations

struct Form {
  const char* name;
  bool few_registers, poison_slots;
  friend void PrintTo(const Form& form, std::ostream* out) { *out << form.name; }
};
constexpr Form kForms[] = {{"plain", false, false}, {"spilled", true, true}};

class NarrowValues : public ::testing::TestWithParam<std::tuple<spec::TierCase, Form>> {
 protected:
  NarrowValues() {
    const auto& [tier, form] = GetParam();
    runtime::test_settings.poison_slots = form.poison_slots;
    jit::test_settings.few_registers = form.few_registers;
    guest_.emplace(tier.config());
    guest_->linker.func("h", "typed", [](int32_t x) { return x; });
    const FuncType type{{ValType::i64}, {ValType::i32}};
    // The upper half of a slot with an i32 is undefined.
    guest_->linker.func("h", "raw", type, [](Caller&, uint64_t*) -> Result<void> { return {}; });
  }
  ~NarrowValues() override {
    runtime::test_settings.poison_slots = false;
    jit::test_settings.few_registers = false;
  }
  std::optional<Guest> guest_;
};

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

std::string module_of(const Source& source) {
  std::string text = "(module " + std::string(kDefinitions);
  for (const Use& use : kUses) {
    text += "\n(func (export \"" + std::to_string(&use - kUses) + "\") (param $d i64) (result i64) (local $i i32) " +
            "(local $n i32) " + replaced(use.text, "S", replaced(source.text, "W", "(i32.wrap_i64 (local.get $d))")) +
            ")";
  }
  return text + ")";
}

// What the memories have everywhere, but where a source or a use needs something else.
constexpr uint8_t kByte = 0x5b;

// Empty: it traps.
std::optional<int64_t> expected(const Use& use, uint32_t value) {
  const uint64_t at = uint64_t{value} + use.number;
  switch (use.returned) {
    case Returned::value: return value;
    case Returned::truth: return value != 0;
    case Returned::byte: return at < kPage ? std::optional<int64_t>(kByte) : std::nullopt;
    case Returned::of_three: return std::min(value, uint32_t{3});
    case Returned::number: return value == 0 || value == 8 ? std::optional<int64_t>(value) : std::nullopt;
    default: return value < use.number ? std::optional<int64_t>(0) : std::nullopt;
  }
}

// The bytes of the first memory that the sources and the uses read.
constexpr bool is_special(uint64_t at) { return (at >= 128 && at < 136) || (at >= 512 && at < 520); }

TEST_P(NarrowValues, are_32_bits_wide) {
  for (const Source& source : kSources) {
    const Instance instance = guest_->load(module_of(source));
    for (const char* name : {"m", "n", "w"}) {
      const std::span<uint8_t> bytes = instance.memory(name)->data();
      for (size_t i = 0; i < bytes.size(); ++i) {
        if (!is_special(i)) bytes[i] = kByte;
      }
    }
    for (const Use& use : kUses) {
      const std::string name = std::to_string(&use - kUses);
      for (const uint32_t v : {0u, 8u, 0x80000001u}) {
        const uint32_t value = source.value(v);
        if (use.returned == Returned::byte && is_special(uint64_t{value} + use.number)) continue;
        const auto result = guest_->call(instance, name, {i64(static_cast<int64_t>(kRubbish | v))});
        const std::optional<int64_t> wanted = expected(use, value);
        if (wanted) {
          EXPECT_THAT(result, Returns(i64(*wanted))) << source.text << " in " << use.text << ", " << v;
        } else {
          EXPECT_TRUE(!result && result.error().kind == ErrorKind::trap)
              << source.text << " in " << use.text << ", " << v << ": " << ::testing::PrintToString(result);
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(tiers, NarrowValues,
                         ::testing::Combine(::testing::ValuesIn(spec::kTiers), ::testing::ValuesIn(kForms)),
                         [](const auto& test) {
                           std::string name(std::get<0>(test.param).name);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name + "_" + std::get<1>(test.param).name;
                         });

}  // namespace
}  // namespace mini_wasm
