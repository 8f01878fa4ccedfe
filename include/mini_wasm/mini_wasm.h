/// @file
/// The whole C++ interface of mini-wasm: includes every other public header.
#pragma once

#include <mini_wasm/async.h>
#include <mini_wasm/checkpoint.h>
#include <mini_wasm/config.h>
#include <mini_wasm/engine.h>
#include <mini_wasm/exception.h>
#include <mini_wasm/extern.h>
#include <mini_wasm/instance.h>
#include <mini_wasm/linker.h>
#include <mini_wasm/module.h>
#include <mini_wasm/native_stack.h>
#include <mini_wasm/object.h>
#include <mini_wasm/result.h>
#include <mini_wasm/store.h>
#include <mini_wasm/typed_func.h>
#include <mini_wasm/types.h>
#include <mini_wasm/value.h>
#include <mini_wasm/version.h>
#if MINI_WASM_HAS_WASI
#include <mini_wasm/wasi.h>
#endif

/// @mainpage
/// A WebAssembly engine to embed in a C++ program. The order of use:
///
/// 1. An Engine holds the settings (Config) and what modules share.
/// 2. A Module is validated code, from Module::compile or Module::from_file.
/// 3. A Store owns everything that exists while code runs.
/// 4. A Linker says what the module can import: host functions (Linker::func), other instances, Wasi.
/// 5. Linker::instantiate gives an Instance, whose exported Func can be called; Func::typed gives it a C++ signature.
///
/// @include host_function.cc
///
/// No function throws and none prints: a function that can fail returns a Result. When the host has no memory left, a
/// function that returns a Result gives an Error of kind ErrorKind::limit; any other function gives an empty object or
/// an empty list, and its documentation says so. The documentation of a class says who owns it and which threads may
/// use it. "For the library's own use" means that a program should not depend on it.
///
/// The rest of the documentation is in the folder docs/, beginning with docs/embedding.md.

/// @namespace mini_wasm
/// The public interface of the engine.
