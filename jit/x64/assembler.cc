#include "jit/x64/assembler.h"

namespace mini_wasm::jit::x64 {

// Sets the members of asmjit's assembler directly, so that the buffer and the CodeHolder stay as they are.
void Assembler::restart() {
  places_.clear();
  distances_.clear();
  failed_.any = false;
  _bufferPtr = _bufferData;
  _section->buffer()._size = 0;
  code()->setErrorHandler(&failed_);
}

void Assembler::finish() {
  for (const Distance& d : distances_) {
    const uint32_t distance = offset_of(d.to) - offset_of(d.from);
    std::memcpy(_bufferData + d.at, &distance, sizeof(distance));
  }
  distances_.clear();
}

// --- Labels

Assembler::Label Assembler::new_label() {
  const Label label{static_cast<uint32_t>(places_.size())};
  places_.emplace_back();
  if (logger() != nullptr) places_.back().listed = Base::newLabel();
  return label;
}

// Fills in the distances of all jumps that wait for the label. While a listing is made, asmjit's own label is used.
void Assembler::bind(Label label) {
  Place& place = places_[label.index];
  place.offset = static_cast<uint32_t>(offset());
  if (logger() != nullptr) return void(Base::bind(place.listed));
  for (uint32_t at = place.last_use; at != 0;) {
    uint32_t before;
    std::memcpy(&before, _bufferData + at, sizeof(before));
    const uint32_t distance = place.offset - (at + 4);
    std::memcpy(_bufferData + at, &distance, sizeof(distance));
    at = before;
  }
}

// Emits the distance to a label, as the last four bytes of an instruction. If the label is not bound yet, adds it to
// the list of the label's uses instead.
void Assembler::use(Writer& w, Label label) {
  Place& place = places_[label.index];
  if (place.offset != kUnbound) return w.dword(int64_t{place.offset} - (w.offset() + 4));
  w.dword(std::exchange(place.last_use, w.offset()));
}

// Jumps back use the form with one byte of distance if it is enough. Jumps forward always use the long form, because
// their distance is not known.
void Assembler::jump(uint32_t short_code, uint32_t long_code, Label to) {
  if (!make_room()) return;
  const uint32_t target = places_[to.index].offset;
  Writer w(*this);
  const int64_t distance = int64_t{target} - (w.offset() + 2);
  if (target != kUnbound && distance == static_cast<int8_t>(distance)) {
    w.byte(short_code);
    return w.byte(static_cast<uint8_t>(distance));
  }
  w.opcode(long_code);
  use(w, to);
}

void Assembler::jmp(Label to) {
  if (logger() != nullptr) return void(Base::jmp(places_[to.index].listed));
  jump(encoding::kJumpByte, encoding::kJump, to);
}

void Assembler::j(x86::CondCode condition, Label to) {
  if (logger() != nullptr) return void(Base::j(condition, places_[to.index].listed));
  const auto code = static_cast<uint32_t>(condition);
  jump(encoding::kJumpIfByte | code, encoding::kJumpIf | code, to);
}

void Assembler::lea(const Gp& to, Label label) {
  if (logger() != nullptr) return void(Base::lea(to, x86::ptr(places_[label.index].listed)));
  if (!make_room()) return;
  Writer w(*this);
  w.rex(true, to.id(), 0, 0);
  w.byte(encoding::kLea);
  w.byte((to.id() & 7) << 3 | 5);  // relative to rip
  use(w, label);
}

void Assembler::embed_distance(Label to, Label from) {
  if (logger() != nullptr) {
    return void(Base::embedLabelDelta(places_[to.index].listed, places_[from.index].listed, 4));
  }
  if (!make_room()) return;
  distances_.push_back({static_cast<uint32_t>(offset()), to, from});
  Writer(*this).dword(0);
}

// An instruction that the caller has encoded (Masm::emit_far). asmjit lists it as bytes.
void Assembler::raw(const uint8_t* bytes, size_t count) {
  if (logger() != nullptr) return void(Base::embed(bytes, count));
  if (!make_room()) return;
  Writer w(*this);
  for (size_t i = 0; i < count; ++i) w.byte(bytes[i]);
}

// --- Forms whose length does not depend on the value

void Assembler::mov_64(const Gp& to, uint64_t bits) {
  if (!ready()) return void(Base::long_().mov(to, bits));
  Writer w(*this);
  w.rex(true, 0, 0, to.id());
  w.byte(encoding::kMovConstant | (to.id() & 7));
  w.qword(bits);
}

void Assembler::cmp_32(const Mem& a, uint32_t bits) {
  if (!plain(a) || !ready()) return void(Base::long_().cmp(a, bits));
  Writer w(*this);
  w.memory(false, 0, encoding::kArithmetic, 7, a);
  w.dword(bits);
}

void Assembler::push_32(uint32_t bits) {
  if (!ready()) return void(Base::long_().push(bits));
  Writer w(*this);
  w.byte(encoding::kPush);
  w.dword(bits);
}

// --- Arithmetic

// An immediate that fits in a byte has a short form. Otherwise rax as destination has a form that is one byte shorter.
void Assembler::arithmetic(uint32_t n, x86::Inst::Id id, const asmjit::Operand_& a, const asmjit::Operand_& b) {
  constexpr uint32_t kToMemory = 1, kToRegister = 3, kAccumulator = 5;
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
    w.memory(wide, 0, is_byte ? encoding::kArithmeticByte : encoding::kArithmetic, n, a.as<Mem>());
  } else if (!is_byte && a.id() == 0) {
    w.rex(wide, 0, 0, 0);
    w.byte(8 * n + kAccumulator);
  } else {
    w.registers(wide, is_byte ? encoding::kArithmeticByte : encoding::kArithmetic, n, a.id());
  }
  if (is_byte) {
    w.byte(static_cast<uint8_t>(bits));
  } else {
    w.dword(bits);
  }
}

}  // namespace mini_wasm::jit::x64
