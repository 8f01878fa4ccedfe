// The error message for a proposal that is switched off.
#pragma once

#include <string>
#include <string_view>

#include "core/opcode.h"

namespace mini_wasm {

// "WHAT needs the threads proposal: --wasm=threads" (Config::feature takes the same name).
inline std::string missing_feature(std::string_view what, Feature feature) {
  const std::string name(feature_info(feature).text);
  return std::string(what) + " needs the " + name + " proposal: --wasm=" + name;
}

}  // namespace mini_wasm
