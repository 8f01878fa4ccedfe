// Calls that wait, and guests that take turns, through the C API, on every tier.
#include <gtest/gtest.h>
#include <mini_wasm.h>

#include "capi/test_handles.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

// What the host function `wait` was called with.
struct Waiting {
  int32_t argument = 0;
  void* data = nullptr;
  bool refused = false;
  mini_wasm_async_call_t* deletes = nullptr;  // what it deletes before it returns
};

wasm_trap_t* wait(void* env, mini_wasm_caller_t* caller, const wasm_val_vec_t* args, wasm_val_vec_t*) {
  auto& waiting = *static_cast<Waiting*>(env);
  waiting.argument = args->data[0].of.i32;
  waiting.data = mini_wasm_caller_async_data(caller);
  mini_wasm_async_call_delete(waiting.deletes);
  wasm_trap_t* const trap = mini_wasm_caller_suspend(caller);
  waiting.refused = mini_wasm_trap_kind(trap) != MINI_WASM_ERROR_WAITING;
  return trap;
}

class CAsync : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  // An instance of a module that imports `wait` with this type.
  Own<wasm_instance_t> load(wasm_functype_t* type, std::string_view text) {
    const Own<wasm_functype_t> owned(type);
    const auto host = own(mini_wasm_func_new_with_vals(world.store.get(), type, wait, &waiting, nullptr));
    return world.load(text, {wasm_func_as_extern(host.get())});
  }
  // `f` gives twice what `wait` gives for its argument, and one more.
  Own<wasm_instance_t> load() {
    return load(wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32()), R"((module
      (import "" "wait" (func $wait (param i32) (result i32)))
      (func (export "f") (param i32) (result i32)
        (i32.add (i32.const 1) (i32.mul (i32.const 2) (call $wait (local.get 0)))))
      (func (export "endless") (loop $l (br $l)))))");
  }
  Own<mini_wasm_async_call_t> begin(const wasm_instance_t* instance, const char* name,
                                    std::vector<wasm_val_t> args = {}) {
    const auto func = export_of(instance, name);
    const wasm_val_vec_t vec = {args.size(), args.data()};
    mini_wasm_async_call_t* made = nullptr;
    const auto trap = own(mini_wasm_async_call_new(wasm_extern_as_func(func.get()), &vec, &made));
    EXPECT_EQ(trap, nullptr) << message_of(trap.get());
    return own(made);
  }
  // The state after it went on, which must not trap.
  static mini_wasm_async_state_t resume(mini_wasm_async_call_t* call) {
    mini_wasm_async_state_t state = MINI_WASM_ASYNC_RUNNING;
    const auto trap = own(mini_wasm_async_call_resume(call, &state));
    EXPECT_EQ(trap, nullptr) << message_of(trap.get());
    return state;
  }
  static mini_wasm_error_kind_t failure(mini_wasm_async_call_t* call) {
    mini_wasm_async_state_t state = MINI_WASM_ASYNC_RUNNING;
    return mini_wasm_trap_kind(own(mini_wasm_async_call_resume(call, &state)).get());
  }
  static Own<wasm_trap_t> complete(mini_wasm_async_call_t* call, std::vector<wasm_val_t> results) {
    const wasm_val_vec_t vec = {results.size(), results.data()};
    return own(mini_wasm_async_call_complete(call, &vec));
  }
  static wasm_val_t result(const mini_wasm_async_call_t* call) {
    wasm_val_t value = WASM_I32_VAL(-1);
    wasm_val_vec_t vec = {1, &value};
    const auto trap = own(mini_wasm_async_call_results(call, &vec));
    EXPECT_EQ(trap, nullptr) << message_of(trap.get());
    return value;
  }

  int gone = 0;  // how many finalizers were called
  World world{GetParam()};
  Waiting waiting;
};
INSTANTIATE_TEST_SUITE_P(tiers, CAsync, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

TEST_P(CAsync, a_call_waits_and_goes_on) {
  const auto instance = load();
  const auto call = begin(instance.get(), "f", {i32(5)});
  EXPECT_EQ(mini_wasm_async_call_state(call.get()), MINI_WASM_ASYNC_READY);
  int data = 0;
  mini_wasm_async_call_set_data(call.get(), &data);
  EXPECT_EQ(resume(call.get()), MINI_WASM_ASYNC_WAITING);
  EXPECT_EQ(waiting.argument, 5);
  EXPECT_EQ(waiting.data, &data);
  EXPECT_EQ(mini_wasm_async_call_state(call.get()), MINI_WASM_ASYNC_WAITING);
  EXPECT_EQ(complete(call.get(), {i32(20)}), nullptr);
  EXPECT_EQ(resume(call.get()), MINI_WASM_ASYNC_FINISHED);
  EXPECT_EQ(mini_wasm_async_call_state(call.get()), MINI_WASM_ASYNC_FINISHED);
  EXPECT_EQ(result(call.get()).of.i32, 41);
}

TEST_P(CAsync, several_calls_of_one_store_wait_at_once) {
  const auto instance = load();
  std::vector<Own<mini_wasm_async_call_t>> calls;
  for (int n = 0; n < 3; ++n) {
    calls.push_back(begin(instance.get(), "f", {i32(n)}));
    EXPECT_EQ(resume(calls.back().get()), MINI_WASM_ASYNC_WAITING);
  }
  for (int n = 2; n >= 0; --n) {
    mini_wasm_async_call_t* const call = calls[static_cast<size_t>(n)].get();
    EXPECT_EQ(complete(call, {i32(100 * n)}), nullptr);
    EXPECT_EQ(resume(call), MINI_WASM_ASYNC_FINISHED);
    EXPECT_EQ(result(call).of.i32, 200 * n + 1);
  }
}

TEST_P(CAsync, the_host_function_fails_instead) {
  const auto instance = load();
  const auto call = begin(instance.get(), "f", {i32(5)});
  wasm_store_t* const store = world.store.get();
  EXPECT_EQ(mini_wasm_trap_kind(own(mini_wasm_async_call_fail(call.get(), mini_wasm_trap_new_exit(store, 3))).get()),
            MINI_WASM_ERROR_USAGE);  // it does not wait
  EXPECT_EQ(resume(call.get()), MINI_WASM_ASYNC_WAITING);
  EXPECT_EQ(mini_wasm_async_call_fail(call.get(), mini_wasm_trap_new_exit(store, 3)), nullptr);
  mini_wasm_async_state_t state = MINI_WASM_ASYNC_RUNNING;
  const auto trap = own(mini_wasm_async_call_resume(call.get(), &state));
  EXPECT_EQ(mini_wasm_trap_exit_code(trap.get()), 3);
  EXPECT_EQ(mini_wasm_async_call_state(call.get()), MINI_WASM_ASYNC_FINISHED);
  wasm_val_t value = WASM_I32_VAL(7);
  wasm_val_vec_t vec = {1, &value};
  EXPECT_EQ(message_of(own(mini_wasm_async_call_results(call.get(), &vec)).get()),
            "usage error: the call has ended with a trap");
  EXPECT_EQ(value.of.i32, 7);
}

TEST_P(CAsync, wrong_uses) {
  const auto instance = load();
  const auto func = export_of(instance.get(), "f");
  wasm_val_t arg = WASM_I64_VAL(1);
  const wasm_val_vec_t none = WASM_EMPTY_VEC, wrong = {1, &arg};
  mini_wasm_async_call_t* made = nullptr;
  const auto kind_of_new = [&](const wasm_func_t* f, const wasm_val_vec_t* args) {
    return mini_wasm_trap_kind(own(mini_wasm_async_call_new(f, args, &made)).get());
  };
  EXPECT_EQ(kind_of_new(nullptr, &none), MINI_WASM_ERROR_USAGE);
  EXPECT_EQ(kind_of_new(wasm_extern_as_func(func.get()), &none), MINI_WASM_ERROR_USAGE);
  EXPECT_EQ(kind_of_new(wasm_extern_as_func(func.get()), &wrong), MINI_WASM_ERROR_USAGE);
  EXPECT_EQ(made, nullptr);

  const auto call = begin(instance.get(), "f", {i32(5)});
  EXPECT_NE(complete(call.get(), {i32(1)}), nullptr);  // it does not wait
  wasm_val_vec_t room = {1, &arg};
  EXPECT_NE(own(mini_wasm_async_call_results(call.get(), &room)), nullptr);  // it has not finished
  EXPECT_EQ(resume(call.get()), MINI_WASM_ASYNC_WAITING);
  EXPECT_EQ(failure(call.get()), MINI_WASM_ERROR_USAGE);  // it waits
  EXPECT_NE(complete(call.get(), {}), nullptr);
  EXPECT_NE(complete(call.get(), {arg}), nullptr);
  EXPECT_NE(complete(call.get(), {ref_val(nullptr)}), nullptr);
  EXPECT_NE(own(mini_wasm_async_call_fail(call.get(), nullptr)), nullptr);
  EXPECT_EQ(complete(call.get(), {i32(1)}), nullptr);
  EXPECT_EQ(resume(call.get()), MINI_WASM_ASYNC_FINISHED);
  wasm_val_vec_t no_room = WASM_EMPTY_VEC;
  EXPECT_NE(own(mini_wasm_async_call_results(call.get(), &no_room)), nullptr);
  EXPECT_NE(own(mini_wasm_async_call_results(call.get(), nullptr)), nullptr);
  EXPECT_EQ(failure(call.get()), MINI_WASM_ERROR_USAGE);  // it has finished
  EXPECT_EQ(result(call.get()).of.i32, 3);

  // A call that is not asynchronous cannot wait.
  std::vector<wasm_val_t> results(1);
  EXPECT_EQ(mini_wasm_trap_kind(testing::call(instance.get(), "f", {i32(5)}, results).get()), MINI_WASM_ERROR_USAGE);
  EXPECT_TRUE(waiting.refused);
  EXPECT_EQ(waiting.data, nullptr);
}

TEST_P(CAsync, null_is_no_call) {
  mini_wasm_async_state_t state = MINI_WASM_ASYNC_READY;
  const wasm_val_vec_t none = WASM_EMPTY_VEC;
  wasm_val_vec_t results = WASM_EMPTY_VEC;
  EXPECT_NE(own(mini_wasm_async_call_resume(nullptr, &state)), nullptr);
  EXPECT_NE(own(mini_wasm_async_call_complete(nullptr, &none)), nullptr);
  EXPECT_NE(own(mini_wasm_async_call_fail(nullptr, mini_wasm_trap_new_exit(world.store.get(), 1))), nullptr);
  EXPECT_NE(own(mini_wasm_async_call_results(nullptr, &results)), nullptr);
  EXPECT_NE(own(mini_wasm_caller_suspend(nullptr)), nullptr);
  EXPECT_EQ(mini_wasm_caller_async_data(nullptr), nullptr);
  EXPECT_EQ(mini_wasm_async_call_state(nullptr), MINI_WASM_ASYNC_FINISHED);
  mini_wasm_async_call_set_data(nullptr, nullptr);
  mini_wasm_async_call_set_yields(nullptr, true);
  mini_wasm_async_call_delete(nullptr);
}

TEST_P(CAsync, a_call_may_be_deleted_at_any_time) {
  const auto instance = load();
  auto call = begin(instance.get(), "f", {i32(5)});
  call.reset();  // it has not begun
  call = begin(instance.get(), "f", {i32(5)});
  EXPECT_EQ(resume(call.get()), MINI_WASM_ASYNC_WAITING);
  call.reset();
  // By its own host function.
  call = begin(instance.get(), "f", {i32(6)});
  mini_wasm_async_call_t* const raw = waiting.deletes = call.release();
  mini_wasm_async_state_t state = MINI_WASM_ASYNC_READY;
  const auto trap = own(mini_wasm_async_call_resume(raw, &state));
  EXPECT_EQ(waiting.argument, 6);
  waiting.deletes = nullptr;
  call = begin(instance.get(), "f", {i32(7)});
  EXPECT_EQ(resume(call.get()), MINI_WASM_ASYNC_WAITING);
}

// A call that waits is what is left of a store.
TEST_P(CAsync, a_call_keeps_its_store) {
  auto instance = load();
  const auto call = begin(instance.get(), "f", {i32(5)});
  EXPECT_EQ(resume(call.get()), MINI_WASM_ASYNC_WAITING);
  instance.reset();
  world.store.reset();
  world.engine.reset();
  EXPECT_EQ(complete(call.get(), {i32(20)}), nullptr);
  EXPECT_EQ(resume(call.get()), MINI_WASM_ASYNC_FINISHED);
  EXPECT_EQ(result(call.get()).of.i32, 41);
}

// References are alive while a call waits, whoever else has them, and while others are made.
TEST_P(CAsync, references) {
  const auto host =
      load(wasm_functype_new_1_2(wasm_valtype_new_i32(), wasm_valtype_new(WASM_EXTERNREF), wasm_valtype_new_funcref()),
           R"((module (import "" "wait" (func $wait (param i32) (result externref funcref)))
      (table 1 funcref)
      (func (export "f") (param externref externref) (result externref externref externref funcref)
        (local.get 0) (local.get 1) (call $wait (i32.const 1))))
  )");
  const auto foreign = [&] {
    wasm_ref_t* const ref = wasm_foreign_as_ref(wasm_foreign_new(world.store.get()));
    wasm_ref_set_host_info_with_finalizer(ref, &gone, count);
    return ref;
  };
  wasm_ref_t *const a = foreign(), *const b = foreign(), *const c = foreign();
  const auto call = begin(host.get(), "f", {ref_val(a), ref_val(b)});
  wasm_ref_delete(b);  // only the call has it
  mini_wasm_store_collect_garbage(world.store.get());
  EXPECT_EQ(gone, 0);
  EXPECT_EQ(resume(call.get()), MINI_WASM_ASYNC_WAITING);
  mini_wasm_store_collect_garbage(world.store.get());
  EXPECT_EQ(gone, 0);
  const auto func = export_of(host.get(), "f");
  EXPECT_EQ(complete(call.get(), {ref_val(c), ref_val(wasm_extern_as_ref(func.get()), WASM_FUNCREF)}), nullptr);
  wasm_ref_delete(c);
  mini_wasm_store_collect_garbage(world.store.get());
  EXPECT_EQ(gone, 0);
  EXPECT_EQ(resume(call.get()), MINI_WASM_ASYNC_FINISHED);
  wasm_val_t values[4] = {};
  wasm_val_vec_t vec = {4, values};
  ASSERT_EQ(mini_wasm_async_call_results(call.get(), &vec), nullptr);
  EXPECT_EQ(values[0].of.ref, a);
  EXPECT_EQ(values[1].of.ref, b);
  EXPECT_EQ(values[2].of.ref, c);
  EXPECT_EQ(values[3].kind, WASM_FUNCREF);
  EXPECT_EQ(values[3].of.ref, wasm_extern_as_ref(func.get()));
  for (wasm_val_t& value : values) wasm_val_delete(&value);
  wasm_ref_delete(a);
}

TEST_P(CAsync, guests_take_turns) {
  wasm_config_t* const config = make_config(GetParam());
  mini_wasm_config_set_fuel(config, true);
  world.engine = own(wasm_engine_new_with_config(config));
  world.store = own(wasm_store_new(world.engine.get()));
  const auto instance = load();
  const auto call = begin(instance.get(), "endless");
  mini_wasm_async_call_set_yields(call.get(), true);
  for (int slice = 0; slice < 3; ++slice) {
    EXPECT_TRUE(mini_wasm_store_set_fuel(world.store.get(), 1000));
    EXPECT_EQ(resume(call.get()), MINI_WASM_ASYNC_READY);
    EXPECT_EQ(mini_wasm_store_fuel(world.store.get()), 0u);
  }
  mini_wasm_async_call_set_yields(call.get(), false);
  EXPECT_TRUE(mini_wasm_store_set_fuel(world.store.get(), 1000));
  mini_wasm_async_state_t state = MINI_WASM_ASYNC_RUNNING;
  const auto trap = own(mini_wasm_async_call_resume(call.get(), &state));
  EXPECT_EQ(mini_wasm_trap_code(trap.get()), MINI_WASM_TRAP_out_of_fuel);
}

// The callback with values and a caller, besides waiting.
TEST_P(CAsync, a_callback_knows_its_caller) {
  {
    const World other(GetParam());
    const auto type = own(wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32()));
    const auto code = [](void* env, mini_wasm_caller_t* caller, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
      size_t size = 0;
      const byte_t* const data = mini_wasm_caller_data(caller, &size);
      EXPECT_EQ(size, 65536u);
      EXPECT_EQ(*static_cast<int*>(env), 0);
      results->data[0] = i32(data[args->data[0].of.i32]);
      return static_cast<wasm_trap_t*>(nullptr);
    };
    const auto func = own(mini_wasm_func_new_with_vals(other.store.get(), type.get(), code, &gone, count));
    const auto instance = other.load(R"((module (import "" "f" (func $f (param i32) (result i32)))
      (memory 1) (data (i32.const 8) "*") (func (export "g") (result i32) (call $f (i32.const 8)))))",
                                     {wasm_func_as_extern(func.get())});
    EXPECT_EQ(value(instance.get(), "g").of.i32, '*');
    EXPECT_EQ(gone, 0);
    EXPECT_EQ(mini_wasm_func_new_with_vals(other.store.get(), nullptr, code, &gone, count), nullptr);
    EXPECT_EQ(gone, 1);
    const auto vector = own(wasm_functype_new_1_0(wasm_valtype_new(MINI_WASM_V128)));
    EXPECT_EQ(mini_wasm_func_new_with_vals(other.store.get(), vector.get(), code, nullptr, nullptr), nullptr);
  }
  EXPECT_EQ(gone, 2);
}

}  // namespace
}  // namespace mini_wasm
