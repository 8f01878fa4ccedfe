// Fields, elements, bulk operations, casts.
#include "runtime/gc/ops.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>

#include "runtime/gc/test_support.h"

namespace mini_wasm::runtime::gc {
namespace {

// The number of 4 KiB pages that have memory, counted between the first and the last page that lie completely in the
// elements.
ptrdiff_t resident_pages(Object* array, uint64_t bytes) {
  constexpr uintptr_t kPage = 4096;
  const uintptr_t begin = (reinterpret_cast<uintptr_t>(elements(array)) + kPage) / kPage * kPage;
  std::vector<unsigned char> resident(bytes / kPage - 1);
  EXPECT_EQ(mincore(reinterpret_cast<void*>(begin), resident.size() * kPage, resident.data()), 0);
  return std::count_if(resident.begin(), resident.end(), [](unsigned char page) { return (page & 1) != 0; });
}

TEST(gc_i31, drops_the_topmost_bit) {
  EXPECT_EQ(i31_get_s(ref_i31(5)), 5);
  EXPECT_EQ(i31_get_s(ref_i31(0xffff'ffff)), -1);
  EXPECT_EQ(i31_get_u(ref_i31(0xffff'ffff)), 0x7fff'ffffu);
  EXPECT_EQ(i31_get_s(ref_i31(0x4000'0000)), -0x4000'0000);
  EXPECT_EQ(i31_get_u(ref_i31(0x8000'0000)), 0u);
  EXPECT_NE(ref_i31(0), kNull);
  EXPECT_TRUE(ref_eq(ref_i31(0x8000'0001), ref_i31(1)));
}

TEST(gc_struct, takes_its_fields_from_slots) {
  GcTest t;
  const TypeLayout& layout = t.struct_of(
      {packed_i8(), packed_i16(), field(ValType::i32), field(ValType::v128), field(ValType::f64), kAnyField});
  const Slot operands[] = {0xabcd'ff80, 0x1234'8001, 0xffff'ffff'8000'0000, 1, 2, 0x7ff8'0000'0000'0000, ref_i31(9)};
  Object* object = struct_new(t.store, layout, operands);
  Slot out[2] = {};
  field_get(object, layout.fields[0], false, out);
  EXPECT_EQ(out[0], 0x80u);
  field_get(object, layout.fields[0], true, out);
  EXPECT_EQ(static_cast<uint32_t>(out[0]), 0xffff'ff80u);
  field_get(object, layout.fields[1], false, out);
  EXPECT_EQ(out[0], 0x8001u);
  field_get(object, layout.fields[1], true, out);
  EXPECT_EQ(static_cast<uint32_t>(out[0]), 0xffff'8001u);
  field_get(object, layout.fields[2], false, out);
  EXPECT_EQ(out[0], 0x8000'0000u);
  field_get(object, layout.fields[3], false, out);
  EXPECT_EQ(out[0], 1u);
  EXPECT_EQ(out[1], 2u);
  EXPECT_EQ(field_get<uint64_t>(object, layout.fields[4].offset), 0x7ff8'0000'0000'0000u);
  EXPECT_EQ(i31_get_s(ref_field(object, 5)), 9);
  EXPECT_EQ(field_get<int8_t>(object, layout.fields[0].offset), -128);
}

TEST(gc_array, a_huge_one_of_zeros_has_no_memory_before_it_is_written) {
  constexpr uint32_t kBytes = 64 << 20;
  constexpr ptrdiff_t kPages = kBytes / 4096;
  const Slot zero[] = {0, 0};
  const Slot upper_half[] = {0, 1};
  for (const FieldType& type : {packed_i8(), field(ValType::i64), kAnyField, field(ValType::v128)}) {
    GcTest fresh;  // no object has died here whose memory would have to be cleared
    const TypeLayout& layout = fresh.array_of(type);
    Object* array = array_new(fresh.store, layout, kBytes >> layout.element_log2, zero);
    ASSERT_NE(array, nullptr);
    EXPECT_LT(resident_pages(array, kBytes), kPages / 10);
  }
  GcTest t;
  Object* vectors = array_new(t.store, t.array_of(field(ValType::v128)), kBytes / 16, upper_half);
  EXPECT_GE(resident_pages(vectors, kBytes), kPages - 2);
}

TEST(gc_array, every_storage_goes_in_and_comes_out) {
  GcTest t;
  struct Case {
    FieldType type;
    Slot mask;
  };
  const Case cases[] = {{packed_i8(), 0xff},
                        {packed_i16(), 0xffff},
                        {field(ValType::i32), 0xffff'ffff},
                        {field(ValType::i64), ~Slot{0}},
                        {field(ValType::v128), ~Slot{0}}};
  for (const Case& c : cases) {
    const Slot values[] = {0x1111'2222'3333'4444, 5, 0x8899'aabb'ccdd'eeff, 6, 7, 8};
    const uint32_t step = c.type.value == ValType::v128 ? 2 : 1;
    Object* fixed = array_new_fixed(t.store, t.array_of(c.type), 3, values);
    Slot out[2] = {};
    for (uint32_t i = 0; i < 3; ++i) {
      ASSERT_EQ(array_get(to_ref(fixed), i, false, out), TrapCode::none);
      EXPECT_EQ(out[0], values[i * step] & c.mask);
      if (step == 2) {
        EXPECT_EQ(out[1], values[i * step + 1]);
      }
    }
    ASSERT_EQ(array_set(to_ref(fixed), 1, values + 2), TrapCode::none);
    ASSERT_EQ(array_get(to_ref(fixed), 1, false, out), TrapCode::none);
    EXPECT_EQ(out[0], values[2] & c.mask);
    EXPECT_EQ(array_get(to_ref(fixed), 3, false, out), TrapCode::out_of_bounds_array_access);
    EXPECT_EQ(array_set(to_ref(fixed), 0xffff'ffff, values), TrapCode::out_of_bounds_array_access);
    EXPECT_EQ(array_get(kNull, 0, false, out), TrapCode::null_array_reference);
    Object* filled = array_new(t.store, t.array_of(c.type), 100, values);
    ASSERT_EQ(array_get(to_ref(filled), 99, false, out), TrapCode::none);
    EXPECT_EQ(out[0], values[0] & c.mask);
  }
}

Slot bytes_array(GcTest& t, std::initializer_list<Slot> values) {
  return to_ref(
      array_new_fixed(t.store, t.array_of(packed_i8()), static_cast<uint32_t>(values.size()), values.begin()));
}
std::vector<int> content(Slot array) {
  const Object* object = to_object(array);
  return {elements(object), elements(object) + object->length};
}

TEST(gc_array, fill_and_copy_check_first) {
  GcTest t;
  const Slot a = bytes_array(t, {1, 2, 3, 4, 5});
  const Slot nine = 9;
  EXPECT_EQ(array_fill(t.store, a, 1, &nine, 2), TrapCode::none);
  EXPECT_EQ(content(a), (std::vector<int>{1, 9, 9, 4, 5}));
  EXPECT_EQ(array_fill(t.store, a, 4, &nine, 2), TrapCode::out_of_bounds_array_access);
  EXPECT_EQ(array_fill(t.store, a, 0xffff'ffff, &nine, 2), TrapCode::out_of_bounds_array_access);
  EXPECT_EQ(array_fill(t.store, a, 5, &nine, 0), TrapCode::none);
  EXPECT_EQ(array_fill(t.store, a, 6, &nine, 0), TrapCode::out_of_bounds_array_access);
  EXPECT_EQ(array_fill(t.store, kNull, 0, &nine, 0), TrapCode::null_array_reference);

  const Slot b = bytes_array(t, {10, 20, 30, 40, 50});
  EXPECT_EQ(array_copy(t.store, b, 1, b, 0, 4), TrapCode::none);
  EXPECT_EQ(content(b), (std::vector<int>{10, 10, 20, 30, 40}));
  EXPECT_EQ(array_copy(t.store, b, 0, b, 1, 4), TrapCode::none);
  EXPECT_EQ(content(b), (std::vector<int>{10, 20, 30, 40, 40}));
  EXPECT_EQ(array_copy(t.store, a, 3, b, 0, 3), TrapCode::out_of_bounds_array_access);
  EXPECT_EQ(array_copy(t.store, a, 0, b, 3, 3), TrapCode::out_of_bounds_array_access);
  EXPECT_EQ(array_copy(t.store, a, 5, b, 5, 0), TrapCode::none);
  EXPECT_EQ(array_copy(t.store, a, 0, kNull, 0, 0), TrapCode::null_array_reference);
  EXPECT_EQ(array_copy(t.store, kNull, 0, b, 0, 0), TrapCode::null_array_reference);
  EXPECT_EQ(content(a), (std::vector<int>{1, 9, 9, 4, 5}));
}

TEST(gc_array, segments_are_bounded_on_their_own) {
  GcTest t;
  const uint8_t data[] = {1, 2, 3, 4, 5, 6, 7};
  const TypeLayout& halves = t.array_of(packed_i16());
  Slot made = 0, out = 0;
  EXPECT_EQ(array_new_data(t.store, halves, data, 1, 3, made), TrapCode::none);
  EXPECT_EQ(array_get(made, 2, false, &out), TrapCode::none);
  EXPECT_EQ(out, 0x0706u);
  EXPECT_EQ(array_new_data(t.store, halves, data, 2, 3, out), TrapCode::out_of_bounds_memory_access);
  EXPECT_EQ(array_new_data(t.store, halves, data, 0, 0x8000'0000, out), TrapCode::out_of_bounds_memory_access);
  EXPECT_EQ(array_new_data(t.store, halves, {}, 0, 0, out), TrapCode::none);
  EXPECT_EQ(array_init_data(t.store, made, 2, data, 0, 2), TrapCode::out_of_bounds_array_access);
  EXPECT_EQ(array_init_data(t.store, made, 0, data, 2, 3), TrapCode::out_of_bounds_memory_access);
  EXPECT_EQ(array_init_data(t.store, made, 0, {}, 0, 0), TrapCode::none);
  EXPECT_EQ(array_init_data(t.store, kNull, 0, data, 0, 0), TrapCode::null_array_reference);

  const Slot elems[] = {ref_i31(1), ref_i31(2), kNull};
  const TypeLayout& refs = t.array_of(kAnyField);
  EXPECT_EQ(array_new_elem(t.store, refs, elems, 1, 2, made), TrapCode::none);
  EXPECT_EQ(array_get(made, 0, false, &out), TrapCode::none);
  EXPECT_EQ(out, ref_i31(2));
  EXPECT_EQ(array_new_elem(t.store, refs, elems, 2, 2, out), TrapCode::out_of_bounds_table_access);
  EXPECT_EQ(array_init_elem(t.store, made, 0, elems, 0xffff'ffff, 1), TrapCode::out_of_bounds_table_access);
  EXPECT_EQ(array_init_elem(t.store, made, 1, elems, 0, 2), TrapCode::out_of_bounds_array_access);
  EXPECT_EQ(array_init_elem(t.store, made, 0, elems, 0, 2), TrapCode::none);
  EXPECT_EQ(array_get(made, 0, false, &out), TrapCode::none);
  EXPECT_EQ(out, ref_i31(1));
}

// --- Casts ---------------------------------------------------------------------------------------------------------

constexpr HeapKind kAbstract[] = {HeapKind::any,     HeapKind::eq,    HeapKind::i31,
                                  HeapKind::struct_, HeapKind::array, HeapKind::none};

// Those of the types in kAbstract that the reference has.
std::vector<HeapKind> types_of(const Store& store, Slot ref) {
  std::vector<HeapKind> result;
  for (const HeapKind heap : kAbstract) {
    if (ref_test(store, ref, ValType::ref(heap, false))) result.push_back(heap);
    // A nullable target gives a different result only for null.
    EXPECT_EQ(ref_test(store, ref, ValType::ref(heap, true)),
              ref == kNull || ref_test(store, ref, ValType::ref(heap, false)));
  }
  return result;
}

TEST(gc_casts, to_abstract_types) {
  using Kinds = std::vector<HeapKind>;
  GcTest t;
  const Slot structure = to_ref(struct_new(t.store, t.struct_of({})));
  const Slot array = to_ref(array_new(t.store, t.array_of(packed_i8()), 0));
  const Slot host = to_ref(t.heap().new_host(nullptr, nullptr));
  EXPECT_EQ(types_of(t.store, kNull), Kinds{});
  EXPECT_EQ(types_of(t.store, ref_i31(0)), (Kinds{HeapKind::any, HeapKind::eq, HeapKind::i31}));
  EXPECT_EQ(types_of(t.store, structure), (Kinds{HeapKind::any, HeapKind::eq, HeapKind::struct_}));
  EXPECT_EQ(types_of(t.store, array), (Kinds{HeapKind::any, HeapKind::eq, HeapKind::array}));
  EXPECT_EQ(types_of(t.store, host), (Kinds{HeapKind::any}));
  // The extern hierarchy uses the same references.
  for (const Slot ref : {ref_i31(0), structure, array, host}) {
    EXPECT_TRUE(ref_test(t.store, ref, ValType::ref(HeapKind::extern_, false)));
    EXPECT_FALSE(ref_test(t.store, ref, ValType::ref(HeapKind::noextern, true)));
  }
}

TEST(gc_casts, to_defined_types_follow_the_declared_supertypes) {
  GcTest t;
  const TypeLayout& root = t.struct_of({field(ValType::i32)});
  const TypeLayout& middle = t.struct_of({field(ValType::i32), kAnyField}, root.type);
  const TypeLayout& leaf = t.struct_of({field(ValType::i32), kAnyField, kAnyField}, middle.type);
  const TypeLayout& other = t.struct_of({field(ValType::i32), packed_i8()}, root.type);
  const auto is = [&](const TypeLayout& of, const TypeLayout& target) {
    return ref_test(t.store, to_ref(struct_new(t.store, of)), ValType::ref(target.type, false));
  };
  for (const TypeLayout* layout : {&root, &middle, &leaf, &other}) {
    EXPECT_TRUE(is(*layout, root));
    EXPECT_TRUE(is(*layout, *layout));
    EXPECT_FALSE(ref_test(t.store, ref_i31(1), ValType::ref(layout->type, true)));
    EXPECT_TRUE(ref_test(t.store, kNull, ValType::ref(layout->type, true)));
    EXPECT_FALSE(ref_test(t.store, kNull, ValType::ref(layout->type, false)));
  }
  EXPECT_TRUE(is(leaf, middle));
  EXPECT_FALSE(is(root, middle));
  EXPECT_FALSE(is(root, leaf));
  EXPECT_FALSE(is(other, middle));
  EXPECT_FALSE(is(middle, other));
  EXPECT_FALSE(is(leaf, other));
  const CastTarget target = cast_target(to_word(make_cast_target(t.engine->types(), ValType::ref(leaf.type, true))));
  EXPECT_EQ(ref_cast(t.store, to_ref(struct_new(t.store, middle)), target), TrapCode::cast_failure);
  EXPECT_EQ(ref_cast(t.store, to_ref(struct_new(t.store, leaf)), target), TrapCode::none);
  EXPECT_EQ(ref_cast(t.store, kNull, target), TrapCode::none);
}

TEST(gc_casts, of_functions) {
  GcTest t;
  const FuncInst* func = t.store.objects().new_host_func(
      {{ValType::i32}, {}}, {.call = [](void*, Caller&, uint64_t*) { return Result<void>(); }});
  const Slot ref = reinterpret_cast<uintptr_t>(func);
  const TypeId other = t.engine->types().intern({{ValType::i64}, {}});
  EXPECT_TRUE(ref_test(t.store, ref, ValType::ref(HeapKind::func, false)));
  EXPECT_FALSE(ref_test(t.store, ref, ValType::ref(HeapKind::nofunc, false)));
  EXPECT_TRUE(ref_test(t.store, ref, ValType::ref(func->type, false)));
  EXPECT_FALSE(ref_test(t.store, ref, ValType::ref(other, false)));
}

}  // namespace
}  // namespace mini_wasm::runtime::gc
