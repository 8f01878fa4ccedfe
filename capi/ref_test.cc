// Objects: their handles, identity, host info, conversions, and how long they live.
#include <gtest/gtest.h>
#include <mini_wasm.h>

#include <array>

#include "capi/test_handles.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

constexpr const char* kModule = R"((module
  (func (export "func") (result i32) (i32.const 1))
  (global (export "global") (mut i32) (i32.const 0))
  (table (export "table") 3 externref)
  (memory (export "memory") 1)
  (func (export "func2") (result i32) (i32.const 2))
  (global (export "extern") (mut externref) (ref.null extern))
  (func (export "get") (result externref) (global.get 1))
  (func (export "set") (param externref) (global.set 1 (local.get 0)))))";

// Two different objects of each kind, in a store of their own.
struct Objects {
  World world;
  Own<wasm_module_t> modules[2] = {world.module(kModule), world.module(kModule)};
  Own<wasm_instance_t> instances[2] = {world.load(kModule), world.load(kModule)};

  template <class T>
  T* exported(const char* name, int which, T* (*as)(wasm_extern_t*)) const {
    return as(mini_wasm_instance_export(instances[which].get(), name));
  }
  wasm_func_t* make(const wasm_func_t*, int which) const { return exported("func", which, wasm_extern_as_func); }
  wasm_global_t* make(const wasm_global_t*, int which) const {
    return exported("global", which, wasm_extern_as_global);
  }
  wasm_table_t* make(const wasm_table_t*, int which) const { return exported("table", which, wasm_extern_as_table); }
  wasm_memory_t* make(const wasm_memory_t*, int which) const {
    return exported("memory", which, wasm_extern_as_memory);
  }
  wasm_extern_t* make(const wasm_extern_t*, int which) const {
    return mini_wasm_instance_export(instances[which].get(), "func");
  }
  wasm_ref_t* make(const wasm_ref_t*, int which) const {
    return wasm_extern_as_ref(make(static_cast<const wasm_extern_t*>(nullptr), which));
  }
  wasm_instance_t* make(const wasm_instance_t*, int which) const { return wasm_instance_copy(instances[which].get()); }
  wasm_module_t* make(const wasm_module_t*, int which) const { return wasm_module_copy(modules[which].get()); }
  wasm_foreign_t* make(const wasm_foreign_t*, int) const { return wasm_foreign_new(world.store.get()); }
  wasm_trap_t* make(const wasm_trap_t*, int) const {
    wasm_message_t message;
    wasm_name_new_from_string_nt(&message, "why");
    wasm_trap_t* trap = wasm_trap_new(world.store.get(), &message);
    wasm_name_delete(&message);
    return trap;
  }
};

// What holds for every kind of object.
#define REF(name)                                                                             \
  TEST(c_refs, name) {                                                                        \
    int replaced = 0, gone = 0;                                                               \
    {                                                                                         \
      const Objects objects;                                                                  \
      const auto object = own(objects.make(static_cast<const wasm_##name##_t*>(nullptr), 0)); \
      const auto other = own(objects.make(static_cast<const wasm_##name##_t*>(nullptr), 1));  \
      ASSERT_NE(object, nullptr);                                                             \
      EXPECT_FALSE(wasm_##name##_same(object.get(), other.get()));                            \
      auto copy = own(wasm_##name##_copy(object.get()));                                      \
      EXPECT_TRUE(wasm_##name##_same(object.get(), copy.get()));                              \
      EXPECT_EQ(wasm_##name##_get_host_info(object.get()), nullptr);                          \
      wasm_##name##_set_host_info(object.get(), &gone);                                       \
      EXPECT_EQ(wasm_##name##_get_host_info(copy.get()), &gone);                              \
      EXPECT_EQ(wasm_##name##_get_host_info(other.get()), nullptr);                           \
      wasm_##name##_set_host_info_with_finalizer(copy.get(), &replaced, count);               \
      EXPECT_EQ(wasm_##name##_get_host_info(object.get()), &replaced);                        \
      wasm_##name##_set_host_info_with_finalizer(object.get(), &gone, count);                 \
      EXPECT_EQ(replaced, 1);                                                                 \
      copy.reset();                                                                           \
      EXPECT_EQ(gone, 0);                                                                     \
      EXPECT_EQ(wasm_##name##_copy(nullptr), nullptr);                                        \
      EXPECT_EQ(wasm_##name##_get_host_info(nullptr), nullptr);                               \
      EXPECT_TRUE(wasm_##name##_same(nullptr, nullptr));                                      \
      EXPECT_FALSE(wasm_##name##_same(object.get(), nullptr));                                \
      wasm_##name##_set_host_info(nullptr, &gone);                                            \
      wasm_##name##_delete(nullptr);                                                          \
    }                                                                                         \
    EXPECT_EQ(gone, 1);                                                                       \
    EXPECT_EQ(replaced, 1);                                                                   \
  }
#include "capi/families.def"

#define REF_KIND(name, test)                                                                          \
  TEST(c_refs, name##_and_ref) {                                                                      \
    const Objects objects;                                                                            \
    const auto object = own(objects.make(static_cast<const wasm_##name##_t*>(nullptr), 0));           \
    wasm_ref_t* const ref = wasm_##name##_as_ref(object.get());                                       \
    EXPECT_EQ(wasm_##name##_as_ref_const(object.get()), ref);                                         \
    EXPECT_EQ(wasm_ref_as_##name(ref), object.get());                                                 \
    EXPECT_EQ(wasm_ref_as_##name##_const(ref), object.get());                                         \
    EXPECT_EQ(wasm_ref_as_##name(nullptr), nullptr);                                                  \
    EXPECT_EQ(wasm_##name##_as_ref(nullptr), nullptr);                                                \
    const auto trap = own(objects.make(static_cast<const wasm_trap_t*>(nullptr), 0));                 \
    const auto foreign = own(objects.make(static_cast<const wasm_foreign_t*>(nullptr), 0));           \
    const bool is_trap = wasm_ref_as_trap(ref) != nullptr;                                            \
    EXPECT_EQ(wasm_ref_as_##name(wasm_trap_as_ref(trap.get())) != nullptr, is_trap);                  \
    const bool is_foreign = wasm_ref_as_foreign(ref) != nullptr;                                      \
    EXPECT_EQ(wasm_ref_as_##name##_const(wasm_foreign_as_ref(foreign.get())) != nullptr, is_foreign); \
  }
#include "capi/families.def"

#define EXTERN(name)                                                                                        \
  TEST(c_refs, name##_and_extern) {                                                                         \
    const Objects objects;                                                                                  \
    const auto object = own(objects.make(static_cast<const wasm_##name##_t*>(nullptr), 0));                 \
    wasm_extern_t* const value = wasm_##name##_as_extern(object.get());                                     \
    EXPECT_EQ(wasm_##name##_as_extern_const(object.get()), value);                                          \
    EXPECT_EQ(wasm_extern_as_##name(value), object.get());                                                  \
    EXPECT_EQ(wasm_extern_as_##name##_const(value), object.get());                                          \
    EXPECT_EQ(wasm_extern_as_##name(nullptr), nullptr);                                                     \
    const int kinds = (wasm_extern_as_func(value) != nullptr) + (wasm_extern_as_global(value) != nullptr) + \
                      (wasm_extern_as_table(value) != nullptr) + (wasm_extern_as_memory(value) != nullptr); \
    EXPECT_EQ(kinds, 1);                                                                                    \
    const auto type = own(wasm_extern_type(value));                                                         \
    EXPECT_EQ(wasm_externtype_kind(type.get()), wasm_extern_kind(value));                                   \
  }
#include "capi/families.def"

TEST(c_refs, every_way_to_an_object_leads_to_the_same) {
  const Objects objects;
  Vec<wasm_extern_vec_t> exports, copy, one;
  wasm_instance_exports(objects.instances[0].get(), &exports);
  ASSERT_EQ(exports.size, 8u);
  EXPECT_TRUE(wasm_extern_same(exports.data[0], export_of(objects.instances[0].get(), "func").get()));
  EXPECT_FALSE(wasm_extern_same(exports.data[0], exports.data[4]));
  wasm_extern_vec_copy(&copy, &exports);
  EXPECT_TRUE(wasm_extern_same(copy.data[3], exports.data[3]));
  wasm_extern_t* elements[] = {wasm_extern_copy(exports.data[1])};
  wasm_extern_vec_new(&one, 1, elements);
  EXPECT_TRUE(wasm_extern_same(one.data[0], exports.data[1]));
  Vec<wasm_extern_vec_t> room;
  wasm_extern_vec_new_uninitialized(&room, 2);
  EXPECT_EQ(room.data[1], nullptr);
  wasm_extern_vec_delete(&room);
  wasm_extern_vec_new_empty(&room);
  EXPECT_EQ(room.size, 0u);
}

// Host info belongs to the object, so it is there when the object comes back although no handle was left.
TEST(c_refs, host_info_stays_without_a_handle) {
  int gone = 0;
  {
    const World world;
    const auto instance = world.load(kModule);
    wasm_extern_t* func = mini_wasm_instance_export(instance.get(), "func");
    wasm_extern_set_host_info_with_finalizer(func, &gone, count);
    wasm_extern_delete(func);
    EXPECT_EQ(gone, 0);
    EXPECT_EQ(wasm_extern_get_host_info(export_of(instance.get(), "func").get()), &gone);
    EXPECT_EQ(wasm_extern_get_host_info(export_of(instance.get(), "func2").get()), nullptr);
  }
  EXPECT_EQ(gone, 1);
}

// --- Lives

TEST(c_lives, objects_outlive_their_store_and_engine) {
  int gone = 0;  // before the handles, because the last of them calls the finalizer
  World world;
  auto instance = world.load(kModule);
  const auto func = export_of(instance.get(), "func");
  const auto memory = export_of(instance.get(), "memory");
  wasm_instance_set_host_info_with_finalizer(instance.get(), &gone, count);
  instance.reset();
  world.store.reset();
  world.engine.reset();
  EXPECT_EQ(gone, 0);
  wasm_val_t result[1];
  const wasm_val_vec_t args = WASM_EMPTY_VEC;
  wasm_val_vec_t results = WASM_ARRAY_VEC(result);
  EXPECT_EQ(wasm_func_call(wasm_extern_as_func(func.get()), &args, &results), nullptr);
  EXPECT_EQ(result[0].of.i32, 1);
  EXPECT_EQ(wasm_memory_data_size(wasm_extern_as_memory(memory.get())), MEMORY_PAGE_SIZE);
}

// The last handle, whatever it is, releases the store.
TEST(c_lives, the_last_handle_releases_the_store) {
  for (int last = 0; last < 3; ++last) {
    int gone = 0;
    World world;
    Own<wasm_instance_t> instance = world.load(kModule);
    wasm_instance_set_host_info_with_finalizer(instance.get(), &gone, count);
    Own<wasm_extern_t> table = export_of(instance.get(), "table");
    for (int i = 0; i < 3; ++i) {
      const int next = (last + 1 + i) % 3;
      EXPECT_EQ(gone, 0);
      if (next == 0) world.store.reset();
      if (next == 1) instance.reset();
      if (next == 2) table.reset();
    }
    EXPECT_EQ(gone, 1) << last;
  }
}

TEST(c_lives, a_foreign_object_goes_with_its_last_handle) {
  const World world;
  int gone = 0;
  auto foreign = own(wasm_foreign_new(world.store.get()));
  wasm_foreign_set_host_info_with_finalizer(foreign.get(), &gone, count);
  auto copy = own(wasm_foreign_copy(foreign.get()));
  foreign.reset();
  EXPECT_EQ(gone, 0);
  copy.reset();
  EXPECT_EQ(gone, 1);
}

TEST(c_lives, a_guest_keeps_a_foreign_object) {
  int gone = 0;
  {
    const World world;
    const auto instance = world.load(kModule);
    {
      const auto foreign = own(wasm_foreign_new(world.store.get()));
      wasm_foreign_set_host_info_with_finalizer(foreign.get(), &gone, count);
      EXPECT_EQ(call(instance.get(), "set", {ref_val(wasm_foreign_as_ref(foreign.get()))}), nullptr);
    }
    mini_wasm_store_collect_garbage(world.store.get());
    EXPECT_EQ(gone, 0);
    {
      const wasm_val_t back = value(instance.get(), "get");
      EXPECT_EQ(wasm_ref_get_host_info(back.of.ref), &gone);
      wasm_ref_delete(back.of.ref);
    }
    EXPECT_EQ(call(instance.get(), "set", {ref_val(nullptr)}), nullptr);
    // A stale copy on the native stack may keep it for some collections; the end of the store does not.
  }
  EXPECT_EQ(gone, 1);
}

TEST(c_lives, a_guest_gives_foreign_objects_back) {
  int gone = 0;
  const World world;
  const auto instance = world.load(kModule);
  constexpr int kMany = 100;
  for (int i = 0; i < kMany; ++i) {
    const auto foreign = own(wasm_foreign_new(world.store.get()));
    wasm_foreign_set_host_info_with_finalizer(foreign.get(), &gone, count);
    EXPECT_EQ(call(instance.get(), "set", {ref_val(wasm_foreign_as_ref(foreign.get()))}), nullptr);
  }
  for (int i = 0; i < 3; ++i) mini_wasm_store_collect_garbage(world.store.get());
  EXPECT_GE(gone, kMany / 2);  // the last one is in the global, and addresses of others may still be on the stack
  EXPECT_LT(gone, kMany);
}

// The same foreign object comes back from wherever a guest has put it.
TEST(c_lives, references_keep_their_identity) {
  const World world;
  const auto instance = world.load(kModule);
  const auto table_export = export_of(instance.get(), "table");
  wasm_table_t* const table = wasm_extern_as_table(table_export.get());
  const auto a = own(wasm_foreign_new(world.store.get())), b = own(wasm_foreign_new(world.store.get()));
  const auto func = export_of(instance.get(), "func");
  wasm_ref_t* const refs[] = {wasm_foreign_as_ref(a.get()), wasm_foreign_as_ref(b.get()),
                              wasm_instance_as_ref(instance.get()), wasm_table_as_ref(table),
                              wasm_extern_as_ref(func.get())};
  for (wasm_ref_t* ref : refs) {
    EXPECT_TRUE(wasm_table_set(table, 1, ref));
    EXPECT_TRUE(wasm_ref_same(own(wasm_table_get(table, 1)).get(), ref));
    EXPECT_EQ(call(instance.get(), "set", {ref_val(ref)}), nullptr);
    const wasm_val_t back = value(instance.get(), "get");
    EXPECT_EQ(back.kind, WASM_EXTERNREF);
    EXPECT_TRUE(wasm_ref_same(back.of.ref, ref));
    wasm_ref_delete(back.of.ref);
  }
}

TEST(c_lives, no_store) {
  EXPECT_EQ(wasm_foreign_new(nullptr), nullptr);
  EXPECT_EQ(wasm_store_new(nullptr), nullptr);
  EXPECT_EQ(wasm_engine_new_with_config(nullptr), nullptr);
  wasm_store_delete(nullptr);
  wasm_engine_delete(nullptr);
  wasm_config_delete(nullptr);
  wasm_config_delete(wasm_config_new());
  const auto engine = own(wasm_engine_new());
  EXPECT_NE(own(wasm_store_new(engine.get())), nullptr);
}

}  // namespace
}  // namespace mini_wasm
