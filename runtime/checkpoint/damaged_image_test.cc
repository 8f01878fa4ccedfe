// Images that are cut off, or in which bytes were changed, also by somebody who makes the hash right again: restoring
// them gives an error or a store that can be used, and never anything else.
#include <random>
#include <string>

#include "runtime/cache/hash.h"
#include "runtime/checkpoint/test_world.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

constexpr const char* kTexts[] = {
    R"((module (import "host" "f" (func $f (param i32))) (import "host" "table" (table 1 funcref))
      (memory (export "memory") 1) (table $t (export "t") 4 (ref null func)) (global $g (export "g") (mut i64) (i64.const 1))
      (tag $tag (export "tag") (param i32 eqref)) (data "passive") (elem declare func $f) (elem $e (ref null func) (ref.func $own))
      (type $void (func)) (func $own (i32.store (i32.const 0) (i32.const 1)))
      (table $full 2 (ref $void) (ref.func $own))
      (func (export "change") (table.set $t (i32.const 0) (ref.func $own)) (table.set $t (i32.const 2) (ref.func $f))
        (i32.store (i32.const 30000) (i32.const 77)))
      (func (export "call") (param i32) (call_indirect $t (type $void) (local.get 0)))
      (func (export "full") (call_indirect $full (type $void) (i32.const 1)))
      (func (export "init") (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 3))
        (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1)))))",
    R"((module (import "first" "memory" (memory 1)) (import "first" "t" (table $t 1 (ref null func)))
      (import "first" "g" (global $g (mut i64))) (import "first" "tag" (tag $tag (param i32 eqref)))
      (rec (type $a (struct (field $b (mut (ref null $b))) (field $n (mut i32)) (field $any (mut anyref))))
        (type $b (array (mut (ref null $a)))))
      (type $text (array (mut i8))) (type $void (func))
      (global $a (mut (ref null $a)) (ref.null none)) (global $exn (mut exnref) (ref.null exn))
      (global $text (mut (ref $text)) (array.new $text (i32.const 65) (i32.const 20)))
      (global $extern (mut externref) (ref.null extern)) (global $func (mut (ref null $void)) (ref.null nofunc))
      (func $mine (global.set $g (i64.const 4)))
      (elem declare func $mine)
      (func (export "change") (param externref) (global.set $extern (local.get 0)) (global.set $func (ref.func $mine))
        (global.set $a (struct.new $a (ref.null none) (i32.const 3) (ref.i31 (i32.const 6))))
        (struct.set $a $b (global.get $a) (array.new $b (global.get $a) (i32.const 3)))
        (global.set $exn (block $caught (result exnref) (try_table (catch_all_ref $caught)
          (throw $tag (i32.const 8) (global.get $a))) unreachable)))
      (func (export "walk") (result i32)
        (i32.add (struct.get $a $n (array.get $b (struct.get $a $b (global.get $a)) (i32.const 2)))
          (array.get_u $text (global.get $text) (i32.const 19))))
      (func (export "any") (result i32) (i31.get_s (ref.cast i31ref (struct.get $a $any (global.get $a)))))
      (func (export "throw") (result i32 eqref) (block $caught (result i32 eqref)
        (try_table (catch $tag $caught) (throw_ref (global.get $exn))) unreachable))
      (func (export "func") (call_ref $void (global.get $func)))
      (func (export "memory") (result i32) (i32.load (i32.const 30000)))))"};

class DamagedImage : public ::testing::Test {
 protected:
  static StoreLimits limits() {
    StoreLimits limits;
    limits.memory_bytes = 1 << 20;
    limits.table_elements = 1000;
    limits.gc_heap_bytes = 1 << 20;
    return limits;
  }
  static void define_table(Store& store, Linker& linker) {
    linker.define("host", "table", *Table::make(store, {ValType::funcref, {1, {}}}, Val::null(ValType::funcref)));
  }
  struct Lab : World {
    Lab() : World(limits()) {
      linker.func("host", "f", [](int32_t) {});
      define_table(store, linker);
    }
  };

  DamagedImage() {
    Lab lab;
    const Instance first = lab.add(kTexts[0], "first"), second = lab.add(kTexts[1]);
    EXPECT_THAT(lab.call(first, "change"), Succeeds());
    EXPECT_THAT(lab.call(second, "change", {lab.store.new_externref(nullptr)}), Succeeds());
    CheckpointOptions options;
    options.save_extern = [](const Val&) { return Result(std::vector<uint8_t>{9}); };
    image = save(lab.store, options);
    for (const char* text : kTexts) modules.push_back(*Module::compile(engine, wat(text)));
  }

  // Restores the image in a store of its own and calls what it has. Returns the error.
  Result<void> try_image(const Image& bytes) {
    Store store(engine, limits());
    Linker linker(store);
    linker.func("host", "f", [](int32_t) {});
    define_table(store, linker);
    RestoreOptions options;
    options.load_extern = [&](std::span<const uint8_t>) { return Result(store.new_externref(nullptr)); };
    Result<Restored> restored = restore(store, modules, linker, bytes, options);
    if (!restored) {
      if (restored.error().kind == ErrorKind::malformed) {
        EXPECT_LE(restored.error().offset, bytes.size());
      }
      // Nothing is left of it, except in what the host gave.
      define_table(store, linker);
      EXPECT_THAT(restore(store, modules, linker, image, options), Succeeds());
      return std::move(restored).error();
    }
    for (const Instance& instance : restored->instances) use(instance);
    store.collect_garbage();
    return {};
  }
  static void use(const Instance& instance) {
    for (const auto& [name, value] : instance.exports()) {
      const std::optional<Func> func = value.func();
      if (!func) continue;
      std::vector<Val> args;
      for (const ValType type : func->type().params) args.push_back(type == ValType::i32 ? i32(2) : Val::null(type));
      static_cast<void>(func->call(args));
    }
  }
  static void make_right(Image& bytes) {
    const auto hash = runtime::hash_128(std::span(bytes).first(bytes.size() - 16));
    std::copy(hash.begin(), hash.end(), bytes.end() - 16);
  }

  const Engine engine;
  std::vector<Module> modules;
  Image image;
};

TEST_F(DamagedImage, the_whole_one_is_right) {
  Image same = image;
  make_right(same);
  EXPECT_EQ(same, image);
  EXPECT_THAT(try_image(image), Succeeds());
}

TEST_F(DamagedImage, cut_off_at_every_length) {
  ASSERT_LT(image.size(), 20'000u);
  for (size_t size = 0; size < image.size(); size += size < 600 || size + 600 > image.size() ? 1 : 37) {
    EXPECT_THAT(try_image(Image(image.begin(), image.begin() + static_cast<ptrdiff_t>(size))),
                Fails(ErrorKind::malformed, "unexpected end"))
        << size;
  }
  Image longer = image;
  longer.push_back(0);
  EXPECT_THAT(try_image(longer), Fails(ErrorKind::malformed, "more bytes after the end"));
}

TEST_F(DamagedImage, every_byte_changed) {
  for (size_t at = 0; at < image.size(); at += at < 600 || at + 600 > image.size() ? 1 : 37) {
    for (const int change : {1, 0x80, 0xff}) {
      Image changed = image;
      changed[at] ^= static_cast<uint8_t>(change);
      EXPECT_FALSE(try_image(changed)) << at;
      make_right(changed);
      static_cast<void>(try_image(changed));
    }
  }
}

TEST_F(DamagedImage, many_bytes_changed) {
  std::mt19937 random(1);
  // Everything but the memory, which comes last.
  const size_t head = image.size() - 4096 - 16;
  for (int round = 0; round < 3000; ++round) {
    Image changed = image;
    for (unsigned n = 0; n <= round % 4u; ++n) {
      const size_t at = random() % head;
      if (random() % 2 == 0) {
        changed[at] = static_cast<uint8_t>(random() % 4);
      } else {
        changed[at] += static_cast<uint8_t>(random() % 3) - 1;
      }
    }
    make_right(changed);
    static_cast<void>(try_image(changed));
  }
}

}  // namespace
}  // namespace mini_wasm
