// SavedCall: a call that can wait (continuation.h), in a form that depends neither on the tier nor on the CPU.
#pragma once

#include <mini_wasm/result.h>

#include <memory>
#include <vector>

#include "runtime/call/continuation.h"
#include "runtime/call/saved_frame.h"

namespace mini_wasm::runtime {

struct FuncInst;
class Store;

struct SavedCall {
  FuncInst* func = nullptr;  // what the host has called
  Continuation::State state = Continuation::State::ready;
  bool has_returned = false, yields = false;
  std::vector<SavedValue> values;  // ready: the arguments; ended and has_returned: the results
  // What follows is there if it is waiting, or can resume.
  std::vector<SavedFrame> frames;  // outermost first; all stand at calls, the last one perhaps at a loop
  // The host function for whose results the last frame waits. Null: the last frame stands at a loop.
  FuncInst* waits_for = nullptr;
  bool has_results = false;         // it can resume, because the host function has returned
  std::vector<SavedValue> results;  // of the host function
};

// Errors: usage (the call is running, its store is gone, or it stands where it cannot be saved); limit.
Result<SavedCall> save_call(Store& store, Continuation& call);
// Checks everything that running the call relies on, except the references in values, whose types must be right. Errors:
// invalid; usage (the store's tier cannot continue calls); limit.
Result<std::unique_ptr<Continuation>> load_call(Store& store, const SavedCall& saved);

}  // namespace mini_wasm::runtime
