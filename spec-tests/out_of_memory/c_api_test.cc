// The C API when there is no memory: null, false, or a trap that says so, and nothing is lost.
#include <gtest/gtest.h>
#include <mini_wasm.h>
#include <wasi.h>

#include <cstring>
#include <memory>

#include "spec-tests/out_of_memory/expect_errors.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

// Handles that are released at the end of a scope, by the function for their type.
struct Release {
  void operator()(wasm_engine_t* p) const { wasm_engine_delete(p); }
  void operator()(wasm_store_t* p) const { wasm_store_delete(p); }
  void operator()(wasm_module_t* p) const { wasm_module_delete(p); }
  void operator()(wasm_instance_t* p) const { wasm_instance_delete(p); }
  void operator()(wasm_extern_t* p) const { wasm_extern_delete(p); }
  void operator()(wasm_func_t* p) const { wasm_func_delete(p); }
  void operator()(wasm_foreign_t* p) const { wasm_foreign_delete(p); }
  void operator()(wasm_functype_t* p) const { wasm_functype_delete(p); }
  void operator()(wasm_trap_t* p) const { wasm_trap_delete(p); }
  void operator()(wasm_byte_vec_t* p) const { wasm_byte_vec_delete(p); }
  void operator()(mini_wasm_linker_t* p) const { mini_wasm_linker_delete(p); }
  void operator()(mini_wasm_interrupt_handle_t* p) const { mini_wasm_interrupt_handle_delete(p); }
  void operator()(mini_wasm_async_call_t* p) const { mini_wasm_async_call_delete(p); }
  void operator()(mini_wasm_wasi_files_t* p) const { mini_wasm_wasi_files_delete(p); }
  void operator()(mini_wasm_wasi_buffer_t* p) const { mini_wasm_wasi_buffer_delete(p); }
};
template <class T>
using Own = std::unique_ptr<T, Release>;
template <class T>
Own<T> own(T* p) {
  return Own<T>(p);
}

wasm_val_t ref_val(wasm_ref_t* ref) {
  wasm_val_t value;
  value.kind = WASM_EXTERNREF;
  value.of.ref = ref;
  return value;
}
// A finalizer that counts.
void count(void* number) { ++*static_cast<int*>(number); }

constexpr const char* kWaits = R"((module
  (import "host" "wait" (func $wait (param externref) (result externref)))
  (func (export "f") (param externref i32) (result externref i32) (call $wait (local.get 0)) (local.get 1)))
)";
constexpr const char* kWrites = R"((module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1) (data (i32.const 0) "\10\00\00\00\20\00\00\00") (data (i32.const 16) "some text that is longer than others")
  (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $exit (i32.const 3)))))";

// What has failed. Allocates nothing of its own.
class Outcome {
 public:
  // Whether it was made.
  template <class T>
  bool operator()(const Own<T>& made) {
    if (made == nullptr) error_.kind = ErrorKind::limit, failed_ = true;
    return made != nullptr;
  }
  bool operator()(bool done) {
    if (!done) error_.kind = ErrorKind::limit, failed_ = true;
    return done;
  }
  // Whether there was no trap, which is released.
  bool operator()(wasm_trap_t* trap) {
    const auto owned = own(trap);
    if (trap == nullptr) return true;
    error_.kind = static_cast<ErrorKind>(mini_wasm_trap_kind(trap));
    error_.trap_code = static_cast<TrapCode>(mini_wasm_trap_code(trap));
    failed_ = true;
    return false;
  }
  Result<void> result() const {
    if (!failed_) return {};
    Error error;
    error.kind = error_.kind;
    error.trap_code = error_.trap_code;
    return error;
  }

 private:
  bool failed_ = false;
  Error error_;
};

wasm_trap_t* wait(void*, mini_wasm_caller_t* caller, const wasm_val_vec_t*, wasm_val_vec_t*) {
  return mini_wasm_caller_suspend(caller);
}

Own<wasm_instance_t> instantiate(Outcome& ok, wasm_store_t* store, const mini_wasm_linker_t* linker, const char* text) {
  const wasm_byte_vec_t bytes = {std::strlen(text), const_cast<char*>(text)};
  wasm_module_t* module = nullptr;
  if (!ok(mini_wasm_module_new(store, &bytes, &module))) return nullptr;
  const auto owned = own(module);
  wasm_instance_t* instance = nullptr;
  ok(mini_wasm_linker_instantiate(linker, module, &instance));
  return own(instance);
}

void go_on(Outcome& ok, mini_wasm_async_call_t* call, const Own<wasm_foreign_t>& foreign) {
  mini_wasm_async_state_t state = MINI_WASM_ASYNC_READY;
  if (!ok(mini_wasm_async_call_resume(call, &state))) return;
  EXPECT_EQ(state, MINI_WASM_ASYNC_WAITING);
  wasm_val_t given = ref_val(wasm_foreign_as_ref(foreign.get()));
  const wasm_val_vec_t given_vec = {1, &given};
  if (!ok(mini_wasm_async_call_complete(call, &given_vec))) return;
  if (!ok(mini_wasm_async_call_resume(call, &state))) return;
  EXPECT_EQ(state, MINI_WASM_ASYNC_FINISHED);
  wasm_val_t results[2] = {};
  wasm_val_vec_t results_vec = {2, results};
  if (!ok(mini_wasm_async_call_results(call, &results_vec))) return;
  EXPECT_EQ(results[0].of.ref, wasm_foreign_as_ref(foreign.get()));
  wasm_val_delete(&results[0]);
}

void call_that_waits(Outcome& ok, wasm_store_t* store, const wasm_functype_t* type) {
  const auto func = own(mini_wasm_func_new_with_vals(store, type, wait, nullptr, nullptr));
  const auto linker = own(mini_wasm_linker_new(store));
  if (!ok(func) || !ok(linker)) return;
  if (!ok(mini_wasm_linker_define(linker.get(), "host", "wait", wasm_func_as_extern(func.get())))) return;
  const auto instance = instantiate(ok, store, linker.get(), kWaits);
  if (instance == nullptr) return;
  const auto exported = own(mini_wasm_instance_export(instance.get(), "f"));
  const auto foreign = own(wasm_foreign_new(store));
  if (!ok(exported) || !ok(foreign)) return;
  wasm_val_t args[] = {ref_val(wasm_foreign_as_ref(foreign.get())), WASM_I32_VAL(1)};
  const wasm_val_vec_t vec = {2, args};
  mini_wasm_async_call_t* call = nullptr;
  if (!ok(mini_wasm_async_call_new(wasm_extern_as_func(exported.get()), &vec, &call))) return;
  const auto owned = own(call);
  go_on(ok, call, foreign);
}

void stop(Outcome& ok, wasm_store_t* store) {
  mini_wasm_deadline_t* deadline = nullptr;
  ok(mini_wasm_deadline_new(store, 0, &deadline));
  mini_wasm_deadline_delete(deadline);
  ok(own(mini_wasm_interrupt_handle_new(store)));
}

TEST(out_of_memory, calls_of_the_c_api) {
  // Before any allocation fails: the short forms in wasm.h do not see that a vector for a type could not be made.
  const auto type = own(wasm_functype_new_1_1(wasm_valtype_new(WASM_EXTERNREF), wasm_valtype_new(WASM_EXTERNREF)));
  expect_errors("c api", [&]() -> Result<void> {
    Outcome ok;
    const auto engine = own(wasm_engine_new());
    const auto store = own(wasm_store_new(engine.get()));
    if (!ok(engine) || !ok(store)) return ok.result();
    call_that_waits(ok, store.get(), type.get());
    stop(ok, store.get());
    return ok.result();
  });
}

// Takes output; `data` counts the finalizers.
ptrdiff_t take(void*, const unsigned char*, size_t size) { return static_cast<ptrdiff_t>(size); }

void fill(Outcome& ok, wasi_config_t* config, const mini_wasm_wasi_files_t* files,
          const mini_wasm_wasi_buffer_t* buffer, int* finalized) {
  const char* argv[] = {"program", "an argument that is longer than others"};
  const char *names[] = {"NAME"}, *values[] = {"a value that is longer than others"};
  ok(wasi_config_set_argv(config, 2, argv));
  ok(wasi_config_set_env(config, 1, names, values));
  wasi_config_inherit_env(config);
  wasi_config_inherit_argv(config);
  wasm_byte_vec_t bytes;
  wasm_byte_vec_new(&bytes, 30, "input that is longer than others");
  wasi_config_set_stdin_bytes(config, &bytes);
  ok(wasi_config_set_stdin_file(config, "/dev/null"));
  ok(mini_wasm_wasi_config_set_stdout_buffer(config, buffer));
  wasi_config_set_stderr_custom(config, take, finalized, count);
  ok(mini_wasm_wasi_config_preopen_files(config, files, "/files", true));
  ok(mini_wasm_wasi_config_set_virtual_time(config, 0, 1));
  ok(mini_wasm_wasi_config_set_random_seed(config, 1));
  mini_wasm_wasi_clock_t clock{};
  clock.realtime = clock.monotonic = [](void*) { return uint64_t{1}; };
  clock.data = finalized;
  clock.finalizer = count;
  ok(mini_wasm_wasi_config_set_clock(config, &clock));
}

void use_files(Outcome& ok, mini_wasm_wasi_files_t* files) {
  const wasm_byte_vec_t content = {9, const_cast<char*>("a content")};
  if (!ok(mini_wasm_wasi_files_write(files, "a/file/with/a/long/name", &content))) return;
  wasm_byte_vec_t names = WASM_EMPTY_VEC, read = WASM_EMPTY_VEC;
  const auto own_names = own(&names), own_read = own(&read);
  ok(mini_wasm_wasi_files_list(files, "a", &names));
  ok(mini_wasm_wasi_files_read(files, "a/file/with/a/long/name", &read));
}

TEST(out_of_memory, programs_of_the_c_api) {
  expect_errors("wasi in c", []() -> Result<void> {
    Outcome ok;
    int finalized = 0;
    {
      const auto engine = own(wasm_engine_new());
      const auto store = own(wasm_store_new(engine.get()));
      const auto linker = own(mini_wasm_linker_new(store.get()));
      const auto files = own(mini_wasm_wasi_files_new(1000, 100));
      const auto buffer = own(mini_wasm_wasi_buffer_new(1000));
      wasi_config_t* const config = wasi_config_new();
      ok(config != nullptr);
      if (!ok(engine) || !ok(store) || !ok(linker) || !ok(files) || !ok(buffer) || config == nullptr) {
        wasi_config_delete(config);
        return ok.result();
      }
      use_files(ok, files.get());
      fill(ok, config, files.get(), buffer.get(), &finalized);
      if (!ok(mini_wasm_linker_define_wasi(linker.get(), config))) return ok.result();
      const auto instance = instantiate(ok, store.get(), linker.get(), kWrites);
      int32_t code = -1;
      if (instance != nullptr && ok(mini_wasm_wasi_run(instance.get(), &code))) {
        EXPECT_EQ(code, 3);
      }
      wasm_byte_vec_t text;
      mini_wasm_wasi_buffer_take(buffer.get(), &text);
      wasm_byte_vec_delete(&text);
    }
    EXPECT_EQ(finalized, 2);
    return ok.result();
  });
}

}  // namespace
}  // namespace mini_wasm
