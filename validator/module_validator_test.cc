#include "validator/module_validator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decoder/module_bytes.h"

namespace mini_wasm::validator {
namespace {

using decoder::Bytes;
using decoder::ModuleBytes;
using decoder::name_bytes;
using decoder::operator+;
using decoder::SectionId;
using testing::HasSubstr;
using testing::StartsWith;

const Bytes kConst0{0x41, 0, 0x0b}, kLong0{0x42, 0, 0x0b}, kNullFunc{0xd0, 0x70, 0x0b};

// Decodes and validates; returns the message of the error, or "".
std::string validate(const ModuleBytes& module, FeatureSet features = FeatureSet::all()) {
  TypeRegistry registry;
  auto decoded = decoder::decode_module(std::span<const uint8_t>(module.bytes()), registry, features);
  if (!decoded) return "decoder: " + decoded.error().message;
  const Result<void> result = validate_module(**decoded, features);
  if (result) return "";
  EXPECT_LT(result.error().offset, module.bytes().size());
  return result.error().message;
}

// A module with one more section. It also has types 0 = [] -> [] and 1 = [i32] -> [i32], and a function of each.
ModuleBytes with(SectionId id, const Bytes& content, SectionId id2 = SectionId::custom, const Bytes& content2 = {0}) {
  ModuleBytes m;
  m.section(SectionId::type, {2, 0x60, 0, 0, 0x60, 1, 0x7f, 1, 0x7f}).section(SectionId::function, {2, 0, 1});
  const Bytes code{2, 2, 0, 0x0b, 4, 0, 0x20, 0, 0x0b};
  const auto before_code = [](SectionId s) { return s != SectionId::code && s != SectionId::data; };
  if (before_code(id)) m.section(id, content);
  if (before_code(id2)) m.section(id2, content2);
  m.section(SectionId::code, code);
  if (!before_code(id)) m.section(id, content);
  if (!before_code(id2)) m.section(id2, content2);
  return m;
}

Bytes global(uint8_t type, const Bytes& init) { return Bytes{1, type, 0} + init; }
std::string validate_global(uint8_t type, const Bytes& init, FeatureSet features = FeatureSet::all()) {
  return validate(with(SectionId::global, global(type, init)), features);
}

TEST(module_validator, accepts_the_empty_module) { EXPECT_EQ(validate(ModuleBytes()), ""); }

TEST(module_validator, functions_have_known_types) {
  ModuleBytes m;
  m.section(SectionId::function, {1, 3}).section(SectionId::code, {1, 2, 0, 0x0b});
  EXPECT_EQ(validate(m), "unknown type 3");
  ModuleBytes s;
  s.section(SectionId::type, {1, 0x5f, 0})
      .section(SectionId::function, {1, 0})
      .section(SectionId::code, {1, 2, 0, 0x0b});
  EXPECT_EQ(validate(s), "unknown type 0: not a function type");
}

TEST(module_validator, sizes_of_memories) {
  const auto memory = [](const Bytes& type) { return validate(with(SectionId::memory, Bytes{1} + type)); };
  EXPECT_EQ(memory({0, 0x80, 0x80, 4}), "");  // exactly 65536 pages
  EXPECT_EQ(memory({0, 0x81, 0x80, 4}), "memory size must be at most 65536 pages (4GiB)");
  EXPECT_EQ(memory({1, 0, 0x81, 0x80, 4}), "memory size must be at most 65536 pages (4GiB)");
  EXPECT_EQ(memory({1, 2, 1}), "size minimum must not be greater than maximum");
  EXPECT_EQ(memory({2, 1}), "shared memory must have maximum");
  EXPECT_EQ(memory({4, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40}), "");  // 2^48 pages
  EXPECT_THAT(memory({4, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40}), StartsWith("memory size must be at most"));
  EXPECT_EQ(memory({8, 0xff, 0xff, 0xff, 0xff, 0x0f, 0}), "");  // pages of one byte
  EXPECT_THAT(memory({8, 0x80, 0x80, 0x80, 0x80, 0x10, 0}), StartsWith("memory size must be at most"));
}

TEST(module_validator, several_memories_and_tables_are_features) {
  FeatureSet features = FeatureSet::all();
  features.clear(Feature::multi_memory);
  features.clear(Feature::ref_types);
  EXPECT_THAT(validate(with(SectionId::memory, {2, 0, 1, 0, 1}), features), StartsWith("multiple memories"));
  EXPECT_THAT(validate(with(SectionId::table, {2, 0x70, 0, 1, 0x70, 0, 1}), features), StartsWith("multiple tables"));
}

TEST(module_validator, tables) {
  EXPECT_EQ(validate(with(SectionId::table, {1, 0x70, 1, 1, 2})), "");
  EXPECT_THAT(validate(with(SectionId::table, {1, 0x70, 0, 0x80, 0x80, 0x80, 0x80, 0x10})), StartsWith("table size"));
  EXPECT_THAT(validate(with(SectionId::table, {1, 0x64, 0x70, 0, 1})), StartsWith("type mismatch"));
  EXPECT_EQ(validate(with(SectionId::table, {1, 0x40, 0, 0x64, 0x70, 0, 1, 0xd2, 0, 0x0b})), "");
  EXPECT_THAT(validate(with(SectionId::table, {1, 0x40, 0, 0x64, 0x70, 0, 1, 0xd0, 0x70, 0x0b})),
              StartsWith("type mismatch"));
  EXPECT_THAT(validate(with(SectionId::table, {1, 0x40, 0, 0x70, 0, 1, 0x23, 0, 0x0b}, SectionId::global,
                            global(0x70, kNullFunc))),
              StartsWith("unknown global 0"));
}

TEST(module_validator, constant_expressions) {
  EXPECT_EQ(validate_global(0x7f, kConst0), "");
  EXPECT_THAT(validate_global(0x7e, kConst0), StartsWith("type mismatch: end expected i64, found i32"));
  EXPECT_THAT(validate_global(0x7f, {0x0b}), StartsWith("type mismatch"));
  EXPECT_THAT(validate_global(0x7f, {0x41, 0, 0x41, 0, 0x0b}), StartsWith("type mismatch"));
  EXPECT_THAT(validate_global(0x7f, {0x41, 0, 0x45, 0x0b}), StartsWith("constant expression required: i32.eqz"));
  EXPECT_THAT(validate_global(0x7f, {0x02, 0x7f, 0x41, 0, 0x0b, 0x0b}), StartsWith("constant expression required"));
  EXPECT_EQ(validate_global(0x7f, {0x41, 2, 0x41, 3, 0x6c, 0x0b}), "");
  EXPECT_THAT(validate_global(0x7f, {0x41, 2, 0x6c, 0x0b}), StartsWith("type mismatch: i32.mul"));
  EXPECT_EQ(validate_global(0x70, kNullFunc), "");
  EXPECT_THAT(validate_global(0x6f, kNullFunc), StartsWith("type mismatch"));
  EXPECT_EQ(validate_global(0x70, {0xd2, 1, 0x0b}), "");
  EXPECT_EQ(validate_global(0x70, {0xd2, 7, 0x0b}), "unknown function 7");
  EXPECT_EQ(validate_global(0x7f, {0x23, 0, 0x0b}), "unknown global 0");
}

TEST(module_validator, extended_constants_are_a_feature) {
  FeatureSet features = FeatureSet::all();
  features.clear(Feature::extended_const);
  EXPECT_THAT(
      validate_global(0x7f, {0x41, 2, 0x41, 3, 0x6a, 0x0b}, features),
      StartsWith("constant expression required: i32.add needs the extended-const proposal: --wasm=extended-const"));
}

TEST(module_validator, globals_see_immutable_ones_before_them) {
  const Bytes get0{0x23, 0, 0x0b};
  EXPECT_EQ(validate(with(SectionId::global, Bytes{2, 0x7f, 0} + kConst0 + Bytes{0x7f, 0} + get0)), "");
  EXPECT_THAT(validate(with(SectionId::global, Bytes{2, 0x7f, 1} + kConst0 + Bytes{0x7f, 0} + get0)),
              StartsWith("constant expression required: global 0 is mutable"));
  FeatureSet before_gc = FeatureSet::all();
  before_gc.clear(Feature::gc);
  EXPECT_EQ(validate(with(SectionId::global, Bytes{2, 0x7f, 0} + kConst0 + Bytes{0x7f, 0} + get0), before_gc),
            "unknown global 0");
}

TEST(module_validator, constants_of_structures_and_arrays) {
  // 0 = struct {i32, mut i8}, 1 = array of (ref any), 2 = array of i64
  const auto with_types = [](const Bytes& init) {
    ModuleBytes m;
    m.section(SectionId::type, {3, 0x5f, 2, 0x7f, 0, 0x78, 1, 0x5e, 0x64, 0x6e, 0, 0x5e, 0x7e, 0});
    m.section(SectionId::global, Bytes{1, 0x6d, 0} + init);  // eqref
    return validate(m);
  };
  EXPECT_EQ(with_types({0x41, 1, 0x41, 2, 0xfb, 0, 0, 0x0b}), "");
  EXPECT_EQ(with_types({0xfb, 1, 0, 0x0b}), "");
  EXPECT_THAT(with_types({0x41, 1, 0xfb, 0, 0, 0x0b}),
              StartsWith("type mismatch: struct.new expected i32, found nothing"));
  EXPECT_THAT(with_types({0x41, 1, 0xfb, 7, 1, 0x0b}), HasSubstr("have no default"));
  EXPECT_EQ(with_types({0x41, 1, 0xfb, 7, 2, 0x0b}), "");
  EXPECT_EQ(with_types({0x42, 1, 0x42, 2, 0xfb, 8, 2, 2, 0x0b}), "");
  EXPECT_EQ(with_types({0x42, 1, 0x41, 2, 0xfb, 6, 2, 0x0b}), "");
  EXPECT_EQ(with_types({0x41, 1, 0xfb, 0x1c, 0x0b}), "");
  EXPECT_THAT(with_types({0xfb, 1, 2, 0x0b}), StartsWith("type mismatch"));
  EXPECT_EQ(with_types({0xfb, 1, 9, 0x0b}), "unknown type 9");
}

TEST(module_validator, exports) {
  const auto exported = [](uint8_t kind, uint8_t index) {
    return validate(with(SectionId::export_, Bytes{1} + name_bytes("x") + Bytes{kind, index}));
  };
  EXPECT_EQ(exported(0, 1), "");
  EXPECT_EQ(exported(0, 2), "unknown function 2");
  EXPECT_EQ(exported(1, 0), "unknown table 0");
  EXPECT_EQ(exported(2, 0), "unknown memory 0");
  EXPECT_EQ(exported(3, 0), "unknown global 0");
  EXPECT_EQ(exported(4, 0), "unknown tag 0");
  const Bytes twice = Bytes{2} + name_bytes("x") + Bytes{0, 0} + name_bytes("x") + Bytes{0, 1};
  EXPECT_EQ(validate(with(SectionId::export_, twice)), "duplicate export name \"x\"");
}

TEST(module_validator, start_function) {
  EXPECT_EQ(validate(with(SectionId::start, {0})), "");
  EXPECT_EQ(validate(with(SectionId::start, {5})), "unknown function 5");
  EXPECT_THAT(validate(with(SectionId::start, {1})), StartsWith("start function"));
}

// An error must end the validation, because the following checks rely on what was checked.
TEST(module_validator, start_function_of_an_unknown_type) {
  ModuleBytes m;
  m.section(SectionId::function, {1, 0x7f}).section(SectionId::start, {0}).section(SectionId::code, {1, 2, 0, 0x0b});
  EXPECT_EQ(validate(m), "unknown type 127");
}

TEST(module_validator, element_segments) {
  const Bytes table{1, 0x70, 0, 1}, externs{1, 0x6f, 0, 1};
  const auto elem = [&](const Bytes& t, const Bytes& e) {
    return validate(with(SectionId::table, t, SectionId::element, Bytes{1} + e));
  };
  EXPECT_EQ(elem(table, Bytes{0} + kConst0 + Bytes{1, 0}), "");
  EXPECT_EQ(elem(table, Bytes{0} + kConst0 + Bytes{1, 9}), "unknown function 9");
  EXPECT_THAT(elem(table, Bytes{0} + kLong0 + Bytes{1, 0}), StartsWith("type mismatch"));
  EXPECT_EQ(elem(table, Bytes{2, 1} + kConst0 + Bytes{0, 1, 0}), "unknown table 1");
  EXPECT_THAT(elem(externs, Bytes{0} + kConst0 + Bytes{1, 0}), StartsWith("type mismatch"));
  EXPECT_EQ(elem(table, Bytes{4} + kConst0 + Bytes{1} + kNullFunc), "");
  EXPECT_THAT(elem(table, Bytes{4} + kConst0 + Bytes{1} + kConst0), StartsWith("type mismatch"));
}

TEST(module_validator, data_segments) {
  const auto data = [](const Bytes& memory, const Bytes& d) {
    return validate(with(SectionId::memory, memory, SectionId::data, Bytes{1} + d));
  };
  EXPECT_EQ(data({1, 0, 1}, Bytes{0} + kConst0 + Bytes{0}), "");
  EXPECT_EQ(data({0}, Bytes{0} + kConst0 + Bytes{0}), "unknown memory 0");
  EXPECT_EQ(data({1, 0, 1}, Bytes{2, 1} + kConst0 + Bytes{0}), "unknown memory 1");
  EXPECT_EQ(data({0}, Bytes{1, 0}), "");
  EXPECT_EQ(data({1, 4, 1}, Bytes{0} + kLong0 + Bytes{0}), "");
  EXPECT_THAT(data({1, 4, 1}, Bytes{0} + kConst0 + Bytes{0}), StartsWith("type mismatch"));
}

TEST(module_validator, declared_supertypes) {
  const auto types = [](const Bytes& t) { return validate(ModuleBytes().section(SectionId::type, t)); };
  EXPECT_EQ(types({2, 0x50, 0, 0x5f, 0, 0x50, 1, 0, 0x5f, 1, 0x7f, 0}), "");
  EXPECT_THAT(types({2, 0x5f, 0, 0x50, 1, 0, 0x5f, 1, 0x7f, 0}), StartsWith("sub type"));           // final
  EXPECT_THAT(types({2, 0x50, 0, 0x5f, 1, 0x7f, 0, 0x50, 1, 0, 0x5f, 0}), StartsWith("sub type"));  // one field less
}

TEST(module_validator, tags_have_no_results) {
  EXPECT_EQ(validate(with(SectionId::tag, {1, 0, 0})), "");
  EXPECT_EQ(validate(with(SectionId::tag, {1, 0, 1})), "non-empty tag result type");
}

TEST(module_validator, notes_functions_that_ref_func_may_name) {
  const ModuleBytes bytes = with(SectionId::export_, Bytes{1} + name_bytes("x") + Bytes{0, 1});
  TypeRegistry registry;
  auto module = decoder::decode_module(std::span<const uint8_t>(bytes.bytes()), registry, FeatureSet::all());
  ASSERT_TRUE(module && validate_module(**module, FeatureSet::all()));
  EXPECT_EQ((*module)->declared_funcs, (std::vector<bool>{false, true}));
}

}  // namespace
}  // namespace mini_wasm::validator
