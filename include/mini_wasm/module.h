// A Module is validated code, immutable and shared: instantiate it as often as you like, from any thread.
#pragma once

#include <mini_wasm/engine.h>
#include <mini_wasm/result.h>
#include <mini_wasm/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mini_wasm {

namespace runtime {
class CompiledModule;
}

class Module {
 public:
  // Decodes and validates a binary module (spec 5.5, 3.4). The bytes are copied; `compile_borrowed` keeps a view of
  // them instead: they must outlive the module and never change, since code that has been validated is believed from
  // then on. Errors: malformed, invalid, limit; with byte offset.
  static Result<Module> compile(const Engine& engine, std::span<const uint8_t> bytes);
  static Result<Module> compile_borrowed(const Engine& engine, std::span<const uint8_t> bytes);
  static Result<Module> compile(const Engine& engine, std::vector<uint8_t>&& bytes);
  // The same, from a file. Errors also: io.
  static Result<Module> from_file(const Engine& engine, const std::string& path);
  // Decodes and validates without keeping anything.
  static Result<void> validate(const Engine& engine, std::span<const uint8_t> bytes);

  // Empty where there is no memory for them.
  std::vector<ImportType> imports() const;
  std::vector<ExportType> exports() const;
  std::string name() const;  // from the name section; may be empty

  const std::shared_ptr<const runtime::CompiledModule>& impl() const { return impl_; }
  explicit Module(std::shared_ptr<const runtime::CompiledModule> impl) : impl_(std::move(impl)) {}

 private:
  std::shared_ptr<const runtime::CompiledModule> impl_;
};

}  // namespace mini_wasm
