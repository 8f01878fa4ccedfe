// The functions of wasi.h for output and files in memory.
#include <algorithm>

#include "capi/wasi.h"

using namespace mini_wasm;
using namespace mini_wasm::capi;

namespace {

// Runs `work`, which returns a Result<void>; the trap for its error.
template <class Work>
wasm_trap_t* attempt(bool has_arguments, Work work) {
  if (!has_arguments) return usage_trap(nullptr, "no files or no path");
  Result<void> done = guarded(work);
  return done ? nullptr : trap_of(nullptr, std::move(done).error());
}

// A vector with these bytes. Errors: limit.
Result<void> give(const std::string& bytes, wasm_byte_vec_t* out) {
  wasm_byte_vec_t made;
  wasm_byte_vec_new(&made, bytes.size(), bytes.data());
  if (made.size != bytes.size()) return out_of_memory();
  *out = made;
  return {};
}

std::string names_of(const std::vector<WasiFiles::Entry>& entries) {
  std::string names;
  for (const WasiFiles::Entry& entry : entries) {
    names += entry.name;
    if (entry.kind == WasiFiles::Entry::Kind::directory) names += '/';
    names += '\0';
  }
  return names;
}

}  // namespace

mini_wasm_wasi_buffer_t* mini_wasm_wasi_buffer_new(uint64_t max_bytes) {
  return new (std::nothrow) mini_wasm_wasi_buffer_t{WasiBuffer(max_bytes)};
}
void mini_wasm_wasi_buffer_delete(mini_wasm_wasi_buffer_t* buffer) { delete buffer; }
void mini_wasm_wasi_buffer_take(mini_wasm_wasi_buffer_t* buffer, wasm_byte_vec_t* out) {
  if (out == nullptr) return;
  const std::string bytes = buffer == nullptr ? std::string() : buffer->buffer.take();
  wasm_byte_vec_new(out, bytes.size(), bytes.data());
}
bool mini_wasm_wasi_buffer_overflowed(const mini_wasm_wasi_buffer_t* buffer) {
  return buffer != nullptr && buffer->buffer.overflowed();
}
bool mini_wasm_wasi_config_set_stdout_buffer(wasi_config_t* config, const mini_wasm_wasi_buffer_t* buffer) {
  return buffer != nullptr && change(config, [&](WasiConfig& to) { to.out = buffer->buffer; });
}
bool mini_wasm_wasi_config_set_stderr_buffer(wasi_config_t* config, const mini_wasm_wasi_buffer_t* buffer) {
  return buffer != nullptr && change(config, [&](WasiConfig& to) { to.err = buffer->buffer; });
}

mini_wasm_wasi_files_t* mini_wasm_wasi_files_new(uint64_t max_bytes, uint64_t max_entries) {
  Result<WasiFiles> files = WasiFiles::make({}, {max_bytes, max_entries});
  return files ? new (std::nothrow) mini_wasm_wasi_files_t{*files} : nullptr;
}
void mini_wasm_wasi_files_delete(mini_wasm_wasi_files_t* files) { delete files; }
wasm_trap_t* mini_wasm_wasi_files_write(mini_wasm_wasi_files_t* files, const char* path,
                                        const wasm_byte_vec_t* content) {
  return attempt(files != nullptr && path != nullptr && content != nullptr,
                 [&] { return files->files.write(path, {content->data, content->size}); });
}
wasm_trap_t* mini_wasm_wasi_files_make_directory(mini_wasm_wasi_files_t* files, const char* path) {
  return attempt(files != nullptr && path != nullptr, [&] { return files->files.make_directory(path); });
}
wasm_trap_t* mini_wasm_wasi_files_read(const mini_wasm_wasi_files_t* files, const char* path, wasm_byte_vec_t* out) {
  return attempt(files != nullptr && path != nullptr && out != nullptr, [&]() -> Result<void> {
    Result<std::string> content = files->files.read(path);
    if (!content) return std::move(content).error();
    return give(*content, out);
  });
}
wasm_trap_t* mini_wasm_wasi_files_remove(mini_wasm_wasi_files_t* files, const char* path) {
  return attempt(files != nullptr && path != nullptr, [&] { return files->files.remove(path); });
}
wasm_trap_t* mini_wasm_wasi_files_list(const mini_wasm_wasi_files_t* files, const char* path, wasm_byte_vec_t* out) {
  return attempt(files != nullptr && path != nullptr && out != nullptr, [&]() -> Result<void> {
    Result<std::vector<WasiFiles::Entry>> entries = files->files.list(path);
    if (!entries) return std::move(entries).error();
    return give(names_of(*entries), out);
  });
}
uint64_t mini_wasm_wasi_files_bytes(const mini_wasm_wasi_files_t* files) {
  return files == nullptr ? 0 : files->files.bytes();
}
bool mini_wasm_wasi_config_preopen_files(wasi_config_t* config, const mini_wasm_wasi_files_t* files,
                                         const char* guest_path, bool fs_mutable) {
  if (files == nullptr || guest_path == nullptr) return false;
  return change(config, [&](WasiConfig& to) { to.preopens.push_back({{}, guest_path, !fs_mutable, files->files}); });
}
