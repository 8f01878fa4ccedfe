#include "decoder/module_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/limits.h"
#include "decoder/module_bytes.h"

namespace mini_wasm::decoder {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const Bytes kTypeVoid{1, 0x60, 0, 0};  // one type: [] -> []

class ModuleDecoder : public testing::Test {
 protected:
  // Returns the message of the error, or "" when there is none; then the module is in module_.
  std::string decode(const Bytes& bytes, FeatureSet features = FeatureSet::all()) {
    bytes_ = bytes;
    Result<std::unique_ptr<Module>> result = decode_module(std::span<const uint8_t>(bytes_), registry_, features);
    if (!result) {
      error_ = result.error();
      EXPECT_LE(error_.offset, bytes.size());
      return error_.message;
    }
    module_ = std::move(*result);
    return "";
  }
  std::string decode(const ModuleBytes& module, FeatureSet features = FeatureSet::all()) {
    return decode(module.bytes(), features);
  }
  static FeatureSet without(Feature feature) {
    FeatureSet features = FeatureSet::all();
    features.clear(feature);
    return features;
  }

  TypeRegistry registry_;
  Bytes bytes_;
  std::unique_ptr<Module> module_;
  Error error_;
};

// A module with something in every section.
ModuleBytes everything() {
  const Bytes const_0{0x41, 0, 0x0b};
  ModuleBytes m;
  m.custom("first", {1, 2, 3});
  m.section(SectionId::type, {2, 0x60, 0, 0, 0x60, 2, 0x7f, 0x7e, 1, 0x7d});
  m.section(SectionId::import, Bytes{2} + name_bytes("env") + name_bytes("f") + Bytes{0, 1} + name_bytes("env") +
                                   name_bytes("g") + Bytes{3, 0x7f, 1});
  m.section(SectionId::function, {2, 0, 1});
  m.section(SectionId::table, Bytes{2, 0x70, 1, 3, 9, 0x40, 0, 0x6f, 0, 0} + Bytes{0xd0, 0x6f, 0x0b});
  m.section(SectionId::memory, {2, 1, 1, 2, 4, 0});
  m.section(SectionId::tag, {1, 0, 0});
  m.section(SectionId::global, Bytes{1, 0x7f, 0} + const_0);
  m.section(SectionId::export_, Bytes{1} + name_bytes("run") + Bytes{0, 1});
  m.section(SectionId::start, {1});
  m.section(SectionId::element, Bytes{2, 0} + const_0 + Bytes{1, 2} + Bytes{5, 0x70, 1, 0xd2, 1, 0x0b});
  m.section(SectionId::data_count, {2});
  m.section(SectionId::code, {2, 2, 0, 0x0b, 4, 1, 2, 0x7f, 0x0b});
  m.section(SectionId::data, Bytes{2, 0} + const_0 + Bytes{2, 'h', 'i', 1, 1, '!'});
  m.custom("name", Bytes{0} + sized(name_bytes("mod")) + Bytes{1} +
                       sized(Bytes{2, 1} + name_bytes("main") + Bytes{2} + name_bytes("helper")));
  return m;
}

TEST_F(ModuleDecoder, decodes_every_section) {
  ASSERT_EQ(decode(everything()), "");
  const Module& m = *module_;
  EXPECT_EQ(to_string(m.func_type(TypeIdx{1})), "[i32 i64] -> [f32]");
  EXPECT_EQ(m.imports[1].name, "g");
  EXPECT_EQ(m.imported_funcs, 1u);
  EXPECT_EQ(m.imported_globals, 1u);
  EXPECT_EQ(m.funcs.size(), 3u);
  EXPECT_EQ(m.tables[0].type.limits, (Limits{3, 9}));
  EXPECT_EQ(m.tables[1].init.size(), 3u);
  EXPECT_TRUE(m.memories[1].type.is_64);
  EXPECT_EQ(m.tags.size(), 1u);
  EXPECT_TRUE(m.globals[0].type.mutable_);
  EXPECT_EQ(m.globals[1].init.size(), 3u);
  EXPECT_EQ(m.exports[0].name, "run");
  EXPECT_EQ(m.start, FuncIdx{1});
  EXPECT_EQ(m.elems[0].funcs, (std::vector<FuncIdx>{FuncIdx{2}}));
  EXPECT_EQ(m.elems[1].mode, SegmentMode::passive);
  EXPECT_EQ(m.elems[1].size(), 1u);
  EXPECT_EQ(m.data_count, 2u);
  EXPECT_EQ(m.funcs[2].body.size(), 4u);
  EXPECT_EQ(m.view(m.datas[1].bytes)[0], '!');
  EXPECT_EQ(m.customs.size(), 2u);
  EXPECT_EQ(m.names().module, "mod");
  EXPECT_EQ(m.func_name(FuncIdx{2}), "helper");
}

TEST_F(ModuleDecoder, owns_bytes_that_it_is_given) {
  Bytes bytes = everything().bytes();
  Result<std::unique_ptr<Module>> result = decode_module(std::move(bytes), registry_, FeatureSet::all());
  ASSERT_TRUE(result);
  EXPECT_EQ((*result)->exports[0].name, "run");
  EXPECT_EQ((*result)->bytes.data(), (*result)->owned_bytes.data());
}

TEST_F(ModuleDecoder, a_module_cut_off_anywhere_is_an_error_or_ends_between_sections) {
  const Bytes bytes = everything().bytes();
  size_t valid = 0;
  for (size_t size = 0; size < bytes.size(); ++size) {
    // A copy of exactly this size, so that a sanitizer detects a read past the end.
    valid += decode(Bytes(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size))).empty();
  }
  // Valid prefixes end after the header, the first custom section, types, and imports. After that, functions need
  // bodies, and a data count needs data.
  EXPECT_EQ(valid, 5u);
}

TEST_F(ModuleDecoder, every_single_changed_byte_is_survived) {
  const Bytes bytes = everything().bytes();
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const int change : {1, 0x40, 0x80, 0xff}) {
      Bytes changed = bytes;
      changed[i] = static_cast<uint8_t>(changed[i] ^ change);
      decode(changed);
    }
  }
}

TEST_F(ModuleDecoder, header) {
  EXPECT_EQ(decode(Bytes{}), "unexpected end: there is nothing in it");
  EXPECT_EQ(decode(Bytes{0, 'a', 's'}), "unexpected end");
  EXPECT_EQ(decode(Bytes{'(', 'm', 'o', 'd', 'u', 'l', 'e', ')'}),
            "magic header not detected: this is WebAssembly text, not a binary module");
  EXPECT_EQ(decode(Bytes{0, 'a', 's', 'm', 2, 0, 0, 0}), "unknown binary version");
  EXPECT_THAT(decode(Bytes{0, 'a', 's', 'm', 13, 0, 1, 0}), StartsWith("unknown binary version"));
  EXPECT_EQ(decode(ModuleBytes()), "");
}

TEST_F(ModuleDecoder, section_order) {
  EXPECT_THAT(decode(ModuleBytes().section(SectionId::function, {0}).section(SectionId::type, {0})),
              StartsWith("unexpected content after last section"));
  EXPECT_THAT(decode(ModuleBytes().section(SectionId::type, {0}).section(SectionId::type, {0})),
              StartsWith("unexpected content after last section"));
  EXPECT_THAT(decode(ModuleBytes().section(SectionId::global, {0}).section(SectionId::tag, {0})),
              StartsWith("unexpected content after last section"));
  EXPECT_EQ(decode(ModuleBytes().section(SectionId::memory, {0}).section(SectionId::tag, {0})), "");
  EXPECT_EQ(decode(ModuleBytes().section(SectionId::data_count, {0}).section(SectionId::code, {0})), "");
  EXPECT_THAT(decode(ModuleBytes().raw({14, 0})), StartsWith("malformed section id"));
}

TEST_F(ModuleDecoder, sizes_of_sections) {
  EXPECT_THAT(decode(ModuleBytes().section(SectionId::type, {0, 0})), StartsWith("section size mismatch"));
  EXPECT_THAT(decode(ModuleBytes().raw({1, 5, 0})), StartsWith("length out of bounds"));
  EXPECT_THAT(decode(ModuleBytes().raw({1, 0x80, 0x80, 0x80, 0x80, 0x80, 0})), "integer representation too long");
}

TEST_F(ModuleDecoder, counts_that_belong_together) {
  EXPECT_THAT(decode(ModuleBytes().section(SectionId::type, kTypeVoid).section(SectionId::function, {1, 0})),
              StartsWith("function and code section have inconsistent lengths"));
  EXPECT_THAT(decode(ModuleBytes().section(SectionId::code, {1, 2, 0, 0x0b})),
              StartsWith("function and code section have inconsistent lengths"));
  EXPECT_THAT(decode(ModuleBytes().section(SectionId::data_count, {1})),
              StartsWith("data count and data section have inconsistent lengths"));
}

// A count is compared with the number of remaining bytes before anything is allocated.
TEST_F(ModuleDecoder, huge_counts_allocate_nothing) {
  const Bytes huge{0xff, 0xff, 0xff, 0xff, 0x0f};
  for (const SectionId id :
       {SectionId::type, SectionId::import, SectionId::function, SectionId::table, SectionId::memory, SectionId::tag,
        SectionId::global, SectionId::export_, SectionId::element, SectionId::code, SectionId::data}) {
    EXPECT_THAT(decode(ModuleBytes().section(id, huge + Bytes(10, 0))), StartsWith("unexpected end of section"))
        << to_string(id);
  }
  EXPECT_THAT(decode(ModuleBytes().section(SectionId::type, Bytes{1, 0x4e} + huge)), StartsWith("unexpected end"));
  EXPECT_THAT(decode(ModuleBytes().section(SectionId::type, Bytes{1, 0x60} + huge)), StartsWith("unexpected end"));
  EXPECT_THAT(decode(ModuleBytes().section(SectionId::element, Bytes{1, 1, 0} + huge)), StartsWith("unexpected end"));
}

TEST_F(ModuleDecoder, limits_of_the_implementation) {
  Bytes params;
  write_uleb(params, limits::kMaxParams + 1);
  decode(
      ModuleBytes().section(SectionId::type, Bytes{1, 0x60} + params + Bytes(limits::kMaxParams + 1, 0x7f) + Bytes{0}));
  EXPECT_EQ(error_.kind, ErrorKind::limit);
  EXPECT_THAT(error_.message, StartsWith("too many parameters: 1001"));
  const Bytes body = sized(Bytes(limits::kMaxFunctionSize + 1, 0x01));
  decode(ModuleBytes()
             .section(SectionId::type, kTypeVoid)
             .section(SectionId::function, {1, 0})
             .section(SectionId::code, Bytes{1} + body));
  EXPECT_EQ(error_.kind, ErrorKind::limit);
}

TEST_F(ModuleDecoder, the_first_error_in_the_order_of_the_bytes_is_reported) {
  // An illegal opcode in a body, which decoding alone would not notice, and an unknown section after it.
  EXPECT_THAT(decode(ModuleBytes()
                         .section(SectionId::type, kTypeVoid)
                         .section(SectionId::function, {1, 0})
                         .section(SectionId::code, {1, 4, 0, 0x00, 0xff, 0x0b})
                         .raw({99})),
              StartsWith("illegal opcode ff"));
  EXPECT_EQ(error_.offset, 24u);
}

TEST_F(ModuleDecoder, kinds_and_flags) {
  const Bytes import = Bytes{1} + name_bytes("") + name_bytes("");
  EXPECT_THAT(decode(ModuleBytes().section(SectionId::import, import + Bytes{5, 0})),
              StartsWith("malformed import kind"));
  EXPECT_THAT(decode(ModuleBytes().section(SectionId::export_, Bytes{1} + name_bytes("") + Bytes{5, 0})),
              StartsWith("malformed export kind"));
  EXPECT_THAT(decode(ModuleBytes().section(SectionId::memory, {1, 0x10, 0})), StartsWith("malformed limits flags"));
  EXPECT_THAT(decode(ModuleBytes().section(SectionId::table, {1, 0x70, 2, 0})), StartsWith("malformed limits flags"));
  EXPECT_THAT(decode(ModuleBytes().section(SectionId::global, {1, 0x7f, 2, 0x41, 0, 0x0b})),
              StartsWith("malformed mutability"));
  EXPECT_THAT(decode(ModuleBytes().section(SectionId::element, {1, 8, 0})),
              StartsWith("malformed elements segment kind"));
  EXPECT_THAT(decode(ModuleBytes().section(SectionId::data, {1, 3, 0})), StartsWith("malformed data segment kind"));
  EXPECT_THAT(decode(ModuleBytes().section(SectionId::table, {1, 0x7f, 0, 0})), StartsWith("malformed reference type"));
  EXPECT_THAT(decode(ModuleBytes().section(SectionId::type, {1, 0x60, 1, 0x50, 0})),
              StartsWith("malformed value type"));
  EXPECT_THAT(decode(ModuleBytes().section(SectionId::type, {1, 0x61, 0, 0})), StartsWith("malformed type form"));
}

TEST_F(ModuleDecoder, features_that_are_off_are_named) {
  const auto message = [&](Feature off, SectionId id, const Bytes& content) {
    return decode(ModuleBytes().section(id, content), without(off));
  };
  EXPECT_THAT(message(Feature::simd, SectionId::type, {1, 0x60, 1, 0x7b, 0}),
              HasSubstr("needs the simd proposal: --wasm=simd"));
  EXPECT_THAT(message(Feature::ref_types, SectionId::type, {1, 0x60, 1, 0x6f, 0}),
              HasSubstr("needs the ref-types proposal: --wasm=ref-types"));
  EXPECT_THAT(message(Feature::multi_value, SectionId::type, {1, 0x60, 0, 2, 0x7f, 0x7f}), HasSubstr("multi-value"));
  EXPECT_THAT(message(Feature::gc, SectionId::type, {1, 0x5f, 0}), HasSubstr("needs the gc proposal: --wasm=gc"));
  EXPECT_THAT(message(Feature::threads, SectionId::memory, {1, 3, 0, 1}),
              HasSubstr("needs the threads proposal: --wasm=threads"));
  EXPECT_THAT(message(Feature::memory64, SectionId::memory, {1, 4, 0}),
              HasSubstr("needs the memory64 proposal: --wasm=memory64"));
  EXPECT_THAT(message(Feature::exceptions, SectionId::tag, {0}),
              HasSubstr("needs the exceptions proposal: --wasm=exceptions"));
  EXPECT_THAT(message(Feature::bulk_memory, SectionId::data, {1, 1, 0}),
              HasSubstr("needs the bulk-memory proposal: --wasm=bulk-memory"));
  EXPECT_THAT(message(Feature::function_refs, SectionId::table, {1, 0x40, 0, 0x70, 0, 0, 0xd0, 0x70, 0x0b}),
              HasSubstr("needs the function-refs proposal: --wasm=function-refs"));
}

TEST_F(ModuleDecoder, recursive_types) {
  // (rec (type $a (struct (field (ref null $b)))) (type $b (sub (array (mut i8))))) (type (sub final $b (array (mut
  // i8))))
  const Bytes types{2, 0x4e, 2, 0x5f, 1, 0x63, 1, 0, 0x50, 0, 0x5e, 0x78, 1, 0x4f, 1, 1, 0x5e, 0x78, 1};
  ASSERT_EQ(decode(ModuleBytes().section(SectionId::type, types)), "");
  ASSERT_EQ(module_->types.size(), 3u);
  const DefType& a = registry_.get(module_->types[0]);
  EXPECT_EQ(a.fields[0].value, ValType::ref(module_->types[1], true));
  EXPECT_TRUE(registry_.is_subtype(module_->types[2], module_->types[1]));
  const std::vector<TypeId> first = module_->types;
  ASSERT_EQ(decode(ModuleBytes().section(SectionId::type, types)), "");
  EXPECT_EQ(module_->types, first);
}

TEST_F(ModuleDecoder, types_must_be_known) {
  EXPECT_EQ(decode(ModuleBytes().section(SectionId::type, {1, 0x60, 1, 0x63, 1, 0})), "unknown type 1");
  EXPECT_EQ(error_.kind, ErrorKind::invalid);
  EXPECT_EQ(decode(ModuleBytes().section(SectionId::type, {1, 0x50, 1, 0, 0x60, 0, 0})), "unknown type 0");
}

TEST_F(ModuleDecoder, chains_of_subtypes_are_bounded) {
  Bytes types{0x50, 0, 0x5f, 0};
  for (uint8_t i = 0; i < TypeRegistry::kMaxSubtypingDepth; ++i) types = types + Bytes{0x50, 1, i, 0x5f, 0};
  decode(ModuleBytes().section(SectionId::type, Bytes{TypeRegistry::kMaxSubtypingDepth + 1} + types));
  EXPECT_EQ(error_.kind, ErrorKind::limit);
}

TEST_F(ModuleDecoder, a_bad_name_section_is_ignored) {
  EXPECT_EQ(decode(ModuleBytes().custom("name", {0xff, 0xff})), "");
  EXPECT_EQ(decode(ModuleBytes().custom("name", {0, 2, 1, 0xff, 1, 3, 1, 7, 0})), "");
  EXPECT_EQ(module_->names().module, "");
}

TEST_F(ModuleDecoder, a_bad_custom_section_name_is_not) {
  EXPECT_EQ(decode(ModuleBytes().section(SectionId::custom, {1, 0xff})), "malformed UTF-8 encoding");
  EXPECT_THAT(decode(ModuleBytes().section(SectionId::custom, {})), StartsWith("unexpected end"));
}

TEST_F(ModuleDecoder, deeply_nested_constant_expressions_need_no_stack) {
  Bytes init(1'000'000, 0x02);  // block with type index 2 ...
  EXPECT_THAT(decode(ModuleBytes().section(SectionId::global, Bytes{1, 0x7f, 0} + init)), testing::Not(""));
}

}  // namespace
}  // namespace mini_wasm::decoder
