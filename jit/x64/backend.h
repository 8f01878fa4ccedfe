// x86-64 as the engine sees it; jit/backend_of.h makes a Backend of it and says what the members do.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "jit/backend.h"

namespace mini_wasm::jit {
class CodeLister;
class CodeReader;
}  // namespace mini_wasm::jit

namespace mini_wasm::jit::x64 {

class Masm;

struct Cpu {
  using Masm = x64::Masm;
  static constexpr FrameLayout kFrame{.call_words = 1, .cross_words = 2};
  // Displacements of 32 bits reach 2 GiB in both directions; half of that leaves room to spare.
  static constexpr size_t kReach = size_t{1} << 30;
  static constexpr size_t kThunkBytes = 20;  // two halves of mov and jmp

  // backend.cc
  static void describe_cpu(std::vector<uint8_t>& out);
  static void write_thunk(uint8_t* to, const uint8_t* at, uint32_t index, const Stubs& stubs);
  static void redirect_thunk(uint8_t*, const uint8_t*, const NativeCode&) {}  // calls read the table
  // stubs.cc
  static bool make_stubs(CodeMemory& memory, Stubs& stubs, bool metered);
  static void read_registers(const uint64_t* words, bool all, SavedRegisters& out);
  // link.cc
  static const uint8_t* without_code(const ModuleEntries& entries, uint32_t entry);
  static void write_distance(uint8_t* to, const uint8_t* at, const Relocation& r, LinkTarget target);
  static void clear_distance(uint8_t* to, const Relocation& r);
  static LinkTarget read_distance(const uint8_t* at, const ModuleEntries&);
  static bool has_room(const Relocation& r, uint32_t size);
  // listing.cc
  static std::unique_ptr<CodeReader> reader(Masm& masm, std::function<uint32_t()> origin);
};

const Backend& backend();
const CodeLister& lister();  // listing.cc

}  // namespace mini_wasm::jit::x64
