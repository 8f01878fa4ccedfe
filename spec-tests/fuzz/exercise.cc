#include "spec-tests/fuzz/exercise.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace mini_wasm::fuzz {
namespace {

// An argument that depends on `round`: zero, small, negative, at a page boundary, extreme.
std::optional<Val> argument(ValType type, size_t round) {
  static constexpr int64_t kIntegers[] = {0, 1, -1, 65536, INT32_MIN, 7};
  const int64_t integer = kIntegers[round % std::size(kIntegers)];
  if (type == ValType::i32) return Val::i32(static_cast<int32_t>(integer));
  if (type == ValType::i64) return Val::i64(integer * 65537);
  if (type == ValType::f32) return Val::f32(static_cast<float>(integer) / 3);
  if (type == ValType::f64) return Val::f64(static_cast<double>(integer) / 3);
  return zero(type);
}

bool is_limit(const Error& error) {
  if (error.kind != ErrorKind::trap) return error.kind != ErrorKind::exception;
  return error.trap_code == TrapCode::call_stack_exhausted || error.trap_code == TrapCode::interrupted ||
         error.trap_code == TrapCode::out_of_memory;
}

void note(const Result<std::vector<Val>>& outcome, Exercise& result) {
  if (outcome) ++result.calls_ok;
  result.limited |= !outcome && is_limit(outcome.error());
  if (!result.limited) result.outcome.push_back(generate::describe_result(outcome));
}

void call_export(const Func& func, Exercise& result) {
  constexpr size_t kRounds = 2;
  for (size_t round = 0; round < kRounds; ++round) {
    std::vector<Val> args;
    for (const ValType type : func.type().params) {
      std::optional<Val> arg = argument(type, round + args.size());
      if (!arg) return;
      args.push_back(*arg);
    }
    ++result.calls;
    note(func.call(args), result);
  }
}

std::optional<std::vector<Extern>> make_imports(Store& store, const Module& module) {
  std::vector<Extern> imports;
  for (const ImportType& import : module.imports()) {
    std::optional<Extern> made = make_import(store, import.type);
    if (!made) return std::nullopt;
    imports.push_back(*made);
  }
  return imports;
}

std::optional<Extern> make_function(Store& store, const FuncType& type) {
  size_t slots = 0;
  for (const ValType result : type.results) {
    if (!result.defaultable()) return std::nullopt;
    slots += result.slots();
  }
  return Func::make(store, type, [slots](Caller&, uint64_t* values) -> Result<void> {
    std::fill_n(values, slots, 0);
    return {};
  });
}

}  // namespace

StoreLimits small_limits() {
  StoreLimits limits;
  limits.memory_bytes = uint64_t{32} << 20;
  limits.table_elements = 100'000;
  limits.memories = 20;
  limits.tables = 100;
  return limits;
}

std::optional<Val> zero(ValType type) {
  if (!type.defaultable()) return std::nullopt;
  return type.is_ref() ? Val::null(type) : Val::from_bits(type, 0);
}

std::optional<Extern> make_import(Store& store, const ExternType& type) {
  switch (type.kind) {
    case ExternKind::func: return make_function(store, type.func);
    case ExternKind::table: {
      std::optional<Val> init = zero(type.table.element);
      if (!init) return std::nullopt;
      Result<Table> table = Table::make(store, type.table, *init);
      return table ? std::optional<Extern>(*table) : std::nullopt;
    }
    case ExternKind::memory: {
      Result<Memory> memory = Memory::make(store, type.memory);
      return memory ? std::optional<Extern>(*memory) : std::nullopt;
    }
    case ExternKind::global: {
      std::optional<Val> init = zero(type.global.value);
      if (!init) return std::nullopt;
      Result<Global> global = Global::make(store, type.global, *init);
      return global ? std::optional<Extern>(*global) : std::nullopt;
    }
    case ExternKind::tag: {
      Result<Tag> tag = Tag::make(store, type.func);
      return tag ? std::optional<Extern>(*tag) : std::nullopt;
    }
  }
  return std::nullopt;
}

Exercise exercise(const Engine& engine, std::span<const uint8_t> bytes, std::chrono::milliseconds deadline) {
  Exercise result;
  Result<Module> module = Module::compile(engine, bytes);
  if (!module) return result;
  result.compiled = true;
  Store store(engine, small_limits());
  std::optional<std::vector<Extern>> imports = make_imports(store, *module);
  if (!imports) return result;
  Deadline guard(store, deadline);
  Result<Instance> instance = Instance::make(store, *module, *imports);
  if (!instance) {
    result.limited = is_limit(instance.error());
    return result;
  }
  result.instantiated = true;
  for (const auto& [name, what] : instance->exports()) {
    if (std::optional<Func> func = what.func()) call_export(*func, result);
  }
  if (!result.limited) generate::describe_state(*instance, "", result.outcome);
  return result;
}

Deadline::Deadline(Store& store, std::chrono::milliseconds time)
    : thread_([this, &store, time] {
        std::unique_lock lock(mutex_);
        if (!ended_.wait_for(lock, time, [this] { return done_; })) store.interrupt();
      }) {}

Deadline::~Deadline() {
  {
    std::lock_guard lock(mutex_);
    done_ = true;
  }
  ended_.notify_one();
  thread_.join();
}

}  // namespace mini_wasm::fuzz
