// Atomic accesses and 128-bit arithmetic: each opcode is compared with a simple model; the limits of each kind of
// memory; operands from all places. Tests with threads are in runtime/memory/shared_memory_test.cc.
#include "core/atomic.h"
#include "core/numeric.h"
#include "interp/interp_test.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

Config with_proposals(Config config) {
  for (const char* name : {"threads", "wide-arithmetic", "custom-page-sizes"}) {
    EXPECT_TRUE(config.feature(name, true));
  }
  return config;
}

class Proposals : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  Guest guest{with_proposals(GetParam().config())};
};
MW_IN_EVERY_CONFIGURATION(Proposals);

const auto kOutOfBounds = Traps(TrapCode::out_of_bounds_memory_access);
const auto kUnaligned = Traps(TrapCode::unaligned_atomic);

bool is_access(const OpInfo& info) {
  return info.cls == OpClass::atomic_load || info.cls == OpClass::atomic_store || info.cls == OpClass::atomic_rmw ||
         info.cls == OpClass::atomic_cmpxchg;
}

Val value_of(SigType type, uint64_t bits) {
  return type == SigType::i64 ? i64(static_cast<int64_t>(bits)) : i32(static_cast<int32_t>(bits));
}

// (func (export NAME) (param address operands...) (result ...) (NAME operands...))
std::string wrapper(const OpInfo& info, std::string_view address, std::string_view immediates = "") {
  const auto name = [](SigType type) { return std::string(type == SigType::i64 ? "i64" : "i32"); };
  std::string params(address), operands = "(local.get 0)";
  for (uint32_t i = 1; i < info.param_count; ++i) {
    params += " " + name(info.params[i]);
    operands += " (local.get " + std::to_string(i) + ")";
  }
  const std::string result = info.result_count == 0 ? "" : " (result " + name(info.results[0]) + ")";
  return "(func (export \"" + std::string(info.text) + "\") (param " + params + ")" + result + " (" +
         std::string(info.text) + " " + std::string(immediates) + operands + "))\n";
}

// The value of the 64-bit cell afterwards, and the result.
std::pair<uint64_t, uint64_t> model(const OpInfo& info, uint64_t cell, uint64_t a, uint64_t b) {
  const uint64_t mask = info.access_log2 == 3 ? ~uint64_t{0} : (uint64_t{1} << (8u << info.access_log2)) - 1;
  const uint64_t old = cell & mask;
  uint64_t stored = old;
  const std::string text(info.text);
  if (info.cls == OpClass::atomic_store || text.find("rmw.xchg") != text.npos || text.find(".xchg_u") != text.npos) {
    stored = a;
  } else if (info.cls == OpClass::atomic_cmpxchg) {
    stored = old == (a & mask) ? b : old;
  } else if (text.find("add") != text.npos) {
    stored = old + a;
  } else if (text.find("sub") != text.npos) {
    stored = old - a;
  } else if (text.find("and") != text.npos) {
    stored = old & a;
  } else if (text.find("xor") != text.npos) {
    stored = old ^ a;
  } else if (text.find("or") != text.npos) {
    stored = old | a;
  }
  return {(cell & ~mask) | (stored & mask), old};
}

template <class F>
void for_each_access(F f) {
  for (const OpInfo& info : kOpInfo) {
    if (is_access(info)) f(info);
  }
}

std::string module_of_accesses(std::string_view memory, std::string_view address, std::string_view immediates = "") {
  std::string text = "(module " + std::string(memory) + "\n";
  for_each_access([&](const OpInfo& info) { text += wrapper(info, address, immediates); });
  return text + ")";
}

std::vector<Val> arguments(const OpInfo& info, Val address, uint64_t a, uint64_t b) {
  std::vector<Val> args{address};
  if (info.param_count > 1) args.push_back(value_of(info.params[1], a));
  if (info.param_count > 2) args.push_back(value_of(info.params[2], b));
  return args;
}

TEST_P(Proposals, atomic_accesses_do_what_their_names_say) {
  const struct {
    const char *memory, *address, *immediates;
  } memories[] = {{R"((memory (export "m") 1 1 shared))", "i32", ""},
                  {R"((memory (export "m") 1))", "i32", ""},
                  {R"((memory (export "m") i64 1 1 shared))", "i64", ""},
                  {R"((memory 0) (memory (export "m") 1 1 shared))", "i32", "1 "}};
  for (const auto& memory : memories) {
    const Instance i = guest.load(module_of_accesses(memory.memory, memory.address, memory.immediates));
    uint8_t* const bytes = i.memory("m")->data().data();
    const Val address = memory.address == std::string("i64") ? i64(16) : i32(16);
    for (const uint64_t a : {uint64_t{0x8182838485868788}, uint64_t{0x1211}, uint64_t{0x0102030405061211}}) {
      for_each_access([&](const OpInfo& info) {
        const uint64_t before = 0x0102030405061211, b = 0xf1f2f3f4f5f6f7f8;
        std::memcpy(bytes + 16, &before, 8);
        const auto [after, old] = model(info, before, a, b);
        const Result<std::vector<Val>> r = i.func(info.text)->call(arguments(info, address, a, b));
        uint64_t now;
        std::memcpy(&now, bytes + 16, 8);
        EXPECT_EQ(now, after) << info.text;
        if (info.result_count == 0) {
          EXPECT_THAT(r, Returns());
        } else {
          EXPECT_THAT(r, Returns(value_of(info.results[0], old))) << info.text;
        }
      });
    }
  }
}

TEST_P(Proposals, atomic_accesses_at_the_edges_of_memory) {
  const Instance i32s = guest.load(module_of_accesses("(memory 1 1 shared)", "i32", "offset=8 "));
  const Instance i64s = guest.load(module_of_accesses("(memory i64 1 1 shared)", "i64", "offset=8 "));
  const Instance far = guest.load(module_of_accesses("(memory 1 1 shared)", "i32", "offset=0xfffffff8 "));
  for_each_access([&](const OpInfo& info) {
    const auto at = [&](const Instance& i, Val address) {
      return i.func(info.text)->call(arguments(info, address, 1, 2));
    };
    const int32_t bytes = 1 << info.access_log2, last = 65536 - 8 - bytes;
    EXPECT_THAT(at(i32s, i32(last)), Succeeds()) << info.text;
    EXPECT_THAT(at(i32s, i32(last + bytes)), kOutOfBounds) << info.text;
    EXPECT_THAT(at(i32s, i32(-8)), kOutOfBounds) << info.text;  // the sum does not wrap
    EXPECT_THAT(at(i64s, i64(last)), Succeeds()) << info.text;
    EXPECT_THAT(at(i64s, i64(last + bytes)), kOutOfBounds) << info.text;
    EXPECT_THAT(at(i64s, i64(-8)), kOutOfBounds) << info.text;
    EXPECT_THAT(at(far, i32(0)), kOutOfBounds) << info.text;
    EXPECT_THAT(at(far, i32(8)), kOutOfBounds) << info.text;  // 2^32
    EXPECT_THAT(at(far, i32(-8)), kOutOfBounds) << info.text;
    if (bytes == 1) return;
    EXPECT_THAT(at(i32s, i32(1)), kUnaligned) << info.text;
    EXPECT_THAT(at(i64s, i64(bytes / 2)), kUnaligned) << info.text;
    EXPECT_THAT(at(i32s, i32(last + 1)), kUnaligned) << info.text;
  });
}

TEST_P(Proposals, alignment_is_that_of_the_effective_address) {
  const Instance i = guest.load(R"((module (memory 1 1 shared)
    (func (export "even") (param i32) (result i32) (i32.atomic.load offset=3 (local.get 0)))))");
  EXPECT_THAT(guest.call(i, "even", {i32(1)}), Returns(i32(0)));
  EXPECT_THAT(guest.call(i, "even", {i32(4)}), kUnaligned);
}

TEST_P(Proposals, atomic_operands_come_from_everywhere) {
  const Instance i = guest.load(R"((module (memory 1 1 shared) (global $g (mut i32) (i32.const 3))
    (func (export "constants") (result i32)
      (i32.atomic.store (i32.const 8) (i32.const 5))
      (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 7)))
      (i32.atomic.rmw.cmpxchg (i32.const 8) (i32.const 12) (i32.const 40)))
    (func (export "computed") (param i32 i32) (result i32)
      (i32.add (i32.mul (local.get 1) (i32.const 100))
        (i32.atomic.rmw.add (i32.shl (local.get 0) (i32.const 2)) (i32.add (local.get 1) (global.get $g)))))
    (func (export "counts") (param $n i32) (result i32)
      (loop $l
        (drop (i32.atomic.rmw.add (i32.const 16) (local.get $n)))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (i32.atomic.load (i32.const 16)))
    (func (export "keeps") (param $x i64) (result i64 i64)
      (local.get $x)
      (i64.atomic.rmw.xchg (i32.const 24) (i64.add (local.get $x) (i64.const 1)))
      (local.set $x (i64.const 0))
      (i64.add (i64.atomic.load (i32.const 24))))
    (func (export "fence") (result i32) (i32.const 1) (atomic.fence) (i32.add (i32.const 1)))))");
  EXPECT_THAT(guest.call(i, "constants"), Returns(i32(12)));
  EXPECT_THAT(guest.call(i, "computed", {i32(2), i32(2)}), Returns(i32(240)));
  EXPECT_THAT(guest.call(i, "computed", {i32(2), i32(2)}), Returns(i32(245)));
  EXPECT_THAT(guest.call(i, "counts", {i32(100)}), Returns(i32(5050)));
  EXPECT_THAT(guest.call(i, "keeps", {i64(41)}), Returns(i64(41), i64(42)));
  EXPECT_THAT(guest.call(i, "fence"), Returns(i32(2)));
}

TEST_P(Proposals, a_fault_of_an_atomic_access_names_its_instruction) {
  const Instance i = guest.load(R"((module (memory 1 1 shared)
    (func (export "f") (param i32) (result i64)
      (drop (i64.atomic.rmw.xor (i32.const 0) (i64.const 1)))
      (i64.atomic.rmw.xor (local.get 0) (i64.const 1)))))");
  const Result<std::vector<Val>> inside = guest.call(i, "f", {i32(1)}), outside = guest.call(i, "f", {i32(65536)});
  EXPECT_THAT(inside, kUnaligned);
  EXPECT_THAT(outside, kOutOfBounds);
  ASSERT_EQ(outside.error().backtrace.size(), 1u);
  EXPECT_EQ(outside.error().backtrace[0].offset, inside.error().backtrace[0].offset);
}

TEST_P(Proposals, wait_and_notify_without_another_thread) {
  const Instance i = guest.load(R"((module (memory 1 1 shared) (memory $unshared 1) (memory $long i64 1 1 shared)
    (func (export "wait32") (param i32 i32 i64) (result i32) (memory.atomic.wait32 offset=4 (local.get 0) (local.get 1) (local.get 2)))
    (func (export "wait64") (param i32 i64 i64) (result i32) (memory.atomic.wait64 (local.get 0) (local.get 1) (local.get 2)))
    (func (export "notify") (param i32 i32) (result i32) (memory.atomic.notify offset=4 (local.get 0) (local.get 1)))
    (func (export "wait_unshared") (param i32) (result i32)
      (memory.atomic.wait32 $unshared (local.get 0) (i32.const 0) (i64.const 0)))
    (func (export "notify_unshared") (param i32) (result i32) (memory.atomic.notify $unshared (local.get 0) (i32.const 1)))
    (func (export "wait_long") (param i64) (result i32)
      (memory.atomic.wait64 $long offset=8 (local.get 0) (i64.const 0) (i64.const 0)))))");
  EXPECT_THAT(guest.call(i, "wait32", {i32(0), i32(1), i64(-1)}), Returns(i32(1)));
  EXPECT_THAT(guest.call(i, "wait32", {i32(0), i32(0), i64(1000)}), Returns(i32(2)));
  EXPECT_THAT(guest.call(i, "wait64", {i32(0), i64(0), i64(0)}), Returns(i32(2)));
  EXPECT_THAT(guest.call(i, "wait64", {i32(0), i64(int64_t{1} << 32), i64(-1)}), Returns(i32(1)));
  EXPECT_THAT(guest.call(i, "wait32", {i32(2), i32(0), i64(0)}), kUnaligned);
  EXPECT_THAT(guest.call(i, "wait64", {i32(4), i64(0), i64(0)}), kUnaligned);
  EXPECT_THAT(guest.call(i, "wait32", {i32(65532), i32(0), i64(0)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "wait32", {i32(-4), i32(0), i64(0)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "notify", {i32(0), i32(-1)}), Returns(i32(0)));
  EXPECT_THAT(guest.call(i, "notify", {i32(1), i32(0)}), kUnaligned);
  EXPECT_THAT(guest.call(i, "notify", {i32(65532), i32(0)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "wait_unshared", {i32(0)}), Traps(TrapCode::expected_shared_memory));
  EXPECT_THAT(guest.call(i, "notify_unshared", {i32(0)}), Returns(i32(0)));
  EXPECT_THAT(guest.call(i, "notify_unshared", {i32(65536)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "wait_long", {i64(0)}), Returns(i32(2)));
  EXPECT_THAT(guest.call(i, "wait_long", {i64(-8)}), kOutOfBounds);  // 2^64
  EXPECT_THAT(guest.call(i, "wait_long", {i64(65536 - 8)}), kOutOfBounds);
}

TEST_P(Proposals, a_shared_memory_grows_in_place_up_to_its_maximum) {
  const Instance i = guest.load(R"((module (memory (export "m") 1 3 shared)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "size") (result i32) (memory.size))
    (func (export "store") (param i32) (i32.atomic.store (local.get 0) (i32.const 1)))))");
  uint8_t* const base = i.memory("m")->data().data();
  EXPECT_THAT(guest.call(i, "store", {i32(65536)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "grow", {i32(2)}), Returns(i32(1)));
  EXPECT_THAT(guest.call(i, "store", {i32(3 * 65536 - 4)}), Succeeds());
  EXPECT_THAT(guest.call(i, "grow", {i32(1)}), Returns(i32(-1)));
  EXPECT_THAT(guest.call(i, "size"), Returns(i32(3)));
  EXPECT_EQ(i.memory("m")->data().data(), base);
}

// --- 128-bit arithmetic ----------------------------------------------------------------------------------------------

TEST_P(Proposals, wide_arithmetic_takes_operands_from_everywhere) {
  const Instance i = guest.load(R"((module
    (func (export "add") (param i64 i64 i64 i64) (result i64 i64)
      (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "sub_into_locals") (param i64 i64 i64 i64) (result i64 i64)
      (i64.sub128 (local.get 0) (local.get 1) (local.get 2) (local.get 3))
      (local.set 1) (local.set 0) (local.get 0) (local.get 1))
    (func (export "swapped") (param i64 i64) (result i64 i64)
      (i64.add128 (local.get 1) (local.get 0) (i64.const -1) (i64.mul (local.get 0) (i64.const 2))))
    (func (export "mul_s") (param i64 i64) (result i64 i64) (i64.mul_wide_s (local.get 0) (local.get 1)))
    (func (export "mul_u") (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (i64.xor (local.get 1) (i64.const 0))))
    (func (export "square_sum") (param $n i64) (result i64 i64) (local $lo i64) (local $hi i64)
      (loop $l
        (i64.add128 (local.get $lo) (local.get $hi) (i64.mul_wide_u (local.get $n) (local.get $n)))
        (local.set $hi) (local.set $lo)
        (br_if $l (i32.eqz (i64.eqz (local.tee $n (i64.sub (local.get $n) (i64.const 1)))))))
      (local.get $lo) (local.get $hi))))");
  EXPECT_THAT(guest.call(i, "add", {i64(-1), i64(1), i64(1), i64(2)}), Returns(i64(0), i64(4)));
  EXPECT_THAT(guest.call(i, "sub_into_locals", {i64(0), i64(0), i64(1), i64(0)}), Returns(i64(-1), i64(-1)));
  EXPECT_THAT(guest.call(i, "swapped", {i64(5), i64(7)}), Returns(i64(6), i64(16)));
  EXPECT_THAT(guest.call(i, "mul_s", {i64(-3), i64(5)}), Returns(i64(-15), i64(-1)));
  EXPECT_THAT(guest.call(i, "mul_u", {i64(-1), i64(-1)}), Returns(i64(1), i64(-2)));
  EXPECT_THAT(guest.call(i, "square_sum", {i64(100)}), Returns(i64(338350), i64(0)));
}

// --- Pages of one byte -----------------------------------------------------------------------------------------------

TEST_P(Proposals, pages_of_one_byte_are_counted_and_checked_by_the_byte) {
  const Instance i = guest.load(R"((module (memory (export "m") 5 9 (pagesize 1)) (data (i32.const 1) "\01\02\03\04")
    (func (export "size") (result i32) (memory.size))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "load_constant") (result i32) (i32.load (i32.const 2)))
    (func (export "load_sum") (param i32) (result i32) (i32.load8_u offset=4 (i32.add (local.get 0) (local.get 0))))
    (func (export "store") (param i32) (i64.store (local.get 0) (i64.const -1)))
    (func (export "vector") (param i32) (result i32) (i32x4.extract_lane 0 (v128.load32_zero (local.get 0))))
    (func (export "atomic") (param i32) (result i32) (i32.atomic.load (local.get 0)))
    (func (export "fill") (param i32 i32) (memory.fill (local.get 0) (i32.const 7) (local.get 1)))
    (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))))");
  EXPECT_EQ(i.memory("m")->size_pages(), 5u);
  EXPECT_EQ(i.memory("m")->data().size(), 5u);
  EXPECT_EQ(i.memory("m")->type().page_size_log2, 0);
  EXPECT_THAT(guest.call(i, "size"), Returns(i32(5)));
  EXPECT_THAT(guest.call(i, "load", {i32(1)}), Returns(i32(0x04030201)));
  for (const int32_t at : {2, 5, 100, -1}) {
    EXPECT_THAT(guest.call(i, "load", {i32(at)}), kOutOfBounds) << at;
    EXPECT_THAT(guest.call(i, "vector", {i32(at)}), kOutOfBounds) << at;
  }
  EXPECT_THAT(guest.call(i, "load_constant"), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "load_sum", {i32(0)}), Returns(i32(4)));
  EXPECT_THAT(guest.call(i, "load_sum", {i32(1)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "atomic", {i32(4)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "store", {i32(0)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "fill", {i32(4), i32(2)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "copy", {i32(2), i32(1), i32(4)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "grow", {i32(3)}), Returns(i32(5)));
  EXPECT_THAT(guest.call(i, "load", {i32(4)}), Returns(i32(4)));  // new memory is zero
  EXPECT_THAT(guest.call(i, "store", {i32(0)}), Succeeds());
  EXPECT_THAT(guest.call(i, "store", {i32(1)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "grow", {i32(2)}), Returns(i32(-1)));
  EXPECT_THAT(guest.call(i, "grow", {i32(-1)}), Returns(i32(-1)));
  EXPECT_THAT(guest.call(i, "grow", {i32(0)}), Returns(i32(8)));
  ASSERT_TRUE(i.memory("m")->grow(1));
  EXPECT_FALSE(i.memory("m")->grow(1));
  EXPECT_THAT(guest.call(i, "size"), Returns(i32(9)));
}

TEST_P(Proposals, a_memory_never_has_more_pages_than_its_size_can_say) {
  const Instance i = guest.load(R"((module (memory 1 (pagesize 1))
    (func (export "size") (result i32) (memory.size))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))))");
  EXPECT_THAT(guest.call(i, "grow", {i32(-1)}), Returns(i32(-1)));  // 2^32 pages in total
  EXPECT_THAT(guest.call(i, "size"), Returns(i32(1)));
  EXPECT_THAT(guest.call(i, "grow", {i32(-2)}), Returns(i32(1)));
  EXPECT_THAT(guest.call(i, "size"), Returns(i32(-1)));
}

TEST_P(Proposals, pages_of_one_byte_match_only_their_like_and_grow_across_os_pages) {
  const Instance i = guest.load(R"((module (memory (export "m") i64 0 (pagesize 1)) (memory (export "wide") 1)
    (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0)))
    (func (export "store") (param i64) (i32.store8 (local.get 0) (i32.const 1)))))");
  guest.linker.instance("a", i);
  EXPECT_THAT(guest.try_load(R"((module (memory (import "a" "m") i64 0 (pagesize 1))))"), Succeeds());
  EXPECT_THAT(guest.try_load(R"((module (memory (import "a" "m") i64 0)))"), Fails(ErrorKind::unlinkable, "memory"));
  EXPECT_THAT(guest.try_load(R"((module (memory (import "a" "wide") 0 (pagesize 1))))"),
              Fails(ErrorKind::unlinkable, "memory"));
  EXPECT_THAT(guest.call(i, "store", {i64(0)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "grow", {i64(4097)}), Returns(i64(0)));
  EXPECT_THAT(guest.call(i, "store", {i64(4096)}), Succeeds());
  EXPECT_THAT(guest.call(i, "store", {i64(4097)}), kOutOfBounds);  // committed, but beyond the size
  EXPECT_THAT(guest.call(i, "grow", {i64(100'000)}), Returns(i64(4097)));
  EXPECT_THAT(guest.call(i, "store", {i64(104'096)}), Succeeds());
  EXPECT_THAT(guest.call(i, "store", {i64(104'097)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "grow", {i64(-1)}), Returns(i64(-1)));
}

}  // namespace
}  // namespace mini_wasm
