// Metering: which units of fuel the sink is told to charge, and where (sink.h). Part of function_decoder.h.
//
// Units are counted (`units_`) and charged late, because an instruction that charges costs time. All ways to a label must
// arrive with the same number of units that were not charged yet (`Control::units`). The first branch to a label decides:
// it charges nothing, and the label adopts its number. Every other way to the label charges the difference, or gives it
// back. So of two ways around a piece of code, one charges. Where nothing may be open, everything is charged: before
// calls and returns, and at loops. A handler of exceptions is entered with nothing open, so in a function with handlers
// no label adopts.
#pragma once

#include "validator/function_decoder_class.h"

namespace mini_wasm::validator {

template <class Sink>
void FunctionDecoder<Sink>::begin_metering() {
  if constexpr (kCharges) {
    metered_ = sink_.is_metered();
    adopts_ = metered_ && !sink_.has_handlers();
    units_ = 0;
  }
}

// Charges so much that `left` units are open.
template <class Sink>
void FunctionDecoder<Sink>::charge_until(int32_t left, bool checks) {
  if constexpr (kCharges) {
    const int32_t units = units_ - left;
    units_ = left;
    if (metered_ && units != 0) sink_.charge(units, checks);
  }
}

template <class Sink>
void FunctionDecoder<Sink>::charge(bool checks) {
  charge_until(0, checks);
}

// A block begins. The label of the body is where the function returns.
template <class Sink>
void FunctionDecoder<Sink>::meter_block(Control& c) {
  if (!kCharges || !metered_) return;
  if (c.op == Op::loop) charge();
  const bool adopts = adopts_ && c.op != Op::loop && controls_.size() != 1;
  // The second arm of an if, which may be missing, begins with the same number as the first one.
  if (c.op == Op::if_ && !adopts) charge();
  c.units = !adopts ? 0 : c.op == Op::if_ ? units_ : kNotKnown;
}

template <class Sink>
void FunctionDecoder<Sink>::meter_else(const Control& c) {
  if (!kCharges || !metered_) return;
  charge_nothing();
  if (!c.unreachable) charge_until(c.units);
  units_ = c.units;
}

// A block ends. Without a branch to its label, the number is not known, and the code just goes on.
template <class Sink>
void FunctionDecoder<Sink>::meter_end(const Control& c) {
  if (!kCharges || !metered_) return;
  charge_nothing();
  if (c.op == Op::loop || c.units == kNotKnown) return;
  if (!c.unreachable) charge_until(c.units);
  units_ = c.units;
}

// A loop could run for ever, so fuel is checked before each further iteration.
template <class Sink>
void FunctionDecoder<Sink>::charge_branch(Control& target) {
  if (!kCharges || !metered_) return;
  if (target.units == kNotKnown) target.units = units_;
  charge_until(target.units, target.op == Op::loop);
}

// If the labels of a br_table have different numbers, everything is charged, and the branches to some of them give a part
// of that back (units_on_way).
template <class Sink>
void FunctionDecoder<Sink>::charge_branches() {
  if (!kCharges || !metered_) return;
  int32_t wanted = kNotKnown;
  bool checks = false;
  for (uint32_t depth : depths_) {
    const Control& target = control(depth);
    checks = checks || target.op == Op::loop;
    if (target.units == kNotKnown) continue;
    wanted = wanted == kNotKnown || wanted == target.units ? target.units : 0;
  }
  charge_until(wanted == kNotKnown ? units_ : wanted, checks);
  for (uint32_t depth : depths_) {
    if (control(depth).units == kNotKnown) control(depth).units = units_;
  }
}

}  // namespace mini_wasm::validator
