#!/usr/bin/env python3
"""run.py MINI-WASM FOLDER: runs the public tests of others that are found in FOLDER, and prints a table.

Each suite is a checkout with the name of its repository: wasi-testsuite (branch prod/testsuite-base, which has the
programs), wasmtime, wizard-engine, threads. What belongs to proposals that are not WebAssembly 3.0 or one of
`mini-wasm run --wasm=help` is skipped, and the table says what it was.
"""
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

TIMEOUT = 120  # seconds for a script on all tiers, or a program
TIERS = ["interp", "jit", "auto"]

# A part of a path, and the reason for skipping what lies there.
SKIPPED = [
    (r"component-model", "component model"),
    (r"stack-switching", "stack switching"),
    (r"shared-everything-threads", "shared-everything threads"),
    (r"wasm32-wasip[23]", "WASI 0.2 and 0.3"),
]

# What a failure says, and the reason for not counting it: what a suite takes from its own engine. A script is skipped
# when all that fails in it is of this kind or follows from it.
EXCUSED = [
    (r'unknown import: "wasmtime"', "host functions of Wasmtime"),
    (r'unknown import: "[^"]*" "', "imports by the names of modules that nobody registers"),
    (r'expected .* to trap "[^"]*", got trap: ', "another engine's words for a trap"),
    (r'expected unlinkable ".*", got link error: ', "another engine's words for a link error"),
    (r"limit exceeded: |expected uninstantiable .* but it was accepted|allocation size too large", "limits of Wasmtime"),
]
FOLLOWS = r"no current module instance|no module instance"

# What scripts need beside WebAssembly 3.0, by suite.
FEATURES = {
    "wasmtime": "threads,multi-memory,ref-types,memory64,wide-arithmetic,custom-page-sizes,legacy-exceptions",
    "wizard-engine": "threads,multi-memory,ref-types,memory64,legacy-exceptions",
    "threads": "threads",
}

Outcome = collections.namedtuple("Outcome", "suite name passed failed skipped message")


def skip_reason(path):
    return next((reason for part, reason in SKIPPED if re.search(part, str(path))), None)


def run_script(mini_wasm, suite, root, path):
    name = str(path.relative_to(root))
    if reason := skip_reason(name):
        return Outcome(suite, name, 0, 0, 1, reason)
    command = [mini_wasm, "wast", f"--wasm={FEATURES[suite]}", *(f"--tier={t}" for t in TIERS), str(path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return Outcome(suite, name, 0, 1, 0, f"takes more than {TIMEOUT} s")
    lines = done.stdout.strip().splitlines()
    totals = re.match(r"(\d+) passed, (\d+) failed, (\d+) skipped", lines[-1]) if lines else None
    if totals is None:
        return Outcome(suite, name, 0, 1, 0, f"ended with {done.returncode}: {done.stderr.strip()[-200:]}")
    if int(totals[2]) == 0:
        return Outcome(suite, name, int(totals[1]), 0, 0, "")
    if reason := excuse(lines[:-1]):
        return Outcome(suite, name, 0, 0, 1, reason)
    return Outcome(suite, name, int(totals[1]), int(totals[2]), 0, lines[0])


def excuse(failures):
    """Why all of these lines are no faults of ours; None when one may be."""
    reason = None
    for line in failures:
        if re.search(FOLLOWS, line):
            continue
        found = next((why for words, why in EXCUSED if re.search(words, line)), None)
        if found is None:
            return None
        reason = reason or found
    return reason


def program_arguments(spec, folder):
    """Options for the directories and variables of a test's JSON file."""
    options = []
    for variable, value in spec.get("env", {}).items():
        options += ["--env", f"{variable}={value}"]
    if spec.get("root"):
        options += ["--dir", f"{folder / spec['root']}::/"]
    for directory in spec.get("dirs", []):
        options += ["--dir", f"{folder / directory}::{directory}"]
    return options


def wrong_result(spec, done):
    if done.returncode != spec.get("exit_code", 0):
        return f"exit code {done.returncode}: {done.stderr.strip()[-200:]}"
    for stream in ("stdout", "stderr"):
        if stream in spec and getattr(done, stream) != spec[stream]:
            return f"another {stream}"
    return ""


def run_program(mini_wasm, suite, root, path):
    name = str(path.relative_to(root))
    if reason := skip_reason(name):
        return Outcome(suite, name, 0, 0, 1, reason)
    specification = path.with_suffix(".json")
    spec = json.loads(specification.read_text()) if specification.exists() else {}
    if spec.get("proposals"):
        return Outcome(suite, name, 0, 0, 1, ", ".join(spec["proposals"]))
    messages = []
    for tier in TIERS:
        with tempfile.TemporaryDirectory() as scratch:
            # Programs write where they are.
            folder = pathlib.Path(scratch) / "tests"
            shutil.copytree(path.parent, folder, symlinks=True, ignore=shutil.ignore_patterns("*.wasm"))
            command = [mini_wasm, "run", f"--tier={tier}", "--argv0", path.name, *program_arguments(spec, folder),
                       str(path), *spec.get("args", [])]
            try:
                done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=TIMEOUT,
                                      stdin=subprocess.DEVNULL)
                message = wrong_result(spec, done)
            except subprocess.TimeoutExpired:
                message = f"takes more than {TIMEOUT} s"
            if message:
                messages.append(f"{message} [{tier}]")
    return Outcome(suite, name, len(TIERS) - len(messages), len(messages), 0, messages[0] if messages else "")


def tests(folder):
    """(what runs it, suite, folder of the suite, file) for everything that is there."""
    wasi = folder / "wasi-testsuite" / "tests"
    for path in sorted(wasi.rglob("testsuite/**/*.wasm")):
        yield run_program, "wasi-testsuite", wasi, path
    for suite, below in (("wasmtime", "tests/misc_testsuite"), ("wizard-engine", "test/regress"),
                         ("threads", "test/core/threads")):
        root = folder / suite / below
        for path in sorted(root.rglob("*.wast")):
            yield run_script, suite, root, path


def print_table(outcomes):
    rows = collections.defaultdict(lambda: [0, 0, 0])
    reasons = collections.defaultdict(collections.Counter)
    for o in outcomes:
        for i, count in enumerate((o.passed, o.failed, o.skipped)):
            rows[o.suite][i] += count
        if o.skipped:
            reasons[o.suite][o.message] += o.skipped
    print(f"{'suite':16} {'passed':>9} {'failed':>7} {'skipped':>8}")
    for suite, (passed, failed, skipped) in rows.items():
        why = ", ".join(f"{reason} {count}" for reason, count in reasons[suite].most_common())
        print(f"{suite:16} {passed:9} {failed:7} {skipped:8}{'  (' + why + ')' if why else ''}")
    for o in outcomes:
        if o.failed:
            print(f"\n{o.suite} {o.name}: {o.failed} failed\n  {o.message}", end="")
    print()


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: run.py MINI-WASM FOLDER")
    mini_wasm, folder = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).absolute()
    found = list(tests(folder))
    if not found:
        sys.exit(f"run.py: none of wasi-testsuite, wasmtime, wizard-engine, threads is in {folder}")
    with ThreadPoolExecutor(int(os.environ.get("MINI_WASM_JOBS", os.cpu_count() or 1))) as pool:
        outcomes = list(pool.map(lambda test: test[0](mini_wasm, *test[1:]), found))
    print_table(outcomes)
    sys.exit(any(o.failed for o in outcomes))


if __name__ == "__main__":
    main()
