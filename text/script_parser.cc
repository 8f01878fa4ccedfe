// The grammar of test scripts (spec repository, interpreter/README.md "Scripts").
#include <algorithm>
#include <string>
#include <utility>

#include "text/cursor.h"
#include "text/script.h"
#include "text/types.h"
#include "text/vector_literal.h"

namespace mini_wasm::text {
namespace {

constexpr std::string_view kFieldWords[] = {"type", "rec",    "import", "func",  "table", "memory",
                                            "tag",  "global", "export", "start", "elem",  "data"};

constexpr struct {
  std::string_view text;
  AssertModule::Kind kind;
} kModuleAssertions[] = {
    {"assert_malformed", AssertModule::Kind::malformed},   {"assert_malformed_custom", AssertModule::Kind::malformed},
    {"assert_invalid", AssertModule::Kind::invalid},       {"assert_invalid_custom", AssertModule::Kind::invalid},
    {"assert_unlinkable", AssertModule::Kind::unlinkable},
};

constexpr struct {
  std::string_view text;
  ValType type;
} kNumbers[] = {
    {"i32.const", ValType::i32}, {"i64.const", ValType::i64}, {"f32.const", ValType::f32}, {"f64.const", ValType::f64}};

LaneShape shape_of(ValType type) {
  const bool is_float = type == ValType::f32 || type == ValType::f64;
  const bool narrow = type == ValType::i32 || type == ValType::f32;
  return {1, static_cast<uint8_t>(narrow ? 32 : 64), is_float};
}

class ScriptParser {
 public:
  ScriptParser(std::string_view source, const TokenList& tokens) : source_(source), in_(tokens) {}

  Result<Script> run() {
    Script script;
    if (is_lone_module()) {
      script.commands.push_back({1, ModuleCommand{{ModuleSource::Form::text, {}, std::string(source_), 1}, {}, false}});
      return script;
    }
    while (in_.ok() && !in_.at(TokenKind::eof)) command(script.commands);
    if (!in_.ok()) return in_.take_error();
    return script;
  }

 private:
  bool is_lone_module() const {
    return std::any_of(std::begin(kFieldWords), std::end(kFieldWords), [&](auto word) { return in_.at_open(word); });
  }

  // Commands are read in order, so each line break is counted only once.
  uint32_t line_of(const Token& token) {
    const auto from = source_.begin() + static_cast<ptrdiff_t>(counted_);
    const auto to = source_.begin() + static_cast<ptrdiff_t>(std::max(token.offset, counted_));
    line_ += static_cast<uint32_t>(std::count(from, to, '\n'));
    counted_ = std::max(token.offset, counted_);
    return line_;
  }

  std::string optional_name() {
    const std::optional<Token> id = in_.accept_id();
    return id ? "$" + std::string(in_.id_name(*id)) : std::string();
  }

  // --- Commands

  void command(std::vector<Command>& commands) {
    Command command{line_of(in_.peek()), ModuleCommand{}};
    if (in_.at_open("module")) {
      module_command(command);
    } else if (in_.at_open("invoke") || in_.at_open("get")) {
      command.what = ActionCommand{action()};
    } else if (in_.accept_open("register")) {
      std::string as = in_.expect_string();
      command.what = RegisterCommand{std::move(as), optional_name()};
      in_.expect_close();
    } else if (in_.accept_open("thread")) {
      thread(command);
    } else if (in_.accept_open("wait")) {
      command.what = WaitCommand{optional_name()};
      in_.expect_close();
    } else {
      assertion(command);
    }
    if (in_.ok()) commands.push_back(std::move(command));
  }

  // A thread may contain threads. No reasonable script nests them deeply, so the depth is limited.
  void thread(Command& command) {
    constexpr uint32_t kMaxDepth = 100;
    if (depth_ == kMaxDepth) return in_.fail(in_.peek(), "more than 100 threads in one another", ErrorKind::limit);
    ++depth_;
    ThreadCommand thread;
    thread.name = optional_name();
    if (in_.accept_open("shared")) {
      while (in_.accept_open("module")) {
        thread.shared.push_back(optional_name());
        in_.expect_close();
      }
      in_.expect_close();
    }
    while (in_.ok() && in_.at(TokenKind::open)) this->command(thread.commands);
    in_.expect_close();
    --depth_;
    command.what = std::move(thread);
  }

  void module_command(Command& command) {
    const uint32_t position = in_.position();
    in_.accept_open("module");
    if (in_.accept_keyword("instance")) {
      command.what = instance();
      return;
    }
    const bool definition = in_.accept_keyword("definition");
    std::string name = optional_name();
    in_.rewind(position);
    command.what = ModuleCommand{module_source(), std::move(name), definition};
  }

  // $name? $definition?) after "(module instance".
  InstanceCommand instance() {
    InstanceCommand instance;
    instance.name = optional_name();
    instance.definition = optional_name();
    in_.expect_close();
    return instance;
  }

  // The module that an assertion is about: (module instance ...) or a complete module.
  AssertModule module_assertion(AssertModule::Kind kind) {
    AssertModule assertion;
    assertion.kind = kind;
    const uint32_t position = in_.position();
    if (in_.accept_open("module") && in_.accept_keyword("instance")) {
      assertion.instance = instance();
    } else {
      in_.rewind(position);
      assertion.source = module_source();
    }
    assertion.text = in_.expect_string();
    return assertion;
  }

  // (module definition? $name? ...)
  ModuleSource module_source() {
    ModuleSource source;
    const Token begin = in_.peek();
    source.line = line_of(begin);
    in_.expect_open("module");
    in_.accept_keyword("definition");
    in_.accept_id();
    if (in_.accept_keyword("binary")) {
      while (in_.at(TokenKind::string)) append_string_value(in_.text(in_.take()), source.bytes);
    } else if (in_.accept_keyword("quote")) {
      source.form = ModuleSource::Form::quote;
      while (in_.at(TokenKind::string)) source.text += string_value(in_.text(in_.take()));
    } else {
      in_.skip_to_close();
      source.form = ModuleSource::Form::text;
      source.text = source_.substr(begin.offset, in_.peek().offset + 1 - begin.offset);
    }
    in_.expect_close();
    return source;
  }

  void assertion(Command& command) {
    for (const auto& row : kModuleAssertions) {
      if (!in_.accept_open(row.text)) continue;
      command.what = module_assertion(row.kind);
      return in_.expect_close();
    }
    if (in_.accept_open("assert_return")) {
      AssertReturn assertion{action(), {}};
      while (in_.at(TokenKind::open)) assertion.expected.push_back(pattern());
      command.what = std::move(assertion);
    } else if (in_.accept_open("assert_trap")) {
      trap_assertion(command);
    } else if (in_.accept_open("assert_exhaustion")) {
      Action what = action();
      command.what = AssertExhaustion{std::move(what), in_.expect_string()};
    } else if (in_.accept_open("assert_exception")) {
      command.what = AssertException{action()};
    } else {
      if (in_.at(TokenKind::open)) in_.take();
      return in_.fail_unexpected();
    }
    in_.expect_close();
  }

  void trap_assertion(Command& command) {
    if (in_.at_open("module")) {
      command.what = module_assertion(AssertModule::Kind::uninstantiable);
    } else {
      Action what = action();
      command.what = AssertTrap{std::move(what), in_.expect_string()};
    }
  }

  // (invoke $module? "name" literal*), (get $module? "name")
  Action action() {
    Action action;
    if (in_.accept_open("get")) {
      action.kind = Action::Kind::get;
    } else {
      in_.expect_open("invoke");
    }
    action.module = optional_name();
    action.name = in_.expect_string();
    while (action.kind == Action::Kind::invoke && in_.at(TokenKind::open)) action.args.push_back(literal());
    in_.expect_close();
    return action;
  }

  // --- Values

  Literal literal() {
    Literal value;
    for (const auto& number : kNumbers) {
      if (!in_.accept_open(number.text)) continue;
      value.type = number.type;
      value.bits[0] = expect_lane_value(in_, shape_of(number.type));
      return in_.expect_close(), value;
    }
    if (in_.accept_open("v128.const")) {
      const std::array<uint8_t, 16> bytes = expect_vector(in_);
      value.type = ValType::v128;
      for (size_t i = 0; i < bytes.size(); ++i) value.bits[i / 8] |= uint64_t{bytes[i]} << 8 * (i % 8);
    } else if (in_.accept_open("ref.null")) {
      value.type = ValType::ref(expect_heap(), true);
      value.null = true;
    } else if (in_.accept_open("ref.host")) {
      value.type = ValType::ref(HeapKind::any, true);
      value.bits[0] = in_.expect_u32();
    } else {
      in_.expect_open("ref.extern");
      value.type = ValType::externref;
      value.bits[0] = in_.expect_u32();
    }
    return in_.expect_close(), value;
  }

  HeapKind expect_heap() {
    const std::optional<HeapKind> heap = heap_kind_from_text(in_.text(in_.peek()));
    if (!heap) return in_.fail_unexpected(), HeapKind::any;
    return in_.take(), *heap;
  }

  Pattern pattern() {
    Pattern result;
    if (in_.accept_open("either")) {
      EitherPattern either;
      // Only one level: nested alternatives add nothing.
      while (in_.at(TokenKind::open) && !in_.at_open("either")) either.options.push_back(pattern());
      result.what = std::move(either);
    } else if (in_.accept_open("v128.const")) {
      result.what = vector_pattern();
    } else if (number_pattern(result)) {
      return result;
    } else {
      result.what = ref_pattern();
    }
    return in_.expect_close(), result;
  }

  bool number_pattern(Pattern& result) {
    for (const auto& number : kNumbers) {
      if (!in_.accept_open(number.text)) continue;
      result.what = NumberPattern{number.type, lane_pattern(shape_of(number.type))};
      return in_.expect_close(), true;
    }
    return false;
  }

  VectorPattern vector_pattern() {
    VectorPattern vector;
    const std::optional<LaneShape> shape = expect_lane_shape(in_);
    if (!shape) return vector;
    vector.lane_bits = shape->lane_bits;
    for (int lane = 0; lane < shape->lanes && in_.ok(); ++lane) vector.lanes.push_back(lane_pattern(*shape));
    return vector;
  }

  LanePattern lane_pattern(const LaneShape& shape) {
    if (shape.is_float && in_.accept_keyword("nan:canonical")) return {LanePattern::Kind::canonical_nan};
    if (shape.is_float && in_.accept_keyword("nan:arithmetic")) return {LanePattern::Kind::arithmetic_nan};
    return {LanePattern::Kind::bits, expect_lane_value(in_, shape)};
  }

  // (ref.null t?), (ref.extern n?), (ref.host n), (ref.func), (ref.struct), (ref.any), ...
  RefPattern ref_pattern() {
    RefPattern ref;
    if (in_.accept_open("ref.null")) {
      ref.kind = RefPattern::Kind::null;
      if (!in_.at(TokenKind::close)) ref.heap = expect_heap();
      return ref;
    }
    if (in_.accept_open("ref")) return ref;
    if (in_.accept_open("ref.host")) return {RefPattern::Kind::host, HeapKind::any, in_.expect_u32()};
    if (!in_.at(TokenKind::open)) return in_.fail_unexpected(), ref;
    in_.take();
    const std::string_view word = in_.text(in_.peek());
    ref.heap = word.starts_with("ref.") ? heap_kind_from_text(word.substr(4)) : std::nullopt;
    if (!ref.heap) return in_.fail_unexpected(), ref;
    in_.take();
    if (ref.heap == HeapKind::extern_ && in_.at(TokenKind::nat)) {
      ref.kind = RefPattern::Kind::host;
      ref.host = in_.expect_u32();
    }
    return ref;
  }

  std::string_view source_;
  Cursor in_;
  uint32_t line_ = 1;
  uint32_t depth_ = 0;    // nesting of threads
  uint32_t counted_ = 0;  // number of bytes whose line breaks are counted in line_
};

}  // namespace

Result<Script> parse_script(std::string_view source) {
  const Result<TokenList> tokens = tokenize(source);
  if (!tokens) return Error(tokens.error());
  return ScriptParser(source, *tokens).run();
}

}  // namespace mini_wasm::text
