"""The process that reads: takes one request a line, answers with one line, holds nothing between two.

Started by ``plangeo.apart.child``, which ends it when it takes too long. It ends itself with its parent.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plangeo.apart.transfer import request_from_json, write_raw
from plangeo.chronicle.documents import read_dbase
from plangeo.contents import describe_file
from plangeo.errors import PlangeoError
from plangeo.formats import list_formats
from plangeo.grids.rasters import read_raster
from plangeo.inputs import Raw
from plangeo.limits import Limits, limited
from plangeo.profiles import load_profile
from plangeo.rawfiles import read_here
from plangeo.vectors import SeveralLayers

_MARGIN_S = 15
"""The parent ends a reading that takes too long; if the parent is gone, the clock of the system does, this much later."""


def main() -> None:
    """Serve requests from the standard input until it ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print must not be taken for an answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, who ends this process
    list_formats()
    print(json.dumps({"ready": os.getpid()}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), file=answers, flush=True)


def _answer(asked: Mapping[str, Any]) -> dict[str, Any]:
    try:
        with warnings.catch_warnings(), limited(Limits(**asked["limits"])) as limits:
            warnings.simplefilter("ignore")  # readers tell by notes
            _bound(limits)
            return _ASKED[asked["do"]](asked)
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


def _read(asked: Mapping[str, Any]) -> dict[str, Any]:
    raw, files, kind = read_here(Path(asked["path"]), request_from_json(asked["request"]))
    return {"raw": write_raw(raw, Path(asked["into"])), "files": [str(file) for file in files], "kind": kind}


def _describe(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {"lines": describe_file(Path(asked["path"]), load_profile(asked["profile"]))}


def _dbase(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {"raw": write_raw(Raw(read_dbase(Path(asked["path"]))), Path(asked["into"]))}


def _raster(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Open a raster and read its outermost corners: what kills the reader of its head or of its blocks does it here."""
    raster = read_raster(asked["path"], kind="continuous", crs=asked["crs"], band=1)
    with raster.open() as reader:
        for top, left in ((0, 0), (raster.height - 1, raster.width - 1)):
            reader.read(top, top + 1, left, left + 1)
    return {"lines": []}


_ASKED = {"read": _read, "describe": _describe, "dbase": _dbase, "raster": _raster}

if __name__ == "__main__":
    main()
