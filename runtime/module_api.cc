// The public Module.
#include <mini_wasm/module.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "core/utf8.h"
#include "runtime/compiled_module.h"
#include "runtime/import_matching.h"

namespace mini_wasm {
namespace {

// Binary offsets have 32 bits, and no module is anywhere near that.
constexpr uint64_t kMaxFileSize = uint64_t{1} << 30;

Error io_error(const std::string& path, const std::string& what) {
  return Error::make(ErrorKind::io, escape_for_terminal(path) + ": " + what);
}

// Works for pipes, too, which do not know their size.
Result<std::vector<uint8_t>> read_file(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) return io_error(path, std::strerror(errno));
  std::vector<uint8_t> bytes;
  size_t size = 0;
  if (std::fseek(file, 0, SEEK_END) == 0) {
    const long end = std::ftell(file);
    std::rewind(file);
    if (end > 0 && static_cast<uint64_t>(end) <= kMaxFileSize) bytes.resize(static_cast<size_t>(end) + 1);
  }
  errno = 0;
  while (true) {
    if (bytes.size() == size) bytes.resize(std::max<size_t>(size * 2, 65536));
    const size_t got = std::fread(bytes.data() + size, 1, bytes.size() - size, file);
    size += got;
    if (got == 0 || size > kMaxFileSize) break;
  }
  const int error = std::ferror(file) ? errno : 0;
  std::fclose(file);
  if (error != 0) return io_error(path, std::strerror(error));
  if (size > kMaxFileSize) return Error::make(ErrorKind::limit, escape_for_terminal(path) + ": larger than 1 GiB");
  bytes.resize(size);
  return bytes;
}

Result<Module> finish(Result<std::shared_ptr<const runtime::CompiledModule>> compiled) {
  if (!compiled) return std::move(compiled).error();
  return Module(std::move(*compiled));
}

}  // namespace

Result<Module> Module::compile(const Engine& engine, std::span<const uint8_t> bytes) {
  return compile(engine, std::vector<uint8_t>(bytes.begin(), bytes.end()));
}

Result<Module> Module::compile(const Engine& engine, std::vector<uint8_t>&& bytes) {
  return finish(runtime::CompiledModule::make(engine.impl(), std::move(bytes), {}));
}

Result<Module> Module::compile_borrowed(const Engine& engine, std::span<const uint8_t> bytes) {
  return finish(runtime::CompiledModule::make(engine.impl(), {}, bytes));
}

Result<Module> Module::from_file(const Engine& engine, const std::string& path) {
  Result<std::vector<uint8_t>> bytes = read_file(path);
  if (!bytes) return std::move(bytes).error();
  return compile(engine, std::move(*bytes));
}

Result<void> Module::validate(const Engine& engine, std::span<const uint8_t> bytes) {
  return runtime::CompiledModule::validate(*engine.impl(), bytes);
}

std::vector<ImportType> Module::imports() const {
  const decoder::Module& module = impl_->module();
  std::vector<ImportType> result;
  for (const decoder::Import& i : module.imports) {
    result.push_back({std::string(i.module), std::string(i.name), runtime::declared_type(module, i.kind, i.index)});
  }
  return result;
}

std::vector<ExportType> Module::exports() const {
  const decoder::Module& module = impl_->module();
  std::vector<ExportType> result;
  for (const decoder::Export& e : module.exports) {
    result.push_back({std::string(e.name), runtime::declared_type(module, e.kind, e.index)});
  }
  return result;
}

std::string Module::name() const { return std::string(impl_->module().names.module); }

}  // namespace mini_wasm
