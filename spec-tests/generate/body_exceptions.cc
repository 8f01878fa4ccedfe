// Throwing and catching (spec 3.4.2).
#include <algorithm>
#include <memory>
#include <utility>

#include "core/immediates.h"
#include "spec-tests/generate/body.h"

namespace mini_wasm::generate {

bool BodyWriter::throw_exception(int depth) {
  if (plan_.tags.empty()) return false;
  if (daring_ && src_.chance(15)) {
    value(Type::ref(kExn), depth - 1);
    out_.op(Op::throw_ref);
    return true;
  }
  const uint32_t tag = src_.below(plan_.tags.size());
  values(plan_.tags[tag].params, depth - 1);
  out_.op(Op::throw_, tag);
  return true;
}

bool BodyWriter::perhaps_throw(int depth) {
  if (plan_.tags.empty()) return false;
  condition(depth - 1);
  Block maybe(*this, Op::if_, {});
  throw_exception(depth - 1);
  out_.op(Op::unreachable);
  return true;
}

// One block for each catch clause, nested in reverse order, and around them one block that has the results:
//   block $done  block $h0  block $h1  try_table (catch $h1) (catch $h0) ... end  br $done  end ... br $done  end ...
//   end
bool BodyWriter::try_table(const Types& results, int depth) {
  if (plan_.tags.empty()) return false;
  std::vector<CatchClause> clauses(1 + src_.below(3));
  std::vector<Types> caught;
  for (CatchClause& clause : clauses) {
    clause.kind = static_cast<CatchKind>(src_.below(4));
    clause.tag = src_.below(plan_.tags.size());
    caught.push_back(has_tag(clause.kind) ? plan_.tags[clause.tag].params : Types{});
    if (pushes_exnref(clause.kind)) caught.back().push_back(Type::ref(kExn, src_.chance(30)));
  }
  Block done(*this, Op::block, {{}, results});
  std::vector<std::unique_ptr<Block>> handlers;
  for (const Types& types : caught) handlers.push_back(std::make_unique<Block>(*this, Op::block, Signature{{}, types}));
  const bool results_inside = src_.chance(50);
  {
    const Types inner = results_inside ? results : Types{};
    Block body(*this);
    out_.op(Op::try_table);
    block_type({{}, inner});
    out_.uleb(clauses.size());
    for (size_t i = 0; i < clauses.size(); ++i) {
      out_.u8(static_cast<unsigned>(clauses[i].kind));
      if (has_tag(clauses[i].kind)) out_.uleb(clauses[i].tag);
      out_.uleb(clauses.size() - 1 - i);
    }
    labels_.push_back(inner);
    ++catching_;
    for (uint32_t n = src_.below(3); n != 0; --n) statement(depth - 1);
    if (src_.chance(plan_.in_program ? 60 : 20)) call_statement(depth - 1);
    if (src_.chance(30)) perhaps_throw(depth);
    if (!src_.chance(30) || !throw_exception(depth - 1)) values(inner, depth - 1);
    --catching_;
  }
  if (!results_inside) values(results, depth - 2);
  out_.op(Op::br, clauses.size());
  for (size_t i = clauses.size(); i-- != 0;) {
    handlers.pop_back();
    for (size_t n = caught[i].size(); n-- != 0;) consume(caught[i][n]);
    values(results, depth - 2);
    out_.op(Op::br, i);
  }
  return true;
}

}  // namespace mini_wasm::generate
