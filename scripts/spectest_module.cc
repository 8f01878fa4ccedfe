#include "scripts/spectest_module.h"

#include <utility>

namespace mini_wasm::spec {
namespace {

constexpr std::string_view kModule = "spectest";

void define_functions(Linker& linker) {
  linker.func(kModule, "print", [] {});
  linker.func(kModule, "print_i32", [](int32_t) {});
  linker.func(kModule, "print_i64", [](int64_t) {});
  linker.func(kModule, "print_f32", [](float) {});
  linker.func(kModule, "print_f64", [](double) {});
  linker.func(kModule, "print_i32_f32", [](int32_t, float) {});
  linker.func(kModule, "print_f64_f64", [](double, double) {});
}

// Objects that the engine's features do not allow are left out.
template <class T>
void define(Linker& linker, std::string_view name, const Result<T>& made) {
  if (made) linker.define(kModule, name, *made);
}

}  // namespace

void define_spectest(Linker& linker) {
  Store& store = linker.store();
  define_functions(linker);

  define(linker, "global_i32", Global::make(store, {ValType::i32}, Val::i32(666)));
  define(linker, "global_i64", Global::make(store, {ValType::i64}, Val::i64(666)));
  define(linker, "global_f32", Global::make(store, {ValType::f32}, Val::f32(666.6F)));
  define(linker, "global_f64", Global::make(store, {ValType::f64}, Val::f64(666.6)));

  const Val null = Val::null(ValType::funcref);
  define(linker, "table", Table::make(store, {ValType::funcref, {10, 20}}, null));
  define(linker, "table64", Table::make(store, {ValType::funcref, {10, 20}, /*is_64=*/true}, null));

  define(linker, "memory", Memory::make(store, {{1, 2}}));
  define(linker, "shared_memory", Memory::make(store, {{1, 2}, /*is_64=*/false, /*shared=*/true}));
}

}  // namespace mini_wasm::spec
