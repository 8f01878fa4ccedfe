// Runs small modules in tests. A Guest is an engine, a store and a linker; matchers check the results of calls.
//
//   Guest guest;
//   const Instance i = guest.load("(module (func (export \"f\") (result i32) (i32.const 1)))");
//   EXPECT_THAT(guest.call(i, "f"), Returns(Val::i32(1)));
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mini_wasm/mini_wasm.h>

#include <initializer_list>
#include <ostream>
#include <string_view>
#include <vector>

#include "spec-tests/support/wat.h"

namespace mini_wasm {

// How gtest prints values.
inline void PrintTo(const Val& value, std::ostream* out) { *out << to_string(value); }
inline void PrintTo(const Error& error, std::ostream* out) { *out << error.to_string(); }
template <class T>
void PrintTo(const Result<T>& result, std::ostream* out) {
  *out << (result ? "success" : result.error().to_string());
}
inline void PrintTo(const Result<std::vector<Val>>& result, std::ostream* out) {
  if (!result) return PrintTo(result.error(), out);
  for (const Val& value : *result) *out << to_string(value) << ' ';
}

}  // namespace mini_wasm

namespace mini_wasm::testing {

inline bool same(const Val& a, const Val& b) {
  return a.type() == b.type() && a.bits(0) == b.bits(0) && (a.type() != ValType::v128 || a.bits(1) == b.bits(1));
}

MATCHER_P(ReturnsAll, values, "") {
  if (!arg || arg->size() != values.size()) return false;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!same((*arg)[i], values[i])) return false;
  }
  return true;
}
template <class... V>
auto Returns(V... values) {
  return ReturnsAll(std::vector<Val>{values...});
}
MATCHER(Succeeds, "") { return static_cast<bool>(arg); }
MATCHER_P(Traps, code, std::string("traps: ") + to_string(code)) {
  return !arg && arg.error().kind == ErrorKind::trap && arg.error().trap_code == code;
}
// Matches an error of that kind whose text contains `text`.
MATCHER_P2(Fails, kind, text, std::string("fails with: ") + text) {
  return !arg && arg.error().kind == kind && arg.error().to_string().find(text) != std::string::npos;
}

inline Config config_of(Tier tier) {
  Config config;
  config.tier = tier;
  return config;
}

struct Guest {
  Engine engine;
  Store store;
  Linker linker;

  explicit Guest(const Config& config = {}, const StoreLimits& limits = {})
      : engine(config), store(engine, limits), linker(store) {}
  explicit Guest(const StoreLimits& limits) : Guest(Config(), limits) {}

  Result<Instance> try_load(std::string_view text) {
    Result<Module> module = Module::compile(engine, wat(text));
    if (!module) return std::move(module).error();
    return linker.instantiate(*module);
  }
  // Ends the test program when it fails, because nothing after it would make sense.
  Instance load(std::string_view text) {
    Result<Instance> instance = try_load(text);
    if (!instance) ADD_FAILURE() << instance.error().to_string() << " in\n" << text;
    return instance ? *instance : abort_test();
  }
  Result<std::vector<Val>> call(const Instance& instance, std::string_view name, std::initializer_list<Val> args = {}) {
    const std::optional<Func> func = instance.func(name);
    if (!func) return Error::make(ErrorKind::usage, "no export " + std::string(name));
    return func->call(args);
  }

 private:
  [[noreturn]] static Instance abort_test() { std::abort(); }
};

inline Val i32(int32_t v) { return Val::i32(v); }
inline Val i64(int64_t v) { return Val::i64(v); }
inline Val f32(float v) { return Val::f32(v); }
inline Val f64(double v) { return Val::f64(v); }

}  // namespace mini_wasm::testing
