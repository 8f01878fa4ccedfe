#include "capi/ref.h"

#include "capi/store.h"
#include "core/guarded.h"

using namespace mini_wasm;
using namespace mini_wasm::capi;

namespace {

// Null is an object of no kind.
template <class T, class From>
T* as(From* ref, bool (*is)(RefKind)) {
  return ref != nullptr && is(ref->kind) ? static_cast<T*>(ref) : nullptr;
}

void set_info(wasm_ref_t* ref, void* info, void (*finalizer)(void*)) {
  if (ref == nullptr || ref->constant) return;
  void (*const old_finalizer)(void*) = std::exchange(ref->finalizer, finalizer);
  void* const old_info = std::exchange(ref->host_info, info);
  if (old_finalizer != nullptr) old_finalizer(old_info);
}

}  // namespace

#define REF(name)                                                                                                     \
  void wasm_##name##_delete(wasm_##name##_t* ref) { drop(ref); }                                                      \
  wasm_##name##_t* wasm_##name##_copy(const wasm_##name##_t* ref) { return copy_of(ref); }                            \
  bool wasm_##name##_same(const wasm_##name##_t* a, const wasm_##name##_t* b) { return a == b; }                      \
  void* wasm_##name##_get_host_info(const wasm_##name##_t* ref) { return ref == nullptr ? nullptr : ref->host_info; } \
  void wasm_##name##_set_host_info(wasm_##name##_t* ref, void* info) { set_info(ref, info, nullptr); }                \
  void wasm_##name##_set_host_info_with_finalizer(wasm_##name##_t* ref, void* info, void (*finalizer)(void*)) {       \
    set_info(ref, info, finalizer);                                                                                   \
  }
#include "capi/families.def"

#define REF_KIND(name, test)                                                               \
  wasm_ref_t* wasm_##name##_as_ref(wasm_##name##_t* ref) { return ref; }                   \
  const wasm_ref_t* wasm_##name##_as_ref_const(const wasm_##name##_t* ref) { return ref; } \
  wasm_##name##_t* wasm_ref_as_##name(wasm_ref_t* ref) {                                   \
    return as<wasm_##name##_t>(ref, [](RefKind kind) { return test; });                    \
  }                                                                                        \
  const wasm_##name##_t* wasm_ref_as_##name##_const(const wasm_ref_t* ref) {               \
    return as<const wasm_##name##_t>(ref, [](RefKind kind) { return test; });              \
  }
#include "capi/families.def"

#define EXTERN(name)                                                                             \
  wasm_extern_t* wasm_##name##_as_extern(wasm_##name##_t* ref) { return ref; }                   \
  const wasm_extern_t* wasm_##name##_as_extern_const(const wasm_##name##_t* ref) { return ref; } \
  wasm_##name##_t* wasm_extern_as_##name(wasm_extern_t* ref) {                                   \
    return as<wasm_##name##_t>(ref, [](RefKind kind) { return kind == RefKind::name; });         \
  }                                                                                              \
  const wasm_##name##_t* wasm_extern_as_##name##_const(const wasm_extern_t* ref) {               \
    return as<const wasm_##name##_t>(ref, [](RefKind kind) { return kind == RefKind::name; });   \
  }
#include "capi/families.def"

wasm_foreign_t* wasm_foreign_new(wasm_store_t* store) {
  if (store == nullptr) return nullptr;
  auto* const made = new (std::nothrow) wasm_foreign_t(RefKind::foreign, store);
  return static_cast<wasm_foreign_t*>(share(made));
}
