"""WebAssembly in Python, by the engine mini-wasm.

    import mini_wasm

    store = mini_wasm.Store()
    module = mini_wasm.Module.from_file(store, "my_module.wasm")
    instance = mini_wasm.Instance(store, module)
    print(instance.exports.hello())
"""

from ._engine import Engine, Module, Store, wat2wasm
from ._errors import (
    CompileError,
    Exit,
    Frame,
    GuestException,
    LimitError,
    LinkError,
    Trap,
    UsageError,
    WasmError,
)
from ._native import lib as _lib
from ._objects import Exports, Func, Global, Instance, Linker, Memory, Ref, Table, Tag
from ._types import (
    ExportType,
    FuncType,
    GlobalType,
    ImportType,
    Limits,
    MemoryType,
    TableType,
    TagType,
    ValType,
    f32,
    f64,
    i32,
    i64,
)
from ._wasi import Files, Wasi, run_wasi, run_wasi_async

#: The version of the library.
__version__: str = _lib.mini_wasm_version().decode()

__all__ = [name for name in globals() if not name.startswith("_")]
