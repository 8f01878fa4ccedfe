"""WASI preview1: programs for the command line."""

from __future__ import annotations

import ctypes
import os
from typing import Iterator, Mapping, Optional, Sequence, Union

from . import _native as native
from ._engine import Module, Store
from ._errors import Exit, UsageError, check, refuse
from ._native import lib
from ._objects import Instance, Linker, _check


def _need_wasi() -> None:
    if not native.HAS_WASI:
        raise RuntimeError("the mini-wasm library was built without WASI")


def _text(text: str) -> bytes:
    encoded = os.fsencode(text)
    if b"\0" in encoded:
        raise ValueError(f"{text!r} contains a NUL character")
    return encoded


def _texts(texts: Sequence[str]) -> ctypes.Array[ctypes.c_char_p]:
    return (ctypes.c_char_p * max(len(texts), 1))(*map(_text, texts))


class Files:
    """Files in memory, which programs see as a directory: `files = Files({"in.txt": b"content"})`, `files["out.txt"]`.
    Iteration gives the paths of all files. It never holds more than `max_bytes` bytes and `max_entries` names; what is
    beyond raises LimitError here, and gives a program an error. Any thread may use it, also while programs run.
    """

    def __init__(
        self, files: Mapping[str, bytes] = {}, *, max_bytes: int = 64 << 20, max_entries: int = 64 << 10
    ) -> None:
        _need_wasi()
        self._handle: Optional[int] = lib.mini_wasm_wasi_files_new(max_bytes, max_entries)
        if not self._handle:
            raise MemoryError("no memory for files")
        for path, content in files.items():
            self[path] = content

    def __setitem__(self, path: str, content: bytes) -> None:
        vec = native.byte_vec(bytes(content))
        check(lib.mini_wasm_wasi_files_write(self._handle, _text(path), ctypes.byref(vec)))

    def __getitem__(self, path: str) -> bytes:
        vec = native.ByteVec()
        try:
            check(lib.mini_wasm_wasi_files_read(self._handle, _text(path), ctypes.byref(vec)))
        except UsageError:
            raise KeyError(path) from None
        return vec.take()

    def __delitem__(self, path: str) -> None:
        try:
            check(lib.mini_wasm_wasi_files_remove(self._handle, _text(path)))
        except UsageError:
            raise KeyError(path) from None

    def __iter__(self) -> Iterator[str]:
        folders = [""]
        while folders:
            folder = folders.pop()
            vec = native.ByteVec()
            check(lib.mini_wasm_wasi_files_list(self._handle, _text(folder), ctypes.byref(vec)))
            for name in vec.take().split(b"\0")[:-1]:
                path = folder + os.fsdecode(name)
                if path.endswith("/"):
                    folders.append(path)
                else:
                    yield path

    def make_directory(self, path: str) -> None:
        """Makes a directory, with those on its way, unless it is there."""
        check(lib.mini_wasm_wasi_files_make_directory(self._handle, _text(path)))

    @property
    def used_bytes(self) -> int:
        """How many bytes the files have."""
        return lib.mini_wasm_wasi_files_bytes(self._handle)

    def __del__(self) -> None:
        if getattr(self, "_handle", None) and lib is not None:
            lib.mini_wasm_wasi_files_delete(self._handle)


#: A directory of the host, or one in memory.
Directory = Union[str, "os.PathLike[str]", Files]


class Wasi:
    """One WASI program: what it gets, and what it writes. It gets nothing that is not named here, except clocks and random
    numbers.

    `args[0]` is its name. `dirs` says which directories it can read, and `writable` which ones it can also change, by the
    names that it sees. Its input is `stdin`, and its output is in `stdout` and `stderr`, at most `max_output` bytes of each;
    with `inherit=True` it has the streams of this process instead. With a `seed`, random numbers follow from that, and time
    passes only when the program looks at it or sleeps, so that it does the same in each run.
    """

    def __init__(
        self,
        args: Sequence[str] = (),
        env: Mapping[str, str] = {},
        *,
        stdin: bytes = b"",
        dirs: Mapping[str, Directory] = {},
        writable: Mapping[str, Directory] = {},
        inherit: bool = False,
        seed: Optional[int] = None,
        max_output: int = 16 << 20,
        max_open_files: Optional[int] = None,
        max_written: Optional[int] = None,
    ) -> None:
        _need_wasi()
        self._config: Optional[int] = lib.wasi_config_new()
        self._buffers = [lib.mini_wasm_wasi_buffer_new(max_output) for _ in range(2)]
        self._written = [b"", b""]
        config = self._config
        if config is None or not all(self._buffers):
            raise MemoryError("no memory for a program")
        done = [
            lib.wasi_config_set_argv(config, len(args), _texts(args)),
            lib.wasi_config_set_env(config, len(env), _texts(list(env)), _texts(list(env.values()))),
        ]
        if inherit:
            lib.wasi_config_inherit_stdin(config)
            lib.wasi_config_inherit_stdout(config)
            lib.wasi_config_inherit_stderr(config)
        else:
            vec = native.ByteVec()
            lib.wasm_byte_vec_new(ctypes.byref(vec), len(stdin), bytes(stdin))
            lib.wasi_config_set_stdin_bytes(config, ctypes.byref(vec))
            done.append(lib.mini_wasm_wasi_config_set_stdout_buffer(config, self._buffers[0]))
            done.append(lib.mini_wasm_wasi_config_set_stderr_buffer(config, self._buffers[1]))
        for directories, mutable in ((dirs, False), (writable, True)):
            for guest, directory in directories.items():
                if isinstance(directory, Files):
                    show, what = lib.mini_wasm_wasi_config_preopen_files, directory._handle
                else:
                    show, what = lib.wasi_config_preopen_dir, _text(os.fspath(directory))
                done.append(show(config, what, _text(guest), mutable))
        if seed is not None:
            done.append(lib.mini_wasm_wasi_config_set_random_seed(config, seed))
            done.append(lib.mini_wasm_wasi_config_set_virtual_time(config, 0, 1000))
        if max_open_files is not None:
            lib.mini_wasm_wasi_config_set_max_open_files(config, max_open_files)
        if max_written is not None:
            lib.mini_wasm_wasi_config_set_max_written(config, max_written)
        if not all(done):
            raise MemoryError("no memory for a program")

    def add_to(self, linker: Linker) -> None:
        """Defines the functions of WASI in a linker, once."""
        config, self._config = self._config, None
        if config is None:
            refuse("the program is in a linker already")
        with linker._store:
            check(lib.mini_wasm_linker_define_wasi(linker._handle, config))

    def run(self, module: Module, store: Optional[Store] = None) -> int:
        """Runs a program that imports nothing but WASI, and gives its exit code."""
        return run_wasi(self._instantiate(module, store))

    async def run_async(self, module: Module, store: Optional[Store] = None) -> int:
        """The same on another thread, so that the event loop goes on. When the task is cancelled, the program ends."""
        return await run_wasi_async(self._instantiate(module, store))

    def _instantiate(self, module: Module, store: Optional[Store]) -> Instance:
        linker = Linker(store if store is not None else Store(module._store.engine))
        self.add_to(linker)
        return linker.instantiate(module)

    def _output(self, stream: int) -> bytes:
        vec = native.ByteVec()
        lib.mini_wasm_wasi_buffer_take(self._buffers[stream], ctypes.byref(vec))
        self._written[stream] += vec.take()
        return self._written[stream]

    @property
    def stdout(self) -> bytes:
        """What it has written to its output so far."""
        return self._output(0)

    @property
    def stderr(self) -> bytes:
        """What it has written to its error output so far."""
        return self._output(1)

    def __del__(self) -> None:
        if lib is None:
            return
        if getattr(self, "_config", None):
            lib.wasi_config_delete(self._config)
        for buffer in getattr(self, "_buffers", ()):
            lib.mini_wasm_wasi_buffer_delete(buffer)


def run_wasi(instance: Instance) -> int:
    """Calls `_start` or `_initialize` of a program whose linker has WASI, and gives its exit code."""
    code = ctypes.c_int32()
    with instance._store as store:
        _check(store, lib.mini_wasm_wasi_run(instance._handle, ctypes.byref(code)))
    return code.value


async def run_wasi_async(instance: Instance) -> int:
    """The same by call_async: what else it imports may be coroutine functions."""
    for name in ("_start", "_initialize"):
        if name in instance.exports:
            try:
                await instance.exports[name].call_async()
            except Exit as exit:
                return exit.code
            return 0
    refuse("not a WASI program: it exports neither _start nor _initialize")
