#!/usr/bin/python3
"""Compares what made-up programs do on two machines: here, and on another CPU that an emulator plays.

    across_machines.py [--first N] [--count N] [--tier TIER] [--with OPTION]... [--fuel] [--saving] HERE THERE...

HERE is `differential` of this machine, whose interpreter says what is right. THERE is the command that starts the one
of the other machine, with its emulator; it runs TIER, with options of its own (--with few-registers). With --fuel, both
must run out of fuel at the same places; with --saving, both must save the same frames of calls. Both print a line for each seed (differential --outcomes). A seed whose lines are not equal is run again on both, to show the first line
of its outcome that is different. The same is done where a seed ends a process; the comparison goes on behind it. The
exit code is 1 if there was one.
"""
import argparse
import itertools
import subprocess
import sys

REFERENCE = 'interp'


class Machine:
    def __init__(self, command, tier, features, options):
        self.command = [*command, '--outcomes', tier, '--features', features, *options]

    def outcomes(self, seeds):
        """What is printed for each seed, or how the process has ended instead."""
        seed = seeds.start
        while seed != seeds.stop:
            command = [*self.command, '--first', str(seed), '--count', str(seeds.stop - seed)]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
                for line in process.stdout:
                    yield line
                    seed += 1
            status = process.returncode
            if status > 0 or (status != 0 and seed == seeds.stop):
                sys.exit(f'{" ".join(command)}: exit code {status}')
            if seed != seeds.stop:
                yield f'the process has ended with {status}'
                seed += 1

    def lines(self, seed):
        command = [*self.command, '--lines', '--first', str(seed), '--count', '1']
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        return done.stdout.splitlines()[1:]


def first_difference(here, there):
    for a, b in itertools.zip_longest(here, there, fillvalue='(nothing)'):
        if a != b:
            return f'  here:  {a}\n  there: {b}'
    return '  no difference when it runs alone'


def main():
    parser = argparse.ArgumentParser(description='Compares what made-up programs do on two machines.')
    parser.add_argument('--first', type=int, default=0)
    parser.add_argument('--count', type=int, default=1000)
    parser.add_argument('--tier', default='jit')
    parser.add_argument('--with', action='append', default=[], dest='options', metavar='OPTION')
    for option in ('--fuel', '--saving'):
        parser.add_argument(option, action='append_const', const=option, dest='of_both', default=[])
    parser.add_argument('--features', default='+threads,+wide-arithmetic')
    parser.add_argument('here')
    parser.add_argument('there', nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    if not arguments.there:
        parser.error('no command that starts the program of the other machine')
    here = Machine([arguments.here, *arguments.of_both], REFERENCE, arguments.features, [])
    options = arguments.of_both + ['--' + name for name in arguments.options]
    there = Machine(arguments.there, arguments.tier, arguments.features, options)
    seeds = range(arguments.first, arguments.first + arguments.count)
    different = 0
    for seed, line, other_line in zip(seeds, here.outcomes(seeds), there.outcomes(seeds), strict=True):
        if line == other_line and line.split()[0] == str(seed):
            continue
        different += 1
        print(f'seed {seed}:\n  here:  {line.rstrip()}\n  there: {other_line.rstrip()}')
        print(first_difference(here.lines(seed), there.lines(seed)), flush=True)
    print(f'{len(seeds)} programs on two machines, {different} differences')
    sys.exit(1 if different else 0)


main()
