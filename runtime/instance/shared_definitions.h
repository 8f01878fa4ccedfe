// SharedDefinitions: what a linker of an engine defines. Each store makes its own functions of it, when they are imported
// there for the first time (StoreObjects::shared_func).
// Thread rule: any thread.
#pragma once

#include <mini_wasm/linker.h>

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/instance/func_inst.h"
#include "runtime/instance/host_imports.h"

namespace mini_wasm::runtime {

// A host function of all stores. Those that use it keep it.
struct SharedFunc {
  FuncType type;
  detail::HostCode code;
  std::string module, name;  // for backtraces
};

FuncType type_of(const detail::HostDefinition& definition);

class SharedDefinitions {
 public:
  explicit SharedDefinitions(std::shared_ptr<Engine> engine) : engine_(std::move(engine)) {}
  Engine& engine() const { return *engine_; }

  // These define or replace. When there is no memory for it, nothing can be linked any more.
  using Definition = std::variant<Extern, SharedMemory, std::shared_ptr<const SharedFunc>>;
  void define(std::string_view module, std::string_view name, Definition definition);
  void define(std::string_view module, std::string_view name, detail::HostDefinition host);
  void define(HostTable table);
  void mark_incomplete();

  // How the module's imports are found in `store`: `imports` for those that the newest table does not give. Errors:
  // limit, unlinkable, usage.
  struct Found {
    HostTable table;
    std::vector<Extern> imports;
  };
  Result<Found> find_all(mini_wasm::Store& store, const CompiledModule& module);
  // What is defined by that name, as it is in `store`; none when it cannot be there.
  std::optional<Extern> find(mini_wasm::Store& store, std::string_view module, std::string_view name);

 private:
  using Name = std::pair<std::string, std::string>;
  using NameView = std::pair<std::string_view, std::string_view>;
  struct Before {
    using is_transparent = void;
    bool operator()(const NameView& a, const NameView& b) const { return a < b; }
  };

  Result<std::optional<Extern>> look_up(mini_wasm::Store& store, std::string_view module, std::string_view name);

  const std::shared_ptr<Engine> engine_;
  std::mutex mutex_;                                // guards what follows
  std::map<Name, Definition, Before> definitions_;  // searched before the tables
  std::vector<HostTable> tables_;                   // the one that was added last comes first
  bool incomplete_ = false;
  bool last_table_rules_ = false;  // definitions_ has no name that is in tables_[0]
};

}  // namespace mini_wasm::runtime
