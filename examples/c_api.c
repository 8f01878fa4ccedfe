/* The C API: loads a module, gives it functions of the host, calls it, and says why a call failed.
   Usage: c_api host_function.wasm */
#include <mini_wasm.h>
#include <stdio.h>

/* What the functions of the host know: where the guest's memory will be. */
typedef struct {
  wasm_store_t* store;
  wasm_memory_t* memory;
} host_t;

static wasm_trap_t* trap_with(wasm_store_t* store, const char* text) {
  wasm_message_t message;
  wasm_name_new_from_string_nt(&message, text);
  wasm_trap_t* trap = wasm_trap_new(store, &message);
  wasm_name_delete(&message);
  return trap;
}

static wasm_trap_t* log_text(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)results;
  const host_t* host = env;
  const size_t at = (uint32_t)args->data[0].of.i32, length = (uint32_t)args->data[1].of.i32;
  const size_t size = wasm_memory_data_size(host->memory);
  /* The guest may pass anything. */
  if (at > size || length > size - at) return trap_with(host->store, "the text is not in the memory");
  printf("guest says: %.*s\n", (int)length, wasm_memory_data(host->memory) + at);
  return NULL;
}

static wasm_trap_t* divide(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  const host_t* host = env;
  if (args->data[1].of.f64 == 0) return trap_with(host->store, "division by zero");
  results->data[0].of.f64 = args->data[0].of.f64 / args->data[1].of.f64;
  return NULL;
}

/* Prints why something failed, and releases the trap. */
static int report(wasm_trap_t* trap) {
  wasm_message_t text, backtrace;
  mini_wasm_trap_describe(trap, &text);
  mini_wasm_trap_backtrace(trap, &backtrace);
  printf("%s\n%s", text.data, backtrace.data);
  wasm_name_delete(&text);
  wasm_name_delete(&backtrace);
  wasm_trap_delete(trap);
  return 1;
}

static wasm_byte_vec_t read_file(const char* path) {
  wasm_byte_vec_t bytes = WASM_EMPTY_VEC;
  FILE* file = fopen(path, "rb");
  if (file == NULL) return bytes;
  fseek(file, 0, SEEK_END);
  wasm_byte_vec_new_uninitialized(&bytes, (size_t)ftell(file));
  rewind(file);
  if (fread(bytes.data, 1, bytes.size, file) != bytes.size) wasm_byte_vec_delete(&bytes);
  fclose(file);
  return bytes;
}

/* A host function, defined as "host" `name`. The linker keeps the store, and the store the function. */
static wasm_trap_t* define(mini_wasm_linker_t* linker, host_t* host, const char* name, wasm_functype_t* type,
                           wasm_func_callback_with_env_t code) {
  wasm_func_t* func = wasm_func_new_with_env(host->store, type, code, host, NULL);
  wasm_trap_t* trap = mini_wasm_linker_define(linker, "host", name, wasm_func_as_extern(func));
  wasm_func_delete(func);
  wasm_functype_delete(type);
  return trap;
}

static int run(host_t* host, mini_wasm_linker_t* linker, const char* path) {
  wasm_byte_vec_t bytes = read_file(path);
  wasm_module_t* module = NULL;
  wasm_trap_t* trap = mini_wasm_module_new(host->store, &bytes, &module);
  wasm_byte_vec_delete(&bytes);
  wasm_instance_t* instance = NULL;
  if (trap == NULL) trap = mini_wasm_linker_instantiate(linker, module, &instance);
  wasm_module_delete(module);
  if (trap != NULL) return report(trap);

  wasm_extern_t* memory = mini_wasm_instance_export(instance, "memory");
  wasm_extern_t* third = mini_wasm_instance_export(instance, "report");
  wasm_extern_t* fail = mini_wasm_instance_export(instance, "fail");
  host->memory = wasm_extern_as_memory(memory);
  wasm_val_t args[] = {WASM_F64_VAL(1)}, results[] = {WASM_INIT_VAL};
  wasm_val_vec_t arg_vec = WASM_ARRAY_VEC(args), no_args = WASM_EMPTY_VEC, result_vec = WASM_ARRAY_VEC(results);
  trap = wasm_func_call(wasm_extern_as_func(third), &arg_vec, &result_vec);
  if (trap == NULL) {
    printf("report gives %f\n", results[0].of.f64);
    trap = wasm_func_call(wasm_extern_as_func(fail), &no_args, &result_vec);
  }
  if (trap != NULL) report(trap);
  wasm_extern_delete(memory);
  wasm_extern_delete(third);
  wasm_extern_delete(fail);
  wasm_instance_delete(instance);
  return 0;
}

int main(int argc, char** argv) {
  if (argc != 2) return puts("usage: c_api host_function.wasm"), 2;
  wasm_engine_t* engine = wasm_engine_new();
  host_t host = {wasm_store_new(engine), NULL};
  mini_wasm_linker_t* linker = mini_wasm_linker_new(host.store);
  wasm_trap_t* trap =
      define(linker, &host, "log", wasm_functype_new_2_0(wasm_valtype_new_i32(), wasm_valtype_new_i32()), log_text);
  if (trap == NULL) {
    trap =
        define(linker, &host, "divide",
               wasm_functype_new_2_1(wasm_valtype_new_f64(), wasm_valtype_new_f64(), wasm_valtype_new_f64()), divide);
  }
  const int status = trap == NULL ? run(&host, linker, argv[1]) : report(trap);
  mini_wasm_linker_delete(linker);
  wasm_store_delete(host.store);
  wasm_engine_delete(engine);
  return status;
}
