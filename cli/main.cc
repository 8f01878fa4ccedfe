// The command line: mini-wasm run, resume, validate, dump, wat2wasm, wast. Programs are run through the public interface only.
#include <mini_wasm/version.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "cli/dump_command.h"
#include "cli/run_command.h"
#include "cli/standard_streams.h"
#include "cli/validate_command.h"
#include "cli/wast_command.h"
#include "cli/wat2wasm_command.h"
#include "cli/word_check.h"

namespace mini_wasm::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  mini-wasm run hello.wasm
  mini-wasm hello.wasm                     the same
  mini-wasm validate a.wasm b.wasm
  mini-wasm dump hello.wasm
  mini-wasm wat2wasm hello.wat -o hello.wasm

`mini-wasm COMMAND --help` says more.)";

constexpr const char* kRunExamples =
    R"(FILE is a WebAssembly module, in binary or text form, or - for standard input. All words after FILE are the program's own.

Examples:
  mini-wasm run --dir . sqlite3.wasm test.db 'select 1'
  mini-wasm run --dir data::/ --env LANG=C --env HOME=/ python.wasm script.py -v
  mini-wasm run --invoke add math.wasm 2 40

The exit code is the program's; 134 after a trap, 124 after --timeout, 1 when the module cannot be run, 2 for wrong usage.)";

constexpr const char* kResumeExamples =
    R"(FILE is what `mini-wasm run --checkpoint-file=FILE` has written. It contains the module, the state of the program and its
arguments and variables. Directories must be given again, under the same names; no program gets more than that.

Examples:
  mini-wasm run --checkpoint-file=work.ckpt --dir . python.wasm long.py &
  kill -USR1 %1                            writes work.ckpt; the program goes on
  mini-wasm resume --dir . work.ckpt       goes on from there, here or on another computer

The exit code is the program's, as for run.)";

constexpr const char* kValidateExamples = R"(Examples:
  mini-wasm validate a.wasm b.wasm
  mini-wasm validate --wasm=-simd a.wasm   does it do without SIMD?

The exit code is 0 when all files are valid, else 1.)";

constexpr const char* kDumpExamples = R"(Examples:
  mini-wasm dump hello.wasm | less
  mini-wasm dump hello.wasm >hello.wat     can be edited, and run or assembled again
  mini-wasm dump --native=main hello.wasm)";

constexpr const char* kWat2WasmExamples = R"(Examples:
  mini-wasm wat2wasm hello.wat             writes hello.wasm
  mini-wasm wat2wasm - -o - <a.wat >a.wasm

The module is not validated: `mini-wasm validate` does that.)";

constexpr const char* kWastExamples = R"(Examples:
  mini-wasm wast --tier=interp spec/test/core
  mini-wasm wast --expect-failures known.txt i32.wast

The last line is `N passed, M failed, K skipped`; skipped is what fails as expected. The exit code is 0 when M is 0.)";

// CLI11 does not know the words that `prefix_command` leaves unparsed, so they are added to the usage line here.
class Formatter : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* app, std::string name) const override {
    std::string usage = CLI::Formatter::make_usage(app, name);
    if (app->get_prefix_command()) usage.insert(usage.find_last_not_of('\n') + 1, " FILE [ARGS...]");
    return usage;
  }
};

struct Commands {
  CLI::App app{"Runs WebAssembly programs (WASI preview 1).", "mini-wasm"};
  RunOptions run_options, resume_options;
  std::vector<std::string> resume_files;
  FeatureOptions validate_features;
  std::vector<std::string> validate_files;
  DumpOptions dump_options;
  Wat2WasmOptions wat2wasm_options;
  WastOptions wast_options;
  CLI::App* run = nullptr;
  CLI::App* resume = nullptr;
  CLI::App* validate = nullptr;
  CLI::App* dump = nullptr;
  CLI::App* wat2wasm = nullptr;
  CLI::App* wast = nullptr;

  // Only the command that is called gets its options: making all of them takes longer than a small program runs.
  explicit Commands(const std::string& called) {
    app.formatter(std::make_shared<Formatter>());
    app.set_help_flag("-h,--help", "Print this help and exit");
    app.set_version_flag("-V,--version", "mini-wasm " MINI_WASM_VERSION, "Print the version and exit");
    app.require_subcommand(1);
    app.footer(kExamples);

    run = app.add_subcommand("run", "Run a program, or one function of a module");
    run->prefix_command();  // words after FILE belong to the program
    run->footer(kRunExamples);
    if (called == "run") run_options.add_to(*run);

    resume = app.add_subcommand("resume", "Go on with a program from a checkpoint");
    resume->footer(kResumeExamples);
    resume->add_option("FILE", resume_files, "The checkpoint")->expected(0, 1);
    if (called == "resume") resume_options.add_to(*resume);

    validate = app.add_subcommand("validate", "Say whether files are valid modules");
    validate->footer(kValidateExamples);
    validate->add_option("FILE", validate_files, "Modules to check");
    validate_features.add_to(*validate);

    dump = app.add_subcommand("dump", "Print a module: sections, types, imports, exports, instructions");
    dump->footer(kDumpExamples);
    dump->add_option("FILE", dump_options.file, "The module");
    // A flag takes a value only after `=`, so that FILE is never taken for its value.
    dump->add_flag("--native{*}", dump_options.native, "Print the machine code of a function (index or name) or of all")
        ->option_text("[=FUNC]");
    dump->add_option("--target", dump_options.target,
                     "With --native: for this CPU: x86-64 or aarch64 (default: this one)")
        ->check(CLI::IsMember(std::vector<std::string>(std::begin(kTargets), std::end(kTargets))))
        ->option_text("CPU");
    dump_options.features.add_to(*dump);

    wat2wasm = app.add_subcommand("wat2wasm", "Translate a module from text to binary form");
    wat2wasm->footer(kWat2WasmExamples);
    wat2wasm->add_option("FILE", wat2wasm_options.file, "The module as text")->required();
    wat2wasm->add_option("-o,--output", wat2wasm_options.output, "Where to write it")->option_text("FILE");
    wat2wasm->add_flag("--no-names", wat2wasm_options.no_names, "Write no name section");

    wast = app.add_subcommand("wast", "Run test scripts");
    wast->footer(kWastExamples);
    if (called == "wast") wast_options.add_to(*wast);
  }
};

// `command`: the command whose help is recommended; empty: the help of the program.
int wrong_usage(const std::string& what, const std::string& command = {}) {
  print_error(command.empty() ? what : command + ": " + what);
  std::fprintf(stderr, "Try: mini-wasm %s%s--help\n", command.c_str(), command.empty() ? "" : " ");
  return kWrongUsage;
}

// `rest`: the words from the first `--` on.
int run(Commands& commands, const std::vector<std::string>& rest) {
  if (commands.run_options.features.wants_help()) return std::fputs(feature_help().c_str(), stdout), kSuccess;
  std::vector<std::string> words = commands.run->remaining();
  // If no FILE came before `--`, it only ended our options. Otherwise it belongs to the program.
  words.insert(words.end(), rest.begin() + (words.empty() && !rest.empty() ? 1 : 0), rest.end());
  if (words.empty()) return wrong_usage("no FILE given", "run");
  commands.run_options.note_order(*commands.run);
  return run_command(commands.run_options, words);
}

int resume(Commands& commands) {
  if (commands.resume_options.features.wants_help()) return std::fputs(feature_help().c_str(), stdout), kSuccess;
  if (commands.resume_files.empty()) return wrong_usage("no FILE given", "resume");
  commands.resume_options.note_order(*commands.resume);
  return resume_command(commands.resume_options, commands.resume_files);
}

int validate(const Commands& commands) {
  if (commands.validate_features.wants_help()) return std::fputs(feature_help().c_str(), stdout), kSuccess;
  if (commands.validate_files.empty()) return wrong_usage("no FILE given", "validate");
  return validate_command(commands.validate_features, commands.validate_files);
}

int dump(const Commands& commands) {
  if (commands.dump_options.features.wants_help()) return std::fputs(feature_help().c_str(), stdout), kSuccess;
  if (commands.dump_options.file.empty()) return wrong_usage("no FILE given", "dump");
  return dump_command(commands.dump_options);
}

int wast(const Commands& commands) {
  if (commands.wast_options.features.wants_help()) return std::fputs(feature_help().c_str(), stdout), kSuccess;
  if (commands.wast_options.inputs.empty()) return wrong_usage("no FILE given", "wast");
  return wast_command(commands.wast_options);
}

const std::vector<std::string> kCommandNames = {"run", "resume", "validate", "dump", "wat2wasm", "wast"};

bool is_command(const std::string& word) {
  return std::find(kCommandNames.begin(), kCommandNames.end(), word) != kCommandNames.end();
}

// `mini-wasm FILE ...` means `mini-wasm run FILE ...`, and `mini-wasm help COMMAND` means `mini-wasm COMMAND --help`.
void complete(std::vector<std::string>& words) {
  static const std::set<std::string> ours = {"-h", "--help", "-V", "--version"};
  if (is_command(words[0]) || ours.contains(words[0])) return;
  std::error_code error;
  const bool is_file = std::filesystem::exists(words[0], error);
  if (!is_file && words[0] == "help") {
    words = words.size() > 1 && is_command(words[1]) ? std::vector<std::string>{words[1], "--help"}
                                                     : std::vector<std::string>{"--help"};
  } else if (!is_file && words[0] == "version") {
    words = {"--version"};
  } else {
    words.insert(words.begin(), "run");
  }
}

// A first word that is neither a command nor a file: returns the message about it.
std::optional<std::string> misspelt_command(const std::string& word) {
  static const std::set<std::string> others = {"help", "version"};
  std::error_code error;
  const bool looks_like_file = word.find_first_of("./") != word.npos || word.starts_with('-');
  if (looks_like_file || is_command(word) || others.contains(word)) return std::nullopt;
  return std::filesystem::exists(word, error) ? std::nullopt : nearest(word, kCommandNames);
}

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty()) return wrong_usage("nothing to do: expected a command or a FILE");
  if (const auto meant = misspelt_command(words[0])) {
    return wrong_usage(words[0] + " is neither a command nor a file; did you mean " + *meant + "?");
  }
  complete(words);
  // CLI11 never sees `--`, which it would interpret in its own way.
  std::vector<std::string> rest;
  if (words[0] == "run") {
    const auto dashes = std::find(words.begin(), words.end(), "--");
    rest.assign(dashes, words.end());
    words.erase(dashes, words.end());
  }
  const std::string called = words[0];
  Commands commands(called);
  if (is_command(called)) {
    const auto problem = check_words(*commands.app.get_subcommand(called), std::span(words).subspan(1));
    if (problem) return wrong_usage(*problem, called);
  }
  try {
    std::reverse(words.begin(), words.end());  // the order that CLI11 expects
    commands.app.parse(words);
  } catch (const CLI::Success& help) {
    return commands.app.exit(help);
  } catch (const CLI::ParseError& error) {
    return wrong_usage(error.what(), is_command(called) ? called : "");
  }
  if (commands.run->parsed()) return run(commands, rest);
  if (commands.resume->parsed()) return resume(commands);
  if (commands.validate->parsed()) return validate(commands);
  if (commands.wat2wasm->parsed()) return wat2wasm_command(commands.wat2wasm_options);
  if (commands.wast->parsed()) return wast(commands);
  return dump(commands);
}

}  // namespace
}  // namespace mini_wasm::cli

int main(int argc, char** argv) {
  mini_wasm::cli::occupy_closed_streams();
  return mini_wasm::cli::finish_output(mini_wasm::cli::main(argc, argv));
}
