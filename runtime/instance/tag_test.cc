// Tags that the host makes: modules that import the same tag can catch each other's exceptions. On every tier.
#include <gtest/gtest.h>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

const FuncType kPair{{ValType::i32, ValType::externref}, {}};

class Tags : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  Guest guest_{GetParam().config()};
};
INSTANTIATE_TEST_SUITE_P(tiers, Tags, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

constexpr const char* kThrower = R"((module (import "h" "tag" (tag $t (param i32 externref)))
  (func (export "throw") (param i32 externref) (throw $t (local.get 0) (local.get 1)))))";

// Returns the number in the exception, or -1 for an exception of another tag.
constexpr const char* kCatcher = R"((module (import "h" "tag" (tag $t (param i32 externref)))
  (import "thrower" "throw" (func $throw (param i32 externref)))
  (func (export "catch") (param i32 externref) (result i32)
    (block $other
      (block $caught (result i32 externref)
        (try_table (catch $t $caught) (catch_all $other) (call $throw (local.get 0) (local.get 1)))
        unreachable)
      drop
      return)
    (i32.const -1))))";

TEST_P(Tags, modules_that_share_one_catch_from_one_another) {
  const Result<Tag> tag = Tag::make(guest_.store, kPair);
  ASSERT_THAT(tag, Succeeds());
  EXPECT_EQ(tag->type(), kPair);
  guest_.linker.define("h", "tag", *tag);
  guest_.linker.instance("thrower", guest_.load(kThrower));
  const Instance catcher = guest_.load(kCatcher);
  EXPECT_THAT(guest_.call(catcher, "catch", {i32(7), Val::null(ValType::externref)}), Returns(i32(7)));
}

TEST_P(Tags, two_of_one_type_differ) {
  guest_.linker.define("h", "tag", *Tag::make(guest_.store, kPair));
  guest_.linker.instance("thrower", guest_.load(kThrower));
  guest_.linker.define("h", "tag", *Tag::make(guest_.store, kPair));
  const Instance catcher = guest_.load(kCatcher);
  EXPECT_THAT(guest_.call(catcher, "catch", {i32(7), Val::null(ValType::externref)}), Returns(i32(-1)));
}

TEST_P(Tags, an_exported_one_can_be_imported) {
  const Instance owner = guest_.load(R"((module (tag (export "tag") (param i32 externref)) (func (export "f"))))");
  EXPECT_FALSE(owner.tag("f") || owner.tag("none"));
  EXPECT_FALSE(owner.get_export("tag")->func());
  const std::optional<Tag> tag = owner.tag("tag");
  ASSERT_TRUE(tag);
  EXPECT_EQ(tag->type(), kPair);
  guest_.linker.define("h", "tag", *tag);
  guest_.linker.instance("thrower", guest_.load(kThrower));
  EXPECT_THAT(guest_.call(guest_.load(kCatcher), "catch", {i32(9), Val::null(ValType::externref)}), Returns(i32(9)));
}

TEST(tag, what_is_no_tag_is_refused) {
  Guest guest, other;
  EXPECT_THAT(Tag::make(guest.store, {{}, {ValType::i32}}), Fails(ErrorKind::usage, "not a valid tag type"));
  const Module module = *Module::compile(other.engine, wat(R"((module (type $s (struct (field i64 f32 v128)))
    (import "m" "g" (global (ref null $s)))))"));
  EXPECT_THAT(Tag::make(guest.store, {{module.imports()[0].type.global.value}, {}}),
              Fails(ErrorKind::usage, "not a valid tag type"));
  guest.linker.define("h", "tag", *Tag::make(guest.store, {{ValType::i32}, {}}));
  EXPECT_THAT(guest.try_load(kThrower), Fails(ErrorKind::unlinkable, "is given a tag [i32] -> []"));
  guest.linker.define("h", "tag", *Tag::make(other.store, kPair));
  EXPECT_THAT(guest.try_load(kThrower), Fails(ErrorKind::usage, "belongs to another store"));
  const Store moved = std::move(other.store);
  EXPECT_THAT(Tag::make(other.store, kPair), Fails(ErrorKind::limit, ""));
}

}  // namespace
}  // namespace mini_wasm
