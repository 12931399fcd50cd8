"""How much memory this program holds and could still take, as the operating system says: without paging, within its limits."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_GROUPS = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"), Path("/sys/fs/cgroup/memory/memory.usage_in_bytes")),
)


def free_memory() -> float | None:
    """Return the bytes that are free; None where the system does not say."""
    known = [amount for amount in (_of_system(), _of_group()) if amount is not None]
    return min(known) if known else None


def held_memory() -> float | None:
    """Return the bytes of memory this process holds now; where the system says only what it held at most, that; None where neither."""
    try:
        return float(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return most if sys.platform == "darwin" else most * 1024


def _of_system() -> float | None:
    if sys.platform == "win32":
        return _of_windows()
    try:
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return float(line.split()[1]) * 1024
        return float(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (OSError, ValueError, IndexError):
        return None


def _of_windows() -> float | None:
    class Status(ctypes.Structure):
        _fields_ = [
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "page", "page_free", "own", "own_free", "more")),
        ]

    status = Status()
    status.length = ctypes.sizeof(Status)
    asked = getattr(ctypes, "windll").kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # noqa: B009
    return float(status.free) if asked else None


def _of_group() -> float | None:
    """What the control group (a container, a service) leaves; None without a limit."""
    for limit, used in _GROUPS:
        try:
            most = limit.read_text("ascii").strip()
            if most.isdigit() and int(most) < 2**60:
                return max(0.0, float(int(most) - int(used.read_text("ascii"))))
        except (OSError, ValueError):
            continue
    return None
