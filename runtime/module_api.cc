// The public Module.
#include <fcntl.h>
#include <mini_wasm/module.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/read_stream.h"
#include "core/utf8.h"
#include "runtime/compiled_module.h"
#include "runtime/import_matching.h"
#include "runtime/own_descriptor.h"

namespace mini_wasm {
namespace {

std::FILE* open_file(const std::string& path) {
  const int fd = runtime::open_own_descriptor([&] { return open(path.c_str(), O_RDONLY | O_CLOEXEC); });
  std::FILE* const file = fd < 0 ? nullptr : fdopen(fd, "rb");
  if (file == nullptr && fd >= 0) close(fd);
  return file;
}

Result<std::vector<uint8_t>> read_file(const std::string& path) {
  const std::string name = escape_for_terminal(path);
  std::FILE* file = open_file(path);
  if (file == nullptr) return Error::make(ErrorKind::io, name + ": " + std::strerror(errno));
  Result<std::vector<uint8_t>> bytes = read_stream(file, name);
  std::fclose(file);
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

std::string Module::name() const { return std::string(impl_->module().names().module); }

}  // namespace mini_wasm
