// Structures, arrays, casts and exceptions. Their operands are brought home (spilled to their slots, see translator.h),
// and each instruction has one handler.
#include "interp/translator.h"
#include "runtime/call/frame.h"
#include "runtime/engine.h"
#include "runtime/gc/ops.h"

namespace mini_wasm::interp {

namespace gc = runtime::gc;

namespace {

gc::LayoutCache& layouts(InterpreterCode& code) { return code.module().engine().layouts(); }

}  // namespace

// The handler reads the operands from the slots from a on, and stores its result there too. It may collect garbage, so
// every reference must be in a slot.
void Translator::gc_op(Op op, uint32_t a, uint32_t b, uint32_t operands, ValType result) {
  const uint32_t height = static_cast<uint32_t>(stack_.size());
  free_accumulators();
  settle_many(operands);
  bring_home(height - operands, height);
  const uint16_t end = next_home_;
  truncate(height - operands);
  const uint16_t first = next_home_;
  Operands encoded{static_cast<uint16_t>(end - first), first, b};
  Word word2 = 0;
  Handler handler = gc_handler(op);
  const auto layout = [&]() -> const gc::TypeLayout& { return layouts(module_code_).get(module_.type_id(TypeIdx{a})); };
  switch (op) {
    case Op::struct_get:
    case Op::struct_get_s:
    case Op::struct_get_u:
    case Op::struct_set:
      handler = gc_access_handler(op, layout().fields[b].storage, clamps_);
      encoded.x = layout().fields[b].offset;
      break;
    case Op::array_get:
    case Op::array_get_s:
    case Op::array_get_u:
    case Op::array_set: handler = gc_access_handler(op, layout().element, clamps_); break;
    case Op::array_len:
    case Op::ref_eq:
    case Op::ref_i31:
    case Op::i31_get_s:
    case Op::i31_get_u: break;
    default: word2 = reinterpret_cast<Word>(&layout());
  }
  emit(handler, encoded);
  code_.push_back(word2);
  if (!result.is_bottom()) push_temp(scalar(result));
}

void Translator::ref_test(ValType target) {
  Operand operand = pop();
  bring_home(operand);
  emit(gc_handler(Op::ref_test), {operand.home, operand.home, 0});
  code_.push_back(gc::to_word(gc::make_cast_target(*module_.registry, target)));
  push_temp(Scalar::i32);
}

void Translator::ref_cast(ValType target) {
  bring_home(stack_.back());
  emit(gc_handler(Op::ref_cast), {0, stack_.back().home, 0});
  code_.push_back(gc::to_word(gc::make_cast_target(*module_.registry, target)));
}

// A ref.test whose result goes to the slot after the reference, then a branch on that result.
void Translator::br_on_cast(uint32_t depth, ValType target, bool on_fail) {
  bring_home(stack_.back());
  const uint16_t reference = stack_.back().home;
  emit(gc_handler(Op::ref_test), {static_cast<uint16_t>(reference + 1), reference, 0});
  code_.push_back(gc::to_word(gc::make_cast_target(*module_.registry, target)));
  branch_to({false, Op::nop, {Place::slot, static_cast<uint32_t>(reference + 1)}, {}, !on_fail}, depth);
}

// --- Exceptions

// Emits no code: the table of handlers refers to the words from here to the end of the block.
void Translator::try_table(Control& c, std::span<const CatchClause> catches) {
  block(c);
  last_ = kNothing;
  c.label.try_begin = here();
  c.label.catches = static_cast<uint32_t>(exceptions_.catches.size());
  c.label.catch_count = static_cast<uint32_t>(catches.size());
  for (const CatchClause& clause : catches) {
    const uint32_t depth = clause.label + 1;
    Control& target = decoder_->control(depth);
    const uint32_t index = static_cast<uint32_t>(exceptions_.catches.size());
    exceptions_.catches.push_back({clause.kind, /*keeps_exception=*/false, clause.tag, 0, home_of(target)});
    if (target.label.target != Label::kNone) {
      exceptions_.catches.back().target = target.label.target;
    } else {
      // A clause that leaves the function gets its own return, after the body.
      add_fixup(is_body(depth) ? target.label.else_fixups : target.label.fixups, index, kCatchFixup);
    }
  }
}

// Called when the results have been brought home: the code for that cannot throw.
void Translator::end_try_table(const Control& c) {
  exceptions_.handlers.push_back({c.label.try_begin, here(), c.label.catches, c.label.catch_count, blocks_around()});
}

// --- Legacy exceptions

void Translator::try_(Control& c) {
  block(c);
  last_ = kNothing;
  c.label.try_begin = here();
}

// Between two clauses of a try there may be clauses of other blocks. So each clause gets a range of its own.
void Translator::catch_(Control& c, CatchKind kind, TagIdx tag, bool falls_through) {
  if (falls_through) carry(c, c.results.size());
  if (c.label.try_end == Label::kNone) c.label.try_end = here();
  if (falls_through) branch_out(c);
  last_ = kNothing;
  forget_cached();
  exceptions_.handlers.push_back(
      {c.label.try_begin, c.label.try_end, static_cast<uint32_t>(exceptions_.catches.size()), 1, blocks_around()});
  exceptions_.catches.push_back({kind, /*keeps_exception=*/true, raw(tag), here(), home_of(c)});
  truncate(c.label.height);
  push_temp(Scalar::i64);  // the exception
  if (kind == CatchKind::catch_) push_types(validator::TypeList(module_.func_type(module_.tags[raw(tag)].type).params));
}

void Translator::delegate(Control& c, uint32_t depth, bool falls_through) {
  if (falls_through) carry(c, c.results.size());
  exceptions_.handlers.push_back({c.label.try_begin, here(), 0, 0, blocks_around(), blocks_around() - 1 - depth});
  end(c, false);
}

void Translator::rethrow(uint32_t depth) {
  emit_special(Special::throw_ref, {0, home_of(decoder_->control(depth)), 0});
}

// --- Throwing

void Translator::throw_(TagIdx tag) {
  const FuncType& type = module_.func_type(module_.tags[raw(tag)].type);
  const uint16_t arguments = take_arguments(type);
  emit_special(Special::throw_, {static_cast<uint16_t>(runtime::slot_count(type.params)), arguments, raw(tag)});
}

void Translator::throw_ref() {
  Operand operand = pop();
  bring_home(operand);
  emit_special(Special::throw_ref, {0, operand.home, 0});
}

}  // namespace mini_wasm::interp
