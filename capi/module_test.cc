// Modules, instances, globals, tables, memories, the linker, settings.
#include <gtest/gtest.h>
#include <mini_wasm.h>

#include <cstring>
#include <thread>

#include "capi/test_handles.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

wasm_byte_vec_t bytes_of(const std::vector<uint8_t>& binary) {
  return {binary.size(), reinterpret_cast<char*>(const_cast<uint8_t*>(binary.data()))};
}

constexpr const char* kAllKinds = R"((module $all
  (import "env" "f" (func (param i32) (result i64)))
  (import "env" "g" (global (mut f32)))
  (import "env" "t" (table 1 2 funcref))
  (import "env" "m" (memory 3 4))
  (import "env" "x" (tag (param i32)))
  (export "a" (func 0)) (export "b" (global 0)) (export "c" (table 0)) (export "d" (memory 0)) (export "e" (tag 0))))";

TEST(c_modules, imports_and_exports) {
  const World world;
  const auto module = world.module(kAllKinds);
  Vec<wasm_importtype_vec_t> imports;
  Vec<wasm_exporttype_vec_t> exports;
  wasm_module_imports(module.get(), &imports);
  wasm_module_exports(module.get(), &exports);
  const wasm_externkind_t kinds[] = {WASM_EXTERN_FUNC, WASM_EXTERN_GLOBAL, WASM_EXTERN_TABLE, WASM_EXTERN_MEMORY,
                                     WASM_EXTERN_TAG};
  const char* names = "fgtmx";
  ASSERT_EQ(imports.size, 5u);
  ASSERT_EQ(exports.size, 5u);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(text_of(*wasm_importtype_module(imports.data[i])), "env");
    EXPECT_EQ(text_of(*wasm_importtype_name(imports.data[i])), std::string(1, names[i]));
    EXPECT_EQ(wasm_externtype_kind(wasm_importtype_type(imports.data[i])), kinds[i]);
    EXPECT_EQ(text_of(*wasm_exporttype_name(exports.data[i])), std::string(1, "abcde"[i]));
    EXPECT_EQ(wasm_externtype_kind(wasm_exporttype_type(exports.data[i])), kinds[i]);
  }
  const auto* table = wasm_externtype_as_tabletype_const(wasm_exporttype_type(exports.data[2]));
  EXPECT_EQ(wasm_tabletype_limits(table)->max, 2u);
  EXPECT_EQ(wasm_valtype_kind(wasm_tabletype_element(table)), WASM_FUNCREF);
  const auto* tag = wasm_externtype_as_tagtype_const(wasm_exporttype_type(exports.data[4]));
  EXPECT_EQ(wasm_functype_params(wasm_tagtype_functype(tag))->size, 1u);
  Vec<wasm_byte_vec_t> name;
  mini_wasm_module_name(module.get(), &name);
  EXPECT_EQ(text_of(name), "all");
}

TEST(c_modules, what_is_no_module) {
  const World world;
  std::vector<uint8_t> binary = wat("(module (func (result i32) i32.const 1))");
  wasm_byte_vec_t bytes = bytes_of(binary);
  EXPECT_TRUE(wasm_module_validate(world.store.get(), &bytes));
  binary.back() = 0;
  EXPECT_FALSE(wasm_module_validate(world.store.get(), &bytes));
  EXPECT_EQ(wasm_module_new(world.store.get(), &bytes), nullptr);
  wasm_module_t* module = nullptr;
  const auto trap = own(mini_wasm_module_new(world.store.get(), &bytes, &module));
  EXPECT_EQ(module, nullptr);
  EXPECT_EQ(mini_wasm_trap_kind(trap.get()), MINI_WASM_ERROR_MALFORMED);
  EXPECT_NE(mini_wasm_trap_offset(trap.get()), UINT64_MAX);
  Vec<wasm_byte_vec_t> text;
  mini_wasm_trap_describe(trap.get(), &text);
  EXPECT_NE(text_of(text).find("at offset 0x"), std::string::npos) << text.data;
  EXPECT_EQ(wasm_module_new(world.store.get(), nullptr), nullptr);
  EXPECT_EQ(wasm_module_new(nullptr, &bytes), nullptr);
  EXPECT_FALSE(wasm_module_validate(nullptr, nullptr));
}

TEST(c_modules, text_is_a_module_too) {
  const World world;
  const char text[] = "(module (func (export \"f\") (result i32) (i32.const 7)))";
  Vec<wasm_byte_vec_t> binary;
  ASSERT_EQ(mini_wasm_wat2wasm(text, std::strlen(text), &binary), nullptr);
  EXPECT_TRUE(wasm_module_validate(world.store.get(), &binary));
  const wasm_byte_vec_t as_text = {std::strlen(text), const_cast<char*>(text)};
  wasm_module_t* module = nullptr;
  ASSERT_EQ(mini_wasm_module_new(world.store.get(), &as_text, &module), nullptr);
  wasm_module_delete(module);
  Vec<wasm_byte_vec_t> none;
  const auto trap = own(mini_wasm_wat2wasm("(module (funk))", 15, &none));
  EXPECT_EQ(mini_wasm_trap_kind(trap.get()), MINI_WASM_ERROR_MALFORMED);
  EXPECT_EQ(mini_wasm_trap_offset(trap.get()), 9u);
  EXPECT_EQ(none.data, nullptr);
}

TEST(c_modules, serialized_and_back) {
  const World world;
  const auto module = world.module("(module (func (export \"f\") (result i32) (i32.const 7)))");
  Vec<wasm_byte_vec_t> bytes;
  wasm_module_serialize(module.get(), &bytes);
  ASSERT_GT(bytes.size, 0u);
  const World other;
  const auto again = own(wasm_module_deserialize(other.store.get(), &bytes));
  ASSERT_NE(again, nullptr);
  const auto instance = own(wasm_instance_new(other.store.get(), again.get(), nullptr, nullptr));
  EXPECT_EQ(value(instance.get(), "f").of.i32, 7);
  // Any damage is noticed: a bit of the constant would be a valid module, too.
  for (size_t i = 0; i < bytes.size; ++i) {
    bytes.data[i] = static_cast<char>(bytes.data[i] ^ 1);
    EXPECT_EQ(wasm_module_deserialize(other.store.get(), &bytes), nullptr) << i;
    bytes.data[i] = static_cast<char>(bytes.data[i] ^ 1);
  }
  const wasm_byte_vec_t part = {bytes.size - 1, bytes.data}, begin = {5, bytes.data};
  EXPECT_EQ(wasm_module_deserialize(other.store.get(), &part), nullptr);
  EXPECT_EQ(wasm_module_deserialize(other.store.get(), &begin), nullptr);
  EXPECT_EQ(wasm_module_deserialize(other.store.get(), nullptr), nullptr);
}

TEST(c_modules, shared_with_stores_of_other_threads) {
  World world;
  auto module =
      world.module("(module (func (export \"f\") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))");
  const auto shared = own(wasm_module_share(module.get()));
  module.reset();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const auto store = own(wasm_store_new(world.engine.get()));
      const auto here = own(wasm_module_obtain(store.get(), shared.get()));
      const auto instance = own(wasm_instance_new(store.get(), here.get(), nullptr, nullptr));
      EXPECT_EQ(value(instance.get(), "f", {i32(t)}).of.i32, t + 1);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const World other;  // another engine
  EXPECT_EQ(wasm_module_obtain(other.store.get(), shared.get()), nullptr);
  EXPECT_EQ(wasm_module_share(nullptr), nullptr);
}

// --- Instances

TEST(c_instances, exports_are_in_the_order_of_the_module) {
  const World world;
  const auto instance = world.load(R"((module (memory (export "m") 1) (tag (export "t")) (func (export "f"))
    (global (export "g") i32 (i32.const 1)) (table (export "tab") 1 funcref)))");
  Vec<wasm_extern_vec_t> exports;
  wasm_instance_exports(instance.get(), &exports);
  ASSERT_EQ(exports.size, 5u);
  const wasm_externkind_t kinds[] = {WASM_EXTERN_MEMORY, WASM_EXTERN_TAG, WASM_EXTERN_FUNC, WASM_EXTERN_GLOBAL,
                                     WASM_EXTERN_TABLE};
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(wasm_extern_kind(exports.data[i]), kinds[i]);
    EXPECT_EQ(wasm_externtype_kind(own(wasm_extern_type(exports.data[i])).get()), kinds[i]);
  }
  EXPECT_EQ(export_of(instance.get(), "none"), nullptr);
}

TEST(c_instances, tags_are_imported_and_exported) {
  const World world;
  const auto thrower =
      world.load(R"((module (tag $t (export "t") (param i32)) (func (export "throw") (throw $t (i32.const 9)))))");
  const auto tag = export_of(thrower.get(), "t"), func = export_of(thrower.get(), "throw");
  const auto catcher = world.load(R"((module (import "" "t" (tag $t (param i32))) (import "" "f" (func $f))
    (func (export "f") (result i32) (block $h (result i32) (try_table (catch $t $h) (call $f)) (i32.const 0)))))",
                                  {tag.get(), func.get()});
  EXPECT_EQ(value(catcher.get(), "f").of.i32, 9);
}

TEST(c_instances, what_cannot_be_instantiated) {
  const World world, other;
  const auto module =
      world.module(R"((module (import "a" "b" (func (param i32))) (func $start unreachable) (start $start)))");
  const auto good = world.load(R"((module (func (export "f") (param i32)) (func (export "g"))))");
  const auto foreign = other.load(R"((module (func (export "f") (param i32))))");
  const auto try_with = [&](std::vector<wasm_extern_t*> imports) {
    const wasm_extern_vec_t vec = {imports.size(), imports.data()};
    wasm_trap_t* trap = nullptr;
    EXPECT_EQ(wasm_instance_new(world.store.get(), module.get(), &vec, &trap), nullptr);
    EXPECT_EQ(wasm_instance_new(world.store.get(), module.get(), &vec, nullptr), nullptr);
    return own(trap);
  };
  EXPECT_NE(message_of(try_with({}).get()).find("has 1 imports, but is given 0"), std::string::npos);
  EXPECT_NE(message_of(try_with({nullptr}).get()).find("import 1 is null"), std::string::npos);
  const auto stranger = export_of(foreign.get(), "f");
  EXPECT_NE(message_of(try_with({stranger.get()}).get()).find("belongs to another store"), std::string::npos);
  const auto f = export_of(good.get(), "f"), g = export_of(good.get(), "g");
  EXPECT_EQ(mini_wasm_trap_kind(try_with({g.get()}).get()), MINI_WASM_ERROR_UNLINKABLE);
  const auto start = try_with({f.get()});
  EXPECT_EQ(mini_wasm_trap_code(start.get()), MINI_WASM_TRAP_unreachable);
  EXPECT_EQ(wasm_frame_func_index(own(wasm_trap_origin(start.get())).get()), 1u);
  wasm_trap_t* trap = nullptr;
  EXPECT_EQ(wasm_instance_new(world.store.get(), nullptr, nullptr, &trap), nullptr);
  EXPECT_EQ(mini_wasm_trap_kind(trap), MINI_WASM_ERROR_USAGE);
  wasm_trap_delete(trap);
}

// --- Globals, tables, memories

TEST(c_externs, globals) {
  const World world;
  const wasm_val_t seven = i32(7), eight = i32(8), f64 = WASM_F64_VAL(1);
  const auto type = own(wasm_globaltype_new(wasm_valtype_new_i32(), WASM_VAR));
  const auto constant_type = own(wasm_globaltype_new(wasm_valtype_new_i32(), WASM_CONST));
  const auto global = own(wasm_global_new(world.store.get(), type.get(), &seven));
  const auto constant = own(wasm_global_new(world.store.get(), constant_type.get(), &seven));
  EXPECT_EQ(wasm_global_new(world.store.get(), type.get(), &f64), nullptr);
  wasm_val_t value;
  wasm_global_get(global.get(), &value);
  EXPECT_EQ(value.of.i32, 7);
  wasm_global_set(global.get(), &eight);
  wasm_global_set(global.get(), &f64);  // does not fit
  wasm_global_set(constant.get(), &eight);
  wasm_global_get(global.get(), &value);
  EXPECT_EQ(value.of.i32, 8);
  wasm_global_get(constant.get(), &value);
  EXPECT_EQ(value.of.i32, 7);
  const auto own_type = own(wasm_global_type(constant.get()));
  EXPECT_EQ(wasm_globaltype_mutability(own_type.get()), WASM_CONST);
  const auto ref_type = own(wasm_globaltype_new(wasm_valtype_new_externref(), WASM_VAR));
  const auto foreign = own(wasm_foreign_new(world.store.get()));
  const wasm_val_t ref = ref_val(wasm_foreign_as_ref(foreign.get()));
  const auto ref_global = own(wasm_global_new(world.store.get(), ref_type.get(), &ref));
  wasm_global_get(ref_global.get(), &value);
  EXPECT_TRUE(wasm_ref_same(value.of.ref, ref.of.ref));
  wasm_val_delete(&value);
}

TEST(c_externs, tables) {
  const World world;
  const wasm_limits_t limits = {2, 4};
  const auto type = own(wasm_tabletype_new(wasm_valtype_new_funcref(), &limits));
  const auto instance = world.load(R"((module (func (export "f"))))");
  const auto func = export_of(instance.get(), "f");
  wasm_ref_t* const ref = wasm_extern_as_ref(func.get());
  const auto table = own(wasm_table_new(world.store.get(), type.get(), ref));
  EXPECT_EQ(wasm_table_size(table.get()), 2u);
  EXPECT_TRUE(wasm_ref_same(own(wasm_table_get(table.get(), 1)).get(), ref));
  EXPECT_TRUE(wasm_table_set(table.get(), 1, nullptr));
  EXPECT_EQ(wasm_table_get(table.get(), 1), nullptr);
  EXPECT_FALSE(wasm_table_set(table.get(), 2, ref));
  EXPECT_EQ(wasm_table_get(table.get(), 2), nullptr);
  EXPECT_TRUE(wasm_table_grow(table.get(), 2, ref));
  EXPECT_FALSE(wasm_table_grow(table.get(), 1, ref));
  EXPECT_EQ(wasm_table_size(table.get()), 4u);
  EXPECT_TRUE(wasm_ref_same(own(wasm_table_get(table.get(), 3)).get(), ref));
  const auto foreign = own(wasm_foreign_new(world.store.get()));
  EXPECT_FALSE(wasm_table_set(table.get(), 0, wasm_foreign_as_ref(foreign.get())));
  EXPECT_EQ(wasm_table_new(world.store.get(), type.get(), wasm_foreign_as_ref(foreign.get())), nullptr);
  const auto own_type = own(wasm_table_type(table.get()));
  EXPECT_EQ(wasm_tabletype_limits(own_type.get())->min, 4u);
  EXPECT_EQ(wasm_tabletype_limits(own_type.get())->max, 4u);
  const auto number = own(wasm_tabletype_new(wasm_valtype_new_i32(), &limits));
  EXPECT_EQ(wasm_table_new(world.store.get(), number.get(), nullptr), nullptr);
}

TEST(c_externs, memories) {
  const World world;
  const wasm_limits_t limits = {1, 3}, wrong = {3, 1};
  const auto type = own(wasm_memorytype_new(&limits));
  const auto memory = own(wasm_memory_new(world.store.get(), type.get()));
  EXPECT_EQ(wasm_memory_size(memory.get()), 1u);
  EXPECT_EQ(wasm_memory_data_size(memory.get()), MEMORY_PAGE_SIZE);
  wasm_memory_data(memory.get())[5] = 'x';
  EXPECT_TRUE(wasm_memory_grow(memory.get(), 2));
  EXPECT_FALSE(wasm_memory_grow(memory.get(), 1));
  EXPECT_EQ(wasm_memory_size(memory.get()), 3u);
  EXPECT_EQ(wasm_memory_data(memory.get())[5], 'x');
  EXPECT_EQ(wasm_memorytype_limits(own(wasm_memory_type(memory.get())).get())->min, 3u);
  EXPECT_EQ(wasm_memory_new(world.store.get(), own(wasm_memorytype_new(&wrong)).get()), nullptr);
  EXPECT_EQ(wasm_memory_data(nullptr), nullptr);
}

// --- The linker

TEST(c_linker, finds_imports_by_name) {
  World world;
  auto linker = own(mini_wasm_linker_new(world.store.get()));
  const auto library = world.load(R"((module (func (export "two") (result i32) (i32.const 2))))");
  EXPECT_EQ(mini_wasm_linker_define_instance(linker.get(), "lib", library.get()), nullptr);
  const auto func = export_of(library.get(), "two");
  EXPECT_EQ(mini_wasm_linker_define(linker.get(), "other", "name", func.get()), nullptr);
  EXPECT_TRUE(wasm_extern_same(own(mini_wasm_linker_get(linker.get(), "lib", "two")).get(), func.get()));
  EXPECT_EQ(mini_wasm_linker_get(linker.get(), "lib", "three"), nullptr);
  const auto module = world.module(R"((module (import "lib" "two" (func $a (result i32)))
    (import "other" "name" (func $b (result i32))) (func (export "f") (result i32) (i32.add (call $a) (call $b)))))");
  wasm_instance_t* made = nullptr;
  ASSERT_EQ(mini_wasm_linker_instantiate(linker.get(), module.get(), &made), nullptr);
  EXPECT_EQ(value(made, "f").of.i32, 4);
  wasm_instance_delete(made);
  made = nullptr;
  const auto lacking = world.module(R"((module (import "x" "y" (func))))");
  const auto trap = own(mini_wasm_linker_instantiate(linker.get(), lacking.get(), &made));
  EXPECT_EQ(made, nullptr);
  EXPECT_NE(message_of(trap.get()).find("unknown import: "), std::string::npos);
  const World stranger;
  const auto foreign = stranger.load(R"((module (func (export "f"))))");
  EXPECT_EQ(mini_wasm_trap_kind(
                own(mini_wasm_linker_define(linker.get(), "a", "b", export_of(foreign.get(), "f").get())).get()),
            MINI_WASM_ERROR_USAGE);
  EXPECT_EQ(mini_wasm_trap_kind(own(mini_wasm_linker_define_instance(linker.get(), "a", foreign.get())).get()),
            MINI_WASM_ERROR_USAGE);
  EXPECT_EQ(mini_wasm_linker_new(nullptr), nullptr);
  mini_wasm_linker_delete(nullptr);
}

// --- Settings and limits

TEST(c_settings, a_feature_that_is_off) {
  wasm_config_t* const config = wasm_config_new();
  EXPECT_TRUE(mini_wasm_config_set_feature(config, "simd", false));
  EXPECT_FALSE(mini_wasm_config_set_feature(config, "no such feature", true));
  EXPECT_TRUE(mini_wasm_config_set_tier(config, MINI_WASM_TIER_INTERPRETER));
  EXPECT_FALSE(mini_wasm_config_set_tier(config, 9));
  const auto engine = own(wasm_engine_new_with_config(config));
  const auto store = own(wasm_store_new(engine.get()));
  const auto binary = wat("(module (func (param v128)))");
  const wasm_byte_vec_t bytes = bytes_of(binary);
  EXPECT_FALSE(wasm_module_validate(store.get(), &bytes));
}

// Each setting can be set, and the engine works with it.
TEST(c_settings, every_other_setting) {
  wasm_config_t* const config = wasm_config_new();
  mini_wasm_config_set_hot_after(config, 3);
  mini_wasm_config_set_eager(config, true);
  mini_wasm_config_set_lazy_validation(config, false);
  mini_wasm_config_set_guard_pages(config, false);
  mini_wasm_config_set_stack_size(config, 1 << 16);
  mini_wasm_config_set_max_host_depth(config, 5);
  mini_wasm_config_set_speculation_guards(config, true);
  mini_wasm_config_set_pool_size(config, 1);
  mini_wasm_config_set_pool_bytes(config, 1 << 20);
  mini_wasm_config_set_cache_bytes(config, 1 << 20);
  mini_wasm_config_set_gc_stress(config, true);
  EXPECT_TRUE(mini_wasm_config_set_cache_dir(config, ""));
  EXPECT_TRUE(mini_wasm_config_set_cache_key_file(config, nullptr));
  EXPECT_FALSE(mini_wasm_config_set_cache_dir(nullptr, ""));
  const auto engine = own(wasm_engine_new_with_config(config));
  World world;
  world.store = own(wasm_store_new(engine.get()));
  // The stack is small: recursion ends soon.
  const auto instance = world.load(R"((module (func $f (export "f") (param i32) (result i32)
    (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 0))))))");
  EXPECT_EQ(value(instance.get(), "f", {i32(100)}).of.i32, 100);
  EXPECT_EQ(mini_wasm_trap_code(call(instance.get(), "f", {i32(100000)}).get()), MINI_WASM_TRAP_call_stack_exhausted);
  EXPECT_STREQ(mini_wasm_version(), MINI_WASM_VERSION);
}

TEST(c_settings, limits_of_a_store) {
  const auto engine = own(wasm_engine_new());
  mini_wasm_limits_t limits;
  mini_wasm_limits_init(&limits);
  EXPECT_EQ(limits.memory_bytes, UINT64_MAX);
  EXPECT_EQ(limits.tables, UINT32_MAX);
  limits.memory_bytes = 2 * MEMORY_PAGE_SIZE;
  limits.instances = 1;
  World world;
  world.store = own(mini_wasm_store_new(engine.get(), &limits));
  const auto instance = world.load(R"((module (memory (export "m") 1)))");
  EXPECT_EQ(mini_wasm_store_used_bytes(world.store.get()), MEMORY_PAGE_SIZE);
  const auto memory = export_of(instance.get(), "m");
  EXPECT_TRUE(wasm_memory_grow(wasm_extern_as_memory(memory.get()), 1));
  EXPECT_FALSE(wasm_memory_grow(wasm_extern_as_memory(memory.get()), 1));
  wasm_trap_t* trap = nullptr;
  EXPECT_EQ(wasm_instance_new(world.store.get(), world.module("(module)").get(), nullptr, &trap), nullptr);
  EXPECT_EQ(mini_wasm_trap_kind(trap), MINI_WASM_ERROR_LIMIT);
  wasm_trap_delete(trap);
  EXPECT_EQ(mini_wasm_store_new(nullptr, &limits), nullptr);
}

}  // namespace
}  // namespace mini_wasm
