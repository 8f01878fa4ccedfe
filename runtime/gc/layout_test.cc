// Size classes, and the offsets of fields.
#include "runtime/gc/layout.h"

#include <gtest/gtest.h>

#include <thread>

#include "runtime/gc/test_support.h"

namespace mini_wasm::runtime::gc {
namespace {

TEST(gc_size_class, is_the_smallest_that_fits) {
  EXPECT_EQ(size_class_of(1), 0);
  EXPECT_EQ(cell_bytes(size_class_of(16)), 16u);
  EXPECT_EQ(cell_bytes(size_class_of(17)), 32u);
  EXPECT_EQ(size_class_of(uint64_t{kMaxCell} + 1), kLargeClass);
  EXPECT_EQ(size_class_of(~uint64_t{0} - 64), kLargeClass);
  for (uint64_t bytes = 1; bytes <= kMaxCell; ++bytes) {
    const uint8_t size_class = size_class_of(bytes);
    ASSERT_GE(cell_bytes(size_class), bytes);
    ASSERT_TRUE(size_class == 0 || cell_bytes(size_class - 1) < bytes) << bytes;
    ASSERT_EQ(cell_bytes(size_class) % kGranule, 0u);
  }
}

TEST(gc_size_class, wastes_a_fifth_at_most_beyond_small_sizes) {
  for (uint32_t i = 17; i < kSizeClasses; ++i) EXPECT_LE(cell_bytes(i) * 4, cell_bytes(i - 1) * 5);
}

TEST(gc_layout, fields_fill_holes_and_do_not_overlap) {
  GcTest t;
  const TypeLayout& layout =
      t.struct_of({packed_i8(), field(ValType::i64), packed_i8(), packed_i16(), field(ValType::f32), kAnyField});
  EXPECT_EQ(layout.bytes, kHeaderBytes + 24);  // i8 i8 i16 f32 | i64 | ref
  std::vector<bool> taken(layout.bytes);
  for (const FieldLayout& f : layout.fields) {
    EXPECT_GE(f.offset, kHeaderBytes);
    EXPECT_EQ(f.offset % std::min(storage_bytes(f.storage), 8u), 0u);
    for (uint32_t i = 0; i < storage_bytes(f.storage); ++i) {
      EXPECT_FALSE(taken[f.offset + i]);
      taken[f.offset + i] = true;
    }
  }
  EXPECT_EQ(layout.ref_offsets, std::vector<uint32_t>{layout.fields[5].offset});
}

TEST(gc_layout, a_subtype_keeps_the_places_of_its_supertype) {
  GcTest t;
  const TypeLayout& super = t.struct_of({packed_i8(), kAnyField});
  const TypeLayout& sub = t.struct_of({packed_i8(), kAnyField, packed_i8(), field(ValType::v128)}, super.type);
  for (size_t i = 0; i < super.fields.size(); ++i) EXPECT_EQ(sub.fields[i].offset, super.fields[i].offset);
  EXPECT_EQ(sub.bytes, kHeaderBytes + 32);
  EXPECT_TRUE(sub.is_subtype_of(super.type, 0));
  EXPECT_FALSE(super.is_subtype_of(sub.type, 1));
  EXPECT_TRUE(sub.is_subtype_of(sub.type, 1));
}

TEST(gc_layout, functions_are_not_traced) {
  GcTest t;
  const TypeLayout& layout = t.struct_of({field(ValType::funcref), field(ValType::i64)});
  EXPECT_FALSE(layout.has_refs);
  EXPECT_FALSE(has_refs(layout.space));
  EXPECT_EQ(t.array_of(field(ValType::funcref)).element, Storage::i64);
  EXPECT_EQ(t.array_of(field(ValType::externref)).element, Storage::ref);
  EXPECT_EQ(t.array_of(field(ValType::ref(HeapKind::exn, true))).element, Storage::ref);
}

TEST(gc_layout, arrays_are_as_wide_as_their_elements) {
  GcTest t;
  EXPECT_EQ(t.array_of(packed_i8()).array_bytes(5), kHeaderBytes + 5u);
  EXPECT_EQ(t.array_of(packed_i16()).array_bytes(5), kHeaderBytes + 10u);
  EXPECT_EQ(t.array_of(field(ValType::v128)).array_bytes(0xffff'ffff), kHeaderBytes + (uint64_t{0xffff'ffff} << 4));
}

TEST(gc_layout, threads_that_ask_at_once_get_the_same) {
  GcTest t;
  std::vector<TypeId> types;
  for (int i = 0; i < 300; ++i)
    types.push_back(t.intern(CompositeKind::struct_, std::vector<FieldType>(i, packed_i8())));
  std::vector<const TypeLayout*> found[4];
  std::vector<std::thread> threads;
  for (auto& mine : found) {
    threads.emplace_back([&] {
      for (const TypeId type : types) mine.push_back(&t.engine->layouts().get(type));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 1; i < 4; ++i) EXPECT_EQ(found[i], found[0]);
  for (size_t i = 0; i < types.size(); ++i) EXPECT_EQ(found[0][i]->type, types[i]);
}

}  // namespace
}  // namespace mini_wasm::runtime::gc
