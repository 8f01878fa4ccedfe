// Continuation: a call of a guest that can be suspended while a host function waits, and goes on later.
//
// All frames of a guest are on the value stack of its store, and those of machine code also on the machine stack beside
// it. So a suspended guest needs no native stack. When a host function waits, both parts of the stack are copied into the
// continuation, and the native frames of the engine return to the host. To go on, the parts are copied back to the same
// addresses, and the tier is entered again where the host function returns.
//
// That is possible only while no other activation of the store exists: neither below the guest (a host function that has
// called it) nor later, when it goes on. Under the interpreter there may be one inner activation, of machine code
// (Execution::run_compiled).
// Thread rule: that of the store. It may go on on another thread.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/call/activation.h"
#include "runtime/call/frame.h"

namespace mini_wasm::runtime {

class Execution;

class Continuation {
 public:
  enum class State : uint8_t {
    ready,       // it has not begun
    running,     // the guest runs, or a host function that it has called
    waiting,     // for the results of a host function
    can_resume,  // it has them, or has yielded because it had no fuel
    ended,
  };

  // `slots`: the arguments; there is room for the results.
  Continuation(Execution& execution, FuncInst& func, std::vector<Slot> slots);
  // Destroys it, or, if it is running, lets it be destroyed when it stops. Null: nothing.
  static void drop(Continuation* continuation);
  ~Continuation();
  Continuation(const Continuation&) = delete;
  Continuation& operator=(const Continuation&) = delete;

  Execution* execution() const { return execution_; }  // null: the store is gone
  FuncInst& func() const { return func_; }
  State state() const { return state_; }
  // Whether it yields when it has no fuel left, instead of trapping.
  void set_yields(bool on) { yields_ = on; }
  bool has_returned() const { return has_returned_; }  // it has ended, without an error
  bool yields() const { return yields_; }
  bool has_yielded() const { return innermost().yielded != Activation::Yielded::no; }
  bool has_failed() const { return error_ != nullptr; }  // the host function has given an error
  // The arguments until it begins; the results when it has ended.
  const std::vector<Slot>& slots() const { return slots_; }
  // While it waits, or can resume and has not yielded: the host function, and where its results go.
  const FuncInst& waits_for() const { return *outer_.host_func; }
  Slot* results() { return values() + results_at_; }
  // For a call that was saved: it has ended, with results if it has returned.
  void set_ended(bool has_returned, std::vector<Slot> results) {
    state_ = State::ended;
    has_returned_ = has_returned;
    slots_ = std::move(results);
  }
  // Gives what it waits for: the results, which are in place, or an error.
  void complete() { state_ = State::can_resume; }
  void complete(ErrorPtr error);
  // The activation of the innermost frame.
  const Activation& innermost() const { return nested_ ? inner_ : outer_; }

  void* data = nullptr;  // of the embedder

  // For the collector: calls visit(values, their number) and visit_words(words, their number).
  template <class Values, class Words>
  void visit(Values visit_values, Words visit_words) const {
    if (state_ == State::ready || state_ == State::ended) visit_values(slots_.data(), slots_.size());
    if (state_ != State::waiting && state_ != State::can_resume) return;
    visit_words(saved_.get(), machine_words_);
    if (has_yielded()) visit_words(innermost().registers.data(), innermost().registers.size());
    visit_values(saved_.get() + machine_words_, value_slots_);
  }

 private:
  friend class Execution;
  Slot* values() { return saved_.get() + machine_words_; }
  Activation& innermost() { return nested_ ? inner_ : outer_; }

  Execution* execution_;
  Continuation *next_ = nullptr, *previous_ = nullptr;  // in the list of the execution
  FuncInst& func_;
  std::vector<Slot> slots_;
  State state_ = State::ready;
  bool has_returned_ = false, dropped_ = false, yields_ = false;
  bool nested_ = false;  // whether there is an inner activation
  Activation outer_, inner_;
  size_t results_at_ = 0;  // index in the saved value stack
  ErrorPtr error_;         // in place of results
  // The words of the machine stack from Activation::suspended_sp on, then the slots of the value stack.
  std::unique_ptr<Slot[]> saved_;
  size_t capacity_ = 0, machine_words_ = 0, value_slots_ = 0;
};

}  // namespace mini_wasm::runtime
