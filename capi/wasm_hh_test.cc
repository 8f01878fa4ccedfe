// The C++ interface of wasm.hh, which calls that of wasm.h: each of its functions.
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <wasm.hh>

#include "spec-tests/support/wat.h"

namespace {

using wasm::own;
using wasm::ownvec;
using wasm::Val;
using wasm::vec;

vec<byte_t> binary(std::string_view text) {
  const std::vector<uint8_t> bytes = mini_wasm::testing::wat(text);
  return vec<byte_t>::make(std::string(bytes.begin(), bytes.end()));
}
std::string text_of(const vec<byte_t>& bytes) { return {bytes.get(), bytes.size()}; }

struct World {
  own<wasm::Engine> engine = wasm::Engine::make(wasm::Config::make());
  own<wasm::Store> store = wasm::Store::make(engine.get());

  own<wasm::Instance> load(std::string_view text, vec<wasm::Extern*> imports = vec<wasm::Extern*>::make()) const {
    const own<wasm::Module> module = wasm::Module::make(store.get(), binary(text));
    own<wasm::Trap> trap;
    own<wasm::Instance> made = wasm::Instance::make(store.get(), module.get(), imports, &trap);
    EXPECT_EQ(trap, nullptr);
    return made;
  }
};

TEST(wasm_hh, vectors) {
  vec<byte_t> text = vec<byte_t>::make(std::string("abc"));
  EXPECT_EQ(text.size(), 3u);
  EXPECT_EQ(vec<byte_t>::make_nt("abc").size(), 4u);
  EXPECT_EQ(text_of(text.copy()), "abc");
  vec<byte_t> moved = std::move(text);
  EXPECT_FALSE(text);  // NOLINT: that is what is tested
  EXPECT_TRUE(moved);
  EXPECT_EQ(moved[1], 'b');
  moved.reset();
  EXPECT_FALSE(moved);
  EXPECT_FALSE(vec<byte_t>::invalid());
  EXPECT_TRUE(vec<byte_t>::make());
  ownvec<wasm::ValType> types = ownvec<wasm::ValType>::make(wasm::ValType::make(wasm::ValKind::I32));
  EXPECT_EQ(types.deep_copy()[0]->kind(), wasm::ValKind::I32);
}

TEST(wasm_hh, types) {
  const auto func = wasm::FuncType::make(ownvec<wasm::ValType>::make(wasm::ValType::make(wasm::ValKind::I32)),
                                         ownvec<wasm::ValType>::make(wasm::ValType::make(wasm::ValKind::FUNCREF)));
  const auto func_copy = func->copy();
  EXPECT_EQ(func_copy->params().size(), 1u);
  EXPECT_TRUE(func_copy->params()[0]->is_num());
  EXPECT_TRUE(func_copy->results()[0]->is_ref());
  const auto global = wasm::GlobalType::make(wasm::ValType::make(wasm::ValKind::F64), wasm::Mutability::VAR);
  EXPECT_EQ(global->content()->kind(), wasm::ValKind::F64);
  EXPECT_EQ(global->copy()->mutability(), wasm::Mutability::VAR);
  const auto table = wasm::TableType::make(wasm::ValType::make(wasm::ValKind::EXTERNREF), wasm::Limits(1, 2));
  EXPECT_EQ(table->copy()->limits().max, 2u);
  EXPECT_EQ(table->element()->kind(), wasm::ValKind::EXTERNREF);
  const auto memory = wasm::MemoryType::make(wasm::Limits(3));
  EXPECT_EQ(memory->copy()->limits().min, 3u);
  EXPECT_EQ(memory->limits().max, 0xffffffffu);
  const auto import =
      wasm::ImportType::make(wasm::Name::make(std::string("m")), wasm::Name::make(std::string("name")), memory->copy());
  EXPECT_EQ(text_of(import->module()), "m");
  EXPECT_EQ(text_of(import->copy()->name()), "name");
  EXPECT_EQ(import->type()->memory()->limits().min, 3u);
  EXPECT_EQ(import->type()->func(), nullptr);
  const auto exported = wasm::ExportType::make(wasm::Name::make(std::string("e")), global->copy());
  EXPECT_EQ(text_of(exported->copy()->name()), "e");
  EXPECT_NE(exported->type()->copy()->global(), nullptr);
  EXPECT_EQ(exported->type()->table(), nullptr);
}

TEST(wasm_hh, modules) {
  const World world;
  EXPECT_FALSE(wasm::Module::validate(world.store.get(), vec<byte_t>::make(std::string("nothing"))));
  EXPECT_EQ(wasm::Module::make(world.store.get(), vec<byte_t>::make(std::string("nothing"))), nullptr);
  const auto module =
      wasm::Module::make(world.store.get(), binary(R"((module (import "a" "b" (func)) (memory (export "m") 1)))"));
  EXPECT_EQ(text_of(module->imports()[0]->name()), "b");
  EXPECT_EQ(module->copy()->exports()[0]->type()->kind(), wasm::ExternKind::MEMORY);
  EXPECT_EQ(wasm::Module::deserialize(world.store.get(), module->serialize())->exports().size(), 1u);
  const auto shared = module->share();
  std::thread([&] {
    const auto store = wasm::Store::make(world.engine.get());
    EXPECT_EQ(wasm::Module::obtain(store.get(), shared.get())->imports().size(), 1u);
  }).join();
}

own<wasm::Trap> plain(const vec<Val>& args, vec<Val>& results) {
  results[0] = Val::i32(args[0].i32() + 1);
  return nullptr;
}

TEST(wasm_hh, functions_and_traps) {
  int finalized = 0;
  struct Env {
    wasm::Store* store;
    int* finalized;
  } env{nullptr, &finalized};  // before the store, whose end calls the finalizer
  {
    const World world;
    env.store = world.store.get();
    const auto type = wasm::FuncType::make(ownvec<wasm::ValType>::make(wasm::ValType::make(wasm::ValKind::I32)),
                                           ownvec<wasm::ValType>::make(wasm::ValType::make(wasm::ValKind::I32)));
    const auto add = wasm::Func::make(world.store.get(), type.get(), plain);
    const auto fail = wasm::Func::make(
        world.store.get(), type.get(),
        [](void* data, const vec<Val>& args, vec<Val>&) {
          if (args[0].i32() < 0) throw std::runtime_error("negative");
          return wasm::Trap::make(static_cast<Env*>(data)->store, wasm::Message::make_nt("stop"));
        },
        &env, [](void* data) { ++*static_cast<Env*>(data)->finalized; });
    const auto instance = world.load(R"((module (import "" "add" (func $add (param i32) (result i32)))
      (import "" "fail" (func $fail (param i32) (result i32)))
      (func (export "f") (param i32) (result i32) (call $add (local.get 0)))
      (func (export "g") (param i32) (result i32) (call $fail (local.get 0)))))",
                                     vec<wasm::Extern*>::make(add.get(), fail.get()));
    const auto exports = instance->exports();
    const wasm::Func* f = exports[0]->func();
    EXPECT_EQ(f->param_arity() + f->result_arity(), 2u);
    EXPECT_EQ(f->type()->results().size(), 1u);
    vec<Val> results = vec<Val>::make_uninitialized(1);
    EXPECT_EQ(f->call(vec<Val>::make(Val::i32(41)), results), nullptr);
    EXPECT_EQ(results[0].i32(), 42);
    const auto trap = exports[1]->func()->call(vec<Val>::make(Val::i32(1)), results);
    ASSERT_NE(trap, nullptr);
    EXPECT_EQ(text_of(trap->message()), std::string("stop", 5));
    EXPECT_EQ(trap->copy()->trace().size(), 1u);
    EXPECT_EQ(trap->origin()->copy()->func_index(), 3u);
    EXPECT_TRUE(trap->origin()->instance()->same(instance.get()));
    EXPECT_GT(trap->origin()->module_offset(), trap->origin()->func_offset());
    const auto thrown = exports[1]->func()->call(vec<Val>::make(Val::i32(-1)), results);
    EXPECT_EQ(text_of(thrown->message()), std::string("exception: negative", 20));
  }
  EXPECT_EQ(finalized, 1);
}

TEST(wasm_hh, globals_tables_memories_references) {
  const World world;
  const auto foreign = wasm::Foreign::make(world.store.get());
  int info = 0;
  foreign->set_host_info(&info);
  EXPECT_EQ(foreign->copy()->get_host_info(), &info);
  const auto global_type = wasm::GlobalType::make(wasm::ValType::make(wasm::ValKind::EXTERNREF), wasm::Mutability::VAR);
  const auto global = wasm::Global::make(world.store.get(), global_type.get(), Val::ref(foreign->copy()));
  EXPECT_TRUE(global->get().ref()->same(foreign.get()));
  global->set(Val());
  EXPECT_EQ(global->get().ref(), nullptr);
  EXPECT_EQ(global->type()->mutability(), wasm::Mutability::VAR);
  const auto table_type = wasm::TableType::make(wasm::ValType::make(wasm::ValKind::EXTERNREF), wasm::Limits(2, 3));
  const auto table = wasm::Table::make(world.store.get(), table_type.get(), foreign.get());
  EXPECT_TRUE(table->get(1)->same(foreign.get()));
  EXPECT_TRUE(table->set(1, nullptr));
  EXPECT_EQ(table->get(1), nullptr);
  EXPECT_TRUE(table->grow(1));
  EXPECT_FALSE(table->grow(1));
  EXPECT_EQ(table->size(), 3u);
  EXPECT_EQ(table->type()->limits().min, 3u);
  const auto memory = wasm::Memory::make(world.store.get(), wasm::MemoryType::make(wasm::Limits(1, 2)).get());
  EXPECT_EQ(memory->data_size(), size_t{wasm::Memory::page_size});
  memory->data()[0] = 'x';
  EXPECT_TRUE(memory->grow(1));
  EXPECT_EQ(memory->size(), 2u);
  EXPECT_EQ(memory->type()->limits().max, 2u);
  const own<wasm::Extern> as_extern = memory->copy();
  EXPECT_EQ(as_extern->kind(), wasm::ExternKind::MEMORY);
  EXPECT_NE(as_extern->memory(), nullptr);
  EXPECT_EQ(as_extern->global(), nullptr);
  EXPECT_EQ(as_extern->type()->kind(), wasm::ExternKind::MEMORY);
}

TEST(wasm_hh, values) {
  EXPECT_EQ(Val::make<uint32_t>(0xffffffff).get<uint32_t>(), 0xffffffffu);
  EXPECT_EQ(Val::i64(-1).get<uint64_t>(), UINT64_MAX);
  EXPECT_EQ(Val(0.5F).copy().f32(), 0.5F);
  EXPECT_EQ(Val(0.5).f64(), 0.5);
  const World world;
  Val value = Val::ref(wasm::Foreign::make(world.store.get()));
  EXPECT_TRUE(value.is_ref());
  EXPECT_TRUE(value.copy().ref()->same(value.ref()));
  const own<wasm::Ref> ref = value.release_ref();
  EXPECT_EQ(value.ref(), nullptr);
  EXPECT_NE(ref, nullptr);
}

}  // namespace
