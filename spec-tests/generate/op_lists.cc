#include "spec-tests/generate/op_lists.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace mini_wasm::generate {
namespace {

LooseNans shape_named(std::string_view text) {
  if (text.starts_with("f32x4")) return LooseNans::f32x4;
  if (text.starts_with("f64x2")) return LooseNans::f64x2;
  if (text.starts_with("f32")) return LooseNans::f32;
  if (text.starts_with("f64")) return LooseNans::f64;
  return LooseNans::none;
}

// The shape of the operands: the type after the verb, as in "i32x4.trunc_sat_f64x2_s_zero", or else the first type.
LooseNans operand_shape(std::string_view text) {
  const size_t dot = text.find('.');
  for (size_t at = text.find('_', dot); at != text.npos; at = text.find('_', at + 1)) {
    for (std::string_view type : {"f32", "f64", "i8x16", "i16x8", "i32", "i64"}) {
      if (text.substr(at + 1).starts_with(type)) return shape_named(text.substr(at + 1));
    }
  }
  return shape_named(text);
}

// Whether the verb, without its operand type, is one of these: "trunc_sat" for "i32.trunc_sat_f32_s".
bool verb_is(std::string_view text, std::initializer_list<std::string_view> verbs) {
  const std::string_view verb = text.substr(text.find('.') + 1);
  return std::any_of(verbs.begin(), verbs.end(), [verb](std::string_view v) {
    return verb == v || (verb.starts_with(v) && verb[v.size()] == '_');
  });
}

OpNans classify(const OpInfo& info) {
  const std::string_view text = info.text;
  if (info.cls != OpClass::numeric && info.cls != OpClass::numeric_trap && info.cls != OpClass::simd) return {};
  const LooseNans result = shape_named(text), operand = operand_shape(text);
  if (verb_is(text, {"eq", "ne", "lt", "gt", "le", "ge", "trunc", "trunc_sat", "relaxed_trunc"}) &&
      (result == LooseNans::none || verb_is(text, {"eq", "ne", "lt", "gt", "le", "ge"}))) {
    return {operand, false, false, LooseNans::none};
  }
  if (result == LooseNans::none) return {};
  if (verb_is(text, {"abs", "neg", "pmin", "pmax"})) return {operand, false, true, result};
  if (verb_is(text, {"add", "sub", "mul", "div", "sqrt", "min", "max", "ceil", "floor", "trunc", "nearest", "demote",
                     "promote", "promote_low", "relaxed_madd", "relaxed_nmadd", "relaxed_min", "relaxed_max"})) {
    return {operand, true, true, result};
  }
  return {};
}

const auto kOpNans = [] {
  std::array<OpNans, kOpCount> table{};
  std::transform(kOpInfo.begin(), kOpInfo.end(), table.begin(), classify);
  return table;
}();

}  // namespace

const OpNans& op_nans(Op op) { return kOpNans[static_cast<size_t>(op)]; }

OpLists op_lists(FeatureSet features) {
  OpLists lists;
  for (size_t i = 0; i < kOpCount; ++i) {
    const OpInfo& info = kOpInfo[i];
    if (info.special || info.cls == OpClass::constant || !features.has(info.feature)) continue;
    if (info.imm == Imm::none && info.param_count == 0) continue;  // nop
    const Op op = static_cast<Op>(i);
    const bool memory = has_memarg(info.imm);
    if (info.result_count == 1)
      (memory ? lists.loading : lists.computing)[static_cast<size_t>(kind_of(info.results[0]))].push_back(op);
    else
      (info.result_count == 2 ? lists.pairs : lists.storing).push_back(op);
  }
  return lists;
}

}  // namespace mini_wasm::generate
