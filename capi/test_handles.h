// Handles and vectors of the C API that are released at the end of a scope, and a store to test with.
#pragma once

#include <gtest/gtest.h>
#include <mini_wasm.h>
#if MINI_WASM_HAS_WASI
#include <wasi.h>
#endif

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scripts/tiers.h"
#include "spec-tests/support/wat.h"

namespace mini_wasm::testing {

#define TYPE(name) \
  inline void release(wasm_##name##_t* p) { wasm_##name##_delete(p); }
#define REF(name) TYPE(name)
#define POINTER_VEC(name) \
  inline void release_vec(wasm_##name##_vec_t* vec) { wasm_##name##_vec_delete(vec); }
#include "capi/families.def"
inline void release(wasm_engine_t* p) { wasm_engine_delete(p); }
inline void release(wasm_store_t* p) { wasm_store_delete(p); }
inline void release(wasm_frame_t* p) { wasm_frame_delete(p); }
inline void release(wasm_shared_module_t* p) { wasm_shared_module_delete(p); }
inline void release(mini_wasm_linker_t* p) { mini_wasm_linker_delete(p); }
inline void release(mini_wasm_interrupt_handle_t* p) { mini_wasm_interrupt_handle_delete(p); }
inline void release(mini_wasm_deadline_t* p) { mini_wasm_deadline_delete(p); }
inline void release(mini_wasm_async_call_t* p) { mini_wasm_async_call_delete(p); }
#if MINI_WASM_HAS_WASI
inline void release(mini_wasm_wasi_buffer_t* p) { mini_wasm_wasi_buffer_delete(p); }
inline void release(mini_wasm_wasi_files_t* p) { mini_wasm_wasi_files_delete(p); }
#endif
inline void release_vec(wasm_byte_vec_t* vec) { wasm_byte_vec_delete(vec); }
inline void release_vec(wasm_val_vec_t* vec) { wasm_val_vec_delete(vec); }

struct Release {
  template <class T>
  void operator()(T* p) const {
    release(p);
  }
};
template <class T>
using Own = std::unique_ptr<T, Release>;
template <class T>
Own<T> own(T* p) {
  return Own<T>(p);
}

// A vector that is released.
template <class V>
struct Vec : V {
  Vec() : V{0, nullptr} {}
  ~Vec() { release_vec(this); }
  Vec(const Vec&) = delete;
  Vec& operator=(const Vec&) = delete;
};

inline wasm_val_t i32(int32_t v) {
  wasm_val_t value;
  value.kind = WASM_I32;
  value.of.i32 = v;
  return value;
}
inline wasm_val_t ref_val(wasm_ref_t* ref, wasm_valkind_t kind = WASM_EXTERNREF) {
  wasm_val_t value;
  value.kind = kind;
  value.of.ref = ref;
  return value;
}

inline std::string text_of(const wasm_byte_vec_t& vec) { return {vec.data, vec.size}; }
inline std::string message_of(const wasm_trap_t* trap) {
  if (trap == nullptr) return "no trap";
  Vec<wasm_byte_vec_t> message;
  wasm_trap_message(trap, &message);
  EXPECT_EQ(message.data[message.size - 1], '\0');
  return message.data;
}

inline wasm_config_t* make_config(const spec::TierCase& tier) {
  wasm_config_t* config = wasm_config_new();
  mini_wasm_config_set_tier(config, static_cast<mini_wasm_tier_t>(tier.tier));
  mini_wasm_config_set_eager(config, tier.eager);
  mini_wasm_config_set_guard_pages(config, tier.guard_pages);
  mini_wasm_config_set_hot_after(config, tier.hot_after);
  mini_wasm_config_set_lazy_validation(config, tier.lazy_validation);
  return config;
}

// An engine and a store; modules as text.
struct World {
  explicit World(const spec::TierCase& tier = spec::kTiers[0])
      : engine(own(wasm_engine_new_with_config(make_config(tier)))), store(own(wasm_store_new(engine.get()))) {}

  Own<wasm_module_t> module(std::string_view text) const {
    const std::vector<uint8_t> binary = wat(text);
    const wasm_byte_vec_t bytes = {binary.size(), reinterpret_cast<char*>(const_cast<uint8_t*>(binary.data()))};
    Own<wasm_module_t> made = own(wasm_module_new(store.get(), &bytes));
    EXPECT_NE(made, nullptr) << text;
    return made;
  }
  Own<wasm_instance_t> load(std::string_view text, std::vector<wasm_extern_t*> imports = {}) const {
    return instantiate(module(text).get(), std::move(imports));
  }
  Own<wasm_instance_t> instantiate(const wasm_module_t* module, std::vector<wasm_extern_t*> imports) const {
    const wasm_extern_vec_t vec = {imports.size(), imports.data()};
    wasm_trap_t* trap = nullptr;
    Own<wasm_instance_t> made = own(wasm_instance_new(store.get(), module, &vec, &trap));
    EXPECT_EQ(trap, nullptr) << message_of(trap);
    release(trap);
    return made;
  }

  Own<wasm_engine_t> engine;
  Own<wasm_store_t> store;
};

inline Own<wasm_extern_t> export_of(const wasm_instance_t* instance, const char* name) {
  return own(mini_wasm_instance_export(instance, name));
}

// Calls the exported function. `results` has room for what it gives.
inline Own<wasm_trap_t> call(const wasm_instance_t* instance, const char* name, std::vector<wasm_val_t> args,
                             std::vector<wasm_val_t>& results) {
  const Own<wasm_extern_t> func = export_of(instance, name);
  const wasm_val_vec_t in = {args.size(), args.data()};
  wasm_val_vec_t out = {results.size(), results.data()};
  return own(wasm_func_call(wasm_extern_as_func(func.get()), &in, &out));
}
// The same for a function without results.
inline Own<wasm_trap_t> call(const wasm_instance_t* instance, const char* name, std::vector<wasm_val_t> args = {}) {
  std::vector<wasm_val_t> none;
  return call(instance, name, std::move(args), none);
}
// The same for a function with one result, which the caller owns. It must not trap.
inline wasm_val_t value(const wasm_instance_t* instance, const char* name, std::vector<wasm_val_t> args = {}) {
  std::vector<wasm_val_t> results(1);
  const Own<wasm_trap_t> trap = call(instance, name, std::move(args), results);
  EXPECT_EQ(trap, nullptr) << message_of(trap.get());
  return results[0];
}

// A finalizer that counts: a pointer to an int.
inline void count(void* number) { ++*static_cast<int*>(number); }

}  // namespace mini_wasm::testing
