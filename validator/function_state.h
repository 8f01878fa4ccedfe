// FunctionState: the part of the walk over a function body (function_decoder.h) that needs neither operands, nor
// blocks, nor the sink: the module, the position, the locals, failures, and the checks of single indices. It exists
// once, while each sink has a FunctionDecoder of its own.
#pragma once

#include <mini_wasm/result.h>
#include <mini_wasm/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/indices.h"
#include "core/opcode.h"
#include "core/work_meter.h"
#include "decoder/instr_reader.h"
#include "decoder/module.h"
#include "decoder/reader.h"
#include "validator/known_subtypes.h"
#include "validator/locals.h"
#include "validator/type_list.h"

namespace mini_wasm::validator {

// The type of a field on the operand stack.
inline ValType unpacked(const FieldType& field) {
  return field.packed == FieldType::Packed::none ? field.value : ValType::i32;
}

// Not for use by itself: the base of FunctionDecoder.
class FunctionState {
 public:
  const decoder::Module& module() const { return module_; }
  FuncIdx func() const { return func_; }
  const FuncType& func_type() const { return *func_type_; }
  const Locals& locals() const { return locals_; }
  WorkMeter& meter() { return meter_; }
  // Whether the function has had vector instructions or locals so far.
  bool uses_vectors() const { return uses_vectors_; }
  // The byte at `ahead` bytes after this instruction. 0 beyond the end of the body; no instruction that the caller
  // looks for has that opcode.
  uint8_t peek(size_t ahead) const { return reader_.left() > ahead ? reader_.pos()[ahead] : 0; }
  // The instruction that is being reported to the sink, and its byte offset.
  Op op() const { return op_; }
  uint32_t op_offset() const { return reader_.offset_of(op_at_); }

 protected:
  FunctionState(const decoder::Module& module, FeatureSet features)
      : module_(module),
        features_(features),
        ops_(features),
        scope_(module, features),
        reader_({}),
        has_small_memory_(!module.memories.empty() && !module.memories[0].type.is_64) {}
  ~FunctionState() = default;
  FunctionState(const FunctionState&) = delete;
  FunctionState& operator=(const FunctionState&) = delete;

  // Goes to the beginning of a function.
  void begin(FuncIdx func);
  // Ends the walk: the function has ended, or there was an error.
  void stop() { stop_ = nullptr; }

  // --- Failure: each of these ends the walk with "<message> in function 3 ("name")" at the opcode's offset.
  void fail(std::string message, ErrorKind kind = ErrorKind::invalid);
  // Code that was valid before is not valid now.
  void fail_trusted();
  void unsupported(Op op);
  bool unknown(const char* what, uint64_t index);  // returns false

  // --- Indices. Null or false, and the walk has ended, when there is no such thing in the module.
  const decoder::Memory* memory(uint32_t i) {
    if (i < module_.memories.size()) [[likely]]
      return &module_.memories[i];
    return unknown("memory", i), nullptr;
  }
  const decoder::Table* table(uint32_t i) {
    if (i < module_.tables.size()) [[likely]]
      return &module_.tables[i];
    return unknown("table", i), nullptr;
  }
  const FuncType* tag_type(uint32_t t) {
    if (t < module_.tags.size()) [[likely]]
      return &module_.func_type(module_.tags[t].type);
    return unknown("tag", t), nullptr;
  }
  bool check_data_segment(uint32_t i);
  bool check_lane(uint32_t lane, uint32_t count);
  static ValType address_type(bool is_64) { return is_64 ? ValType::i64 : ValType::i32; }

  // --- Types
  // Fails unless a value of type `found` can be used where `want` is expected.
  void check_match(ValType want, ValType found);
  // Reads the type of a block. Returns false after failing.
  bool block_types(TypeList& params, TypeList& results);
  // Reads the index of a type, which must be a structure or an array; null after failing.
  const DefType* composite(CompositeKind kind, uint32_t& t);
  ValType ref_to(uint32_t t, bool nullable) const { return ValType::ref(module_.type_id(TypeIdx{t}), nullable); }
  // The top type of the hierarchy of a reference type.
  ValType top_of(ValType type) const;
  // A packed field must be read with _s or _u (`extends`), any other field without.
  bool check_getter(const FieldType& field, bool extends);
  // A data segment can fill arrays of numbers, an element segment arrays of matching references.
  bool check_segment(bool elem, uint32_t i, const FieldType& field);

  // --- Locals
  // Reads the declarations; `checks`: and tracks which locals without a default value have been set
  // (spec 3.4 "Instruction Sequences").
  bool read_locals(bool checks);
  bool is_unset(uint32_t i) const { return i >= locals_.params() && !locals_[i].type.defaultable() && !is_set_[i]; }
  void note_set_local(uint32_t i);
  // At the end of a block or branch: a local that was set in it may not have been set on another path. `before`: the
  // size of set_locals_ at its beginning.
  void forget_set_locals(uint32_t before) {
    while (set_locals_.size() > before) {
      is_set_[set_locals_.back()] = false;
      set_locals_.pop_back();
    }
  }
  void unset_local(uint32_t i);

  // Skips to the end of the innermost block, or of its branch (`else`, `catch`).
  void skip_dead_code();

  const decoder::Module& module_;
  const FeatureSet features_;
  const decoder::OpTable ops_;
  const decoder::TypeScope scope_;
  decoder::Reader reader_;
  FuncIdx func_{};
  const FuncType* func_type_ = nullptr;
  Locals locals_;
  WorkMeter meter_;
  const bool has_small_memory_;  // memory 0 has 32-bit addresses
  bool uses_vectors_ = false;
  Op op_ = Op::nop;
  const uint8_t* op_at_ = nullptr;
  const uint8_t* stop_ = nullptr;  // the end of the body; see `stop`
  // Whether each local without a default value has been set at this point, and a list of those that were set, in order.
  // Empty between functions.
  bool tracks_unset_ = false;  // otherwise every local has a default value
  std::vector<bool> is_set_;
  std::vector<uint32_t> set_locals_;

 private:
  KnownSubtypes known_subtypes_;
};

}  // namespace mini_wasm::validator
