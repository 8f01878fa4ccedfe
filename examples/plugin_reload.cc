// A plugin that is replaced while the program runs. What the program gives to plugins is defined once, in a linker of
// the engine; each version of the plugin gets a store of its own. A version that does not load changes nothing.
#include <mini_wasm/mini_wasm.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

namespace fs = std::filesystem;
using namespace mini_wasm;

// One loaded version. The store has everything of it, so to destroy it unloads the version.
struct Version {
  std::unique_ptr<Store> store;
  TypedFunc<int32_t(int32_t)> price;
};

class Plugin {
 public:
  Plugin(const Engine& engine, const Linker& linker, fs::path file)
      : engine_(engine), linker_(linker), file_(std::move(file)) {}

  // Loads the file again if it has changed. When that fails, the version that runs goes on.
  void refresh() {
    const fs::file_time_type changed = fs::last_write_time(file_);
    if (changed == loaded_) return;
    loaded_ = changed;
    Result<Version> next = load();
    if (!next) return void(std::printf("not loaded: %s\n", next.error().to_string().c_str()));
    version_ = std::move(*next);
  }

  int32_t price(int32_t amount) {
    if (!version_) return amount;
    const Result<int32_t> result = version_->price(amount);
    if (result) return *result;
    std::printf("failed: %s\n", result.error().to_string().c_str());
    return amount;
  }

 private:
  Result<Version> load() const {
    std::ifstream in(file_);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    Result<Module> module = Module::from_text(engine_, text);  // Module::from_file for a binary module
    if (!module) return std::move(module).error();
    auto store = std::make_unique<Store>(engine_);
    Result<Instance> instance = linker_.instantiate(*store, *module);
    if (!instance) return std::move(instance).error();
    const std::optional<Func> func = instance->func("price");
    if (!func) return Error::make(ErrorKind::unlinkable, "the plugin exports no price");
    Result<TypedFunc<int32_t(int32_t)>> price = func->typed<int32_t(int32_t)>();
    if (!price) return std::move(price).error();
    return Version{std::move(store), *price};
  }

  Engine engine_;
  Linker linker_;
  fs::path file_;
  fs::file_time_type loaded_ = fs::file_time_type::min();
  std::optional<Version> version_;
};

// What somebody else would do with an editor. The file gets a later time in any case.
void edit(const fs::path& file, const std::string& text) {
  static fs::file_time_type time = fs::file_time_type::clock::now();
  std::ofstream(file) << text;
  fs::last_write_time(file, time += std::chrono::seconds(1));
}

int main(int argc, char** argv) {
  const fs::path file = argc > 1 ? argv[1] : "plugin.wat";
  const Engine engine;
  Linker linker(engine);
  linker.func("shop", "log",
              [](std::string_view line) { std::printf("plugin: %.*s\n", static_cast<int>(line.size()), line.data()); });
  linker.func("shop", "discount", [](int32_t amount) { return amount >= 100 ? 10 : 0; });

  edit(file, R"((module (func (export "price") (param i32) (result i32) (local.get 0))))");
  Plugin plugin(engine, linker, file);
  plugin.refresh();
  std::printf("the first version says %d\n", plugin.price(200));

  edit(file, R"((module (import "shop" "log" (func $log (param i32 i32)))
    (import "shop" "discount" (func $discount (param i32) (result i32)))
    (memory 1) (data (i32.const 0) "a discount")
    (func (export "price") (param $amount i32) (result i32)
      (call $log (i32.const 0) (i32.const 10))
      (i32.sub (local.get $amount) (call $discount (local.get $amount))))))");
  plugin.refresh();
  std::printf("the second version says %d\n", plugin.price(200));

  edit(file, R"((module (func (export "price") (param i32) (result i32) (i32.oops))))");
  plugin.refresh();
  std::printf("the second version still says %d\n", plugin.price(200));
  fs::remove(file);
  return 0;
}
