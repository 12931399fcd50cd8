"""The process that reads: takes one request a line, answers with blocks of bytes and one line.

Started by ``plangeo.apart.child``, which ends it when it takes too long. It ends itself with its parent.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyproj

from plangeo.apart.cellcode import decode, encode
from plangeo.apart.transfer import Send, request_from_json, write_raw
from plangeo.errors import PlangeoError, SeveralLayers
from plangeo.formats import geoparquet, list_formats
from plangeo.inputs import Raw
from plangeo.limits import Limits, limited
from plangeo.rawfiles import read_here

# What only some questions need is imported where they are answered, so that the first file need not wait for it.
_PR_SET_PDEATHSIG = 1
_MARGIN_S = 15
"""The parent ends a reading that takes too long; if the parent is gone, the clock of the system does, this much later."""


def main(parent: int) -> None:
    """Serve requests from the standard input until it ends, or the process ``parent`` does."""
    _end_with(parent)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not be taken for an answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, who ends this process

    def send(block: Any) -> None:
        view = memoryview(block).cast("B")
        answers.write(b"%d\n" % view.nbytes)
        answers.write(view)
        answers.flush()

    def say(answer: Mapping[str, Any]) -> None:
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()

    list_formats()
    say({"ready": os.getpid()})
    for line in sys.stdin.buffer:
        say(_answer(json.loads(line), send))


def _end_with(parent: int) -> None:
    """Have the system end this process with its parent, however that ends, and whatever a library is doing here (Linux only).

    Elsewhere the end of the standard input ends it, or the clock of a reading.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:  # it was gone before
            os._exit(0)


def _answer(asked: Mapping[str, Any], send: Send) -> dict[str, Any]:
    try:
        with warnings.catch_warnings(), limited(Limits(**asked["limits"])) as limits:
            warnings.simplefilter("ignore")  # readers tell by notes
            _bound(limits)
            return _ASKED[asked["do"]](asked, send)
    except PlangeoError as fault:
        return {
            "fault": type(fault).__name__,
            "said": str(fault),
            "code": fault.code,
            "names": list(fault.names) if isinstance(fault, SeveralLayers) else [],
        }
    except MemoryError:
        return {"memory": True}
    except BaseException as fault:  # a panic of a library is not an Exception; nothing may leave without an answer
        return {"failed": f"{type(fault).__name__}: {fault}"[:500]}
    finally:
        if hasattr(signal, "alarm"):
            signal.alarm(0)


def _bound(limits: Limits) -> None:
    """Bound time and memory where the system can: what reading may take beyond what this process has already."""
    if hasattr(signal, "alarm"):
        signal.alarm(limits.seconds + _MARGIN_S)
    try:
        import resource
    except ImportError:  # Windows has no such bound without leaving Python
        return
    try:
        held = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    except OSError:  # macOS does not say, and does not hold programs to this bound
        held = 0
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    wanted = held + limits.memory_mb * 1_000_000
    resource.setrlimit(resource.RLIMIT_AS, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _read(asked: Mapping[str, Any], send: Send) -> dict[str, Any]:
    raw, files, kind = read_here(Path(asked["path"]), request_from_json(asked["request"]))
    return {"raw": write_raw(raw, send), "files": [str(file) for file in files], "kind": kind}


def _describe(asked: Mapping[str, Any], _: Send) -> dict[str, Any]:
    from plangeo.contents import describe_file
    from plangeo.profiles import load_profile

    return {"lines": describe_file(Path(asked["path"]), load_profile(asked["profile"]))}


def _dbase(asked: Mapping[str, Any], send: Send) -> dict[str, Any]:
    from plangeo.chronicle.documents import read_dbase

    return {"raw": write_raw(Raw(read_dbase(Path(asked["path"]))), send)}


def _raster(asked: Mapping[str, Any], _: Send) -> dict[str, Any]:
    from plangeo.grids.rasters import raster_to_json, read_raster

    raster = read_raster(asked["path"], kind=asked["kind"], unit=asked["unit"], crs=asked["crs"], band=asked["band"])
    return {"raster": raster_to_json(raster)}


def _cells(asked: Mapping[str, Any], send: Send) -> dict[str, Any]:
    from plangeo.grids.cellreading import Layout, open_cells

    path, layout = Path(asked["path"]), Layout(**asked["layout"])
    told = path.stat()
    reader = _kept("cells", (path, layout, told.st_size, told.st_mtime_ns), lambda: open_cells(path, layout))
    found = reader.read(*asked["window"])
    send(np.ascontiguousarray(found.raw))
    if found.mask is not None:
        send(np.ascontiguousarray(found.mask))
    return {"unwritten": found.unwritten}


_open: dict[str, tuple[Any, AbstractContextManager[Any], Any]] = {}


def _kept(kind: str, key: Any, opening: Callable[[], AbstractContextManager[Any]], *, anew: bool = False) -> Any:
    """Return what ``opening`` opens, left open for the next question about the same; one of each kind."""
    if kind in _open and (anew or _open[kind][0] != key):
        _let_go(kind)
    if kind not in _open:
        held = opening()
        _open[kind] = key, held, held.__enter__()
    return _open[kind][2]


def _let_go(kind: str) -> None:
    _open.pop(kind)[1].__exit__(None, None, None)


def _stated_crs(asked: Mapping[str, Any], _: Send) -> dict[str, Any]:
    column, crs = geoparquet.stated_crs(Path(asked["path"]))
    return {"column": column, "crs": encode(crs)}


class _Slices:
    """A file that is read slice by slice, and the number of the next one."""

    def __init__(self, path: Path, column: str, crs: str, size: int) -> None:
        self._slices = geoparquet.read_slices(path, column, pyproj.CRS.from_user_input(crs), size)
        self.number = 0

    def next(self) -> Raw | None:
        self.number += 1
        return next(self._slices, None)

    def close(self) -> None:
        self._slices.close()


def _slice(asked: Mapping[str, Any], send: Send) -> dict[str, Any]:
    path, number = Path(asked["path"]), int(asked["number"])
    key = (path, asked["column"], asked["crs"], asked["size"])
    for anew in (False, True):
        held = _kept("slices", key, lambda: closing(_Slices(*key)), anew=anew)
        if held.number <= number:
            break
    while held.number < number:  # another stream was asked for in between
        held.next()
    raw = held.next()
    if raw is None:
        _let_go("slices")
        return {"end": True}
    return {"end": False, "raw": write_raw(raw, send)}


def _cells_of_table(asked: Mapping[str, Any], send: Send) -> dict[str, Any]:
    from plangeo.tablecells import cells_here

    sheet, rows, decisions = cells_here(Path(asked["path"]), request_from_json(asked["request"]))
    send(json.dumps(rows).encode())
    return {"sheet": sheet, "decisions": [list(d) for d in decisions]}


def _decision_rows(asked: Mapping[str, Any], send: Send) -> dict[str, Any]:
    from plangeo.overrides.decisionfile import decision_rows_here

    send(json.dumps(decision_rows_here(Path(asked["path"]), decode(asked["sheet"]), decode(asked["columns"]))).encode())
    return {}


def _holdings(asked: Mapping[str, Any], _: Send) -> dict[str, Any]:
    from plangeo.resources.holdings import holdings_of

    return asdict(holdings_of(Path(asked["path"])))


_ASKED = {
    "read": _read,
    "describe": _describe,
    "dbase": _dbase,
    "raster": _raster,
    "cells": _cells,
    "stated_crs": _stated_crs,
    "slice": _slice,
    "cells_of_table": _cells_of_table,
    "decision_rows": _decision_rows,
    "holdings": _holdings,
}
