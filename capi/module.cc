#include "capi/module.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "capi/types.h"
#include "core/guarded.h"
#include "runtime/cache/hash.h"
#include "runtime/compiled_module.h"

namespace mini_wasm::capi {
namespace {

std::span<const uint8_t> bytes_of(const wasm_byte_vec_t& vec) {
  return {reinterpret_cast<const uint8_t*>(vec.data), vec.size};
}

// A serialized module: these bytes, the hash of the binary, the binary. The hash finds damage, not malice; a module is
// validated anyway.
constexpr std::string_view kSerialized{"\0mini-wasm module 1\n", 20};
constexpr size_t kHead = kSerialized.size() + std::tuple_size_v<decltype(runtime::hash_128({}))>;

void append(wasm_byte_vec_t& out, size_t& at, const void* data, size_t size) {
  if (size != 0) std::memcpy(out.data + at, data, size);
  at += size;
}

// The binary in a serialized module; none if it is not one.
std::optional<std::span<const uint8_t>> binary_in(const wasm_byte_vec_t& vec) {
  const std::span<const uint8_t> bytes = bytes_of(vec);
  if (bytes.size() < kHead || std::memcmp(bytes.data(), kSerialized.data(), kSerialized.size()) != 0) return {};
  const std::span<const uint8_t> binary = bytes.subspan(kHead);
  const auto hash = runtime::hash_128(binary);
  if (!std::equal(hash.begin(), hash.end(), bytes.begin() + kSerialized.size())) return {};
  return binary;
}

wasm_name_t name_of(const std::string& text) {
  wasm_name_t name;
  wasm_name_new(&name, text.size(), text.data());
  return name;
}

wasm_importtype_t* make_type(const TypeRegistry& types, const ImportType& import) {
  wasm_name_t module = name_of(import.module), name = name_of(import.name);
  return wasm_importtype_new(&module, &name, capi::make_type(types, import.type));
}
wasm_exporttype_t* make_type(const TypeRegistry& types, const ExportType& exported) {
  wasm_name_t name = name_of(exported.name);
  return wasm_exporttype_new(&name, capi::make_type(types, exported.type));
}

// Fills an empty vector with descriptions of what is in the list; leaves it empty when there is no memory.
template <class Vec, class List>
void describe(const Module& module, Vec* out, void (*make_room)(Vec*, size_t), void (*release)(Vec*), List list) {
  const auto fill = [&] {
    const auto elements = list();
    make_room(out, elements.size());
    for (size_t i = 0; i < out->size; ++i) {
      out->data[i] = make_type(module.impl()->engine().types(), elements[i]);
      if (out->data[i] == nullptr) return false;
    }
    return true;
  };
  if (!guarded(fill, [] { return false; })) release(out);
}

}  // namespace

Result<Module> compile(const wasm_store_t& store, const wasm_byte_vec_t& binary) {
  return Module::compile(store.engine, bytes_of(binary));
}

wasm_module_t* module_ref(wasm_store_t* store, Module module) {
  return static_cast<wasm_module_t*>(share(new (std::nothrow) wasm_module_t(store, std::move(module))));
}

}  // namespace mini_wasm::capi

using namespace mini_wasm;
using namespace mini_wasm::capi;

wasm_module_t* wasm_module_new(wasm_store_t* store, const wasm_byte_vec_t* binary) {
  if (store == nullptr || binary == nullptr) return nullptr;
  Result<Module> module = compile(*store, *binary);
  return module ? module_ref(store, std::move(*module)) : nullptr;
}

bool wasm_module_validate(wasm_store_t* store, const wasm_byte_vec_t* binary) {
  return store != nullptr && binary != nullptr && Module::validate(store->engine, bytes_of(*binary)).has_value();
}

void wasm_module_imports(const wasm_module_t* module, wasm_importtype_vec_t* out) {
  if (out == nullptr) return;
  wasm_importtype_vec_new_empty(out);
  if (module == nullptr) return;
  describe(module->module, out, wasm_importtype_vec_new_uninitialized, wasm_importtype_vec_delete,
           [&] { return module->module.imports(); });
}

void wasm_module_exports(const wasm_module_t* module, wasm_exporttype_vec_t* out) {
  if (out == nullptr) return;
  wasm_exporttype_vec_new_empty(out);
  if (module == nullptr) return;
  describe(module->module, out, wasm_exporttype_vec_new_uninitialized, wasm_exporttype_vec_delete,
           [&] { return module->module.exports(); });
}

void wasm_module_serialize(const wasm_module_t* module, wasm_byte_vec_t* out) {
  if (out == nullptr) return;
  wasm_byte_vec_new_empty(out);
  if (module == nullptr) return;
  const std::span<const uint8_t> binary = module->module.impl()->module().bytes;
  wasm_byte_vec_new_uninitialized(out, kHead + binary.size());
  if (out->size == 0) return;
  const auto hash = runtime::hash_128(binary);
  size_t at = 0;
  append(*out, at, kSerialized.data(), kSerialized.size());
  append(*out, at, hash.data(), hash.size());
  append(*out, at, binary.data(), binary.size());
}

wasm_module_t* wasm_module_deserialize(wasm_store_t* store, const wasm_byte_vec_t* bytes) {
  if (store == nullptr || bytes == nullptr) return nullptr;
  const auto binary = binary_in(*bytes);
  if (!binary) return nullptr;
  Result<Module> module = Module::compile(store->engine, *binary);
  return module ? module_ref(store, std::move(*module)) : nullptr;
}

wasm_shared_module_t* wasm_module_share(const wasm_module_t* module) {
  return module == nullptr ? nullptr : new (std::nothrow) wasm_shared_module_t{module->module};
}
void wasm_shared_module_delete(wasm_shared_module_t* shared) { delete shared; }
wasm_module_t* wasm_module_obtain(wasm_store_t* store, const wasm_shared_module_t* shared) {
  const bool fits =
      store != nullptr && shared != nullptr && &shared->module.impl()->engine() == store->engine.impl().get();
  return fits ? module_ref(store, shared->module) : nullptr;
}
