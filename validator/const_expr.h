// ConstExprValidator: validation of constant expressions (spec 3.4 "Expressions"): initial values of
// globals, tables and elements, and offsets of segments.
#pragma once

#include <mini_wasm/result.h>

#include <vector>

#include "core/opcode.h"
#include "decoder/instr_reader.h"
#include "decoder/module.h"

namespace mini_wasm::validator {

// Keeps its buffers, so use one object for all expressions of a module. Thread rule: one thread.
class ConstExprValidator {
 public:
  // In `module`, the types, function types and globals that the expressions may refer to must have been checked. Its
  // declared_funcs must have the size of the function index space: every ref.func that is found is recorded there.
  ConstExprValidator(decoder::Module& module, FeatureSet features)
      : module_(module), scope_(module, features), reader_(module.bytes) {}

  // Checks that `expr` is constant and gives one value of a subtype of `expected`. It may read the first
  // `visible_globals` globals, if they are immutable. Errors: invalid ("constant expression required", "type mismatch:
  // ...", "unknown ..."), malformed.
  Result<void> check(decoder::ByteRange expr, ValType expected, uint32_t visible_globals);

 private:
  void step(Op op, uint32_t visible_globals);
  void global_get(uint32_t index, uint32_t visible_globals);
  void ref_func(uint32_t index);
  void numeric(const OpInfo& info);
  void gc(Op op);
  const DefType* composite(uint32_t index, CompositeKind kind);
  void new_struct(uint32_t index, const DefType& def, bool defaults);
  void new_array(Op op, uint32_t index, const DefType& def);

  void push(ValType type) { stack_.push_back(type); }
  void pop(ValType expected);
  void fail(std::string message, ErrorKind kind = ErrorKind::invalid) { reader_.fail(at_, std::move(message), kind); }
  void fail_not_constant();

  decoder::Module& module_;
  const decoder::TypeScope scope_;
  decoder::Reader reader_;
  decoder::Immediates imm_;
  std::vector<ValType> stack_;
  Op op_ = Op::end;
  uint32_t at_ = 0;  // byte offset of op_
};

}  // namespace mini_wasm::validator
