// The embedder's checked access to a guest's memory: nothing beyond it is read or written, whatever a guest asks for.
#include <gtest/gtest.h>

#include <cstring>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;
using ::testing::ElementsAre;

constexpr uint64_t kPage = 65536;
constexpr uint64_t kHuge = ~uint64_t{0};
constexpr TrapCode kBeyond = TrapCode::out_of_bounds_memory_access;

struct Pair {
  uint16_t a;
  int32_t b;
};

class MemoryAccess : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  Guest guest_{GetParam().config()};
};
INSTANTIATE_TEST_SUITE_P(tiers, MemoryAccess, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

TEST_P(MemoryAccess, bytes_numbers_and_texts_both_ways) {
  const Instance i = guest_.load(R"((module (memory (export "m") 1) (data (i32.const 8) "Grace\00Ada")
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))))");
  const Memory memory = *i.memory("m");
  EXPECT_EQ(*memory.string(8, 5), "Grace");
  EXPECT_EQ(*memory.c_string(8), "Grace");
  EXPECT_EQ(*memory.c_string(14), "Ada");
  EXPECT_EQ(*memory.string(8, 0), "");
  std::array<uint8_t, 3> bytes;
  ASSERT_THAT(memory.read(14, bytes), Succeeds());
  EXPECT_THAT(bytes, ElementsAre('A', 'd', 'a'));
  ASSERT_THAT(memory.write(101, uint32_t{0x01020304}), Succeeds());
  EXPECT_THAT(guest_.call(i, "load", {i32(101)}), Returns(i32(0x01020304)));
  EXPECT_EQ(*memory.read<uint16_t>(103), 0x0102);
  ASSERT_THAT(memory.write(200, Pair{1, -2}), Succeeds());
  EXPECT_EQ(memory.read<Pair>(200)->b, -2);
  ASSERT_THAT(memory.write(300, "text"), Succeeds());
  ASSERT_THAT(memory.write(304, std::vector<uint8_t>{'!', 0}), Succeeds());
  EXPECT_EQ(*memory.c_string(300), "text!");
  const std::span<uint8_t> slice = *memory.slice(300, 4);
  slice[0] = 'T';
  EXPECT_EQ(*memory.string(300, 4), "Text");
}

TEST_P(MemoryAccess, nothing_beyond_the_end) {
  const Instance i = guest_.load(R"((module (memory (export "m") 1) (memory (export "empty") 0)))");
  const Memory memory = *i.memory("m"), empty = *i.memory("empty");
  EXPECT_THAT(memory.read<uint32_t>(kPage - 4), Succeeds());
  std::memset(memory.data().data() + kPage - 8, 'x', 8);
  std::array<uint8_t, 8> bytes;
  bytes.fill(7);
  for (const uint64_t at :
       {kPage - 7, kPage, kPage + 1, uint64_t{1} << 32, (uint64_t{1} << 63) + 8, kHuge - 7, kHuge}) {
    EXPECT_THAT(memory.read(at, bytes), Traps(kBeyond)) << at;
    EXPECT_THAT(memory.write(at, bytes), Traps(kBeyond)) << at;
    EXPECT_THAT(memory.read<uint64_t>(at), Traps(kBeyond)) << at;
    EXPECT_THAT(memory.write(at, uint64_t{5}), Traps(kBeyond)) << at;
    EXPECT_THAT(memory.write(at, "12345678"), Traps(kBeyond)) << at;
    EXPECT_THAT(memory.slice(at, 8), Traps(kBeyond)) << at;
    EXPECT_THAT(memory.string(at, 8), Traps(kBeyond)) << at;
    EXPECT_THAT(memory.c_string(at), Traps(kBeyond)) << at;
    EXPECT_THAT(empty.slice(at, 0), Traps(kBeyond)) << at;
  }
  EXPECT_THAT(bytes, ::testing::Each(7));  // nothing was read in part
  EXPECT_EQ(*memory.string(kPage - 8, 8), "xxxxxxxx");
  EXPECT_THAT(memory.slice(8, kHuge), Traps(kBeyond));
  EXPECT_THAT(memory.string(8, kHuge - 7), Traps(kBeyond));
  EXPECT_THAT(memory.slice(kPage, 0), Succeeds());
  EXPECT_THAT(memory.slice(kPage + 1, 0), Traps(kBeyond));
  EXPECT_THAT(memory.c_string(kPage - 8), Traps(kBeyond));  // no end
  EXPECT_THAT(empty.slice(0, 0), Succeeds());
  EXPECT_THAT(empty.c_string(0), Traps(kBeyond));
  EXPECT_THAT(empty.read<uint16_t>(0), Traps(kBeyond));
}

TEST_P(MemoryAccess, a_host_function_traps_its_guest_with_it) {
  guest_.linker.func(
      "h", "get", [](Caller& caller, uint32_t at) -> Result<uint32_t> { return caller.memory0()->read<uint32_t>(at); });
  const Instance i = guest_.load(R"((module (import "h" "get" (func $get (param i32) (result i32))) (memory 1)
    (data (i32.const 65532) "\01\00\00\00")
    (func (export "get") (param i32) (result i32) (call $get (local.get 0)))))");
  EXPECT_THAT(guest_.call(i, "get", {i32(65532)}), Returns(i32(1)));
  EXPECT_THAT(guest_.call(i, "get", {i32(65533)}), Traps(kBeyond));
  EXPECT_THAT(guest_.call(i, "get", {i32(-1)}), Traps(kBeyond));
}

TEST_P(MemoryAccess, memories_of_64_bits_and_of_small_pages) {
  Config config = GetParam().config();
  ASSERT_THAT(config.feature("custom-page-sizes", true), Succeeds());
  Guest guest(config);
  const Instance i = guest.load(R"((module (memory (export "m64") i64 1) (memory (export "small") 3 (pagesize 1))))");
  EXPECT_THAT(i.memory("m64")->write(kPage - 1, uint8_t{1}), Succeeds());
  EXPECT_THAT(i.memory("m64")->write(kPage - 1, uint16_t{1}), Traps(kBeyond));
  EXPECT_THAT(i.memory("small")->write(2, uint8_t{9}), Succeeds());
  EXPECT_THAT(i.memory("small")->write(2, uint16_t{9}), Traps(kBeyond));
}

}  // namespace
}  // namespace mini_wasm
