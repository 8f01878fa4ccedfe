#!/usr/bin/python3
"""Whether across_machines.py notices a machine that does something else. Argument: differential."""
import os
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
COUNT = 20


def other_machine(program, fault, arguments):
    """Prints what the program prints, but has a fault at seed 7."""
    done = subprocess.run([program, *arguments], stdout=subprocess.PIPE, text=True, check=True)
    lines = done.stdout.splitlines()
    if fault == 'exit':
        sys.exit(3)
    for number, line in enumerate(lines):
        if line.startswith('7 ') and fault == 'crash':
            sys.stdout.flush()
            os.kill(os.getpid(), signal.SIGSEGV)
        if line.startswith('7 ') and fault == 'result':
            line = '7 0123456789abcdef'
        if '--lines' in arguments and number == len(lines) - 1:
            line = 'another line'
        print(line)


def compare(program, fault):
    command = [os.path.join(HERE, 'across_machines.py'), '--tier', 'interp', '--count', str(COUNT), program,
               sys.executable, os.path.abspath(__file__), program, fault]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def expect(program, fault, code, *parts):
    got, text = compare(program, fault)
    missing = [part for part in parts if part not in text]
    if got != code or missing:
        sys.exit(f'{fault}: exit code {got}; not found: {missing}; in:\n{text}')


if len(sys.argv) > 3:
    other_machine(sys.argv[1], sys.argv[2], sys.argv[3:])
else:
    expect(sys.argv[1], 'none', 0, f'{COUNT} programs on two machines, 0 differences')
    expect(sys.argv[1], 'result', 1, 'seed 7:', 'there: 7 0123456789abcdef', 'there: another line', '1 differences')
    expect(sys.argv[1], 'crash', 1, 'seed 7:', 'there: the process has ended with -11', '1 differences')
    expect(sys.argv[1], 'exit', 1, 'exit code 3')
