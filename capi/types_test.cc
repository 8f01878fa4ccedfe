// Descriptions of types, and the vectors of everything.
#include <gtest/gtest.h>
#include <mini_wasm.h>

#include "capi/test_handles.h"

// A test asks for more elements than there is memory for. AddressSanitizer ends the process then, unless it is told not to.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

Own<wasm_functype_t> some_functype() {
  return own(wasm_functype_new_2_1(wasm_valtype_new_i32(), wasm_valtype_new_f64(), wasm_valtype_new_externref()));
}

// One of each type that there are vectors of.
wasm_valtype_t* make(const wasm_valtype_t*) { return wasm_valtype_new_i64(); }
wasm_functype_t* make(const wasm_functype_t*) { return some_functype().release(); }
wasm_globaltype_t* make(const wasm_globaltype_t*) { return wasm_globaltype_new(wasm_valtype_new_f32(), WASM_VAR); }
wasm_tabletype_t* make(const wasm_tabletype_t*) {
  const wasm_limits_t limits = {1, 2};
  return wasm_tabletype_new(wasm_valtype_new_funcref(), &limits);
}
wasm_memorytype_t* make(const wasm_memorytype_t*) {
  const wasm_limits_t limits = {1, wasm_limits_max_default};
  return wasm_memorytype_new(&limits);
}
wasm_tagtype_t* make(const wasm_tagtype_t*) { return wasm_tagtype_new(wasm_functype_new_1_0(wasm_valtype_new_i32())); }
wasm_externtype_t* make(const wasm_externtype_t*) {
  return wasm_globaltype_as_externtype(make(static_cast<const wasm_globaltype_t*>(nullptr)));
}
wasm_importtype_t* make(const wasm_importtype_t*) {
  wasm_name_t module, name;
  wasm_name_new_from_string(&module, "env");
  wasm_name_new_from_string(&name, "a name");
  return wasm_importtype_new(&module, &name, make(static_cast<const wasm_externtype_t*>(nullptr)));
}
wasm_exporttype_t* make(const wasm_exporttype_t*) {
  wasm_name_t name;
  wasm_name_new_from_string(&name, "a name");
  return wasm_exporttype_new(&name, make(static_cast<const wasm_externtype_t*>(nullptr)));
}

TEST(c_types, value_types_have_their_kinds) {
  for (const wasm_valkind_t kind : {WASM_I32, WASM_I64, WASM_F32, WASM_F64, WASM_EXTERNREF, WASM_FUNCREF}) {
    const auto type = own(wasm_valtype_new(kind));
    EXPECT_EQ(wasm_valtype_kind(type.get()), kind);
    EXPECT_EQ(wasm_valtype_is_num(type.get()), kind < WASM_EXTERNREF);
    EXPECT_EQ(wasm_valtype_is_ref(type.get()), kind >= WASM_EXTERNREF);
    EXPECT_EQ(wasm_valkind_is_num(kind), !wasm_valkind_is_ref(kind));
    const auto copy = own(wasm_valtype_copy(type.get()));
    EXPECT_NE(copy.get(), type.get());
    EXPECT_EQ(wasm_valtype_kind(copy.get()), kind);
  }
  for (const wasm_valkind_t kind : {MINI_WASM_V128, MINI_WASM_ANYREF, MINI_WASM_EXNREF}) {
    EXPECT_EQ(wasm_valtype_kind(own(wasm_valtype_new(kind)).get()), kind);
  }
  EXPECT_EQ(wasm_valtype_new(5), nullptr);
  EXPECT_EQ(wasm_valtype_new(255), nullptr);
  const wasm_valkind_t short_forms[] = {wasm_valtype_kind(own(wasm_valtype_new_i32()).get()),
                                        wasm_valtype_kind(own(wasm_valtype_new_i64()).get()),
                                        wasm_valtype_kind(own(wasm_valtype_new_f32()).get()),
                                        wasm_valtype_kind(own(wasm_valtype_new_f64()).get()),
                                        wasm_valtype_kind(own(wasm_valtype_new_externref()).get()),
                                        wasm_valtype_kind(own(wasm_valtype_new_funcref()).get())};
  EXPECT_EQ(std::vector<wasm_valkind_t>(std::begin(short_forms), std::end(short_forms)),
            std::vector<wasm_valkind_t>({WASM_I32, WASM_I64, WASM_F32, WASM_F64, WASM_EXTERNREF, WASM_FUNCREF}));
}

TEST(c_types, function_types_have_parameters_and_results) {
  const auto type = some_functype();
  for (const auto& func : {type.get(), own(wasm_functype_copy(type.get())).release()}) {
    const wasm_valtype_vec_t& params = *wasm_functype_params(func);
    ASSERT_EQ(params.size, 2u);
    EXPECT_EQ(wasm_valtype_kind(params.data[0]), WASM_I32);
    EXPECT_EQ(wasm_valtype_kind(params.data[1]), WASM_F64);
    ASSERT_EQ(wasm_functype_results(func)->size, 1u);
    EXPECT_EQ(wasm_valtype_kind(wasm_functype_results(func)->data[0]), WASM_EXTERNREF);
    if (func != type.get()) wasm_functype_delete(func);
  }
}

TEST(c_types, function_types_with_a_missing_type_are_none) {
  EXPECT_EQ(wasm_functype_new_1_1(nullptr, wasm_valtype_new_i32()), nullptr);
  EXPECT_EQ(wasm_functype_new_2_0(wasm_valtype_new_i32(), wasm_valtype_new(77)), nullptr);
}

// Every short form has as many parameters and results as its name says, in their order.
TEST(c_types, short_forms_of_function_types) {
  const auto p = [] { return wasm_valtype_new_i32(); };
  const auto q = [] { return wasm_valtype_new_i64(); };
  const auto s = [] { return wasm_valtype_new_f32(); };
  const auto r = [] { return wasm_valtype_new_f64(); };
  const auto t = [] { return wasm_valtype_new_funcref(); };
  const struct {
    Own<wasm_functype_t> type;
    size_t params, results;
  } forms[] = {
      {own(wasm_functype_new_0_0()), 0, 0},
      {own(wasm_functype_new_1_0(p())), 1, 0},
      {own(wasm_functype_new_2_0(p(), q())), 2, 0},
      {own(wasm_functype_new_3_0(p(), q(), s())), 3, 0},
      {own(wasm_functype_new_0_1(r())), 0, 1},
      {own(wasm_functype_new_1_1(p(), r())), 1, 1},
      {own(wasm_functype_new_2_1(p(), q(), r())), 2, 1},
      {own(wasm_functype_new_3_1(p(), q(), s(), r())), 3, 1},
      {own(wasm_functype_new_0_2(r(), t())), 0, 2},
      {own(wasm_functype_new_1_2(p(), r(), t())), 1, 2},
      {own(wasm_functype_new_2_2(p(), q(), r(), t())), 2, 2},
      {own(wasm_functype_new_3_2(p(), q(), s(), r(), t())), 3, 2},
  };
  const wasm_valkind_t params[] = {WASM_I32, WASM_I64, WASM_F32}, results[] = {WASM_F64, WASM_FUNCREF};
  for (const auto& form : forms) {
    ASSERT_EQ(wasm_functype_params(form.type.get())->size, form.params);
    ASSERT_EQ(wasm_functype_results(form.type.get())->size, form.results);
    for (size_t i = 0; i < form.params; ++i) {
      EXPECT_EQ(wasm_valtype_kind(wasm_functype_params(form.type.get())->data[i]), params[i]);
    }
    for (size_t i = 0; i < form.results; ++i) {
      EXPECT_EQ(wasm_valtype_kind(wasm_functype_results(form.type.get())->data[i]), results[i]);
    }
  }
}

TEST(c_types, global_types) {
  for (const wasm_mutability_t mutability : {WASM_CONST, WASM_VAR}) {
    const auto type = own(wasm_globaltype_new(wasm_valtype_new_i64(), mutability));
    const auto copy = own(wasm_globaltype_copy(type.get()));
    for (const wasm_globaltype_t* global : {type.get(), copy.get()}) {
      EXPECT_EQ(wasm_valtype_kind(wasm_globaltype_content(global)), WASM_I64);
      EXPECT_EQ(wasm_globaltype_mutability(global), mutability);
    }
  }
  EXPECT_EQ(wasm_globaltype_new(nullptr, WASM_VAR), nullptr);
}

TEST(c_types, table_and_memory_types) {
  const wasm_limits_t limits = {3, 5}, open = {7, wasm_limits_max_default};
  const auto table = own(wasm_tabletype_new(wasm_valtype_new_externref(), &limits));
  const auto table_copy = own(wasm_tabletype_copy(table.get()));
  for (const wasm_tabletype_t* type : {table.get(), table_copy.get()}) {
    EXPECT_EQ(wasm_valtype_kind(wasm_tabletype_element(type)), WASM_EXTERNREF);
    EXPECT_EQ(wasm_tabletype_limits(type)->min, 3u);
    EXPECT_EQ(wasm_tabletype_limits(type)->max, 5u);
  }
  const auto memory = own(wasm_memorytype_new(&open));
  const auto memory_copy = own(wasm_memorytype_copy(memory.get()));
  for (const wasm_memorytype_t* type : {memory.get(), memory_copy.get()}) {
    EXPECT_EQ(wasm_memorytype_limits(type)->min, 7u);
    EXPECT_EQ(wasm_memorytype_limits(type)->max, wasm_limits_max_default);
  }
  EXPECT_EQ(wasm_tabletype_new(nullptr, &limits), nullptr);
  EXPECT_EQ(wasm_tabletype_new(wasm_valtype_new_externref(), nullptr), nullptr);
  EXPECT_EQ(wasm_memorytype_new(nullptr), nullptr);
}

TEST(c_types, tag_types) {
  const auto type = own(wasm_tagtype_new(wasm_functype_new_1_0(wasm_valtype_new_f64())));
  const auto copy = own(wasm_tagtype_copy(type.get()));
  for (const wasm_tagtype_t* tag : {type.get(), copy.get()}) {
    EXPECT_EQ(wasm_valtype_kind(wasm_functype_params(wasm_tagtype_functype(tag))->data[0]), WASM_F64);
  }
}

// The conversions of one type: the same object there and back, and nothing for a type of another kind.
#define EXTERN_TYPE(name, number)                                                                        \
  TEST(c_externtypes, name) {                                                                            \
    const auto type = own(make(static_cast<const wasm_##name##_t*>(nullptr)));                           \
    wasm_externtype_t* const as_extern = wasm_##name##_as_externtype(type.get());                        \
    EXPECT_EQ(wasm_externtype_kind(as_extern), number);                                                  \
    EXPECT_EQ(wasm_externtype_as_##name(as_extern), type.get());                                         \
    EXPECT_EQ(wasm_##name##_as_externtype_const(type.get()), as_extern);                                 \
    EXPECT_EQ(wasm_externtype_as_##name##_const(as_extern), type.get());                                 \
    const auto copy = own(wasm_externtype_copy(as_extern));                                              \
    EXPECT_EQ(wasm_externtype_kind(copy.get()), number);                                                 \
    EXPECT_NE(wasm_externtype_as_##name(copy.get()), nullptr);                                           \
    EXPECT_EQ(wasm_externtype_as_functype(copy.get()) != nullptr, number == WASM_EXTERN_FUNC);           \
    EXPECT_EQ(wasm_externtype_as_globaltype(copy.get()) != nullptr, number == WASM_EXTERN_GLOBAL);       \
    EXPECT_EQ(wasm_externtype_as_tabletype_const(copy.get()) != nullptr, number == WASM_EXTERN_TABLE);   \
    EXPECT_EQ(wasm_externtype_as_memorytype_const(copy.get()) != nullptr, number == WASM_EXTERN_MEMORY); \
    EXPECT_EQ(wasm_externtype_as_tagtype(copy.get()) != nullptr, number == WASM_EXTERN_TAG);             \
    EXPECT_EQ(wasm_externtype_as_##name(nullptr), nullptr);                                              \
  }
#include "capi/families.def"

TEST(c_types, imports_and_exports_have_names_and_types) {
  const auto import = own(make(static_cast<const wasm_importtype_t*>(nullptr)));
  const auto import_copy = own(wasm_importtype_copy(import.get()));
  for (const wasm_importtype_t* type : {import.get(), import_copy.get()}) {
    EXPECT_EQ(text_of(*wasm_importtype_module(type)), "env");
    EXPECT_EQ(text_of(*wasm_importtype_name(type)), "a name");
    EXPECT_EQ(wasm_externtype_kind(wasm_importtype_type(type)), WASM_EXTERN_GLOBAL);
  }
  const auto exported = own(make(static_cast<const wasm_exporttype_t*>(nullptr)));
  const auto export_copy = own(wasm_exporttype_copy(exported.get()));
  for (const wasm_exporttype_t* type : {exported.get(), export_copy.get()}) {
    EXPECT_EQ(text_of(*wasm_exporttype_name(type)), "a name");
    EXPECT_EQ(wasm_externtype_kind(wasm_exporttype_type(type)), WASM_EXTERN_GLOBAL);
  }
}

TEST(c_types, what_a_failed_import_type_was_given_is_released) {
  wasm_name_t module, name;
  wasm_name_new_from_string(&module, "a long name that needs memory of its own");
  wasm_name_new_from_string(&name, "another one");
  EXPECT_EQ(wasm_importtype_new(&module, &name, nullptr), nullptr);
  wasm_name_new_from_string(&name, "another one");
  EXPECT_EQ(wasm_exporttype_new(&name, nullptr), nullptr);
}

// --- Vectors

TEST(c_vectors, names) {
  wasm_name_t name;
  wasm_name_new_from_string(&name, "abc");
  EXPECT_EQ(name.size, 3u);
  wasm_name_t copy;
  wasm_name_copy(&copy, &name);
  EXPECT_NE(copy.data, name.data);
  EXPECT_EQ(text_of(copy), "abc");
  wasm_name_delete(&copy);
  EXPECT_EQ(copy.data, nullptr);
  wasm_name_delete(&name);
  wasm_name_new_from_string_nt(&name, "abc");
  EXPECT_EQ(name.size, 4u);
  EXPECT_EQ(name.data[3], '\0');
  wasm_name_delete(&name);
  wasm_name_new_uninitialized(&name, 5);
  EXPECT_EQ(name.size, 5u);
  wasm_name_delete(&name);
  wasm_name_new_empty(&name);
  EXPECT_EQ(name.size, 0u);
  wasm_byte_vec_copy(&copy, &name);
  EXPECT_EQ(copy.size, 0u);
  wasm_byte_vec_delete(&copy);
}

TEST(c_vectors, more_than_any_memory_holds_is_empty) {
  wasm_byte_vec_t bytes;
  wasm_byte_vec_new_uninitialized(&bytes, SIZE_MAX);
  EXPECT_EQ(bytes.size, 0u);
  EXPECT_EQ(bytes.data, nullptr);
  wasm_valtype_vec_t types;
  wasm_valtype_vec_new_uninitialized(&types, SIZE_MAX / 4);
  EXPECT_EQ(types.size, 0u);
}

// The five functions of one vector.
#define TYPE(name)                                                                 \
  TEST(c_vectors, name) {                                                          \
    wasm_##name##_t* elements[2] = {make(static_cast<wasm_##name##_t*>(nullptr)),  \
                                    make(static_cast<wasm_##name##_t*>(nullptr))}; \
    Vec<wasm_##name##_vec_t> vec, copy, room;                                      \
    wasm_##name##_vec_new(&vec, 2, elements);                                      \
    ASSERT_EQ(vec.size, 2u);                                                       \
    EXPECT_EQ(vec.data[1], elements[1]);                                           \
    wasm_##name##_vec_copy(&copy, &vec);                                           \
    ASSERT_EQ(copy.size, 2u);                                                      \
    EXPECT_NE(copy.data[1], vec.data[1]);                                          \
    wasm_##name##_vec_new_uninitialized(&room, 3);                                 \
    ASSERT_EQ(room.size, 3u);                                                      \
    EXPECT_EQ(room.data[2], nullptr);                                              \
    room.data[0] = wasm_##name##_copy(elements[0]); /* only a part is filled */    \
    Vec<wasm_##name##_vec_t> none;                                                 \
    none.size = 5;                                                                 \
    wasm_##name##_vec_new_empty(&none);                                            \
    EXPECT_EQ(none.size, 0u);                                                      \
    EXPECT_EQ(none.data, nullptr);                                                 \
    wasm_##name##_vec_delete(&copy);                                               \
    EXPECT_EQ(copy.size, 0u);                                                      \
    wasm_##name##_vec_delete(nullptr);                                             \
    wasm_##name##_delete(nullptr);                                                 \
    EXPECT_EQ(wasm_##name##_copy(nullptr), nullptr);                               \
  }
#include "capi/families.def"

TEST(c_vectors, values_own_their_references) {
  const World world;
  int finalized = 0;
  wasm_foreign_t* const foreign = wasm_foreign_new(world.store.get());
  wasm_foreign_set_host_info_with_finalizer(foreign, &finalized, count);
  {
    const wasm_val_t values[] = {i32(1), ref_val(wasm_foreign_as_ref(foreign))};  // takes `foreign` over
    Vec<wasm_val_vec_t> vec, copy, room;
    wasm_val_vec_new(&vec, 2, values);
    wasm_val_vec_copy(&copy, &vec);
    ASSERT_EQ(copy.size, 2u);
    EXPECT_EQ(copy.data[0].of.i32, 1);
    EXPECT_TRUE(wasm_ref_same(copy.data[1].of.ref, vec.data[1].of.ref));
    wasm_val_vec_new_uninitialized(&room, 2);
    EXPECT_EQ(room.data[1].kind, WASM_I32);
    Vec<wasm_val_vec_t> none;
    wasm_val_vec_new_empty(&none);
    wasm_val_vec_delete(&vec);
    EXPECT_EQ(finalized, 0);
    wasm_val_t value = i32(0);
    wasm_val_copy(&value, &copy.data[1]);
    wasm_val_delete(&copy.data[1]);
    EXPECT_EQ(finalized, 0);
    wasm_val_delete(&value);
    EXPECT_EQ(value.of.ref, nullptr);
  }
  EXPECT_EQ(finalized, 1);
}

TEST(c_vectors, values_that_are_pointers) {
  int number = 0;
  wasm_val_t value;
  wasm_val_init_ptr(&value, &number);
  EXPECT_TRUE(wasm_valkind_is_num(value.kind));
  EXPECT_EQ(wasm_val_ptr(&value), &number);
}

TEST(c_vectors, literals_and_arrays) {
  wasm_val_t values[] = {WASM_I32_VAL(1), WASM_I64_VAL(2),       WASM_F32_VAL(3),
                         WASM_F64_VAL(4), WASM_REF_VAL(nullptr), WASM_INIT_VAL};
  const wasm_val_vec_t vec = WASM_ARRAY_VEC(values);
  const wasm_val_vec_t empty = WASM_EMPTY_VEC;
  EXPECT_EQ(vec.size, 6u);
  EXPECT_EQ(vec.data[3].of.f64, 4);
  EXPECT_EQ(empty.size, 0u);
}

// --- Nothing

TEST(c_types, of_nothing) {
  EXPECT_EQ(wasm_functype_params(nullptr), nullptr);
  EXPECT_EQ(wasm_functype_results(nullptr), nullptr);
  EXPECT_EQ(wasm_globaltype_content(nullptr), nullptr);
  EXPECT_EQ(wasm_globaltype_mutability(nullptr), WASM_CONST);
  EXPECT_EQ(wasm_tabletype_element(nullptr), nullptr);
  EXPECT_EQ(wasm_tabletype_limits(nullptr), nullptr);
  EXPECT_EQ(wasm_memorytype_limits(nullptr), nullptr);
  EXPECT_EQ(wasm_tagtype_functype(nullptr), nullptr);
  EXPECT_EQ(wasm_tagtype_new(nullptr), nullptr);
  EXPECT_EQ(wasm_importtype_module(nullptr), nullptr);
  EXPECT_EQ(wasm_importtype_name(nullptr), nullptr);
  EXPECT_EQ(wasm_importtype_type(nullptr), nullptr);
  EXPECT_EQ(wasm_exporttype_name(nullptr), nullptr);
  EXPECT_EQ(wasm_exporttype_type(nullptr), nullptr);
}

}  // namespace
}  // namespace mini_wasm
