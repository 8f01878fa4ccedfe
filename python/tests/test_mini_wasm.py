"""Tests of the package. They need the shared library: MINI_WASM_LIBRARY names it."""

import asyncio
import gc
import threading
import time
import unittest

import mini_wasm
from mini_wasm import (
    CompileError,
    Engine,
    Exit,
    Func,
    FuncType,
    Global,
    GlobalType,
    GuestException,
    Instance,
    LimitError,
    Limits,
    LinkError,
    Linker,
    Memory,
    Module,
    Store,
    Table,
    TableType,
    Trap,
    UsageError,
    ValType,
    f32,
    i64,
    wat2wasm,
)


def load(text, imports=(), store=None):
    store = store if store is not None else Store()
    return Instance(store, Module(store, text), imports)


class Calls(unittest.TestCase):
    def test_numbers_of_all_types(self):
        exports = load(
            """(module (func (export "swap") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
                 local.get 3 local.get 2 local.get 1 local.get 0))"""
        ).exports
        self.assertEqual(exports.swap(-7, 2**62, 0.5, -0.25), (-0.25, 0.5, 2**62, -7))
        self.assertEqual(exports["swap"].type.params, (ValType.I32, ValType.I64, ValType.F32, ValType.F64))
        self.assertEqual(list(exports), ["swap"])
        with self.assertRaises(AttributeError):
            exports.nothing

    def test_nothing_one_and_many_results(self):
        exports = load(
            """(module (func (export "none")) (func (export "one") (result i32) (i32.const 1))
                 (func (export "two") (result i32 i32) (i32.const 1) (i32.const 2)))"""
        ).exports
        self.assertIsNone(exports.none())
        self.assertEqual(exports.one(), 1)
        self.assertEqual(exports.two(), (1, 2))

    def test_wrong_arguments(self):
        exports = load('(module (func (export "f") (param i32)))').exports
        with self.assertRaisesRegex(TypeError, "takes 1 arguments, but is given 0"):
            exports.f()
        with self.assertRaisesRegex(TypeError, "argument 1"):
            exports.f("text")
        with self.assertRaisesRegex(OverflowError, "does not fit"):
            exports.f(2**32)

    def test_function_of_python_with_annotations(self):
        def add(a: int, b: i64, c: f32, d: float) -> float:
            return a + b + c + d

        store = Store()
        func = Func(store, add)
        self.assertEqual(func.type, FuncType((ValType.I32, ValType.I64, ValType.F32, ValType.F64), (ValType.F64,)))
        self.assertEqual(func(1, 2, 3.0, 4.5), 10.5)
        with self.assertRaisesRegex(TypeError, "no annotation for x"):
            Func(store, lambda x: x)

    def test_function_of_python_with_the_type_of_the_import(self):
        seen = []
        instance = load(
            """(module (import "env" "log" (func $log (param i32 f64) (result i32 i64)))
                 (func (export "f") (result i32 i64) (call $log (i32.const 3) (f64.const 0.5))))""",
            {"env": {"log": lambda a, b: seen.append((a, b)) or (a, 4)}},
        )
        self.assertEqual(instance.exports.f(), (3, 4))
        self.assertEqual(seen, [(3, 0.5)])

    def test_wrong_results_of_python(self):
        instance = load(
            '(module (import "" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))',
            [lambda: "text"],
        )
        with self.assertRaises((TypeError, AttributeError)):
            instance.exports.g()

    def test_any_object_is_an_externref(self):
        instance = load(
            """(module (import "" "f" (func $f (param externref) (result externref)))
                 (table (export "t") 2 externref)
                 (func (export "g") (param externref) (result externref)
                   (table.set (i32.const 0) (local.get 0)) (call $f (table.get (i32.const 0)))))""",
            [lambda x: x],
        )
        for value in ({"a": 1}, "text", None, 42, instance):
            self.assertIs(instance.exports.g(value), value)
            self.assertIs(instance.exports.t[0], value)

    def test_objects_are_released_when_the_guest_gives_them_up(self):
        class Thing:
            alive = 0

            def __init__(self):
                Thing.alive += 1

            def __del__(self):
                Thing.alive -= 1

        instance = load('(module (func (export "f") (param externref)))')
        for _ in range(100):
            instance.exports.f(Thing())
        for _ in range(3):
            instance._store.collect_garbage()
        self.assertLess(Thing.alive, 10)  # some addresses may still be on the stack
        del instance
        gc.collect()
        self.assertEqual(Thing.alive, 0)

    def test_functions_are_references(self):
        instance = load(
            """(module (table (export "t") 3 funcref) (func $f (export "f") (result i32) (i32.const 5))
                 (elem (i32.const 1) $f) (func (export "g") (param funcref) (result funcref) (local.get 0)))"""
        )
        self.assertIsNone(instance.exports.t[0])
        self.assertEqual(instance.exports.t[1](), 5)
        self.assertEqual(instance.exports.g(instance.exports.f), instance.exports.f)
        instance.exports.t[0] = instance.exports.f
        self.assertEqual(instance.exports.t[0], instance.exports.f)
        with self.assertRaises(UsageError):
            instance.exports.t[0] = "text"
        with self.assertRaises(IndexError):
            instance.exports.t[3]

    def test_objects_of_guests(self):
        instance = load(
            """(module (type $s (struct (field i32)))
                 (func (export "make") (param i32) (result anyref) (struct.new $s (local.get 0)))
                 (func (export "get") (param anyref) (result i32) (struct.get $s 0 (ref.cast (ref $s) (local.get 0)))))"""
        )
        things = [instance.exports.make(i) for i in range(10)]
        instance._store.collect_garbage()
        self.assertEqual([instance.exports.get(thing) for thing in things], list(range(10)))
        self.assertNotEqual(things[0], things[1])


class Failures(unittest.TestCase):
    def test_a_trap_has_code_frames_and_backtrace(self):
        exports = load(
            '(module $m (func $inner unreachable) (func (export "f") (call $inner)))'
        ).exports
        with self.assertRaises(Trap) as caught:
            exports.f()
        trap = caught.exception
        self.assertEqual(trap.code, "unreachable")
        self.assertEqual([frame.func_index for frame in trap.frames], [0, 1])
        self.assertIn("m!inner", trap.backtrace)
        self.assertIn("m!inner", str(trap))

    def test_an_exception_of_python_goes_through_the_guest(self):
        def fail():
            raise KeyError("gone")

        instance = load(
            '(module $m (import "env" "fail" (func $fail)) (func (export "f") (call $fail)))', {"env": {"fail": fail}}
        )
        with self.assertRaises(KeyError) as caught:
            instance.exports.f()
        self.assertIn("m!f", caught.exception.wasm_backtrace)
        with self.assertRaises(KeyError):  # and the store can be used again
            instance.exports.f()

    def test_exit(self):
        def leave():
            raise Exit(3)

        instance = load('(module (import "" "f" (func $f)) (func (export "g") (call $f)))', [leave])
        with self.assertRaises(Exit) as caught:
            instance.exports.g()
        self.assertEqual(caught.exception.code, 3)

    def test_what_is_no_module(self):
        with self.assertRaises(CompileError) as caught:
            Module(Engine(), b"\0asm\1\0\0\0\1\1\xff")
        self.assertIsNotNone(caught.exception.offset)
        with self.assertRaisesRegex(CompileError, "type mismatch"):
            Module(Engine(), "(module (func (result i32)))")
        with self.assertRaises(CompileError) as caught:
            wat2wasm("(module (funk))")
        self.assertEqual(caught.exception.offset, 9)

    def test_imports_that_are_missing_or_wrong(self):
        text = '(module (import "a" "b" (func (param i32))))'
        with self.assertRaisesRegex(LinkError, "unknown import"):
            load(text, {})
        store = Store()
        with self.assertRaises(LinkError):
            load(text, [Func(store, lambda: None, FuncType())], store)
        with self.assertRaisesRegex(TypeError, "cannot be imported"):
            load(text, [5])
        with self.assertRaises(UsageError):
            load(text, [])

    def test_an_exception_of_the_guest(self):
        exports = load('(module (tag $t (param i32)) (func (export "f") (throw $t (i32.const 5))))').exports
        with self.assertRaisesRegex(GuestException, "i32:5"):
            exports.f()

    def test_limits_and_fuel(self):
        with self.assertRaises(LimitError):
            load("(module (memory 2))", store=Store(memory_bytes=65536))
        with self.assertRaises(TypeError):
            Store(no_such_limit=1)
        store = Store(Engine(fuel=True))
        store.fuel = 1000
        with self.assertRaises(Trap) as caught:
            load('(module (func (export "f") (loop (br 0))))', store=store).exports.f()
        self.assertEqual(caught.exception.code, "out of fuel")
        with self.assertRaises(UsageError):
            Store().fuel = 1

    def test_settings(self):
        for tier in ("interpreter", "jit", "automatic"):
            store = Store(Engine(tier=tier, features={"simd": False}))
            self.assertEqual(load('(module (func (export "f") (result i32) (i32.const 1)))', store=store).exports.f(), 1)
            with self.assertRaises(CompileError):
                Module(store, "(module (func (param v128)))")
        for wrong in ({"tier": "fast"}, {"features": {"no such": True}}):
            with self.assertRaises(ValueError):
                Engine(**wrong)
        with self.assertRaises(TypeError):
            Engine(no_such_setting=1)


class Objects(unittest.TestCase):
    def test_memory(self):
        store = Store()
        memory = Memory(store, Limits(1, 2))
        instance = load(
            """(module (import "" "m" (memory 1 2)) (func (export "get") (param i32) (result i32)
                 (i32.load8_u (local.get 0))))""",
            [memory],
            store,
        )
        memory.data[5] = 200
        self.assertEqual(instance.exports.get(5), 200)
        memory.write(10, b"hello")
        self.assertEqual(memory.read(10, 5), b"hello")
        self.assertEqual(bytes(memory.data[10:15]), b"hello")
        self.assertEqual(memory.grow(1), 1)
        self.assertEqual((memory.pages, len(memory), len(memory.data)), (2, 131072, 131072))
        with self.assertRaises(MemoryError):
            memory.grow(1)
        with self.assertRaises(IndexError):
            memory.read(131070, 3)
        with self.assertRaises(IndexError):
            memory.write(-1, b"x")
        self.assertEqual(memory.type.limits, Limits(2, 2))

    def test_a_view_keeps_its_memory(self):
        data = Memory(Store(), Limits(1)).data
        gc.collect()
        data[100] = 7
        self.assertEqual(data[100], 7)

    def test_globals(self):
        store = Store()
        number = Global(store, GlobalType(ValType.I32, mutable=True), 5)
        constant = Global(store, GlobalType(ValType.F64), 0.5)
        number.value = 6
        self.assertEqual((number.value, constant.value), (6, 0.5))
        with self.assertRaises(TypeError):
            constant.value = 1.0
        thing = object()
        reference = Global(store, GlobalType(ValType.EXTERNREF, mutable=True), thing)
        self.assertIs(reference.value, thing)

    def test_tables(self):
        table = Table(Store(), TableType(ValType.EXTERNREF, Limits(2, 3)), "init")
        self.assertEqual([table[0], table[1], len(table)], ["init", "init", 2])
        self.assertEqual(table.grow(1), 2)
        self.assertIsNone(table[2])
        with self.assertRaises(MemoryError):
            table.grow(1)

    def test_modules_describe_themselves(self):
        module = Module(
            Engine(),
            """(module $name (import "a" "b" (memory 1 5)) (global (export "g") (mut i64) (i64.const 0))
                 (tag (export "t")) (table (export "tab") 1 externref))""",
        )
        self.assertEqual(module.name, "name")
        self.assertEqual([(i.module, i.name, i.type.limits) for i in module.imports], [("a", "b", Limits(1, 5))])
        self.assertEqual([e.name for e in module.exports], ["g", "t", "tab"])
        self.assertEqual(module.exports[0].type, GlobalType(ValType.I64, True))
        again = Module.deserialize(Engine(), module.serialize())
        self.assertEqual(again.name, "name")
        with self.assertRaises(ValueError):
            Module.deserialize(Engine(), b"something else")

    def test_one_module_in_many_stores(self):
        engine = Engine()
        module = Module(engine, '(module (func (export "f") (result i32) (i32.const 9)))')
        self.assertEqual([Instance(Store(engine), module).exports.f() for _ in range(3)], [9, 9, 9])
        with self.assertRaises(UsageError):
            Instance(Store(), module)

    def test_linker(self):
        store = Store()
        linker = Linker(store)

        @linker.func("env")
        def twice(x):
            return 2 * x

        linker.define("env", "number", Global(store, GlobalType(ValType.I32), 5))
        linker.define_instance("lib", load('(module (func (export "one") (result i32) (i32.const 1)))', store=store))
        instance = linker.instantiate(
            Module(
                store,
                """(module (import "env" "twice" (func $twice (param i32) (result i32))) (import "env" "number" (global i32))
                     (import "lib" "one" (func $one (result i32)))
                     (func (export "f") (result i32) (i32.add (call $one) (call $twice (global.get 0)))))""",
            )
        )
        self.assertEqual(instance.exports.f(), 11)
        with self.assertRaisesRegex(LinkError, "unknown import"):
            linker.instantiate(Module(store, '(module (import "x" "y" (func)))'))

    def test_cycles_are_collected(self):
        class Thing:
            pass

        thing = Thing()
        weak = []

        def make():
            import weakref

            store = Store()
            instance = load(
                '(module (import "" "f" (func $f)) (func (export "g") (call $f)))',
                [lambda: (store, thing_inside)],  # refers to its own store
                store,
            )
            weak.append(weakref.ref(store))
            return instance

        thing_inside = thing
        make().exports.g()
        gc.collect()
        self.assertIsNone(weak[0]())


class Threads(unittest.TestCase):
    def test_a_store_is_used_by_one_thread_at_a_time(self):
        instance = load(
            """(module (global $g (mut i32) (i32.const 0)) (func (export "f") (result i32)
                 (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))"""
        )
        seen = []
        threads = [
            threading.Thread(target=lambda: seen.extend(instance.exports.f() for _ in range(200))) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(seen), list(range(1, 801)))

    def test_interrupt(self):
        instance = load('(module (func (export "f") (loop (br 0))))')
        timer = threading.Timer(0.1, instance._store.interrupt)
        timer.start()
        with self.assertRaises(Trap) as caught:
            instance.exports.f()
        self.assertEqual(caught.exception.code, "interrupted")
        instance._store.clear_interrupt()

    def test_handles_are_released_on_any_thread(self):
        instance = load('(module (func (export "f") (loop (br_if 0 (i32.eqz (i32.const 1))))) (memory (export "m") 1))')
        copies = [load("(module)", store=instance._store) for _ in range(100)]
        thread = threading.Thread(target=copies.clear)
        thread.start()
        for _ in range(1000):
            instance.exports.f()
        thread.join()

    def test_asyncio(self):
        async def sleep(seconds: float) -> int:
            await asyncio.sleep(seconds)
            return 7

        instance = load(
            """(module (import "" "sleep" (func $sleep (param f64) (result i32)))
                 (func (export "f") (result i32) (call $sleep (f64.const 0.01)))
                 (func (export "forever") (loop (br 0))))""",
            [sleep],
        )

        async def main():
            ticks = 0

            async def tick():
                nonlocal ticks
                while True:
                    ticks += 1
                    await asyncio.sleep(0.001)

            ticking = asyncio.create_task(tick())
            self.assertEqual(await instance.exports.f.call_async(), 7)
            self.assertGreater(ticks, 1)
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(instance.exports.forever.call_async(), 0.1)
            self.assertEqual(await instance.exports.f.call_async(), 7)
            ticking.cancel()

        asyncio.run(main())
        with self.assertRaisesRegex(RuntimeError, "call_async"):
            instance.exports.f()


if __name__ == "__main__":
    unittest.main()
