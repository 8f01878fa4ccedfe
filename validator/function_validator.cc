#include "validator/function_validator.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "validator/function_decoder.h"

namespace mini_wasm::validator {

namespace {

// The sink of the validator: counts the uses of locals and the height of the operand stack, and ignores everything
// else.
class FactsSink {
 public:
  struct Label {
    bool keeps_exception = false;  // for a catch block of the older proposal
  };
  using Decoder = FunctionDecoder<FactsSink>;
  using Control = Decoder::Control;

  explicit FactsSink(std::unique_ptr<BodyObserver> observer) : observer_(std::move(observer)) {}

  // The next walk fills this in; null: nothing.
  void want(FrameTypesAt* wanted) { wanted_ = wanted; }

  void begin(Decoder& decoder) {
    decoder_ = &decoder;
    facts_ = {};
    kept_exceptions_ = most_kept_exceptions_ = 0;
    const Locals& locals = decoder.locals();
    if (uses_.size() < locals.size()) uses_.resize(locals.size());
    std::fill_n(uses_.begin(), locals.ready(), Uses{});
    blocks_.assign(1, last_block_ = 1);
    if (observer_) observer_->begin(locals.size());
    facts_.local_slots = locals.slots();
  }
  void far_local(uint32_t i) { uses_[i] = {}; }

  // `vectors`: whether values of type v128 may come from something other than vector instructions and locals.
  FunctionFacts finish(bool vectors) {
    choose_hot_local();
    if (observer_) facts_.tier = observer_->finish(decoder_->locals());
    note_height(decoder_->highest());
    facts_.max_operand_slots += most_kept_exceptions_;
    // Operands were counted, not slots. Twice the number is an upper bound, which is good enough for the few functions
    // with vectors.
    if (vectors || decoder_->uses_vectors()) facts_.max_operand_slots *= 2;
    return std::move(facts_);
  }

  void numeric(Op) { note_height(); }
  void constant(ValType type, uint64_t bits) {
    if (observer_) observer_->use_constant(type, bits, decoder_->peek(0));
    note_height();
  }
  void v128_const(const uint8_t*) { note_height(); }
  void simd_lane(Op, uint8_t) { note_height(); }
  void shuffle(const uint8_t*) { note_height(); }
  void load(Op, const MemArg&) { note_height(); }
  void load_lane(Op, const MemArg&, uint8_t) { note_height(); }
  void store_lane(Op, const MemArg&, uint8_t) {}
  void store(Op, const MemArg&) {}
  void local_get(uint32_t i) {
    ++uses_[i].reads;
    if (observer_) note_use(i, false);
    note_height();
  }
  void local_set(uint32_t i) { local_tee(i); }
  void local_tee(uint32_t i) {
    ++uses_[i].writes;
    if (observer_) note_use(i, true);
  }
  void global_get(uint32_t) { note_height(); }
  void global_set(uint32_t) {}
  void drop(ValType) {}
  void select(ValType) {}
  void ref_null(ValType) { note_height(); }
  void ref_is_null() {}
  void ref_func(FuncIdx) { note_height(); }
  void block(Control&) { enter_block(); }
  void loop(Control&) {
    facts_.has_loops = true;
    if (wanted_ != nullptr) [[unlikely]]
      note_types(FrameTypes::At::loop, {});
    enter_block();
    if (observer_) observer_->enter_loop();
  }
  void if_(Control&) { enter_block(); }
  void else_(Control&, bool) { enter_branch(); }
  // A block may have more results than were on the stack at its end.
  void end(Control& c, bool) {
    if (c.op == Op::loop && observer_) observer_->leave_loop();
    blocks_.pop_back();
    note_height(c.height + c.results.size());
    kept_exceptions_ -= c.label.keeps_exception;
  }
  void br(uint32_t) {}
  void br_if(uint32_t) {}
  void br_table(std::span<const uint32_t>) {}
  void return_() {}
  void unreachable() {}
  void call(FuncIdx f) { note_call(decoder_->module().func_type(f)); }
  void call_indirect(TypeIdx type, TableIdx) { note_call(decoder_->module().func_type(type)); }
  void call_ref(TypeIdx type) { note_call(decoder_->module().func_type(type)); }
  void return_call(FuncIdx f) { note_tail_call(decoder_->module().func_type(f)); }
  void return_call_indirect(TypeIdx type, TableIdx) { note_tail_call(decoder_->module().func_type(type)); }
  void return_call_ref(TypeIdx type) { note_tail_call(decoder_->module().func_type(type)); }
  void ref_as_non_null() {}
  void try_table(Control&, std::span<const CatchClause> catches) {
    facts_.has_try = true;
    enter_block();
    // A handler may push more values than were ever on the stack.
    for (const CatchClause& clause : catches) {
      const Control& target = decoder_->control(clause.label + 1);
      note_height(target.height + target.branch_types().size());
    }
  }
  void try_(Control&) {
    facts_.has_try = true;
    enter_block();
  }
  // The exception stays below the operands of the block, for a rethrow.
  void catch_(Control& c, CatchKind kind, TagIdx tag, bool) {
    enter_branch();
    if (!std::exchange(c.label.keeps_exception, true)) {
      most_kept_exceptions_ = std::max(most_kept_exceptions_, ++kept_exceptions_);
    }
    const size_t values = kind == CatchKind::catch_ ? tag_params(tag) : 0;
    note_height(c.height + static_cast<uint32_t>(values));
  }
  void delegate(Control& c, uint32_t, bool falls_through) { end(c, falls_through); }
  void rethrow(uint32_t) { note_call(); }
  void throw_(TagIdx) { note_call(); }
  void throw_ref() { note_call(); }
  void gc_op(Op, uint32_t, uint32_t, uint32_t, ValType) { note_height(); }
  void ref_test(ValType) {}
  void ref_cast(ValType) {}
  void br_on_cast(uint32_t, ValType, bool) { note_height(decoder_->height() + 1); }  // for the result of the test
  void br_on_null(uint32_t) {}
  void br_on_non_null(uint32_t) { note_height(); }
  void memory_op(Op, uint32_t, uint32_t) { note_height(); }
  void table_op(Op, uint32_t, uint32_t) { note_height(); }
  void atomic(Op, const MemArg&) { note_height(); }
  void atomic_fence() {}

 private:
  struct Uses {
    uint32_t reads = 0, writes = 0;
    // The block in which the local was written, and how deep it is. While that is open, all code is behind the write.
    uint32_t block = 0, depth = 0;
  };

  void enter_block() { blocks_.push_back(++last_block_); }
  // The end of a part of a block, after which another part begins that may be executed instead.
  void enter_branch() { blocks_.back() = ++last_block_; }

  void note_height() { decoder_->note_height(); }
  void note_height(uint32_t height) { facts_.max_operand_slots = std::max(facts_.max_operand_slots, height); }
  // The rule for locals without a default value, applied to all locals (spec 3.4 "Instruction Sequences").
  [[gnu::noinline]] void note_use(uint32_t local, bool writes) {
    Uses& uses = uses_[local];
    if (uses.depth >= blocks_.size() || blocks_[uses.depth] != uses.block) {
      if (!writes) observer_->read_first(local);
      uses.depth = writes ? static_cast<uint32_t>(blocks_.size() - 1) : 0;
      uses.block = blocks_[uses.depth];
    }
    observer_->use_local(local, writes);
  }
  size_t tag_params(TagIdx tag) const {
    const decoder::Module& module = decoder_->module();
    return module.func_type(module.tags[raw(tag)].type).params.size();
  }
  void note_call() {
    facts_.has_calls = true;
    if (observer_) observer_->call();
    note_height();
  }
  void note_call(const FuncType& callee) {
    note_call();
    if (wanted_ != nullptr) [[unlikely]]
      note_types(FrameTypes::At::call, callee.results);
  }
  // A host function stores its results where its arguments were, as in any other call.
  void note_tail_call(const FuncType& callee) {
    facts_.has_calls = true;
    if (wanted_ != nullptr) [[unlikely]]
      note_types(FrameTypes::At::tail_call, callee.results);
    note_height(decoder_->height() + static_cast<uint32_t>(callee.results.size()));
  }

  // For FunctionValidator::frame_types. The results of a call are on the stack already, those of a tail call are not.
  MW_COLD void note_types(FrameTypes::At at, const std::vector<ValType>& results) {
    const auto found = wanted_->find(decoder_->op_offset());
    if (found == wanted_->end()) return;
    FrameTypes& types = found->second;
    types.at = at;
    types.results = results;
    const Locals& locals = decoder_->locals();
    for (uint32_t i = 0; i < locals.size(); ++i) {
      const ValType type = locals.at(i).type;
      types.locals.push_back(decoder_->has_no_value(i) ? type.with_nullable(true) : type);
    }
    std::span<const ValType> operands = decoder_->operand_types();
    if (at == FrameTypes::At::call) operands = operands.first(operands.size() - results.size());
    types.operands.assign(operands.begin(), operands.end());
    uint32_t kept = 0;
    for (uint32_t depth = decoder_->control_depth(); depth-- > 0;) {
      const Control& c = decoder_->control(depth);
      if (!c.label.keeps_exception) continue;
      types.operands.insert(types.operands.begin() + c.height + kept++, ValType::ref(HeapKind::exn, true));
    }
  }

  // A local that is never written gains little from a register. One that is written makes each iteration of a loop wait
  // for memory. Static counts choose better than counts weighted by loop depth, which prefer base pointers that are
  // only read.
  void choose_hot_local() {
    const Locals& locals = decoder_->locals();
    uint64_t best = 0;
    const auto consider = [&](uint32_t i) {
      const auto [type, slot] = locals[i];
      const bool is_int = type == ValType::i32 || type == ValType::i64;
      const uint64_t score = uses_[i].writes == 0 ? 0 : uses_[i].reads + 2 * uint64_t{uses_[i].writes};
      if (!is_int || score == 0 || slot >= FunctionFacts::kNoLocal) return;
      if (score < best || (score == best && slot > facts_.hot_local)) return;
      best = score;
      facts_.hot_local = static_cast<uint16_t>(slot);
    };
    for (uint32_t i = 0; i < locals.ready(); ++i) consider(i);
    for (uint32_t i : locals.far()) consider(i);
  }

  Decoder* decoder_ = nullptr;
  FunctionFacts facts_;
  FrameTypesAt* wanted_ = nullptr;                // see want
  uint32_t kept_exceptions_ = 0;                  // by the older proposal's catch blocks around this instruction,
  uint32_t most_kept_exceptions_ = 0;             // and the maximum so far; added to the maximum of operands
  std::vector<uint32_t> blocks_;                  // the open blocks, each with a number of its own
  uint32_t last_block_ = 0;                       // the greatest number so far in this function
  std::vector<Uses> uses_;                        // by local, for those that are ready or have been used
  const std::unique_ptr<BodyObserver> observer_;  // may be null
};

// Whether a signature, a field or a global has a vector type, so that a vector can come into a function without vector
// instructions.
bool has_vectors(const decoder::Module& module) {
  const auto is_vector = [](ValType type) { return type.is_vector(); };
  for (TypeId id : module.types) {
    const DefType& type = module.registry->get(id);
    if (std::any_of(type.func.params.begin(), type.func.params.end(), is_vector) ||
        std::any_of(type.func.results.begin(), type.func.results.end(), is_vector) ||
        std::any_of(type.fields.begin(), type.fields.end(), [](const FieldType& f) { return f.value.is_vector(); })) {
      return true;
    }
  }
  return std::any_of(module.globals.begin(), module.globals.end(),
                     [](const auto& global) { return global.type.value.is_vector(); });
}

}  // namespace

namespace {

// Fast path for declarations whose bytes are all below 128 and which have only number types; most are so. Empty for all
// others.
std::optional<uint32_t> count_small_locals(std::span<const uint8_t> body) {
  if (body.empty() || body[0] >= 0x80 || 1 + 2 * size_t{body[0]} > body.size()) return std::nullopt;
  constexpr uint8_t kF64 = 0x7c, kI32 = 0x7f;  // 5.3.1: the other two are between these
  uint32_t slots = 0;
  for (const uint8_t* group = body.data() + 1; group != body.data() + 1 + 2 * size_t{body[0]}; group += 2) {
    if (group[0] >= 0x80 || group[1] < kF64 || group[1] > kI32) return std::nullopt;
    slots += group[0];
  }
  return slots;
}

}  // namespace

uint32_t count_local_slots(const decoder::Module& module, FeatureSet features, FuncIdx func, uint32_t params) {
  const decoder::ByteRange body = module.funcs[raw(func)].body;
  if (const std::optional<uint32_t> small = count_small_locals(module.view(body))) return params + *small;
  uint64_t slots = params;
  decoder::Reader reader(module.bytes, body);
  const decoder::TypeScope scope(module, features);
  for (uint32_t groups = reader.count(2, "local declarations"); groups > 0 && reader.ok(); --groups) {
    const uint64_t count = reader.u32();
    slots += count * decoder::read_val_type(reader, scope).slots();
    if (slots > FunctionFacts::kMaxSlots) return params;
  }
  return reader.ok() ? static_cast<uint32_t>(slots) : params;
}

struct FunctionValidator::Walk {
  Walk(const decoder::Module& module, FeatureSet features, std::unique_ptr<BodyObserver> observer)
      : sink(std::move(observer)), decoder(module, features, sink), vectors(has_vectors(module)) {}
  FactsSink sink;
  FunctionDecoder<FactsSink> decoder;
  bool vectors;
};

FunctionValidator::FunctionValidator(const decoder::Module& module, FeatureSet features,
                                     std::unique_ptr<BodyObserver> observer)
    : walk_(std::make_unique<Walk>(module, features, std::move(observer))) {}

FunctionValidator::~FunctionValidator() = default;

Result<FunctionFacts> FunctionValidator::validate(FuncIdx func) {
  if (Result<void> r = walk_->decoder.run(func); !r) return std::move(r).error();
  FunctionFacts facts = walk_->sink.finish(walk_->vectors);
  const uint64_t results = walk_->decoder.func_type().results.size() * uint64_t{2};
  const uint64_t slots = std::max<uint64_t>(facts.local_slots, results) + facts.max_operand_slots;
  if (slots > FunctionFacts::kMaxSlots) {
    return Error::make(ErrorKind::limit, "function " + std::to_string(raw(func)) +
                                             " has too large a frame: " + std::to_string(slots) +
                                             " slots of 8 bytes for locals and operands, at most " +
                                             std::to_string(FunctionFacts::kMaxSlots));
  }
  return facts;
}

Result<void> FunctionValidator::frame_types(FuncIdx func, FrameTypesAt& wanted) {
  walk_->sink.want(&wanted);
  const Result<FunctionFacts> valid = validate(func);
  walk_->sink.want(nullptr);
  if (!valid) return valid.error();
  return {};
}

}  // namespace mini_wasm::validator
