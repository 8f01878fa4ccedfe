// The functions of wasi.h but those for output and files in memory.
#include "capi/wasi.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "capi/linker.h"
#include "runtime/system/own_descriptor.h"
#include "runtime/system/read_file.h"

extern "C" char** environ;  // NOLINT(readability-redundant-declaration): not every <unistd.h> has it

using namespace mini_wasm;
using namespace mini_wasm::capi;

namespace mini_wasm::capi {

std::shared_ptr<const UserData> keep_data(void* data, void (*finalizer)(void*)) {
  std::unique_ptr<UserData> made(new (std::nothrow) UserData(data, finalizer));
  if (made == nullptr) {
    if (finalizer != nullptr) finalizer(data);
    return nullptr;
  }
  using Kept = std::shared_ptr<const UserData>;
  return guarded([&] { return Kept(std::move(made)); }, [] { return Kept(); });
}

}  // namespace mini_wasm::capi

namespace {

// A WASI program, with the descriptors that it uses until it is gone.
struct Program {
  std::vector<std::shared_ptr<const int>> files;
  Wasi wasi;
};

// --- Files for streams

// A descriptor that is open as long as somebody has it.
std::shared_ptr<const int> open_file(const char* path, int flags) {
  const int fd = runtime::open_own_descriptor([&] { return open(path, flags | O_CLOEXEC | O_NOCTTY, 0666); });
  if (fd < 0) return nullptr;
  const auto close_file = [](const int* file) {
    close(*file);
    delete file;
  };
  auto* const number = new (std::nothrow) int(fd);
  if (number == nullptr) return close(fd), nullptr;
  using File = std::shared_ptr<const int>;
  return guarded([&] { return File(number, close_file); }, [] { return File(); });  // closes it if there is no memory
}

// Sets a stream to a file, which the configuration keeps, and the program that is made of it.
template <class Stream>
bool set_file(wasi_config_t* config, Stream WasiConfig::* stream, const char* path, int flags) {
  if (config == nullptr || path == nullptr) return false;
  std::shared_ptr<const int> file = open_file(path, flags);
  if (file == nullptr) return false;
  return change(config, [&](WasiConfig& to) {
    config->files.push_back(file);
    to.*stream = *file;
  });
}
constexpr int kOutput = O_WRONLY | O_CREAT | O_TRUNC;

// --- Functions for streams

using Write = ptrdiff_t (*)(void* data, const unsigned char* bytes, size_t size);
using Read = ptrdiff_t (*)(void* data, unsigned char* buffer, size_t size);

Result<void> write_all(Write write, void* data, std::string_view bytes) {
  while (!bytes.empty()) {
    const ptrdiff_t taken = write(data, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    if (taken <= 0) return Error::make(ErrorKind::io, "the function for output failed");
    bytes.remove_prefix(std::min(static_cast<size_t>(taken), bytes.size()));
  }
  return {};
}

void set_output(wasi_config_t* config, WasiOutput WasiConfig::* stream, Write write, void* data,
                void (*finalizer)(void*)) {
  const std::shared_ptr<const UserData> kept = keep_data(data, finalizer);
  if (kept == nullptr || write == nullptr) return;
  change(config, [&](WasiConfig& to) {
    to.*stream = WasiWrite([write, kept](std::string_view bytes) { return write_all(write, kept->get(), bytes); });
  });
}

Result<size_t> read_some(Read read, void* data, std::span<uint8_t> buffer) {
  const ptrdiff_t size = read(data, buffer.data(), buffer.size());
  if (size < 0) return Error::make(ErrorKind::io, "the function for input failed");
  return static_cast<size_t>(size);
}

// --- What this process has

// The arguments, as the system shows them: each with a zero at its end.
std::vector<std::string> own_arguments() {
  std::vector<std::string> result;
  const Result<std::vector<uint8_t>> bytes = runtime::read_file("/proc/self/cmdline");
  if (!bytes) return result;
  for (auto at = bytes->begin(); at != bytes->end();) {
    const auto end = std::find(at, bytes->end(), uint8_t{0});
    result.emplace_back(at, end);
    at = end == bytes->end() ? end : end + 1;
  }
  return result;
}

std::vector<std::string> own_environment() {
  std::vector<std::string> result;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) result.emplace_back(*at);
  return result;
}

bool has_null(size_t count, const char* const texts[]) {
  return count != 0 && (texts == nullptr || std::find(texts, texts + count, nullptr) != texts + count);
}

}  // namespace

wasi_config_t* wasi_config_new() {
  auto* const made = new (std::nothrow) wasi_config_t;
  if (made == nullptr) return nullptr;
  made->config.in = std::string();
  made->config.out = made->config.err = std::monostate();
  return made;
}
void wasi_config_delete(wasi_config_t* config) { delete config; }

bool wasi_config_set_argv(wasi_config_t* config, size_t argc, const char* argv[]) {
  if (has_null(argc, argv)) return false;
  return change(config, [&](WasiConfig& to) { to.args = std::vector<std::string>(argv, argv + argc); });
}
void wasi_config_inherit_argv(wasi_config_t* config) {
  change(config, [](WasiConfig& to) { to.args = own_arguments(); });
}
bool wasi_config_set_env(wasi_config_t* config, size_t envc, const char* names[], const char* values[]) {
  if (has_null(envc, names) || has_null(envc, values)) return false;
  return change(config, [&](WasiConfig& to) {
    std::vector<std::string> env;
    for (size_t i = 0; i < envc; ++i) env.emplace_back(names[i]).append("=").append(values[i]);
    to.env = std::move(env);
  });
}
void wasi_config_inherit_env(wasi_config_t* config) {
  change(config, [](WasiConfig& to) { to.env = own_environment(); });
}

bool wasi_config_set_stdin_file(wasi_config_t* config, const char* path) {
  return set_file(config, &WasiConfig::in, path, O_RDONLY);
}
void wasi_config_set_stdin_bytes(wasi_config_t* config, wasm_byte_vec_t* bytes) {
  if (bytes == nullptr) return;
  change(config, [&](WasiConfig& to) { to.in = std::string(bytes->data, bytes->size); });
  wasm_byte_vec_delete(bytes);
}
void wasi_config_inherit_stdin(wasi_config_t* config) {
  change(config, [](WasiConfig& to) { to.in = 0; });
}
void mini_wasm_wasi_config_set_stdin_custom(wasi_config_t* config, Read read, void* data, void (*finalizer)(void*)) {
  const std::shared_ptr<const UserData> kept = keep_data(data, finalizer);
  if (kept == nullptr || read == nullptr) return;
  change(config, [&](WasiConfig& to) {
    to.in = WasiRead([read, kept](std::span<uint8_t> buffer) { return read_some(read, kept->get(), buffer); });
  });
}

#define OUTPUT(name, member, descriptor)                                                                              \
  bool wasi_config_set_##name##_file(wasi_config_t* config, const char* path) {                                       \
    return set_file(config, &WasiConfig::member, path, kOutput);                                                      \
  }                                                                                                                   \
  void wasi_config_inherit_##name(wasi_config_t* config) {                                                            \
    change(config, [](WasiConfig& to) { to.member = descriptor; });                                                   \
  }                                                                                                                   \
  void wasi_config_set_##name##_custom(wasi_config_t* config, Write callback, void* data, void (*finalizer)(void*)) { \
    set_output(config, &WasiConfig::member, callback, data, finalizer);                                               \
  }
OUTPUT(stdout, out, 1)
OUTPUT(stderr, err, 2)
#undef OUTPUT

bool wasi_config_preopen_dir(wasi_config_t* config, const char* host_path, const char* guest_path, bool fs_mutable) {
  if (host_path == nullptr || guest_path == nullptr) return false;
  return change(config, [&](WasiConfig& to) { to.preopens.push_back({host_path, guest_path, !fs_mutable}); });
}

// --- Time, random numbers, limits

bool mini_wasm_wasi_config_set_clock(wasi_config_t* config, const mini_wasm_wasi_clock_t* clock) {
  if (clock == nullptr) return false;
  const std::shared_ptr<const UserData> kept = keep_data(clock->data, clock->finalizer);
  if (kept == nullptr || clock->realtime == nullptr || clock->monotonic == nullptr) return false;
  return change(config, [&](WasiConfig& to) {
    WasiClock made;
    made.realtime = [f = clock->realtime, kept] { return f(kept->get()); };
    made.monotonic = [f = clock->monotonic, kept] { return f(kept->get()); };
    if (clock->sleep != nullptr) {
      made.sleep = [f = clock->sleep, kept](uint64_t nanoseconds) { f(kept->get(), nanoseconds); };
    }
    made.resolution = clock->resolution;
    to.clock = std::move(made);
  });
}
bool mini_wasm_wasi_config_set_virtual_time(wasi_config_t* config, uint64_t start, uint64_t tick) {
  WasiClock clock = WasiClock::virtual_time(start, tick);
  return clock.realtime && change(config, [&](WasiConfig& to) { to.clock = std::move(clock); });
}
bool mini_wasm_wasi_config_set_random(wasi_config_t* config, void (*fill)(void*, unsigned char*, size_t), void* data,
                                      void (*finalizer)(void*)) {
  const std::shared_ptr<const UserData> kept = keep_data(data, finalizer);
  if (kept == nullptr || fill == nullptr) return false;
  return change(config, [&](WasiConfig& to) {
    to.random = [fill, kept](std::span<uint8_t> bytes) { fill(kept->get(), bytes.data(), bytes.size()); };
  });
}
bool mini_wasm_wasi_config_set_random_seed(wasi_config_t* config, uint64_t seed) {
  WasiRandom random = wasi_random_from_seed(seed);
  return random && change(config, [&](WasiConfig& to) { to.random = std::move(random); });
}
void mini_wasm_wasi_config_set_max_open_files(wasi_config_t* config, uint32_t count) {
  if (config != nullptr) config->config.max_open_files = count;
}
void mini_wasm_wasi_config_set_max_written(wasi_config_t* config, uint64_t bytes) {
  if (config != nullptr) config->config.max_written = bytes;
}

// --- Programs

wasm_trap_t* mini_wasm_linker_define_wasi(mini_wasm_linker_t* linker, wasi_config_t* config) {
  const std::unique_ptr<wasi_config_t> owned(config);
  if (linker == nullptr || config == nullptr) return usage_trap(nullptr, "no linker or no configuration");
  wasm_store_t& store = *linker->store;
  Result<void> done = guarded([&]() -> Result<void> {
    Result<Wasi> wasi = Wasi::make(std::move(config->config));
    if (!wasi) return std::move(wasi).error();
    const auto program = std::make_shared<Program>(Program{std::move(config->files), std::move(*wasi)});
    store.programs.push_back(program);
    program->wasi.add_to(linker->linker);
    return {};
  });
  return done ? nullptr : trap_of(&store, std::move(done).error());
}

wasm_trap_t* mini_wasm_wasi_run(const wasm_instance_t* instance, int32_t* exit_code) {
  if (instance == nullptr || exit_code == nullptr) return usage_trap(nullptr, "no instance");
  wasm_store_t* const store = instance->store;
  if (store->programs.empty()) return usage_trap(store, "no linker of the store has WASI");
  const StoreUse use(store);
  // Any of them can run any instance: what an instance calls is in its linker.
  Result<int32_t> code = static_cast<Program*>(store->programs.back().get())->wasi.run(instance->instance());
  if (!code) return trap_of(store, std::move(code).error());
  *exit_code = *code;
  return nullptr;
}
