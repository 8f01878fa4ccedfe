#include "capi/store.h"

#include <limits>

#include "core/guarded.h"

namespace mini_wasm::capi {
namespace {

void finalize(wasm_ref_t* ref) {
  void (*const finalizer)(void*) = std::exchange(ref->finalizer, nullptr);
  if (finalizer != nullptr) finalizer(std::exchange(ref->host_info, nullptr));
}

// Each kind is deleted as what it was made as.
void destroy(wasm_ref_t* ref) {
  finalize(ref);
  switch (ref->kind) {
    case RefKind::func: delete static_cast<wasm_func_t*>(ref); break;
    case RefKind::global: delete static_cast<wasm_global_t*>(ref); break;
    case RefKind::table: delete static_cast<wasm_table_t*>(ref); break;
    case RefKind::memory: delete static_cast<wasm_memory_t*>(ref); break;
    case RefKind::tag: delete static_cast<wasm_extern_t*>(ref); break;
    case RefKind::instance: delete static_cast<wasm_instance_t*>(ref); break;
    case RefKind::module: delete static_cast<wasm_module_t*>(ref); break;
    case RefKind::trap: delete static_cast<wasm_trap_t*>(ref); break;
    case RefKind::foreign: delete static_cast<wasm_foreign_t*>(ref); break;
    case RefKind::object: delete static_cast<ObjectRef*>(ref); break;
  }
}

// Whether the object must stay although the embedder has no handle to it. An ObjectRef roots its object, so it goes.
bool stays(const wasm_ref_t& ref) {
  if (ref.guest_owners != 0) return true;
  const bool has_info = ref.host_info != nullptr || ref.finalizer != nullptr;
  return has_info && ref.key != nullptr && ref.kind != RefKind::object;
}

void remove(wasm_ref_t* ref) {
  if (ref->key != nullptr) ref->store->refs.erase(ref->key);
  destroy(ref);
}

// Called by the collector. Only notes what has to be done.
void forget_by_guest(void* data) {
  auto* ref = static_cast<wasm_ref_t*>(data);
  if (--ref->guest_owners != 0 || ref->owners != 0 || ref->is_dead || stays(*ref)) return;
  ref->is_dead = true;
  ref->next_dead = std::exchange(ref->store->dead, ref);
}

// The object for `key`, made as a T if there is none yet.
template <class T>
T* find_or_make(wasm_store_t* store, RefKind kind, const void* key) {
  return guarded(
      [&]() -> T* {
        wasm_ref_t*& place = store->refs[key];
        if (place == nullptr) {
          place = new (std::nothrow) T(kind, store);
          if (place == nullptr) {
            store->refs.erase(key);
            return nullptr;
          }
          place->key = key;
        }
        return static_cast<T*>(share(place));
      },
      []() -> T* { return nullptr; });
}

}  // namespace

wasm_ref_t* share(wasm_ref_t* ref) {
  if (ref == nullptr || ref->constant) return ref;
  if (ref->owners++ == 0 && ref->store != nullptr) ++ref->store->owners;
  return ref;
}

void drop(wasm_ref_t* ref) {
  if (ref == nullptr || ref->constant || --ref->owners != 0) return;
  wasm_store_t* const store = ref->store;
  if (!stays(*ref) && !ref->is_dead) remove(ref);
  if (store != nullptr) give_back(store);
}

wasm_func_t* func_ref(wasm_store_t* store, const Func& func) {
  return func.impl() == nullptr ? nullptr : find_or_make<wasm_func_t>(store, RefKind::func, func.impl());
}

wasm_extern_t* extern_ref(wasm_store_t* store, const Extern& value) {
  if (value.inst == nullptr) return nullptr;
  switch (value.kind) {
    case ExternKind::func: return find_or_make<wasm_func_t>(store, RefKind::func, value.inst);
    case ExternKind::global: return find_or_make<wasm_global_t>(store, RefKind::global, value.inst);
    case ExternKind::table: return find_or_make<wasm_table_t>(store, RefKind::table, value.inst);
    case ExternKind::memory: return find_or_make<wasm_memory_t>(store, RefKind::memory, value.inst);
    case ExternKind::tag: return find_or_make<wasm_extern_t>(store, RefKind::tag, value.inst);
  }
  return nullptr;
}

wasm_instance_t* instance_ref(wasm_store_t* store, runtime::ModuleInst* instance) {
  return find_or_make<wasm_instance_t>(store, RefKind::instance, instance);
}

// The collector does not move objects, so that the bits of a reference are a key as long as it is rooted. Those of an
// i31 are odd, and so never an address.
wasm_ref_t* object_ref(wasm_store_t* store, const Val& value) {
  return guarded(
      [&]() -> wasm_ref_t* {
        const void* const key = reinterpret_cast<const void*>(value.bits());
        if (const auto found = store->refs.find(key); found != store->refs.end()) return share(found->second);
        auto made = std::make_unique<ObjectRef>(store, value);
        if (made->root.get().type().is_bottom()) return nullptr;
        store->refs.emplace(key, made.get());
        made->key = key;
        return share(made.release());
      },
      []() -> wasm_ref_t* { return nullptr; });
}

ObjectRef::ObjectRef(wasm_store_t* s, const Val& value) : wasm_ref_t(RefKind::object, s), root(s->store, value) {}

Val externref_of(wasm_store_t* store, wasm_ref_t* ref) {
  ++ref->guest_owners;  // before it is made, because that may collect garbage
  const Val value = store->store.new_externref(ref, forget_by_guest);
  if (value.is_null()) --ref->guest_owners;
  return value;
}

StoreLimits no_limits() {
  StoreLimits limits;
  limits.memory_bytes = limits.table_elements = limits.gc_heap_bytes = std::numeric_limits<uint64_t>::max();
  limits.instances = limits.memories = limits.tables = std::numeric_limits<uint32_t>::max();
  return limits;
}

wasm_store_t* make_store(const wasm_engine_t* engine, const StoreLimits& limits) {
  if (engine == nullptr) return nullptr;
  auto* const made = new (std::nothrow) wasm_store_t(engine->engine, limits);
  if (made == nullptr || !made->store.empty()) return made;
  delete made;
  return nullptr;
}

void bury_dead(wasm_store_t* store) {
  while (store->dead != nullptr) {
    wasm_ref_t* const ref = std::exchange(store->dead, store->dead->next_dead);
    ref->is_dead = false;
    if (ref->owners == 0 && !stays(*ref)) remove(ref);  // somebody may have got it since
  }
}

void give_back(wasm_store_t* store) {
  if (--store->owners != 0) return;
  store->owners = 1;  // for finalizers, which may use handles until the end
  {
    const Store gone = std::move(store->store);
  }
  bury_dead(store);
  // What is left has host info and no owner.
  while (!store->refs.empty()) remove(store->refs.begin()->second);
  delete store;
}

}  // namespace mini_wasm::capi

using namespace mini_wasm;
using namespace mini_wasm::capi;

wasm_config_t* wasm_config_new() { return new (std::nothrow) wasm_config_t; }
void wasm_config_delete(wasm_config_t* config) { delete config; }

wasm_engine_t* wasm_engine_new() { return wasm_engine_new_with_config(wasm_config_new()); }
wasm_engine_t* wasm_engine_new_with_config(wasm_config_t* config) {
  const std::unique_ptr<wasm_config_t> owned(config);
  if (config == nullptr) return nullptr;
  auto* const made = new (std::nothrow) wasm_engine_t{Engine(config->config)};
  if (made == nullptr || made->engine.impl() != nullptr) return made;
  delete made;
  return nullptr;
}
void wasm_engine_delete(wasm_engine_t* engine) { delete engine; }

wasm_store_t* wasm_store_new(wasm_engine_t* engine) { return make_store(engine, no_limits()); }
void wasm_store_delete(wasm_store_t* store) {
  if (store != nullptr) give_back(store);
}
