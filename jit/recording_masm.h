// RecordingMasm: a macro assembler for a CPU that does not exist. It records each instruction that the portable
// compiler asks for as a line of text, and each violation of the contract (macro_assembler.h). For tests of the
// compiler alone.
//
// The CPU is unlike x86-64 on purpose, so that the compiler cannot rely on properties of x86-64:
//
//   registers   32 in each bank, x0 to x31 and v0 to v31; many survive calls, also some of the v registers, but of
//               those a call keeps the lower half only
//   calls       leave the return address in a link register, which `enter` must save before the next call
//   operands    registers and immediates of 12 bits; nothing in memory, no floating-point constants
//   branches    conditional ones reach kReach instructions; RecordingMasm adds jumps to labels that are further away
//
// Slots are called s0, s1, ...
//
// It follows registers in the order of the code, up to the next label: which have been destroyed, which are the
// caller's, and which contain half of a vector. Loops are checked over the whole function.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <vector>

#include "jit/macro_assembler.h"

namespace mini_wasm::jit {

class RecordingSelector;

// A base class, because a static constexpr member can only be initialized with functions of a class that is complete.
struct RecordingRegisters {
  static constexpr Reg x(uint8_t n) { return {Bank::ints, n}; }
  static constexpr Reg v(uint8_t n) { return {Bank::floats, n}; }
};

class RecordingMasm : RecordingRegisters {
 public:
  struct Label {
    uint32_t number = ~0u;
  };
  struct Test {
    std::string text;
    Test operator!() const { return {"not " + text}; }
  };
  using Address = std::string;

  static constexpr std::array kPins = {x(19), x(20), x(21), x(22), x(23), x(24),
                                       x(25), x(26), x(9),  x(10), x(11), x(12)};
  static constexpr std::array kFloatPins = {v(8), v(9), v(10), v(11), v(24), v(25), v(26), v(27), v(28), v(29)};
  static constexpr RegSet kSurvivesCalls{x(19), x(20), x(21), x(22), x(23), x(24),
                                         x(25), x(26), v(8),  v(9),  v(10), v(11)};
  static constexpr std::array kIntArguments = {x(0), x(1), x(2), x(3), x(4), x(5), x(6), x(7)};
  static constexpr std::array kFloatArguments = {v(0), v(1), v(2), v(3), v(4), v(5), v(6), v(7)};
  static constexpr RegSet kTemps = RegSet(kIntArguments) | RegSet(kFloatArguments) |
                                   RegSet(x(8), x(9), x(10), x(11), x(12), v(24), v(25), v(26), v(27), v(28), v(29));
  static constexpr RegSet kFewTemps = RegSet(kIntArguments) | RegSet(kFloatArguments) | RegSet(x(8));
  static constexpr Reg kCallee = x(8);
  static constexpr RegisterBudget::ConstantWeight kConstantWeight = nullptr;
  static constexpr Reg result(Scalar type) { return is_int(type) ? x(0) : v(0); }
  static constexpr Reg scratch(Scalar type) { return is_int(type) ? x(16) : v(31); }
  static constexpr bool kReadsSlots = false, kPoolsFloats = false, kReadsMemory = false;
  static constexpr uint32_t kMostIndex = 100;
  static constexpr int64_t kImmediates = 1 << 12;
  // Immediates: 0 to 4095 for sums and comparisons, -2048 to 2047 for and, or, xor, all counts for shifts, 0 for
  // stores.
  static constexpr bool fits(Op op, int64_t imm) {
    switch (op) {
      case Op::i32_add:
      case Op::i64_add:
      case Op::i32_sub:
      case Op::i64_sub: return imm >= 0 && imm < kImmediates;
      case Op::i32_and:
      case Op::i64_and:
      case Op::i32_or:
      case Op::i64_or:
      case Op::i32_xor:
      case Op::i64_xor: return imm >= -kImmediates / 2 && imm < kImmediates / 2;
      case Op::i32_shl:
      case Op::i64_shl:
      case Op::i32_shr_s:
      case Op::i64_shr_s:
      case Op::i32_shr_u:
      case Op::i64_shr_u: return true;
      default:
        if (is_comparison(op)) return imm >= 0 && imm < kImmediates;
        return imm == 0 && (op_info(op).cls == OpClass::store || op == Op::table_set);
    }
  }

  // The instructions, in order, and descriptions of the requests that break the contract.
  std::vector<std::string> lines, violations;

  // --- A function
  void begin(NativeCode&) {
    lines.clear();
    labels_.clear();
    short_branches_.clear();
    pending_ = 0;
    state_ = State::outside;
    lost_ = halved_ = saved_ = {};
    saves_ = owns_saved_ = false;
    pieces_.assign(1, {});
    targets_.clear();
    here_ = 0;
  }
  void begin_register_entry() { line("register entry"); }
  void end();
  bool failed() const { return false; }
  uint32_t here() const { return here_; }
  void note_site(uint32_t) {}
  uint32_t offset_of(Label label) const { return labels_[label.number]; }
  void enter() {
    state_ = State::inside;
    owns_saved_ = false;
    line("enter");
  }
  void leave() {
    require(state_ == State::inside, "leaves what has not been entered");
    line("leave");
    state_ = State::left;
  }
  void ret() { go_out("return"); }
  void save(RegSet registers, uint16_t slot) {
    require(detail::contains(kSurvivesCalls, registers), "saves a register that calls destroy");
    require(!saves_ || (saved_ == registers && link_ == slot), "not the same is saved as at the other entry");
    saves_ = owns_saved_ = true;
    saved_ = registers;
    link_ = slot;
    for (Reg reg : registers) line(name(slot++), "=", used(reg));
  }
  void restore(RegSet registers, uint16_t slot) {
    require(registers == saved_ && slot == link_, "not the same is restored as was saved");
    for (Reg reg : registers) line(used(reg), "=", name(slot++));
    owns_saved_ = false;
  }
  void check_stack(uint32_t slots, uint32_t) { line("check stack", slots); }
  void charge(int32_t units, bool checks, uint32_t) { line("charge", units, checks ? "and check" : ""); }
  void check_interrupt(uint32_t) { pieces_.push_back({.checks = true, .ends = false, .targets = {}}); }

  // --- Moves
  void move(Scalar type, Reg to, Reg from) {
    const std::string source = read(type, from), target = used(type, to);
    if (to != from) line(target, "=", source);
  }
  void constant(Scalar type, Reg to, uint64_t bits) { line(used(type, to), "=", number(bits)); }
  void v128_constant(Reg to, const uint8_t*) { line(used(Scalar::v128, to), "= vector"); }
  void load_slot(Scalar type, Reg to, uint16_t slot) { line(used(type, to), "=", name(slot)); }
  void store_slot(Scalar type, uint16_t slot, Reg from) {
    write_slots(slot, slots_of(type));
    line(name(slot), "=", read(type, from));
  }
  // The CPU has a register that is always 0, so it can store this constant alone.
  bool store_constant(Scalar type, uint16_t slot, uint64_t bits) {
    if (type == Scalar::v128 || bits != 0) return false;
    write_slots(slot, 1);
    line(name(slot), "= 0");
    return true;
  }
  void copy_slots(uint16_t to, uint16_t from, uint16_t count) {
    if (to == from || count == 0) return;
    write_slots(to, count);
    line("copy", count, "from", name(from), "to", name(to));
    lose(kTemps - RegSet(kPins) - RegSet(kFloatPins) - RegSet(kCallee));
  }
  void zero_slots(uint16_t first, uint16_t count) {
    write_slots(first, count);
    line("zero", count, "from", name(first));
  }
  void load_operand(Scalar, Reg, const Operand&) { violation("an operand that is no register"); }
  void load_global(Scalar type, Reg to, uint32_t global) { line(used(type, to), "= global", global); }
  void store_global(Scalar type, uint32_t global, Reg from) { line("global", global, "=", read(type, from)); }
  void load_func(Reg to, uint32_t func) { line(used(Scalar::i64, to), "= func", func); }

  // --- Numbers
  bool numeric(Compiler<RecordingMasm>& c, Op op);
  void simd_lane(Compiler<RecordingMasm>& c, Op op, uint8_t) { numeric(c, op); }
  void shuffle(Compiler<RecordingMasm>& c, const uint8_t*) { numeric(c, Op::i8x16_shuffle); }
  bool atomic(Compiler<RecordingMasm>& c, Op op, const MemArg& memarg);
  void fence() { line("fence"); }
  Test compare(Op op, Reg a, Operand b) {
    return {std::string(op_info(op).text) + " " + read(param_type(op, 0), a) + " " + read(op, 1, b)};
  }
  Test test(Operand a) { return {read_register(Scalar::i32, a)}; }
  void set(const Test& test, Reg to) { line(used(Scalar::i32, to), "= (" + test.text + ")"); }
  void select(const Test& test, Scalar type, Reg to, Reg then, Reg otherwise) {
    const std::string values = read(type, then) + " : " + read(type, otherwise);
    line(used(type, to), "= (" + test.text + ") ?", values);
  }

  // --- Control
  Label new_label() {
    labels_.push_back(kUnbound);
    piece_of_.resize(labels_.size());
    return {static_cast<uint32_t>(labels_.size() - 1)};
  }
  void bind(Label label) {
    require(labels_[label.number] == kUnbound, "a label is bound twice");
    line(name(label) + ":");
    labels_[label.number] = here_;
    piece_of_[label.number] = static_cast<uint32_t>(pieces_.size());
    pieces_.emplace_back();
    lost_ = halved_ = {};                                  // which way the code has come is not known here
    if (state_ == State::outside) state_ = State::inside;  // branches to the label come from code that has entered
    owns_saved_ = saves_;                                  // and has saved
  }
  void jump(Label label) {
    go_to(label);
    end_of_path("jump " + name(label));
  }
  void jump_if(const Test& test, bool sense, Label label) {
    line(sense ? "if" : "unless", "(" + test.text + ") jump", name(label));
    pieces_.back().targets.push_back(label.number);
    short_branches_.push_back({here_, label, kNowhere});
  }
  void br_table(Reg index, const std::vector<Label>& targets) {
    std::string text = "jump " + used(Scalar::i32, index) + " of";
    for (Label target : targets) text += " " + name(target);
    for (Label target : targets) go_to(target);
    end_of_path(text);
  }
  void trap(TrapCode, uint32_t) { end_of_path("trap"); }
  void trap_if_null(Operand o, TrapCode, uint32_t) { line("trap if null", read_register(Scalar::i64, o)); }
  void trap_if_not(const Test& test, TrapCode, uint32_t) { line("trap unless (" + test.text + ")"); }
  void call_function(uint32_t index, uint16_t frame, uint32_t) { call("call function " + text(index), frame); }
  void jump_function(uint32_t index) { go_out("jump function " + text(index)); }
  void call_import(uint16_t frame, uint32_t) { call("call import", frame); }
  void call_callee(const FuncType&, uint16_t frame, uint32_t) { call("call " + name(kCallee), frame); }
  void jump_callee() { go_out("jump " + name(kCallee)); }
  void load_table_callee(uint32_t table, uint32_t, uint32_t) { line(name(kCallee), "= callee of table", table); }
  void call_runtime(RuntimeCall function, uint16_t operands, uint64_t, uint64_t, uint32_t,
                    const runtime::gc::TypeLayout*) {
    require(function != nullptr, "a call of nothing");
    call("runtime", operands);
    if (function == &call_throw || function == &call_throw_ref) end_of_path("never returns");
  }

  // --- Memories, tables and objects
  static uint32_t access_bytes(Op op) { return uint32_t{1} << op_info(op).access_log2; }
  Address guarded_address(Reg index, uint32_t, uint64_t offset) {
    return "[" + (index.valid() ? address(index) + "+" : "") + number(offset) + "]";
  }
  Address checked_address(Reg index, Reg temp, bool, uint32_t, uint64_t offset, uint32_t, uint32_t) {
    line(address(temp), "= check", address(index), number(offset));
    return "[" + address(index) + "+" + number(offset) + "]";
  }
  void check_alignment(Reg index, bool, uint64_t, uint32_t, uint32_t) { line("check alignment", address(index)); }
  void load(Op op, Reg to, const Address& from, uint32_t) { line(used(result_type(op, 0), to), "=", from); }
  void store(Op op, const Address& to, Operand value, uint32_t) { line(to, "=", read(op, 1, value)); }
  void load_lane(Op, Reg to, const Address& from, uint8_t, uint32_t) { line(read(Scalar::v128, to), "= lane", from); }
  void store_lane(Op, const Address& to, Reg from, uint8_t, uint32_t) { line(to, "= lane", read(Scalar::v128, from)); }
  void memory_size(Reg to, uint32_t, uint8_t) { line(address(to), "= memory.size"); }
  void table_get(Reg to, Reg index, uint32_t, uint32_t) { line(address(to), "= table", address(index)); }
  void table_set(uint32_t, Reg index, Operand value, uint32_t) {
    const bool is_imm = value.kind == Operand::Kind::imm;
    line("table", address(index), "=", is_imm ? read_imm(Op::table_set, value) : read_register(Scalar::i64, value));
  }
  void table_size(Reg to, uint32_t) { line(address(to), "= table.size"); }
  Address field(Reg object, uint32_t offset) { return "[" + address(object) + "+" + number(offset) + "]"; }
  Address element(Reg array, Operand index, uint32_t, uint32_t) {
    if (index.kind != Operand::Kind::imm) return address(array) + "[" + read_register(Scalar::i32, index) + "]";
    require(index.imm >= 0 && index.imm <= kMostIndex, "an index that is too large");
    return address(array) + "[" + number(static_cast<uint64_t>(index.imm)) + "]";
  }
  void array_length(Reg to, Reg array) { line(address(to), "= length", address(array)); }
  void allocate(Reg to, Operand length, Reg temp, const runtime::gc::TypeLayout&, uint16_t, uint32_t) {
    if (length.kind != Operand::Kind::imm) {
      require(temp.valid() && temp != to && !length.is(temp), "no temporary of its own");
      read_register(Scalar::i32, length);
    }
    require(!length.is(to), "the length is overwritten");
    call_from(state_ == State::inside);
    line(address(to), "= new");
  }
  void ref_i31(Reg to, Reg from) { line(address(to), "= i31", address(from)); }
  void i31_get(bool, Reg to, Reg from) { line(address(to), "= of i31", address(from)); }
  Test test_cast(Reg reference, runtime::gc::CastTarget, bool) { return {"cast " + address(reference)}; }

 private:
  friend class RecordingSelector;
  // Where the next instruction is: before `enter`, behind it, or behind `leave`.
  enum class State : uint8_t { outside, inside, left };
  static constexpr uint32_t kUnbound = ~0u, kNowhere = ~0u;
  static constexpr uint32_t kReach = 64;  // instructions
  // A conditional branch. When its label is too far away, it leads to a jump nearby, which leads to the label (a
  // veneer).
  struct ShortBranch {
    uint32_t at;
    Label to;
    uint32_t jump;
  };

  static std::string number(uint64_t n) { return std::to_string(static_cast<int64_t>(n)); }
  static std::string name(Reg reg) { return (reg.is_float() ? "v" : "x") + std::to_string(reg.number()); }
  static std::string name(uint16_t slot) { return "s" + std::to_string(slot); }
  static std::string name(Label label) { return "L" + std::to_string(label.number); }
  static std::string text(const std::string& word) { return word; }
  static std::string text(uint64_t n) { return std::to_string(n); }

  void violation(const std::string& what) {
    violations.push_back(what + (lines.empty() ? "" : ", behind: " + lines.back()));
  }
  void require(bool holds, const char* otherwise) {
    if (!holds) violation(otherwise);
  }
  void record(const std::vector<Reg>& to, Op op, const std::string& operands) {
    std::string results;
    for (size_t i = 0; i < to.size(); ++i) results += used(result_type(op, i), to[i]) + " ";
    line(results + (to.empty() ? "" : "= ") + std::string(op_info(op).text), operands);
  }
  std::string used(Reg reg) {
    constexpr RegSet kAll = kTemps | RegSet(kPins) | RegSet(kFloatPins) | RegSet(x(16), v(31));
    require(reg.valid() && kAll.has(reg), "a register that is not the compiler's");
    return reg.valid() ? name(reg) : "?";
  }
  // A register that contains a value of this type, or gets one.
  std::string used(Scalar type, Reg reg) {
    require(reg.is_float() == !is_int(type), "a register of the other bank");
    return used(reg);
  }
  // An address, an index, a reference or a size.
  std::string address(Reg reg) { return used(Scalar::i64, reg); }
  // A register whose value of this type is read.
  std::string read(Scalar type, Reg reg) {
    require(type != Scalar::v128 || !halved_.has(reg), "a vector of which a call has left one half");
    return used(type, reg);
  }
  std::string read_register(Scalar type, const Operand& o) {
    require(o.kind == Operand::Kind::reg, "an operand that is no register");
    return read(type, o.reg);
  }
  std::string read_imm(Op op, const Operand& o) {
    require(fits(op, o.imm), "an immediate that does not fit");
    return std::to_string(o.imm);
  }
  // The operand with this number of a numeric instruction, a comparison or a store.
  std::string read(Op op, size_t number, const Operand& o) {
    return o.kind == Operand::Kind::imm ? read_imm(op, o) : read_register(param_type(op, number), o);
  }
  static Scalar param_type(Op op, size_t number) { return scalar(op_info(op).params[number]); }
  static Scalar result_type(Op op, size_t number) { return scalar(op_info(op).results[number]); }

  void write_slots(uint16_t first, uint32_t count) {
    const uint32_t link_end = static_cast<uint32_t>(link_ + saved_.size());
    require(!owns_saved_ || first + count <= link_ || first >= link_end, "a saved register is overwritten in its slot");
  }

  // A call overwrites the link register, so that must have been saved.
  void call_from(bool entered) { require(entered, "a call without a saved return address"); }
  void call(const std::string& what, uint16_t frame) {
    call_from(state_ == State::inside);
    require(frame >= link_ + saved_.size(), "a callee's frame that begins below the end of the link slots");
    line(what, "at", name(frame));
    halved_ = kSurvivesCalls & RegSet::all(Bank::floats);
    lose((kTemps | RegSet(kPins) | RegSet(kFloatPins)) - kSurvivesCalls - RegSet(x(0), v(0)));
  }
  // A return, or a jump to another function.
  void go_out(const std::string& where) {
    require(state_ == State::left, "the return address has not been restored");
    require(!owns_saved_, "the caller's registers have not been restored");
    state_ = State::inside;
    end_of_path(where);
  }

  template <class... Words>
  void line(const Words&... words) {
    require(state_ != State::left, "instructions behind `leave`");
    if (short_of_reach()) plant_jumps();
    std::string all;
    ((all += (all.empty() ? "" : " ") + text(words)), ...);
    check_reads(all);
    lines.push_back(all);
    ++here_;
  }
  // An instruction behind which code does not go on, but at the next label. Before that there may be code that nothing
  // leads to.
  void end_of_path(const std::string& what) {
    line(what);
    lost_ = halved_ = {};
    owns_saved_ = saves_;
    pieces_.back().ends = true;
    pieces_.emplace_back();
  }
  void go_to(Label label) {
    targets_.push_back(label.number);
    pieces_.back().targets.push_back(label.number);
  }
  // These registers have been destroyed: nothing may read them before they are written again.
  void lose(RegSet registers) { lost_ = lost_ | registers; }
  // Of a line "REGISTERS = ...", those registers are written and all others are read; of other lines all are read.
  void check_reads(const std::string& all) {
    const size_t equals = all.find(" =");
    const bool writes = equals != all.npos && all.find_first_not_of("xv0123456789 ") >= equals;
    each_register(all, writes ? equals : 0, all.size(), [&](Reg reg) {
      if (lost_.has(reg)) violation("a register is read that has been destroyed: " + all);
      check_owner(reg, all);
    });
    if (!writes) return;
    each_register(all, 0, equals, [&](Reg reg) {
      lost_.remove(reg);
      halved_.remove(reg);
      check_owner(reg, all);
    });
  }
  // A register that survives calls is the caller's before it is saved and after it is restored.
  void check_owner(Reg reg, const std::string& all) {
    const bool owns = !kSurvivesCalls.has(reg) || (owns_saved_ && saved_.has(reg));
    if (!owns) violation("a register of the caller is used: " + all);
  }
  template <class Visit>
  static void each_register(const std::string& all, size_t begin, size_t end, Visit visit) {
    const auto in_word = [&](size_t i) { return i < end && std::isalnum(static_cast<unsigned char>(all[i])) != 0; };
    for (size_t i = begin; i < end;) {
      size_t behind = i;
      while (in_word(behind)) ++behind;
      const std::string word = all.substr(i, behind - i);
      if (word.size() > 1 && (word[0] == 'x' || word[0] == 'v') &&
          word.find_first_not_of("0123456789", 1) == word.npos) {
        const int number = std::stoi(word.substr(1));
        // "v128" begins the name of an instruction.
        if (number < Reg::kPerBank)
          visit(Reg(word[0] == 'x' ? Bank::ints : Bank::floats, static_cast<uint8_t>(number)));
      }
      i = behind + 1;
    }
  }
  // Whether there are branches whose labels are too far away, or not bound yet. Skips those that need no jump any more.
  bool waits() {
    while (pending_ < short_branches_.size() && is_near(short_branches_[pending_])) ++pending_;
    return pending_ < short_branches_.size();
  }
  // Whether the oldest of these branches needs its jump now, so that the jump is still within its reach.
  bool short_of_reach() {
    if (!waits()) return false;
    const auto waiting = static_cast<uint32_t>(short_branches_.size() - pending_);
    return here_ + waiting + 2 >= short_branches_[pending_].at + kReach;
  }
  bool is_near(const ShortBranch& branch) const {
    const uint32_t to = labels_[branch.to.number];
    return to != kUnbound && distance(branch.at, to) <= kReach;
  }
  static uint32_t distance(uint32_t a, uint32_t b) { return std::max(a, b) - std::min(a, b); }
  // Adds a jump for each branch that waits, and before them one that leads over them. They are counted in here_ but are
  // not in `lines`.
  void plant_jumps() {
    ++here_;
    for (; pending_ < short_branches_.size(); ++pending_) short_branches_[pending_].jump = here_++;
  }

  // A piece of code that begins at a label, at check_interrupt, or where a path has ended; up to the next one.
  struct Piece {
    bool checks = false;            // whether it begins with check_interrupt
    bool ends = false;              // whether code does not go on to the next piece
    std::vector<uint32_t> targets;  // the labels that it jumps to
  };
  bool loops_check() const;

  std::vector<Piece> pieces_;
  std::vector<uint32_t> piece_of_;  // by label
  std::vector<uint32_t> labels_;    // by number: position, or kUnbound
  std::vector<uint32_t> targets_;   // labels that jumps go to
  std::vector<ShortBranch> short_branches_;
  size_t pending_ = 0;  // branches with a lower index are near their labels, or have a jump
  State state_ = State::outside;
  RegSet lost_;    // destroyed since they were written
  RegSet halved_;  // of these a call has kept the lower 8 bytes only
  // The registers that survive calls and are saved in the slots from link_ on; and whether the function may use them
  // here.
  RegSet saved_;
  uint16_t link_ = 0;
  bool saves_ = false, owns_saved_ = false;
  uint32_t here_ = 0;  // number of instructions so far, including the added jumps
};

// Whether every way that leads from a piece of code back to it comes to a check_interrupt: all pieces that begin without
// one can be put in an order in which each comes before those that follow it.
inline bool RecordingMasm::loops_check() const {
  const auto each_next = [&](size_t i, auto visit) {
    for (uint32_t label : pieces_[i].targets) {
      if (!pieces_[piece_of_[label]].checks) visit(piece_of_[label]);
    }
    if (!pieces_[i].ends && i + 1 < pieces_.size() && !pieces_[i + 1].checks) visit(i + 1);
  };
  std::vector<uint32_t> entries(pieces_.size());  // from pieces that are not in the order yet
  std::vector<size_t> order;
  for (size_t i = 0; i < pieces_.size(); ++i) {
    if (!pieces_[i].checks) each_next(i, [&](size_t next) { ++entries[next]; });
  }
  size_t without = 0;
  for (size_t i = 0; i < pieces_.size(); ++i) {
    if (pieces_[i].checks) continue;
    ++without;
    if (entries[i] == 0) order.push_back(i);
  }
  for (size_t i = 0; i < order.size(); ++i) {
    each_next(order[i], [&](size_t next) {
      if (--entries[next] == 0) order.push_back(next);
    });
  }
  return order.size() == without;
}

inline void RecordingMasm::end() {
  const size_t known = violations.size();
  for (uint32_t target : targets_) require(labels_[target] != kUnbound, "a jump to a label that is not bound");
  if (waits()) plant_jumps();
  for (const ShortBranch& branch : short_branches_) {
    require(labels_[branch.to.number] != kUnbound, "a label that is not bound");
    const uint32_t to = branch.jump != kNowhere ? branch.jump : labels_[branch.to.number];
    require(distance(branch.at, to) <= kReach, "a branch that does not reach");
  }
  if (violations.size() == known) require(loops_check(), "a loop without check_interrupt");
}

}  // namespace mini_wasm::jit

#include "jit/shapes.h"

namespace mini_wasm::jit {

static_assert(MacroAssembler<RecordingMasm>);

// Selects one machine instruction for each WebAssembly instruction. Its line has the results, the name and the
// operands.
class RecordingSelector : Shapes<RecordingMasm> {
 public:
  using Shapes::Shapes;

  void select() {
    const OpInfo& info = op_info(op_);
    if (info.result_count != 1 || info.param_count == 0 || info.param_count > 2) return general();
    const Scalar to_type = scalar(info.results[0]);
    if (info.param_count == 1) {
      return unary(to_type,
                   [&](Reg to, Reg from) { m.record({to}, op_, m.read(RecordingMasm::param_type(op_, 0), from)); });
    }
    if (scalar(info.params[0]) != to_type) return general();
    Pair pair = pop_pair(commutes());
    three_address(to_type, pair, [&](Reg to, Reg left, Operand right) {
      m.record({to}, op_, m.read(to_type, left) + " " + m.read(op_, 1, right));
    });
  }

  // An atomic access. The register of its last operand is one that may be written, as an exchange instruction does.
  void select_atomic(const MemArg& memarg) {
    const OpInfo& info = op_info(op_);
    Value expected, value, index;
    if (info.param_count > 1) value = c.pop();
    if (info.param_count > 2) expected = c.pop();
    index = c.pop();
    std::string operands = info.param_count > 1 ? " " + m.used(value.type, c.own(value)) : "";
    if (info.param_count > 2) operands += " " + m.used(expected.type, c.use(expected));
    c.use_index(index, memarg.memory);
    const RecordingMasm::Address at = c.atomic_address(index, memarg, RecordingMasm::access_bytes(op_));
    std::vector<Reg> results;
    if (info.result_count != 0) results.push_back(c.take(scalar(info.results[0])));
    m.record(results, op_, at + operands);
    for (const Value& operand : {expected, value, index}) c.release(operand);
    if (!results.empty()) c.push_reg(scalar(info.results[0]), results[0]);
  }

 private:
  bool commutes() const {
    switch (op_) {
      case Op::i32_add:
      case Op::i64_add:
      case Op::i32_and:
      case Op::i64_and:
      case Op::i32_xor: return true;
      default: return false;
    }
  }
  // Any number of operands; the results are in registers that are not those of operands.
  void general() {
    const OpInfo& info = op_info(op_);
    Value operands[4];
    for (int i = info.param_count; i-- > 0;) operands[i] = c.pop();
    std::string text;
    for (int i = 0; i < info.param_count; ++i) {
      const Scalar type = RecordingMasm::param_type(op_, static_cast<size_t>(i));
      text += (i == 0 ? "" : " ") + m.read(type, c.use(operands[i]));
    }
    std::vector<Reg> results;
    for (int i = 0; i < info.result_count; ++i) results.push_back(c.take(scalar(info.results[i])));
    m.record(results, op_, text);
    for (int i = 0; i < info.param_count; ++i) c.release(operands[i]);
    for (int i = 0; i < info.result_count; ++i) c.push_reg(scalar(info.results[i]), results[i]);
  }
};

inline bool RecordingMasm::numeric(Compiler<RecordingMasm>& c, Op op) {
  RecordingSelector(c, *this, op).select();
  return true;
}

inline bool RecordingMasm::atomic(Compiler<RecordingMasm>& c, Op op, const MemArg& memarg) {
  if (op_info(op).cls == OpClass::atomic_wait || op_info(op).cls == OpClass::atomic_notify) return false;
  RecordingSelector(c, *this, op).select_atomic(memarg);
  return true;
}

}  // namespace mini_wasm::jit
