#pragma once

#define MINI_WASM_VERSION "0.1.0"
