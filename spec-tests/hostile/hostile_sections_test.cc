// Hostile modules, section by section: counts and sizes that are greater than the contents, sections twice or in the
// wrong order, integers with too many bytes, names that are not UTF-8 (spec 5.1-5.5).
#include <string>
#include <utility>
#include <vector>

#include "spec-tests/hostile/hostile_test.h"

namespace mini_wasm::hostile {
namespace {

constexpr uint64_t kMax = 0xffff'ffff;

TEST(hostile_sections, header) {
  EXPECT_THAT(compile(Bytes()), Malformed());
  EXPECT_THAT(compile(header()), Accepted());
  EXPECT_THAT(compile({0, 'a', 's', 'M', 1, 0, 0, 0}), Malformed());
  EXPECT_THAT(compile({0, 'a', 's', 'm', 2, 0, 0, 0}), Malformed());
  EXPECT_THAT(compile({0, 'a', 's', 'm', 1, 0, 1, 0}), Malformed());
  EXPECT_THAT(compile({0, 'a', 's', 'm', 0x0d, 0, 1, 0}), Malformed());  // a component
  EXPECT_THAT(compile(header().u8(14).u8(0)), Malformed());              // no such section
  EXPECT_THAT(compile(header().u8(0x80).u8(0)), Malformed());
}

TEST(hostile_sections, size_beyond_the_end) {
  for (int id = kCustom; id <= kTag; ++id) {
    for (uint64_t size : {uint64_t{1}, uint64_t{127}, uint64_t{0x7fff'ffff}, kMax}) {
      EXPECT_THAT(compile(header().u8(id).u32(size)), MalformedOrBeyondLimits())
          << "section " << id << " size " << size;
    }
  }
}

TEST(hostile_sections, huge_count_of_nothing) {
  for (int id = kType; id <= kTag; ++id) {
    for (uint64_t count : {uint64_t{1000}, uint64_t{1} << 24, uint64_t{0x7fff'ffff}, kMax}) {
      EXPECT_THAT(compile(header().add(section(id, count, {}))), Rejected()) << "section " << id << " count " << count;
    }
  }
}

TEST(hostile_sections, size_and_content_disagree) {
  for (int id = kType; id <= kElement; ++id) {
    if (id == kStart) continue;
    EXPECT_THAT(compile(header().add(section(id, {0, 0}))), Malformed()) << "section " << id << " with a byte too many";
    EXPECT_THAT(compile(header().add(section(id, {}))), Malformed()) << "empty section " << id;
  }
}

TEST(hostile_sections, duplicates) {
  for (int id : {kType, kImport, kFunction, kTable, kMemory, kGlobal, kExport, kElement, kCode, kData}) {
    const Bytes once = section(id, 0, {});
    EXPECT_THAT(compile(header().add(once)), Accepted()) << "section " << id;
    EXPECT_THAT(compile(header().add(once).add(once)), Malformed()) << "section " << id << " twice";
  }
  EXPECT_THAT(compile(header().add(section(kDataCount, {0})).add(section(kDataCount, {0}))), Malformed());
  const Bytes custom = section(kCustom, Bytes().name("x"));
  EXPECT_THAT(compile(header().add(custom).add(custom)), Accepted());
}

TEST(hostile_sections, order) {
  const int order[] = {kType,   kImport,  kFunction,  kTable, kMemory, kGlobal,
                       kExport, kElement, kDataCount, kCode,  kData};
  for (size_t a = 0; a < std::size(order); ++a) {
    for (size_t b = a + 1; b < std::size(order); ++b) {
      const Bytes first = section(order[a], 0, {}), second = section(order[b], 0, {});
      EXPECT_THAT(compile(header().add(first).add(second)), Accepted()) << order[a] << " before " << order[b];
      EXPECT_THAT(compile(header().add(second).add(first)), Malformed()) << order[b] << " before " << order[a];
    }
  }
}

TEST(hostile_sections, huge_function_types) {
  const auto type = [](uint64_t params, uint64_t results) {
    const Bytes content = Bytes{kFuncForm}.u32(params).repeat(params, {kI32}).u32(results).repeat(results, {kI64});
    return header().add(section(kType, 1, content));
  };
  EXPECT_THAT(compile(type(1000, 1000)), Accepted());
  EXPECT_THAT(compile(type(1'000'000, 0)), AcceptedOrBeyondLimits());
  EXPECT_THAT(compile(type(0, 1'000'000)), AcceptedOrBeyondLimits());
  for (uint64_t count : {uint64_t{1000}, kMax}) {
    EXPECT_THAT(compile(header().add(section(kType, 1, Bytes{kFuncForm}.u32(count)))), MalformedOrBeyondLimits());
    EXPECT_THAT(compile(header().add(section(kType, 1, Bytes{kFuncForm, 0}.u32(count)))), MalformedOrBeyondLimits());
  }
}

TEST(hostile_sections, huge_recursive_groups_and_structures) {
  constexpr int kRec = 0x4e, kStruct = 0x5f, kSub = 0x50;
  EXPECT_THAT(compile(header().add(section(kType, 1, Bytes{kRec}.u32(kMax)))), Rejected());
  EXPECT_THAT(compile(header().add(section(kType, 1, Bytes{kStruct}.u32(kMax)))), Rejected());
  EXPECT_THAT(compile(header().add(section(kType, 1, Bytes{kSub}.u32(kMax)))), Rejected());
  // A chain of subtypes that is much deeper than the 63 that engines agree on must not cause recursion; nor may a huge
  // group.
  Bytes chain = {kSub, 0, kStruct, 0};
  for (uint64_t i = 1; i < 10'000; ++i) chain.u8(kSub).u8(1).u32(i - 1).u8(kStruct).u8(0);
  (void)compile(header().add(section(kType, 10'000, chain)));
  (void)compile(header().add(section(kType, 1, Bytes{kRec}.u32(100'000).repeat(100'000, {kFuncForm, 0, 0}))));
}

TEST(hostile_sections, many_types_and_functions) {
  const Bytes types = section(kType, 100'000, Bytes().repeat(100'000, {kFuncForm, 0, 0}));
  EXPECT_THAT(compile(header().add(types)), AcceptedOrBeyondLimits());
  const Bytes functions = section(kFunction, 100'000, Bytes().repeat(100'000, {0}));
  EXPECT_THAT(compile(header().add(types).add(functions)), MalformedOrBeyondLimits());  // no code
  const Bytes code = section(kCode, 100'000, Bytes().repeat(100'000, {2, 0, kEnd}));
  EXPECT_THAT(compile(header().add(types).add(functions).add(code)), AcceptedOrBeyondLimits());
}

TEST(hostile_sections, functions_and_code_disagree) {
  const Bytes type = section(kType, 1, {kFuncForm, 0, 0});
  EXPECT_THAT(compile(header().add(type).add(section(kFunction, 1, {0}))), Malformed());
  EXPECT_THAT(compile(header().add(section(kCode, 1, {2, 0, kEnd}))), Malformed());
  EXPECT_THAT(
      compile(header().add(type).add(section(kFunction, 1, {0})).add(section(kCode, 2, {2, 0, kEnd, 2, 0, kEnd}))),
      Malformed());
  EXPECT_THAT(compile(header().add(type).add(section(kFunction, 1, {1})).add(section(kCode, 1, {2, 0, kEnd}))),
              Invalid());
}

TEST(hostile_sections, data_count) {
  EXPECT_THAT(compile(header().add(section(kDataCount, {1}))), Malformed());
  EXPECT_THAT(compile(header().add(section(kDataCount, Bytes().u32(kMax)))), Rejected());
  EXPECT_THAT(compile(header().add(section(kDataCount, {0})).add(section(kData, 1, {1, 0}))), Malformed());
  EXPECT_THAT(compile(header().add(section(kDataCount, {1})).add(section(kData, 1, {1, 0}))), Accepted());
  // memory.init and data.drop need the data count section (5.5.15).
  const Bytes memory = section(kMemory, 1, {0, 1});
  const Bytes drop = body({kBulk, 9, 0, kEnd});
  EXPECT_THAT(compile(one_function({}, {}, drop, memory, {}, section(kData, 1, {1, 0}))), Malformed());
  EXPECT_THAT(compile(one_function({}, {}, drop, memory, section(kDataCount, {1}), section(kData, 1, {1, 0}))),
              Accepted());
}

TEST(hostile_sections, big_data_and_elements) {
  const Bytes memory = section(kMemory, 1, {0, 0});
  for (uint64_t size : {uint64_t{1}, uint64_t{1} << 30, kMax}) {
    EXPECT_THAT(compile(header().add(memory).add(section(kData, 1, Bytes{0, kI32Const, 0, kEnd}.u32(size)))),
                Rejected());
    EXPECT_THAT(compile(header().add(section(kElement, 1, Bytes{1, 0}.u32(size)))), Rejected());
    EXPECT_THAT(compile(header().add(section(kElement, 1, Bytes{5, kFuncRef}.u32(size)))), Rejected());
  }
  const Bytes data = section(kData, 1, Bytes{1}.u32(4 << 20).repeat(4 << 20, {0x5a}));
  EXPECT_THAT(compile(header().add(data)), Accepted());
  const Bytes nulls = Bytes{5, kFuncRef}.u32(200'000).repeat(200'000, {kRefNull, kFuncRef, kEnd});
  EXPECT_THAT(compile(header().add(section(kElement, 1, nulls))), AcceptedOrBeyondLimits());
  const Bytes empty_segments = section(kData, 100'000, Bytes().repeat(100'000, {1, 0}));
  EXPECT_THAT(compile(header().add(empty_segments)), AcceptedOrBeyondLimits());
}

TEST(hostile_sections, overlong_integers) {
  // At most ceil(32/7) = 5 bytes; the last one may contain only four bits (5.2.2).
  EXPECT_THAT(compile(header().u8(kType).u8(5).add({0x80, 0x80, 0x80, 0x80, 0x00})), Accepted());
  EXPECT_THAT(compile(header().u8(kType).add({0x86, 0x80, 0x80, 0x80, 0x80, 0x00}).add({0, 0, 0, 0, 0, 0})),
              Malformed());
  EXPECT_THAT(compile(header().u8(kType).u8(6).add({0x80, 0x80, 0x80, 0x80, 0x80, 0x00})), Malformed());
  EXPECT_THAT(compile(header().u8(kType).u8(5).add({0x80, 0x80, 0x80, 0x80, 0x10})), Malformed());
  EXPECT_THAT(compile(header().u8(kType).u8(4).add({0x80, 0x80, 0x80, 0x80})), Malformed());
  const auto constant = [](int opcode, const Bytes& leb) {
    return one_function({}, {}, body(Bytes{opcode}.add(leb).add({kDrop, kEnd})));
  };
  const Bytes ones4 = {0xff, 0xff, 0xff, 0xff}, ones9 = Bytes().repeat(9, {0xff});
  EXPECT_THAT(compile(constant(kI32Const, Bytes(ones4).u8(0x7f))), Accepted());
  // The bits beyond 32 differ from the sign bit.
  EXPECT_THAT(compile(constant(kI32Const, Bytes(ones4).u8(0x0f))), Malformed());
  EXPECT_THAT(compile(constant(kI32Const, Bytes(ones4).u8(0xff).u8(0x7f))), Malformed());
  EXPECT_THAT(compile(constant(kI64Const, Bytes(ones9).u8(0x7f))), Accepted());
  EXPECT_THAT(compile(constant(kI64Const, Bytes(ones9).u8(0x01))), Malformed());
  EXPECT_THAT(compile(constant(kI64Const, Bytes(ones9).u8(0xff).u8(0x7f))), Malformed());
  EXPECT_THAT(compile(constant(kI64Const, Bytes().repeat(5000, {0x80}))), Malformed());
}

TEST(hostile_sections, names_that_are_not_utf8) {
  // Unexpected continuation byte, too many bytes, surrogate, beyond U+10FFFF, incomplete, bytes that never occur.
  for (std::string_view bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                               "\xf8\x88\x80\x80\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xff", "a\xfe"}) {
    const Bytes name = Bytes().name(bad);
    EXPECT_THAT(compile(header().add(section(kCustom, name))), Malformed());
    EXPECT_THAT(compile(header().add(section(kImport, 1, Bytes(name).name("x").add({3, kI32, 0})))), Malformed());
    EXPECT_THAT(compile(header().add(section(kImport, 1, Bytes().name("x").add(name).add({3, kI32, 0})))), Malformed());
    EXPECT_THAT(compile(header().add(section(kMemory, 1, {0, 0})).add(section(kExport, 1, Bytes(name).add({2, 0})))),
                Malformed());
  }
  for (uint64_t length : {uint64_t{1}, uint64_t{0x7fff'ffff}, kMax}) {
    EXPECT_THAT(compile(header().add(section(kCustom, Bytes().u32(length)))), Malformed());
    EXPECT_THAT(compile(header().add(section(kImport, 1, Bytes().u32(length)))), Malformed());
  }
}

TEST(hostile_sections, name_section_of_nonsense_is_ignored) {
  const auto with_names = [](const Bytes& names) {
    return one_function({}, {}, body({kEnd})).add(section(kCustom, Bytes().name("name").add(names)));
  };
  EXPECT_THAT(compile(with_names({0, 5, 1})), Accepted());
  EXPECT_THAT(compile(with_names(Bytes{1}.u32(kMax))), Accepted());
  EXPECT_THAT(compile(with_names(Bytes{1}.sized(Bytes().u32(kMax)))), Accepted());
  EXPECT_THAT(compile(with_names(Bytes{1}.sized(Bytes{1}.u32(kMax).name("far away")))), Accepted());
  EXPECT_THAT(compile(with_names(Bytes{1}.sized(Bytes{1, 0}.name("\xff")))), Accepted());
  EXPECT_THAT(compile(with_names(Bytes{2}.sized(Bytes{1, 0}.u32(kMax).u32(kMax)))), Accepted());
}

TEST(hostile_sections, indices_out_of_range) {
  const Bytes type = section(kType, 1, {kFuncForm, 0, 0});
  const Bytes far = Bytes().u32(kMax);
  EXPECT_THAT(compile(header().add(section(kImport, 1, Bytes().name("m").name("f").u8(0).add(far)))), Rejected());
  EXPECT_THAT(compile(header().add(type).add(section(kStart, far))), Invalid());
  for (int kind = 0; kind < 4; ++kind) {
    EXPECT_THAT(compile(header().add(section(kExport, 1, Bytes().name("x").u8(kind).add(far)))), Invalid());
  }
  EXPECT_THAT(compile(header().add(section(kExport, 1, Bytes().name("x").u8(9).add(far)))), Malformed());
  EXPECT_THAT(compile(header().add(section(kElement, 1, Bytes{1, 0, 1}.add(far)))), Invalid());
  EXPECT_THAT(compile(header().add(section(kData, 1, Bytes{2}.add(far).add({kI32Const, 0, kEnd, 0})))), Invalid());
  for (int opcode : {kCall, kLocalGet, kGlobalGet, kTableGet, kRefFunc, kBr}) {
    EXPECT_THAT(compile(one_function({}, {}, body(Bytes{opcode}.add(far).u8(kEnd)))), Invalid()) << opcode;
  }
}

TEST(hostile_sections, constant_expressions) {
  const auto global = [](const Bytes& expression) {
    return header().add(section(kGlobal, 1, Bytes{kI32, 0}.add(expression)));
  };
  EXPECT_THAT(compile(global({kI32Const, 1, kEnd})), Accepted());
  EXPECT_THAT(compile(global({kEnd})), Invalid());
  EXPECT_THAT(compile(global({kI32Const, 1, kI32Const, 1, kEnd})), Invalid());
  EXPECT_THAT(compile(global({kI64Const, 1, kEnd})), Invalid());
  EXPECT_THAT(compile(global({kGlobalGet, 0, kEnd})), Invalid());  // refers to itself
  EXPECT_THAT(compile(global({kI32Const, 1, kI32Eqz, kEnd})), Invalid());
  EXPECT_THAT(compile(global({kI32Const, 1})), Malformed());
  EXPECT_THAT(compile(global({kBlock, kI32, kI32Const, 1, kEnd, kEnd})), Rejected());
  EXPECT_THAT(compile(global(Bytes().repeat(1'000'000, {kI32Const, 1}).u8(kEnd))), Rejected());
  EXPECT_THAT(compile(global(Bytes().repeat(1'000'000, {kI32Const, 1}).repeat(999'999, {kI32Add}).u8(kEnd))),
              AcceptedOrBeyondLimits());
}

TEST(hostile_sections, limits_of_memories_and_tables) {
  const auto memory = [](const Bytes& limits) { return compile(header().add(section(kMemory, 1, limits))); };
  EXPECT_THAT(memory(Bytes{0}.u32(65536)), Accepted());
  EXPECT_THAT(memory(Bytes{0}.u32(65537)), Invalid());
  EXPECT_THAT(memory(Bytes{1, 0}.u32(65537)), Invalid());
  EXPECT_THAT(memory(Bytes{1, 2, 1}), Invalid());
  EXPECT_THAT(memory(Bytes{0x80, 0}), Malformed());
  EXPECT_THAT(memory(Bytes{0x10, 0}), Rejected());
  const auto table = [](const Bytes& limits) {
    return compile(header().add(section(kTable, 1, Bytes{kFuncRef}.add(limits))));
  };
  EXPECT_THAT(table(Bytes{0}.u32(kMax)), Accepted());
  EXPECT_THAT(table(Bytes{1, 2, 1}), Invalid());
  EXPECT_THAT(compile(header().add(section(kTable, 1, {kI32, 0, 0}))), Malformed());
}

}  // namespace
}  // namespace mini_wasm::hostile
