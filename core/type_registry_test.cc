#include "core/type_registry.h"

#include <gtest/gtest.h>

#include <thread>

namespace mini_wasm {
namespace {

constexpr TypeId member(uint32_t k) { return TypeRegistry::rec_member(k); }

DefType func_def(std::vector<ValType> params, std::vector<ValType> results) {
  DefType def;
  def.func = {std::move(params), std::move(results)};
  return def;
}

DefType struct_def(std::vector<FieldType> fields, TypeId super = kNoType, bool final_ = false) {
  DefType def;
  def.kind = CompositeKind::struct_;
  def.fields = std::move(fields);
  def.super = super;
  def.final_ = final_;
  return def;
}

DefType array_def(FieldType field) {
  DefType def = struct_def({field});
  def.kind = CompositeKind::array;
  return def;
}

FieldType field(ValType type, bool mutable_ = false) { return {type, FieldType::Packed::none, mutable_}; }

TEST(type_registry, equal_function_types_have_equal_ids) {
  TypeRegistry registry;
  const TypeId a = registry.intern({{ValType::i32}, {ValType::f64}});
  EXPECT_EQ(a, registry.intern({{ValType::i32}, {ValType::f64}}));
  EXPECT_NE(a, registry.intern({{ValType::f64}, {ValType::i32}}));
  EXPECT_NE(a, registry.intern({{ValType::i32, ValType::f64}, {}}));
  EXPECT_EQ(registry.func(a).results[0], ValType::f64);
}

TEST(type_registry, a_group_of_one_final_function_type_is_that_function_type) {
  TypeRegistry registry;
  const TypeId a = registry.intern({{ValType::i64}, {}});
  EXPECT_EQ(a, registry.intern_rec_group({func_def({ValType::i64}, {})}));
  DefType open = func_def({ValType::i64}, {});
  open.final_ = false;
  EXPECT_NE(a, registry.intern_rec_group({open}));
}

TEST(type_registry, groups_are_equal_by_structure) {
  TypeRegistry registry;
  const auto list = [] { return std::vector{struct_def({field(ValType::i32), field(ValType::ref(member(0), true))})}; };
  const TypeId a = registry.intern_rec_group(list());
  EXPECT_EQ(a, registry.intern_rec_group(list()));
  EXPECT_EQ(registry.get(a).fields[1].value, ValType::ref(a, true));
}

TEST(type_registry, a_reference_from_outside_differs_from_one_inside) {
  TypeRegistry registry;
  const TypeId a = registry.intern_rec_group({struct_def({field(ValType::ref(member(0), true))})});
  const TypeId b = registry.intern_rec_group({struct_def({field(ValType::ref(a, true))})});
  EXPECT_NE(a, b);
  EXPECT_EQ(b, registry.intern_rec_group({struct_def({field(ValType::ref(a, true))})}));
}

TEST(type_registry, position_in_the_group_and_size_of_the_group_matter) {
  TypeRegistry registry;
  const DefType f = func_def({}, {}), g = func_def({ValType::i32}, {});
  const TypeId fg = registry.intern_rec_group({f, g});
  EXPECT_NE(fg, registry.intern_rec_group({g, f}));
  EXPECT_NE(fg, registry.intern_rec_group({f}));
  EXPECT_EQ(fg, registry.intern_rec_group({f, g}));
  const TypeId second{static_cast<uint32_t>(fg) + 1};
  EXPECT_EQ(registry.func(second).params.size(), 1u);
}

TEST(type_registry, finality_mutability_packing_and_supertype_matter) {
  TypeRegistry registry;
  const TypeId base = registry.intern_rec_group({struct_def({field(ValType::i32)})});
  EXPECT_NE(base, registry.intern_rec_group({struct_def({field(ValType::i32)}, kNoType, true)}));
  EXPECT_NE(base, registry.intern_rec_group({struct_def({field(ValType::i32, true)})}));
  EXPECT_NE(base, registry.intern_rec_group({struct_def({field(ValType::i32)}, base)}));
  EXPECT_NE(base, registry.intern_rec_group({array_def(field(ValType::i32))}));
  const FieldType packed{ValType::i32, FieldType::Packed::i8, false};
  EXPECT_NE(base, registry.intern_rec_group({struct_def({packed})}));
}

TEST(type_registry, declared_subtypes_form_chains) {
  TypeRegistry registry;
  const TypeId a = registry.intern_rec_group({struct_def({})});
  const TypeId b = registry.intern_rec_group({struct_def({field(ValType::i32)}, a)});
  const TypeId c = registry.intern_rec_group({struct_def({field(ValType::i32), field(ValType::i64)}, b)});
  const TypeId other = registry.intern_rec_group({struct_def({field(ValType::f32)}, a)});
  EXPECT_TRUE(registry.is_subtype(c, a));
  EXPECT_TRUE(registry.is_subtype(c, b));
  EXPECT_TRUE(registry.is_subtype(c, c));
  EXPECT_FALSE(registry.is_subtype(a, c));
  EXPECT_FALSE(registry.is_subtype(other, b));
  EXPECT_EQ(registry.get(c).supertypes, (std::vector<TypeId>{a, b, c}));
}

TEST(type_registry, a_supertype_can_be_in_the_same_group) {
  TypeRegistry registry;
  const TypeId a = registry.intern_rec_group({struct_def({}), struct_def({field(ValType::i32)}, member(0))});
  const TypeId b{static_cast<uint32_t>(a) + 1};
  EXPECT_TRUE(registry.is_subtype(b, a));
  EXPECT_EQ(registry.get(b).super, a);
}

// Every pair of abstract types. A row lists the supertypes (spec 3.3.3).
TEST(type_registry, abstract_heap_types_form_four_hierarchies) {
  using H = HeapKind;
  const std::vector<std::pair<H, std::vector<H>>> above = {
      {H::func, {H::func}},
      {H::nofunc, {H::nofunc, H::func}},
      {H::extern_, {H::extern_}},
      {H::noextern, {H::noextern, H::extern_}},
      {H::any, {H::any}},
      {H::eq, {H::eq, H::any}},
      {H::i31, {H::i31, H::eq, H::any}},
      {H::struct_, {H::struct_, H::eq, H::any}},
      {H::array, {H::array, H::eq, H::any}},
      {H::none, {H::none, H::i31, H::struct_, H::array, H::eq, H::any}},
      {H::exn, {H::exn}},
      {H::noexn, {H::noexn, H::exn}},
  };
  const TypeRegistry registry;
  for (const auto& [low, supers] : above) {
    for (const auto& [high, unused] : above) {
      const bool expected = std::find(supers.begin(), supers.end(), high) != supers.end();
      EXPECT_EQ(registry.is_subtype(ValType::ref(low, true), ValType::ref(high, true)), expected)
          << to_string(ValType::ref(low, true)) << " <= " << to_string(ValType::ref(high, true));
    }
  }
}

TEST(type_registry, concrete_types_lie_between_top_and_bottom_of_their_hierarchy) {
  TypeRegistry registry;
  const auto null = [](auto heap) { return ValType::ref(heap, true); };
  const TypeId f = registry.intern({{}, {}});
  const TypeId s = registry.intern_rec_group({struct_def({})});
  const TypeId a = registry.intern_rec_group({array_def(field(ValType::i32))});
  EXPECT_TRUE(registry.is_subtype(null(f), ValType::funcref));
  EXPECT_TRUE(registry.is_subtype(null(HeapKind::nofunc), null(f)));
  EXPECT_FALSE(registry.is_subtype(null(HeapKind::none), null(f)));
  EXPECT_FALSE(registry.is_subtype(ValType::funcref, null(f)));
  EXPECT_TRUE(registry.is_subtype(null(s), null(HeapKind::struct_)));
  EXPECT_TRUE(registry.is_subtype(null(s), null(HeapKind::eq)));
  EXPECT_FALSE(registry.is_subtype(null(s), null(HeapKind::array)));
  EXPECT_TRUE(registry.is_subtype(null(a), null(HeapKind::any)));
  EXPECT_TRUE(registry.is_subtype(null(HeapKind::none), null(a)));
  EXPECT_FALSE(registry.is_subtype(null(HeapKind::nofunc), null(s)));
  EXPECT_FALSE(registry.is_subtype(null(s), null(a)));
}

TEST(type_registry, null_and_numbers) {
  const TypeRegistry registry;
  const ValType func = ValType::ref(HeapKind::func, false);
  EXPECT_TRUE(registry.is_subtype(func, ValType::funcref));
  EXPECT_FALSE(registry.is_subtype(ValType::funcref, func));
  EXPECT_TRUE(registry.is_subtype(ValType::bottom, ValType::i32));
  EXPECT_FALSE(registry.is_subtype(ValType::i32, ValType::i64));
  EXPECT_FALSE(registry.is_subtype(ValType::i32, ValType::funcref));
  EXPECT_FALSE(registry.is_subtype(ValType::externref, ValType::i32));
}

TEST(type_registry, structure_of_declared_supertypes) {
  TypeRegistry registry;
  const ValType any = ValType::ref(HeapKind::any, true), eq = ValType::ref(HeapKind::eq, true);
  EXPECT_TRUE(registry.matches_structurally(struct_def({field(eq), field(ValType::i32)}), struct_def({field(any)})));
  EXPECT_FALSE(registry.matches_structurally(struct_def({}), struct_def({field(any)})));
  EXPECT_FALSE(registry.matches_structurally(struct_def({field(eq, true)}), struct_def({field(any, true)})));
  EXPECT_TRUE(registry.matches_structurally(struct_def({field(eq, true)}), struct_def({field(eq, true)})));
  EXPECT_FALSE(registry.matches_structurally(struct_def({field(eq, true)}), struct_def({field(eq)})));
  EXPECT_TRUE(registry.matches_structurally(func_def({any}, {eq}), func_def({eq}, {any})));
  EXPECT_FALSE(registry.matches_structurally(func_def({eq}, {}), func_def({any}, {})));
  EXPECT_FALSE(registry.matches_structurally(array_def(field(any)), struct_def({field(any)})));
}

TEST(type_registry, knows_whether_fields_have_defaults) {
  TypeRegistry registry;
  EXPECT_TRUE(registry.get(registry.intern_rec_group({struct_def({field(ValType::i32)})})).defaultable);
  const DefType def = struct_def({field(ValType::i32), field(ValType::ref(HeapKind::any, false))});
  EXPECT_FALSE(registry.get(registry.intern_rec_group({def})).defaultable);
}

// Threads that compile modules share one registry.
TEST(type_registry, threads_agree_on_ids) {
  constexpr int kThreads = 4, kTypes = 2000;
  TypeRegistry registry;
  std::vector<std::vector<TypeId>> ids(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kTypes; ++i) {
        std::vector<ValType> params;
        for (int bits = i; bits > 0; bits /= 2) params.push_back(bits % 2 ? ValType::i32 : ValType::f64);
        const TypeId id = i % 3 ? registry.intern({params, {}})
                                : registry.intern_rec_group({func_def(params, {}), struct_def({}, kNoType)});
        ids[t].push_back(id);
        ASSERT_EQ(registry.func(id).params, params);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int t = 1; t < kThreads; ++t) EXPECT_EQ(ids[t], ids[0]);
}

}  // namespace
}  // namespace mini_wasm
