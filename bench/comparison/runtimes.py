"""The runtimes that can take part, and which of them are here."""

import fnmatch
import os
import pathlib
import shlex
import shutil
import subprocess

from comparison.sample import Sample

NODE_RUN = """const {WASI} = require('wasi'), file = process.argv[1];
const wasi = new WASI({version: 'preview1', args: process.argv.slice(1)});
WebAssembly.instantiate(require('fs').readFileSync(file), wasi.getImportObject())
  .then(({instance}) => process.exit(wasi.start(instance) || 0));"""
NODE_LOAD = "new WebAssembly.Module(require('fs').readFileSync(process.argv.at(-1)));"
NODE_VALIDATE = "if (!WebAssembly.validate(require('fs').readFileSync(process.argv.at(-1)))) process.exit(1);"

# Not --no-wasm-tier-up: with that alone V8 still recompiles hot functions (--trace-wasm-compilation-times shows it).
NODE_LIFTOFF = ["--liftoff-only"]
NODE_TURBOFAN = ["--no-liftoff"]
# Everything when the module is made, on the thread that makes it.
NODE_EAGER = ["--no-wasm-lazy-compilation", "--single-threaded"]

# One round of a row of bench/load_bench.cc.
BENCH_ONCE = ["--benchmark_min_time=0"]

# Name, program, what follows it, in which {} stands for the module and its arguments.
RUN = [
    ("mini-wasm-interp", "mini-wasm", ["run", "--tier=interp", "{}"]),
    ("mini-wasm-jit", "mini-wasm", ["run", "--tier=jit", "{}"]),
    ("wasm3", "wasm3", ["{}"]),
    ("wasmi", "wasmi", ["run", "{}"]),
    ("wasmi-1", "wasmi_cli", ["{}"]),
    ("silverfir", "sf-nano-cli", ["{}"]),
    ("iwasm", "iwasm", ["{}"]),
    ("wazero", "wazero", ["run", "{}"]),
    ("wasmtime", "wasmtime", ["run", "{}"]),
    ("wasmtime-winch", "wasmtime", ["run", "-C", "compiler=winch", "{}"]),
    ("wasmer", "wasmer", ["run", "{}"]),
    ("wasmedge", "wasmedge", ["{}"]),
    ("bun", "bun", ["{}"]),
    ("node", "node", ["--no-warnings", "-e", NODE_RUN, "{}"]),
    ("node-liftoff", "node", [*NODE_LIFTOFF, "--no-warnings", "-e", NODE_RUN, "{}"]),
    ("node-turbofan", "node", [*NODE_TURBOFAN, "--no-warnings", "-e", NODE_RUN, "{}"]),
]

# The same for loading: validating a module, or validating and compiling all of it.
LOAD = [
    ("mini-wasm-validate", "mini-wasm-bench", [*BENCH_ONCE, "--benchmark_filter=^validate/", "{}"]),
    ("mini-wasm-interp", "mini-wasm-bench", [*BENCH_ONCE, "--benchmark_filter=^load_eager/interp/", "{}"]),
    ("mini-wasm-jit", "mini-wasm-bench", [*BENCH_ONCE, "--benchmark_filter=^load_eager/jit/", "{}"]),
    ("wasmtime", "wasmtime", ["compile", "-C", "parallel-compilation=n", "-o", "/dev/null", "{}"]),
    ("wasmtime-winch", "wasmtime",
     ["compile", "-C", "compiler=winch", "-C", "parallel-compilation=n", "-o", "/dev/null", "{}"]),
    ("bun-validate", "bun", ["-e", NODE_VALIDATE, "{}"]),
    ("node-validate", "node", ["--single-threaded", "-e", NODE_VALIDATE, "{}"]),
    ("node-liftoff", "node", [*NODE_LIFTOFF, *NODE_EAGER, "-e", NODE_LOAD, "{}"]),
    ("node-turbofan", "node", [*NODE_TURBOFAN, *NODE_EAGER, "-e", NODE_LOAD, "{}"]),
]

# Commands that must succeed as well before a runtime is what its name says. A build without the compiler takes
# --tier=jit for the interpreter.
CHECKS = {"mini-wasm-jit": ("mini-wasm", ["dump", "--native", "{}"])}


class Runtime:
    """A name and the command line that runs a module; "native" runs its native build."""

    def __init__(self, name, command):
        self.name = name
        self.command = command
        self.start = 0.0
        self.ours = name.startswith("mini-wasm") or name == "native"

    def line(self, module, arguments):
        if self.name == "native":
            return [str(module.with_suffix("")), *arguments]
        line = []
        for part in self.command:
            line += [str(module), *arguments] if part == "{}" else [part]
        return line

    def version(self):
        if self.name == "native":
            return ""
        try:
            done = subprocess.run([self.command[0], "--version"], capture_output=True, text=True, timeout=10)
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return (done.stdout + done.stderr).strip().partition("\n")[0] if done.returncode == 0 else ""

    def problem(self, empty, timeout):
        """Why it cannot take part; None when it can, with `start` the seconds that it took."""
        commands = [self]
        if self.name in CHECKS:
            program, rest = CHECKS[self.name]
            commands += [Runtime("check", [locate(program), *rest])] if locate(program) else []
        for command in commands:
            try:
                sample = Sample(command.line(empty, []), timeout)
            except OSError as error:
                return f"cannot be started: {error.strerror}"
            if sample.status != "ok":
                return f"cannot run {empty.name}: {sample.complaint()}"
            command.start = sample.seconds
        return None


def variable(program):
    """The environment variable that gives a program's path."""
    return program.upper().replace("-", "_")


def locate(program):
    """Where a program is: named by its variable, on PATH, or built beside mini-wasm. None: nowhere."""
    found = os.environ.get(variable(program)) or shutil.which(program)
    if found or program != "mini-wasm-bench":
        return found
    mini_wasm = locate("mini-wasm")
    beside = pathlib.Path(mini_wasm).parent.parent / "bench" / program if mini_wasm else None
    return str(beside) if beside and beside.exists() else None


class Field:
    """Who takes part (`runtimes`, in order), and who does not (`absent`: reason by name)."""

    def __init__(self, rows, native, added):
        self.runtimes = [Runtime("native", [])] if native else []
        self.absent = {} if native else {"native": "a program has no native build beside it"}
        for name, program, rest in rows:
            path = locate(program)
            if path:
                self.runtimes.append(Runtime(name, [path, *rest]))
            else:
                self.absent[name] = f"no {program} on PATH, and {variable(program)} is not set"
        self.added = []
        for text in added:
            name, _, command = text.partition("=")
            self.added.append(Runtime(name, shlex.split(command)))

    def select(self, patterns):
        """Keeps what matches one of the patterns, in their order. Returns the patterns that nothing has as its name."""
        known = [r.name for r in self.runtimes] + list(self.absent)
        wanted = [name for p in patterns for name in known if fnmatch.fnmatchcase(name, p)]
        by_name = {r.name: r for r in self.runtimes}
        self.runtimes = [by_name[name] for name in dict.fromkeys(wanted) if name in by_name]
        self.absent = {name: reason for name, reason in self.absent.items() if name in wanted}
        return [p for p in patterns if not fnmatch.filter(known, p)]

    def start(self, empty, timeout):
        """Lets everybody run the empty program; who cannot is absent."""
        candidates = self.runtimes + self.added
        self.runtimes = []
        for runtime in candidates:
            problem = runtime.problem(empty, timeout)
            if problem is None:
                self.runtimes.append(runtime)
            else:
                self.absent[runtime.name] = problem
