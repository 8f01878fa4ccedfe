// A CPU that is none: what the portable compiler asks of its Masm, one line of text each. For tests of the compiler
// alone (compiler_test.cc), and the shortest list of what a new CPU's Masm must have.
//
// It has eight registers for values (a0 to a3 are arguments, a0 also the result), seven for pinned locals, of which the
// first three survive calls, and as many for floating point. Slots are s0, s1, ...
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "core/immediates.h"
#include "core/opcode.h"
#include "jit/native_code.h"
#include "jit/runtime_calls.h"
#include "jit/value.h"
#include "runtime/gc/ops.h"

namespace mini_wasm::jit {

template <class Masm>
class Compiler;

// Values, pinned locals, floating point.
struct RecordingRegisters {
  static constexpr Reg a(uint8_t n) { return {Bank::ints, n}; }
  static constexpr Reg p(uint8_t n) { return {Bank::ints, static_cast<uint8_t>(8 + n)}; }
  static constexpr Reg f(uint8_t n) { return {Bank::floats, n}; }
};

class RecordingMasm : RecordingRegisters {
 public:
  struct Label {
    int number = -1;
  };
  struct Test {
    std::string text;
    Test operator!() const { return {"not " + text}; }
  };
  using Address = std::string;

  static constexpr RegSet kTemps{a(0), a(1), a(2), a(3), a(4), a(5), a(6), a(7), f(0), f(1), f(2), f(3), f(4), f(5)};
  static constexpr RegSet kFewTemps{a(0), a(1), a(2), a(3), f(0), f(1), f(2)};
  static constexpr std::array kPins = {p(0), p(1), p(2), p(3), p(4), p(5), p(6)};
  static constexpr std::array kFloatPins = {f(6), f(7), f(8), f(9), f(10), f(11), f(12), f(13), f(14)};
  static constexpr std::array kIntArguments = {a(0), a(1), a(2), a(3)};
  static constexpr std::array kFloatArguments = {f(0), f(1)};
  static constexpr RegSet kSurvivesCalls{p(0), p(1), p(2)};
  static constexpr Reg kCallee = a(7);
  static constexpr Reg result(Scalar type) { return is_int(type) ? a(0) : f(0); }
  static constexpr Reg scratch(Scalar type) { return is_int(type) ? p(7) : f(15); }
  static constexpr uint32_t kMostIndex = 100;
  static constexpr bool kPoolsFloats = false, kReadsMemory = true;
  static bool takes_memory(Op load, uint8_t next, uint8_t) {
    return load == Op::i32_load && next == op_info(Op::i32_add).code;
  }

  // What has been asked for, in order.
  std::vector<std::string> lines;

  // --- One function
  void begin(NativeCode& code) {
    lines.clear();
    labels_ = 0;
    code_ = &code;
  }
  void begin_register_entry() { line("register entry"); }
  void end() {}
  bool failed() const { return false; }
  uint32_t here() const { return static_cast<uint32_t>(lines.size()); }
  void note_site(uint32_t) {}
  uint32_t offset_of(Label) const { return 0; }

  // --- Moves
  void move(Scalar, Reg to, Reg from) {
    if (!(to == from)) line(name(to), "=", name(from));
  }
  void constant(Scalar, Reg to, uint64_t bits) { line(name(to), "=", number(bits)); }
  void v128_constant(Reg to, const uint8_t*) { line(name(to), "= vector"); }
  void load_slot(Scalar, Reg to, uint16_t slot) { line(name(to), "=", name(slot)); }
  void load_operand(Scalar, Reg to, Operand from) { line(name(to), "=", name(from)); }
  void store_slot(Scalar, uint16_t slot, Reg from) { line(name(slot), "=", name(from)); }
  bool store_constant(Scalar type, uint16_t slot, uint64_t bits) {
    if (type == Scalar::v128) return false;
    line(name(slot), "=", number(bits));
    return true;
  }
  void copy_slots(uint16_t to, uint16_t from, uint16_t count) {
    if (to != from && count != 0) line("copy", count, "from", name(from), "to", name(to));
  }
  void zero_slots(uint16_t first, uint16_t count) { line("zero", count, "from", name(first)); }
  void load_global(Scalar, Reg to, uint32_t global) { line(name(to), "= global", global); }
  void store_global(Scalar, uint32_t global, Reg from) { line("global", global, "=", name(from)); }
  void load_func(Reg to, uint32_t func) { line(name(to), "= func", func); }

  // --- Numeric: everything of one or two operands, but no vectors
  bool numeric(Compiler<RecordingMasm>& c, Op op);
  Test compare(Op op, Reg a, Operand b) { return {std::string(op_info(op).text) + " " + name(a) + " " + name(b)}; }
  Test test(Operand a) { return {name(a)}; }
  void set(const Test& test, Reg to) { line(name(to), "= (" + test.text + ")"); }
  void select(const Test& test, Scalar, Reg to, Reg otherwise) {
    line("unless (" + test.text + ")", name(to), "=", name(otherwise));
  }
  void simd_lane(Compiler<RecordingMasm>&, Op, uint8_t) {}
  void shuffle(Compiler<RecordingMasm>&, const uint8_t*) {}

  // --- Control
  Label new_label() { return {labels_++}; }
  void bind(Label label) { line(name(label) + ":"); }
  void jump(Label label) { line("jump", name(label)); }
  void jump_if(const Test& test, bool sense, Label label) {
    line(sense ? "if" : "unless", "(" + test.text + ") jump", name(label));
  }
  void br_table(Reg index, const std::vector<Label>& targets) {
    std::string text = "jump " + name(index) + " of";
    for (Label target : targets) text += " " + name(target);
    line(text);
  }
  void trap(TrapCode, uint32_t) { line("trap"); }
  void trap_if_null(Operand o, TrapCode, uint32_t) { line("trap if null", name(o)); }
  void trap_if_not(const Test& test, TrapCode, uint32_t) { line("trap unless (" + test.text + ")"); }
  void check_interrupt(uint32_t) {}
  void check_stack(uint32_t slots, uint32_t) { line("check stack", slots); }
  void save(RegSet registers, uint16_t link) {
    each(registers, [&](Reg r) { line(name(link++), "=", name(r)); });
  }
  void restore(RegSet registers, uint16_t link) {
    each(registers, [&](Reg r) { line(name(r), "=", name(link++)); });
  }
  void ret() { line("return"); }
  void call_function(uint32_t index, uint16_t frame, uint32_t) { line("call function", index, "at", name(frame)); }
  void jump_function(uint32_t index) { line("jump function", index); }
  void call_import(uint16_t frame, uint32_t) { line("call import at", name(frame)); }
  void call_callee(const FuncType&, uint16_t frame, uint32_t) { line("call", name(kCallee), "at", name(frame)); }
  void jump_callee() { line("jump", name(kCallee)); }
  void load_table_callee(uint32_t table, uint32_t, uint32_t) { line(name(kCallee), "= callee of table", table); }
  void call_runtime(RuntimeCall, uint16_t operands, uint64_t, uint64_t, uint32_t, const runtime::gc::TypeLayout*) {
    line("runtime at", name(operands));
  }

  // --- Memory
  static uint32_t access_bytes(Op op) { return uint32_t{1} << op_info(op).access_log2; }
  Address guarded_address(Reg index, uint32_t, uint64_t offset) {
    return "[" + (index.valid() ? name(index) + "+" : "") + number(offset) + "]";
  }
  Address checked_address(Reg index, Reg, bool, uint32_t, uint64_t offset, uint32_t, uint32_t) {
    line("check", name(index), number(offset));
    return "[" + name(index) + "+" + number(offset) + "]";
  }
  void load(Op, Reg to, const Address& from, uint32_t) { line(name(to), "=", from); }
  void store(Op, const Address& to, Operand value, uint32_t) { line(to, "=", name(value)); }
  void load_lane(Op, Reg to, const Address& from, uint8_t, uint32_t) { line(name(to), "= lane", from); }
  void store_lane(Op, const Address& to, Reg from, uint8_t, uint32_t) { line(to, "= lane", name(from)); }
  void memory_size(Reg to, uint32_t, uint8_t) { line(name(to), "= memory.size"); }
  void table_get(Reg to, Reg index, uint32_t, uint32_t) { line(name(to), "= table", name(index)); }
  void table_set(uint32_t, Reg index, Operand value, uint32_t) { line("table", name(index), "=", name(value)); }
  void table_size(Reg to, uint32_t) { line(name(to), "= table.size"); }
  bool atomic(Compiler<RecordingMasm>&, Op, const MemArg&) { return false; }
  void check_alignment(Reg index, bool, uint64_t, uint32_t, uint32_t) { line("check alignment", name(index)); }
  void fence() { line("fence"); }

  // --- Objects
  Address field(Reg object, uint32_t offset) { return "[" + name(object) + "+" + number(offset) + "]"; }
  Address element(Reg array, Operand index, uint32_t, uint32_t) { return name(array) + "[" + name(index) + "]"; }
  void array_length(Reg to, Reg array) { line(name(to), "= length", name(array)); }
  void allocate(Reg to, Operand, Reg, const runtime::gc::TypeLayout&, uint16_t, uint32_t) { line(name(to), "= new"); }
  void ref_i31(Reg to, Reg from) { line(name(to), "= i31", name(from)); }
  void i31_get(bool, Reg to, Reg from) { line(name(to), "= of i31", name(from)); }
  Test test_cast(Reg reference, runtime::gc::CastTarget, bool) { return {"cast " + name(reference)}; }

 private:
  static std::string number(uint64_t n) { return std::to_string(static_cast<int64_t>(n)); }
  static std::string name(Reg reg) {
    if (reg.is_float()) return "f" + std::to_string(reg.number());
    return reg.number() < 8 ? "a" + std::to_string(reg.number()) : "p" + std::to_string(reg.number() - 8);
  }
  static std::string name(uint16_t slot) { return "s" + std::to_string(slot); }
  static std::string name(Label label) { return "L" + std::to_string(label.number); }
  static std::string name(const Operand& o) {
    if (o.kind == Operand::Kind::imm) return std::to_string(o.imm);
    if (o.kind == Operand::Kind::memory) return "[" + name(o.reg) + "+" + std::to_string(o.imm) + "]";
    return o.kind == Operand::Kind::slot ? name(o.slot) : name(o.reg);
  }
  static std::string text(const std::string& word) { return word; }
  static std::string text(uint64_t n) { return std::to_string(n); }
  template <class... Words>
  void line(const Words&... words) {
    std::string all;
    ((all += (all.empty() ? "" : " ") + text(words)), ...);
    lines.push_back(all);
  }
  template <class Visit>
  static void each(RegSet registers, Visit visit) {
    for (Reg reg : kPins) {
      if (registers.has(reg)) visit(reg);
    }
  }

  int labels_ = 0;
  NativeCode* code_ = nullptr;
};

}  // namespace mini_wasm::jit

#include "jit/compiler.h"

namespace mini_wasm::jit {

inline bool RecordingMasm::numeric(Compiler<RecordingMasm>& c, Op op) {
  const OpInfo& info = op_info(op);
  if (has_vectors(info) || info.param_count > 2) return false;
  Value b = info.param_count == 2 ? c.pop() : Value{};
  Value a = c.pop();
  const Reg left = c.use(a);
  const std::string right = info.param_count == 2 ? " " + name(c.operand(b)) : "";
  const Scalar type = scalar(info.results[0]);
  const Reg to = c.target(type, a);
  if (info.param_count == 2) c.release(b);
  line(name(to), "=", std::string(info.text), name(left) + right);
  c.push_reg(type, to);
  return true;
}

}  // namespace mini_wasm::jit
