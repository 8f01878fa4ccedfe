"""install.py FOLDER: installs a copy of the package with pip into the folder, without a network, and runs the first
example of its documentation with it. Prints "skipped: ..." where pip, setuptools or wheel are missing."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

EXAMPLE = """
import mini_wasm

store = mini_wasm.Store()
module = mini_wasm.Module.from_file(store, "my_module.wasm")
instance = mini_wasm.Instance(store, module)
print(instance.exports.hello())
"""


def main() -> None:
    missing = [name for name in ("pip", "setuptools", "wheel") if importlib.util.find_spec(name) is None]
    if missing:
        print("skipped: this Python has no", ", ".join(missing))
        return
    work = Path(sys.argv[1])
    shutil.rmtree(work, ignore_errors=True)
    source, site = work / "python", work / "site"
    # Building leaves files in the folder of the sources.
    shutil.copytree(Path(__file__).parent.parent, source, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
    subprocess.run([*pip, "--no-build-isolation", "--target", site, source], check=True)
    assert (site / "mini_wasm" / "py.typed").exists(), "the type hints are not marked"
    (work / "my_module.wasm").write_text('(module (func (export "hello") (result i32) (i32.const 42)))')
    environment = {**os.environ, "PYTHONPATH": str(site)}
    run = subprocess.run([sys.executable, "-c", EXAMPLE], cwd=work, env=environment, capture_output=True, text=True)
    assert run.stdout == "42\n", run.stdout + run.stderr
    print("installed, and it says", run.stdout, end="")


if __name__ == "__main__":
    main()
