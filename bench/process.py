"""One measured run: a whole process, its wall time and its peak memory with every process it starts (Linux)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

_SAMPLE_S = 0.1
_GRACE_S = 15.0


@dataclass(frozen=True)
class Run:
    """What one run took. ``fault`` is empty when it finished."""

    wall_s: float
    peak_gb: float
    fault: str = ""
    phases: dict[str, float] = field(default_factory=dict)


def run_process(command: Sequence[str], limit_s: float, environment: dict[str, str]) -> Run:
    """Run ``command`` to its end, or to the limit, and return what it took.

    Memory is the larger of two readings, taken every 0.1 s: the kernel's own peak of the largest process, and the sum
    over all its processes (shared pages counted once). The ``getrusage`` of a child is no use here: it starts from
    what this process held when it forked.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=out, stderr=err, env=os.environ | environment, start_new_session=True)
        watch = _Watch(child.pid, start + limit_s)
        watch.start()
        child.wait()
        wall = time.perf_counter() - start
        watch.done.set()
        watch.join()
        out.seek(0)
        err.seek(0)
        said, complaint = out.read().decode(errors="replace"), err.read().decode(errors="replace")
    peak = watch.peak_bytes / 1e9
    phases = [json.loads(line.removeprefix("phases ")) for line in said.splitlines() if line.startswith("phases ")]
    fault = f"over the limit of {limit_s:g} s" if watch.over_limit else ""
    if not fault and child.returncode != 0:
        last = (complaint.strip().splitlines() or [f"exit code {child.returncode}"])[-1]
        fault = last if last.startswith("not available") else f"failed: {last[:160]}"
    return Run(wall, peak, fault, phases[-1] if phases else {})


class _Watch(threading.Thread):
    """Reads the memory of a process and its descendants, and ends them when the time is over."""

    def __init__(self, pid: int, deadline: float) -> None:
        super().__init__(daemon=True)
        self.pid, self.deadline = pid, deadline
        self.done = threading.Event()
        self.peak_bytes = 0
        self.over_limit = False

    def run(self) -> None:
        while not self.done.wait(_SAMPLE_S):
            members = family(self.pid)
            now = sum(_kilobytes(f"/proc/{pid}/smaps_rollup", "Pss:") for pid in members)
            highest = max(_kilobytes(f"/proc/{pid}/status", "VmHWM:") for pid in members)
            self.peak_bytes = max(self.peak_bytes, 1024 * now, 1024 * highest)
            if time.perf_counter() > self.deadline and not self.over_limit:
                self.over_limit = True
                self._end()

    def _end(self) -> None:
        """Ask first, so that a database can stop its server; then end whatever is left of the family."""
        members = family(self.pid)
        _signal(self.pid, signal.SIGTERM)
        self.done.wait(_GRACE_S)
        for pid in members:
            if pid == self.pid and self.done.is_set():
                continue  # ended and waited for: its number may be somebody else's by now
            if pid == self.pid or _session(pid) in members:
                _signal(pid, signal.SIGKILL)


def family(pid: int) -> list[int]:
    """Return ``pid`` and all its descendants that live now."""
    found = [pid]
    for member in found:
        for path in Path(f"/proc/{member}/task").glob("*/children"):
            try:
                found += [int(word) for word in path.read_text().split()]
            except OSError:  # it ended meanwhile
                continue
    return found


def _kilobytes(path: str, name: str) -> int:
    """Return one number of a /proc file, 0 when the process has ended. Pss adds up over processes that share pages."""
    try:
        for line in Path(path).read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    except OSError:
        return 0
    return 0


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return -1


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
