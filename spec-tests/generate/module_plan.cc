#include "spec-tests/generate/module_plan.h"

#include <algorithm>
#include <utility>

#include "spec-tests/generate/constants.h"

namespace mini_wasm::generate {
namespace {

constexpr uint8_t kThemeWeights[] = {0, 0, 1, 2, 4, 8};

// The types of imported functions: those that every embedder can pass.
constexpr Kind kHostKinds[] = {Kind::i32, Kind::i64, Kind::f32, Kind::f64};

// Whether the types have the same meaning in another module.
bool portable(const Types& types) {
  return std::all_of(types.begin(), types.end(), [](Type type) { return !type.is_ref() || type.heap < 0; });
}

}  // namespace

ModulePlan::ModulePlan(ByteSource& src, FeatureSet on, std::span<const std::unique_ptr<ModulePlan>> earlier,
                       bool program)
    : source(src), features(on), in_program(program), ops(op_lists(on)), earlier_(earlier) {
  for (uint8_t& weight : themes) weight = kThemeWeights[source.below(std::size(kThemeWeights))];
  // In a program of several modules, calls and exceptions are the most interesting.
  if (in_program && source.chance(60)) {
    for (const Theme t : {Theme::calls, Theme::exceptions}) {
      uint8_t& weight = themes[static_cast<size_t>(t)];
      weight = std::max<uint8_t>(weight, 4);
    }
  }
  // Half of the modules use only some of the instructions, so that these occur in many contexts.
  if (source.chance(50)) {
    const uint32_t salt = source.byte();
    for (std::vector<Op>& list : ops.computing) {
      std::erase_if(list, [salt](Op op) { return (static_cast<uint32_t>(op) * 2654435761u >> 13 ^ salt) % 6 != 0; });
    }
  }
  if (!features.has(Feature::gc)) themes[static_cast<size_t>(Theme::gc)] = 0;
  if (!features.has(Feature::exceptions)) themes[static_cast<size_t>(Theme::exceptions)] = 0;
  plan_types();
  plan_memories();
  plan_functions();
  plan_tables();
  plan_globals();
  plan_segments();
}

// --- Types ---------------------------------------------------------------------------------------------------------

uint32_t ModulePlan::type_index(const Signature& signature) {
  for (uint32_t i = aggregate_count; i < types.size(); ++i) {
    if (types[i].signature == signature) return i;
  }
  DefinedType type;
  type.signature = signature;
  types.push_back(std::move(type));
  return static_cast<uint32_t>(types.size() - 1);
}

Heap ModulePlan::top_of(Heap heap) const {
  if (heap >= 0) return types[static_cast<size_t>(heap)].form == DefinedType::Form::func ? kFunc : kAny;
  switch (heap) {
    case kFunc:
    case kNoFunc: return kFunc;
    case kExtern:
    case kNoExtern: return kExtern;
    case kExn:
    case kNoExn: return kExn;
    default: return kAny;
  }
}

bool ModulePlan::is_heap_subtype(Heap sub, Heap super) const {
  if (sub == super) return true;
  if (top_of(sub) != top_of(super)) return false;
  if (super == top_of(super)) return true;
  if (sub == kNone || sub == kNoFunc || sub == kNoExtern || sub == kNoExn) return true;
  if (super == kEq) return sub != kAny;
  if (sub < 0) return false;
  const DefinedType& type = types[static_cast<size_t>(sub)];
  if (super == kStruct) return type.form == DefinedType::Form::struct_;
  if (super == kArray) return type.form == DefinedType::Form::array;
  return type.super >= 0 && super >= 0 && is_heap_subtype(type.super, super);
}

bool ModulePlan::is_subtype(Type sub, Type super) const {
  if (!sub.is_ref() || !super.is_ref()) return sub == super;
  return (super.nullable || !sub.nullable) && is_heap_subtype(sub.heap, super.heap);
}

std::vector<uint32_t> ModulePlan::aggregates(DefinedType::Form form) const {
  std::vector<uint32_t> found;
  for (uint32_t i = 0; i < aggregate_count; ++i) {
    if (types[i].form == form) found.push_back(i);
  }
  return found;
}

Type ModulePlan::numeric_type() {
  static constexpr Kind kKinds[] = {Kind::i32, Kind::i64, Kind::f64, Kind::f32, Kind::i32, Kind::i64};
  if (has(Feature::simd) && source.chance(25)) return Kind::v128;
  return kKinds[source.below(std::size(kKinds))];
}

Type ModulePlan::value_type(bool nullable_only) {
  const bool gc = theme(Theme::gc) != 0;
  if (!has(Feature::ref_types) || !source.chance(gc ? 35 : 10)) return numeric_type();
  if (!gc) return Type::ref(source.chance(50) ? kExtern : kFunc);
  static constexpr Heap kHeaps[] = {kAny, kEq, kI31, kStruct, kArray, kFunc, kExtern, kNone};
  const bool nullable = nullable_only || source.chance(70);
  if (aggregate_count != 0 && source.chance(60)) {
    return Type::ref(static_cast<Heap>(source.below(aggregate_count)), nullable);
  }
  if (has(Feature::exceptions) && source.chance(8)) return Type::ref(kExn);
  const Heap heap = kHeaps[source.below(std::size(kHeaps))];
  return Type::ref(heap, nullable || heap == kNone);
}

Field ModulePlan::field(uint32_t visible) {
  Field field;
  switch (source.weighted({4, 2, 2, 3, 3})) {
    case 0: field.type = numeric_type(); break;
    case 1: field.packed_bits = 8; break;
    case 2: field.packed_bits = 16; break;
    case 3: {
      static constexpr Heap kHeaps[] = {kAny, kEq, kI31, kStruct, kArray, kFunc, kExtern};
      field.type = Type::ref(kHeaps[source.below(std::size(kHeaps))]);
      break;
    }
    default: field.type = visible == 0 ? Type::ref(kI31, false) : Type::ref(static_cast<Heap>(source.below(visible)));
  }
  field.mutable_ = !source.chance(10);
  return field;
}

DefinedType ModulePlan::structure(uint32_t index, uint32_t visible) {
  DefinedType type;
  type.form = DefinedType::Form::struct_;
  const std::vector<uint32_t> parents = [&] {
    std::vector<uint32_t> found;
    for (uint32_t i = 0; i < index; ++i) {
      if (types[i].form == DefinedType::Form::struct_) found.push_back(i);
    }
    return found;
  }();
  if (!parents.empty() && source.chance(50)) {
    type.super = static_cast<int32_t>(source.one_of(parents));
    type.fields = types[static_cast<size_t>(type.super)].fields;
  }
  for (uint32_t more = source.below(5); more != 0; --more) type.fields.push_back(field(visible));
  return type;
}

void ModulePlan::plan_types() {
  if (theme(Theme::gc) == 0) return;
  one_rec_group = source.chance(50);
  const uint32_t count = 1 + source.below(8);
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t visible = one_rec_group ? count : i;
    if (source.chance(50)) {
      DefinedType type;
      type.form = DefinedType::Form::array;
      type.fields.push_back(field(visible));
      types.push_back(std::move(type));
    } else {
      types.push_back(structure(i, visible));
    }
  }
  aggregate_count = count;
}

Signature ModulePlan::signature() {
  // Embedders of other engines also call the exported functions, so most use only types that can be passed there.
  const bool simple = source.chance(65);
  const auto type = [&] { return simple ? Type(kHostKinds[source.below(4)]) : value_type(false); };
  Signature signature;
  uint32_t params = source.below(5);
  if (source.chance(10)) params = source.below(21);
  while (params-- != 0) signature.params.push_back(type());
  if (!result_pool_.empty() && source.chance(70)) {
    signature.results = source.one_of(result_pool_);
    return signature;
  }
  uint32_t results = source.weighted({2, 6, 2, 1});
  if (source.chance(5)) results = source.below(21);
  while (results-- != 0) signature.results.push_back(type());
  result_pool_.push_back(signature.results);
  return signature;
}

// --- Functions, tables, memories, globals --------------------------------------------------------------------------

void ModulePlan::import_host_functions() {
  for (uint32_t count = 1 + source.below(2); count != 0; --count) {
    Signature host;
    for (uint32_t n = source.below(source.chance(20) ? 16 : 5); n != 0; --n)
      host.params.push_back(kHostKinds[source.below(4)]);
    for (uint32_t n = source.below(4); n != 0; --n) host.results.push_back(kHostKinds[source.below(4)]);
    funcs.push_back({host, type_index(host), {}});
  }
}

// Imports functions of earlier modules. Their result types become common here as well, so that tail calls find callees.
void ModulePlan::import_functions() {
  for (uint32_t count = 1 + source.below(5); count != 0; --count) {
    const uint32_t module = source.below(earlier_.size());
    const ModulePlan& from = *earlier_[module];
    const uint32_t index = from.imported_funcs + source.below(from.funcs.size() - from.imported_funcs);
    const Signature& signature = from.funcs[index].signature;
    if (!portable(signature.params) || !portable(signature.results)) continue;
    funcs.push_back({signature, type_index(signature), Origin{module, index}});
    result_pool_.push_back(signature.results);
  }
}

void ModulePlan::plan_tags() {
  for (uint32_t module = 0; module < earlier_.size(); ++module) {
    const std::vector<Signature>& from = earlier_[module]->tags;
    for (uint32_t i = 0; i < from.size(); ++i) {
      if (!portable(from[i].params) || !source.chance(70)) continue;
      imported_tags.push_back({module, i});
      tags.push_back(from[i]);
    }
  }
  for (uint32_t n = 1 + source.below(3); n != 0; --n) {
    Signature tag;
    for (uint32_t p = source.below(4); p != 0; --p) tag.params.push_back(value_type(false));
    tags.push_back(tag);
  }
  for (const Signature& tag : tags) type_index(tag);
}

void ModulePlan::plan_functions() {
  if (source.chance(30)) import_host_functions();
  if (!earlier_.empty()) import_functions();
  imported_funcs = static_cast<uint32_t>(funcs.size());
  const uint32_t count = 1 + source.below(6);
  for (uint32_t i = 0; i < count; ++i) {
    Signature s = signature();
    const uint32_t type = type_index(s);
    funcs.push_back({std::move(s), type, {}});
  }
  if (source.chance(10)) {
    start = true;
    funcs[imported_funcs].signature = {};
    funcs[imported_funcs].type = type_index({});
  }
  if (theme(Theme::exceptions) != 0) plan_tags();
}

// Imports a table of functions from an earlier module, with its contents. Of these, only the functions that were also
// imported directly are known here.
bool ModulePlan::import_table() {
  if (earlier_.empty() || !source.chance(50)) return false;
  const uint32_t module = source.below(earlier_.size());
  if (earlier_[module]->tables.empty()) return false;
  TablePlan table = earlier_[module]->tables[0];
  table.origin = Origin{module, 0};
  for (int32_t& func : table.funcs) {
    const auto same = std::find_if(funcs.begin(), funcs.end(), [&](const FuncPlan& imported) {
      return imported.origin && imported.origin->module == module &&
             static_cast<int32_t>(imported.origin->index) == func;
    });
    func = same == funcs.end() ? TablePlan::kOthers : static_cast<int32_t>(same - funcs.begin());
  }
  tables.push_back(std::move(table));
  return true;
}

void ModulePlan::plan_tables() {
  if (theme(Theme::tables) == 0 && theme(Theme::calls) == 0) return;
  const uint32_t count = has(Feature::ref_types) ? 1 + source.below(3) : 1;
  for (uint32_t i = import_table() ? 1 : 0; i < count; ++i) {
    TablePlan table;
    table.element = Type::ref(kFunc);
    if (i != 0) {
      table.element = Type::ref(kExtern);
      if (theme(Theme::gc) != 0) {
        const Type type = value_type(true);
        if (type.is_ref()) table.element = type;
      } else if (has(Feature::function_refs) && source.chance(50)) {
        table.element = Type::ref(static_cast<Heap>(source.one_of(funcs).type));
      }
    }
    table.is_64 = has(Feature::memory64) && source.chance(25);
    table.min = source.below(12);
    table.max = table.min + source.below(10);
    if (i == 0) {
      for (uint32_t n = std::min<uint32_t>(table.min, 8); n != 0; --n) {
        table.funcs.push_back(static_cast<int32_t>(source.below(funcs.size())));
      }
    }
    tables.push_back(std::move(table));
  }
}

void ModulePlan::plan_memories() {
  uint32_t count = theme(Theme::memory) != 0 || theme(Theme::bulk) != 0 || source.chance(50) ? 1 : 0;
  if (count != 0 && has(Feature::multi_memory) && source.chance(35)) count += 1 + source.below(2);
  if (count != 0 && !earlier_.empty() && source.chance(50)) {
    const uint32_t module = source.below(earlier_.size());
    if (!earlier_[module]->memories.empty()) {
      memories.push_back(earlier_[module]->memories[0]);
      memories[0].origin = Origin{module, 0};
      --count;
    }
  }
  for (uint32_t i = 0; i < count; ++i) {
    MemoryPlan memory;
    memory.is_64 = has(Feature::memory64) && source.chance(25);
    memory.shared = has(Feature::threads) && source.chance(25);
    memory.min = source.weighted({1, 30, 8});
    memory.max = memory.min + source.below(3);
    memories.push_back(memory);
  }
}

void ModulePlan::plan_globals() {
  globals.push_back({Kind::i32, true, {}, {}});
  globals[kFuelGlobal].init.i32_const(50);  // used by the start function
  if (!earlier_.empty()) globals[kFuelGlobal].origin = Origin{0, kFuelGlobal};
  globals.push_back({Kind::i64, true, {}, {}});
  globals[kSumGlobal].init.i64_const(0);
  for (uint32_t n = source.below(7); n != 0; --n) {
    GlobalPlan global;
    global.type = value_type(false);
    global.mutable_ = !source.chance(20);
    if (!has_constant(*this, global.type)) global.type.nullable = true;
    global.init = const_expr(global.type);
    globals.push_back(std::move(global));
  }
}

std::vector<uint8_t> ModulePlan::data_bytes() {
  std::vector<uint8_t> bytes(source.below(48));
  for (uint8_t& byte : bytes) byte = source.byte();
  return bytes;
}

// Data for loads: few zeros, many sign bits. It uses only a few bytes of the source, so that more are left for code.
std::vector<uint8_t> ModulePlan::noise(size_t size) {
  if (source.empty()) return {};
  Random random(source.bits(2));
  std::vector<uint8_t> bytes(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.next());
  return bytes;
}

void ModulePlan::plan_segments() {
  for (uint32_t i = 0; i < tables.size(); ++i) {
    if (tables[i].funcs.empty() || tables[i].origin) continue;
    ElemPlan elem{SegmentMode::active, i, Type::ref(kFunc), {}};
    for (const int32_t func : tables[i].funcs) {
      elem.items.emplace_back();
      elem.items.back().op(Op::ref_func, static_cast<uint32_t>(func));
    }
    elems.push_back(std::move(elem));
  }
  // ref.func may refer to a function only if it is declared outside the code (spec 3.5.13).
  if (has(Feature::ref_types)) {
    ElemPlan all{source.chance(50) ? SegmentMode::passive : SegmentMode::declarative, 0, Type::ref(kFunc), {}};
    for (uint32_t i = 0; i < funcs.size(); ++i) all.items.emplace_back().op(Op::ref_func, i);
    elems.push_back(std::move(all));
  }
  for (uint32_t n = theme(Theme::gc) != 0 ? source.below(3) : 0; n != 0; --n) {
    Type type = value_type(true);
    if (!type.is_ref()) type = Type::ref(kAny);
    ElemPlan elem{SegmentMode::passive, 0, type, {}};
    for (uint32_t items = source.below(6); items != 0; --items) elem.items.push_back(const_expr(type));
    elems.push_back(std::move(elem));
  }
  if (!has(Feature::bulk_memory)) return;
  for (uint32_t i = 0; i < memories.size(); ++i) {
    if (memories[i].min == 0) continue;
    datas.push_back({SegmentMode::active, i, 0, noise(source.chance(70) ? 1100 : 60)});
    if (source.chance(30)) datas.push_back({SegmentMode::active, i, source.below(65000), data_bytes()});
  }
  for (uint32_t n = source.below(3); n != 0; --n) datas.push_back({SegmentMode::passive, 0, 0, data_bytes()});
}

// --- Constant expressions (spec 3.4.13) ----------------------------------------------------------------------------

Code ModulePlan::const_expr(Type type) {
  Code code;
  std::vector<uint32_t> same;
  for (uint32_t i = 1; has(Feature::gc) && i < globals.size(); ++i) {
    if (!globals[i].mutable_ && is_subtype(globals[i].type, type)) same.push_back(i);
  }
  if (!same.empty() && source.chance(40)) return std::move(code.op(Op::global_get, source.one_of(same)));
  if (!type.is_ref()) {
    write_constant(code, type.kind, source);
    if (!has(Feature::extended_const) || (type.kind != Kind::i32 && type.kind != Kind::i64) || !source.chance(30))
      return code;
    static constexpr Op kOps[2][3] = {{Op::i32_add, Op::i32_sub, Op::i32_mul}, {Op::i64_add, Op::i64_sub, Op::i64_mul}};
    write_constant(code, type.kind, source);
    return std::move(code.op(kOps[type.kind == Kind::i64][source.below(3)]));
  }
  const Heap heap = type.heap;
  if (top_of(heap) == kFunc && heap != kNoFunc && source.chance(60)) {
    for (uint32_t i = 0; i < funcs.size(); ++i) {
      if (heap == kFunc || static_cast<Heap>(funcs[i].type) == heap) return std::move(code.op(Op::ref_func, i));
    }
  }
  if (type.nullable && !(has(Feature::gc) && source.chance(60))) return std::move(code.op(Op::ref_null).heap(heap));
  write_smallest(code, *this, type);
  return code;
}

}  // namespace mini_wasm::generate
