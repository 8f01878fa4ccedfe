// What a module says of itself without being instantiated.
#include <gtest/gtest.h>

#include "spec-tests/support/guest.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;
using ::testing::ElementsAre;

TEST(module, custom_sections_in_their_order) {
  const Engine engine;
  const Module module =
      *Module::compile(engine, wat(R"((module $m (@custom "version" "\01\02") (@custom "" (before first) "x") (func)
        (@custom "version" "later") (@custom "empty")))"));
  std::vector<std::string> names;
  for (const CustomSection& section : module.custom_sections()) names.emplace_back(section.name);
  EXPECT_THAT(names, ElementsAre("", "version", "version", "empty", "name"));
  EXPECT_THAT(*module.custom_section("version"), ElementsAre(1, 2));
  EXPECT_THAT(*module.custom_section(""), ElementsAre('x'));
  EXPECT_TRUE(module.custom_section("empty")->empty());
  EXPECT_FALSE(module.custom_section("vers"));
}

TEST(module, custom_sections_are_valid_as_long_as_a_copy) {
  const Engine engine;
  auto module = std::make_unique<Module>(*Module::compile(engine, wat(R"((module (@custom "a" "text")))")));
  const std::span<const uint8_t> data = *module->custom_section("a");
  const Module copy = *module;
  module.reset();
  EXPECT_THAT(data, ElementsAre('t', 'e', 'x', 't'));
}

TEST(module, imports_and_exports_are_described_without_an_instance) {
  const Engine engine;
  const Module module = *Module::compile(engine, wat(R"((module
    (import "a" "f" (func (param i32) (result f64))) (import "a" "t" (table 1 2 funcref)) (import "b" "tag" (tag (param i64)))
    (memory (export "m") 1 3) (global (export "g") (mut f32) (f32.const 0)) (start $s) (func $s unreachable)))"));
  const std::vector<ImportType> imports = module.imports();
  ASSERT_EQ(imports.size(), 3u);
  EXPECT_EQ(imports[0].module + "." + imports[0].name, "a.f");
  EXPECT_EQ(to_string(imports[0].type.func), "[i32] -> [f64]");
  EXPECT_EQ(imports[1].type.table, (TableType{ValType::funcref, {1, 2}}));
  EXPECT_EQ(imports[2].type.kind, ExternKind::tag);
  EXPECT_EQ(imports[2].type.func.params, std::vector{ValType::i64});
  const std::vector<ExportType> exports = module.exports();
  ASSERT_EQ(exports.size(), 2u);
  EXPECT_EQ(exports[0].type.memory.limits, (Limits{1, 3}));
  EXPECT_EQ(exports[1].type.global, (GlobalType{ValType::f32, true}));
}

TEST(module, from_text) {
  const Engine engine;
  const Result<Module> module =
      Module::from_text(engine, "(module $m (func $div (export \"f\") (i32.div_s (i32.const 1) (i32.const 0)) drop))");
  ASSERT_THAT(module, Succeeds());
  EXPECT_EQ(module->name(), "m");
  Store store(engine);
  const Result<Instance> instance = Instance::make(store, *module, {});
  ASSERT_THAT(instance, Succeeds());
  const auto result = instance->func("f")->call({});
  ASSERT_THAT(result, Traps(TrapCode::integer_divide_by_zero));
  EXPECT_EQ(result.error().backtrace[0].function_name, "div");
}

TEST(module, from_text_says_where_a_text_is_wrong) {
  const Engine engine;
  const Result<Module> wrong = Module::from_text(engine, "(module\n  (func\n    i32.cons 1))");
  ASSERT_THAT(wrong, Fails(ErrorKind::malformed, "3:5: "));
  EXPECT_EQ(wrong.error().offset, Error::kNoOffset);
  EXPECT_THAT(Module::from_text(engine, ""), Succeeds());
  EXPECT_THAT(Module::from_text(engine, "(module"), Fails(ErrorKind::malformed, "1:8: "));
  EXPECT_THAT(Module::from_text(engine, "\xff(module)"), Fails(ErrorKind::malformed, "1:1: "));
  EXPECT_THAT(Module::from_text(engine, std::string(1'000'000, '(')), Fails(ErrorKind::malformed, ""));
  EXPECT_THAT(Module::from_text(engine, "(func (result i32))"), Fails(ErrorKind::invalid, "at offset 0x"));
}

}  // namespace
}  // namespace mini_wasm
