// ScriptRunner: executes the commands of a script through the public API, on one tier.
//
// A module or action passes if it works; an assertion passes if it holds with the right kind of error (malformed is not
// invalid, see ErrorKind). Messages are compared by prefix as in the reference interpreter, except that either one may
// be the prefix of the other: scripts say "uninitialized element 2" where a trap says "uninitialized element". A wrong
// message is a failure for a trap, exhaustion or linking assertion. For malformed and invalid modules it is only noted,
// because engines find different errors first.
#pragma once

#include <mini_wasm/linker.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "scripts/tiers.h"
#include "text/script.h"

namespace mini_wasm::spec {

struct Outcome {
  enum class Kind : uint8_t { passed, failed };
  Kind kind = Kind::passed;
  std::string message;  // why it failed
  std::string note;     // the unexpected message, although it passed

  static Outcome pass() { return {}; }
  static Outcome fail(std::string why) { return {Kind::failed, std::move(why), {}}; }
};

struct Failure {
  uint32_t line = 0;
  std::string message;
};

struct ScriptReport {
  size_t passed = 0;
  std::vector<Failure> failures;
  std::vector<Failure> notes;
};

// Whether one message begins with the other. An empty message agrees with every other.
bool messages_agree(std::string_view expected, std::string_view actual);

// Runs one script, in a store of its own, with any number of modules. Use it for one script only.
// Thread rule: one thread. The threads of a script have runners of their own.
class ScriptRunner {
 public:
  // A store keeps everything until it is destroyed. So after this many modules, a script continues in a new store, as
  // soon as none of its commands can refer to anything in the old one.
  static constexpr size_t kModulesInStore = 1000;

  explicit ScriptRunner(const Config& config, const StoreLimits& limits = {});
  ~ScriptRunner();
  ScriptReport run(const text::Script& script);

 private:
  // The modules whose shared memories a thread may use, by their names in the script; their exports with their names.
  using SharedExports = std::vector<std::pair<std::string, SharedMemory>>;
  using SharedModules = std::map<std::string, SharedExports>;
  struct Thread {
    std::thread native;
    ScriptReport report;
  };
  // For a thread of the script; must be made on that thread.
  ScriptRunner(const Engine& engine, const Config& config, const StoreLimits& limits, SharedModules shared);

  void run(const std::vector<text::Command>& commands);
  Outcome run(const text::ModuleCommand& command);
  Outcome run(const text::InstanceCommand& command);
  Outcome run(const text::RegisterCommand& command);
  Outcome run(const text::ActionCommand& command);
  Outcome run(const text::AssertReturn& command);
  Outcome run(const text::AssertTrap& command);
  Outcome run(const text::AssertExhaustion& command);
  Outcome run(const text::AssertException& command);
  Outcome run(const text::AssertModule& command);
  Outcome run(const text::ThreadCommand& command);
  Outcome run(const text::WaitCommand& command);

  Result<Module> compile(std::vector<uint8_t> bytes);
  Outcome instantiate(const std::string& name, const Module& module);
  Result<Instance> link(const Module& module);
  void renew_store();
  Outcome expect_trap(const text::Action& action, std::optional<TrapCode> code, const std::string& text);
  Result<std::vector<Val>> perform(const text::Action& action);
  Result<std::vector<Val>> invoke(const Instance& instance, const text::Action& action);
  // An empty name means the current (latest) instance. Returns an Error when there is none.
  Result<Instance> find_instance(const std::string& name) const;
  Outcome failed_module(const text::AssertModule& command, const Error& error) const;
  // Null when there is none.
  const Module* find_definition(const text::InstanceCommand& command) const;
  Result<Module> asserted_module(const text::AssertModule& command);

  const Config config_;
  const StoreLimits limits_;
  Engine engine_;
  std::optional<Engine> earlier_;  // with a cache: the engine that wrote it
  Store store_;
  Linker linker_;
  size_t modules_in_store_ = 0;
  bool store_counts_ = false;  // modules may find what others have left: names, or contents of spectest's objects
  const bool lazy_validation_;
  std::map<std::string, Module> definitions_;  // "" is the latest one; there is none after a failure
  std::map<std::string, Instance> instances_;
  const SharedModules shared_;             // only of a thread
  std::map<std::string, Thread> threads_;  // those that nobody has waited for yet
  ScriptReport report_;
};

}  // namespace mini_wasm::spec
