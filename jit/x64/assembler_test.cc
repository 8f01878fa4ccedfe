// Compares the instructions that Assembler encodes itself with those of asmjit, byte by byte.
#include "jit/x64/assembler.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace mini_wasm::jit::x64 {
namespace {

template <class A>
std::vector<uint8_t> bytes_of(const std::function<void(A&)>& emit) {
  asmjit::CodeHolder holder;
  holder.init(asmjit::Environment(asmjit::Arch::kX64));
  A a;
  holder.attach(&a);
  a.nop();  // asmjit allocates the buffer, so that Assembler finds room in it
  emit(a);
  const auto& buffer = holder.textSection()->buffer();
  return {buffer.data(), buffer.data() + buffer.size()};
}

template <class Theirs = x86::Assembler, class Emit>
void expect_same(const char* what, Emit emit) {
  const auto ours = bytes_of<Assembler>([&](Assembler& a) { emit(a); });
  const auto theirs = bytes_of<Theirs>([&](Theirs& a) { emit(a); });
  ASSERT_EQ(ours, theirs) << what;
}

constexpr int64_t kImmediates[] = {0,          1,         -1, 127, 128, -128, -129, 255, 0x7fffffff, -0x7fffffff - 1,
                                   0xffffffff, 0x80000000};
constexpr int32_t kDisplacements[] = {0, 1, -1, 127, 128, -128, -129, 0x7fffffff, -0x7fffffff - 1};

template <class Visit>
void for_each_memory(uint32_t size, Visit visit) {
  for (uint32_t base = 0; base < 16; ++base) {
    for (int32_t displacement : kDisplacements) {
      visit(x86::Mem(x86::gpq(base), displacement, size));
      for (uint32_t index = 0; index < 16; ++index) {
        if (index == 4) continue;  // rsp cannot be an index
        visit(x86::Mem(x86::gpq(base), x86::gpq(index), (base + index) % 4, displacement, size));
      }
    }
  }
}

x86::Gp general(bool wide, uint32_t id) { return wide ? x86::Gp(x86::gpq(id)) : x86::Gp(x86::gpd(id)); }

TEST(assembler, between_registers) {
  for (bool wide : {false, true}) {
    for (uint32_t i = 0; i < 16; ++i) {
      for (uint32_t j = 0; j < 16; ++j) {
        const x86::Gp to = general(wide, i), from = general(wide, j);
        expect_same("mov", [&](auto& a) { a.mov(to, from); });
        expect_same("test", [&](auto& a) { a.test(to, from); });
        expect_same("add", [&](auto& a) { a.add(to, from); });
        expect_same("sub", [&](auto& a) { a.sub(to, from); });
        expect_same("cmp", [&](auto& a) { a.cmp(to, from); });
        for (auto id : {x86::Inst::kIdAnd, x86::Inst::kIdOr, x86::Inst::kIdXor, x86::Inst::kIdImul}) {
          expect_same("emit", [&](auto& a) { a.emit(id, to, from); });
        }
      }
    }
  }
}

TEST(assembler, with_memory) {
  for (bool wide : {false, true}) {
    const uint32_t size = wide ? 8 : 4;
    for_each_memory(size, [&](const x86::Mem& m) {
      const x86::Gp reg = general(wide, (m.baseId() * 7 + m.shift()) % 16);
      const x86::Xmm vector = x86::xmm(reg.id());
      expect_same("load", [&](auto& a) { a.mov(reg, m); });
      expect_same("store", [&](auto& a) { a.mov(m, reg); });
      expect_same("lea", [&](auto& a) { a.lea(reg, m); });
      expect_same("cmp", [&](auto& a) { a.cmp(m, reg); });
      expect_same("add", [&](auto& a) { a.add(reg, m); });
      expect_same("and", [&](auto& a) { a.emit(x86::Inst::kIdAnd, reg, m); });
      if (wide) {
        expect_same("movsxd", [&](auto& a) { a.movsxd(reg, x86::Mem(m.cloneResized(4))); });
        expect_same("movsd", [&](auto& a) { a.movsd(vector, m); });
        expect_same("movsd", [&](auto& a) { a.movsd(m, vector); });
      } else {
        expect_same("movss", [&](auto& a) { a.movss(vector, m); });
        expect_same("movss", [&](auto& a) { a.movss(m, vector); });
      }
    });
  }
  for (uint32_t size : {1u, 2u}) {
    for_each_memory(size, [&](const x86::Mem& m) {
      expect_same("movzx", [&](auto& a) { a.movzx(x86::gpd(m.baseId()), m); });
      for (bool wide : {false, true}) {
        expect_same("movsx", [&](auto& a) { a.movsx(general(wide, m.baseId()), m); });
      }
      const x86::Gp part = size == 1 ? x86::Gp(x86::gpb_lo(m.baseId())) : x86::Gp(x86::gpw(m.baseId()));
      expect_same("store of a part", [&](auto& a) { a.mov(m, part); });
    });
  }
}

TEST(assembler, with_immediates) {
  for (bool wide : {false, true}) {
    for (int64_t bits : kImmediates) {
      if (wide && bits != static_cast<int32_t>(bits)) continue;  // no instruction has such an immediate
      for (uint32_t i = 0; i < 16; ++i) {
        const x86::Gp reg = general(wide, i);
        expect_same("mov", [&](auto& a) { a.mov(reg, bits); });
        expect_same("add", [&](auto& a) { a.add(reg, bits); });
        expect_same("sub", [&](auto& a) { a.sub(reg, bits); });
        expect_same("cmp", [&](auto& a) { a.cmp(reg, bits); });
        expect_same("or", [&](auto& a) { a.emit(x86::Inst::kIdOr, reg, asmjit::Imm(bits)); });
        const x86::Mem m(x86::gpq(i), static_cast<int32_t>(8 * i), wide ? 8 : 4);
        expect_same("mov", [&](auto& a) { a.mov(m, bits); });
        expect_same("cmp", [&](auto& a) { a.cmp(m, bits); });
      }
    }
  }
  expect_same("a long constant", [&](auto& a) { a.mov(x86::rax, int64_t{0x123456789}); });
}

struct OneLength : x86::Assembler {
  void mov_64(const x86::Gp& to, uint64_t bits) { long_().mov(to, bits); }
  void cmp_32(const x86::Mem& a, uint32_t bits) { long_().cmp(a, bits); }
  void push_32(uint32_t bits) { long_().push(bits); }
};

TEST(assembler, forms_of_one_length) {
  for (uint32_t bits : {0u, 1u, 127u, 128u, 0x3ffffffu}) {
    expect_same<OneLength>("push", [&](auto& a) { a.push_32(bits); });
    for (uint32_t i = 0; i < 16; ++i) {
      expect_same<OneLength>("mov", [&](auto& a) { a.mov_64(x86::gpq(i), uint64_t{bits} << (i * 2)); });
      expect_same<OneLength>("cmp", [&](auto& a) { a.cmp_32(x86::Mem(x86::gpq(i), 8, 4), bits); });
    }
  }
}

// The buffer grows when it is full, at any position in the code.
TEST(assembler, many) {
  expect_same("many", [&](auto& a) {
    for (int i = 0; i < 10'000; ++i) {
      a.mov(x86::rax, x86::rbx);
      if (i % 3 == 0) a.lea(x86::rcx, x86::Mem(x86::rbp, i, 8));
      if (i % 7 == 0) a.add(x86::r9, i);
    }
  });
}

// --- Labels

struct Ours : Assembler {
  void table_entry(Label to, Label from) { embed_distance(to, from); }
  void address(Label label) { lea(x86::r11, label); }
};
struct Theirs : x86::Assembler {
  using Label = asmjit::Label;
  Label new_label() { return newLabel(); }
  void table_entry(const Label& to, const Label& from) { embedLabelDelta(to, from, 4); }
  void address(const Label& label) { lea(x86::r11, x86::ptr(label)); }
  void restart() {}
  void finish() { code()->relocateToBase(0x10000); }
};

// Labels, with jumps forward and backward to them, near and far, and tables of distances.
template <class A>
std::vector<uint8_t> jumps(uint32_t seed) {
  asmjit::CodeHolder holder;
  holder.init(asmjit::Environment(asmjit::Arch::kX64));
  A a;
  holder.attach(&a);
  a.restart();
  constexpr size_t kLabels = 12;
  std::vector<typename A::Label> labels;
  for (size_t i = 0; i < kLabels; ++i) labels.push_back(a.new_label());
  const auto random = [&](uint32_t below) { return (seed = seed * 1664525 + 1013904223) / 65536 % below; };
  for (size_t bound = 0; bound < kLabels;) {
    switch (random(6)) {
      case 0: a.bind(labels[bound++]); break;
      case 1: a.jmp(labels[random(kLabels)]); break;
      case 2: a.j(static_cast<x86::CondCode>(random(16)), labels[random(kLabels)]); break;
      case 3: a.address(labels[random(kLabels)]); break;
      case 4:
        if (bound != 0) a.table_entry(labels[random(kLabels)], labels[random(static_cast<uint32_t>(bound))]);
        break;
      default:
        for (uint32_t i = random(60); i > 0; --i) a.nop();
    }
  }
  a.finish();
  const auto& buffer = holder.textSection()->buffer();
  return {buffer.data(), buffer.data() + a.offset()};
}

TEST(assembler, jumps) {
  for (uint32_t seed = 0; seed < 2000; ++seed) ASSERT_EQ(jumps<Ours>(seed), jumps<Theirs>(seed)) << seed;
}

TEST(assembler, starts_again) {
  asmjit::CodeHolder holder;
  holder.init(asmjit::Environment(asmjit::Arch::kX64));
  Assembler a;
  holder.attach(&a);
  for (int round = 0; round < 3; ++round) {
    a.restart();
    EXPECT_EQ(a.offset(), 0u);
    const Assembler::Label label = a.new_label();
    a.jmp(label);
    a.bind(label);
    EXPECT_EQ(a.offset_of(label), 5u);
    a.finish();
    EXPECT_FALSE(a.failed());
    EXPECT_EQ(holder.codeSize(), 5u);
  }
  // There is no such label. `failed` is true after every error that asmjit reports; usually it is a lack of memory.
  a.bind(asmjit::Label(1000));
  EXPECT_TRUE(a.failed());
}

}  // namespace
}  // namespace mini_wasm::jit::x64
