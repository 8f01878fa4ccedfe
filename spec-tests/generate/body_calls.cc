// Calls of every kind (spec 3.4.2): direct, through tables and references, tail calls.
#include <algorithm>
#include <utility>

#include "spec-tests/generate/body.h"

namespace mini_wasm::generate {

void BodyWriter::call(uint32_t func, bool tail, int depth) {
  values(plan_.funcs[func].signature.params, depth - 1);
  if (src_.chance(50) && indirect(func, tail, depth)) return;
  out_.op(tail ? Op::return_call : Op::call, func);
}

bool BodyWriter::indirect(uint32_t func, bool tail, int depth) {
  const uint32_t type = plan_.funcs[func].type;
  if (plan_.has(Feature::function_refs) && src_.chance(40)) {
    if (!daring_ || src_.chance(60))
      out_.op(Op::ref_func, func);
    else
      value(Type::ref(static_cast<Heap>(type)), depth - 1);
    out_.op(tail ? Op::return_call_ref : Op::call_ref, type);
    return true;
  }
  if (plan_.tables.empty()) return false;
  const uint32_t table = 0;  // the table of ordinary function references
  const TablePlan& plan = plan_.tables[table];
  const auto place = std::find(plan.funcs.begin(), plan.funcs.end(), static_cast<int32_t>(func));
  if (place == plan.funcs.end() && !daring_) return false;
  if (place != plan.funcs.end() && (!daring_ || src_.chance(75))) {
    const auto slot = place - plan.funcs.begin();
    plan.is_64 ? out_.i64_const(slot) : out_.i32_const(static_cast<int32_t>(slot));
  } else {
    index_value(plan.is_64, plan.min, depth - 1);
  }
  out_.op(tail ? Op::return_call_indirect : Op::call_indirect, type, table);
  return true;
}

template <class Fits>
std::optional<uint32_t> BodyWriter::callee(Fits fits) {
  Places fitting, recursive;
  for (uint32_t i = 0; i < plan_.funcs.size(); ++i) {
    if (!fits(plan_.funcs[i].signature.results)) continue;
    (i > index_ || i < plan_.imported_funcs ? fitting : recursive).push_back(i);
  }
  const bool may_recurse = !recursive.empty() && src_.chance(10);
  if (fitting.empty() && !may_recurse) return std::nullopt;
  return src_.one_of(may_recurse ? recursive : fitting);
}

bool BodyWriter::call_value(Type type, int depth) {
  const auto func = callee([&](const Types& results) { return place_of(results, type).has_value(); });
  if (!func) return false;
  call(*func, false, depth);
  const Types& results = plan_.funcs[*func].signature.results;
  keep(results, *place_of(results, type));
  return true;
}

bool BodyWriter::call_statement(int depth) {
  const auto func = callee([](const Types&) { return true; });
  if (!func) return false;
  call(*func, false, depth);
  const Types& results = plan_.funcs[*func].signature.results;
  for (size_t i = results.size(); i-- != 0;) consume(results[i]);
  return true;
}

bool BodyWriter::tail_call(int depth) {
  if (!plan_.has(Feature::tail_call)) return false;
  const auto func = callee([this](const Types& results) { return results == func_.signature.results; });
  if (!func) return false;
  call(*func, true, depth);
  return true;
}

}  // namespace mini_wasm::generate
