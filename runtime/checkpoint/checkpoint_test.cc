// Checkpoint and restore, from every tier to another one: what is saved is there again, what runs before and after gives
// what an uninterrupted run gives, and what cannot be saved or restored is an error.
#include <string>

#include "runtime/checkpoint/test_world.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

class Checkpoint : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  // Saves `world` and restores it in `again`, which has the same modules then.
  Restored move(const CheckpointOptions& save_options = {}, const RestoreOptions& restore_options = {}) {
    const Image image = save(world.store, save_options);
    for (const std::string& text : texts) again.compile(text);
    return again.restore(image, restore_options);
  }
  Instance add(std::string_view text, std::string_view name = {}) {
    texts.emplace_back(text);
    return world.add(text, name);
  }
  // Calls the function in the store that was saved and in the restored one.
  void expect_same(const Instance& before, const Instance& after, const char* name,
                   std::initializer_list<Val> args = {}) {
    const Result<std::vector<Val>> expected = world.call(before, name, args);
    ASSERT_THAT(expected, Succeeds()) << name;
    EXPECT_THAT(again.call(after, name, args), ReturnsAll(*expected)) << name;
  }

  World world{GetParam().config()};
  World again{other_row(GetParam()).config()};
  std::vector<std::string> texts;
};
INSTANTIATE_TEST_SUITE_P(tiers, Checkpoint, ::testing::ValuesIn(spec::kTiers), tier_name);

// Everything that begins with a value of the module gets another one, and nothing runs a second time.
constexpr const char* kEverything = R"((module $everything
  (import "host" "started" (func $started))
  (memory (export "memory") 2 10) (memory $wide i64 1) (memory $one (export "one") 1)
  (data (i32.const 10) "initial") (data $late "late text") (data $gone "gone")
  (table $t (export "table") 3 20 funcref) (elem (table $t) (i32.const 0) func $one_ $two_)
  (elem $funcs func $two_ $one_) (elem $exprs funcref (ref.func $one_) (ref.null func)) (elem $dropped func $one_)
  (table $refs 2 (ref null func))
  (type $int (func (result i32)))
  (table $full 4 (ref func) (ref.func $one_))
  (global $g (export "g") (mut i32) (i32.const 1)) (global $l (mut i64) (i64.const 2)) (global $f (mut f32) (f32.const 3))
  (global $d (mut f64) (f64.const 4)) (global $v (mut v128) (v128.const i64x2 5 6)) (global $c i32 (i32.const 77))
  (global $r (mut funcref) (ref.null func))
  (func $one_ (result i32) (i32.const 1)) (func $two_ (result i32) (i32.const 2))
  (func $begin (call $started) (global.set $g (i32.const 100)))
  (start $begin)
  (func (export "change")
    (i32.store8 (i32.const 10) (i32.const 0x49)) (drop (memory.grow (i32.const 3)))
    (i32.store (i32.const 327676) (i32.const 0x1234)) (i64.store $wide (i64.const 100) (i64.const -5))
    (drop (memory.grow $wide (i64.const 1))) (i32.store8 $wide (i64.const 131071) (i32.const 9))
    (i32.store $one (i32.const 4096) (i32.const 8))
    (data.drop $gone) (elem.drop $dropped)
    (global.set $g (i32.const -1)) (global.set $l (i64.const -2)) (global.set $f (f32.const -3.5))
    (global.set $d (f64.const nan:0x8000000000123)) (global.set $v (v128.const i64x2 -5 -6))
    (global.set $r (ref.func $two_))
    (table.set $t (i32.const 0) (ref.func $two_)) (table.set $t (i32.const 1) (ref.null func))
    (drop (table.grow $t (ref.func $one_) (i32.const 9)))
    (table.set $refs (i32.const 1) (ref.func $two_)) (table.set $full (i32.const 2) (ref.func $two_)))
  (func (export "bytes") (result i32) (i32.load8_u (i32.const 10)) (i32.add (i32.load8_u (i32.const 11)))
    (i32.add (i32.load (i32.const 327676))) (i32.add (i32.load $one (i32.const 4096)))
    (i32.add (i32.load8_u $wide (i64.const 131071))))
  (func (export "words") (result i64) (i64.load $wide (i64.const 100)))
  (func (export "sizes") (result i32 i64 i32 i32) (memory.size) (memory.size $wide) (table.size $t) (table.size $refs))
  (func (export "globals") (result i32 i64 f32 f64 v128 i32) (global.get $g) (global.get $l) (global.get $f)
    (global.get $d) (global.get $v) (global.get $c))
  (func (export "call") (param i32) (result i32) (call_indirect $t (type $int) (local.get 0)))
  (func (export "full") (param i32) (result i32) (call_indirect $full (type $int) (local.get 0)))
  (func (export "ref") (result i32) (table.set $refs (i32.const 0) (global.get $r))
    (i32.add (call_indirect $refs (type $int) (i32.const 0)) (call_indirect $refs (type $int) (i32.const 1))))
  (func (export "late") (result i32) (memory.init $late (i32.const 0) (i32.const 5) (i32.const 4)) (i32.load (i32.const 0)))
  (func (export "gone") (memory.init $gone (i32.const 0) (i32.const 0) (i32.const 1)))
  (func (export "funcs") (result i32) (table.init $t $funcs (i32.const 0) (i32.const 0) (i32.const 2))
    (call_indirect $t (type $int) (i32.const 0)))
  (func (export "exprs") (result i32) (table.init $t $exprs (i32.const 0) (i32.const 0) (i32.const 2))
    (call_indirect $t (type $int) (i32.const 0)))
  (func (export "dropped") (table.init $t $dropped (i32.const 0) (i32.const 0) (i32.const 1)))))";

TEST_P(Checkpoint, everything_that_an_instance_has) {
  int started = 0;
  for (World* w : {&world, &again}) w->linker.func("host", "started", [&] { ++started; });
  const Instance before = add(kEverything);
  ASSERT_THAT(world.call(before, "change"), Succeeds());
  const Restored restored = move();
  ASSERT_EQ(restored.instances.size(), 1u);
  const Instance after = restored.instances[0];
  EXPECT_EQ(started, 1);
  EXPECT_EQ(world.store.used_bytes(), again.store.used_bytes());
  for (const char* name : {"bytes", "words", "sizes", "globals", "ref", "late", "funcs", "exprs", "bytes"}) {
    expect_same(before, after, name);
  }
  EXPECT_THAT(again.call(after, "sizes"), Returns(i32(5), i64(2), i32(12), i32(2)));
  for (const int32_t i : {3, 0, 11}) {
    expect_same(before, after, "call", {i32(i)});
  }
  for (const int32_t i : {0, 1, 2, 3}) {
    expect_same(before, after, "full", {i32(i)});
  }
  EXPECT_THAT(again.call(after, "gone"), Traps(TrapCode::out_of_bounds_memory_access));
  EXPECT_THAT(again.call(after, "dropped"), Traps(TrapCode::out_of_bounds_table_access));
  EXPECT_TRUE(std::ranges::equal(before.memory("memory")->data(), after.memory("memory")->data()));
}

// What an instance begins with must not be what a restored one had, and the other way round: pools keep both.
TEST_P(Checkpoint, restored_instances_and_new_ones_share_pools) {
  constexpr const char* kText = R"((module (memory (export "memory") 1) (data (i32.const 0) "initial")
    (table (export "table") 3 funcref) (elem (i32.const 0) func $one $two) (type $int (func (result i32)))
    (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))
    (func (export "change") (table.set (i32.const 0) (ref.func $two)) (table.set (i32.const 1) (ref.null func))
      (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)))
    (func (export "call") (param i32) (result i32) (call_indirect (type $int) (local.get 0)))
    (func (export "load") (result i32) (i32.load (i32.const 0)))))";
  // So many segments that later instances map the initial content of the memory.
  std::string text(kText);
  text.pop_back();
  for (int i = 0; i < 100; ++i) {
    text += "(data (i32.const ";
    text += std::to_string(8192 + i) + ") \"x\")";
  }
  const Engine engine(GetParam().config());
  const Module module = *Module::compile(engine, wat(text + ")"));
  Image image;
  for (int round = 0; round < 5; ++round) {
    Store store(engine);
    const Instance fresh = *Linker(store).instantiate(module);
    EXPECT_THAT(fresh.func("load")->call({}), Returns(i32(0x74696e69)));
    EXPECT_THAT(fresh.func("call")->call({i32(0)}), Returns(i32(1)));
    EXPECT_THAT(fresh.func("call")->call({i32(1)}), Returns(i32(2)));
    ASSERT_THAT(fresh.func("change")->call({}), Succeeds());
    if (image.empty()) image = save(store);
    Store other(engine);
    const Result<Restored> restored = restore(other, {module}, Linker(other), image);
    ASSERT_THAT(restored, Succeeds());
    const Instance& again_ = restored->instances[0];
    EXPECT_THAT(again_.func("load")->call({}), Returns(i32(0)));
    EXPECT_EQ(again_.memory("memory")->data()[8192 + 50], 0);
    EXPECT_THAT(again_.func("call")->call({i32(0)}), Returns(i32(2)));
    EXPECT_THAT(again_.func("call")->call({i32(1)}), Traps(TrapCode::uninitialized_element));
    EXPECT_THAT(again_.func("call")->call({i32(2)}), Traps(TrapCode::uninitialized_element));
  }
}

// Instances that share a memory, a table, a global, a tag and functions. The second one needs the size that the first
// one's memory and table have grown to.
TEST_P(Checkpoint, linked_instances) {
  const Instance first = add(R"((module (memory (export "memory") 1) (table (export "table") 1 funcref)
    (global (export "global") (mut i32) (i32.const 0)) (tag (export "tag") (param i32)) (type $int (func (result i32)))
    (func (export "own") (result i32) (global.get 0))
    (func (export "call") (param i32) (result i32) (call_indirect (type $int) (local.get 0)))
    (func (export "throw") (param i32) (throw 0 (local.get 0)))
    (func (export "grow") (drop (memory.grow (i32.const 2))) (drop (table.grow (ref.null func) (i32.const 4))))))",
                             "first");
  ASSERT_THAT(world.call(first, "grow"), Succeeds());
  const Instance second = add(R"((module (import "first" "memory" (memory 3)) (import "first" "table" (table 5 funcref))
    (import "first" "global" (global $g (mut i32))) (import "first" "tag" (tag $tag (param i32)))
    (import "first" "own" (func $own (result i32))) (import "first" "throw" (func $throw (param i32)))
    (export "memory" (memory 0)) (elem declare func $own $mine)
    (func $mine (result i32) (i32.add (global.get $g) (i32.const 1000)))
    (func (export "write") (table.set (i32.const 3) (ref.func $mine)) (table.set (i32.const 4) (ref.func $own))
      (global.set $g (i32.const 5)) (i32.store (i32.const 100000) (i32.const 6)))
    (func (export "read") (result i32) (i32.add (i32.load (i32.const 100000)) (call $own)))
    (func (export "set") (param i32) (global.set $g (local.get 0)) (i32.store (i32.const 100000) (local.get 0)))
    (func (export "catch") (param i32) (result i32)
      (block $caught (result i32) (try_table (catch $tag $caught) (call $throw (local.get 0))) (i32.const -1)))))");
  ASSERT_THAT(world.call(second, "write"), Succeeds());
  const Restored restored = move();
  ASSERT_EQ(restored.instances.size(), 2u);
  const Instance &first_again = restored.instances[0], &second_again = restored.instances[1];
  EXPECT_EQ(world.store.used_bytes(), again.store.used_bytes());
  EXPECT_THAT(again.call(second_again, "read"), Returns(i32(11)));
  EXPECT_THAT(again.call(first_again, "call", {i32(3)}), Returns(i32(1005)));
  EXPECT_THAT(again.call(first_again, "call", {i32(4)}), Returns(i32(5)));
  EXPECT_THAT(again.call(second_again, "catch", {i32(8)}), Returns(i32(8)));
  ASSERT_THAT(again.call(second_again, "set", {i32(20)}), Succeeds());
  EXPECT_THAT(again.call(first_again, "own"), Returns(i32(20)));
  EXPECT_EQ(first_again.memory("memory")->data().data(), second_again.memory("memory")->data().data());
  EXPECT_EQ(first_again.memory("memory")->data().size(), size_t{3} << 16);
  ASSERT_THAT(again.call(first_again, "grow"), Succeeds());
  EXPECT_THAT(again.call(second_again, "read"), Returns(i32(40)));
}

// Objects of the host are found by name; what the guest has written into them is there again.
TEST_P(Checkpoint, objects_of_the_host) {
  constexpr const char* kText = R"((module (import "host" "f" (func $f (param i32) (result i32)))
    (import "host" "memory" (memory 1)) (import "host" "table" (table 2 funcref)) (import "host" "g" (global $g (mut i64)))
    (import "host" "c" (global $c i32)) (import "host" "tag" (tag $tag (param i32)))
    (type $unary (func (param i32) (result i32))) (elem declare func $f $own)
    (func $own (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
    (func (export "change") (table.set (i32.const 0) (ref.func $f)) (table.set (i32.const 1) (ref.func $own))
      (drop (memory.grow (i32.const 1))) (i32.store (i32.const 70000) (i32.const 9)) (i32.store8 (i32.const 1) (i32.const 0))
      (global.set $g (i64.const 12)))
    (func (export "call") (param i32 i32) (result i32) (call_indirect (type $unary) (local.get 0) (local.get 1)))
    (func (export "read") (result i32) (i32.add (i32.load (i32.const 70000)) (i32.load8_u (i32.const 1))))
    (func (export "global") (result i64) (global.get $g)) (func (export "constant") (result i32) (global.get $c))
    (func (export "catch") (result i32) (block $caught (result i32)
      (try_table (catch $tag $caught) (throw $tag (i32.const 3))) (i32.const -1)))))";
  int32_t step = 100;
  for (World* w : {&world, &again}) {
    w->linker.func("host", "f", [step](int32_t x) { return x + step; });
    const Memory memory = *Memory::make(w->store, {{1, 5}});
    memory.data()[1] = 55;
    w->linker.define("host", "memory", memory);
    w->linker.define("host", "table", *Table::make(w->store, {ValType::funcref, {2, {}}}, Val::null(ValType::funcref)));
    w->linker.define("host", "g", *Global::make(w->store, {ValType::i64, true}, i64(1)));
    w->linker.define("host", "c", *Global::make(w->store, {ValType::i32}, i32(step)));
    w->linker.define("host", "tag", *Tag::make(w->store, {{ValType::i32}, {}}));
    step = 200;
  }
  const Instance before = add(kText);
  ASSERT_THAT(world.call(before, "change"), Succeeds());
  const Restored restored = move();
  ASSERT_EQ(restored.instances.size(), 1u);
  const Instance after = restored.instances[0];
  EXPECT_THAT(again.call(after, "call", {i32(1), i32(0)}), Returns(i32(201)));
  EXPECT_THAT(again.call(after, "call", {i32(1), i32(1)}), Returns(i32(2)));
  EXPECT_THAT(again.call(after, "read"), Returns(i32(9)));
  EXPECT_THAT(again.call(after, "global"), Returns(i64(12)));
  EXPECT_THAT(again.call(after, "constant"), Returns(i32(200)));
  EXPECT_THAT(again.call(after, "catch"), Returns(i32(3)));
  EXPECT_EQ(again.linker.get("host", "memory")->memory()->data().size(), size_t{2} << 16);
}

// Objects of every kind, with cycles, subtypes and shared parts. Only what can be reached is saved.
constexpr const char* kHeap = R"((module
  (type $int (func (result i32)))
  (rec (type $node (sub (struct (field $next (mut (ref null $node))) (field $value (mut i32)))))
    (type $special (sub $node (struct (field $next (mut (ref null $node))) (field $value (mut i32)) (field $any (mut anyref))
      (field $byte (mut i8)) (field $short (mut i16)) (field $long i64) (field $double f64) (field $vector v128)
      (field $func (ref null $int)) (field $extern (mut externref)) (field $exn (mut exnref))))))
  (type $bytes (array (mut i8))) (type $refs (array (mut (ref null eq)))) (type $vectors (array (mut v128)))
  (type $funcs (array (mut funcref)))
  (tag $tag (param i32 anyref v128))
  (global $list (mut (ref null $node)) (ref.null none)) (global $special (mut (ref null $special)) (ref.null none))
  (global $bytes (mut (ref null $bytes)) (ref.null none)) (global $refs (mut (ref null $refs)) (ref.null none))
  (global $vectors (mut (ref null $vectors)) (ref.null none)) (global $funcs (mut (ref null $funcs)) (ref.null none))
  (global $constant (ref $node) (struct.new $node (ref.null none) (i32.const 4711)))
  (table $any 5 anyref) (table $full 2 (ref i31) (ref.i31 (i32.const 7)))
  (elem $nodes (ref $node) (struct.new $node (ref.null none) (i32.const 31)) (global.get $constant))
  (table $out 2 (ref null $node))
  (elem declare func $forty)
  (func $forty (result i32) (i32.const 40))
  (func (export "make") (param $n i32) (param $host externref) (local $e exnref) (local $i i32)
    (loop $more
      (global.set $list (struct.new $node (global.get $list) (local.get $i)))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.set $e (block $caught (result exnref)
      (try_table (catch_all_ref $caught)
        (throw $tag (i32.const 11) (global.get $list) (v128.const i64x2 12 13))) unreachable))
    (global.set $special (struct.new $special (global.get $list) (i32.const -2) (ref.i31 (i32.const -3)) (i32.const 0x1ff)
      (i32.const 0x1ffff) (i64.const -6) (f64.const 7.5) (v128.const i64x2 8 9) (ref.func $forty) (local.get $host)
      (local.get $e)))
    (global.set $bytes (array.new $bytes (i32.const 0) (i32.const 100000)))
    (array.set $bytes (global.get $bytes) (i32.const 99999) (i32.const 5))
    (global.set $refs (array.new $refs (ref.i31 (i32.const 1)) (i32.const 1000)))
    (array.set $refs (global.get $refs) (i32.const 5) (global.get $refs))
    (array.set $refs (global.get $refs) (i32.const 999) (global.get $special))
    (global.set $vectors (array.new $vectors (v128.const i64x2 1 2) (i32.const 3)))
    (global.set $funcs (array.new $funcs (ref.func $forty) (i32.const 3)))
    (array.set $funcs (global.get $funcs) (i32.const 1) (ref.null func))
    (table.set $any (i32.const 0) (global.get $special)) (table.set $any (i32.const 1) (any.convert_extern (local.get $host)))
    (table.set $any (i32.const 3) (ref.i31 (i32.const 0x3fffffff)))
    (struct.set $special $any (global.get $special) (global.get $refs)))
  (func (export "length") (result i32) (local $at (ref null $node)) (local $n i32)
    (local.set $at (global.get $list))
    (loop $more (if (ref.is_null (local.get $at)) (then (return (local.get $n))))
      (local.set $n (i32.add (local.get $n) (struct.get $node $value (local.get $at))))
      (local.set $at (struct.get $node $next (local.get $at))) (br $more)) unreachable)
  (func (export "fields") (result i32 i32 i32 i64 f64 v128 i32)
    (struct.get $special $value (global.get $special)) (struct.get_s $special $byte (global.get $special))
    (struct.get_u $special $short (global.get $special)) (struct.get $special $long (global.get $special))
    (struct.get $special $double (global.get $special)) (struct.get $special $vector (global.get $special))
    (call_ref $int (struct.get $special $func (global.get $special))))
  (func (export "same") (result i32)
    (i32.and (ref.eq (ref.cast eqref (table.get $any (i32.const 0))) (global.get $special))
      (i32.and (ref.eq (array.get $refs (global.get $refs) (i32.const 5)) (global.get $refs))
        (i32.and (ref.eq (array.get $refs (global.get $refs) (i32.const 999)) (global.get $special))
          (i32.and (ref.eq (struct.get $special $next (global.get $special)) (global.get $list))
            (ref.eq (ref.cast eqref (struct.get $special $any (global.get $special))) (global.get $refs)))))))
  (func (export "exception") (result i32 anyref v128)
    (block $caught (result i32 anyref v128) (try_table (catch $tag $caught)
      (throw_ref (struct.get $special $exn (global.get $special)))) unreachable))
  (func (export "arrays") (result i32 i32 i32 v128 i32 i32)
    (array.len (global.get $bytes)) (array.get_u $bytes (global.get $bytes) (i32.const 99999))
    (i31.get_u (ref.cast i31ref (array.get $refs (global.get $refs) (i32.const 998))))
    (array.get $vectors (global.get $vectors) (i32.const 2))
    (ref.is_null (array.get $funcs (global.get $funcs) (i32.const 1)))
    (call_ref $int (ref.cast (ref $int) (array.get $funcs (global.get $funcs) (i32.const 2)))))
  (func (export "tables") (result i32 i32 i32)
    (i31.get_s (ref.cast i31ref (table.get $any (i32.const 3)))) (ref.is_null (table.get $any (i32.const 4)))
    (i31.get_u (table.get $full (i32.const 1))))
  (func (export "segment") (result i32 i32) (table.init $out $nodes (i32.const 0) (i32.const 0) (i32.const 2))
    (struct.get $node $value (table.get $out (i32.const 0)))
    (ref.eq (table.get $out (i32.const 1)) (global.get $constant)))
  (func (export "subtype") (result i32 i32) (ref.test (ref $special) (global.get $special))
    (ref.test (ref $special) (global.get $list)))
  (func (export "host") (result externref externref) (struct.get $special $extern (global.get $special))
    (extern.convert_any (table.get $any (i32.const 1))))
  (func (export "waste") (local $i i32) (loop $more (drop (struct.new $node (global.get $list) (i32.const 1)))
    (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 300000)))))))";

TEST_P(Checkpoint, objects_of_the_heap) {
  const Instance before = add(kHeap);
  const Val host = *world.store.make_externref(std::string("a text"));
  ASSERT_THAT(world.call(before, "make", {i32(200'000), host}), Succeeds());
  int saved = 0;
  CheckpointOptions save_options;
  save_options.save_extern = [&](const Val& value) -> Result<std::vector<uint8_t>> {
    ++saved;
    const auto* text = world.store.externref_as<std::string>(value);
    if (text == nullptr) return Error::host("not a text");
    return std::vector<uint8_t>(text->begin(), text->end());
  };
  RestoreOptions restore_options;
  restore_options.load_extern = [&](std::span<const uint8_t> bytes) {
    return again.store.make_externref(std::string(bytes.begin(), bytes.end()));
  };
  const Restored restored = move(save_options, restore_options);
  ASSERT_EQ(restored.instances.size(), 1u);
  const Instance after = restored.instances[0];
  EXPECT_EQ(saved, 1);
  for (int round = 0; round < 2; ++round) {
    for (const char* name : {"length", "fields", "arrays", "tables", "segment", "subtype"}) {
      expect_same(before, after, name);
    }
    EXPECT_THAT(again.call(after, "same"), Returns(i32(1)));
    const Result<std::vector<Val>> exception = again.call(after, "exception");
    ASSERT_THAT(exception, Succeeds());
    EXPECT_EQ((*exception)[0].i32(), 11);
    EXPECT_FALSE((*exception)[1].is_null());
    EXPECT_EQ((*exception)[2].v128(), (V128{12, 0, 0, 0, 0, 0, 0, 0, 13, 0, 0, 0, 0, 0, 0, 0}));
    const Result<std::vector<Val>> hosts = again.call(after, "host");
    ASSERT_THAT(hosts, Succeeds());
    EXPECT_EQ((*hosts)[0].bits(), (*hosts)[1].bits());
    const auto* text = again.store.externref_as<std::string>((*hosts)[0]);
    ASSERT_NE(text, nullptr);
    EXPECT_EQ(*text, "a text");
    // Collections must find everything from the restored roots.
    ASSERT_THAT(again.call(after, "waste"), Succeeds());
    again.store.collect_garbage();
  }
}

TEST_P(Checkpoint, a_run_goes_on_as_if_nothing_had_happened) {
  constexpr const char* kText = R"((module (memory 1) (global $state (mut i64) (i64.const 88172645463325252))
    (func (export "step") (param $n i32) (result i64) (local $x i64)
      (loop $more
        (local.set $x (global.get $state))
        (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 13))))
        (local.set $x (i64.xor (local.get $x) (i64.shr_u (local.get $x) (i64.const 7))))
        (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 17))))
        (local.set $x (i64.add (local.get $x) (i64.load (i32.and (i32.wrap_i64 (local.get $x)) (i32.const 0xfff8)))))
        (i64.store (i32.and (i32.wrap_i64 (local.get $x)) (i32.const 0xfff8)) (local.get $x))
        (global.set $state (local.get $x))
        (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (global.get $state))))";
  Guest whole(GetParam().config());
  const Instance uninterrupted = whole.load(kText);
  const Result<std::vector<Val>> expected = whole.call(uninterrupted, "step", {i32(5000)});
  ASSERT_THAT(expected, Succeeds());
  const Instance before = add(kText);
  ASSERT_THAT(world.call(before, "step", {i32(1234)}), Succeeds());
  const Restored restored = move();
  ASSERT_EQ(restored.instances.size(), 1u);
  EXPECT_THAT(again.call(restored.instances[0], "step", {i32(3766)}), ReturnsAll(*expected));
  EXPECT_THAT(world.call(before, "step", {i32(3766)}), ReturnsAll(*expected));
}

// Two modules of the same bytes, and several instances of one module.
TEST_P(Checkpoint, instances_of_one_module) {
  constexpr const char* kText = R"((module (global $g (mut i32) (i32.const 0))
    (func (export "set") (param i32) (global.set $g (local.get 0))) (func (export "get") (result i32) (global.get $g))))";
  std::vector<Instance> before = {add(kText), add(kText)};
  before.push_back(*world.linker.instantiate(world.modules[0]));
  for (int32_t i = 0; i < 3; ++i)
    ASSERT_THAT(world.call(before[static_cast<size_t>(i)], "set", {i32(i + 5)}), Succeeds());
  texts.resize(1);
  const Restored restored = move();
  ASSERT_EQ(restored.instances.size(), 3u);
  for (int32_t i = 0; i < 3; ++i) {
    EXPECT_THAT(again.call(restored.instances[static_cast<size_t>(i)], "get"), Returns(i32(i + 5)));
  }
}

// --- Special stores ------------------------------------------------------------------------------------------------

TEST(checkpoint, an_empty_store) {
  World world, again;
  const Restored restored = again.restore(save(world.store));
  EXPECT_TRUE(restored.instances.empty());
}

TEST(checkpoint, fuel_is_given_back_by_the_host) {
  Config config;
  config.fuel = true;
  World world(config), again(config);
  ASSERT_TRUE(world.store.set_fuel(12345));
  const Restored restored = again.restore(save(world.store));
  EXPECT_EQ(restored.fuel, 12345u);
  EXPECT_EQ(again.store.fuel(), 0u);
}

TEST(checkpoint, a_linker_of_an_engine) {
  constexpr const char* kText = R"((module (import "host" "f" (func $f (result i32)))
    (func (export "f") (result i32) (call $f))))";
  const Engine engine;
  Linker linker(engine);
  linker.func("host", "f", [] { return 6; });
  const Module module = *Module::compile(engine, wat(kText));
  Store store(engine), again(engine);
  ASSERT_THAT(linker.instantiate(store, module), Succeeds());
  const Result<Restored> restored = restore(again, {module}, linker, save(store));
  ASSERT_THAT(restored, Succeeds());
  EXPECT_THAT(restored->instances[0].func("f")->call({}), Returns(i32(6)));
}

TEST(checkpoint, a_sparse_memory_makes_a_small_image) {
  World world, again;
  constexpr const char* kText = R"((module (memory (export "memory") 4000)))";
  const Instance before = world.add(kText);
  before.memory("memory")->data()[200'000'000] = 1;
  before.memory("memory")->data()[0] = 2;
  const Image image = save(world.store);
  EXPECT_LT(image.size(), 10'000u);
  again.compile(kText);
  const Restored restored = again.restore(image);
  ASSERT_EQ(restored.instances.size(), 1u);
  EXPECT_TRUE(std::ranges::equal(before.memory("memory")->data(), restored.instances[0].memory("memory")->data()));
}

TEST(checkpoint, pages_of_one_byte) {
  Config config;
  ASSERT_THAT(config.feature("custom-page-sizes", true), Succeeds());
  World world(config), again(config);
  constexpr const char* kText = R"((module (memory (export "memory") 5000 5001 (pagesize 1))))";
  const Instance before = world.add(kText);
  before.memory("memory")->data()[4999] = 1;
  ASSERT_THAT(before.memory("memory")->grow(1), Succeeds());
  again.compile(kText);
  const Restored restored = again.restore(save(world.store));
  ASSERT_EQ(restored.instances.size(), 1u);
  EXPECT_TRUE(std::ranges::equal(before.memory("memory")->data(), restored.instances[0].memory("memory")->data()));
}

TEST(checkpoint, a_shared_memory_of_this_store_alone) {
  World world, again;
  constexpr const char* kText = R"((module (memory (export "memory") 1 2 shared)))";
  const Instance before = world.add(kText);
  before.memory("memory")->data()[77] = 5;
  again.compile(kText);
  const Image image = save(world.store);
  const Restored restored = again.restore(image);
  ASSERT_EQ(restored.instances.size(), 1u);
  EXPECT_EQ(restored.instances[0].memory("memory")->data()[77], 5);
  const std::optional<SharedMemory> elsewhere = SharedMemory::of(*before.memory("memory"));
  ASSERT_TRUE(elsewhere);
  EXPECT_THAT(try_save(world.store),
              Fails(ErrorKind::usage, "memory 0 of instance 0: the host or other stores share it"));
}

// --- Errors --------------------------------------------------------------------------------------------------------

TEST(checkpoint, not_while_a_call_is_running) {
  World world;
  Result<void> inner;
  Result<void> restored;
  world.linker.func("host", "f", [&](Caller& caller) {
    inner = checkpoint(caller.store(), [](std::span<const uint8_t>) { return Result<void>(); });
    Result<Restored> r = restore(caller.store(), {}, world.linker, std::span<const uint8_t>());
    restored = Error(r.error());
  });
  const Instance i = world.add(R"((module (import "host" "f" (func $f)) (func (export "f") (call $f))))");
  ASSERT_THAT(world.call(i, "f"), Succeeds());
  EXPECT_THAT(inner, Fails(ErrorKind::usage, "running"));
  EXPECT_THAT(restored, Fails(ErrorKind::usage, "running"));
}

TEST(checkpoint, references_without_a_name) {
  World world;
  const Instance i = world.add(R"((module (table (export "table") 8 funcref) (table (export "any") 2 anyref)
    (global (export "g") (mut exnref) (ref.null exn)) (global (export "e") (mut externref) (ref.null extern))))");
  const Val func = Func::wrap(world.store, [] {}).ref();
  ASSERT_THAT(i.table("table")->set(6, func), Succeeds());
  EXPECT_THAT(try_save(world.store),
              Fails(ErrorKind::usage, "table 0 of instance 0, element 6: it refers to a function"));
  ASSERT_THAT(i.table("table")->set(6, Val::null(ValType::funcref)), Succeeds());
  ASSERT_THAT(try_save(world.store), Succeeds());

  const TypeId type = *world.engine.define(StructType{{{ValType::i32}}});
  ASSERT_THAT(i.table("any")->set(1, StructRef::make(world.store, type, {i32(1)})->ref()), Succeeds());
  EXPECT_THAT(try_save(world.store),
              Fails(ErrorKind::usage, "table 1 of instance 0, element 1: it refers to an object of"));
  ASSERT_THAT(i.table("any")->set(1, Val::i31(1)), Succeeds());

  const Tag tag = *Tag::make(world.store, {{}, {}});
  ASSERT_THAT(i.global("g")->set(*Exception::make(world.store, tag, {})->ref()), Succeeds());
  EXPECT_THAT(try_save(world.store),
              Fails(ErrorKind::usage, "global 0 of instance 0, element 0: it refers to an exception"));
  ASSERT_THAT(i.global("g")->set(Val::null(ValType::ref(HeapKind::exn, true))), Succeeds());

  ASSERT_THAT(i.global("e")->set(world.store.new_externref(&world)), Succeeds());
  EXPECT_THAT(try_save(world.store), Fails(ErrorKind::usage, "set CheckpointOptions::save_extern"));
  CheckpointOptions options;
  options.save_extern = [](const Val&) -> Result<std::vector<uint8_t>> { return Error::host("no"); };
  EXPECT_THAT(try_save(world.store, options), Fails(ErrorKind::host, "no"));
}

TEST(checkpoint, errors_of_the_sink_and_the_source) {
  World world, again;
  world.add("(module (memory 20))");
  again.compile("(module (memory 20))");
  const auto sink = [](std::span<const uint8_t>) -> Result<void> { return Error::make(ErrorKind::io, "disk full"); };
  EXPECT_THAT(checkpoint(world.store, sink), Fails(ErrorKind::io, "disk full"));
  const CheckpointSource source = [](std::span<uint8_t>) -> Result<size_t> {
    return Error::make(ErrorKind::io, "bad disk");
  };
  EXPECT_THAT(restore(again.store, again.modules, again.linker, source), Fails(ErrorKind::io, "bad disk"));
  const CheckpointSource liar = [](std::span<uint8_t> room) -> Result<size_t> { return room.size() + 1; };
  EXPECT_THAT(restore(again.store, again.modules, again.linker, liar), Fails(ErrorKind::usage, "more bytes"));
}

// A source may give as little as it likes at a time.
TEST(checkpoint, a_slow_source) {
  World world, again;
  constexpr const char* kText = R"((module (memory (export "memory") 4)))";
  const Instance before = world.add(kText);
  for (size_t i = 0; i < before.memory("memory")->data().size(); ++i) {
    before.memory("memory")->data()[i] = static_cast<uint8_t>(i * 7);
  }
  again.compile(kText);
  const Image image = save(world.store);
  size_t at = 0, round = 0;
  const CheckpointSource source = [&](std::span<uint8_t> room) -> Result<size_t> {
    const size_t count = std::min({room.size(), image.size() - at, ++round % 977 + 1});
    std::copy_n(image.begin() + static_cast<ptrdiff_t>(at), count, room.begin());
    at += count;
    return count;
  };
  const Result<Restored> restored = restore(again.store, again.modules, again.linker, source);
  ASSERT_THAT(restored, Succeeds());
  EXPECT_TRUE(std::ranges::equal(before.memory("memory")->data(), restored->instances[0].memory("memory")->data()));
}

TEST(checkpoint, what_is_missing_at_restoration) {
  World world;
  world.linker.func("host", "f", [] {});
  world.add(R"((module $m (import "host" "f" (func))))");
  const Image image = save(world.store);
  {
    World again;
    again.linker.func("host", "f", [] {});
    EXPECT_THAT(again.try_restore(image), Fails(ErrorKind::unlinkable, "module 0 of the checkpoint (\"m\", "));
  }
  {
    World again;
    again.compile(R"((module $m (import "host" "f" (func))))");
    EXPECT_THAT(again.try_restore(image), Fails(ErrorKind::unlinkable, "unknown import: \"host\" \"f\""));
    again.linker.func("host", "f", [](int32_t) {});
    EXPECT_THAT(again.try_restore(image), Fails(ErrorKind::unlinkable, "incompatible import type"));
    again.linker.define("host", "f", *Global::make(again.store, {ValType::i32}, i32(1)));
    EXPECT_THAT(again.try_restore(image), Fails(ErrorKind::unlinkable, "incompatible import type"));
    again.linker.func("host", "f", [] {});
    EXPECT_THAT(again.try_restore(image), Succeeds());
    EXPECT_THAT(again.try_restore(image), Fails(ErrorKind::usage, "a new one is needed"));
  }
  World again, other;
  again.modules.push_back(other.compile(R"((module $m (import "host" "f" (func))))"));
  EXPECT_THAT(again.try_restore(image), Fails(ErrorKind::usage, "different engines"));
}

// Two objects of the host must not become one.
TEST(checkpoint, different_objects_stay_different) {
  constexpr const char* kText =
      R"((module (import "host" "a" (global (mut i32))) (import "host" "b" (global (mut i32)))))";
  World world, again;
  for (const char* name : {"a", "b"}) {
    world.linker.define("host", name, *Global::make(world.store, {ValType::i32, true}, i32(1)));
  }
  world.add(kText);
  const Image image = save(world.store);
  again.compile(kText);
  const Global one = *Global::make(again.store, {ValType::i32, true}, i32(1));
  for (const char* name : {"a", "b"}) again.linker.define("host", name, one);
  EXPECT_THAT(again.try_restore(image), Fails(ErrorKind::unlinkable, "the same object: import \"host\" \"b\""));
  again.linker.define("host", "b", *Global::make(again.store, {ValType::i32, true}, i32(1)));
  EXPECT_THAT(again.try_restore(image), Succeeds());
}

TEST(checkpoint, one_object_stays_one) {
  constexpr const char* kText =
      R"((module (import "host" "a" (global $a (mut i32))) (import "host" "b" (global $b (mut i32)))
    (func (export "f") (result i32) (global.set $b (i32.const 9)) (global.get $a))))";
  World world, again;
  const Global one = *Global::make(world.store, {ValType::i32, true}, i32(1));
  for (const char* name : {"a", "b"}) world.linker.define("host", name, one);
  world.add(kText);
  again.linker.define("host", "a", *Global::make(again.store, {ValType::i32, true}, i32(1)));
  again.compile(kText);
  const Restored restored = again.restore(save(world.store));
  ASSERT_EQ(restored.instances.size(), 1u);
  EXPECT_THAT(again.call(restored.instances[0], "f"), Returns(i32(9)));
}

// The limits are those of the new store.
TEST(checkpoint, limits_of_the_new_store) {
  constexpr const char* kText = R"((module (type $a (array (mut i64))) (memory (export "memory") 1)
    (table (export "table") 1 funcref) (global (export "g") (mut (ref null $a)) (ref.null none))
    (func (export "make") (global.set 0 (array.new $a (i64.const 1) (i32.const 100000))))))";
  World world;
  const Instance i = world.add(kText);
  ASSERT_THAT(i.memory("memory")->grow(5), Succeeds());
  ASSERT_THAT(i.table("table")->grow(50, Val::null(ValType::funcref)), Succeeds());
  ASSERT_THAT(world.call(i, "make"), Succeeds());
  const Image image = save(world.store);
  std::vector<StoreLimits> cases(5);
  cases[0].memory_bytes = 5 << 16;
  cases[1].table_elements = 50;
  cases[2].instances = 0;
  cases[3].gc_heap_bytes = 1 << 18;
  cases[4].total_bytes = 3 << 16;
  for (const StoreLimits& limits : cases) {
    World again(limits);
    again.compile(kText);
    EXPECT_THAT(again.try_restore(image), Fails(ErrorKind::limit, "")) << &limits - cases.data();
    EXPECT_EQ(again.store.used_bytes() >> 18, 0u);
  }
}

TEST(checkpoint, an_interrupted_store) {
  constexpr const char* kText = "(module (memory 1))";
  World world, again;
  world.add(kText);
  again.compile(kText);
  const Image image = save(world.store);
  again.store.interrupt();
  EXPECT_THAT(again.try_restore(image), Traps(TrapCode::interrupted));
  again.store.clear_interrupt();
  EXPECT_THAT(again.try_restore(image), Succeeds());
}

// After a failure the store is as it was: it can be used, and restored into.
TEST(checkpoint, a_failed_restoration_leaves_nothing) {
  constexpr const char* kText = R"((module (import "host" "memory" (memory 1)) (memory 1)
    (func (export "size") (result i32) (memory.size)) (func (export "load") (result i32) (i32.load (i32.const 0)))))";
  World world, again;
  for (World* w : {&world, &again}) w->linker.define("host", "memory", *Memory::make(w->store, {{1, 9}}));
  world.add(kText);
  Image image = save(world.store);
  again.compile(kText);
  const uint64_t used = again.store.used_bytes();
  const Image damaged(image.begin(), image.end() - 1);
  EXPECT_THAT(again.try_restore(damaged), Fails(ErrorKind::malformed, "unexpected end"));
  EXPECT_EQ(again.store.used_bytes(), used);
  // The memory of the host must not know the instance that is gone, and that another store uses again.
  Store other(again.engine);
  Linker linker(other);
  const Memory memory = *Memory::make(other, {{1, 9}});
  memory.data()[0] = 42;
  linker.define("host", "memory", memory);
  const Result<Instance> reused = linker.instantiate(again.modules[0]);
  ASSERT_THAT(reused, Succeeds());
  ASSERT_THAT(again.linker.get("host", "memory")->memory()->grow(1), Succeeds());
  EXPECT_THAT(reused->func("load")->call({}), Returns(i32(42)));
  EXPECT_THAT(again.try_restore(image), Fails(ErrorKind::limit, "cannot get the size 1"));
  again.linker.define("host", "memory", *Memory::make(again.store, {{1, 9}}));
  const Restored restored = again.restore(image);
  ASSERT_EQ(restored.instances.size(), 1u);
  EXPECT_THAT(again.call(restored.instances[0], "size"), Returns(i32(1)));
}

TEST(checkpoint, an_object_of_the_host_at_restoration) {
  constexpr const char* kText = R"((module (global (export "e") (mut externref) (ref.null extern))))";
  World world, again;
  const Instance i = world.add(kText);
  ASSERT_THAT(i.global("e")->set(world.store.new_externref(&world)), Succeeds());
  CheckpointOptions options;
  options.save_extern = [](const Val&) { return Result(std::vector<uint8_t>{1, 2}); };
  const Image image = save(world.store, options);
  again.compile(kText);
  EXPECT_THAT(again.try_restore(image), Fails(ErrorKind::usage, "set RestoreOptions::load_extern"));
  RestoreOptions load;
  load.load_extern = [&](std::span<const uint8_t>) -> Result<Val> { return Error::host("no"); };
  EXPECT_THAT(again.try_restore(image, load), Fails(ErrorKind::host, "no"));
  load.load_extern = [&](std::span<const uint8_t>) -> Result<Val> { return i32(1); };
  EXPECT_THAT(again.try_restore(image, load), Fails(ErrorKind::usage, "load_extern: expected externref"));
  load.load_extern = [&](std::span<const uint8_t>) -> Result<Val> { return world.store.new_externref(nullptr); };
  EXPECT_THAT(again.try_restore(image, load), Fails(ErrorKind::usage, "another store"));
  load.load_extern = [&](std::span<const uint8_t> bytes) -> Result<Val> {
    return again.store.new_externref(reinterpret_cast<void*>(uintptr_t{bytes[1]}));
  };
  const Restored restored = again.restore(image, load);
  ASSERT_EQ(restored.instances.size(), 1u);
  EXPECT_EQ(Store::externref_data(restored.instances[0].global("e")->get()), reinterpret_cast<void*>(2));
}

}  // namespace
}  // namespace mini_wasm
