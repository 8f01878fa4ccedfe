// The public class Module.
#include <mini_wasm/module.h>

#include <cstring>

#include "core/guarded.h"
#include "decoder/file_kind.h"
#include "runtime/compiled_module.h"
#include "runtime/instance/import_matching.h"
#include "runtime/system/read_file.h"

namespace mini_wasm {
namespace {

// Whether a file that begins like this can be a module. A first line "#!..." for Unix may stand before it.
Result<void> check_begin(std::span<const uint8_t> begin) {
  const size_t line = decoder::interpreter_line(begin);
  if (line != 0 && decoder::has_magic(begin.subspan(line))) return {};
  return decoder::check_magic(begin);
}

Result<Module> finish(Result<std::shared_ptr<const runtime::CompiledModule>> compiled) {
  if (!compiled) return std::move(compiled).error();
  return Module(std::move(*compiled));
}

}  // namespace

Result<Module> Module::compile(const Engine& engine, std::span<const uint8_t> bytes) {
  return guarded([&] { return compile(engine, std::vector<uint8_t>(bytes.begin(), bytes.end())); });
}

Result<Module> Module::compile(const Engine& engine, std::vector<uint8_t>&& bytes) {
  if (engine.impl() == nullptr) return out_of_memory();
  return guarded([&] { return finish(runtime::CompiledModule::make(engine.impl(), std::move(bytes), {})); });
}

Result<Module> Module::compile_borrowed(const Engine& engine, std::span<const uint8_t> bytes) {
  if (engine.impl() == nullptr) return out_of_memory();
  return guarded([&] { return finish(runtime::CompiledModule::make(engine.impl(), {}, bytes)); });
}

Result<Module> Module::from_file(const Engine& engine, const std::string& path) {
  Result<std::vector<uint8_t>> bytes = guarded([&] { return runtime::read_file(path, check_begin); });
  if (!bytes) return std::move(bytes).error();
  bytes->erase(bytes->begin(), bytes->begin() + static_cast<ptrdiff_t>(decoder::interpreter_line(*bytes)));
  return compile(engine, std::move(*bytes));
}

Result<void> Module::validate(const Engine& engine, std::span<const uint8_t> bytes) {
  if (engine.impl() == nullptr) return out_of_memory();
  return guarded([&] { return runtime::CompiledModule::validate(*engine.impl(), bytes); });
}

namespace {

// What begins a serialized module. The module's bytes follow, and then those of a file of the cache.
struct SerializedHeader {
  char magic[8] = {'m', 'w', ' ', 'm', 'o', 'd', 'u', 'l'};
  uint64_t module_size = 0;
};

std::vector<uint8_t> serialized(std::span<const uint8_t> module, std::span<const uint8_t> code) {
  SerializedHeader header;
  header.module_size = module.size();
  const auto* bytes = reinterpret_cast<const uint8_t*>(&header);
  std::vector<uint8_t> result(bytes, bytes + sizeof(header));
  result.insert(result.end(), module.begin(), module.end());
  result.insert(result.end(), code.begin(), code.end());
  return result;
}

Result<Module> deserialized(const Engine& engine, std::span<const uint8_t> bytes) {
  SerializedHeader header;
  const SerializedHeader expected;
  if (bytes.size() < sizeof(header)) return Error::make(ErrorKind::malformed, "not a serialized module", 0);
  std::memcpy(&header, bytes.data(), sizeof(header));
  const std::span<const uint8_t> rest = bytes.subspan(sizeof(header));
  if (std::memcmp(header.magic, expected.magic, sizeof(header.magic)) != 0 || header.module_size > rest.size()) {
    return Error::make(ErrorKind::malformed, "not a serialized module", 0);
  }
  const std::span<const uint8_t> module = rest.first(header.module_size);
  return finish(runtime::CompiledModule::make(engine.impl(), std::vector<uint8_t>(module.begin(), module.end()), {},
                                              std::make_unique<runtime::CodeInMemory>(rest.subspan(module.size()))));
}

}  // namespace

Result<std::vector<uint8_t>> Module::serialize() const {
  return guarded([&]() -> Result<std::vector<uint8_t>> {
    const std::vector<uint8_t> code = impl_->code_image();
    if (!code.empty()) return serialized(impl_->module().bytes, code);
    return Error::make(ErrorKind::usage,
                       "the engine has no code cache, whose key would authenticate the module "
                       "(Config::cache_dir): " +
                           impl_->engine().cache().problem());
  });
}

Result<Module> Module::deserialize(const Engine& engine, std::span<const uint8_t> bytes) {
  if (engine.impl() == nullptr) return out_of_memory();
  return guarded([&] { return deserialized(engine, bytes); });
}

namespace {

std::vector<ImportType> imports_of(const decoder::Module& module) {
  std::vector<ImportType> result;
  for (const decoder::Import& i : module.imports) {
    result.push_back({std::string(i.module), std::string(i.name), runtime::declared_type(module, i.kind, i.index)});
  }
  return result;
}

std::vector<ExportType> exports_of(const decoder::Module& module) {
  std::vector<ExportType> result;
  for (const decoder::Export& e : module.exports) {
    result.push_back({std::string(e.name), runtime::declared_type(module, e.kind, e.index)});
  }
  return result;
}

}  // namespace

std::vector<ImportType> Module::imports() const {
  return guarded([&] { return imports_of(impl_->module()); }, [] { return std::vector<ImportType>(); });
}

std::vector<ExportType> Module::exports() const {
  return guarded([&] { return exports_of(impl_->module()); }, [] { return std::vector<ExportType>(); });
}

std::optional<TypeId> Module::type(uint32_t index) const {
  const std::vector<TypeId>& types = impl_->module().types;
  return index < types.size() ? std::optional(types[index]) : std::nullopt;
}

std::string Module::name() const {
  return guarded([&] { return std::string(impl_->module().names().module); }, [] { return std::string(); });
}

namespace {

CustomSection section_of(const decoder::Module& module, const decoder::CustomSection& section) {
  return {section.name, module.view(section.payload)};
}

}  // namespace

std::vector<CustomSection> Module::custom_sections() const {
  const auto list = [&] {
    std::vector<CustomSection> result;
    for (const decoder::CustomSection& c : impl_->module().customs) result.push_back(section_of(impl_->module(), c));
    return result;
  };
  return guarded(list, [] { return std::vector<CustomSection>(); });
}

std::optional<std::span<const uint8_t>> Module::custom_section(std::string_view name) const {
  for (const decoder::CustomSection& c : impl_->module().customs) {
    if (c.name == name) return section_of(impl_->module(), c).data;
  }
  return std::nullopt;
}

}  // namespace mini_wasm
