#include "interp/interpreter.h"

#include <algorithm>
#include <limits>
#include <span>
#include <unordered_map>

#include "core/guarded.h"
#include "interp/handlers.h"
#include "interp/translator.h"
#include "runtime/call/fault_handler.h"
#include "runtime/instance/func_inst.h"
#include "runtime/instance/module_inst.h"
#include "runtime/store.h"
#include "runtime/system/native_stack.h"
#include "runtime/system/virtual_memory.h"
#include "validator/function_validator.h"

namespace mini_wasm::runtime {

std::unique_ptr<ExecutionTier> make_interpreter(std::unique_ptr<ExecutionTier> compiler, uint32_t hot_after) {
  return std::make_unique<interp::Interpreter>(std::move(compiler), hot_after);
}

}  // namespace mini_wasm::runtime

namespace mini_wasm::interp {

using runtime::Activation;
using runtime::kLinkCallerFp;
using runtime::kLinkReturnPc;

namespace {

// Fills in what only the validating walk knows about a frame.
void complete(FuncCode& code, const FunctionFacts& facts, uint32_t link_slots) {
  assert(facts.local_slots == uint32_t{code.zero_begin} + code.zero_count);
  code.frame_slots.store(code.link + link_slots + facts.max_operand_slots, std::memory_order_relaxed);
  code.pinned.store(facts.hot_local == FunctionFacts::kNoLocal ? 0 : facts.hot_local, std::memory_order_relaxed);
}

}  // namespace

// --- Code of a module ----------------------------------------------------------------------------------------------

InterpreterCode::InterpreterCode(Interpreter& tier, const runtime::CompiledModule& module, runtime::Bounds bounds)
    : tier_(tier), module_(module), bounds_(bounds) {
  const decoder::Module& m = module.module();
  const size_t count = m.funcs.size() - m.imported_funcs;
  functions_ = std::make_unique<FuncCode[]>(count);
  for (size_t i = 0; i < count; ++i) {
    FuncCode& code = functions_[i];
    code.owner = this;
    code.index = FuncIdx{static_cast<uint32_t>(m.imported_funcs + i)};
    // Without validation, only the declarations of locals are read.
    if (module.validates_on_demand()) {
      lay_out(code, validator::count_local_slots(m, module.engine().features(), code.index,
                                                 module.slot_counts(code.index).params));
    } else {
      const FunctionFacts& facts = **module.facts(code.index);
      lay_out(code, facts.local_slots);
      complete(code, facts, module.engine().link_slots());
    }
    code.lazy = to_word(special_handler(Special::lazy));
    code.enter_at(&code.lazy);
  }
  if (tier_.compiler() != nullptr) machine_code_ = tier_.compiler()->make_code(module, bounds);
}

void InterpreterCode::lay_out(FuncCode& code, uint32_t local_slots) {
  const runtime::SlotCounts slots = module_.slot_counts(code.index);
  code.link = static_cast<uint16_t>(std::max(local_slots, slots.results));
  code.zero_begin = static_cast<uint16_t>(slots.params);
  code.zero_count = static_cast<uint16_t>(local_slots - slots.params);
  code.frame_slots.store(code.link + module_.engine().link_slots(), std::memory_order_relaxed);
}

void InterpreterCode::attach(runtime::FuncInst& func) {
  func.code = &function(func.index);
  if (machine_code_) machine_code_->attach(func);
}

InterpreterCode::~InterpreterCode() {
  for (const std::unique_ptr<CodePiece>& piece : pieces_) tier_.remove_code(*piece);
}

FuncCode& InterpreterCode::function(FuncIdx index) { return functions_[raw(index) - module_.module().imported_funcs]; }

const Word* CodePiece::append(std::span<const Word> words) {
  // Pages of a large piece are requested many at a time. One by one, they would take more than a tenth of the time to
  // load a module.
  if (size_ + words.size() > populated_) {
    const size_t step = std::min(kPopulated, capacity_ - populated_);
    if (capacity_ > kPopulated) runtime::populate_pages(words_.get() + populated_, step * sizeof(Word));
    populated_ += step;
  }
  Word* const at = words_.get() + size_;
  std::copy(words.begin(), words.end(), at);
  size_ += words.size();
  return at;
}

// Each piece is twice as large as the one before, up to a limit: small modules need little memory, and large ones few
// pieces.
CodePiece& InterpreterCode::piece_for(size_t words) {
  static constexpr size_t kFirst = 1024, kLargest = 512 * 1024;
  if (pieces_.empty() || !pieces_.back()->has_room(words)) {
    const size_t usual = std::min(kFirst << std::min<size_t>(pieces_.size(), 32), kLargest);
    pieces_.push_back(std::make_unique<CodePiece>(std::max(words, usual)));
  }
  return *pieces_.back();
}

// The caller must hold the lock.
Translation& InterpreterCode::translation(FuncCode& code) {
  if (code.translation == nullptr) code.translation = &translations_.emplace_back();
  return *code.translation;
}

// The caller must hold the lock.
void InterpreterCode::make(Translation& translation, FuncCode& code) {
  if (!translator_) translator_ = std::make_unique<Translator>(*this);
  // Nothing here can fail: the body has been validated, and its frame has an allowed size (check_limits).
  [[maybe_unused]] const Result<void> r = translator_->translate(code);
  assert(r.has_value());
  const std::span<const Word> words = translator_->code();
  CodePiece& piece = piece_for(words.size());
  translation.words = piece.append(words);
  translation.size = static_cast<uint32_t>(words.size());
  translation.exceptions = translator_->take_exceptions();
  tier_.add_code(piece, code);
}

Result<const Word*> InterpreterCode::translate(FuncCode& code) {
  Result<const Word*> entry = Error::trap(TrapCode::call_stack_exhausted);
  runtime::run_with_room([&] { entry = translate_here(code); });
  return entry;
}

Result<const Word*> InterpreterCode::translate_here(FuncCode& code) {
  const std::lock_guard lock(mutex_);
  Translation& translation = this->translation(code);
  if (translation.words == nullptr) {
    const Result<const FunctionFacts*> facts = module_.facts(code.index);
    if (!facts) return facts.error();
    complete(code, **facts, module_.engine().link_slots());
    try {
      make(translation, code);
    } catch (...) {  // undoes everything
      translator_.reset();
      translation.words = nullptr;
      throw;
    }
    // If the function has machine code by now, `entry` points to that. Then the translation is used when the compiler
    // is retired.
    if (code.entry.load(std::memory_order_relaxed) == &code.lazy) {
      code.enter_at(translation.words);
    }
  }
  return translation.words;
}

Result<void> InterpreterCode::translate_all() {
  const decoder::Module& m = module_.module();
  if (machine_code_) {
    // With a compiler, everything is compiled now, and only functions that cannot be compiled are translated at their
    // first call.
    if (Result<void> r = machine_code_->translate_all(); !r) return r;
    for (size_t i = 0; i < m.funcs.size() - m.imported_funcs; ++i) {
      compile(functions_[i], runtime::ExecutionTier::kFromTheBeginning);
    }
    return {};
  }
  for (size_t i = 0; i < m.funcs.size() - m.imported_funcs; ++i) {
    if (Result<const Word*> r = translate(functions_[i]); !r) return std::move(r).error();
  }
  return {};
}

uint64_t InterpreterCode::code_bytes() {
  const std::lock_guard lock(mutex_);
  uint64_t bytes = machine_code_ ? machine_code_->code_bytes() : 0;
  for (const Translation& translation : translations_) bytes += translation.size * sizeof(Word);
  return bytes;
}

// A function that cannot be compiled, or that cannot be entered here, is tried again only after many more calls.
const void* InterpreterCode::heat(FuncCode& code, uint32_t loop) {
  if (code.heat.fetch_add(1, std::memory_order_relaxed) < tier_.hot_after()) return nullptr;
  const void* const entry = compile(code, loop);
  if (entry == nullptr) code.heat.store(0, std::memory_order_relaxed);
  return entry;
}

bool InterpreterCode::compiler_is_retired() const { return tier_.compiler()->is_retired(); }

const void* InterpreterCode::cached_entry(FuncCode& code) {
  if (machine_code_ == nullptr) return nullptr;
  const runtime::ModuleCache* const cache = module_.cache(bounds_);
  return cache != nullptr && cache->has(code.index) ? compile(code, runtime::ExecutionTier::kFromTheBeginning)
                                                    : nullptr;
}

// Without memory or a stack for the compiler, the function stays interpreted.
const void* InterpreterCode::compile(FuncCode& code, uint32_t loop) {
  const auto compiled = [&] {
    const void* entry = nullptr;
    runtime::run_with_room([&] { entry = compile_here(code, loop); });
    return entry;
  };
  return guarded(compiled, []() -> const void* { return nullptr; });
}

// After this, new calls of the function run machine code.
const void* InterpreterCode::compile_here(FuncCode& code, uint32_t loop) {
  using runtime::ExecutionTier;
  const void* entry = tier_.compiler()->entry(*machine_code_, code.index, ExecutionTier::kFromTheBeginning);
  if (entry == nullptr) return nullptr;
  {
    const std::lock_guard lock(mutex_);
    Word* const compiled = translation(code).compiled;
    if (compiled[0] == 0) {  // otherwise another thread may be running it
      compiled[0] = to_word(special_handler(Special::enter_compiled));
      compiled[1] = reinterpret_cast<Word>(&code);
      compiled[2] = reinterpret_cast<Word>(entry);
      code.enter_at(compiled);
    }
  }
  return loop == ExecutionTier::kFromTheBeginning ? entry : tier_.compiler()->entry(*machine_code_, code.index, loop);
}

InterpreterCode::Positions InterpreterCode::positions(const FuncCode& code) {
  Positions positions;
  translate_again(code, &positions, nullptr);
  return positions;
}

void InterpreterCode::find(const FuncCode& code, FramePlaces& places) { translate_again(code, nullptr, &places); }

void InterpreterCode::translate_again(const FuncCode& code, Positions* positions, FramePlaces* places) {
  FuncCode again;
  again.link = code.link;
  again.pinned = code.pinned.load();
  again.index = code.index;
  Translator translator(*this, positions);  // its own, because the usual one may be in use by another thread
  translator.look_for(places);
  if (!translator.translate(again) && positions != nullptr) positions->clear();
}

uint64_t InterpreterCode::offset_of(const FuncCode& code, const Positions& positions, const Word* pc) {
  const uint32_t word = static_cast<uint32_t>(pc - code.translation->words);
  const auto after = std::upper_bound(positions.begin(), positions.end(), word,
                                      [](uint32_t w, const auto& position) { return w < position.first; });
  return after == positions.begin() ? 0 : std::prev(after)->second;
}

// --- The tier ------------------------------------------------------------------------------------------------------

std::unique_ptr<runtime::ModuleCode> Interpreter::make_code(const runtime::CompiledModule& module,
                                                            runtime::Bounds bounds) {
  return std::make_unique<InterpreterCode>(*this, module, bounds);
}

runtime::Exit Interpreter::invoke(runtime::FuncInst& func, Activation& activation) {
  activation.tier = this;
  const FuncCode& code = *static_cast<const FuncCode*>(func.code);
  InstanceContext& context = *func.context;
  Slot* const fp = activation.base;
  const Word* const entry = code.entry.load(std::memory_order_acquire);
  if (fp + code.frame_slots.load(std::memory_order_relaxed) > context.store->execution().stack_limit()) {
    activation.trap = TrapCode::call_stack_exhausted;
    return Exit::trapped;
  }
  Slot* const link = fp + code.link;
  link[kLinkReturnPc] = reinterpret_cast<Slot>(finish_code());
  link[kLinkCallerFp] = reinterpret_cast<Slot>(fp);
  link[runtime::kLinkContext] = reinterpret_cast<Slot>(&context);
  std::fill_n(fp + code.zero_begin, code.zero_count, Slot{0});
  const uint64_t pinned = fp[code.pinned.load(std::memory_order_relaxed)];
  activation.pc = nullptr;  // from here on, a fault is the guest's
  return run_from(activation, {entry, fp, context.memory_base, &context, 0, pinned, 0, 0, V128{}}, handler_at(entry));
}

runtime::Exit Interpreter::resume(Activation& activation, Exit how) {
  if (std::exchange(activation.yielded, Activation::Yielded::no) != Activation::Yielded::no) {
    return go_on_with_registers(activation);
  }
  return go_on(activation, how, 0, after_host_handler(activation.in_tail_call));
}

// Where the code has yielded, with the registers that it had.
runtime::Exit Interpreter::go_on_with_registers(Activation& activation) {
  InstanceContext& context = *activation.ctx;
  const Word* const pc = static_cast<const Word*>(activation.pc);
  const auto& [r, l, s, d, low, high] = activation.registers;
  Machine machine{pc, activation.fp, context.memory_base, &context, r, l, 0, std::bit_cast<double>(d), V128{}};
  machine.s = std::bit_cast<float>(static_cast<uint32_t>(s));
  std::memcpy(&machine.v, &low, sizeof(machine.v));
  activation.pc = nullptr;
  return run_from(activation, machine, handler_at(pc));
}

runtime::Exit Interpreter::resume_behind(Activation& outer, const Activation& inner, Exit how) {
  return go_on(outer, how, reinterpret_cast<uint64_t>(inner.base), after_compiled_handler());
}

runtime::Exit Interpreter::go_on(Activation& activation, Exit how, uint64_t l, interp::Handler handler) {
  InstanceContext& context = *activation.ctx;
  const auto* const pc = static_cast<const Word*>(activation.pc);
  if (how == Exit::returned) activation.pc = nullptr;
  return run_from(activation,
                  {pc, activation.fp, context.memory_base, &context, static_cast<uint64_t>(how), l, 0, 0, V128{}},
                  handler);
}

// Runs from the handler `first` on.
runtime::Exit Interpreter::run_from(Activation& activation, const Machine& begin, interp::Handler first) {
  // The Machine must be in memory and not in registers: with the loop back-end, its state must survive the jump from
  // the fault handler.
  Machine machine = begin;
  Machine* volatile m = &machine;
  if (sigsetjmp(activation.fault_return, 0) != 0) {
    if constexpr (!MINI_WASM_TAIL_DISPATCH) {
      activation.pc = m->pc;
      activation.fp = m->fp;
      activation.ctx = m->ctx;
    }
    activation.trap = TrapCode::out_of_bounds_memory_access;
    return Exit::trapped;
  }
  return run(*m, first);
}

namespace {

// The instance of the innermost frame, which is not known after a fault: the caller's if both are of one module, else the
// first one of that module.
runtime::ModuleInst* instance_at_fault(const runtime::CompiledModule& module, const InstanceContext& caller) {
  if (caller.instance->module.get() == &module) return caller.instance;
  for (runtime::ModuleInst& instance : caller.store->objects().instances()) {
    if (instance.module.get() == &module) return &instance;
  }
  return nullptr;
}

}  // namespace

// Does nothing when there is no native stack with enough room.
void Interpreter::walk(const Activation& activation, size_t most, std::vector<runtime::FrameRef>& frames) {
  runtime::run_with_room([&] { walk_here(activation, most, frames); });
}

void Interpreter::walk_here(const Activation& activation, size_t most, std::vector<runtime::FrameRef>& frames) {
  const Word* pc = static_cast<const Word*>(activation.pc);
  const Slot* fp = activation.fp;
  const InstanceContext* ctx = activation.ctx;
  std::unordered_map<const FuncCode*, InterpreterCode::Positions> known;  // a function may have many of the frames
  for (; most > 0; --most) {
    FuncCode* code = find_code(pc);
    if (code == nullptr) return;
    const auto [positions, is_new] = known.try_emplace(code);
    if (is_new) positions->second = code->owner->positions(*code);
    const Slot* link = fp + code->link;
    const auto* caller = reinterpret_cast<const InstanceContext*>(link[runtime::kLinkContext]);
    const runtime::CompiledModule& module = code->owner->module();
    frames.push_back({&module, code->index, InterpreterCode::offset_of(*code, positions->second, pc),
                      ctx != nullptr ? ctx->instance : instance_at_fault(module, *caller)});
    ctx = caller;
    // A position inside the call, because the instruction after it may belong to another function.
    pc = reinterpret_cast<const Word*>(link[kLinkReturnPc]) - 1;
    fp = reinterpret_cast<const Slot*>(link[kLinkCallerFp]);
  }
}

void Interpreter::add_code(CodePiece& piece, FuncCode& code) {
  const std::lock_guard lock(mutex_);
  if (piece.functions.empty()) by_begin_.emplace(piece.begin(), &piece);
  piece.functions.push_back(&code);
}

void Interpreter::remove_code(const CodePiece& piece) {
  const std::lock_guard lock(mutex_);
  by_begin_.erase(piece.begin());
}

FuncCode* Interpreter::find_code(const Word* pc) {
  const std::lock_guard lock(mutex_);
  const auto piece = by_begin_.upper_bound(pc);
  if (piece == by_begin_.begin()) return nullptr;
  const std::vector<FuncCode*>& functions = std::prev(piece)->second->functions;
  const auto after = std::upper_bound(functions.begin(), functions.end(), pc, [](const Word* at, const FuncCode* code) {
    return at < code->translation->words;
  });
  if (after == functions.begin()) return nullptr;  // of a function for which there was no memory in the end
  FuncCode* code = *std::prev(after);
  return pc < code->translation->words + code->translation->size ? code : nullptr;
}

}  // namespace mini_wasm::interp
