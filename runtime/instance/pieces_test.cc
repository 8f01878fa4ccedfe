// What an interrupt leaves of a long operation. The store is already interrupted, so that the operation stops after the
// first piece.
#include "runtime/instance/pieces.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "runtime/gc/test_support.h"
#include "runtime/instance/builtins.h"

namespace mini_wasm::runtime {
namespace {

constexpr uint64_t kBytes = 3 * kPieceBytes + 5;
constexpr uint64_t kSlots = kBytes / sizeof(Slot);
constexpr uint64_t kPieceSlots = kPieceBytes / sizeof(Slot);

struct Interrupted : gc::GcTest {
  Interrupted() {
    MemoryType type;
    type.limits = {64, 64};
    memory = *store.objects().new_memory(type);
    table = *store.objects().new_table({ValType::funcref, {4 * kSlots, std::nullopt}}, 0);
  }
  // The result of `work` when it runs while the store is interrupted.
  template <class Work>
  TrapCode during(Work work) {
    store.set_interrupt(true);
    const TrapCode trap = work();
    store.set_interrupt(false);
    return trap;
  }
  MemInst* memory;
  TableInst* table;
};

template <class T>
uint64_t count_of(const T* from, uint64_t size, T value) {
  return static_cast<uint64_t>(std::count(from, from + size, value));
}

TEST(pieces, what_fits_into_one_is_not_interrupted) {
  Interrupted t;
  EXPECT_EQ(t.during([&] { return memory_fill(t.store, *t.memory, 0, 1, kPieceBytes); }), TrapCode::none);
  EXPECT_EQ(t.during([&] { return memory_copy(t.store, *t.memory, *t.memory, 5, 0, kPieceBytes); }), TrapCode::none);
  EXPECT_EQ(t.during([&] { return table_fill(t.store, *t.table, 0, 1, kPieceSlots); }), TrapCode::none);
  EXPECT_EQ(t.during([&] { return memory_fill(t.store, *t.memory, 0, 1, 0); }), TrapCode::none);
}

TEST(pieces, memory_fill_stops_after_one) {
  Interrupted t;
  EXPECT_EQ(t.during([&] { return memory_fill(t.store, *t.memory, 1, 7, kBytes); }), TrapCode::interrupted);
  EXPECT_EQ(count_of<uint8_t>(t.memory->base, t.memory->size.load(), 7), kPieceBytes);
  EXPECT_EQ(t.memory->base[1], 7);
  EXPECT_EQ(memory_fill(t.store, *t.memory, 1, 7, kBytes), TrapCode::none);
  EXPECT_EQ(count_of<uint8_t>(t.memory->base, t.memory->size.load(), 7), kBytes);
}

// For every distance and direction, the result must be as if everything had been read before the first write.
TEST(pieces, copies_within_a_memory_are_right_across_them) {
  Interrupted t;
  std::vector<uint8_t> expected(t.memory->size.load());
  for (size_t i = 0; i < expected.size(); ++i) expected[i] = t.memory->base[i] = static_cast<uint8_t>(i * 31 >> 8 ^ i);
  constexpr uint64_t kDistances[] = {1, 4096, kPieceBytes - 1, kPieceBytes, kPieceBytes + 1, 2 * kPieceBytes + 77};
  for (const uint64_t distance : kDistances) {
    for (const bool up : {true, false}) {
      const uint64_t to = up ? distance + 3 : 3, from = up ? 3 : distance + 3;
      const std::vector<uint8_t> read(expected.begin() + static_cast<ptrdiff_t>(from),
                                      expected.begin() + static_cast<ptrdiff_t>(from + kBytes));
      std::copy(read.begin(), read.end(), expected.begin() + static_cast<ptrdiff_t>(to));
      EXPECT_EQ(memory_copy(t.store, *t.memory, *t.memory, to, from, kBytes), TrapCode::none);
      EXPECT_TRUE(std::equal(expected.begin(), expected.end(), t.memory->base)) << distance << ' ' << up;
    }
  }
  std::fill_n(t.memory->base, t.memory->size.load(), 0);
  std::fill_n(t.memory->base, kBytes, 7);
  EXPECT_EQ(t.during([&] { return memory_copy(t.store, *t.memory, *t.memory, kBytes, 0, kBytes); }),
            TrapCode::interrupted);
  EXPECT_EQ(count_of<uint8_t>(t.memory->base, t.memory->size.load(), 7), kBytes + kPieceBytes);
}

TEST(pieces, tables_are_filled_and_copied_in_them) {
  Interrupted t;
  EXPECT_EQ(t.during([&] { return table_fill(t.store, *t.table, 1, 9, kSlots); }), TrapCode::interrupted);
  EXPECT_EQ(count_of<Slot>(t.table->elements, t.table->size, 9), kPieceSlots);
  std::iota(t.table->elements, t.table->elements + t.table->size, Slot{1});
  EXPECT_EQ(t.during([&] { return table_copy(t.store, *t.table, *t.table, 1, 0, kSlots); }), TrapCode::interrupted);
  EXPECT_EQ(t.table->elements[1], 2u);  // the last piece was copied first
  EXPECT_EQ(t.table->elements[kSlots], kSlots);
  EXPECT_EQ(t.during([&] { return table_copy(t.store, *t.table, *t.table, 0, 1, kSlots); }), TrapCode::interrupted);
  EXPECT_EQ(t.table->elements[0], 2u);
}

// Both parts of growing: moving the old elements, and filling the new ones.
TEST(pieces, a_table_whose_growing_is_interrupted_stays_as_it_was) {
  Interrupted t;
  const uint64_t size = t.table->size;
  const uint64_t used = t.store.budget().used();
  std::fill_n(t.table->elements, size, Slot{5});
  for (const uint64_t delta : {uint64_t{1}, kSlots}) {
    int64_t old_size = 0;
    EXPECT_EQ(t.during([&] { return t.store.objects().table_grow(*t.table, delta, 6, old_size); }),
              TrapCode::interrupted);
    EXPECT_EQ(t.store.budget().used(), used);
    EXPECT_EQ(t.table->size, size);
    EXPECT_EQ(count_of<Slot>(t.table->elements, size, 5), size);
  }
  TableInst* const empty = *t.store.objects().new_table({ValType::funcref, {0, std::nullopt}}, 0);
  int64_t old_size = 0;
  EXPECT_EQ(t.during([&] { return empty->grow(&t.store, kSlots, 6, old_size); }), TrapCode::interrupted);
  EXPECT_EQ(empty->size, 0u);
  EXPECT_EQ(t.store.objects().table_grow(*t.table, kSlots, 6, old_size), TrapCode::none);
  EXPECT_EQ(t.store.budget().used(), used + kSlots * sizeof(Slot));
  EXPECT_EQ(old_size, static_cast<int64_t>(size));
  EXPECT_EQ(count_of<Slot>(t.table->elements, t.table->size, 6), kSlots);
  EXPECT_EQ(count_of<Slot>(t.table->elements, t.table->size, 5), size);
}

TEST(pieces, a_table_that_begins_with_many_elements) {
  Interrupted t;
  t.store.set_interrupt(true);
  const Result<TableInst*> made = t.store.objects().new_table({ValType::funcref, {kSlots, std::nullopt}}, 3);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().trap_code, TrapCode::interrupted);
}

TEST(pieces, arrays_are_filled_and_copied_in_them) {
  Interrupted t;
  constexpr auto kLength = static_cast<uint32_t>(kSlots);
  const gc::TypeLayout& layout = t.array_of(gc::field(ValType::i64));
  const Slot array = gc::to_ref(gc::array_new(t.store, layout, kLength + 1));
  gc::RootCell root;
  t.heap().roots().add(root);
  root.ref = array;
  const auto* elements = reinterpret_cast<const Slot*>(gc::elements(gc::to_object(array)));
  const Slot value = 4;
  EXPECT_EQ(t.during([&] { return gc::array_fill(t.store, array, 0, &value, kLength); }), TrapCode::interrupted);
  EXPECT_EQ(count_of<Slot>(elements, kLength, 4), kPieceSlots);
  EXPECT_EQ(t.during([&] { return gc::array_copy(t.store, array, 1, array, 0, kLength); }), TrapCode::interrupted);
  EXPECT_EQ(elements[kPieceSlots], 0u);
  std::vector<Slot> elems(kSlots, 8);
  EXPECT_EQ(t.during([&] { return gc::array_init_elem(t.store, array, 0, elems, 0, kLength); }), TrapCode::interrupted);
  EXPECT_EQ(count_of<Slot>(elements, kLength, 8), kPieceSlots);
  const std::vector<uint8_t> data(kSlots * sizeof(Slot), 1);
  EXPECT_EQ(t.during([&] { return gc::array_init_data(t.store, array, 0, data, 0, kLength); }), TrapCode::interrupted);
  EXPECT_EQ(count_of<Slot>(elements, kLength, 0x0101'0101'0101'0101), kPieceSlots);
}

TEST(pieces, new_arrays_say_that_they_were_interrupted) {
  Interrupted t;
  constexpr auto kLength = static_cast<uint32_t>(kSlots);
  const gc::TypeLayout& layout = t.array_of(gc::field(ValType::i64));
  const Slot value = 4;
  const std::vector<Slot> operands(kSlots, 8);
  const auto trap_of = [&](auto make) {
    return t.during([&] { return make() == nullptr ? t.heap().why_nothing() : TrapCode::none; });
  };
  EXPECT_EQ(trap_of([&] { return gc::array_new(t.store, layout, kLength); }), TrapCode::interrupted);
  EXPECT_EQ(trap_of([&] { return gc::array_new(t.store, layout, kLength, &value); }), TrapCode::interrupted);
  EXPECT_EQ(trap_of([&] { return gc::array_new_fixed(t.store, layout, kLength, operands.data()); }),
            TrapCode::interrupted);
  Slot out;
  EXPECT_EQ(t.during([&] { return gc::array_new_elem(t.store, layout, operands, 0, kLength, out); }),
            TrapCode::interrupted);
  EXPECT_NE(gc::array_new(t.store, layout, kLength), nullptr);
}

}  // namespace
}  // namespace mini_wasm::runtime
