// Valid modules that were damaged: cut off at every byte, with every bit flipped, with random damage. The result must
// be an error or a module that works. They must never crash, hang, or take more memory than their size allows.
#include <algorithm>
#include <vector>

#include "scripts/tiers.h"
#include "spec-tests/fuzz/exercise.h"
#include "spec-tests/fuzz/mutate.h"
#include "spec-tests/hostile/hostile_test.h"

namespace mini_wasm::hostile {
namespace {

TEST(damaged_modules, the_undamaged_module_works) {
  const Bytes module = rich_module();
  EXPECT_THAT(compile(module), Accepted());
  const fuzz::Exercise result = fuzz::exercise(Engine(), module.span());
  EXPECT_TRUE(result.instantiated);
  EXPECT_GT(result.calls_ok, 0U);
}

TEST(damaged_modules, truncated_within_a_section_is_malformed) {
  const Bytes module = rich_module();
  const std::vector<size_t> ends = section_ends(module.span());
  for (size_t size = 0; size < module.size(); ++size) {
    const Verdict verdict = compile(module.span().first(size));
    if (std::find(ends.begin(), ends.end(), size) == ends.end()) {
      EXPECT_THAT(verdict, Malformed()) << "cut off after " << size << " bytes";
    }
  }
}

TEST(damaged_modules, truncated_between_sections_misses_only_what_is_missing) {
  const Bytes module = rich_module();
  const std::vector<size_t> ends = section_ends(module.span());
  // The header alone is the empty module. Without the name section, nothing is missing.
  EXPECT_THAT(compile(module.span().first(ends.front())), Accepted());
  EXPECT_THAT(compile(module.span().first(ends[ends.size() - 2])), Accepted());
  // Functions without code; a data count without data.
  EXPECT_THAT(compile(module.span().first(ends[ends.size() - 4])), Malformed());
  EXPECT_THAT(compile(module.span().first(ends[ends.size() - 3])), Malformed());
}

TEST(damaged_modules, every_flipped_bit_is_an_error_or_works) {
  const Engine engine;
  const Bytes module = rich_module();
  std::vector<uint8_t> bytes(module.span().begin(), module.span().end());
  size_t accepted = 0;
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const auto mask = static_cast<uint8_t>(1U << bit % 8);
    bytes[bit / 8] ^= mask;
    accepted += fuzz::exercise(engine, bytes).compiled ? 1 : 0;
    bytes[bit / 8] ^= mask;
  }
  // Some bits make no difference (constants, names), most do.
  EXPECT_GT(accepted, 0U);
  EXPECT_LT(accepted, bytes.size() * 8 / 2);
}

TEST(damaged_modules, every_byte_replaced_by_extremes_is_an_error_or_works) {
  const Engine engine;
  const Bytes module = rich_module();
  for (size_t at = 0; at < module.size(); ++at) {
    for (uint8_t byte : {0x00, 0x40, 0x7f, 0x80, 0xff}) {
      std::vector<uint8_t> bytes(module.span().begin(), module.span().end());
      bytes[at] = byte;
      fuzz::exercise(engine, bytes);
    }
  }
}

TEST(damaged_modules, random_damage_is_an_error_or_works) {
  constexpr uint64_t kSeed = 2026, kRounds = 20'000;
  const Engine engine;
  const Bytes module = rich_module();
  const std::vector<fuzz::Input> corpus = {{module.span().begin(), module.span().end()}};
  size_t accepted = 0;
  for (uint64_t round = 0; round < kRounds; ++round) {
    fuzz::Random random(kSeed + round);
    accepted += fuzz::exercise(engine, fuzz::mutate(corpus, random)).compiled ? 1 : 0;
  }
  EXPECT_GT(accepted, kRounds / 100);  // otherwise the damage would test only the decoder
}

// Functions that are not validated when the module is instantiated. A function that is called is either reported as
// invalid, or works.
TEST(damaged_modules, functions_that_are_validated_at_their_first_call_are_invalid_or_work) {
  constexpr uint64_t kSeed = 2027, kRounds = 5'000;
  const Bytes module = rich_module();
  const std::vector<fuzz::Input> corpus = {{module.span().begin(), module.span().end()}};
  for (const spec::TierCase& tier : spec::kTiers) {
    if (!tier.lazy_validation) continue;
    const Engine engine(tier.config());
    std::vector<uint8_t> bytes(module.span().begin(), module.span().end());
    size_t accepted = 0, valid = 0;
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      const auto mask = static_cast<uint8_t>(1U << bit % 8);
      bytes[bit / 8] ^= mask;
      accepted += fuzz::exercise(engine, bytes).compiled ? 1 : 0;
      valid += Module::validate(engine, bytes) ? 1 : 0;
      bytes[bit / 8] ^= mask;
    }
    EXPECT_GT(accepted, valid) << tier.name;
    for (uint64_t round = 0; round < kRounds; ++round) {
      fuzz::Random random(kSeed + round);
      fuzz::exercise(engine, fuzz::mutate(corpus, random));
    }
  }
}

}  // namespace
}  // namespace mini_wasm::hostile
