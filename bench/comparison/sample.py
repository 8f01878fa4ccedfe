"""One run of a program: what came of it, what it printed, and what it cost."""

import os
import select
import signal
import subprocess
import tempfile
import time


class Sample:
    """status ("ok" or what went wrong), output, seconds of CPU (all threads), wall seconds, peak memory in bytes (0: unknown)."""

    def __init__(self, line, timeout, cpu=None):
        """Runs the command line `line`, on the one processor `cpu` if that is given."""
        with tempfile.TemporaryFile() as out:
            started = time.monotonic()
            child = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                     preexec_fn=None if cpu is None else lambda: os.sched_setaffinity(0, {cpu}))
            self.status, high_water = watch(child.pid, started + timeout)
            _, wait_status, usage = os.wait4(child.pid, 0)
            self.wall = time.monotonic() - started
            child.returncode = os.waitstatus_to_exitcode(wait_status)
            out.seek(0)
            self.output = out.read()
        if self.status == "ok" and child.returncode != 0:
            self.status = f"exit {child.returncode}"
        self.seconds = usage.ru_utime + usage.ru_stime
        # A child starts with the peak of the Python that started it: below that,
        # only what was seen while it ran can be believed.
        own = resource_peak()
        self.peak = usage.ru_maxrss * 1024 if usage.ru_maxrss * 1024 > own else high_water

    def complaint(self):
        """The status, and the first line printed that speaks of an error, or the first."""
        lines = self.output.decode(errors="replace").strip().splitlines()
        said = [line for line in lines if "error" in line.lower()] + lines
        return self.status + (f": {said[0].strip()[:160]}" if said else "")


def resource_peak():
    """The peak resident size of this process, in bytes."""
    with open("/proc/self/status", encoding="ascii") as status:
        return high_water_mark(status)


def high_water_mark(status):
    for line in status:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def watch(pid, deadline):
    """Waits until a process ends, killing it at the deadline: (status, peak memory seen)."""
    peak = 0
    result = "ok"
    descriptor = os.pidfd_open(pid)
    try:
        pause = 0.0005
        while not select.select([descriptor], [], [], pause)[0]:
            pause = min(pause * 2, 0.02)
            with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as status:
                peak = max(peak, high_water_mark(status))
            if result == "ok" and time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                result = "timeout"
    finally:
        os.close(descriptor)
    return result, peak
