/// @file
/// The Module: validated code.
#pragma once

#include <mini_wasm/api.h>
#include <mini_wasm/engine.h>
#include <mini_wasm/result.h>
#include <mini_wasm/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mini_wasm {

namespace runtime {
class CompiledModule;
}

/// A custom section (spec 5.5.3). It refers to the module, and is valid as long as a copy of that.
struct CustomSection {
  std::string_view name;          ///< The name.
  std::span<const uint8_t> data;  ///< The bytes after the name.
};

/// A decoded and validated module (spec 2.5). It never changes and can be instantiated any number of times.
///
/// Ownership: a handle. Copies refer to the same module, which lives as long as a copy or an instance of it; it keeps
/// its engine alive.
///
/// Thread rule: any thread.
class MINI_WASM_API Module {
 public:
  /// Decodes (spec 5.5) and validates (spec 3.5) a binary module. The bytes are copied.
  ///
  /// Errors: malformed, invalid (both with a byte offset), limit (docs/limits.md, or no memory left).
  static Result<Module> compile(const Engine& engine, std::span<const uint8_t> bytes);
  /// The same, without a copy of the bytes. They must exist, unchanged, as long as the module does: the engine does not
  /// check a second time what it has validated, so changed bytes are undefined behaviour.
  static Result<Module> compile_borrowed(const Engine& engine, std::span<const uint8_t> bytes);
  /// The same; the module takes the bytes over.
  static Result<Module> compile(const Engine& engine, std::vector<uint8_t>&& bytes);
  /// The same, with the content of a file. A first line that begins with `#!` is skipped.
  ///
  /// Errors: those of Module::compile, and io.
  static Result<Module> from_file(const Engine& engine, const std::string& path);
  /// The same, with a module in the text format (spec 6), of which the names of functions stay known.
  ///
  /// Errors: malformed, whose message begins with line and column; and those of Module::compile, with the offset in the
  /// binary module that the text stands for. A program that does not call this has no parser for text in it.
  static Result<Module> from_text(const Engine& engine, std::string_view text);
  /// The module with the machine code that was made for it so far, for Module::deserialize. With Tier::jit and
  /// Config::eager, that is the code of all functions.
  ///
  /// The engine must have a code cache (Config::cache_dir), because the key of the cache authenticates the code. Errors:
  /// usage (it has none; Engine::cache_problem says why), limit.
  Result<std::vector<uint8_t>> serialize() const;
  /// A module from what Module::serialize gave. The bytes are copied.
  ///
  /// They may come from anywhere. The module in them is decoded and validated like any other. The machine code is used
  /// under the conditions of the code cache: the engine has the same key, and the code was made by the same build of the
  /// engine, with the same settings, for the same CPU and for exactly this module (docs/code-cache.md). Otherwise the
  /// module is compiled anew.
  ///
  /// Errors: malformed (not what Module::serialize gives), and those of Module::compile.
  static Result<Module> deserialize(const Engine& engine, std::span<const uint8_t> bytes);
  /// Decodes and validates a binary module and keeps nothing. Errors: those of Module::compile.
  static Result<void> validate(const Engine& engine, std::span<const uint8_t> bytes);

  /// The imports in the order of the module, which is the order that Instance::make expects. Empty when the host has no
  /// memory left.
  std::vector<ImportType> imports() const;
  /// The exports in the order of the module. Empty when the host has no memory left.
  std::vector<ExportType> exports() const;
  /// The number of the type with this index in the module (spec 2.5.1 "Indices"), for example to make a structure of
  /// it; none when there is no such index.
  std::optional<TypeId> type(uint32_t index) const;
  /// The module's name from its name section. May be empty.
  std::string name() const;
  /// All custom sections in the order of the module. Empty when the host has no memory left.
  std::vector<CustomSection> custom_sections() const;
  /// The content of the first custom section of that name, or none. Valid as long as a copy of the module.
  std::optional<std::span<const uint8_t>> custom_section(std::string_view name) const;

  /// The implementation, for the library's own use.
  const std::shared_ptr<const runtime::CompiledModule>& impl() const { return impl_; }
  /// A handle to an existing module. For the library's own use.
  explicit Module(std::shared_ptr<const runtime::CompiledModule> impl) : impl_(std::move(impl)) {}

 private:
  std::shared_ptr<const runtime::CompiledModule> impl_;
};

}  // namespace mini_wasm
