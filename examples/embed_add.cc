// The smallest embedding: compile a module, instantiate it, call a function.
#include <mini_wasm/mini_wasm.h>

#include <cstdio>

// (module (func (export "add") (param i32 i32) (result i32)
//   local.get 0  local.get 1  i32.add))
static const unsigned char kModule[] = {
    0x00, 'a',  's',  'm',  0x01, 0x00, 0x00, 0x00,              // magic, version
    0x01, 0x07, 0x01, 0x60, 0x02, 0x7f, 0x7f, 0x01, 0x7f,        // types: [i32 i32] -> [i32]
    0x03, 0x02, 0x01, 0x00,                                      // functions: one, of type 0
    0x07, 0x07, 0x01, 0x03, 'a',  'd',  'd',  0x00, 0x00,        // exports: "add" is function 0
    0x0a, 0x09, 0x01, 0x07, 0x00, 0x20, 0x00, 0x20, 0x01, 0x6a,  // code
    0x0b};

int main() {
  using namespace mini_wasm;
  Engine engine;
  Store store(engine);
  Result<Module> module = Module::compile(engine, kModule);
  if (!module) return std::puts(module.error().to_string().c_str()), 1;
  Result<Instance> instance = Instance::make(store, *module, {});
  if (!instance) return std::puts(instance.error().to_string().c_str()), 1;

  auto add = instance->func("add")->typed<int32_t(int32_t, int32_t)>();
  if (!add) return std::puts(add.error().to_string().c_str()), 1;
  Result<int32_t> sum = (*add)(2, 40);
  if (!sum) return std::puts(sum.error().to_string().c_str()), 1;
  std::printf("2 + 40 = %d\n", *sum);
}
