// Locals: the locals of the function that is being walked over (spec 2.5.7, 3.5.7), parameters first.
//
// Three bytes can declare 50,000 locals, in each of a hundred thousand functions. So no work may be done for each
// declared local. Locals are kept as they are declared, in runs of one type. The first ones, about as many as the body
// has bytes, are "ready": they have entries of their own from the start. Any other local gets an entry at its first
// use. Code that keeps data for each local must do the same: for locals below `ready()` at the beginning of the
// function, for others when the walk reports their first use.
// Thread rule: one thread; keeps its memory from function to function.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "core/buffer.h"
#include "core/type_registry.h"

namespace mini_wasm::validator {

class Locals {
 public:
  struct Local {
    ValType type;
    uint32_t slot = 0;  // in the frame
  };

  // Begins with the parameters; the declared locals follow.
  void begin(const DefType& type) {
    params_ = type.func.params;
    size_ = static_cast<uint32_t>(params_.size());
    slots_ = type.param_slots;
    runs_.clear();
    has_vectors_ = slots_ != size_;
    all_default_ = true;
    for (uint32_t i : far_) used_[i] = false;
    far_.clear();
  }
  void declare(uint32_t count, ValType type) {
    if (count == 0) return;
    runs_.push_back({size_, {type, slots_}});
    size_ += count;
    slots_ += count * type.slots();
    has_vectors_ |= type.is_vector();
    all_default_ &= type.defaultable();
  }
  // All locals have been declared. `body_bytes` is the size of the function body.
  void finish(size_t body_bytes) {
    ready_ = static_cast<uint32_t>(std::min<size_t>(size_, std::max(body_bytes, kAlwaysReady)));
    if (entries_.size() < size_) entries_.resize(size_);
    if (used_.size() < size_) used_.resize(size_);
    fill();
  }

  uint32_t size() const { return size_; }
  uint32_t slots() const { return slots_; }
  // The number of parameters.
  uint32_t params() const { return static_cast<uint32_t>(params_.size()); }
  bool has_vectors() const { return has_vectors_; }
  // Whether all declared locals have a default value.
  bool all_default() const { return all_default_; }
  // Locals below this number are ready.
  uint32_t ready() const { return ready_; }

  // For a local that is ready or has been used.
  const Local& operator[](uint32_t i) const { return entries_[i]; }
  // For any local.
  Local at(uint32_t i) const { return i < ready_ ? entries_[i] : find(i); }
  // For a local that is not ready: returns whether this is its first use in this function. It has an entry afterwards.
  bool use(uint32_t i) {
    if (used_[i]) return false;
    used_[i] = true;
    far_.push_back(i);
    entries_[i] = find(i);
    return true;
  }
  // The locals that were not ready and have been used.
  std::span<const uint32_t> far() const { return far_; }

 private:
  static constexpr size_t kAlwaysReady = 128;  // those whose index has one byte

  struct Run {
    uint32_t first;
    Local begin;
  };

  Local find(uint32_t i) const {
    if (i < params_.size()) {
      if (!has_vectors_) return {params_[i], i};
      uint32_t slot = 0;
      for (uint32_t k = 0; k < i; ++k) slot += params_[k].slots();
      return {params_[i], slot};
    }
    const auto after = std::upper_bound(runs_.begin(), runs_.end(), i,
                                        [](uint32_t local, const Run& run) { return local < run.first; });
    const Run& run = after[-1];
    return {run.begin.type, run.begin.slot + (i - run.first) * run.begin.type.slots()};
  }
  void fill() {
    uint32_t i = 0, slot = 0;
    for (const uint32_t end = std::min(ready_, params()); i < end; ++i) {
      entries_[i] = {params_[i], slot};
      slot += params_[i].slots();
    }
    for (size_t run = 0; i < ready_; ++run) {
      const uint32_t end = std::min(ready_, run + 1 < runs_.size() ? runs_[run + 1].first : size_);
      Local local = runs_[run].begin;
      for (const uint32_t step = local.type.slots(); i < end; ++i, local.slot += step) entries_[i] = local;
    }
  }

  std::span<const ValType> params_;
  std::vector<Run> runs_;
  Buffer<Local> entries_;  // valid below ready_, and where used_ says so
  std::vector<bool> used_;
  std::vector<uint32_t> far_;
  uint32_t size_ = 0, slots_ = 0, ready_ = 0;
  bool has_vectors_ = false, all_default_ = true;
};

}  // namespace mini_wasm::validator
