#include "spec-tests/generate/outcome.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "runtime/cache/hash.h"
#include "runtime/checkpoint/saved_call.h"
#include "runtime/store.h"
#include "spec-tests/generate/byte_source.h"
#include "spec-tests/generate/constants.h"

namespace mini_wasm::generate {
namespace {

constexpr int32_t kFuel = 60;  // of the module's own counter, which ends its loops and recursion
// Config::fuel: for instantiation; the most that a call has; and what the host's functions add now and then.
constexpr uint64_t kFuelToBegin = 100'000, kMostFuel = 400, kMoreFuel = 30;
// With guests that wait: what they have until they yield. Then the host's functions give plenty.
constexpr uint64_t kSlice = 9;
constexpr size_t kArgumentSets = 3;

std::string hex(uint64_t bits, int digits) {
  char text[17];
  std::snprintf(text, sizeof text, "%0*llx", digits, static_cast<unsigned long long>(bits));
  return text;
}

std::string describe(const Val& value) {
  const ValType type = value.type();
  if (type == ValType::i32) return "i32:" + hex(value.bits() & 0xffffffff, 8);
  if (type == ValType::i64) return "i64:" + hex(value.bits(), 16);
  if (type == ValType::f32) return std::isnan(value.f32()) ? "f32:nan" : "f32:" + hex(value.bits() & 0xffffffff, 8);
  if (type == ValType::f64) return std::isnan(value.f64()) ? "f64:nan" : "f64:" + hex(value.bits(), 16);
  if (type == ValType::v128) return "v128:" + hex(value.bits(1), 16) + hex(value.bits(0), 16);
  if (value.is_null()) return "null";
  // The bits of a function reference may look like those of an i31.
  const bool function = type.concrete() || type.heap() == HeapKind::func;
  return !function && value.is_i31() ? "i31:" + hex(value.i31_get_u(), 8) : "ref";
}

std::string describe(std::span<const Val> values) {
  std::string text;
  for (const Val& value : values) text += (text.empty() ? "" : " ") + describe(value);
  return text;
}

std::string describe(const Error& error) {
  switch (error.kind) {
    case ErrorKind::trap: {
      const std::string text = std::string("trap: ") + to_string(error.trap_code);
      if (error.trap_code != TrapCode::out_of_fuel || error.backtrace.empty()) return text;
      return text + " at " + hex(error.backtrace[0].offset, 6);
    }
    case ErrorKind::exception: return "exception";
    default: return "error: " + error.to_string();
  }
}

// --- Arguments -----------------------------------------------------------------------------------------------------

class Arguments {
 public:
  Arguments(Store& store, uint64_t seed) : store_(store), random_(seed) {
    for (uint8_t& byte : bytes_) byte = static_cast<uint8_t>(random_.next());
  }
  // Empty if the embedder cannot make a value of one of the types.
  std::optional<std::vector<Val>> make(const FuncType& type) {
    std::vector<Val> values;
    for (const ValType param : type.params) {
      std::optional<Val> value = make(param);
      if (!value) return std::nullopt;
      values.push_back(*value);
    }
    return values;
  }

 private:
  std::optional<Val> make(ValType type) {
    if (type == ValType::i32) return Val::i32(static_cast<int32_t>(edge_bits32(source_)));
    if (type == ValType::i64) return Val::i64(static_cast<int64_t>(edge_bits64(source_)));
    // Other embedders cannot pass the bits of a NaN, so there is only one NaN.
    if (type == ValType::f32) {
      const float value = std::bit_cast<float>(edge_float_bits(source_));
      return Val::f32(std::isnan(value) ? std::bit_cast<float>(0x7fc00000) : value);
    }
    if (type == ValType::f64) {
      const double value = std::bit_cast<double>(edge_double_bits(source_));
      return Val::f64(std::isnan(value) ? std::bit_cast<double>(0x7ff8000000000000) : value);
    }
    if (type == ValType::v128) return Val::from_bits(type, edge_bits64(source_), edge_bits64(source_));
    return reference(type);
  }
  std::optional<Val> reference(ValType type) {
    const bool null = type.nullable() && source_.chance(50);
    if (!null && !type.concrete()) {
      switch (type.heap()) {
        case HeapKind::any:
        case HeapKind::eq:
        case HeapKind::i31: return Val::i31(static_cast<int32_t>(edge_bits32(source_)));
        case HeapKind::extern_: return store_.new_externref(&store_);
        default: break;
      }
    }
    return type.nullable() ? std::optional<Val>(Val::null(type)) : std::nullopt;
  }

  Store& store_;
  Random random_;
  uint8_t bytes_[400];
  ByteSource source_{bytes_};
};

// --- Imported functions --------------------------------------------------------------------------------------------

// The imports of a program's modules, and the instances that have been made so far.
struct World {
  Store store;
  std::vector<Instance> instances;
  bool calls_back = false;
  Waits waits = Waits::no;
  std::vector<Val> results;  // what the host's function returns for which a guest waits
  Outcome saved;             // the lines that begin with "saved"

  const bool is_metered;  // Config::fuel

  explicit World(const Engine& engine) : store(engine), is_metered(engine.config().fuel) { give_fuel(kFuelToBegin); }
  void give_fuel(uint64_t units) {
    if (is_metered) (void)store.set_fuel(units);
  }
};

// What a host's function sees of an argument. Of a reference that is an address, only that it is not null: another
// machine has other addresses, and so has the same one the next time. Of a NaN, that it is one.
uint64_t visible_bits(const Val& value, int word) {
  const ValType type = value.type();
  if (type.is_ref()) return describe(value) == "ref" ? 2 : value.bits();
  if (type == ValType::f32) return std::isnan(value.f32()) ? 1 : static_cast<uint32_t>(value.bits());
  if (type == ValType::f64) return std::isnan(value.f64()) ? 1 : value.bits();
  return type == ValType::i32 ? static_cast<uint32_t>(value.bits()) : value.bits(word);
}

uint32_t hash_of_arguments(const FuncType& type, const uint64_t* slots) {
  uint32_t hash = 1;
  for (const ValType param : type.params) {
    const int words = static_cast<int>(param.slots());
    const Val arg = Val::from_bits(param, slots[0], words == 2 ? slots[1] : 0);
    for (int word = 0; word < words; ++word) {
      const uint64_t bits = visible_bits(arg, word);
      hash = hash * 31 + (static_cast<uint32_t>(bits) ^ static_cast<uint32_t>(bits >> 32));
    }
    slots += words;
  }
  return hash;
}

// A value of a numeric type in a slot, with arbitrary bits in the undefined half.
uint64_t slot_of(ValType type, uint32_t bits) {
  constexpr uint64_t kRubbish = 0xdeadbeef00000000;
  if (type == ValType::f32) return kRubbish | Val::f32(static_cast<float>(bits & 0xffff)).bits();
  if (type == ValType::f64) return Val::f64(static_cast<double>(bits)).bits();
  return type == ValType::i64 ? uint64_t{bits} << 32 | bits : kRubbish | bits;
}

bool is_numeric(const FuncType& type) {
  const auto scalar = [](ValType t) { return !t.is_ref() && !t.is_vector(); };
  return std::all_of(type.params.begin(), type.params.end(), scalar) &&
         std::all_of(type.results.begin(), type.results.end(), scalar);
}

// Calls a function of one of the instances. Integer results are added to the hash. Traps and exceptions are passed on.
Result<void> call_back(World& world, uint32_t& hash) {
  std::vector<Func> funcs;
  for (const auto& [name, what] : world.instances[hash % world.instances.size()].exports()) {
    const std::optional<Func> func = what.func();
    if (func && is_numeric(func->type())) funcs.push_back(*func);
  }
  if (funcs.empty()) return {};
  const Func& func = funcs[hash / 16 % funcs.size()];
  const FuncType& type = func.type();
  std::vector<uint64_t> slots(std::max(type.params.size(), type.results.size()));
  for (size_t i = 0; i < type.params.size(); ++i) slots[i] = slot_of(type.params[i], hash + static_cast<uint32_t>(i));
  if (Result<void> r = func.call_unchecked(slots.data()); !r) return r;
  for (size_t i = 0; i < type.results.size(); ++i) {
    if (type.results[i] == ValType::i32 || type.results[i] == ValType::i64)
      hash = hash * 31 + static_cast<uint32_t>(slots[i]);
  }
  return {};
}

// Writes results that depend on the hash. References are null, because null is the only one that every host has.
void write_results(const FuncType& type, uint32_t hash, uint64_t* slots) {
  for (size_t i = 0; i < type.results.size(); ++i) {
    const ValType result = type.results[i];
    const uint32_t bits = hash + static_cast<uint32_t>(i);
    *slots++ = result.is_ref() ? 0 : slot_of(result.is_vector() ? ValType::i64 : result, bits);
    if (result.is_vector()) *slots++ = slot_of(ValType::i64, ~bits);
  }
}

std::vector<Val> values_of(const FuncType& type, const uint64_t* slots) {
  std::vector<Val> values;
  for (const ValType result : type.results) {
    values.push_back(Val::from_bits(result, slots[0], result.is_vector() ? slots[1] : 0));
    slots += result.slots();
  }
  return values;
}

// A host function of any type. Its results depend on all bits of its arguments, in a way that is easy to write in every
// language.
Func host_function(World& world, const FuncType& type) {
  return Func::make(world.store, type, [type, &world](Caller& caller, uint64_t* slots) -> Result<void> {
    uint32_t hash = hash_of_arguments(type, slots);
    if (world.waits != Waits::no) {
      world.give_fuel(kFuelToBegin);
    } else if (hash % 8 == 0) {
      world.give_fuel(world.store.fuel() + kMoreFuel);
    }
    if (world.calls_back && hash % 4 != 0 && !world.instances.empty()) {
      if (Result<void> r = call_back(world, hash); !r) return r;
    }
    write_results(type, hash, slots);
    if (world.waits == Waits::no) return {};
    Result<void> waits = caller.suspend();
    if (waits.error().kind != ErrorKind::waiting) return {};  // this call cannot wait
    world.results = values_of(type, slots);
    return waits;
  });
}

std::string describe(const runtime::SavedCall& call) {
  std::string text = "saved";
  for (const runtime::SavedFrame& frame : call.frames) {
    text += " f" + std::to_string(raw(frame.func)) + "+" + hex(frame.offset, 6) + "(";
    for (const runtime::SavedValue& operand : frame.operands) {
      text += describe(Val::from_bits(operand.type, operand.slots[0], operand.slots[1]));
      text += ' ';
    }
    text += ")";
  }
  return text;
}

// Saves the call, and replaces it by one that is made of what was saved.
void save_and_load(World& world, AsyncCall& call, bool waits) {
  runtime::Store& store = world.store.impl();
  Result<runtime::SavedCall> saved = runtime::save_call(store, *call.impl());
  if (!saved) {
    // Of a tail call of a host function, machine code leaves no frame.
    if (waits && saved.error().message.find("only a host function") != std::string::npos) return;
    world.saved.push_back("saving: " + saved.error().to_string());
    return;
  }
  if (waits) world.saved.push_back(describe(*saved));
  if (&store.engine().tier() == store.engine().tier().compiler()) return;  // machine code alone cannot go on with it
  Result<std::unique_ptr<runtime::Continuation>> loaded = runtime::load_call(store, *saved);
  if (!loaded) {
    world.saved.push_back("loading: " + loaded.error().to_string());
    return;
  }
  call = AsyncCall(loaded->release());
}

constexpr int kMostSaves = 30;  // of a call, at loops

// Calls a function whose guest waits for the results of each host function, and yields when it has no fuel.
Result<std::vector<Val>> call_waiting(World& world, const Func& func, std::span<const Val> args) {
  Result<AsyncCall> call = AsyncCall::make(func, args);
  if (!call) return std::move(call).error();
  call->set_yields(true);
  for (int turn = 0;; ++turn) {
    world.give_fuel(kSlice);
    if (world.waits == Waits::saved && turn < kMostSaves) world.store.ask_to_yield();
    Result<AsyncCall::State> state = call->resume();
    if (!state) return std::move(state).error();
    if (*state == AsyncCall::State::finished) return call->results();
    if (world.waits == Waits::saved) save_and_load(world, *call, *state == AsyncCall::State::waiting);
    world.store.collect_garbage();
    if (*state == AsyncCall::State::ready) continue;
    if (Result<void> r = call->complete(world.results); !r) return std::move(r).error();
  }
}

// The function of the host, or an export of the earlier instance with the number in the module name ("m0", "m1" ...).
Extern find_import(World& world, const ImportType& import) {
  if (import.module == "h") return host_function(world, import.type.func);
  const size_t module = std::strtoul(import.module.c_str() + 1, nullptr, 10);
  return world.instances[module].get_export(import.name).value_or(Extern());
}

// --- The final state

uint32_t hash_of(std::span<const uint8_t> bytes) {
  uint32_t hash = 1;
  for (size_t i = 0; i < bytes.size(); i += 4) {
    uint32_t word = 0;
    std::memcpy(&word, &bytes[i], std::min<size_t>(4, bytes.size() - i));
    hash = (hash ^ word) * 16777619;
  }
  return hash;
}

std::string describe(const Memory& memory) {
  return std::to_string(memory.size_pages()) + " pages, " + hex(hash_of(memory.data()), 8);
}

std::string describe(const Table& table) {
  size_t nulls = 0;
  for (uint64_t i = 0; i < table.size(); ++i) nulls += table.get(i)->is_null();
  return std::to_string(table.size()) + " elements, " + std::to_string(nulls) + " null";
}

bool from_javascript(const std::vector<ValType>& types) {
  return std::none_of(types.begin(), types.end(), [](ValType type) {
    return type.is_vector() ||
           (type.is_ref() && !type.concrete() && (type.heap() == HeapKind::exn || type.heap() == HeapKind::noexn));
  });
}

void call_exports(World& world, const Instance& instance, const std::string& prefix, uint64_t seed, Callable callable,
                  Outcome& outcome) {
  const Global fuel = *instance.global("fuel");
  uint64_t turn = 0;
  for (size_t set = 0; set < kArgumentSets; ++set) {
    for (const auto& [name, what] : instance.exports()) {
      const std::optional<Func> func = what.func();
      if (!func) continue;
      const FuncType& type = func->type();
      if (callable == Callable::from_javascript && !(from_javascript(type.params) && from_javascript(type.results)))
        continue;
      Arguments arguments(world.store, seed * 1000 + turn++);
      const std::optional<std::vector<Val>> args = arguments.make(type);
      if (!args) continue;
      (void)fuel.set(Val::i32(kFuel));
      world.give_fuel(1 + (seed * 31 + turn * 7919) % kMostFuel);
      const bool waits = world.waits != Waits::no;
      const Result<std::vector<Val>> result = waits ? call_waiting(world, *func, *args) : func->call(*args);
      outcome.insert(outcome.end(), world.saved.begin(), world.saved.end());
      world.saved.clear();
      outcome.push_back(prefix + name + "(" + describe(*args) + ") = " + describe_result(result));
      if (world.is_metered && !waits) outcome.back() += ", fuel " + std::to_string(world.store.fuel());
    }
  }
}

// Makes the next instance. Returns the error if that fails.
std::optional<std::string> instantiate(World& world, const Engine& engine, std::span<const uint8_t> bytes) {
  const Result<Module> module = Module::compile(engine, bytes);
  if (!module) return "error: " + module.error().to_string();
  std::vector<Extern> imports;
  for (const ImportType& import : module->imports()) imports.push_back(find_import(world, import));
  const Result<Instance> instance = Instance::make(world.store, *module, imports);
  if (!instance) return "error: instantiation: " + describe(instance.error());
  world.instances.push_back(*instance);
  return std::nullopt;
}

}  // namespace

std::string describe_result(const Result<std::vector<Val>>& result) {
  return result ? describe(*result) : describe(result.error());
}

void describe_state(const Instance& instance, const std::string& prefix, Outcome& outcome) {
  for (const auto& [name, what] : instance.exports()) {
    if (const auto global = what.global()) outcome.push_back(prefix + name + " = " + describe(global->get()));
    if (const auto memory = what.memory()) outcome.push_back(prefix + name + " = " + describe(*memory));
    if (const auto table = what.table()) outcome.push_back(prefix + name + " = " + describe(*table));
  }
}

Outcome run_module(const Engine& engine, std::span<const uint8_t> bytes, uint64_t seed, Callable callable,
                   Waits waits) {
  World world(engine);
  world.waits = waits;
  if (const auto error = instantiate(world, engine, bytes)) return {*error};
  Outcome outcome;
  call_exports(world, world.instances[0], "", seed, callable, outcome);
  describe_state(world.instances[0], "", outcome);
  return outcome;
}

Outcome run_program(const Engine& engine, const Program& program, uint64_t seed, Waits waits) {
  if (program.size() == 1) return run_module(engine, program[0], seed, Callable::all, waits);
  World world(engine);
  world.calls_back = true;
  world.waits = waits;
  Outcome outcome;
  const auto prefix = [](size_t i) { return "m" + std::to_string(i) + "."; };
  for (size_t i = 0; i < program.size(); ++i) {
    const auto error = instantiate(world, engine, program[i]);
    if (!error) continue;
    outcome.push_back(prefix(i) + *error);
    break;
  }
  for (size_t i = world.instances.size(); i-- != 0;) {
    call_exports(world, world.instances[i], prefix(i), seed + i, Callable::all, outcome);
  }
  for (size_t i = 0; i < world.instances.size(); ++i) describe_state(world.instances[i], prefix(i), outcome);
  return outcome;
}

std::string fingerprint(const Outcome& outcome) {
  std::string text;
  for (const std::string& line : outcome) text += line + '\n';
  const auto hash = runtime::hash_128({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  std::string digits;
  for (size_t i = 0; i < 8; ++i) digits += hex(hash[i], 2);
  return digits;
}

std::string first_difference(const Outcome& a, const Outcome& b) {
  const auto [in_a, in_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (in_a == a.end() && in_b == b.end()) return "";
  const std::string none = "(nothing)";
  return "  " + (in_a == a.end() ? none : *in_a) + "\n  " + (in_b == b.end() ? none : *in_b);
}

}  // namespace mini_wasm::generate
