// CVE-2026-34944, CVE-2026-24116 and their kind: an access reads and writes exactly the bytes of its type. Tests every
// load and store of the list of opcodes at the end of a memory, where one byte more faults; as a part of every
// instruction that may read its operand from memory; and that a store that ends outside has written nothing. (AArch64
// does a store of 16 bytes in two parts, and only one of them may fault.)
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "core/opcode.h"
#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

constexpr uint32_t kEnd = 65536;     // of both memories
constexpr uint32_t kInside = 25600;  // the end of a place that is far from the ends
constexpr uint32_t kMost = 16;       // bytes of an access

constexpr bool loads(OpClass cls) { return cls == OpClass::load || cls == OpClass::simd_load; }
constexpr bool is_lane(OpClass cls) { return cls == OpClass::load_lane || cls == OpClass::store_lane; }
constexpr bool is_atomic(OpClass cls) {
  return cls == OpClass::atomic_load || cls == OpClass::atomic_store || cls == OpClass::atomic_rmw ||
         cls == OpClass::atomic_cmpxchg;
}
constexpr bool accesses(OpClass cls) {
  return loads(cls) || is_lane(cls) || is_atomic(cls) || cls == OpClass::store || cls == OpClass::simd_store;
}
constexpr bool is_numeric(OpClass cls) {
  return cls == OpClass::numeric || cls == OpClass::numeric_trap || cls == OpClass::simd;
}

std::string_view text_of(SigType type) {
  switch (type) {
    case SigType::i32: return "i32";
    case SigType::i64: return "i64";
    case SigType::f32: return "f32";
    case SigType::f64: return "f64";
    default: return "v128";
  }
}

std::string constant(SigType type) {
  switch (type) {
    case SigType::i32: return "(i32.const 0x71727374)";
    case SigType::i64: return "(i64.const 0x6162636465666768)";
    case SigType::f32: return "(f32.const 1234.5)";
    case SigType::f64: return "(f64.const 1234.56)";
    default: return "(v128.const i64x2 0x5152535455565758 0x4142434445464748)";
  }
}

std::string results_of(const OpInfo& info) {
  std::string text;
  for (size_t i = 0; i < info.result_count; ++i) text += " " + std::string(text_of(info.results[i]));
  return text.empty() ? text : "(result" + text + ")";
}

// An export with the address as its parameter.
struct Access {
  std::string name;
  uint32_t bytes, offset, memory;
  bool atomic;
};

class AccessEnds : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  AccessEnds() {
    Config config = GetParam().config();
    for (const FeatureInfo& feature : kFeatureInfo) (void)config.feature(feature.text, true);
    guest_.emplace(config);
  }

  // All forms of all accesses, in one module.
  void load_accesses() {
    std::string text = "(module (memory $a (export \"0\") 1 1) (memory $b (export \"1\") 1 1)\n";
    for (size_t i = 0; i < kOpCount; ++i) {
      const OpInfo& info = op_info(static_cast<Op>(i));
      if (!accesses(info.cls)) continue;
      const uint32_t bytes = uint32_t{1} << info.access_log2;
      for (const uint32_t memory : {0u, 1u}) {
        for (const uint32_t offset : {0u, 16u, 24592u, 65520u}) {
          text += function(info, memory, offset, 0);
          if (is_lane(info.cls)) text += function(info, memory, offset, kMost / bytes - 1);
        }
      }
    }
    instance_ = guest_->load(text + ")");
  }

  std::string function(const OpInfo& info, uint32_t memory, uint32_t offset, uint32_t lane) {
    std::string text = std::string(info.text) + (memory == 0 ? " $a" : " $b");
    if (offset != 0) text += " offset=" + std::to_string(offset);
    if (is_lane(info.cls)) text += " " + std::to_string(lane);
    accesses_.push_back({text, uint32_t{1} << info.access_log2, offset, memory, is_atomic(info.cls)});
    std::string operands = "(local.get 0)";
    for (size_t i = 1; i < info.param_count; ++i) operands += constant(info.params[i]);
    return "(func (export \"" + text + "\") (param i32) " + results_of(info) + " (" + text + operands + "))\n";
  }

  std::span<uint8_t> memory(const Access& access) { return instance_->memory(std::to_string(access.memory))->data(); }

  Result<std::vector<Val>> call(const Access& access, uint32_t at) {
    return guest_->call(*instance_, access.name, {i32(static_cast<int32_t>(at - access.offset))});
  }

  // Puts the same bytes at the end and before kInside.
  static void fill(std::span<uint8_t> memory) {
    for (uint32_t i = 0; i < 2 * kMost; ++i) {
      memory[kEnd - 1 - i] = memory[kInside - 1 - i] = static_cast<uint8_t>(0x31 + 7 * i);
    }
  }

  std::optional<Guest> guest_;
  std::optional<Instance> instance_;
  std::vector<Access> accesses_;
};

using AllBytes = std::array<uint8_t, 2 * kMost>;

AllBytes before(std::span<const uint8_t> memory, uint32_t end) {
  AllBytes bytes;
  std::memcpy(bytes.data(), &memory[end - bytes.size()], bytes.size());
  return bytes;
}

std::string outcome(const Result<std::vector<Val>>& result) {
  if (!result) return result.error().to_string();
  std::string text;
  for (const Val& value : *result) text += to_string(value) + " ";
  return text;
}

// The last access that is inside does the same as one far from the end.
TEST_P(AccessEnds, are_where_their_types_end) {
  load_accesses();
  ASSERT_GT(accesses_.size(), 800u);
  for (const Access& access : accesses_) {
    fill(memory(access));
    const AllBytes old = before(memory(access), kEnd);
    const Result<std::vector<Val>> there = call(access, kEnd - access.bytes);
    ASSERT_TRUE(there) << access.name << ": " << there.error().to_string();
    const AllBytes changed = before(memory(access), kEnd);
    for (size_t i = 0; i + access.bytes < changed.size(); ++i) {
      ASSERT_EQ(changed[i], old[i]) << access.name << ", byte " << i << " before the end";
    }
    if (access.offset > kInside - access.bytes) continue;
    EXPECT_EQ(outcome(there), outcome(call(access, kInside - access.bytes))) << access.name;
    EXPECT_EQ(changed, before(memory(access), kInside)) << access.name;
  }
}

// An access that ends outside traps, and has changed nothing.
TEST_P(AccessEnds, outside_change_nothing) {
  load_accesses();
  for (const Access& access : accesses_) {
    fill(memory(access));
    const AllBytes old = before(memory(access), kEnd);
    for (uint32_t at = kEnd - access.bytes + 1; at <= kEnd; ++at) {
      if (access.atomic && at % access.bytes != 0) continue;
      EXPECT_THAT(call(access, at), Traps(TrapCode::out_of_bounds_memory_access)) << access.name << " at " << at;
      EXPECT_EQ(old, before(memory(access), kEnd)) << access.name << " at " << at;
    }
  }
}

// What an instruction computes from what a load returns, as its last operand: it must not read more than the load.
TEST_P(AccessEnds, hold_for_operands_in_memory) {
  std::string text = "(module (memory (export \"0\") 1 1)\n";
  std::vector<Access> functions;
  for (size_t l = 0; l < kOpCount; ++l) {
    const OpInfo& load = op_info(static_cast<Op>(l));
    if (!loads(load.cls)) continue;
    for (size_t i = 0; i < kOpCount; ++i) {
      const OpInfo& info = op_info(static_cast<Op>(i));
      if (!is_numeric(info.cls) || info.param_count == 0) continue;
      if (info.params[info.param_count - 1] != load.results[0]) continue;
      const std::string name = std::string(info.text) + " of " + std::string(load.text);
      std::string operands;
      for (size_t p = 0; p + 1 < info.param_count; ++p) operands += constant(info.params[p]);
      text += "(func (export \"" + name + "\") (param i32) " + results_of(info) + " (" + std::string(info.text) + " " +
              operands + "(" + std::string(load.text) + " (local.get 0))))\n";
      functions.push_back({name, uint32_t{1} << load.access_log2, 0, 0, false});
    }
  }
  ASSERT_GT(functions.size(), 1000u);
  instance_ = guest_->load(text + ")");
  for (const Access& function : functions) {
    fill(memory(function));
    EXPECT_EQ(outcome(call(function, kEnd - function.bytes)), outcome(call(function, kInside - function.bytes)))
        << function.name;
    EXPECT_THAT(call(function, kEnd - function.bytes + 1), Traps(TrapCode::out_of_bounds_memory_access))
        << function.name;
  }
}

INSTANTIATE_TEST_SUITE_P(tiers, AccessEnds, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

}  // namespace
}  // namespace mini_wasm
