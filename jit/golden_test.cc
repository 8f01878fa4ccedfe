// Golden tests: listings of small modules (golden/modules/), one for each class of opcodes, are compared with the expected
// ones in golden/<cpu>/. So every change of the generated code is seen and reviewed. Code is compiled and listed for each CPU on
// every host. With MINI_WASM_BLESS=1 in the environment ("bless") the test writes the expected listings again (`./dev
// bless`).
#include <gtest/gtest.h>
#include <mini_wasm/mini_wasm.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "jit/backend.h"
#include "jit/code_settings.h"
#include "jit/listing.h"
#include "runtime/compiled_module.h"
#include "scripts/file_content.h"
#include "spec-tests/support/wat.h"

namespace mini_wasm::jit {
namespace {

namespace fs = std::filesystem;

// A backend, and the folder of its listings.
struct Cpu {
  Architecture architecture;
  const char* folder;
};
constexpr Cpu kCpus[] = {{Architecture::x64, "x64"}, {Architecture::a64, "a64"}};

std::string listing(const Backend& backend, const std::string& text) {
  Config config;
  config.speculation_guards = text.starts_with(";; speculation guards");
  for (const char* name : {"threads", "wide-arithmetic"}) EXPECT_TRUE(config.feature(name, true));
  Result<Module> module = Module::compile(listing_engine(config, backend), testing::wat(text));
  if (!module) return module.error().to_string();
  const runtime::CompiledModule& compiled = *module->impl();
  CodeSettings settings = CodeSettings::of(config);
  settings.oldest_cpu = true;  // the same code on every machine
  std::string out;
  for (size_t i = compiled.module().imported_funcs; i < compiled.module().funcs.size(); ++i) {
    Result<std::string> code = list_code(backend, compiled, FuncIdx{static_cast<uint32_t>(i)}, settings);
    out += (out.empty() ? "" : "\n") + (code ? *code : code.error().to_string());
  }
  return out;
}

class GoldenListings : public ::testing::TestWithParam<Cpu> {};

TEST_P(GoldenListings, listings_are_as_reviewed) {
  size_t count = 0;
  const fs::path golden(MINI_WASM_GOLDEN);
  for (const fs::directory_entry& entry : fs::directory_iterator(golden / "modules")) {
    ++count;
    const fs::path expected = golden / GetParam().folder / entry.path().filename().replace_extension(".txt");
    const std::string found =
        listing(*backend(GetParam().architecture), testing::file_content<std::string>(entry.path()));
    if (std::getenv("MINI_WASM_BLESS") != nullptr) std::ofstream(expected, std::ios::binary) << found;
    EXPECT_EQ(found, testing::file_content<std::string>(expected))
        << expected.filename() << ": if the new code is better, `./dev bless`";
  }
  EXPECT_GT(count, 10u);
}

TEST_P(GoldenListings, a_function_calls_itself_where_it_says_so) {
  const std::string text = listing(*backend(GetParam().architecture), "(module (func) (func (call 0) (call 1)))");
  const size_t at = text.find("this function");
  ASSERT_NE(at, text.npos) << text;
  EXPECT_LT(text.find("  call 1"), at) << text;
  EXPECT_EQ(text.rfind("this function"), at) << text;
}

INSTANTIATE_TEST_SUITE_P(golden, GoldenListings, ::testing::ValuesIn(kCpus),
                         [](const auto& test) { return std::string(test.param.folder); });

TEST(golden_folders, every_folder_is_compared) {
  std::set<std::string> folders, compared;
  for (const fs::directory_entry& entry : fs::directory_iterator(MINI_WASM_GOLDEN)) {
    folders.insert(entry.path().filename().string());
  }
  for (const Cpu& cpu : kCpus) compared.insert(cpu.folder);
  folders.erase("modules");
  EXPECT_EQ(compared, folders);
}

TEST(listing, names_what_stands_at_addresses) {
  const std::string text = listing(*backend(Architecture::x64), R"((module (import "a" "b" (func)) (memory 1)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (call 1 (i32.const 1)) drop (call 0) unreachable)))");
  for (const char* part : {"func 1 $\"grow\" (param i32) (result i32)\n", "memory.grow\n", "call call_runtime\n",
                           "call [func 1]\n", "call call_callee\n", "call trap unreachable\n", "[r15+stack_limit]"}) {
    EXPECT_NE(text.find(part), text.npos) << part << "in\n" << text;
  }
}

}  // namespace
}  // namespace mini_wasm::jit
