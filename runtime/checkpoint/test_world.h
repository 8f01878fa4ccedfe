// For tests of checkpoints: an engine with a store, a linker and modules; and stores that are restored from others.
#pragma once

#include <mini_wasm/checkpoint.h>

#include <algorithm>
#include <deque>
#include <iterator>
#include <string_view>
#include <vector>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm::testing {

using Image = std::vector<uint8_t>;

inline Result<Image> try_save(Store& store, const CheckpointOptions& options = {}) {
  Image image;
  const auto sink = [&](std::span<const uint8_t> bytes) -> Result<void> {
    image.insert(image.end(), bytes.begin(), bytes.end());
    return {};
  };
  if (Result<void> r = checkpoint(store, sink, options); !r) return std::move(r).error();
  return image;
}

inline Image save(Store& store, const CheckpointOptions& options = {}) {
  Result<Image> image = try_save(store, options);
  EXPECT_THAT(image, Succeeds());
  return image ? std::move(*image) : Image();
}

struct World : Guest {
  using Guest::Guest;

  std::vector<Module> modules;

  const Module& compile(std::string_view text) {
    Result<Module> module = Module::compile(engine, wat(text));
    EXPECT_THAT(module, Succeeds()) << text;
    if (!module) std::abort();
    modules.push_back(*module);
    return modules.back();
  }
  // Instantiates a module; later ones can import from it under this name.
  Instance add(std::string_view text, std::string_view name = {}) {
    Result<Instance> instance = linker.instantiate(compile(text));
    EXPECT_THAT(instance, Succeeds()) << text;
    if (!instance) std::abort();
    if (!name.empty()) linker.instance(name, *instance);
    return *instance;
  }
  Result<Restored> try_restore(const Image& image, const RestoreOptions& options = {}) {
    return mini_wasm::restore(store, modules, linker, image, options);
  }
  Restored restore(const Image& image, const RestoreOptions& options = {}) {
    Result<Restored> restored = try_restore(image, options);
    EXPECT_THAT(restored, Succeeds());
    return restored ? std::move(*restored) : Restored();
  }
};

// A tier row that differs from this one in everything.
inline spec::TierCase other_row(const spec::TierCase& row) {
  const auto at = std::find_if(std::begin(spec::kTiers), std::end(spec::kTiers),
                               [&](const spec::TierCase& other) { return other.name == row.name; });
  const size_t count = std::size(spec::kTiers);
  return spec::kTiers[(static_cast<size_t>(at - std::begin(spec::kTiers)) + count / 2) % count];
}

}  // namespace mini_wasm::testing
