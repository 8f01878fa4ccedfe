#!/usr/bin/env python3
"""run.py MINI-WASM FOLDER [EXCUSED]: runs the public tests of others that are found in FOLDER, and prints a table.

Each suite is a checkout with the name of its repository: wasi-testsuite (branch prod/testsuite-base, which has the
programs), wasmtime, wizard-engine, threads. What is not run, and which commands of scripts may fail, stands in
EXCUSED (excused.txt) with the reasons; the table counts it as skipped.
"""
import collections
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import dialect
from excuses import Excuses

TIMEOUT = 120  # seconds for a script on all tiers, or for a program
SLOW = 10  # seconds: said in the table
TIERS = ["interp", "jit", "auto"]

# Where the tests of a suite are. For scripts: options, and what makes official scripts of them (dialect.py).
Suite = collections.namedtuple("Suite", "name below files options translate", defaults=[[], None])
SUITES = [
    Suite("wasi-testsuite", "tests", "testsuite/**/*.wasm"),
    Suite("wasmtime", "tests/misc_testsuite", "*.wast",
          ["--wasm=wide-arithmetic,custom-page-sizes", "--max-memory=16G"], dialect.wasmtime),
    Suite("wizard-engine", "test/regress", "*.wast"),
    Suite("threads", "test/core/threads", "*.wast"),
]

# `skipped` counts by reason. `problems` are lines; `seconds` is for all tiers.
Outcome = collections.namedtuple("Outcome", "suite name passed failed skipped problems seconds")


# --- Scripts


def failures_in(output, name):
    """For each tier, a Counter of the messages in what `mini-wasm wast` prints, and whatever else is in it."""
    found = {tier: collections.Counter() for tier in TIERS}

    def take(line):
        found[line[3]][" ".join(line[2].split())] += 1
        return ""

    line = rf"^{re.escape(name)}:(\d+): (.*?) \[({'|'.join(TIERS)})\]\n"
    rest = re.sub(line, take, output, flags=re.MULTILINE | re.DOTALL)
    return found, re.sub(r"^\d+ passed, \d+ failed, \d+ skipped\n", "", rest, flags=re.MULTILINE).strip()


def run_script(mini_wasm, suite, path, name, excuses):
    command = [mini_wasm, "wast", *suite.options, *(f"--tier={tier}" for tier in TIERS)]
    with tempfile.TemporaryDirectory() as scratch:
        script, added = pathlib.Path(scratch) / name, 0
        script.parent.mkdir(parents=True, exist_ok=True)
        if suite.translate:
            text, added, options = suite.translate(path.read_text(errors="surrogateescape"))
            script.write_text(text, errors="surrogateescape")
            command += options
        else:
            script.symlink_to(path)
        done = subprocess.run([*command, "--root", scratch, str(script)], capture_output=True, text=True,
                              errors="replace", timeout=TIMEOUT)
    failures, rest = failures_in(done.stdout, name)
    unexpected, excused, reason = excuses.judge(f"{suite.name}/{name}", failures)
    problems = list(unexpected)
    totals = re.search(r"^(\d+) passed", done.stdout, re.MULTILINE)
    if rest or totals is None:
        problems.append(rest or f"ended with {done.returncode}: {done.stderr.strip()[-200:]}")
    passed = int(totals[1]) - added * len(TIERS) if totals else 0
    failed = unexpected.total() + len(problems) - len(unexpected)
    return passed, failed, {reason: excused} if excused else {}, problems


# --- Programs


def program_arguments(spec, folder, option):
    """Options for the variables and directories of a test's JSON file, the latter given with `option`."""
    options = []
    for variable, value in spec.get("env", {}).items():
        options += ["--env", f"{variable}={value}"]
    if spec.get("root"):
        options += [option, f"{folder / spec['root']}::/"]
    for directory in spec.get("dirs", []):
        options += [option, f"{folder / directory}::{directory}"]
    return options


def wrong_result(spec, done):
    if done.returncode != spec.get("exit_code", 0):
        return f"exit code {done.returncode}: {done.stderr.strip()[-200:]}"
    for stream in ("stdout", "stderr"):
        if stream in spec and getattr(done, stream) != spec[stream]:
            return f"another {stream}"
    return ""


def run_program(mini_wasm, path):
    specification = path.with_suffix(".json")
    spec = json.loads(specification.read_text()) if specification.exists() else {}
    if spec.get("proposals"):
        return 0, 0, {", ".join(spec["proposals"]): 1}, []
    problems = []
    # With directories of the host, and with copies of them in memory.
    storages = ["--dir", "--memory-dir"] if spec.get("root") or spec.get("dirs") else ["--dir"]
    for tier, storage in itertools.product(TIERS, storages):
        with tempfile.TemporaryDirectory() as scratch:
            # Programs write where they are.
            folder = pathlib.Path(scratch) / "tests"
            shutil.copytree(path.parent, folder, symlinks=True, ignore=shutil.ignore_patterns("*.wasm"))
            command = [mini_wasm, "run", f"--tier={tier}", "--argv0", path.name,
                       *program_arguments(spec, folder, storage),
                       str(path), *spec.get("args", [])]
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=TIMEOUT,
                                  stdin=subprocess.DEVNULL)
            if problem := wrong_result(spec, done):
                problems.append(f"{problem} [{tier} {storage}]")
    return len(TIERS) * len(storages) - len(problems), len(problems), {}, problems


# --- All of them


def run_test(mini_wasm, suite, path, name, excuses):
    if reason := excuses.skip(f"{suite.name}/{name}"):
        return Outcome(suite.name, name, 0, 0, {reason: 1}, [], 0)
    begin = time.monotonic()
    try:
        if path.suffix == ".wasm":
            result = run_program(mini_wasm, path)
        else:
            result = run_script(mini_wasm, suite, path, name, excuses)
    except subprocess.TimeoutExpired:
        result = 0, 1, {}, [f"takes more than {TIMEOUT} s"]
    return Outcome(suite.name, name, *result, time.monotonic() - begin)


def tests(folder):
    """(suite, file, its name below the suite's folder) for everything that is there."""
    for suite in SUITES:
        root = folder / suite.name / suite.below
        for path in sorted(root.rglob(suite.files)):
            yield suite, path, path.relative_to(root).as_posix()


def print_table(outcomes):
    rows = {}
    for o in outcomes:
        passed, failed, skipped = rows.setdefault(o.suite, [0, 0, collections.Counter()])
        skipped.update(o.skipped)
        rows[o.suite] = [passed + o.passed, failed + o.failed, skipped]
    print(f"{'suite':16} {'passed':>9} {'failed':>7} {'skipped':>8}")
    for suite, (passed, failed, skipped) in rows.items():
        print(f"{suite:16} {passed:9} {failed:7} {skipped.total():8}")
        for reason, count in skipped.most_common():
            print(f"{'':35}{count:8}  {reason}")
    for o in outcomes:
        if o.seconds > SLOW:
            print(f"{o.suite} {o.name} took {o.seconds:.0f} s")
    for o in outcomes:
        if o.failed:
            print(f"\n{o.suite} {o.name}: {o.failed} failed", *o.problems, sep="\n  ")


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit("usage: run.py MINI-WASM FOLDER [EXCUSED]")
    mini_wasm, folder = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).absolute()
    found = list(tests(folder))
    if not found:
        sys.exit(f"run.py: none of {', '.join(suite.name for suite in SUITES)} is in {folder}")
    excuses = Excuses(sys.argv[3] if len(sys.argv) == 4 else pathlib.Path(__file__).with_name("excused.txt"))
    with ThreadPoolExecutor(int(os.environ.get("MINI_WASM_JOBS", os.cpu_count() or 1))) as pool:
        outcomes = list(pool.map(lambda test: run_test(mini_wasm, *test, excuses), found))
    print_table(outcomes)
    stale = list(excuses.stale({suite.name for suite, _, _ in found}))
    if stale:
        print("\nexcused, and not so:", *stale, sep="\n  ")
    sys.exit(bool(stale) or any(o.failed for o in outcomes))


if __name__ == "__main__":
    main()
