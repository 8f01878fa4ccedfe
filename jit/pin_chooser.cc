#include "jit/pin_chooser.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mini_wasm::jit {

namespace {

// The cost of moving a local into its register and back at the edges of a loop, in uses.
constexpr uint8_t kEdgeCost = 2;
// The cost of saving a register around a call, in uses.
constexpr uint32_t kCallCost = 2;
constexpr size_t kMostConstants = 32;  // in each function
static_assert(limits::kMaxLocals + kMostConstants < PinSet::kNoLocal);

uint32_t saturated_sum(uint32_t a, uint32_t b) { return a > ~b ? ~0u : a + b; }

bool is_float(ValType t) { return t == ValType::f32 || t == ValType::f64 || t == ValType::v128; }

}  // namespace

void PinChooser::begin(size_t locals) {
  regions_.assign(1, {});
  open_ = too_deep_ = 0;
  loops_.clear();
  uses_.clear();
  calls_ = 0;
  weights_.clear();
  if (place_.size() < locals + kMostConstants) place_.resize(locals + kMostConstants);
  local_count_ = static_cast<uint32_t>(locals);
  constants_.clear();
  read_first_.clear();
}

void PinChooser::note_constant(ValType type, uint64_t bits, uint8_t next) {
  if (open_ == 0) return;
  const uint8_t weight =
      budget_.constant_weight == nullptr ? 1 : budget_.constant_weight(type, bits, kOneByteOps[next]);
  if (weight == 0) return;
  const PinPlan::Constant constant{type, bits};
  const auto at = std::find(constants_.begin(), constants_.end(), constant);
  const auto number = static_cast<uint32_t>(at - constants_.begin());
  if (number == kMostConstants) return;
  if (at == constants_.end()) constants_.push_back(constant);
  uses_.push_back({local_count_ + number, false, weight});
}

ValType PinChooser::type_of(uint32_t local) const {
  return is_constant(local) ? constants_[local - local_count_].type : locals_->at(local).type;
}

void PinChooser::enter_loop() {
  take_calls();
  const uint32_t depth = regions_[open_].depth + 1;
  if (depth > kDeepest) {
    ++too_deep_;
    return loops_.push_back(open_);
  }
  Region region;
  region.parent = open_;
  region.depth = depth;
  region.uses_begin = static_cast<uint32_t>(uses_.size());
  open_ = static_cast<uint32_t>(regions_.size());
  loops_.push_back(open_);
  regions_.push_back(region);
}

void PinChooser::leave_loop() {
  take_calls();
  if (too_deep_ != 0) return void(--too_deep_);
  Region& region = regions_[open_];
  close(region);
  open_ = region.parent;
  regions_[open_].has_calls |= region.has_calls;
}

// Those that were reported since the last time are in the innermost open region.
void PinChooser::take_calls() {
  Region& region = regions_[open_];
  region.calls += std::exchange(calls_, 0);
  region.has_calls |= region.calls != 0;
}

// Adds up the uses in the region: one LocalWeight for each local. Then they are replaced by, for each of these, the cost
// of the region's edges, which belongs to the region around it.
void PinChooser::close(Region& region) {
  region.begin = static_cast<uint32_t>(weights_.size());
  for (size_t i = region.uses_begin; i < uses_.size(); ++i) {
    const Use& use = uses_[i];
    uint32_t& place = place_[use.local];
    if (place == 0) {
      weights_.push_back({static_cast<uint16_t>(use.local), false, 0});
      place = static_cast<uint32_t>(weights_.size());
    }
    LocalWeight& sum = weights_[place - 1];
    sum.writes |= use.writes;
    sum.weight = saturated_sum(sum.weight, use.times);
  }
  region.count = static_cast<uint32_t>(weights_.size()) - region.begin;
  uses_.erase(uses_.begin() + region.uses_begin, uses_.end());
  for (const LocalWeight& local : weights(region)) {
    place_[local.local] = 0;
    uses_.push_back({local.local, local.writes, kEdgeCost});
  }
}

// Chooses one bank of a region's set, given the set of the region around it.
class PinChooser::BankChoice {
 public:
  BankChoice(const PinChooser& chooser, const Region& region, bool floats, const PinSet::Bank& outer,
             PinSet::Bank& pins)
      : chooser_(chooser),
        region_(region),
        budget_(floats ? chooser.budget_.floats : chooser.budget_.ints),
        outer_(outer),
        pins_(pins) {}

  // Only the locals with the greatest weight can get registers; they are sorted by weight. In a body with calls, a
  // register must save more than the cost of loading and saving it.
  void consider(const LocalWeight& use) {
    const bool body = region_.depth == 0;
    if (use.weight < (!body || !region_.has_calls ? 1u : region_.calls == 0 ? 2u : 3u)) return;
    size_t at = count_;
    while (at > 0 && best_[at - 1].weight < use.weight) --at;
    if (at >= budget_.all) return;
    count_ = std::min<size_t>(count_ + 1, budget_.all);
    std::move_backward(best_.begin() + at, best_.begin() + count_ - 1, best_.begin() + count_);
    best_[at] = use;
  }

  // A local that has a register in the region around keeps it. Then the others get registers, those with the greatest
  // weight first. Finally, locals from outside stay in registers that are still free.
  void assign() {
    std::array<bool, PinSet::kMost> placed{};
    for (size_t i = 0; i < count_; ++i) {
      const size_t reg = find(outer_, best_[i].local);
      placed[i] = reg != PinSet::kMost && fits(reg, best_[i]);
      if (placed[i]) give(reg, best_[i].local);
    }
    for (size_t i = 0; i < count_; ++i) {
      if (!placed[i]) find_register(best_[i]);
    }
    for (size_t reg = 0; reg < budget_.all; ++reg) {
      const uint16_t local = outer_[reg];
      if (is_taken(reg) || local == PinSet::kNoLocal || find(pins_, local) != PinSet::kMost) continue;
      if (!region_.has_calls || survives(reg, local)) pins_[reg] = local;
    }
  }

  static size_t find(const PinSet::Bank& bank, uint16_t local) {
    return static_cast<size_t>(std::find(bank.begin(), bank.end(), local) - bank.begin());
  }

 private:
  // Whether the register keeps this local during a call.
  bool survives(size_t reg, uint16_t local) const {
    return reg < budget_.surviving && chooser_.type_of(local).slots() == 1;
  }
  bool is_taken(size_t reg) const { return (taken_ >> reg & 1) != 0; }
  // A register that calls destroy must save more than moving the local around each of them costs. Loops with calls inside
  // of the region count as one call; but not if few registers survive calls, because then heavy locals need the others.
  // (Measured: the kernel regex executes 0.86 times as many instructions with eight such registers, 1.06 with three.)
  bool fits(size_t reg, const LocalWeight& use) const {
    const uint32_t inner = region_.has_calls && 2 * budget_.surviving >= budget_.all ? 1 : 0;
    const uint32_t calls = std::max(region_.calls, inner);
    return calls == 0 || survives(reg, use.local) || use.weight / kCallCost > calls;
  }
  void give(size_t reg, uint16_t local) {
    pins_[reg] = local;
    taken_ |= 1u << reg;
  }
  size_t pick(size_t from, size_t to, bool free_outside) const {
    for (size_t reg = from; reg < to; ++reg) {
      if (!is_taken(reg) && (!free_outside || outer_[reg] == PinSet::kNoLocal)) return reg;
    }
    return PinSet::kMost;
  }
  // A register that is free outside, if there is one. Where there are calls, those in which the local survives calls are
  // preferred.
  void find_register(const LocalWeight& use) {
    const size_t surviving = budget_.surviving, all = budget_.all;
    const size_t choices[] = {pick(0, surviving, true), pick(0, surviving, false), pick(surviving, all, true),
                              pick(surviving, all, false)};
    constexpr int kWithCalls[] = {0, 1, 2, 3}, kWithout[] = {2, 0, 3, 1};
    const bool must_survive = region_.has_calls && survives(0, use.local);
    for (int choice : must_survive ? kWithCalls : kWithout) {
      const size_t reg = choices[choice];
      if (reg != PinSet::kMost && fits(reg, use)) return give(reg, use.local);
    }
  }

  const PinChooser& chooser_;
  const Region& region_;
  const RegisterBudget::Bank budget_;
  const PinSet::Bank& outer_;
  PinSet::Bank& pins_;
  std::array<LocalWeight, PinSet::kMost> best_;
  size_t count_ = 0;
  uint32_t taken_ = 0;
};

// A register is dirty if the region writes the local, or if it was dirty outside; in the body, all are.
void PinChooser::choose(const Region& region, bool floats, const PinSet& outer, PinSet& set) const {
  const PinSet::Bank& outer_bank = floats ? outer.floats : outer.ints;
  const uint16_t outer_dirty = floats ? outer.dirty_floats : outer.dirty_ints;
  PinSet::Bank& pins = floats ? set.floats : set.ints;
  BankChoice choice(*this, region, floats, outer_bank, pins);
  for (const LocalWeight& use : weights(region)) {
    if (region.depth == 0 && is_constant(use.local)) continue;
    if (is_float(type_of(use.local)) == floats) choice.consider(use);
  }
  choice.assign();
  uint16_t& dirty = floats ? set.dirty_floats : set.dirty_ints;
  for (size_t reg = 0; reg < pins.size(); ++reg) {
    const uint16_t local = pins[reg];
    if (local == PinSet::kNoLocal) continue;
    if (is_constant(local)) continue;
    const size_t before = BankChoice::find(outer_bank, local);
    const bool was_dirty = region.depth == 0 || (before != PinSet::kMost && (outer_dirty >> before & 1) != 0);
    const bool writes = place_[local] != 0 && weights_[place_[local] - 1].writes;
    if (was_dirty || writes) dirty = static_cast<uint16_t>(dirty | 1u << reg);
  }
}

// References need a value although the code does not read it, because the collector looks for them in slots, and the
// registers are stored there.
void PinChooser::find_written_first(PinPlan& plan) {
  const PinSet& body = plan.sets[0];
  for (uint32_t local : read_first_) place_[local] = 1;
  for (size_t reg = 0; reg < PinSet::kMost; ++reg) {
    const auto is_written_first = [&](uint16_t local) {
      return local != PinSet::kNoLocal && !is_constant(local) && place_[local] == 0 && !type_of(local).is_ref();
    };
    if (is_written_first(body.ints[reg])) plan.written_first_ints |= 1u << reg;
    if (is_written_first(body.floats[reg])) plan.written_first_floats |= 1u << reg;
  }
  for (uint32_t local : read_first_) place_[local] = 0;
}

std::unique_ptr<const TierFacts> PinChooser::finish(const validator::Locals& locals) {
  auto plan = std::make_unique<PinPlan>();
  locals_ = &locals;
  take_calls();
  close(regions_[0]);
  for (Region& region : regions_) {
    const PinSet outer = plan->sets.empty() ? PinSet{} : plan->sets[regions_[region.parent].pins];
    PinSet set;
    for (uint32_t i = 0; i < region.count; ++i) place_[weights_[region.begin + i].local] = region.begin + i + 1;
    for (bool floats : {false, true}) choose(region, floats, outer, set);
    for (const LocalWeight& use : weights(region)) place_[use.local] = 0;
    // The region around has at least the same dirty registers, so one set can be used for both.
    if (region.depth != 0 && set.ints == outer.ints && set.floats == outer.floats) {
      region.pins = regions_[region.parent].pins;
      continue;
    }
    region.pins = static_cast<uint32_t>(plan->sets.size());
    plan->sets.push_back(set);
  }
  if (plan->sets.size() == 1 && plan->sets[0] == PinSet{}) return nullptr;
  find_written_first(*plan);
  plan->constants.assign(constants_.begin(), constants_.end());
  for (uint32_t region : loops_) plan->loops.push_back(regions_[region].pins);
  return plan;
}

}  // namespace mini_wasm::jit
