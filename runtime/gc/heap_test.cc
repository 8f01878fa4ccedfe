// The collector: what stays alive, what is collected, what happens at the limit.
#include "runtime/gc/heap.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/gc/test_support.h"
#include "spec-tests/support/sanitizers.h"

namespace mini_wasm::runtime::gc {
namespace {

// Conservative scanning may keep a few objects whose address happens to be in a register or an old slot.
constexpr uint64_t kStray = 64;

struct ScopedRoot {
  RootCell cell;
  explicit ScopedRoot(Heap& heap, const Object* object = nullptr) {
    heap.roots().add(cell);
    cell.ref = to_ref(object);
  }
  Object* object() const { return to_object(cell.ref); }
};

TEST(gc_heap, new_objects_are_zero_even_where_others_died) {
  GcTest t;
  const TypeLayout& layout = t.struct_of(std::vector<FieldType>(5, field(ValType::i64)));
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 20000; ++i) {
      Object* object = struct_new(t.store, layout);
      ASSERT_NE(object, nullptr);
      ASSERT_EQ(object->layout, &layout);
      for (const FieldLayout& f : layout.fields) {
        ASSERT_EQ(field_get<uint64_t>(object, f.offset), 0u);
        field_set<uint64_t>(object, f.offset, ~uint64_t{0});
      }
    }
    t.heap().collect();
  }
}

TEST(gc_heap, objects_of_every_size_are_apart_and_aligned) {
  GcTest t;
  const TypeLayout& bytes = t.array_of(packed_i8());
  std::vector<Object*> all;
  std::vector<std::unique_ptr<ScopedRoot>> roots;
  for (uint32_t length = 0; length < 3 * kBlockBytes; length += 1 + length / 3) {
    Object* object = array_new(t.store, bytes, length);
    ASSERT_NE(object, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(object) % 16, 0u);
    EXPECT_EQ(object->length, length);
    const Slot value = length;
    EXPECT_EQ(array_fill(t.store, to_ref(object), 0, &value, length), TrapCode::none);
    roots.push_back(std::make_unique<ScopedRoot>(t.heap(), object));
    all.push_back(object);
  }
  t.heap().collect();
  for (Object* object : all) {
    ASSERT_EQ(object->layout, &bytes);
    const uint8_t expected = static_cast<uint8_t>(object->length);
    EXPECT_TRUE(
        std::all_of(elements(object), elements(object) + object->length, [&](uint8_t b) { return b == expected; }));
  }
}

TEST(gc_heap, a_list_of_ten_million_nodes_is_marked_without_recursion) {
  GcTest t;
  const TypeLayout& node = t.struct_of({kAnyField, field(ValType::i64)});
  ScopedRoot head(t.heap());
  constexpr uint64_t kNodes = 10'000'000;
  for (uint64_t i = 0; i < kNodes; ++i) {
    Object* object = struct_new(t.store, node);
    ASSERT_NE(object, nullptr);
    set_ref_field(object, 0, head.cell.ref);
    field_set<uint64_t>(object, node.fields[1].offset, i);
    head.cell.ref = to_ref(object);
  }
  t.heap().collect();
  EXPECT_GE(t.heap().stats().live_bytes, kNodes * 32);
  uint64_t i = kNodes;
  for (const Object* at = head.object(); at != nullptr; at = to_object(ref_field(at, 0))) {
    ASSERT_EQ(field_get<uint64_t>(at, node.fields[1].offset), --i);
  }
  EXPECT_EQ(i, 0u);
  // By chance, a word on the stack may look like the address of a node. It would keep all nodes behind that one, so the list
  // is taken apart first.
  for (Object* at = head.object(); at != nullptr;) {
    Object* const next = to_object(ref_field(at, 0));
    set_ref_field(at, 0, kNull);
    at = next;
  }
  head.cell.ref = kNull;
  clear_stack();
  t.heap().collect();
  EXPECT_LT(t.heap().stats().live_bytes, 100 * 32u);
}

TEST(gc_heap, cycles_die) {
  GcTest t;
  const TypeLayout& pair = t.struct_of({kAnyField, kAnyField});
  in_own_frame([&] {
    for (int i = 0; i < 10000; ++i) {
      Object* a = struct_new(t.store, pair);
      Object* b = struct_new(t.store, pair);
      set_ref_field(a, 0, to_ref(b));
      set_ref_field(b, 0, to_ref(a));
      set_ref_field(b, 1, to_ref(b));
    }
  });
  t.heap().collect();
  EXPECT_LE(t.heap().stats().live_bytes, kStray * 32);
}

TEST(gc_heap, a_wide_array_and_all_that_it_refers_to_live) {
  GcTest t;
  const TypeLayout& refs = t.array_of(kAnyField);
  const TypeLayout& leaf = t.struct_of({field(ValType::i32)});
  ScopedRoot array(t.heap(), array_new(t.store, refs, 100'000));
  for (uint32_t i = 0; i < 100'000; ++i) {
    Object* object = struct_new(t.store, leaf);
    field_set<uint32_t>(object, leaf.fields[0].offset, i);
    ASSERT_EQ(array_set(array.cell.ref, i, to_ref(object)), TrapCode::none);
  }
  t.heap().collect();
  t.heap().collect();
  for (uint32_t i = 0; i < 100'000; ++i) {
    Slot ref = 0;
    ASSERT_EQ(array_get(array.cell.ref, i, ref), TrapCode::none);
    ASSERT_EQ(to_object(ref)->layout, &leaf);
    ASSERT_EQ(field_get<uint32_t>(to_object(ref), leaf.fields[0].offset), i);
  }
}

// A tree of arrays, deeper and wider than any bounded stack.
uint64_t grow_tree(GcTest& t, const TypeLayout& refs, Slot parent, int depth) {
  uint64_t count = 0;
  for (uint32_t i = 0; depth > 0 && i < to_object(parent)->length; ++i) {
    Object* child = array_new(t.store, refs, 6);
    static_cast<void>(array_set(parent, i, to_ref(child)));
    count += 1 + grow_tree(t, refs, to_ref(child), depth - 1);
  }
  return count;
}
uint64_t count_tree(const TypeLayout& refs, const Object* node) {
  if (node == nullptr) return 0;
  EXPECT_EQ(node->layout, &refs);
  uint64_t count = 1;
  for (uint32_t i = 0; i < node->length; ++i) {
    count += count_tree(refs, reinterpret_cast<Object* const*>(elements(node))[i]);
  }
  return count;
}

TEST(gc_heap, a_full_mark_stack_loses_nothing) {
  for (const size_t entries : {0, 1, 2, 7, 100}) {
    GcTest t;
    t.heap().set_mark_stack_limit(entries);
    const TypeLayout& refs = t.array_of(kAnyField);
    ScopedRoot root(t.heap(), array_new(t.store, refs, 2000));
    const uint64_t count = 1 + grow_tree(t, refs, root.cell.ref, 2);
    t.heap().collect();
    EXPECT_EQ(count_tree(refs, root.object()), count) << entries;
  }
}

TEST(gc_heap, garbage_is_reused) {
  GcTest t(uint64_t{16} << 20);
  const TypeLayout& node = t.struct_of({kAnyField, field(ValType::i64)});
  const TypeLayout& bytes = t.array_of(packed_i8());
  for (int i = 0; i < 3'000'000; ++i) ASSERT_NE(struct_new(t.store, node), nullptr);
  for (int i = 0; i < 3000; ++i) ASSERT_NE(array_new(t.store, bytes, 300'000), nullptr) << i;
  EXPECT_GT(t.heap().stats().collections, 10u);
  EXPECT_LE(t.heap().stats().used_bytes, uint64_t{16} << 20);
}

TEST(gc_heap, the_limit_is_reached_only_when_a_collection_does_not_help) {
  GcTest t(uint64_t{8} << 20);
  const TypeLayout& node = t.struct_of({kAnyField, field(ValType::i64)});
  ScopedRoot head(t.heap());
  uint64_t count = 0;
  while (Object* object = struct_new(t.store, node)) {
    set_ref_field(object, 0, head.cell.ref);
    head.cell.ref = to_ref(object);
    ++count;
  }
  EXPECT_GE(count * 32, uint64_t{7} << 20);
  EXPECT_LE(count * 32, uint64_t{8} << 20);
  EXPECT_EQ(array_new(t.store, t.array_of(packed_i8()), 100'000), nullptr);
  head.cell.ref = kNull;
  clear_stack();
  EXPECT_NE(struct_new(t.store, node), nullptr);
  EXPECT_NE(array_new(t.store, t.array_of(packed_i8()), 6'000'000), nullptr);
}

TEST(gc_heap, arrays_that_cannot_be_are_refused) {
  GcTest t;
  EXPECT_EQ(array_new(t.store, t.array_of(field(ValType::v128)), 0xffff'ffff), nullptr);
  EXPECT_EQ(array_new(t.store, t.array_of(packed_i8()), 0xffff'ffff), nullptr);
  GcTest nothing(0);
  EXPECT_EQ(struct_new(nothing.store, nothing.struct_of({})), nullptr);
  EXPECT_EQ(array_new(nothing.store, nothing.array_of(packed_i8()), 0), nullptr);
}

TEST(gc_heap, a_huge_array_is_zero_counted_and_freed) {
  GcTest t;
  const TypeLayout& bytes = t.array_of(packed_i8());
  constexpr uint32_t kLength = 100'000'000;
  for (int round = 0; round < 3; ++round) {
    in_own_frame([&] {
      Object* array = array_new(t.store, bytes, kLength);
      ASSERT_NE(array, nullptr);
      EXPECT_GE(t.heap().stats().used_bytes, kLength);
      for (uint32_t i = 0; i < kLength; i += 4096) {
        ASSERT_EQ(elements(array)[i], 0);
        elements(array)[i] = 1;
      }
    });
    t.heap().collect();
    // The frames of AddressSanitizer are so large that one reference may remain between them, but never more.
    EXPECT_LT(t.heap().stats().used_bytes, (uint64_t{1} << 20) + (mini_wasm::testing::kAddressSanitizer ? kLength : 0));
  }
}

TEST(gc_heap, stacks_and_registers_keep_objects) {
  GcTest t;
  const TypeLayout& node = t.struct_of({kAnyField});
  Object* on_stack = struct_new(t.store, node);
  set_ref_field(on_stack, 0, to_ref(struct_new(t.store, node)));
  // An address inside an object counts too: a compiler may keep only that.
  uint8_t* inside = elements(array_new(t.store, t.array_of(packed_i8()), 1000)) + 10;
  for (int i = 0; i < 3; ++i) {
    t.heap().collect();
    for (int n = 0; n < 5000; ++n) static_cast<void>(struct_new(t.store, node));
  }
  EXPECT_EQ(on_stack->layout, &node);
  EXPECT_EQ(to_object(ref_field(on_stack, 0))->layout, &node);
  inside[20] = 7;
  EXPECT_TRUE(t.heap().is_object(inside - 10 - kHeaderBytes));
  EXPECT_FALSE(t.heap().is_object(inside));
}

TEST(gc_heap, only_the_starts_of_objects_are_objects) {
  GcTest t;
  const TypeLayout& node = t.struct_of({kAnyField, kAnyField});
  Object* object = struct_new(t.store, node);
  EXPECT_TRUE(t.heap().is_object(object));
  EXPECT_FALSE(t.heap().is_object(reinterpret_cast<char*>(object) + 16));
  EXPECT_FALSE(t.heap().is_object(reinterpret_cast<char*>(object) + 32));  // free
  EXPECT_FALSE(t.heap().is_object(&t));
  EXPECT_FALSE(t.heap().is_object(nullptr));
  EXPECT_FALSE(GcTest().heap().is_object(object));
}

TEST(gc_heap, stress_collects_before_every_allocation) {
  GcTest t(uint64_t{1} << 30, true);
  const TypeLayout& node = t.struct_of({kAnyField, field(ValType::i64)});
  ScopedRoot head(t.heap());
  for (uint64_t i = 0; i < 300; ++i) {
    const uint64_t before = t.heap().stats().collections;
    const Slot operands[] = {head.cell.ref, i};
    head.cell.ref = to_ref(struct_new(t.store, node, operands));
    EXPECT_EQ(t.heap().stats().collections, before + 1);
    static_cast<void>(struct_new(t.store, node));
  }
  uint64_t i = 300;
  for (const Object* at = head.object(); at != nullptr; at = to_object(ref_field(at, 0))) {
    ASSERT_EQ(at->layout, &node);
    ASSERT_EQ(field_get<uint64_t>(at, node.fields[1].offset), --i);
  }
  EXPECT_EQ(i, 0u);
}

TEST(gc_heap, exceptions_keep_their_arguments) {
  GcTest t;
  const TypeLayout& node = t.struct_of({field(ValType::i64)});
  TagInst tag;
  ScopedRoot exception(t.heap());
  in_own_frame([&] {
    const Slot args[] = {42, to_ref(struct_new(t.store, node)), kNull};
    exception.cell.ref = to_ref(exception_new(t.store, &tag, args, 3));
  });
  for (int i = 0; i < 100'000; ++i) static_cast<void>(struct_new(t.store, node));
  t.heap().collect();
  const auto* found = static_cast<ExceptionObject*>(exception.object());
  EXPECT_EQ(found->tag, &tag);
  EXPECT_EQ(found->args()[0], 42u);
  EXPECT_TRUE(t.heap().is_object(to_object(found->args()[1])));
  EXPECT_EQ(to_object(found->args()[1])->layout, &node);
}

// --- Finalizers ----------------------------------------------------------------------------------------------------

void count(void* at) { ++*static_cast<int*>(at); }

TEST(gc_finalizers, run_once_for_each_object) {
  std::vector<int> finalized(1000);
  {
    GcTest t;
    ScopedRoot kept(t.heap());
    in_own_frame([&] {
      for (int& counter : finalized) {
        HostObject* object = t.heap().new_host(&counter, count);
        if (&counter == &finalized[7]) kept.cell.ref = to_ref(object);
      }
    });
    for (int i = 0; i < 4; ++i) t.heap().collect();
    EXPECT_GE(std::count(finalized.begin(), finalized.end(), 1), 1000 - static_cast<int>(kStray));
    EXPECT_EQ(finalized[7], 0);
    EXPECT_LE(*std::max_element(finalized.begin(), finalized.end()), 1);
    t.heap().collect();
    EXPECT_LE(t.heap().stats().live_bytes, kStray * sizeof(HostObject));
  }
  EXPECT_EQ(std::count(finalized.begin(), finalized.end(), 1), 1000);
}

TEST(gc_finalizers, run_with_the_store_when_nothing_was_collected) {
  int finalized = 0;
  {
    GcTest t;
    t.heap().new_host(&finalized, count);
    t.heap().new_host(nullptr, nullptr);
  }
  EXPECT_EQ(finalized, 1);
}

struct Reentrant {
  GcTest* t = nullptr;  // null: the store is being destroyed
  int runs = 0;
};
void allocate_and_collect(void* at) {
  auto* r = static_cast<Reentrant*>(at);
  ++r->runs;
  if (r->t == nullptr) return;
  static_cast<void>(struct_new(r->t->store, r->t->struct_of({kAnyField})));
  r->t->heap().collect();
}

TEST(gc_finalizers, may_lead_to_another_collection) {
  std::vector<Reentrant> all(200);
  GcTest t;
  for (Reentrant& r : all) r.t = &t;
  in_own_frame([&] {
    for (Reentrant& r : all) t.heap().new_host(&r, allocate_and_collect);
  });
  for (int i = 0; i < 3; ++i) t.heap().collect();
  EXPECT_GE(std::count_if(all.begin(), all.end(), [](const Reentrant& r) { return r.runs == 1; }), 200 - 64);
  EXPECT_TRUE(std::all_of(all.begin(), all.end(), [](const Reentrant& r) { return r.runs <= 1; }));
  for (Reentrant& r : all) r.t = nullptr;
}

// An interrupted collection has changed nothing. Allocation continues without it, and the next collection catches up.
TEST(gc_heap, an_interrupted_collection_frees_nothing_and_harms_nothing) {
  GcTest t(uint64_t{8} << 20);
  const TypeLayout& node = t.struct_of({kAnyField, field(ValType::i64)});
  ScopedRoot root(t.heap());
  const auto add = [&](uint64_t number) {
    Object* object = struct_new(t.store, node);
    if (object == nullptr) return false;
    set_ref_field(object, 0, root.cell.ref);
    field_set<uint64_t>(object, node.fields[1].offset, number);
    root.cell.ref = to_ref(object);
    return true;
  };
  const auto check = [&](uint64_t count) {
    for (Slot ref = root.cell.ref; count > 0; ref = ref_field(to_object(ref), 0)) {
      ASSERT_EQ(field_get<uint64_t>(to_object(ref), node.fields[1].offset), --count);
    }
  };
  uint64_t count = 0;
  for (; count < 20000; ++count) ASSERT_TRUE(add(count));
  t.heap().collect();
  const HeapStats before = t.heap().stats();
  t.store.set_interrupt(true);
  t.heap().collect();
  EXPECT_EQ(t.heap().stats().collections, before.collections);
  for (; count < 60000; ++count) ASSERT_TRUE(add(count));  // far enough that a collection is due
  EXPECT_EQ(t.heap().stats().collections, before.collections);
  check(count);
  while (add(count)) ++count;  // up to the limit, which still holds
  EXPECT_EQ(t.heap().why_nothing(), TrapCode::interrupted);
  t.store.set_interrupt(false);
  check(count);
  EXPECT_FALSE(add(count));
  EXPECT_EQ(t.heap().why_nothing(), TrapCode::out_of_memory);
  EXPECT_GT(t.heap().stats().collections, before.collections);
  check(count);
  root.cell.ref = kNull;
  t.heap().collect();
  EXPECT_LT(t.heap().stats().live_bytes, kStray * 32);
}

// Roots that interrupt the store when the collector reads them, which is in the middle of marking.
struct InterruptingRoots final : RootSlots {
  explicit InterruptingRoots(Store& interrupted) : store(interrupted) { store.heap().roots().push(*this); }
  ~InterruptingRoots() override { store.heap().roots().pop(); }
  const Slot* begin() const override {
    store.set_interrupt(true);
    return nullptr;
  }
  size_t size() const override { return 0; }
  Store& store;
};

TEST(gc_heap, a_collection_that_is_interrupted_in_the_middle) {
  GcTest t;
  const TypeLayout& node = t.struct_of({kAnyField});
  ScopedRoot root(t.heap());
  for (int i = 0; i < 100'000; ++i) {
    Object* object = struct_new(t.store, node);
    set_ref_field(object, 0, root.cell.ref);
    root.cell.ref = to_ref(object);
  }
  const uint64_t collections = t.heap().stats().collections;
  {
    const InterruptingRoots roots(t.store);
    t.heap().collect();
  }
  EXPECT_TRUE(t.store.interrupted());
  EXPECT_EQ(t.heap().stats().collections, collections);
  t.store.set_interrupt(false);
  t.heap().collect();
  EXPECT_EQ(t.heap().stats().collections, collections + 1);
  EXPECT_GE(t.heap().stats().live_bytes, 100'000 * 16u);
}

}  // namespace
}  // namespace mini_wasm::runtime::gc
