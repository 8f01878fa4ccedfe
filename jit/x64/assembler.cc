#include "jit/x64/assembler.h"

namespace mini_wasm::jit::x64 {

void Assembler::arithmetic(uint32_t n, x86::Inst::Id id, const asmjit::Operand_& a, const asmjit::Operand_& b) {
  constexpr uint32_t kToMemory = 1, kToRegister = 3, kAccumulator = 5, kLongImmediate = 0x81, kByteImmediate = 0x83;
  const bool to_register = a.isReg() && plain(a.as<Gp>());
  const bool to_memory = a.isMem() && plain(a.as<Mem>());
  if ((!to_register && !to_memory) || !ready()) return void(Base::emit(id, a, b));
  if (b.isReg() && plain(b.as<Gp>())) {
    const bool wide = is_wide(b.as<Gp>());
    if (to_register) return registers(wide, 8 * n + kToMemory, b.id(), a.id());
    return memory(wide, 8 * n + kToMemory, b.id(), a.as<Mem>());
  }
  if (b.isMem() && to_register && plain(b.as<Mem>())) {
    return memory(is_wide(a.as<Gp>()), 8 * n + kToRegister, a.id(), b.as<Mem>());
  }
  const bool wide = to_register ? is_wide(a.as<Gp>()) : a.as<Mem>().size() == 8;
  const bool sized = to_register || a.as<Mem>().size() >= 4;
  if (!b.isImm() || !sized || !fits(b.as<Imm>(), wide)) return void(Base::emit(id, a, b));
  const auto bits = static_cast<int32_t>(b.as<Imm>().value());
  const bool is_byte = bits == static_cast<int8_t>(bits);
  Writer w(*this);
  if (to_memory) {
    w.memory(wide, 0, is_byte ? kByteImmediate : kLongImmediate, n, a.as<Mem>());
  } else if (!is_byte && a.id() == 0) {
    w.rex(wide, 0, 0, 0);
    w.byte(8 * n + kAccumulator);
  } else {
    w.registers(wide, is_byte ? kByteImmediate : kLongImmediate, n, a.id());
  }
  if (is_byte) {
    w.byte(static_cast<uint8_t>(bits));
  } else {
    w.dword(bits);
  }
}

}  // namespace mini_wasm::jit::x64
