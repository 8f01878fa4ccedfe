// The decoder: bytes to Module (spec 5.5). It reads every section of WebAssembly 3.0, but only its structure: function
// bodies and constant expressions are skipped; the validator reads both. Memory and time are proportional to the input.
// Thread rule: any number of modules can be decoded at the same time with one registry.
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

// Decodes without copying: `bytes` and `registry` must live longer than the module.
// Errors: malformed (the message begins with the words of the official scripts), invalid (an unknown type in a value
// type, an invalid supertype), limit (limits.h); all with the byte offset.
Result<std::unique_ptr<Module>> decode_module(std::span<const uint8_t> bytes, TypeRegistry& registry,
                                              FeatureSet features);
// The same, but the module keeps the bytes.
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

// The frame of a section: the position of its id and size, and its content. If it is malformed, the reader fails.
struct Section {
  SectionId id = SectionId::custom;
  uint32_t offset = 0;
  ByteRange content;
};

class Reader;
// Reads magic number and version (5.5 "Modules").
void read_header(Reader& r);
Section read_section(Reader& r);

}  // namespace mini_wasm::decoder
