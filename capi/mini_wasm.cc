// The functions of mini_wasm.h but those for linking, waiting and deadlines.
#include <mini_wasm.h>

#include <cstring>
#include <string_view>

#include "capi/func.h"
#include "capi/module.h"
#include "capi/trap.h"
#include "core/guarded.h"
#include "runtime/compiled_module.h"
#include "text/assembler.h"

using namespace mini_wasm;
using namespace mini_wasm::capi;

namespace {

bool set_path(std::string& to, const char* path) {
  return guarded([&] { return to.assign(path == nullptr ? "" : path), true; }, [] { return false; });
}

bool is_text(const wasm_byte_vec_t& bytes) { return text::looks_like_text({bytes.data, bytes.size}); }

Result<Module> compile_any(const wasm_store_t& store, const wasm_byte_vec_t& bytes) {
  if (!is_text(bytes)) return compile(store, bytes);
  Result<std::vector<uint8_t>> binary = text::assemble({bytes.data, bytes.size});
  if (!binary) return std::move(binary).error();
  return Module::compile(store.engine, std::move(*binary));
}

}  // namespace

const char* mini_wasm_version() { return MINI_WASM_VERSION; }

// --- Settings

static_assert(static_cast<int>(Tier::interpreter) == MINI_WASM_TIER_INTERPRETER &&
              static_cast<int>(Tier::jit) == MINI_WASM_TIER_JIT &&
              static_cast<int>(Tier::automatic) == MINI_WASM_TIER_AUTOMATIC);
bool mini_wasm_config_set_tier(wasm_config_t* config, mini_wasm_tier_t tier) {
  if (config == nullptr || tier > MINI_WASM_TIER_AUTOMATIC) return false;
  config->config.tier = static_cast<Tier>(tier);
  return true;
}
bool mini_wasm_config_set_feature(wasm_config_t* config, const char* name, bool on) {
  return config != nullptr && name != nullptr && config->config.feature(name, on).has_value();
}
#define SETTING(type, member)                                             \
  void mini_wasm_config_set_##member(wasm_config_t* config, type value) { \
    if (config != nullptr) config->config.member = value;                 \
  }
#include "capi/settings.def"
#undef SETTING
bool mini_wasm_config_set_cache_dir(wasm_config_t* config, const char* path) {
  return config != nullptr && set_path(config->config.cache_dir, path);
}
bool mini_wasm_config_set_cache_key_file(wasm_config_t* config, const char* path) {
  return config != nullptr && set_path(config->config.cache_key_file, path);
}

// --- Stores

#define LIMITS(row) \
  row(memory_bytes) row(table_elements) row(gc_heap_bytes) row(total_bytes) row(instances) row(memories) row(tables)

void mini_wasm_limits_init(mini_wasm_limits_t* out) {
  if (out == nullptr) return;
  const StoreLimits none = no_limits();
#define ROW(member) out->member = none.member;
  LIMITS(ROW)
#undef ROW
}

wasm_store_t* mini_wasm_store_new(wasm_engine_t* engine, const mini_wasm_limits_t* limits) {
  StoreLimits wanted = no_limits();
  if (limits != nullptr) {
#define ROW(member) wanted.member = limits->member;
    LIMITS(ROW)
#undef ROW
  }
  return make_store(engine, wanted);
}
#undef LIMITS

void mini_wasm_store_interrupt(wasm_store_t* store) {
  if (store != nullptr) store->store.interrupt();
}
void mini_wasm_store_clear_interrupt(wasm_store_t* store) {
  if (store != nullptr) store->store.clear_interrupt();
}
bool mini_wasm_store_set_fuel(wasm_store_t* store, uint64_t units) {
  return store != nullptr && store->store.set_fuel(units).has_value();
}
uint64_t mini_wasm_store_fuel(const wasm_store_t* store) { return store == nullptr ? 0 : store->store.fuel(); }
uint64_t mini_wasm_store_used_bytes(const wasm_store_t* store) {
  return store == nullptr ? 0 : store->store.used_bytes();
}
void mini_wasm_store_collect_garbage(wasm_store_t* store) {
  if (store == nullptr) return;
  const StoreUse use(store);
  store->store.collect_garbage();
}

// --- Traps

static_assert(static_cast<int>(ErrorKind::malformed) == MINI_WASM_ERROR_MALFORMED &&
              static_cast<int>(ErrorKind::trap) == MINI_WASM_ERROR_TRAP &&
              static_cast<int>(ErrorKind::limit) == MINI_WASM_ERROR_LIMIT);
mini_wasm_error_kind_t mini_wasm_trap_kind(const wasm_trap_t* trap) {
  return static_cast<mini_wasm_error_kind_t>(trap == nullptr ? ErrorKind::usage : trap->error.kind);
}
mini_wasm_trap_code_t mini_wasm_trap_code(const wasm_trap_t* trap) {
  return static_cast<mini_wasm_trap_code_t>(trap == nullptr ? TrapCode::none : trap->error.trap_code);
}
int32_t mini_wasm_trap_exit_code(const wasm_trap_t* trap) { return trap == nullptr ? 0 : trap->error.exit_code; }
uint64_t mini_wasm_trap_offset(const wasm_trap_t* trap) {
  return trap == nullptr ? Error::kNoOffset : trap->error.offset;
}
void mini_wasm_trap_describe(const wasm_trap_t* trap, wasm_message_t* out) {
  text_into(out, [&] { return trap == nullptr ? std::string() : trap->error.to_string(); });
}
void mini_wasm_trap_backtrace(const wasm_trap_t* trap, wasm_message_t* out) {
  text_into(out, [&] { return trap == nullptr ? std::string() : to_string(trap->error.backtrace); });
}
wasm_trap_t* mini_wasm_trap_new(wasm_store_t* store, mini_wasm_trap_code_t code) {
  constexpr int kCodes = 1
#define TRAP(id, message) +1
#include <mini_wasm/traps.def>
#undef TRAP
      ;
  if (store == nullptr || code == MINI_WASM_TRAP_none || code >= kCodes) return nullptr;
  return trap_of(store, guarded([&] { return Error::trap(static_cast<TrapCode>(code)); }, out_of_memory));
}
wasm_trap_t* mini_wasm_trap_new_exit(wasm_store_t* store, int32_t code) {
  return store == nullptr ? nullptr : trap_of(store, Error::exit(code));
}

// --- Modules and instances

wasm_trap_t* mini_wasm_wat2wasm(const char* text, size_t size, wasm_byte_vec_t* out) {
  if (text == nullptr || out == nullptr) return usage_trap(nullptr, "no text");
  Result<std::vector<uint8_t>> binary = guarded([&] { return text::assemble({text, size}); });
  if (!binary) return trap_of(nullptr, std::move(binary).error());
  wasm_byte_vec_t made;
  wasm_byte_vec_new(&made, binary->size(), reinterpret_cast<const byte_t*>(binary->data()));
  if (made.size != binary->size()) return trap_of(nullptr, out_of_memory());
  *out = made;
  return nullptr;
}

wasm_trap_t* mini_wasm_module_new(wasm_store_t* store, const wasm_byte_vec_t* bytes, wasm_module_t** out) {
  if (store == nullptr || bytes == nullptr || out == nullptr) return usage_trap(store, "no store or no bytes");
  Result<Module> module = guarded([&] { return compile_any(*store, *bytes); });
  if (!module) return trap_of(store, std::move(module).error());
  wasm_module_t* const made = module_ref(store, std::move(*module));
  if (made == nullptr) return trap_of(store, out_of_memory());
  *out = made;
  return nullptr;
}

void mini_wasm_module_name(const wasm_module_t* module, wasm_name_t* out) {
  if (out == nullptr) return;
  const std::string name = module == nullptr ? std::string() : module->module.name();
  wasm_name_new(out, name.size(), name.data());
}

wasm_extern_t* mini_wasm_instance_export(const wasm_instance_t* instance, const char* name) {
  if (instance == nullptr || name == nullptr) return nullptr;
  const std::optional<Extern> found = instance->instance().get_export(name);
  return found ? extern_ref(instance->store, *found) : nullptr;
}

// --- Calls without conversions

wasm_trap_t* mini_wasm_func_call_unchecked(const wasm_func_t* func, uint64_t* slots) {
  if (func == nullptr) return usage_trap(nullptr, "no function");
  wasm_store_t* const store = func->store;
  const StoreUse use(store);
  Result<void> done = func->func().call_unchecked(slots);
  return done ? nullptr : trap_of(store, std::move(done).error());
}

wasm_memory_t* mini_wasm_caller_memory(mini_wasm_caller_t* caller, const char* name) {
  if (caller == nullptr) return nullptr;
  const std::optional<Memory> found = name == nullptr ? caller->caller.memory0() : caller->caller.memory(name);
  return found ? static_cast<wasm_memory_t*>(extern_ref(caller->store, *found)) : nullptr;
}

wasm_instance_t* mini_wasm_caller_instance(mini_wasm_caller_t* caller) {
  const std::optional<Instance> found = caller == nullptr ? std::nullopt : caller->caller.instance();
  return found ? instance_ref(caller->store, found->impl()) : nullptr;
}

byte_t* mini_wasm_caller_data(mini_wasm_caller_t* caller, size_t* size) {
  const std::optional<Memory> memory = caller == nullptr ? std::nullopt : caller->caller.memory0();
  const std::span<uint8_t> bytes = memory ? memory->data() : std::span<uint8_t>();
  if (size != nullptr) *size = bytes.size();
  return reinterpret_cast<byte_t*>(bytes.data());
}

wasm_func_t* mini_wasm_func_new(wasm_store_t* store, const wasm_functype_t* type, mini_wasm_func_callback_t code,
                                void* env, void (*finalizer)(void*)) {
  auto callback = make_callback(store, env, finalizer);
  if (callback == nullptr || store == nullptr || type == nullptr || code == nullptr) return nullptr;
  callback->code.unchecked = code;
  return make_func(store, type, std::move(callback), [](void* data, Caller& caller, uint64_t* slots) {
    const Callback& self = *static_cast<Callback*>(data);
    mini_wasm_caller_t who{self.store, caller};
    return outcome_of(self.code.unchecked(self.env, &who, slots));
  });
}
