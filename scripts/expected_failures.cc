#include "scripts/expected_failures.h"

#include <charconv>
#include <set>
#include <utility>

#include "runtime/system/read_file.h"

namespace mini_wasm::spec {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

Error bad_line(std::string_view line, const char* why) {
  return Error::make(ErrorKind::usage, std::string(why) + ": " + std::string(line));
}

}  // namespace

Result<void> ExpectedFailures::add_line(std::string_view line) {
  const size_t blank = line.find_first_of(kBlanks);
  if (blank == line.npos) return bad_line(line, "expected failure without a reason");
  const std::string_view place = line.substr(0, blank);
  std::string reason(trimmed(line.substr(blank)));
  const size_t colon = place.find(':');
  Entry& entry = scripts_[std::string(place.substr(0, colon))];
  if (colon == place.npos) {
    if (entry.whole) return bad_line(line, "expected failure listed twice");
    entry.whole = std::move(reason);
    return {};
  }
  uint32_t number = 0;
  const std::string_view digits = place.substr(colon + 1);
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) return bad_line(line, "not a line number");
  if (!entry.lines.emplace(number, std::move(reason)).second) return bad_line(line, "expected failure listed twice");
  return {};
}

Result<void> ExpectedFailures::add(std::string_view text) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    if (Result<void> added = add_line(line); !added) return added;
  }
  return {};
}

Result<void> ExpectedFailures::load(const std::string& path) {
  const Result<std::vector<uint8_t>> bytes = runtime::read_file(path);
  if (!bytes) return Error(bytes.error());
  Result<void> added = add({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  if (!added) added.error().message = path + ": " + added.error().message;
  return added;
}

ExpectedFailures::Verdict ExpectedFailures::judge(const std::string& script,
                                                  const std::vector<Failure>& failures) const {
  Verdict verdict;
  auto found = scripts_.find(script);
  const Entry entry = found == scripts_.end() ? Entry{} : found->second;
  std::set<uint32_t> failed_lines;
  for (const Failure& failure : failures) {
    failed_lines.insert(failure.line);
    if (entry.whole || entry.lines.contains(failure.line)) {
      ++verdict.expected;
    } else {
      verdict.unexpected.push_back(failure);
    }
  }
  auto unexpected_pass = [&](uint32_t line, const std::string& reason) {
    verdict.unexpected.push_back({line, "passes although it is listed as failing (" + reason + ")"});
  };
  if (entry.whole && failures.empty()) unexpected_pass(0, *entry.whole);
  for (const auto& [line, reason] : entry.lines) {
    if (!failed_lines.contains(line)) unexpected_pass(line, reason);
  }
  return verdict;
}

}  // namespace mini_wasm::spec
