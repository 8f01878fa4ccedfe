// For tests: modules as bytes. Sections are appended, and their sizes are calculated.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/leb128.h"
#include "decoder/module_decoder.h"

namespace mini_wasm::decoder {

using Bytes = std::vector<uint8_t>;

// A size, followed by that many bytes (spec 5.2.4 names, and everything else with a size).
inline Bytes sized(const Bytes& content) {
  Bytes result;
  write_uleb(result, content.size());
  result.insert(result.end(), content.begin(), content.end());
  return result;
}
inline Bytes name_bytes(std::string_view name) { return sized(Bytes(name.begin(), name.end())); }

inline Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

class ModuleBytes {
 public:
  ModuleBytes() : bytes_{0x00, 'a', 's', 'm', 1, 0, 0, 0} {}
  ModuleBytes& section(SectionId id, const Bytes& content) {
    return raw(Bytes{static_cast<uint8_t>(id)} + sized(content));
  }
  ModuleBytes& custom(std::string_view name, const Bytes& payload) {
    return section(SectionId::custom, name_bytes(name) + payload);
  }
  ModuleBytes& raw(const Bytes& bytes) {
    bytes_ = bytes_ + bytes;
    return *this;
  }
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

}  // namespace mini_wasm::decoder
