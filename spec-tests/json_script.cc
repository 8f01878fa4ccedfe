#include "spec-tests/json_script.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

namespace mini_wasm::spec {
namespace {

using nlohmann::json;

// A mistake in the JSON; turned into an Error where the file is left.
[[noreturn]] void fail(const std::string& what) { throw json::other_error::create(501, what, nullptr); }

uint64_t parse_bits(const std::string& text) {
  uint64_t bits = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc{} || end != text.data() + text.size()) fail("not a number: " + text);
  return bits;
}

std::optional<HeapKind> heap_kind(std::string_view type) {
  static const std::map<std::string_view, HeapKind> kinds = {
      {"funcref", HeapKind::func},      {"nullfuncref", HeapKind::nofunc},
      {"externref", HeapKind::extern_}, {"nullexternref", HeapKind::noextern},
      {"anyref", HeapKind::any},        {"eqref", HeapKind::eq},
      {"i31ref", HeapKind::i31},        {"structref", HeapKind::struct_},
      {"arrayref", HeapKind::array},    {"nullref", HeapKind::none},
      {"exnref", HeapKind::exn},        {"nullexnref", HeapKind::noexn},
  };
  auto it = kinds.find(type);
  return it == kinds.end() ? std::nullopt : std::optional(it->second);
}

std::optional<ValType> number_type(std::string_view type) {
  if (type == "i32") return ValType::i32;
  if (type == "i64") return ValType::i64;
  if (type == "f32") return ValType::f32;
  if (type == "f64") return ValType::f64;
  return std::nullopt;
}

// Lane types are i8, i16, i32, i64, f32, f64.
uint8_t lane_width(const json& value) {
  const auto lane = value.at("lane_type").get<std::string>();
  return static_cast<uint8_t>(parse_bits(lane.substr(1)));
}

Literal vector_literal(const json& value) {
  Literal literal{ValType::v128};
  const uint8_t width = lane_width(value);
  uint32_t bit = 0;
  for (const json& lane : value.at("value")) {
    if (bit >= 128) fail("too many lanes");
    literal.bits[bit / 64] |= parse_bits(lane.get<std::string>()) << bit % 64;
    bit += width;
  }
  return literal;
}

Literal parse_literal(const json& value) {
  const auto type = value.at("type").get<std::string>();
  if (type == "v128") return vector_literal(value);
  const auto text = value.at("value").get<std::string>();
  if (auto number = number_type(type)) return {*number, {parse_bits(text), 0}};
  const auto heap = heap_kind(type);
  if (!heap) fail("unknown type " + type);
  const bool null = text == "null";
  return {ValType::ref(*heap, true), {null ? 0 : parse_bits(text), 0}, null};
}

LanePattern parse_lane(const std::string& text) {
  if (text == "nan:canonical") return {LanePattern::Kind::canonical_nan};
  if (text == "nan:arithmetic") return {LanePattern::Kind::arithmetic_nan};
  return {LanePattern::Kind::bits, parse_bits(text)};
}

Pattern parse_pattern(const json& value) {
  if (value.contains("either")) {
    EitherPattern either;
    for (const json& option : value.at("either")) either.options.push_back(parse_pattern(option));
    return {either};
  }
  const auto type = value.at("type").get<std::string>();
  if (type == "v128") {
    VectorPattern vector{lane_width(value), {}};
    for (const json& lane : value.at("value")) vector.lanes.push_back(parse_lane(lane.get<std::string>()));
    return {vector};
  }
  if (auto number = number_type(type))
    return {NumberPattern{*number, parse_lane(value.at("value").get<std::string>())}};
  const auto heap = heap_kind(type);
  if (!heap && type != "refnull") fail("unknown type " + type);
  if (type == "refnull") return {RefPattern{RefPattern::Kind::null, std::nullopt}};
  if (!value.contains("value")) return {RefPattern{RefPattern::Kind::not_null, heap}};
  const auto text = value.at("value").get<std::string>();
  if (text == "null") return {RefPattern{RefPattern::Kind::null, heap}};
  return {RefPattern{RefPattern::Kind::host, heap, parse_bits(text)}};
}

// "expected" lists one pattern per result; "either" lists alternatives for the one result.
std::vector<Pattern> parse_expected(const json& command) {
  std::vector<Pattern> patterns;
  if (command.contains("either")) {
    patterns.push_back(parse_pattern(command));
  } else {
    for (const json& value : command.at("expected")) patterns.push_back(parse_pattern(value));
  }
  return patterns;
}

Action parse_action(const json& command) {
  const json& source = command.at("action");
  Action action;
  const auto type = source.at("type").get<std::string>();
  if (type != "invoke" && type != "get") fail("unknown action " + type);
  action.kind = type == "get" ? Action::Kind::get : Action::Kind::invoke;
  action.module = source.value("module", "");
  action.name = source.at("field").get<std::string>();
  if (source.contains("args")) {
    for (const json& arg : source.at("args")) action.args.push_back(parse_literal(arg));
  }
  return action;
}

ModuleSource read_module(const json& command, const std::string& directory) {
  const auto name = command.at("filename").get<std::string>();
  std::ifstream file(std::filesystem::path(directory) / name, std::ios::binary);
  if (!file) fail("cannot read module " + name);
  std::string content{std::istreambuf_iterator<char>(file), {}};
  ModuleSource source;
  if (command.value("module_type", "binary") == "text") {
    source.form = ModuleSource::Form::quote;
    source.text = std::move(content);
  } else {
    source.bytes.assign(content.begin(), content.end());
  }
  return source;
}

Command parse_command(const json& source, const std::string& directory) {
  const auto type = source.at("type").get<std::string>();
  Command command{source.at("line").get<uint32_t>(), ModuleCommand{}};
  const auto text = source.value("text", "");
  auto module_assertion = [&](AssertModule::Kind kind) {
    return AssertModule{kind, read_module(source, directory), text};
  };
  if (type == "module") {
    command.what = ModuleCommand{read_module(source, directory), source.value("name", "")};
  } else if (type == "register") {
    command.what = RegisterCommand{source.at("as").get<std::string>(), source.value("name", "")};
  } else if (type == "action") {
    command.what = ActionCommand{parse_action(source)};
  } else if (type == "assert_return") {
    command.what = AssertReturn{parse_action(source), parse_expected(source)};
  } else if (type == "assert_trap") {
    command.what = AssertTrap{parse_action(source), text};
  } else if (type == "assert_exhaustion") {
    command.what = AssertExhaustion{parse_action(source), text};
  } else if (type == "assert_exception") {
    command.what = AssertException{parse_action(source)};
  } else if (type == "assert_malformed") {
    command.what = module_assertion(AssertModule::Kind::malformed);
  } else if (type == "assert_invalid") {
    command.what = module_assertion(AssertModule::Kind::invalid);
  } else if (type == "assert_unlinkable") {
    command.what = module_assertion(AssertModule::Kind::unlinkable);
  } else if (type == "assert_uninstantiable") {
    command.what = module_assertion(AssertModule::Kind::uninstantiable);
  } else {
    fail("unknown command " + type);
  }
  return command;
}

}  // namespace

Result<Script> parse_json_script(std::string_view text, const std::string& directory) {
  try {
    const json source = json::parse(text);
    Script script{source.value("source_filename", ""), {}};
    for (const json& command : source.at("commands")) script.commands.push_back(parse_command(command, directory));
    return script;
  } catch (const json::exception& e) {
    return Error::make(ErrorKind::usage, e.what());
  }
}

Result<Script> load_json_script(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error::make(ErrorKind::io, "cannot read " + path);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  Result<Script> script = parse_json_script(content, std::filesystem::path(path).parent_path().string());
  if (!script) script.error().message = path + ": " + script.error().message;
  return script;
}

}  // namespace mini_wasm::spec
