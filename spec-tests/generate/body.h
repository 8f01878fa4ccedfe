// BodyWriter: writes the code of one function, random and valid by construction. Code is generated from the wanted
// type: `value` adds one value of a type to the stack and changes nothing below it; `statement` leaves the stack as it
// was. Both use up bytes of the source, depth and a budget of instructions. When these are used up, they write the
// smallest possible code.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "spec-tests/generate/module_plan.h"

namespace mini_wasm::generate {

class BodyWriter {
 public:
  BodyWriter(ModulePlan& plan, uint32_t func);
  // The code entry (spec 5.5.13) without its size.
  Code write();

 private:
  struct Local {
    Type type;
    bool set;  // whether it may be read; always true if its type has a default value
    // Contains NaNs with bits of the engine's choice, or counts a loop: only the code that has made it may use it.
    bool private_ = false;
  };
  using Places = std::vector<uint32_t>;

  // --- body.cc: blocks, statements, locals
  // Writes statements, then the values; or a branch to elsewhere, possibly followed by dead code.
  void sequence(const Types& results, int depth);
  void statement(int depth);
  bool leaf(int depth) { return depth <= 0 || budget_ <= 0 || src_.empty(); }
  void fuel_check();
  uint32_t temporary(Type type, bool private_ = false);
  Places readable_locals(Type type) const;
  Places writable_locals(Type type) const;
  void set_local(uint32_t local);
  // Removes the topmost value from the stack: into a local, into the sum, or by dropping it.
  void consume(Type type);
  void add_to_sum(Type type);
  void observe(Type type);  // adds the topmost value to the sum and keeps it on the stack
  void start_locals();
  void sum_locals();
  // Of values with these types on the stack, keeps only the one at `index`.
  void keep(const Types& types, size_t index);
  std::optional<size_t> place_of(const Types& types, Type wanted) const;
  bool set_statement(int depth);
  bool drop_statement(int depth);

  // --- body_control.cc
  class Block;  // opens a block, and closes it at the end of its scope
  void block_type(const Signature& type);
  bool block(const Types& results, int depth);  // block, loop or if
  void loop(const Signature& type, int depth);
  void condition(int depth);
  bool block_value(Type type, int depth);
  bool branching_value(Type type, int depth);  // a br_if that is not taken
  bool select_value(Type type, int depth);
  bool block_statement(int depth);
  bool branch_statement(int depth);
  // Code that ends the sequence: br, br_table, return, unreachable, throw, a tail call.
  void leave(int depth);
  bool br_table(int depth);
  void dead_code(int depth);
  std::vector<uint32_t> labels_like(const Types& types) const;

  // --- body_values.cc
  void value(Type type, int depth);
  void values(const Types& types, int depth);
  LooseNans loose_value(Type type, int depth);
  void canonicalise(LooseNans nans);
  bool op_value(Op op, int depth, LooseNans& nans);
  void operand(Op op, size_t index, int depth, LooseNans& passed);
  bool tame_operand(Op op, size_t index, int depth);
  void op_immediates(Op op, uint32_t memory);
  void small_value(Type type);
  bool variable_value(Type type, int depth);
  bool pair_value(Type type, int depth);

  // --- body_memory.cc
  void address(uint32_t memory, Op op, int depth);
  void memarg(Op op, uint32_t memory);
  void index_value(bool is_64, uint32_t limit, int depth);
  bool load_value(Type type, int depth, LooseNans& nans);
  bool store_statement(int depth);
  bool bulk_memory_statement(int depth);
  Places usable_datas() const;
  Places usable_elems(Type type) const;
  bool size_value(Type type, int depth);  // memory.size, memory.grow, table.size, table.grow
  bool table_statement(int depth);
  bool table_get(Type type, int depth);
  uint32_t random_memory() { return src_.below(plan_.memories.size()); }

  // --- body_calls.cc
  // A function with suitable results. Usually one that does not call this function back, because that would continue
  // until the fuel is used up.
  template <class Fits>
  std::optional<uint32_t> callee(Fits fits);
  bool call_value(Type type, int depth);
  bool call_statement(int depth);
  bool tail_call(int depth);
  // Writes the arguments and a call of the function, either directly or through a reference or a table.
  void call(uint32_t func, bool tail, int depth);
  bool indirect(uint32_t func, bool tail, int depth);

  // --- body_gc.cc
  bool ref_value(Type type, int depth);
  bool allocate(Type type, int depth);
  void new_array(uint32_t index, int depth);
  bool new_array_from_segment(uint32_t index, int depth);
  bool cast_value(Type type, int depth);
  bool null_branch_value(Type type, int depth);
  bool convert_value(Type type, int depth);
  bool function_reference(Type type);
  bool field_value(Type type, int depth);
  bool test_value(int depth);  // an i32 that depends on references
  bool aggregate_statement(int depth);
  bool array_statement(uint32_t index, int depth);
  bool array_init(uint32_t index, int depth);
  void object(uint32_t index, int depth);  // not null in most cases
  Types castable_supertypes(Type type) const;

  // --- body_exceptions.cc
  bool try_table(const Types& results, int depth);
  bool throw_exception(int depth);
  bool perhaps_throw(int depth);  // to a handler in this function or in a caller

  ModulePlan& plan_;
  ByteSource& src_;
  const uint32_t index_;
  const FuncPlan func_;
  // Most functions avoid instructions that may trap, so that they run to their end. Daring functions do not avoid them.
  const bool daring_;
  Code out_;
  std::vector<Local> locals_;
  std::vector<Types> labels_;  // types that a branch to each label takes, innermost last
  int budget_;
  int catching_ = 0;  // number of enclosing try_table
  // The local that will receive the value being written. Most reads of a local then read this one, so that operands are
  // in the place of the result.
  std::optional<uint32_t> favourite_;
};

// A block, from its opcode to its `end` (spec 5.4.2). Locals that are set inside count as unset after it.
class BodyWriter::Block {
 public:
  Block(BodyWriter& writer, Op op, const Signature& type) : Block(writer) {
    writer.out_.op(op);
    writer.block_type(type);
    writer.labels_.push_back(op == Op::loop ? type.params : type.results);
  }
  ~Block() {
    writer_.out_.op(Op::end);
    restore();
    writer_.labels_.pop_back();
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  void else_() {
    writer_.out_.op(Op::else_);
    restore();
  }

 private:
  friend class BodyWriter;
  explicit Block(BodyWriter& writer) : writer_(writer) {
    for (const Local& local : writer.locals_) set_.push_back(local.set);
  }
  void restore() {
    for (size_t i = 0; i < writer_.locals_.size(); ++i) {
      Local& local = writer_.locals_[i];
      local.set = i < set_.size() ? static_cast<bool>(set_[i]) : local.type.defaultable();
    }
  }
  BodyWriter& writer_;
  std::vector<bool> set_;
};

}  // namespace mini_wasm::generate
