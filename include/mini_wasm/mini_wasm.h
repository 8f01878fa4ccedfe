// The whole C++ interface of mini-wasm.
#pragma once

#include <mini_wasm/config.h>
#include <mini_wasm/engine.h>
#include <mini_wasm/extern.h>
#include <mini_wasm/instance.h>
#include <mini_wasm/linker.h>
#include <mini_wasm/module.h>
#include <mini_wasm/native_stack.h>
#include <mini_wasm/result.h>
#include <mini_wasm/store.h>
#include <mini_wasm/types.h>
#include <mini_wasm/value.h>
#include <mini_wasm/version.h>
#include <mini_wasm/wasi.h>
