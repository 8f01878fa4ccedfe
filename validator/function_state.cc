#include "validator/function_state.h"

#include <utility>

#include "core/limits.h"
#include "core/type_registry.h"
#include "core/utf8.h"

namespace mini_wasm::validator {

void FunctionState::begin(FuncIdx func) {
  const decoder::Func& f = module_.funcs[raw(func)];
  func_ = func;
  func_type_ = &module_.func_type(func);
  reader_ = decoder::Reader(module_.bytes, f.body);
  op_ = Op::nop;
  op_at_ = reader_.pos();
}

// --- Failure -------------------------------------------------------------------------------------------------------

void FunctionState::fail(std::string message, ErrorKind kind) {
  message += " in function " + std::to_string(raw(func_));
  if (std::string_view name = module_.func_name(func_); !name.empty())
    message += " (" + escape_for_terminal(name) + ")";
  reader_.fail(op_offset(), std::move(message), kind);
  stop();
}

void FunctionState::fail_trusted() { fail("code that was valid is not valid any more"); }

void FunctionState::unsupported(Op op) {
  fail(std::string(op_info(op).text) + " is not supported yet", ErrorKind::limit);
}

bool FunctionState::unknown(const char* what, uint64_t index) {
  fail(std::string("unknown ") + what + " " + std::to_string(index));
  return false;
}

void FunctionState::unset_local(uint32_t i) { fail("uninitialized local " + std::to_string(i)); }

// --- Indices -------------------------------------------------------------------------------------------------------

bool FunctionState::check_data_segment(uint32_t i) {
  if (!module_.data_count) {
    reader_.fail(op_offset(), "data count section required for " + std::string(op_info(op_).text));
    return false;
  }
  return i < *module_.data_count || unknown("data segment", i);
}

bool FunctionState::check_lane(uint32_t lane, uint32_t count) {
  if (lane < count) return true;
  fail("invalid lane index " + std::to_string(lane) + ": " + std::string(op_info(op_).text));
  return false;
}

// --- Types ---------------------------------------------------------------------------------------------------------

void FunctionState::check_match(ValType want, ValType found) {
  if (found.is_bottom() || want.is_bottom() || known_subtypes_.is_subtype(*module_.registry, found, want)) return;
  fail("type mismatch: " + std::string(op_info(op_).text) + " expected " + to_string(want) + ", found " +
       to_string(found));
}

bool FunctionState::block_types(TypeList& params, TypeList& results) {
  const decoder::BlockType type = decoder::read_block_type(reader_, scope_);
  switch (type.kind) {
    case decoder::BlockType::Kind::empty: break;
    case decoder::BlockType::Kind::value: results = TypeList(type.value); break;
    case decoder::BlockType::Kind::type: {
      if (!reader_.ok()) return false;
      const DefType& def = module_.registry->get(module_.type_id(type.type));
      if (def.kind != CompositeKind::func) return unknown("function type", raw(type.type));
      params = TypeList(def.func.params);
      results = TypeList(def.func.results);
      break;
    }
  }
  return reader_.ok();
}

const DefType* FunctionState::composite(CompositeKind kind, uint32_t& t) {
  t = reader_.u32();
  if (!reader_.ok()) return nullptr;
  if (t >= module_.types.size()) return unknown("type", t), nullptr;
  const DefType& def = module_.registry->get(module_.type_id(TypeIdx{t}));
  if (def.kind == kind) return &def;
  fail("type mismatch: " + std::string(op_info(op_).text) + " needs " +
       (kind == CompositeKind::struct_ ? "a structure" : "an array") + ", found type " + std::to_string(t));
  return nullptr;
}

ValType FunctionState::top_of(ValType type) const {
  for (HeapKind top : {HeapKind::any, HeapKind::func, HeapKind::extern_, HeapKind::exn}) {
    if (module_.registry->is_subtype(type, ValType::ref(top, true))) return ValType::ref(top, true);
  }
  return ValType::bottom;
}

bool FunctionState::check_getter(const FieldType& field, bool extends) {
  if ((field.packed != FieldType::Packed::none) == extends) return true;
  fail("type mismatch: " + std::string(op_info(op_).text) +
       (extends ? " on a field that is not packed" : " on a field that is packed"));
  return false;
}

bool FunctionState::check_segment(bool elem, uint32_t i, const FieldType& field) {
  if (!reader_.ok()) return false;
  if (elem) {
    if (i >= module_.elems.size()) return unknown("elem segment", i);
    check_match(field.value, module_.elems[i].type);
    return reader_.ok();
  }
  if (!check_data_segment(i)) return false;
  if (unpacked(field).is_ref()) fail("type mismatch: array type is not numeric or vector");
  return reader_.ok();
}

// --- Locals --------------------------------------------------------------------------------------------------------

bool FunctionState::read_locals(bool checks) {
  const size_t body_bytes = reader_.left();
  locals_.begin(module_.registry->get(module_.type_id(module_.funcs[raw(func_)].type)));
  const uint32_t at = reader_.offset();
  const uint32_t groups = reader_.count(2, "local declarations");
  uint64_t total = locals_.size();
  for (uint32_t i = 0; i < groups && reader_.ok(); ++i) {
    const uint32_t n = reader_.u32();
    const ValType type = decoder::read_val_type(reader_, scope_);
    total += n;
    if (total <= limits::kMaxLocals) locals_.declare(n, type);
  }
  if (reader_.ok() && total > limits::kMaxLocals) {
    reader_.fail(at, "too many locals: more than " + std::to_string(limits::kMaxLocals),
                 total > UINT32_MAX ? ErrorKind::malformed : ErrorKind::limit);
  }
  locals_.finish(body_bytes);
  meter_.add(locals_.ready());
  uses_vectors_ = locals_.has_vectors();
  forget_set_locals(0);
  tracks_unset_ = checks && !locals_.all_default();
  if (tracks_unset_ && is_set_.size() < locals_.size()) is_set_.resize(locals_.size());
  return reader_.ok();
}

void FunctionState::note_set_local(uint32_t i) {
  if (!is_unset(i)) return;
  is_set_[i] = true;
  set_locals_.push_back(i);
}

// --- Dead code -----------------------------------------------------------------------------------------------------

void FunctionState::skip_dead_code() {
  decoder::Immediates immediates;
  for (uint32_t depth = 0; reader_.ok();) {
    const Op next = kOneByteOps[reader_.peek()];
    const bool ends = next == Op::end || next == Op::delegate;
    if (depth == 0 && (ends || next == Op::else_ || next == Op::catch_ || next == Op::catch_all)) return;
    const Imm shape = op_info(decoder::read_valid_op(reader_, features_, ops_)).imm;
    decoder::read_immediates(reader_, scope_, shape, immediates);
    if (opens_block(shape)) ++depth;
    if (ends) --depth;
  }
}

}  // namespace mini_wasm::validator
