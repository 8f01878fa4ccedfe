// A text for an exception that leaves the outermost guest function.
#pragma once

#include <string>

#include "runtime/call/frame.h"

namespace mini_wasm::runtime {

class Store;

// "uncaught exception: i32:42 f64:0.5", with the values of the exception (spec 4.2.16). For a reference to an object,
// only its type is shown. `exception` must be an exnref that is not null.
std::string describe_uncaught(const Store& store, Slot exception);

}  // namespace mini_wasm::runtime
