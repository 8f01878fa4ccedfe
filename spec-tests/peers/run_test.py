#!/usr/bin/env python3
"""run_test.py MINI-WASM: that run.py sees what goes wrong in suites made for it."""
import pathlib
import subprocess
import sys
import tempfile

SCRIPTS = {
    # Modules that have a name are registered, there is a collector to call, and (ref.func 0) is any function.
    "dialect.wast": r"""(module $host (func (export "f") (result funcref) (ref.func 0)) (; (module $no ;) ;; (
)
(module (import "host" "f" (func (result funcref))) (import "wasmtime" "gc" (func $gc)) (export "f" (func 0))
  (export "\"(" (func $gc)))
(assert_return (invoke "f") (ref.func 0))
(assert_return (invoke "\"("))
""",
    "good.wast": '(module (func (export "f")))(assert_return (invoke "f"))',
    "bad.wast": """(module (func (export "f") (result i32) (i32.const 1)))
(assert_return (invoke "f") (i32.const 2))
(assert_return (invoke "f") (i32.const 2))
(assert_return (invoke "f") (i32.const 3))
""",
    "words.wast": '(module (func (export "f") unreachable))\n(assert_trap (invoke "f") "other words")',
    "folder/skipped.wast": "(nonsense)",
    "nonsense.wast": "(nonsense)",
}
EXCUSED = """# A comment.
wasmtime/folder/ not for us

wasmtime/words.wast other words
  expected f to trap "other words", got trap: unreachable
wasmtime/bad.wast once only
  expected f to return [i32:0x2], got [i32:1 (0x1)]
"""
STALE = """wasmtime/good.wast all is well there
  expected f to return [], got nothing
wasmtime/none.wast no such file
wizard-engine/none.wast no such suite here
"""


def run(mini_wasm, scripts, excused):
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        for name in scripts:
            script = folder / "peers/wasmtime/tests/misc_testsuite" / name
            script.parent.mkdir(parents=True, exist_ok=True)
            script.write_text(SCRIPTS[name])
        (folder / "excused.txt").write_text(excused)
        command = [sys.executable, pathlib.Path(__file__).with_name("run.py"), mini_wasm, folder / "peers",
                   folder / "excused.txt"]
        done = subprocess.run(command, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr


def expect(condition, output):
    if not condition:
        sys.exit(f"run_test.py: not what was expected:\n{output}")


def main():
    mini_wasm = sys.argv[1]
    code, output = run(mini_wasm, SCRIPTS, EXCUSED)
    lines = output.splitlines()
    expect(code == 1, output)
    # Three tiers: 4 of dialect.wast, 2, 1 and 1 commands pass; a command and a script fail that nothing excuses.
    expect("wasmtime" in lines[1] and lines[1].split()[1:] == ["24", "7", "7"], output)
    expect("wasmtime bad.wast: 6 failed" in lines and "wasmtime nonsense.wast: 1 failed" in lines, output)
    expect("  expected f to return [i32:0x3], got [i32:1 (0x1)]" in lines, output)
    expect("excused, and not so:" not in lines, output)

    code, output = run(mini_wasm, ["good.wast", "words.wast", "folder/skipped.wast", "dialect.wast"],
                       EXCUSED.partition("wasmtime/bad.wast")[0])
    expect(code == 0, output)

    code, output = run(mini_wasm, ["good.wast"], STALE)
    expect(code == 1, output)
    expect(output.splitlines()[-2:] == ["  wasmtime/good.wast: expected f to return [], got nothing",
                                        "  wasmtime/none.wast: is not there"], output)


if __name__ == "__main__":
    main()
