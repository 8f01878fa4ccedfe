// Linking, for the CPU of every backend on every host: code is placed and linked in ordinary memory, but not run.
#include <gtest/gtest.h>
#include <mini_wasm/mini_wasm.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "jit/backend.h"
#include "jit/code_settings.h"
#include "jit/listing.h"
#include "runtime/compiled_module.h"
#include "spec-tests/support/wat.h"

namespace mini_wasm::jit {
namespace {

using Kind = Relocation::Kind;

// The second function has code with relocations of every kind but `layout`: calls of another function, of itself, of a
// function in a table (whose type is compared), and a trap.
constexpr const char* kModule = R"((module (type $t (func)) (table 1 funcref) (memory 1)
  (func)
  (func (call 0) (call 1) (call_indirect (type $t) (i32.const 0)) (drop (memory.grow (i32.const 1))) (return_call 0)
    unreachable)))";
constexpr uint32_t kFunctions = 2, kCaller = 1;

// Memory with what code leads to: stubs, which have an address each, the table of entry points and the thunks.
class Surroundings {
 public:
  explicit Surroundings(const Backend& backend) : bytes_(1 << 16) {
    uint8_t* at = bytes_.data() + 4096;
    for (uint32_t place = sizeof(Stubs::Enter); Stubs::has(place); place += sizeof(at), at += 64) {
      std::memcpy(reinterpret_cast<uint8_t*>(&stubs) + place, &at, sizeof(at));
    }
    table_ = reinterpret_cast<const uint8_t**>(bytes_.data() + (32 << 10));
    entries = {table_, kFunctions, backend.thunk_bytes()};
    for (uint32_t i = 0; i < kFunctions; ++i) {
      const uint8_t* const thunk = entries.thunk(i);
      backend.write_thunk(const_cast<uint8_t*>(thunk), thunk, i, stubs);
      for (const Entry entry : {Entry::slots, Entry::registers}) {
        table_[entry_index(i, entry)] = thunk + static_cast<size_t>(entry) * backend.thunk_bytes() / 2;
      }
    }
  }

  uint8_t* code() { return bytes_.data() + (48 << 10); }
  // Gives a function code. Returns the addresses of its entry points.
  std::vector<const uint8_t*> compiled(uint32_t function) {
    const uint8_t* const code = bytes_.data() + (40 << 10);
    for (const Entry entry : {Entry::slots, Entry::registers}) {
      table_[entry_index(function, entry)] = code + 16 * static_cast<size_t>(entry);
    }
    return {code, code + 16};
  }

  Stubs stubs;
  ModuleEntries entries;

 private:
  std::vector<uint8_t> bytes_;
  const uint8_t** table_ = nullptr;
};

class Linking : public ::testing::TestWithParam<Architecture> {
 protected:
  Linking()
      : around_(backend_),
        module_(Module::compile(listing_engine(Config(), backend_), testing::wat(kModule))),
        compiler_(
            backend_.make_compiler(*module_->impl(), runtime::Bounds::guarded, {}, around_.stubs, around_.entries)) {
    code_.index = FuncIdx{kCaller};
    EXPECT_TRUE(compiler_->compile(code_.index, code_));
    code_.begin = around_.code();
    code_.size = static_cast<uint32_t>(compiler_->size());
    compiler_->place(around_.code(), code_);
  }

  std::span<const Relocation> relocations() const { return compiler_->relocations(); }
  std::vector<uint8_t> bytes() const { return {code_.begin, code_.begin + code_.size}; }
  size_t count(Kind kind) const {
    size_t n = 0;
    for (const Relocation& r : relocations()) n += r.kind() == kind;
    return n;
  }

  const Backend& backend_ = *backend(GetParam());
  Surroundings around_;
  const Result<Module> module_;
  const std::unique_ptr<FunctionCompiler> compiler_;
  NativeCode code_;
};

TEST_P(Linking, distances_lead_where_relocations_say) {
  for (const Kind kind : {Kind::own_entry, Kind::stub, Kind::entry, Kind::image, Kind::type})
    EXPECT_GT(count(kind), 0u);
  for (const Relocation& r : relocations()) {
    if (r.kind() == Kind::own_entry) {
      const uint32_t entry = r.target == static_cast<uint32_t>(Entry::registers) ? code_.register_entry : 0;
      EXPECT_EQ(backend_.read_link(code_.begin, r, around_.entries).address, code_.begin + entry);
    } else if (r.kind() == Kind::stub && r.target >= offsetof(Stubs, traps)) {
      EXPECT_EQ(backend_.read_link(code_.begin, r, around_.entries).address, around_.stubs.at(r.target));
    }
  }
}

TEST_P(Linking, calls_are_direct_if_the_callee_has_code) {
  for (const Relocation& r : relocations()) {
    if (r.kind() != Kind::entry) continue;
    const LinkTarget target = backend_.read_link(code_.begin, r, around_.entries);
    EXPECT_FALSE(target.direct);
    EXPECT_EQ(target.address, backend_.without_code(around_.entries, r.target));
  }
  const std::vector<const uint8_t*> callee = around_.compiled(0);
  backend_.unlink(around_.code(), relocations());
  backend_.link(around_.code(), code_.begin, code_.register_entry, relocations(), around_.stubs, around_.entries);
  for (const Relocation& r : relocations()) {
    if (r.kind() != Kind::entry) continue;
    const LinkTarget target = backend_.read_link(code_.begin, r, around_.entries);
    EXPECT_TRUE(target.direct);
    EXPECT_EQ(target.address, callee[r.target]);
  }
}

// A call that was linked before its callee had code finds it later, through the callee's thunk or the table.
TEST_P(Linking, calls_find_code_that_comes_later) {
  NativeCode callee;
  callee.begin = around_.compiled(0)[0];
  callee.register_entry = 16;
  const ModuleEntries& entries = around_.entries;
  backend_.redirect_thunk(const_cast<uint8_t*>(entries.thunk(0)), entries.thunk(0), callee);
  for (const Entry entry : {Entry::slots, Entry::registers}) {
    const auto target = static_cast<uint32_t>(entry_index(0, entry));
    const uint8_t* const way = backend_.without_code(entries, target);
    const bool is_thunk = way >= entries.thunk(0) && way < entries.thunk(1);
    const uint8_t* const found = is_thunk ? backend_.read_link(way, {0, Kind::entry, target}, entries).address
                                          : *reinterpret_cast<const uint8_t* const*>(way);
    EXPECT_EQ(found, callee.begin + (entry == Entry::registers ? callee.register_entry : 0));
  }
}

// What `unlink` leaves does not depend on addresses, and `link` makes the same of it as of what was compiled.
TEST_P(Linking, code_without_its_addresses_can_be_linked_again) {
  std::vector<uint64_t> constants;
  for (const Relocation& r : relocations()) {
    constants.push_back(r.is_constant() ? backend_.read_constant(code_.begin, r) : 0);
    if (r.kind() == Kind::image) {
      EXPECT_NE(constants.back(), 0u);
    }
  }
  const std::vector<uint8_t> linked = bytes();
  backend_.unlink(around_.code(), relocations());
  const std::vector<uint8_t> unlinked = bytes();
  EXPECT_NE(unlinked, linked);
  for (const bool direct : {false, true}) {
    if (direct) around_.compiled(0);
    backend_.link(around_.code(), code_.begin, code_.register_entry, relocations(), around_.stubs, around_.entries);
    for (size_t i = 0; i < relocations().size(); ++i) {
      const Relocation& r = relocations()[i];
      if (!r.is_constant()) continue;
      EXPECT_EQ(backend_.read_constant(code_.begin, r), 0u);
      backend_.write_constant(around_.code(), r, constants[i]);
    }
    EXPECT_EQ(bytes() == linked, !direct);
    backend_.unlink(around_.code(), relocations());
    EXPECT_EQ(bytes(), unlinked);
  }
}

TEST_P(Linking, relocations_that_are_impossible_are_refused) {
  for (const Relocation& r : relocations()) {
    EXPECT_TRUE(backend_.can_link(code_.size, r, kFunctions));
    EXPECT_FALSE(backend_.can_link(r.offset, r, kFunctions));
    EXPECT_FALSE(backend_.can_link(r.offset + 3, r, kFunctions));
    Relocation wrong = r;
    wrong.target = r.kind() == Kind::entry ? 2 * kFunctions : Relocation::kMostTarget;
    EXPECT_EQ(backend_.can_link(code_.size, wrong, kFunctions), r.is_constant());  // code_record.cc checks those
  }
}

INSTANTIATE_TEST_SUITE_P(cpus, Linking, ::testing::Values(Architecture::x64, Architecture::a64),
                         [](const auto& test) { return test.param == Architecture::x64 ? "x64" : "a64"; });

}  // namespace
}  // namespace mini_wasm::jit
