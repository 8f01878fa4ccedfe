#include "validator/pin_chooser.h"

#include <algorithm>

namespace mini_wasm::validator {

namespace {

// What moving a local into its register and back at a loop's edges costs, in uses.
constexpr uint32_t kEdgeCost = 2;
// What saving a register around a call costs.
constexpr uint32_t kCallCost = 2;

bool is_float(ValType t) { return t == ValType::f32 || t == ValType::f64 || t == ValType::v128; }

uint32_t saturated_sum(uint32_t a, uint32_t b) { return a > ~b ? ~0u : a + b; }

}  // namespace

void PinChooser::begin(size_t locals) {
  regions_.assign(1, {});
  open_ = too_deep_ = 0;
  loops_.clear();
  log_.clear();
  uses_.clear();
  place_.assign(locals, 0);
}

void PinChooser::enter_loop() {
  const uint32_t depth = regions_[open_].depth + 1;
  if (depth > kDeepest) {
    ++too_deep_;
    return loops_.push_back(open_);
  }
  Region region;
  region.parent = open_;
  region.depth = depth;
  region.log_begin = static_cast<uint32_t>(log_.size());
  open_ = static_cast<uint32_t>(regions_.size());
  loops_.push_back(open_);
  regions_.push_back(region);
}

void PinChooser::leave_loop() {
  if (too_deep_ != 0) return void(--too_deep_);
  Region& region = regions_[open_];
  close(region);
  open_ = region.parent;
  regions_[open_].has_calls |= region.has_calls;
}

// The log of the region becomes one Use for each local; what is left of it in the log is the price of its edges.
void PinChooser::close(Region& region) {
  region.begin = static_cast<uint32_t>(uses_.size());
  for (size_t i = region.log_begin; i < log_.size(); ++i) {
    const Use& use = log_[i];
    uint32_t& place = place_[use.local];
    if (place == 0) {
      uses_.push_back({use.local, false, 0});
      place = static_cast<uint32_t>(uses_.size());
    }
    Use& sum = uses_[place - 1];
    sum.writes |= use.writes;
    sum.weight = saturated_sum(sum.weight, use.weight);
  }
  region.count = static_cast<uint32_t>(uses_.size()) - region.begin;
  log_.resize(region.log_begin);
  for (const Use& use : uses(region)) {
    place_[use.local] = 0;
    log_.push_back({use.local, use.writes, kEdgeCost});
  }
}

// One bank of the set that is being made, and of the set around it.
struct PinChooser::BankOfSet {
  PinSet::Bank& pins;
  uint16_t& dirty;
  const PinSet::Bank& outer;
  uint16_t outer_dirty;
  bool floats;

  static size_t find(const PinSet::Bank& bank, uint16_t local) {
    return static_cast<size_t>(std::find(bank.begin(), bank.end(), local) - bank.begin());
  }
};

void PinChooser::choose(const Region& region, BankOfSet bank, RegisterBudget::Bank budget) const {
  const bool body = region.depth == 0;
  // The heaviest, heaviest first. In a body with calls a register has to save more than what it costs to fill and save.
  const uint32_t least = !body || !region.has_calls ? 1 : region.calls == 0 ? 2 : 3;
  std::array<Use, PinSet::kMost> best;
  size_t count = 0;
  for (const Use& use : uses(region)) {
    if (use.weight < least || is_float(locals_[use.local]) != bank.floats) continue;
    size_t at = count;
    while (at > 0 && best[at - 1].weight < use.weight) --at;
    if (at >= budget.all) continue;
    count = std::min<size_t>(count + 1, budget.all);
    std::move_backward(best.begin() + at, best.begin() + count - 1, best.begin() + count);
    best[at] = use;
  }
  const auto fits = [&](size_t reg, const Use& use) {
    return reg < budget.surviving || region.calls == 0 || use.weight / kCallCost > region.calls;
  };
  // Those that have a register outside keep it.
  uint32_t taken = 0;
  const auto give = [&](size_t reg, const Use& use) {
    bank.pins[reg] = use.local;
    taken |= 1u << reg;
  };
  std::array<bool, PinSet::kMost> placed{};
  for (size_t i = 0; i < count; ++i) {
    const size_t reg = bank.find(bank.outer, best[i].local);
    if (reg == PinSet::kMost || !fits(reg, best[i])) continue;
    give(reg, best[i]);
    placed[i] = true;
  }
  // A free register if there is one; where there are calls, first those that survive them.
  const auto pick = [&](size_t from, size_t to, bool free) {
    for (size_t reg = from; reg < to; ++reg) {
      if ((taken >> reg & 1) == 0 && (!free || bank.outer[reg] == PinSet::kNoLocal)) return reg;
    }
    return PinSet::kMost;
  };
  const size_t surviving = budget.surviving, all = budget.all;
  for (size_t i = 0; i < count; ++i) {
    if (placed[i]) continue;
    const size_t choices[] = {pick(0, surviving, true), pick(0, surviving, false), pick(surviving, all, true),
                              pick(surviving, all, false)};
    constexpr int kWithCalls[] = {0, 1, 2, 3}, kWithout[] = {2, 0, 3, 1};
    for (int choice : region.has_calls ? kWithCalls : kWithout) {
      const size_t reg = choices[choice];
      if (reg == PinSet::kMost || !fits(reg, best[i])) continue;
      give(reg, best[i]);
      break;
    }
  }
  // What has a register outside and is not in the way stays.
  for (size_t reg = 0; reg < all; ++reg) {
    const uint16_t local = bank.outer[reg];
    if ((taken >> reg & 1) != 0 || local == PinSet::kNoLocal) continue;
    if (bank.find(bank.pins, local) != PinSet::kMost) continue;
    if (reg >= surviving && region.has_calls) continue;
    bank.pins[reg] = local;
  }
  for (size_t reg = 0; reg < all; ++reg) {
    const uint16_t local = bank.pins[reg];
    if (local == PinSet::kNoLocal) continue;
    const size_t before = bank.find(bank.outer, local);
    const bool was_dirty = body || (before != PinSet::kMost && (bank.outer_dirty >> before & 1) != 0);
    const bool writes = place_[local] != 0 && uses_[place_[local] - 1].writes;
    if (was_dirty || writes) bank.dirty = static_cast<uint16_t>(bank.dirty | 1u << reg);
  }
}

void PinChooser::finish(std::span<const ValType> locals, FunctionFacts& facts) {
  locals_ = locals;
  close(regions_[0]);
  facts.pins.clear();
  for (Region& region : regions_) {
    const PinSet outer = facts.pins.empty() ? PinSet{} : facts.pins[regions_[region.parent].pins];
    PinSet set;
    for (uint32_t i = 0; i < region.count; ++i) place_[uses_[region.begin + i].local] = region.begin + i + 1;
    choose(region, {set.ints, set.dirty_ints, outer.ints, outer.dirty_ints, false}, budget_.ints);
    choose(region, {set.floats, set.dirty_floats, outer.floats, outer.dirty_floats, true}, budget_.floats);
    for (const Use& use : uses(region)) place_[use.local] = 0;
    // Around it more is dirty, never less: such a set serves for both.
    if (region.depth != 0 && set.ints == outer.ints && set.floats == outer.floats) {
      region.pins = regions_[region.parent].pins;
      continue;
    }
    region.pins = static_cast<uint32_t>(facts.pins.size());
    facts.pins.push_back(set);
  }
  facts.loop_pins.clear();
  for (uint32_t region : loops_) facts.loop_pins.push_back(regions_[region].pins);
}

}  // namespace mini_wasm::validator
