"""What a peer's suite holds against us with no fault of ours, matched exactly.

The file consists of blocks. A block begins with a line `SUITE/PATH REASON`, where PATH is below the suite's folder of
tests. When nothing follows, the script (or everything in the folder, when PATH ends in /) is not run. Else there follow
messages, indented, one for each command that fails: each fails in these words on every tier. `#` begins a comment line.
Whatever is excused and does not happen is stale.
"""
import collections
import dataclasses
import pathlib


@dataclasses.dataclass
class Excuse:
    path: str
    reason: str
    messages: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    stale: set = dataclasses.field(default_factory=set)  # of the messages, or the path
    used: bool = False


class Excuses:
    def __init__(self, file):
        self._all = {}
        excuse = None
        for number, line in enumerate(pathlib.Path(file).read_text().splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            if line.startswith(" "):
                excuse.messages[line.strip()] += 1
                continue
            path, _, reason = line.partition(" ")
            if not reason or path in self._all:
                raise SystemExit(f"{file}:{number}: expected SUITE/PATH REASON, once for each")
            excuse = self._all[path] = Excuse(path, reason)

    def skip(self, path):
        """Why this file is not run at all; None when it is."""
        folders = [f"{folder}/" for folder in pathlib.PurePath(path).parents]
        for name in [path, *folders]:
            excuse = self._all.get(name)
            if excuse and not excuse.messages:
                excuse.used = True
                return excuse.reason
        return None

    def judge(self, path, failures):
        """Of a script's failures, a Counter of messages for each tier: (those not excused, number excused, reason)."""
        excuse = self._all.get(path)
        if excuse is None:
            return sum(failures.values(), collections.Counter()), 0, ""
        excuse.used = True
        unexpected, excused = collections.Counter(), 0
        for messages in failures.values():
            unexpected += messages - excuse.messages
            excused += (messages & excuse.messages).total()
            excuse.stale |= set(excuse.messages - messages)
        return unexpected, excused, excuse.reason

    def stale(self, suites):
        """Lines about what is in the file for these suites and does not happen."""
        for excuse in self._all.values():
            if excuse.path.split("/")[0] not in suites:
                continue
            if not excuse.used:
                yield f"{excuse.path}: is not there"
            for message in sorted(excuse.stale):
                yield f"{excuse.path}: {message}"
