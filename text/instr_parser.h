// InstrParser: instructions (6.5) to code. Plain instructions are read with the help of opcodes.def: a row gives the
// opcode, and its Imm (immediates.def) the syntax of the immediates. Only block instructions, which have a structured
// text, are handled one by one.
//
// Nesting is kept on an explicit stack, so that its depth costs memory in proportion to the text and no native stack.
// The code of a folded instruction is written when the instruction opens, and is kept aside (`pending_`) until its
// operands have been written.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/opcode.h"
#include "text/assembly.h"
#include "text/cursor.h"
#include "text/type_parser.h"

namespace mini_wasm::text {

class InstrParser {
 public:
  InstrParser(Cursor& in, Assembly& assembly, TypeParser& types) : in_(in), assembly_(assembly), types_(types) {}

  // Parses instr* up to the parenthesis that closes the enclosing form. Does not write an `end`.
  void sequence(Bytes& out);
  // Parses one folded instruction.
  void folded(Bytes& out);

  // --- The function that contains the instructions
  // Clears locals, names and hints.
  void begin_function();
  void bind_local(const Binder& binder);
  NameMap take_local_names() { return std::move(local_names_); }
  NameMap take_label_names() { return std::move(label_names_); }
  // The offsets are relative to the buffer that was passed to `sequence`.
  std::vector<std::pair<uint32_t, uint8_t>> take_hints() { return std::move(hints_); }

 private:
  enum class FrameKind : uint8_t {
    operands,     // (op ...: operands, then op
    block,        // (block ...
    if_operands,  // (if ...: operands before (then
    then_body,
    then_done,  // between (then ...) and (else
    else_body,
    else_done,
    try_start,  // (try ...: before (do
    do_body,
    do_done,
    catch_body,
    catch_done,  // other clauses may follow
    catch_all_body,
    catch_all_done,
    delegated,  // after (delegate l): nothing may follow
    flat,       // block ... end
  };
  struct Label {
    std::string_view id;    // empty: none
    std::string_view name;  // for the name section
  };
  struct Frame {
    FrameKind kind;
    Op op = Op::nop;              // flat: block, loop, if_, else_, try_, catch_, catch_all, try_table
    size_t pending = 0;           // operands, if_operands: where its code in pending_ begins
    Label label;                  // if_operands: becomes valid at (then
    std::optional<uint8_t> hint;  // the same
  };

  // --- Structure: instr_parser.cc
  void step();
  void open_form();
  void open_folded();
  bool open_clause(Frame& frame);
  void open_do(Frame& frame);
  void open_catch(Frame& frame, Op op);
  void open_delegate(Frame& frame);
  void close_form();
  void close_block();
  void flat_instruction();
  void flat_block(Op op);
  void flat_end();
  void flat_else();
  void flat_catch(Op op);
  void flat_delegate();
  bool in_body() const;
  // Writes opcode, block type and catch clauses.
  void block_header(Op op, Bytes& sink);
  void catch_clauses(Bytes& sink);
  Label accept_label();
  void check_label();
  void push_label(const Label& label);
  void pop_label();
  void emit_pending(const Frame& frame);
  void accept_hint();
  std::optional<uint8_t> take_hint(Op op);
  void record_hint(std::optional<uint8_t> hint);

  // --- Plain instructions: immediates.cc
  void plain(Op op, Bytes& sink);
  void immediate(Op op, Bytes& sink);
  void select(Bytes& sink);
  void reference_cast(Op op, Bytes& sink);
  void branch_on_cast(Bytes& sink);
  void label_table(Bytes& sink);
  void target_first(ImmPart first, ImmPart second, const OpInfo& info, Bytes& sink);
  void part(ImmPart part, const OpInfo& info, uint32_t& before, Bytes& sink);
  void vector(Bytes& sink);
  void memarg(const OpInfo& info, Bytes& sink);
  uint64_t alignment(const OpInfo& info);
  // The number after "offset=" or "align=", if that is the next token.
  std::optional<uint64_t> accept_assignment(std::string_view word);
  void memarg_lane(const OpInfo& info, Bytes& sink);
  uint32_t field(uint32_t type);
  void shuffle(Bytes& sink);
  uint32_t label();
  uint32_t local();

  Cursor& in_;
  Assembly& assembly_;
  TypeParser& types_;
  Bytes* out_ = nullptr;
  Bytes pending_;
  std::vector<Frame> frames_;
  std::vector<std::string_view> labels_;  // of the open blocks, outermost first; empty: no id
  std::unordered_map<std::string_view, std::vector<uint32_t>> label_depths_;  // indices in labels_
  std::unordered_map<std::string_view, uint32_t> locals_;
  NameMap local_names_;
  NameMap label_names_;
  uint32_t label_count_ = 0;     // in the function so far
  std::optional<uint8_t> hint_;  // for the next instruction
  std::vector<std::pair<uint32_t, uint8_t>> hints_;
};

void write_op(Bytes& out, Op op);

}  // namespace mini_wasm::text
