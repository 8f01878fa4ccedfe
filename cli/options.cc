#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <utility>

#include "cli/word_check.h"
#include "core/utf8.h"

namespace mini_wasm::cli {
namespace {

// Calls f(item) for each item of a comma-separated list.
template <class F>
void for_each_item(std::string_view list, F f) {
  while (true) {
    const size_t comma = list.find(',');
    if (const std::string_view item = list.substr(0, comma); !item.empty()) f(item);
    if (comma == list.npos) return;
    list.remove_prefix(comma + 1);
  }
}

// `text` without control characters. What is already escaped in it stays unchanged.
std::string escape_controls(std::string_view text) {
  std::string escaped = escape_for_terminal(text);
  // escape_for_terminal also doubles backslashes; this is undone.
  for (size_t at = 0; (at = escaped.find("\\\\", at)) != escaped.npos; ++at) escaped.erase(at, 1);
  return escaped;
}

// A suggestion for an unknown feature.
std::string likely_feature(std::string_view name) {
  std::vector<std::string> names;
  for (const FeatureDescription& feature : Config::features()) names.emplace_back(feature.name);
  const std::optional<std::string> meant = nearest(name, names);
  return meant ? "; did you mean " + *meant + "?" : " (see --wasm=help)";
}

// The option that helps when a correct program is stopped by this error.
const char* hint(const Error& error) {
  if (error.kind == ErrorKind::unlinkable && error.message.starts_with("unknown import")) {
    return " (modules to import from: --preload; stand-ins: --unknown-imports)";
  }
  if (error.kind == ErrorKind::limit) {
    // These words come from runtime/memory/memory.cc and runtime/instance/store_objects.cc.
    if (error.message.find(" limit is ") != std::string::npos) return " (more with --max-memory)";
  }
  switch (error.trap_code) {
    case TrapCode::call_stack_exhausted: return " (more with --stack-size)";
    case TrapCode::out_of_memory: return " (more with --max-gc-heap)";
    default: return "";
  }
}

}  // namespace

void FeatureOptions::add_to(CLI::App& command) {
  add_list_option(command, "--wasm", lists, "LIST",
                  "Proposals to switch on, or off with a minus, e.g. --wasm=threads,-simd; `--wasm=help` lists them");
}

bool FeatureOptions::wants_help() const {
  bool found = false;
  for (const std::string& list : lists) for_each_item(list, [&](std::string_view item) { found |= item == "help"; });
  return found;
}

std::optional<std::string> FeatureOptions::apply(Config& config) const {
  std::optional<std::string> problem;
  for (const std::string& list : lists) {
    for_each_item(list, [&](std::string_view item) {
      const bool on = item.front() != '-';
      const std::string_view name = on ? item : item.substr(1);
      Result<void> r = config.feature(name, on);
      if (!r && !problem) problem = "--wasm: " + r.error().message + likely_feature(name);
    });
  }
  return problem;
}

std::string feature_help() {
  std::string text = "Proposals for --wasm (+ on by default, - off by default):\n";
  for (const FeatureDescription& feature : Config::features()) {
    std::string name(feature.name);
    name.resize(std::max<size_t>(name.size(), 20), ' ');
    text += std::string(feature.on_by_default ? "  + " : "  - ") + name + std::string(feature.what) + "\n";
  }
  return text;
}

void add_list_option(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                     const std::string& value_name, const std::string& what) {
  // One value each time: otherwise the option would take the file name that follows as a value too.
  command.add_option(name, values, what)->allow_extra_args(false)->option_text(value_name);
}

std::optional<uint64_t> parse_size(std::string_view text) {
  uint64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<size_t>(rest - text.data()));
  unsigned shift = 0;
  if (unit == "K" || unit == "k") {
    shift = 10;
  } else if (unit == "M" || unit == "m") {
    shift = 20;
  } else if (unit == "G" || unit == "g") {
    shift = 30;
  } else if (!unit.empty()) {
    return std::nullopt;
  }
  if (value > ~uint64_t{0} >> shift) return std::nullopt;
  return value << shift;
}

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || !(value >= 0)) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<size_t>(rest - text.data()));
  constexpr std::pair<std::string_view, double> kUnits[] = {{"", 1}, {"s", 1}, {"ms", 1e-3}, {"m", 60}, {"h", 3600}};
  for (const auto& [name, seconds] : kUnits) {
    if (unit != name) continue;
    const double nanoseconds = value * seconds * 1e9;
    if (!(nanoseconds < 9.2e18)) return std::chrono::nanoseconds::max();
    return std::chrono::nanoseconds(static_cast<int64_t>(nanoseconds));
  }
  return std::nullopt;
}

void print_error(const std::string& what) {
  std::fflush(stdout);
  std::fprintf(stderr, "mini-wasm: %s\n", escape_controls(what).c_str());
}

int report(const std::string& file, const Error& error) {
  if (error.kind == ErrorKind::exit) return error.exit_code;  // the program has reported what happened
  // The message of an io error already contains the file name.
  print_error(error.kind == ErrorKind::io ? error.message : file + ": " + error.to_string() + hint(error));
  print_backtrace(error);
  switch (error.kind) {
    case ErrorKind::trap:
    case ErrorKind::exception:
    case ErrorKind::host: return kTrapped;
    default: return kBadInput;
  }
}

void print_backtrace(const Error& error) {
  std::vector<FrameInfo> frames = error.backtrace;
  for (FrameInfo& frame : frames) {
    frame.module_name = escape_for_terminal(frame.module_name);
    frame.function_name = escape_for_terminal(frame.function_name);
  }
  std::fputs(to_string(frames).c_str(), stderr);
}

}  // namespace mini_wasm::cli
