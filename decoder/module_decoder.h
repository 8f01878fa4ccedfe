// Bytes -> Module (spec 5.5): every section of WebAssembly 3.0, structure only. Function bodies are located, not read,
// and constant expressions are only delimited: the validator reads both. Memory and time are proportional to the input.
// Thread rule: any number of modules can be decoded at once with one registry.
#pragma once

#include <mini_wasm/result.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/opcode.h"
#include "core/type_registry.h"
#include "decoder/module.h"

namespace mini_wasm::decoder {

// Decodes without copying: `bytes` must outlive the module. `registry` must too.
// Errors: malformed (with the words of the official scripts at the start of the message), invalid (an unknown type in a
// value type, a bad supertype), limit (limits.h); all with the offset.
Result<std::unique_ptr<Module>> decode_module(std::span<const uint8_t> bytes, TypeRegistry& registry,
                                              FeatureSet features);
// The same with bytes that the module keeps.
Result<std::unique_ptr<Module>> decode_module(std::vector<uint8_t> bytes, TypeRegistry& registry, FeatureSet features);

// Section ids (5.5.2).
enum class SectionId : uint8_t {
  custom,
  type,
  import,
  function,
  table,
  memory,
  global,
  export_,
  start,
  element,
  code,
  data,
  data_count,
  tag,
};
inline constexpr uint8_t kSectionCount = 14;
const char* to_string(SectionId id);

// The frame of one section: where its id and size stand, and its content. Fails at the reader for a malformed one.
struct Section {
  SectionId id = SectionId::custom;
  uint32_t offset = 0;
  ByteRange content;
};

class Reader;
// Magic and version (5.5.16).
void read_header(Reader& r);
Section read_section(Reader& r);

}  // namespace mini_wasm::decoder
