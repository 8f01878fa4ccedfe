// Calls in both directions, and traps, on every tier.
#include <gtest/gtest.h>
#include <mini_wasm.h>

#include <cstdint>
#include <cstring>

#include "capi/test_handles.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

class CFuncs : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  // A host function with this code.
  Own<wasm_func_t> host(wasm_functype_t* type, wasm_func_callback_with_env_t code, void* env = nullptr) {
    const Own<wasm_functype_t> owned(type);
    return own(wasm_func_new_with_env(world.store.get(), type, code, env, nullptr));
  }
  World world{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(tiers, CFuncs, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

TEST_P(CFuncs, numbers_go_in_and_out) {
  const auto instance = world.load(R"((module
    (func (export "swap") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
      local.get 3 local.get 2 local.get 1 local.get 0)))");
  for (int i = 0; i < 4; ++i) {
    wasm_val_t values[] = {WASM_I32_VAL(-7), WASM_I64_VAL(INT64_MIN), WASM_F32_VAL(0.5F), WASM_F64_VAL(-0.25)};
    std::vector<wasm_val_t> results(4);
    const auto trap = call(instance.get(), "swap", {std::begin(values), std::end(values)}, results);
    ASSERT_EQ(trap, nullptr) << message_of(trap.get());
    EXPECT_EQ(results[0].kind, WASM_F64);
    EXPECT_EQ(results[0].of.f64, -0.25);
    EXPECT_EQ(results[1].kind, WASM_F32);
    EXPECT_EQ(results[1].of.f32, 0.5F);
    EXPECT_EQ(results[2].kind, WASM_I64);
    EXPECT_EQ(results[2].of.i64, INT64_MIN);
    EXPECT_EQ(results[3].kind, WASM_I32);
    EXPECT_EQ(results[3].of.i32, -7);
  }
}

// More than fit into the small arrays on the way.
TEST_P(CFuncs, many_arguments_and_results) {
  constexpr int kMany = 40;
  std::string params, gets;
  for (int i = 0; i < kMany; ++i) {
    params += " i32";
    gets = "local.get " + std::to_string(i) + " " + gets;
  }
  const std::string type = "(param" + params + ") (result" + params + ")";
  std::vector<wasm_valtype_t*> types;
  for (int i = 0; i < 2 * kMany; ++i) types.push_back(wasm_valtype_new_i32());
  wasm_valtype_vec_t in, out;
  wasm_valtype_vec_new(&in, kMany, types.data());
  wasm_valtype_vec_new(&out, kMany, types.data() + kMany);
  const auto twice = host(wasm_functype_new(&in, &out), [](void*, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
    for (size_t i = 0; i < args->size; ++i) results->data[i] = i32(2 * args->data[i].of.i32);
    return static_cast<wasm_trap_t*>(nullptr);
  });
  const auto instance = world.load("(module (import \"\" \"twice\" (func $twice " + type + ")) (func (export \"f\") " +
                                       type + gets + " call $twice))",
                                   {wasm_func_as_extern(twice.get())});
  std::vector<wasm_val_t> args, results(kMany);
  for (int i = 0; i < kMany; ++i) args.push_back(i32(i));
  const auto trap = call(instance.get(), "f", args, results);
  ASSERT_EQ(trap, nullptr) << message_of(trap.get());
  for (int i = 0; i < kMany; ++i) EXPECT_EQ(results[static_cast<size_t>(i)].of.i32, 2 * (kMany - 1 - i));
}

int plain_calls = 0;
wasm_trap_t* plain(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  ++plain_calls;
  EXPECT_EQ(args->size, 1u);
  EXPECT_EQ(results->size, 1u);
  EXPECT_EQ(results->data[0].kind, WASM_I64);
  EXPECT_EQ(results->data[0].of.i64, 0);
  results->data[0].of.i64 = args->data[0].of.i32 + 1;
  return nullptr;
}

TEST_P(CFuncs, a_callback_without_environment) {
  const auto type = own(wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i64()));
  const auto func = own(wasm_func_new(world.store.get(), type.get(), plain));
  EXPECT_EQ(wasm_func_param_arity(func.get()), 1u);
  EXPECT_EQ(wasm_func_result_arity(func.get()), 1u);
  const auto own_type = own(wasm_func_type(func.get()));
  EXPECT_EQ(wasm_valtype_kind(wasm_functype_results(own_type.get())->data[0]), WASM_I64);
  const auto instance = world.load(R"((module
    (import "" "f" (func $f (param i32) (result i64))) (func (export "g") (param i32) (result i64)
      (i64.add (call $f (local.get 0)) (call $f (i32.const 10))))))",
                                   {wasm_func_as_extern(func.get())});
  plain_calls = 0;
  EXPECT_EQ(value(instance.get(), "g", {i32(4)}).of.i64, 16);
  EXPECT_EQ(plain_calls, 2);
}

TEST_P(CFuncs, the_environment_is_finalized_with_the_store) {
  int gone = 0;
  {
    const World other(GetParam());
    const auto type = own(wasm_functype_new_0_0());
    const auto code = [](void* env, const wasm_val_vec_t*, wasm_val_vec_t*) -> wasm_trap_t* {
      *static_cast<int*>(env) += 10;
      return nullptr;
    };
    auto func = own(wasm_func_new_with_env(other.store.get(), type.get(), code, &gone, count));
    const auto instance =
        other.load(R"((module (import "" "f" (func)) (export "f" (func 0))))", {wasm_func_as_extern(func.get())});
    func.reset();
    EXPECT_EQ(call(instance.get(), "f"), nullptr);
    EXPECT_EQ(gone, 10);
  }
  EXPECT_EQ(gone, 11);
  // A function that cannot be made has taken its environment over, too.
  EXPECT_EQ(wasm_func_new_with_env(nullptr, nullptr, nullptr, &gone, count), nullptr);
  EXPECT_EQ(gone, 12);
}

TEST_P(CFuncs, wrong_arguments_are_a_trap_and_change_nothing) {
  const auto instance = world.load(R"((module (func (export "f") (param i32 externref) (result i32) local.get 0)
    (func (export "g") (param funcref)) (func (export "h") (param v128))))");
  const World other;
  const auto stranger = own(wasm_foreign_new(other.store.get()));
  const wasm_val_t foreign = ref_val(wasm_foreign_as_ref(stranger.get()));
  const auto here = own(wasm_foreign_new(world.store.get()));
  const wasm_val_t i64 = WASM_I64_VAL(1);
  const struct {
    const char* name;
    std::vector<wasm_val_t> args;
    const char* message;
  } cases[] = {
      {"f", {}, "is called with 0 arguments"},
      {"f", {i32(1)}, "is called with 1 arguments"},
      {"f", {i64, ref_val(nullptr)}, "argument 1: expected i32, found a value of kind 1"},
      {"f", {ref_val(nullptr), ref_val(nullptr)}, "argument 1: expected i32, found a value of kind 128"},
      {"f", {i32(1), i32(2)}, "argument 2: expected externref, found a number"},
      {"f", {i32(1), foreign}, "argument 2: the reference belongs to another store"},
      {"g", {ref_val(wasm_foreign_as_ref(here.get()))}, "argument 1: expected funcref"},
      {"h", {i32(1)}, "argument 1: expected v128"},
  };
  for (const auto& c : cases) {
    std::vector<wasm_val_t> results = {i32(99)};
    const auto trap = call(instance.get(), c.name, c.args, results);
    EXPECT_NE(message_of(trap.get()).find(c.message), std::string::npos) << message_of(trap.get());
    EXPECT_EQ(mini_wasm_trap_kind(trap.get()), MINI_WASM_ERROR_USAGE);
    EXPECT_EQ(results[0].of.i32, 99);
  }
  const auto too_little = call(instance.get(), "f", {i32(1), ref_val(nullptr)});
  EXPECT_NE(message_of(too_little.get()).find("room for 0 results"), std::string::npos);
  const auto none = own(wasm_func_call(nullptr, nullptr, nullptr));
  EXPECT_EQ(mini_wasm_trap_kind(none.get()), MINI_WASM_ERROR_USAGE);
}

TEST_P(CFuncs, wrong_results_of_a_callback_end_the_guest) {
  for (const wasm_valkind_t kind : {WASM_I64, WASM_EXTERNREF}) {
    wasm_valkind_t wrong = kind;
    const auto func = host(
        wasm_functype_new_0_1(wasm_valtype_new_i32()),
        [](void* env, const wasm_val_vec_t*, wasm_val_vec_t* results) -> wasm_trap_t* {
          results->data[0] = ref_val(nullptr, *static_cast<wasm_valkind_t*>(env));
          return nullptr;
        },
        &wrong);
    const auto instance = world.load(R"((module (import "" "f" (func $f (result i32)))
      (func (export "g") (drop (call $f)))))",
                                     {wasm_func_as_extern(func.get())});
    EXPECT_NE(message_of(call(instance.get(), "g").get()).find("result 1: expected i32"), std::string::npos);
  }
}

// References: to functions, to anything as externref, and to objects of the guest.
TEST_P(CFuncs, references_go_through_guest_and_host) {
  const auto seen = [](void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) -> wasm_trap_t* {
    *static_cast<wasm_ref_t**>(env) = args->data[0].of.ref;
    wasm_val_delete(&results->data[0]);
    wasm_val_copy(&results->data[0], &args->data[0]);
    return nullptr;
  };
  wasm_ref_t* last = nullptr;
  const auto through =
      host(wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref()), seen, &last);
  const auto through_func =
      host(wasm_functype_new_1_1(wasm_valtype_new_funcref(), wasm_valtype_new_funcref()), seen, &last);
  const auto through_any =
      host(wasm_functype_new_1_1(wasm_valtype_new(MINI_WASM_ANYREF), wasm_valtype_new(MINI_WASM_ANYREF)), seen, &last);
  const auto instance = world.load(R"((module
    (type $s (struct (field i32)))
    (import "" "e" (func $e (param externref) (result externref)))
    (import "" "f" (func $f (param funcref) (result funcref)))
    (import "" "a" (func $a (param anyref) (result anyref)))
    (func (export "extern") (param externref) (result externref) (call $e (local.get 0)))
    (func (export "func") (param funcref) (result funcref) (call $f (local.get 0)))
    (func (export "any") (param anyref) (result anyref) (call $a (local.get 0)))
    (func (export "struct") (result anyref) (call $a (struct.new $s (i32.const 42))))
    (func (export "field") (param (ref $s)) (result i32) (struct.get $s 0 (local.get 0)))
    (func (export "i31") (param i32) (result (ref i31)) (ref.i31 (local.get 0)))))",
                                   {wasm_func_as_extern(through.get()), wasm_func_as_extern(through_func.get()),
                                    wasm_func_as_extern(through_any.get())});
  const auto foreign = own(wasm_foreign_new(world.store.get()));
  wasm_ref_t* const refs[] = {nullptr, wasm_foreign_as_ref(foreign.get()), wasm_func_as_ref(through.get())};
  for (wasm_ref_t* ref : refs) {
    for (const char* name : {"extern", "func", "any"}) {
      if (std::strcmp(name, "func") == 0 && ref == refs[1]) continue;
      const wasm_val_t back = value(instance.get(), name, {ref_val(ref)});
      EXPECT_EQ(back.of.ref, ref) << name;
      EXPECT_EQ(last, ref) << name;
      wasm_ref_delete(back.of.ref);
    }
  }
  const auto object = own(value(instance.get(), "struct").of.ref);
  ASSERT_NE(object, nullptr);
  EXPECT_EQ(wasm_ref_as_foreign(object.get()), nullptr);
  mini_wasm_store_collect_garbage(world.store.get());
  EXPECT_EQ(value(instance.get(), "field", {ref_val(object.get())}).of.i32, 42);
  const auto again = own(value(instance.get(), "any", {ref_val(object.get())}).of.ref);
  EXPECT_TRUE(wasm_ref_same(again.get(), object.get()));
  const auto other = own(value(instance.get(), "struct").of.ref);
  EXPECT_FALSE(wasm_ref_same(other.get(), object.get()));
  EXPECT_EQ(mini_wasm_trap_kind(call(instance.get(), "field", {ref_val(wasm_foreign_as_ref(foreign.get()))}).get()),
            MINI_WASM_ERROR_USAGE);
  const auto one = own(value(instance.get(), "i31", {i32(1)}).of.ref),
             two = own(value(instance.get(), "i31", {i32(2)}).of.ref);
  EXPECT_FALSE(wasm_ref_same(one.get(), two.get()));
  EXPECT_TRUE(wasm_ref_same(one.get(), own(value(instance.get(), "i31", {i32(1)}).of.ref).get()));
}

// --- Traps

TEST_P(CFuncs, the_message_and_frames_of_a_trap) {
  const auto instance = world.load(R"((module $m
    (memory 1)
    (func $deep (param i32) (drop (i32.load (local.get 0))))
    (func (export "f") (param i32) (call $deep (local.get 0)))
    (func (export "g") unreachable)))");
  for (int i = 0; i < 3; ++i) {
    const auto trap = call(instance.get(), "f", {i32(-1)});
    EXPECT_EQ(message_of(trap.get()), "out of bounds memory access");
    EXPECT_EQ(mini_wasm_trap_kind(trap.get()), MINI_WASM_ERROR_TRAP);
    EXPECT_EQ(mini_wasm_trap_code(trap.get()), MINI_WASM_TRAP_out_of_bounds_memory_access);
    Vec<wasm_frame_vec_t> trace;
    wasm_trap_trace(trap.get(), &trace);
    ASSERT_EQ(trace.size, 2u);
    const auto origin = own(wasm_trap_origin(trap.get()));
    const auto copy = own(wasm_frame_copy(origin.get()));
    for (const wasm_frame_t* frame : {trace.data[0], const_cast<wasm_frame_t*>(origin.get()), copy.get()}) {
      EXPECT_EQ(wasm_frame_func_index(frame), 0u);
      EXPECT_EQ(wasm_frame_func_offset(frame), 3u);  // after the locals and local.get
      EXPECT_TRUE(wasm_instance_same(wasm_frame_instance(frame), instance.get()));
    }
    EXPECT_EQ(wasm_frame_func_index(trace.data[1]), 1u);
    EXPECT_EQ(wasm_frame_func_offset(trace.data[1]), 3u);
    EXPECT_LT(wasm_frame_module_offset(trace.data[0]), wasm_frame_module_offset(trace.data[1]));
    EXPECT_TRUE(wasm_instance_same(wasm_frame_instance(trace.data[1]), instance.get()));
    Vec<wasm_frame_vec_t> frames_copy, room, one;
    wasm_frame_vec_copy(&frames_copy, &trace);
    EXPECT_EQ(wasm_frame_func_index(frames_copy.data[1]), 1u);
    wasm_frame_vec_new_uninitialized(&room, 1);
    EXPECT_EQ(room.data[0], nullptr);
    wasm_frame_t* frames[] = {wasm_frame_copy(copy.get())};
    wasm_frame_vec_new(&one, 1, frames);
    EXPECT_EQ(wasm_frame_func_index(one.data[0]), 0u);
    Vec<wasm_frame_vec_t> none;
    wasm_frame_vec_new_empty(&none);
    EXPECT_EQ(none.size, 0u);
    Vec<wasm_byte_vec_t> backtrace;
    mini_wasm_trap_backtrace(trap.get(), &backtrace);
    EXPECT_NE(std::string(backtrace.data).find("m!deep (func[0]) at"), std::string::npos) << backtrace.data;
  }
  EXPECT_EQ(message_of(call(instance.get(), "g").get()), "unreachable");
}

// Frames say in which instance they ran, also where two instances of one module call each other.
TEST_P(CFuncs, the_instances_of_frames) {
  const auto inner = world.load(R"((module $inner (memory 1)
    (func (export "load") (param i32) (drop (i32.load (local.get 0)))) (func (export "stop") (param i32) unreachable)))");
  const auto module = world.module(R"((module $outer (import "" "f" (func $f (param i32)))
    (func (export "f") (param i32) (call $f (local.get 0)))))");
  for (const char* name : {"load", "stop"}) {
    const auto func = export_of(inner.get(), name);
    const auto middle = world.instantiate(module.get(), {func.get()});
    const auto middle_func = export_of(middle.get(), "f");
    const auto outer = world.instantiate(module.get(), {middle_func.get()});
    for (int i = 0; i < 3; ++i) {
      const auto trap = call(outer.get(), "f", {i32(-1)});
      Vec<wasm_frame_vec_t> trace;
      wasm_trap_trace(trap.get(), &trace);
      ASSERT_EQ(trace.size, 3u);
      EXPECT_TRUE(wasm_instance_same(wasm_frame_instance(trace.data[0]), inner.get())) << name;
      EXPECT_TRUE(wasm_instance_same(wasm_frame_instance(trace.data[1]), middle.get())) << name;
      EXPECT_TRUE(wasm_instance_same(wasm_frame_instance(trace.data[2]), outer.get())) << name;
    }
  }
}

// The trap of a callback reaches the caller with the frames of the guest between them.
TEST_P(CFuncs, a_trap_of_the_host) {
  const auto func = host(
      wasm_functype_new_0_0(),
      [](void* env, const wasm_val_vec_t*, wasm_val_vec_t*) {
        wasm_message_t message;
        wasm_name_new_from_string_nt(&message, "no more");
        wasm_trap_t* const trap = wasm_trap_new(static_cast<wasm_store_t*>(env), &message);
        wasm_name_delete(&message);
        return trap;
      },
      world.store.get());
  const auto instance = world.load(R"((module (import "" "f" (func $f)) (func (export "g") (call $f))))",
                                   {wasm_func_as_extern(func.get())});
  const auto trap = call(instance.get(), "g");
  EXPECT_EQ(message_of(trap.get()), "no more");
  EXPECT_EQ(mini_wasm_trap_kind(trap.get()), MINI_WASM_ERROR_HOST);
  EXPECT_EQ(mini_wasm_trap_code(trap.get()), MINI_WASM_TRAP_none);
  const auto origin = own(wasm_trap_origin(trap.get()));
  EXPECT_EQ(wasm_frame_func_index(origin.get()), 1u);
  EXPECT_TRUE(wasm_instance_same(wasm_frame_instance(origin.get()), instance.get()));
}

// A callback may call the guest again, and hand its trap on.
TEST_P(CFuncs, a_trap_of_a_nested_call) {
  struct Env {
    wasm_instance_t* instance;
  } env;
  const auto func = host(
      wasm_functype_new_0_0(),
      [](void* data, const wasm_val_vec_t*, wasm_val_vec_t*) {
        return call(static_cast<Env*>(data)->instance, "stop").release();
      },
      &env);
  const auto instance = world.load(R"((module (import "" "f" (func $f)) (tag $t (param i32))
    (func (export "stop") (throw $t (i32.const 5)))
    (func (export "catch") (result i32) (block $h (result i32) (try_table (catch $t $h) (call $f)) (i32.const 0)))
    (func (export "pass") (call $f))))",
                                   {wasm_func_as_extern(func.get())});
  env.instance = instance.get();
  EXPECT_EQ(value(instance.get(), "catch").of.i32, 5);
  const auto trap = call(instance.get(), "pass");
  EXPECT_EQ(mini_wasm_trap_kind(trap.get()), MINI_WASM_ERROR_EXCEPTION);
  EXPECT_NE(message_of(trap.get()).find("uncaught exception"), std::string::npos);
}

// A store stays while its guest runs, whatever the callback gives back.
TEST_P(CFuncs, a_callback_may_give_every_handle_back) {
  struct Env {
    Own<wasm_store_t>* store;
    Own<wasm_extern_t>* func;
    int* gone;
  };
  int gone = 0;
  auto other = std::make_unique<World>(GetParam());
  Own<wasm_extern_t> exported;
  Env env{&other->store, &exported, &gone};
  {
    const auto type = own(wasm_functype_new_0_0());
    const auto func = own(wasm_func_new_with_env(
        other->store.get(), type.get(),
        [](void* data, const wasm_val_vec_t*, wasm_val_vec_t*) -> wasm_trap_t* {
          const Env& self = *static_cast<Env*>(data);
          self.func->reset();
          self.store->reset();
          EXPECT_EQ(*self.gone, 0);
          return nullptr;
        },
        &env, [](void* data) { ++*static_cast<Env*>(data)->gone; }));
    const auto instance = other->load(R"((module (import "" "f" (func $f)) (func (export "g") (call $f) (call $f))))",
                                      {wasm_func_as_extern(func.get())});
    exported = export_of(instance.get(), "g");
  }
  const wasm_val_vec_t none = WASM_EMPTY_VEC;
  wasm_val_vec_t no_results = WASM_EMPTY_VEC;
  EXPECT_EQ(wasm_func_call(wasm_extern_as_func(exported.get()), &none, &no_results), nullptr);
  EXPECT_EQ(gone, 1);
}

TEST_P(CFuncs, messages_of_traps) {
  const auto message = [&](std::string_view text) {
    wasm_message_t in;
    wasm_byte_vec_new(&in, text.size(), text.data());
    const auto trap = own(wasm_trap_new(world.store.get(), &in));
    wasm_byte_vec_delete(&in);
    Vec<wasm_byte_vec_t> out;
    wasm_trap_message(trap.get(), &out);
    return text_of(out);
  };
  EXPECT_EQ(message({"abc", 4}), std::string("abc", 4));
  EXPECT_EQ(message("abc"), std::string("abc", 4));  // without the zero that it should have
  EXPECT_EQ(message(""), std::string("", 1));
  EXPECT_EQ(wasm_trap_new(nullptr, nullptr), nullptr);
  const auto trap = own(wasm_trap_new(world.store.get(), nullptr));
  EXPECT_EQ(wasm_trap_origin(trap.get()), nullptr);
  Vec<wasm_frame_vec_t> trace;
  wasm_trap_trace(trap.get(), &trace);
  EXPECT_EQ(trace.size, 0u);
}

TEST_P(CFuncs, calls_through_slots) {
  struct Seen {
    size_t bytes;
    bool has_instance, has_memory;
  } seen{};
  const auto type = own(wasm_functype_new_2_1(wasm_valtype_new(MINI_WASM_V128), wasm_valtype_new_i32(),
                                              wasm_valtype_new(MINI_WASM_V128)));
  const auto add = own(mini_wasm_func_new(
      world.store.get(), type.get(),
      [](void* env, mini_wasm_caller_t* caller, uint64_t* slots) -> wasm_trap_t* {
        auto& self = *static_cast<Seen*>(env);
        mini_wasm_caller_data(caller, &self.bytes);
        self.has_instance = own(mini_wasm_caller_instance(caller)) != nullptr;
        self.has_memory = own(mini_wasm_caller_memory(caller, "memory")) != nullptr &&
                          own(mini_wasm_caller_memory(caller, nullptr)) != nullptr &&
                          own(mini_wasm_caller_memory(caller, "none")) == nullptr;
        slots[0] += slots[2];
        slots[1] += slots[2];
        return nullptr;
      },
      &seen, nullptr));
  EXPECT_EQ(wasm_func_new(world.store.get(), type.get(), plain), nullptr);  // a wasm_val_t cannot hold a v128
  const auto instance = world.load(R"((module (import "" "f" (func $f (param v128 i32) (result v128)))
    (memory (export "memory") 2)
    (func (export "g") (param v128 i32) (result v128) (call $f (local.get 0) (local.get 1)))))",
                                   {wasm_func_as_extern(add.get())});
  const auto func = export_of(instance.get(), "g");
  uint64_t slots[3] = {1, 2, 40};
  EXPECT_EQ(mini_wasm_func_call_unchecked(wasm_extern_as_func(func.get()), slots), nullptr);
  EXPECT_EQ(slots[0], 41u);
  EXPECT_EQ(slots[1], 42u);
  EXPECT_EQ(seen.bytes, 2 * MEMORY_PAGE_SIZE);
  EXPECT_TRUE(seen.has_instance);
  EXPECT_TRUE(seen.has_memory);
  EXPECT_EQ(mini_wasm_trap_kind(own(mini_wasm_func_call_unchecked(nullptr, slots)).get()), MINI_WASM_ERROR_USAGE);
}

TEST_P(CFuncs, an_interrupt_ends_a_guest) {
  const auto instance = world.load(R"((module (func (export "f") (loop (br 0)))))");
  mini_wasm_store_interrupt(world.store.get());
  const auto trap = call(instance.get(), "f");
  EXPECT_EQ(mini_wasm_trap_code(trap.get()), MINI_WASM_TRAP_interrupted);
  mini_wasm_store_clear_interrupt(world.store.get());
  const auto quick = world.load(R"((module (func (export "f"))))");
  EXPECT_EQ(call(quick.get(), "f"), nullptr);
}

TEST_P(CFuncs, fuel_ends_a_guest) {
  wasm_config_t* const config = make_config(GetParam());
  mini_wasm_config_set_fuel(config, true);
  const auto engine = own(wasm_engine_new_with_config(config));
  EXPECT_FALSE(mini_wasm_store_set_fuel(world.store.get(), 1));
  world.store = own(wasm_store_new(engine.get()));
  EXPECT_EQ(mini_wasm_store_fuel(world.store.get()), 0u);
  EXPECT_FALSE(mini_wasm_store_set_fuel(world.store.get(), UINT64_MAX));
  const auto instance = world.load(R"((module (func (export "f") (loop (br 0)))))");
  EXPECT_TRUE(mini_wasm_store_set_fuel(world.store.get(), 1000));
  EXPECT_EQ(mini_wasm_store_fuel(world.store.get()), 1000u);
  EXPECT_EQ(mini_wasm_trap_code(call(instance.get(), "f").get()), MINI_WASM_TRAP_out_of_fuel);
}

TEST_P(CFuncs, traps_and_exits_that_the_host_makes) {
  const auto func = host(
      wasm_functype_new_0_0(),
      [](void* env, const wasm_val_vec_t*, wasm_val_vec_t*) {
        return mini_wasm_trap_new(static_cast<wasm_store_t*>(env), MINI_WASM_TRAP_integer_overflow);
      },
      world.store.get());
  const auto exit = host(
      wasm_functype_new_0_0(),
      [](void* env, const wasm_val_vec_t*, wasm_val_vec_t*) {
        return mini_wasm_trap_new_exit(static_cast<wasm_store_t*>(env), 3);
      },
      world.store.get());
  const auto instance = world.load(R"((module (import "" "f" (func $f)) (import "" "e" (func $e))
    (func (export "f") (call $f)) (func (export "e") (call $e))))",
                                   {wasm_func_as_extern(func.get()), wasm_func_as_extern(exit.get())});
  EXPECT_EQ(mini_wasm_trap_code(call(instance.get(), "f").get()), MINI_WASM_TRAP_integer_overflow);
  const auto trap = call(instance.get(), "e");
  EXPECT_EQ(mini_wasm_trap_kind(trap.get()), MINI_WASM_ERROR_EXIT);
  EXPECT_EQ(mini_wasm_trap_exit_code(trap.get()), 3);
  EXPECT_EQ(mini_wasm_trap_offset(trap.get()), UINT64_MAX);
  EXPECT_EQ(mini_wasm_trap_new(world.store.get(), MINI_WASM_TRAP_none), nullptr);
  EXPECT_EQ(mini_wasm_trap_new(world.store.get(), 200), nullptr);
}

}  // namespace
}  // namespace mini_wasm
