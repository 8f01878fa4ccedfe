// Functions of the host whose code is a C function.
#pragma once

#include <mini_wasm.h>

#include "capi/store.h"

struct mini_wasm_caller_t {
  wasm_store_t* store;
  mini_wasm::Caller& caller;
};

namespace mini_wasm::capi {

// The code of a host function, and what belongs to it. `run` gets the address of this object as `data`.
struct Callback {
  wasm_store_t* store;  // not owned: the store owns the function
  void* env;
  void (*finalizer)(void*);
  const FuncType* type = nullptr;
  union {
    wasm_func_callback_t plain;
    wasm_func_callback_with_env_t with_env;
    mini_wasm_func_callback_with_vals_t with_caller;
    mini_wasm_func_callback_t unchecked;
  } code;

  ~Callback() {
    if (finalizer != nullptr) finalizer(env);
  }
};
// Null when there is no memory; then the finalizer has been called.
std::unique_ptr<Callback> make_callback(wasm_store_t* store, void* env, void (*finalizer)(void*));
using RunCallback = Result<void> (*)(void* data, Caller& caller, uint64_t* slots);

// Makes a host function. It takes the callback over; null: no memory, or not such a type.
wasm_func_t* make_func(wasm_store_t* store, const wasm_functype_t* type, std::unique_ptr<Callback> callback,
                       RunCallback run);
// What a callback returned: null is success. Takes the trap over.
Result<void> outcome_of(wasm_trap_t* trap);
// The error of a call with too few or too many arguments. May throw std::bad_alloc.
Error wrong_number(const FuncType& type, size_t given);

}  // namespace mini_wasm::capi
