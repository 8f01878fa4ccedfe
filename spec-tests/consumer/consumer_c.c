/* The program of a newcomer in C: the same as consumer.cc. It is compiled as C11 with all warnings as errors. */
#include <mini_wasm.h>
#include <stdio.h>
#if MINI_WASM_HAS_WASI
#include <wasi.h>
#endif

static wasm_trap_t* twice(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  results->data[0].of.i32 = 2 * args->data[0].of.i32;
  return NULL;
}

int main(void) {
  static const char text[] =
      "(module (import \"host\" \"twice\" (func $twice (param i32) (result i32)))"
      "  (func (export \"run\") (param i32) (result i32) (i32.add (call $twice (local.get 0)) (i32.const 2))))";
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
#if MINI_WASM_HAS_WASI
  wasi_config_delete(wasi_config_new());
#endif

  wasm_byte_vec_t bytes;
  wasm_name_new_from_string(&bytes, text);
  wasm_module_t* module = NULL;
  wasm_trap_t* trap = mini_wasm_module_new(store, &bytes, &module);
  wasm_byte_vec_delete(&bytes);

  wasm_functype_t* type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  wasm_func_t* func = wasm_func_new(store, type, twice);
  wasm_functype_delete(type);
  wasm_extern_t* imports[] = {wasm_func_as_extern(func)};
  wasm_extern_vec_t import_vec = WASM_ARRAY_VEC(imports);
  wasm_instance_t* instance = trap == NULL ? wasm_instance_new(store, module, &import_vec, &trap) : NULL;

  wasm_extern_t* run = mini_wasm_instance_export(instance, "run");
  wasm_val_t args[] = {WASM_I32_VAL(20)}, results[] = {WASM_INIT_VAL};
  wasm_val_vec_t arg_vec = WASM_ARRAY_VEC(args), result_vec = WASM_ARRAY_VEC(results);
  if (trap == NULL) trap = wasm_func_call(wasm_extern_as_func(run), &arg_vec, &result_vec);
  if (trap != NULL) {
    wasm_message_t message;
    mini_wasm_trap_describe(trap, &message);
    puts(message.data);
    return 1;
  }
  printf("mini-wasm %s: i32:%d\n", mini_wasm_version(), (int)results[0].of.i32);

  wasm_extern_delete(run);
  wasm_instance_delete(instance);
  wasm_func_delete(func);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
