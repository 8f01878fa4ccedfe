// CVE-2026-34971, CVE-2023-26489 and their kind: what is computed before an access and becomes a part of its address is
// cut to the width of the index first. Shifts, sums and products as an index, with static offsets that fit into an
// instruction and that do not, for accesses of every size (because an address may scale its index by that size), in the
// first memory, in another one and in one with 64-bit addresses. On every tier.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

constexpr uint64_t kSize = 65536;

// An index that is computed from the locals x and y. In the text, T stands for the type.
struct Shape {
  std::string text;
  std::function<uint64_t(uint64_t x, uint64_t y, uint32_t bits)> value;  // more than `bits` bits may be set
};

std::vector<Shape> shapes() {
  std::vector<Shape> all{{"(local.get 0)", [](uint64_t x, uint64_t, uint32_t) { return x; }}};
  const auto constant = [](uint64_t n) { return "(T.const " + std::to_string(static_cast<int64_t>(n)) + ")"; };
  const auto shifted = [&](int local, uint32_t count) {
    return "(T.shl (local.get " + std::to_string(local) + ") " + constant(count) + ")";
  };
  for (const uint32_t k : {1u, 2u, 3u, 4u, 5u, 29u, 31u, 35u, 64u}) {
    all.push_back({shifted(0, k), [k](uint64_t x, uint64_t, uint32_t bits) { return x << k % bits; }});
  }
  for (const uint32_t k : {1u, 2u, 3u, 4u, 31u}) {
    const auto sum = [k](uint64_t x, uint64_t y, uint32_t bits) { return x + (y << k % bits); };
    all.push_back({"(T.add (local.get 0) " + shifted(1, k) + ")", sum});
    all.push_back({"(T.add " + shifted(1, k) + " (local.get 0))", sum});
  }
  all.push_back(
      {"(T.sub (local.get 0) " + shifted(1, 3) + ")", [](uint64_t x, uint64_t y, uint32_t) { return x - (y << 3); }});
  all.push_back(
      {"(T.or (local.get 0) " + shifted(1, 3) + ")", [](uint64_t x, uint64_t y, uint32_t) { return x | y << 3; }});
  all.push_back({"(T.and " + shifted(0, 3) + " " + constant(0xfffff) + ")",
                 [](uint64_t x, uint64_t, uint32_t) { return x << 3 & 0xfffff; }});
  all.push_back({"(T.add (local.get 0) (local.get 1))", [](uint64_t x, uint64_t y, uint32_t) { return x + y; }});
  for (const uint64_t n : {uint64_t{8}, uint64_t{4096}, uint64_t{0x7ffffff8}, 0 - uint64_t{8}}) {
    all.push_back({"(T.add (local.get 0) " + constant(n) + ")", [n](uint64_t x, uint64_t, uint32_t) { return x + n; }});
    all.push_back({"(T.add (T.add (local.get 0) " + constant(n) + ") (local.get 1))",
                   [n](uint64_t x, uint64_t y, uint32_t) { return x + n + y; }});
  }
  all.push_back({"(T.mul (local.get 0) " + constant(8) + ")", [](uint64_t x, uint64_t, uint32_t) { return x * 8; }});
  all.push_back({"(T.add (local.get 0) (T.mul (local.get 0) (local.get 1)))",
                 [](uint64_t x, uint64_t y, uint32_t) { return x + x * y; }});
  all.push_back(
      {"(T.shl (local.get 0) (local.get 1))", [](uint64_t x, uint64_t y, uint32_t bits) { return x << y % bits; }});
  all.push_back({constant(0xfff0), [](uint64_t, uint64_t, uint32_t) { return 0xfff0; }});
  all.push_back({constant(0 - uint64_t{8}), [](uint64_t, uint64_t, uint32_t) { return 0 - uint64_t{8}; }});
  return all;
}

// A load returns the last 8 of its bytes; a store stores kStored.
constexpr uint64_t kStored = 0x1122334455667788;
struct Access {
  const char* text;  // A stands for the address
  uint32_t bytes;
  bool store;
};
constexpr Access kAccesses[] = {
    {"(i64.load8_u A)", 1, false},
    {"(i64.load16_u A)", 2, false},
    {"(i64.load32_u A)", 4, false},
    {"(i64.load A)", 8, false},
    {"(i64x2.extract_lane 1 (v128.load A))", 16, false},
    {"(block (result i64) (i64.store8 A (i64.const 0x1122334455667788)) (i64.const 0))", 1, true},
    {"(block (result i64) (i64.store A (i64.const 0x1122334455667788)) (i64.const 0))", 8, true},
};

struct Memory {
  const char* name;
  uint32_t bits;  // of its addresses
  std::vector<uint64_t> offsets;
  std::vector<std::pair<uint64_t, uint64_t>> operands;
};

const std::vector<std::pair<uint64_t, uint64_t>> kOperands32{
    {8, 0},          {0x20000001, 8},  {0x1fffffff, 1},           {0x80000001, 0x20000000},
    {0xffffffff, 9}, {0xfffffff8, 16}, {0x10000, 0xffffe000 / 8}, {0xf000, 0x1fff}};
const std::vector<uint64_t> kOffsets32{0, 1, 8, 264, 4095, 65520, 0x7fffffff, 0xfffffff8};
const Memory kMemories[] = {
    {"a", 32, kOffsets32, kOperands32},
    {"b", 32, kOffsets32, kOperands32},
    {"w",
     64,
     {0, 1, 8, 264, 4095, 65520, 0xfffffff8, 0x100000000, ~uint64_t{0} - 7},
     {{8, 0},
      {0x2000000000000001, 8},
      {0x1fffffffffffffff, 1},
      {0x100000008, 0},
      {~uint64_t{0}, 9},
      {~uint64_t{0} - 7, 16},
      {0x10000, (0 - uint64_t{0x2000}) / 8},
      {0xf000, 0x1fff}}},
};

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

std::vector<uint8_t> pattern() {
  std::vector<uint8_t> bytes(kSize);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 197 + i / 256 * 13 + 1);
  return bytes;
}

class AddressFolding : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  // One call: does it access the place `at`, which is empty if it is outside of the memory?
  void check(const Instance& instance, const std::string& function, const Memory& memory, const Access& access,
             std::optional<uint64_t> at, std::pair<uint64_t, uint64_t> operands) {
    const auto value = [&](uint64_t n) {
      return memory.bits == 32 ? i32(static_cast<int32_t>(n)) : i64(static_cast<int64_t>(n));
    };
    SCOPED_TRACE(function + " with " + std::to_string(operands.first) + ", " + std::to_string(operands.second));
    const auto result = guest_.call(instance, function, {value(operands.first), value(operands.second)});
    if (!at) {
      EXPECT_THAT(result, Traps(TrapCode::out_of_bounds_memory_access));
      return;
    }
    const size_t used = std::min(access.bytes, 8u);
    uint64_t expected = 0;
    if (!access.store) std::memcpy(&expected, &pattern_[*at + access.bytes - used], used);
    EXPECT_THAT(result, Returns(i64(static_cast<int64_t>(expected))));
    if (!access.store) return;
    const std::span<uint8_t> bytes = instance.memory(memory.name)->data();
    EXPECT_EQ(std::memcmp(&bytes[*at], &kStored, used), 0);
    std::memcpy(&bytes[*at], &pattern_[*at], used);
  }

  // Everything that one index can be used for.
  void run(const Memory& memory, const Shape& shape) {
    std::string text =
        "(module (memory $a (export \"a\") 1 1) (memory $b (export \"b\") 1 1)"
        "(memory $w (export \"w\") i64 1 1)\n";
    const std::string type = memory.bits == 32 ? "i32" : "i64";
    const auto name_of = [](uint64_t offset, const Access& access) { return std::to_string(offset) + access.text; };
    for (const uint64_t offset : memory.offsets) {
      for (const Access& access : kAccesses) {
        const std::string address = "$" + std::string(memory.name) + " offset=" + std::to_string(offset) + " " +
                                    replaced(shape.text, "T", type);
        text += "(func (export \"" + name_of(offset, access) + "\") (param " + type + " " + type + ") (result i64) " +
                replaced(access.text, "A", address) + ")\n";
      }
    }
    const Instance instance = guest_.load(text + ")");
    SCOPED_TRACE(shape.text + " in memory " + memory.name);
    const std::span<uint8_t> bytes = instance.memory(memory.name)->data();
    std::memcpy(bytes.data(), pattern_.data(), kSize);
    for (const uint64_t offset : memory.offsets) {
      for (const Access& access : kAccesses) {
        for (const auto& operands : memory.operands) {
          uint64_t index = shape.value(operands.first, operands.second, memory.bits);
          if (memory.bits == 32) index = static_cast<uint32_t>(index);
          const bool wraps = index > std::numeric_limits<uint64_t>::max() - offset;
          std::optional<uint64_t> at;
          if (!wraps && index + offset <= kSize - access.bytes) at = index + offset;
          check(instance, name_of(offset, access), memory, access, at, operands);
        }
      }
    }
    EXPECT_EQ(std::memcmp(bytes.data(), pattern_.data(), kSize), 0) << "something was stored elsewhere";
  }

  Guest guest_{GetParam().config()};
  const std::vector<uint8_t> pattern_ = pattern();
};

TEST_P(AddressFolding, cuts_the_index_first) {
  for (const Memory& memory : kMemories) {
    for (const Shape& shape : shapes()) run(memory, shape);
  }
}

INSTANTIATE_TEST_SUITE_P(tiers, AddressFolding, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

}  // namespace
}  // namespace mini_wasm
