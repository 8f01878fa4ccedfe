// An assembler that is not ours makes the same words of the text that listings print. So both are right: what the
// assembler encodes and what the printer says of it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "jit/a64/backend.h"
#include "jit/a64/printer.h"
#include "jit/code_settings.h"
#include "jit/listing.h"
#include "runtime/compiled_module.h"
#include "scripts/file_content.h"
#include "scripts/temporary_directory.h"
#include "spec-tests/support/wat.h"

namespace mini_wasm::jit::a64 {
namespace {

namespace fs = std::filesystem;

// What the code of a function leads to: nothing here is ever executed.
struct Surroundings {
  explicit Surroundings(uint32_t functions)
      : memory(functions * (2 * sizeof(uint8_t*) + Cpu::kThunkBytes)),
        entries{reinterpret_cast<const uint8_t* const*>(memory.data()), functions, Cpu::kThunkBytes} {}
  std::vector<uint8_t> memory;
  Stubs stubs{};
  ModuleEntries entries;
};

void add_words(const std::vector<uint8_t>& code, std::map<uint32_t, std::string>& instructions) {
  // Branches are printed with the place that they lead to. It becomes a distance again, which assemblers understand.
  constexpr uint32_t kAt = 0x10000000;
  for (size_t at = 0; at + 4 <= code.size(); at += 4) {
    uint32_t word;
    std::memcpy(&word, code.data() + at, sizeof(word));
    std::string text = print(word, kAt);
    // Data, such as constants; and what an assembler leaves to the linker.
    if (text.starts_with(".word") || text.starts_with("adrp")) continue;
    if (const size_t target = text.rfind("0x"); target != text.npos && target != 0 && text[target - 1] == ' ') {
      const auto distance = static_cast<int64_t>(std::stoull(text.substr(target), nullptr, 16)) - kAt;
      text.replace(target, text.npos, ". + (" + std::to_string(distance) + ")");
    }
    instructions[word] = text;
  }
}

// The distinct instructions in the code of a module, with their text.
void add_module(const std::string& text, bool oldest_cpu, std::map<uint32_t, std::string>& instructions) {
  Config config;
  config.speculation_guards = text.starts_with(";; speculation guards");
  for (const char* name : {"threads", "wide-arithmetic"}) ASSERT_TRUE(config.feature(name, true));
  const Result<Module> module = Module::compile(listing_engine(config, backend()), testing::wat(text));
  ASSERT_TRUE(module) << module.error().to_string();
  const runtime::CompiledModule& compiled = *module->impl();
  const size_t imported = compiled.module().imported_funcs, count = compiled.module().funcs.size();
  Surroundings around(static_cast<uint32_t>(count - imported));
  CodeSettings settings = CodeSettings::of(config);
  settings.oldest_cpu = oldest_cpu;
  const auto compiler =
      backend().make_compiler(compiled, runtime::Bounds::guarded, settings, around.stubs, around.entries);
  for (size_t i = imported; i < count; ++i) {
    NativeCode code;
    code.index = FuncIdx{static_cast<uint32_t>(i)};
    ASSERT_TRUE(compiler->compile(code.index, code));
    std::vector<uint8_t> bytes(compiler->size());
    code.begin = bytes.data();
    compiler->place(bytes.data(), code);
    add_words(bytes, instructions);
  }
}

TEST(a64_assembler, an_independent_assembler_makes_the_same_words) {
  const std::string assembler = MINI_WASM_A64_AS, objcopy = MINI_WASM_A64_OBJCOPY;
  if (assembler.empty() || objcopy.empty()) GTEST_SKIP() << "binutils-aarch64-linux-gnu is not installed";
  std::map<uint32_t, std::string> instructions;
  for (const fs::directory_entry& entry : fs::directory_iterator(fs::path(MINI_WASM_GOLDEN) / "modules")) {
    for (const bool oldest_cpu : {false, true}) {
      add_module(testing::file_content<std::string>(entry.path()), oldest_cpu, instructions);
    }
  }
  ASSERT_GT(instructions.size(), 500u);

  const testing::TemporaryDirectory directory;
  const std::string base = (directory.path() / "code").string();
  std::ofstream source(base + ".s");
  source << ".arch armv8.2-a\n";
  for (const auto& [word, text] : instructions) source << text << '\n';
  source.close();
  const std::string command = assembler + " " + base + ".s -o " + base + ".o && " + objcopy + " -O binary -j .text " +
                              base + ".o " + base + ".bin";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const auto made = testing::file_content<std::vector<uint8_t>>(base + ".bin");
  ASSERT_EQ(made.size(), 4 * instructions.size());
  size_t at = 0;
  for (const auto& [word, text] : instructions) {
    uint32_t theirs;
    std::memcpy(&theirs, made.data() + at, sizeof(theirs));
    EXPECT_EQ(word, theirs) << std::hex << word << " and " << theirs << ": " << text;
    at += sizeof(theirs);
  }
}

}  // namespace
}  // namespace mini_wasm::jit::a64
