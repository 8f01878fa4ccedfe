// Files that were written by somebody without the key, and files that were written with the key but pretend to be
// something else: of another build, or of another module with the same name.
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>

#include "core/leb128.h"
#include "runtime/cache/cache_key.h"
#include "spec-tests/cache/cache_test.h"

namespace mini_wasm::testing {
namespace {

class cache_forged : public CacheTest {
 protected:
  runtime::CacheKey key() const {
    const Result<runtime::CacheKey> key = runtime::obtain_cache_key(key_file());
    EXPECT_TRUE(key) << key.error().message;
    return *key;
  }
  // The file that a run of the module leaves in the cache, which is empty before and afterwards.
  Bytes take_file_of(const Bytes& module) const {
    run(config(), module);
    const fs::path file = only_file();
    const Bytes bytes = file_content(file);
    fs::remove(file);
    return bytes;
  }
};
INSTANTIATE_TEST_SUITE_P(tiers, cache_forged, ::testing::ValuesIn(kCachedTiers), tier_name);

using cache_records_forged = cache_forged;  // the interpreter keeps none
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(cache_records_forged);
INSTANTIATE_TEST_SUITE_P(tiers, cache_records_forged, ::testing::ValuesIn(std::span(kCachedTiers).subspan(1)),
                         tier_name);

struct Header {
  char magic[8];
  uint64_t size, tail;
  runtime::MacTag tag;
};

// The file with another tail, authenticated with this key.
Bytes forged(const Bytes& file, const Bytes& tail, const runtime::CacheKey& key) {
  Header header;
  std::memcpy(&header, file.data(), sizeof(header));
  Bytes result(file.begin(), file.begin() + static_cast<ptrdiff_t>(header.tail));
  result.insert(result.end(), tail.begin(), tail.end());
  header.size = result.size();
  Bytes all = tail;
  const auto* begin = reinterpret_cast<const uint8_t*>(&header);
  all.insert(all.end(), begin, begin + offsetof(Header, tag));
  header.tag = runtime::mac_of(key.tail, all);
  std::memcpy(result.data(), &header, sizeof(header));
  return result;
}

constexpr const char* kOne = R"((module (memory 1) (func (export "f") (param i32) (result i32) (i32.const 1))
  (func (export "g") (param i32) (result i32) (i32.const 5))))";
constexpr const char* kTwo = R"((module (memory 1) (func (export "f") (param i32) (result i32) (i32.const 2))
  (func (export "g") (param i32) (result i32) (i32.const 5))))";

Bytes tail_of(const Bytes& file) {
  Header header;
  std::memcpy(&header, file.data(), sizeof(header));
  return {file.begin() + static_cast<ptrdiff_t>(header.tail), file.end()};
}

// The end of the identity (including its length) at the beginning of the tail.
size_t identity_end(const Bytes& tail) {
  const uint8_t* at = tail.data();
  uint64_t length = 0;
  EXPECT_EQ(read_uleb64(at, at + tail.size(), length), LebError::ok);
  return static_cast<size_t>(at - tail.data()) + length;
}

TEST_P(cache_forged, of_another_build_or_machine) {
  const Bytes small = wat(kSmall);
  const std::string expected = run(config(), small).text;
  const fs::path file = only_file();
  const Bytes whole = file_content(file), tail = tail_of(whole);
  replace(file, forged(whole, tail, key()));
  ASSERT_TRUE(run(config(), small).known) << "the test cannot forge";
  // Everything in it must be compared: format, build, features, tier, CPU, the module without bodies.
  const size_t identity = identity_end(tail);
  ASSERT_GT(identity, 60u);
  ASSERT_LT(identity, tail.size());
  for (size_t i = 0; i < identity; ++i) {
    Bytes other = tail;
    other[i] ^= 1;
    replace(file, forged(whole, other, key()));
    const Ran found = run(config(), small);
    ASSERT_EQ(found.text, expected);
    ASSERT_FALSE(found.known) << i;
  }
}

// --- Without the key

// What a guest could do that may write to the directory: it knows everything except the key.
TEST_P(cache_forged, with_another_key) {
  const Bytes small = wat(kSmall);
  const std::string expected = run(config(), small).text;
  const fs::path file = only_file();
  const Bytes whole = file_content(file);
  runtime::CacheKey others[] = {key(), key(), key(), {}};
  ++others[0].tail.low;
  others[1].tail.high ^= uint64_t{1} << 63;
  std::swap(others[2].tail, others[2].record);
  for (const runtime::CacheKey& other : others) {
    replace(file, forged(whole, tail_of(whole), other));
    const Ran found = run(config(), small);
    EXPECT_EQ(found.text, expected);
    EXPECT_FALSE(found.known);
  }
  replace(file, whole);
  EXPECT_TRUE(run(config(), small).known);
  // An honest user with a key of their own.
  Config theirs = config();
  theirs.cache_key_file = key_file() + "-2";
  EXPECT_FALSE(run(theirs, small).known);
}

// A record of one module in the file of another one. The record is authentic, but does not belong there.
TEST_P(cache_records_forged, with_a_record_of_another_file) {
  const Bytes one = wat(kOne), two = wat(kTwo);
  const std::string expected = run(without(), two).text;
  const Bytes code_of_one = take_file_of(one);
  run(config(), two);
  const fs::path file = only_file();
  Bytes mixed = file_content(file);
  Header header;
  std::memcpy(&header, mixed.data(), sizeof(header));
  ASSERT_EQ(mixed.size(), code_of_one.size());
  std::copy_n(code_of_one.begin() + sizeof(header), header.tail - sizeof(header), mixed.begin() + sizeof(header));
  ASSERT_NE(mixed, file_content(file));
  replace(file, mixed);
  const Ran found = run(config(), two);
  EXPECT_EQ(found.text, expected);
  EXPECT_TRUE(found.known);
  EXPECT_GT(found.made, 0u);
}

// The author of a module can choose part of the bytes of a record, and the record's tag can be read from the file. The
// record must not be accepted as the tail of another file.
TEST_P(cache_forged, with_a_record_as_its_tail) {
  const runtime::CacheKey key = this->key();
  const Bytes small = wat(kSmall);
  run(config(), small);
  const fs::path file = only_file();
  const Bytes whole = file_content(file);
  runtime::CacheKey records_alone;
  records_alone.tail = records_alone.record = key.record;
  replace(file, forged(whole, tail_of(whole), records_alone));
  EXPECT_FALSE(run(config(), small).known);
}

TEST_P(cache_forged, nothing_is_kept_without_a_key) {
  const Bytes small = wat(kSmall);
  const std::string expected = run(config(), small).text;
  const Bytes whole = file_content(only_file());
  ASSERT_EQ(chmod(key_file().c_str(), 0640), 0);
  const Ran found = run(config(), small);
  EXPECT_EQ(found.text, expected);
  EXPECT_FALSE(found.known);
  EXPECT_EQ(file_content(only_file()), whole);
  EXPECT_NE(Engine(config()).cache_problem().find("600"), std::string::npos) << Engine(config()).cache_problem();
  ASSERT_EQ(chmod(key_file().c_str(), 0600), 0);
  EXPECT_EQ(Engine(config()).cache_problem(), "");
  EXPECT_TRUE(run(config(), small).known);
}

// --- With the key

// The name and the whole identity are those of the second module; the code is that of the first one.
TEST_P(cache_forged, of_a_module_that_collides) {
  const Bytes one = wat(kOne), two = wat(kTwo);
  const std::string expected = run(without(), two).text;
  const Bytes code_of_one = take_file_of(one);
  run(config(), two);
  const fs::path file = only_file();
  const Bytes identity = tail_of(file_content(file));
  replace(file, code_of_one);
  EXPECT_FALSE(run(config(), two).known);
  replace(file, code_of_one);
  EXPECT_EQ(run(config(), two).text, expected);
  // Both modules have the same size, so their identities have the same length; what follows them remains that of the
  // first module.
  Bytes tail = tail_of(code_of_one);
  ASSERT_EQ(tail.size(), identity.size());
  const size_t length = identity_end(identity);
  ASSERT_EQ(length, identity_end(tail));
  std::copy_n(identity.begin(), length, tail.begin());
  replace(file, forged(code_of_one, tail, key()));
  const Ran found = run(config(), two);
  EXPECT_TRUE(found.known);
  EXPECT_EQ(found.text, expected);
}

// The file says that an invalid module is valid. This must do no harm.
TEST_P(cache_forged, that_says_valid_of_what_is_not) {
  const Bytes one = wat(kOne);
  Bytes two = one;
  const Bytes body = {0x41, 1, 0x0b};  // i32.const 1, end
  const auto at = std::search(two.begin(), two.end(), body.begin(), body.end());
  ASSERT_NE(at, two.end());
  *at = 0x42;  // i64.const 1
  const std::string invalid = run(without(), two).text;
  ASSERT_NE(invalid.find("type mismatch"), invalid.npos);
  const Bytes code_of_one = take_file_of(one);
  Config lazy = config();
  lazy.lazy_validation = true;
  run(lazy, two);
  if (files().empty()) return;  // the interpreter has no file here, so there is nothing to forge
  const fs::path file = only_file();
  const Bytes identity = tail_of(file_content(file));
  Bytes tail = tail_of(code_of_one);
  const size_t length = identity_end(identity);
  ASSERT_EQ(length, identity_end(tail));
  std::copy_n(identity.begin(), length, tail.begin());
  replace(file, forged(code_of_one, tail, key()));
  const Ran found = run(config(), two);
  EXPECT_TRUE(found.known);
  EXPECT_NE(found.text.find(": invalid function: type mismatch"), found.text.npos) << found.text;
  EXPECT_NE(found.text.find("g(4) i32:5"), found.text.npos) << found.text;
  replace(file, forged(code_of_one, tail, key()));
  Config eager = config();
  eager.eager = true;
  EXPECT_EQ(run(eager, two).text, invalid);
}

}  // namespace
}  // namespace mini_wasm::testing
