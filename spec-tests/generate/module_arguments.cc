#include "spec-tests/generate/module_arguments.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "runtime/system/read_file.h"
#include "spec-tests/generate/byte_source.h"
#include "spec-tests/generate/generate.h"

namespace mini_wasm::generate {
namespace {

namespace fs = std::filesystem;
using Visit = std::function<void(const NamedModule& module)>;

bool complain(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  return false;
}

bool visit_file(const fs::path& file, const Visit& visit) {
  Result<std::vector<uint8_t>> bytes = runtime::read_file(file.string());
  if (!bytes) return complain(bytes.error().to_string());
  visit({file.string(), std::move(*bytes), file.string().ends_with(".invalid.wasm")});
  return true;
}

bool visit_files(const fs::path& path, const Visit& visit) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return visit_file(path, visit);
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path)) {
    if (entry.path().extension() == ".wasm" && !visit_file(entry.path(), visit)) return false;
  }
  return true;
}

}  // namespace

bool each_module(int argc, char** argv, const FeatureSet& features, const Visit& visit) {
  uint64_t first = 0, generated = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (i + 1 < argc && word == "--first") {
      first = std::strtoull(argv[++i], nullptr, 10);
    } else if (i + 1 < argc && word == "--generated") {
      generated = std::strtoull(argv[++i], nullptr, 10);
    } else if (word.starts_with("--")) {
      return complain("an option that is not known, or lacks its number: " + std::string(word));
    } else if (!visit_files(word, visit)) {
      return false;
    }
  }
  for (uint64_t seed = first; seed < first + generated; ++seed) {
    visit({"seed " + std::to_string(seed), generate_module(bytes_of_seed(seed), features)});
  }
  return true;
}

}  // namespace mini_wasm::generate
