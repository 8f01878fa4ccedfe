// Records of machine code whose tables are not possible. Nobody can write such a file who does not have the key of the
// cache; but what is read must not depend on that.
#include "jit/code_record.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/leb128.h"
#include "jit/codeless_tier.h"
#include "runtime/compiled_module.h"
#include "spec-tests/support/wat.h"

namespace mini_wasm::jit {
namespace {

using Kind = Relocation::Kind;

struct Row {
  uint32_t distance;
  uint32_t kind;
  uint32_t target;
};
Row row(uint32_t distance, Kind kind, uint32_t target = 0) { return {distance, static_cast<uint32_t>(kind), target}; }

class CodeRecordTables : public ::testing::Test {
 protected:
  static constexpr uint32_t kSize = 24;  // bytes of the code

  struct SiteRow {
    uint32_t distance, fp_delta = 0;
  };
  // Whether a record with these tables is accepted. `slot`: the number of the slot in its one catch clause.
  bool accepts(const std::vector<Row>& relocations, const std::vector<SiteRow>& sites = {}, uint32_t slot = 0) {
    std::vector<uint8_t> bytes;
    write_uleb(bytes, kSize);
    for (int i = 0; i < 3; ++i) write_uleb(bytes, 0);  // register_entry, loops, handlers
    write_uleb(bytes, 1);
    bytes.push_back(static_cast<uint8_t>(CatchKind::catch_all));
    for (const uint32_t n : {0u, 0u, 0u, slot}) write_uleb(bytes, n);
    write_uleb(bytes, sites.size());
    for (const SiteRow& site : sites) {
      write_uleb(bytes, site.distance);
      write_sleb(bytes, 0);
      write_uleb(bytes, site.fp_delta);
    }
    write_uleb(bytes, relocations.size());
    for (const Row& r : relocations) {
      write_uleb(bytes, r.distance);
      bytes.push_back(static_cast<uint8_t>(r.kind));
      write_uleb(bytes, r.target);
    }
    bytes.resize(bytes.size() + kSize);
    CodeRecord record;
    if (!read_record(backend_, *module_.impl(), bytes, record)) return false;
    for (const Relocation& r : record.relocations) EXPECT_LE(r.offset, kSize);
    return true;
  }

  const Backend& backend_ = *backend(Architecture::x64);
  const Module module_ = *Module::compile(codeless_engine(Config(), backend_.pins(), CodelessKind::jit),
                                          testing::wat("(module (type (func)) (type (struct)) (func) (func))"));
};

TEST_F(CodeRecordTables, possible_tables_are_accepted) {
  EXPECT_TRUE(accepts({}));
  EXPECT_TRUE(
      accepts({row(2, Kind::own_entry, 1), row(4, Kind::entry, 3), row(4, Kind::type, 1), row(6, Kind::layout, 1)},
              {{1}, {0, 0xffff}, {kSize - 1}}, 0xffff));
  EXPECT_TRUE(accepts({row(kSize - 4, Kind::own_entry)}));
}

TEST_F(CodeRecordTables, places_that_leave_the_code_are_not) {
  EXPECT_FALSE(accepts({row(kSize - 3, Kind::own_entry)}));
  EXPECT_FALSE(accepts({row(kSize - 7, Kind::layout, 1)}));
  EXPECT_FALSE(accepts({row(1, Kind::entry, 0)})) << "link changes two bytes before the distance";
  EXPECT_FALSE(accepts({row(8, Kind::own_entry), row(kSize, Kind::own_entry)}));
  EXPECT_FALSE(accepts({}, {{kSize + 1}}));
}

TEST_F(CodeRecordTables, places_do_not_wrap_around) {
  EXPECT_FALSE(accepts({row(8, Kind::own_entry), row(~3u, Kind::own_entry)}));
  EXPECT_FALSE(accepts({row(8, Kind::own_entry), row(~7u, Kind::own_entry)}));
  EXPECT_FALSE(accepts({row(8, Kind::entry), row(~7u, Kind::entry)}));
  EXPECT_FALSE(accepts({}, {{8}, {~3u}}));
}

TEST_F(CodeRecordTables, numbers_are_not_cut) {
  EXPECT_FALSE(accepts({}, {{8, 0x10000}}));
  EXPECT_FALSE(accepts({}, {}, 0x10000));
}

TEST_F(CodeRecordTables, targets_that_do_not_exist_are_not) {
  EXPECT_FALSE(accepts({row(8, Kind::own_entry, 2)}));
  EXPECT_FALSE(accepts({row(8, Kind::entry, 4)})) << "two functions have four entry points";
  EXPECT_FALSE(accepts({row(8, Kind::stub, 0)})) << "the way into machine code is no target";
  EXPECT_FALSE(accepts({row(8, Kind::stub, sizeof(Stubs))}));
  EXPECT_FALSE(accepts({row(8, Kind::type, 2)}));
  EXPECT_FALSE(accepts({row(8, Kind::layout, 0)})) << "a function type has no layout";
  EXPECT_FALSE(accepts({row(8, Kind::image, Relocation::kMostTarget)}));
  EXPECT_FALSE(accepts({row(8, Kind::type, Relocation::kMostTarget + 1)}));
  EXPECT_FALSE(accepts({{8, Relocation::kKinds, 0}}));
}

}  // namespace
}  // namespace mini_wasm::jit
