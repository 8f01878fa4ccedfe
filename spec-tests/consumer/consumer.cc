// The program of a newcomer: loads a module, gives it a function, calls it. It is compiled without exceptions and with
// all warnings as errors, which the public headers must allow.
#include <mini_wasm/mini_wasm.h>

#include <cstdio>
#include <cstring>

#if defined(MINI_WASM_JIT)
#error "a macro of the library's own build reaches its users"
#endif
#if MINI_WASM_HAS_WASI
static_assert(sizeof(mini_wasm::WasiConfig) > 0);
#elif __has_include(<mini_wasm/wasi.h>)
#error "a library without WASI comes with its header"
#endif

int main() {
  using namespace mini_wasm;
  // (module (import "host" "twice" (func (param i32) (result i32)))
  //   (func (export "run") (param i32) (result i32) local.get 0 call 0 i32.const 2 i32.add))
  static constexpr unsigned char kModule[] =
      "\0asm\1\0\0\0"
      "\1\6\1\x60\1\x7f\1\x7f"
      "\2\x0e\1\4host\5twice\0\0"
      "\3\2\1\0"
      "\7\7\1\3run\0\1"
      "\x0a\x0b\1\x09\0\x20\0\x10\0\x41\2\x6a\x0b";
  Engine engine;
  Store store(engine);
  Linker linker(store);
  linker.func("host", "twice", [](int32_t x) { return 2 * x; });
  const Result<Module> module = Module::compile(engine, {kModule, sizeof(kModule) - 1});
  if (!module) return std::puts(module.error().to_string().c_str()), 1;
  const Result<Instance> instance = linker.instantiate(*module);
  if (!instance) return std::puts(instance.error().to_string().c_str()), 1;
  const Result<std::vector<Val>> result = instance->func("run")->call({Val::i32(20)});
  if (!result) return std::puts(result.error().to_string().c_str()), 1;
  std::printf("mini-wasm %s: %s\n", MINI_WASM_VERSION, to_string((*result)[0]).c_str());
}
