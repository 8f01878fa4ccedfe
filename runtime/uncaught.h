// An exception that leaves the outermost guest function, in words.
#pragma once

#include <string>

#include "runtime/frame.h"

namespace mini_wasm::runtime {

class Store;

// "uncaught exception: i32:42 f64:0.5", with the exception's values (spec 4.2.14); of a reference to an object, only
// its type. `exception` is an exnref that is not null.
std::string describe_uncaught(const Store& store, Slot exception);

}  // namespace mini_wasm::runtime
