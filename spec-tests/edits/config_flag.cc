// Uses the flag of config_flag.patch as a host does: sets it, and finds it in the engine.
#include <mini_wasm/engine.h>

int main() {
  mini_wasm::Config config;
  config.example = true;
  const mini_wasm::Engine engine(config);
  return engine.config().example && !mini_wasm::Config().example ? 0 : 1;
}
