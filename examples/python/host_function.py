"""Loads the module of examples/host_function.wat, gives it functions of Python, and calls it."""

import sys

import mini_wasm

store = mini_wasm.Store()
module = mini_wasm.Module.from_file(store, sys.argv[1])
print("imports:", ", ".join(f"{i.module}.{i.name}" for i in module.imports))


def log(at, length):
    print("guest says:", instance.exports.memory.read(at, length).decode())


def divide(dividend, divisor):
    return dividend / divisor


instance = mini_wasm.Instance(store, module, {"host": {"log": log, "divide": divide}})

print("report gives", instance.exports.report(1.0))
try:
    instance.exports.fail()
except ZeroDivisionError as error:  # raised by divide, on its way through the guest
    print("fail:", error)
    print(error.wasm_backtrace)
