#include "cli/validate_command.h"

#include <mini_wasm/mini_wasm.h>

#include <cstdio>

#include "cli/text_input.h"
#include "core/utf8.h"

namespace mini_wasm::cli {
namespace {

Result<void> validate(const Engine& engine, const std::string& file) {
  Result<std::vector<uint8_t>> bytes = read_module(file);
  if (!bytes) return std::move(bytes).error();
  return Module::validate(engine, *bytes);
}

}  // namespace

int validate_command(const FeatureOptions& features, const std::vector<std::string>& files) {
  Config config;
  if (const auto problem = features.apply(config)) {
    print_error(*problem);
    return kWrongUsage;
  }
  const Engine engine(config);
  int code = kSuccess;
  for (const std::string& file : files) {
    if (Result<void> r = validate(engine, file); !r) {
      code = report(file, r.error());
    } else {
      std::printf("%s: ok\n", escape_for_terminal(file).c_str());
    }
  }
  return code;
}

}  // namespace mini_wasm::cli
