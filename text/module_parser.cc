// The first pass: finds the fields, and what they declare.
#include "text/module_parser.h"

#include "core/utf8.h"

namespace mini_wasm::text {
namespace {

// The index space of a keyword, for definitions that can be imported and exported.
std::optional<Space> external_space(std::string_view keyword) {
  for (const Space space : {Space::func, Space::table, Space::memory, Space::global, Space::tag}) {
    if (space_info(space).keyword == keyword) return space;
  }
  return std::nullopt;
}

std::string about_custom(const char* what) { return "@" + std::string(kCustomAnnotation) + " annotation: " + what; }

}  // namespace

void ModuleParser::module() {
  const bool wrapped = in_.accept_open("module");
  std::string_view id;
  if (wrapped) {
    in_.accept_keyword("definition");  // (module definition ...) in a script: compiled, not instantiated
    if (const auto token = in_.accept_id()) id = in_.id_name(*token);
    module_names(id);
  }
  declare_fields();
  if (wrapped) in_.expect_close();
  if (!in_.at(TokenKind::eof)) in_.fail_unexpected();
  const uint32_t end = in_.position();
  for (const bool types : {true, false}) {
    for (const Field& field : fields_) {
      if ((field.keyword == "type" || field.keyword == "rec") != types) continue;
      in_.rewind(field.position);
      define(field);
      if (!in_.ok()) return;
    }
  }
  in_.rewind(end);
  in_.check_annotations();
}

void ModuleParser::declare_fields() {
  custom_annotations();
  while (in_.at(TokenKind::open) && in_.ok()) {
    in_.take();
    Field field;
    field.keyword = in_.text(in_.peek());
    if (!in_.at(TokenKind::keyword)) return in_.fail_unexpected();
    field.position = in_.position() + 1;
    declare_field(field);
    in_.skip_to_close();
    in_.expect_close();
    fields_.push_back(field);
    custom_annotations();
  }
}

void ModuleParser::declare_field(Field& field) {
  const std::string_view keyword = field.keyword;
  const std::optional<Space> space = external_space(keyword);
  if (!space && keyword != "type" && keyword != "rec" && keyword != "import" && keyword != "export" &&
      keyword != "start" && keyword != "elem" && keyword != "data") {
    return in_.fail_unexpected();
  }
  in_.take();
  if (space) return declare_definition(field, *space);
  if (keyword == "type") field.index = declare(Space::type);
  if (keyword == "rec") declare_rec_group();
  if (keyword == "import") declare_import(field);
  if (keyword == "elem") field.index = declare(Space::elem);
  if (keyword == "data") field.index = declare(Space::data);
}

void ModuleParser::declare_rec_group() {
  while (in_.accept_open("type")) {
    declare(Space::type);
    in_.skip_to_close();
    in_.expect_close();
  }
}

void ModuleParser::declare_import(Field& field) {
  const Token token = in_.peek();
  import_names();
  if (!in_.at(TokenKind::open)) return in_.fail_unexpected();
  in_.take();
  const std::optional<Space> space = external_space(in_.text(in_.peek()));
  if (!space) return in_.fail_unexpected();
  if (!first_definition_.empty()) {
    return in_.fail(token, "import after " + std::string(first_definition_ == "func" ? "function" : first_definition_));
  }
  in_.take();
  field.index = declare(*space);
  in_.skip_to_close();
  in_.expect_close();
}

void ModuleParser::declare_definition(Field& field, Space space) {
  field.index = declare(space);
  while (in_.accept_open("export")) {
    in_.skip_to_close();
    in_.expect_close();
  }
  const bool imported = in_.at_open("import");
  if (!imported && first_definition_.empty()) first_definition_ = field.keyword;
  if (imported && !first_definition_.empty()) {
    in_.fail(in_.peek(), "import after " + std::string(first_definition_ == "func" ? "function" : first_definition_));
  }
  if (space != Space::table && space != Space::memory) return;
  // A segment inside a table or memory gets its index in the order of the fields, like one outside.
  const std::string_view segment = space == Space::table ? "elem" : "data";
  for (; !in_.at(TokenKind::close) && in_.ok(); in_.take()) {
    if (in_.at_open(segment)) {
      declare_anonymous(space == Space::table ? Space::elem : Space::data);
      return;
    }
    if (in_.at(TokenKind::open)) {
      in_.take();
      in_.skip_to_close();
    }
  }
}

uint32_t ModuleParser::declare(Space space) {
  IndexSpace& members = assembly_.space(space);
  const uint32_t index = members.count++;
  std::string name;
  if (const auto id = in_.accept_id()) {
    const std::string_view view = in_.id_name(*id);
    if (!members.ids.emplace(view, index).second) {
      in_.fail(*id, "duplicate " + std::string(space_info(space).keyword) + " " + std::string(in_.text(*id)));
    }
    name = view;
  }
  if (const auto other = in_.accept_name_annotation()) name = std::string(*other);
  if (!name.empty()) members.names.emplace_back(index, std::move(name));
  return index;
}

// --- Annotations (appendix "Custom Sections and Annotations")

void ModuleParser::module_names(std::string_view id) {
  assembly_.module_name = id;
  if (const auto name = in_.accept_name_annotation()) assembly_.module_name = std::string(*name);
  const Token token = in_.peek();
  if (in_.accept_name_annotation()) in_.fail(token, "@name annotation: multiple module names");
}

void ModuleParser::custom_annotations() {
  if (!in_.has_annotations()) return;
  while (const Annotation* annotation = in_.accept_annotation(kCustomAnnotation)) custom_section(*annotation);
}

// (@custom "name" placement? "bytes"*)
void ModuleParser::custom_section(const Annotation& annotation) {
  const TokenList list = in_.annotation_content(annotation);
  Cursor content(list);
  CustomSection section;
  if (!content.at(TokenKind::string)) return in_.fail_at(annotation.offset, about_custom("missing section name"));
  section.name = content.expect_string();
  if (!is_valid_utf8(section.name)) return in_.fail_at(annotation.offset, about_custom("malformed UTF-8 encoding"));
  section.place = content.at(TokenKind::open) ? custom_place(content) : kLastPlace;
  while (content.at(TokenKind::string)) append_string_value(content.text(content.take()), section.payload);
  if (content.ok() && !content.at(TokenKind::eof)) content.fail(content.peek(), about_custom("unexpected token"));
  if (!content.ok()) {
    const Error error = content.take_error();
    return in_.fail_at(error.offset, error.message);
  }
  assembly_.customs.push_back(std::move(section));
}

// (before first), (before type), ..., (after data), (after last)
uint32_t ModuleParser::custom_place(Cursor& content) {
  content.take();
  const bool before = content.at_keyword("before");
  if (!before && !content.at_keyword("after"))
    return content.fail(content.peek(), about_custom("malformed placement")), 0;
  content.take();
  const Token token = content.peek();
  const std::string_view word = content.text(token);
  std::optional<uint32_t> place;
  if (before && word == "first") place = 0;
  if (!before && word == "last") place = kLastPlace;
  for (uint32_t i = 0; i < kSectionCount; ++i) {
    if (kSectionInfo[i].text == word) place = before ? 2 * i : 2 * i + 2;
  }
  if (!place) return content.fail(token, about_custom("malformed section kind")), 0;
  content.take();
  content.expect_close();
  return *place;
}

}  // namespace mini_wasm::text
