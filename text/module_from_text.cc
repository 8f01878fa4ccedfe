// Module::from_text. It is here, and not with the other members of the class, because the engine knows only binary
// modules: a program that does not call it links nothing of this folder.
#include <mini_wasm/module.h>

#include "core/guarded.h"
#include "text/assembler.h"

namespace mini_wasm {
namespace {

// The offset of an Error is one in a binary module, so the position in the text becomes part of the message.
Error located(Error error, std::string_view text) {
  if (error.offset > text.size()) return error;
  const text::Position at = text::position_of(text, static_cast<size_t>(error.offset));
  error.message = std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + error.message;
  error.offset = Error::kNoOffset;
  return error;
}

}  // namespace

Result<Module> Module::from_text(const Engine& engine, std::string_view text) {
  return guarded([&]() -> Result<Module> {
    Result<std::vector<uint8_t>> bytes = text::assemble(text);
    if (!bytes) return located(std::move(bytes).error(), text);
    return compile(engine, std::move(*bytes));
  });
}

}  // namespace mini_wasm
