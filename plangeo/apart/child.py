"""The parent's side: one child process is started when a file of strangers is to be read, and serves all files of a run.

A child that dies, hangs or runs out of memory is a fault of the file it was reading, told by name; the next file gets a new child.
"""

from __future__ import annotations

import atexit
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plangeo import errors
from plangeo.errors import InputError, PlangeoError
from plangeo.gdalgate import environment
from plangeo.limits import Limits, limits_now, raise_hint

# Nothing else at the top: the child can be started before this process has loaded what it needs itself.
if TYPE_CHECKING:
    from plangeo.inputs import Raw, Request

START_S = 120
"""Time for the child to start: it imports what reads, and the machine may be busy."""
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from plangeo.apart.serving import main; main()"


class _Child:
    """A running child: requests go to its standard input, answers come line by line."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._folder = tempfile.TemporaryDirectory(prefix="plangeo-apart-", ignore_cleanup_errors=True)
        self.folder = Path(self._folder.name)
        self._answers: queue.Queue[str] = queue.Queue()
        given = environment(os.environ) | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), self._folder.name)
        # one file is read at a time: threads of numerical libraries would only take memory
        given |= {"PYTHONIOENCODING": "utf-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        # -P: a file called pandas.py in the officer's folder is not imported
        command = [sys.executable, "-P", "-c", _PROGRAM, str(Path(__file__).parents[2])]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own program, no text of a user
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=given,
                text=True,
                encoding="utf-8",
            )
        except OSError as fault:
            self._folder.cleanup()
            raise InputError(
                f"The process that reads files apart cannot be started ({fault}). If you trust the files, read them without it: "
                "trusted=True, on the command line --trusted.",
                code="reader_unavailable",
            ) from fault
        threading.Thread(target=self._listen, daemon=True).start()
        self._ready = False

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put("")

    def ask(self, asked: Mapping[str, Any], name: str, limits: Limits) -> dict[str, Any]:
        """Return the answer to a request about the file ``name``. **Raises** InputError when the child does not live to give one."""
        assert self._process.stdin is not None
        if not self._ready:
            self._answer(START_S, "")
            self._ready = True
        try:
            self._process.stdin.write(json.dumps({**asked, "limits": asdict(limits)}) + "\n")
            self._process.stdin.flush()
        except OSError:
            pass  # it died in between; the answer that does not come says so
        return self._answer(limits.seconds, name)

    def _answer(self, seconds: float, name: str) -> dict[str, Any]:
        try:
            line = self._answers.get(timeout=seconds)
        except queue.Empty:
            self.end()
            raise InputError(
                f"{name or 'The process that reads files apart'}: reading took longer than {seconds:g} s and was stopped (limit seconds). "
                f"The file may be damaged, or made to hang readers. {raise_hint('seconds')}",
                code="reader_timeout",
            ) from None
        except BaseException:  # Ctrl-C: the child would go on, and its late answer be taken for that of the next file
            self.end()
            raise
        if line:
            found: dict[str, Any] = json.loads(line)
            return found
        code = self.end()
        if not name:
            raise InputError(
                f"The process that reads files apart ended when it started ({_cause(code)}). If you trust the files, read them without "
                "it: trusted=True, on the command line --trusted.",
                code="reader_unavailable",
            )
        raise InputError(
            f"{name}: the library that reads it crashed ({_cause(code)}); plangeo itself is unharmed. The file is damaged, or made to do "
            "that. Open it in QGIS and export it as GeoPackage, or ask for another copy.",
            code="reader_crashed",
        )

    def end(self) -> int | None:
        """End the child, remove its folder and return its exit code."""
        if self._process.poll() is None:
            self._process.kill()
        code = self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            try:
                if stream is not None:
                    stream.close()
            except OSError:
                pass
        self._folder.cleanup()
        return code

    @property
    def alive(self) -> bool:
        return self._process.poll() is None


def _cause(code: int | None) -> str:
    if code is not None and code < 0:
        try:
            return signal.Signals(-code).name
        except ValueError:
            return f"signal {-code}"
    return f"exit code {code}"


_lock = threading.RLock()
_children: list[_Child] = []


def _child() -> _Child:
    """The child of this process; one that was inherited by a fork serves another process and is left alone."""
    _children[:] = [child for child in _children if child.owner == os.getpid()]
    if _children and not _children[0].alive:
        _children.pop().end()
    if not _children:
        _children.append(_Child())
    return _children[0]


@atexit.register
def end_child() -> None:
    """End the child, if there is one; the next file starts another."""
    with _lock:
        while _children:
            child = _children.pop()
            if child.owner == os.getpid():
                child.end()


def start_ahead() -> None:
    """Start the child while this process is still loading; a fault is told when the first file is read."""
    with _lock, suppress(InputError):
        _child()


def _ask(what: str, path: Path, **more: Any) -> tuple[dict[str, Any], Raw | None]:
    from plangeo.apart.transfer import read_raw_file

    limits = limits_now()
    with _lock:
        child = _child()
        into = child.folder / "columns.arrow"
        asked = {"do": what, "path": str(path.absolute()), "into": str(into), **more}
        answer = child.ask(asked, path.name, limits)
        _raise_fault(answer, path.name, limits)
        if "raw" not in answer:
            return answer, None
        try:
            raw = read_raw_file(into, answer["raw"])
        except Exception as fault:
            end_child()
            raise InputError(
                f"{path.name}: what was read of it does not come over whole ({fault}). The file may have damaged the process that read it.",
                code="reader_failed",
            ) from fault
        finally:
            into.unlink(missing_ok=True)
        return answer, raw


def _raise_fault(answer: Mapping[str, Any], name: str, limits: Limits) -> None:
    if "memory" in answer:
        end_child()
        raise InputError(
            f"{name}: reading it needs more than {limits.memory_mb:,} MB of memory (limit memory_mb). Cut it to the district, or export only "
            f"what is needed. {raise_hint('memory_mb')}",
            code="reader_memory",
        )
    if "failed" in answer:
        raise InputError(
            f"{name}: the reader failed on it ({answer['failed']}). Open it in QGIS or Excel and save it again; please report it.",
            code="reader_failed",
        )
    if "fault" not in answer:
        return
    said, code = str(answer["said"]), str(answer["code"])
    if answer["fault"] == "SeveralLayers":
        from plangeo.vectors import SeveralLayers

        fault: PlangeoError = SeveralLayers(said, tuple(map(str, answer["names"])))
    else:
        kind = getattr(errors, str(answer["fault"]), InputError)
        known = isinstance(kind, type) and issubclass(kind, PlangeoError)
        fault = (kind if known else InputError)(said)
    fault.code = code
    raise fault


def read_apart(path: Path, request: Request) -> tuple[Raw, list[Path], str]:
    """Read a file in the child; the result is that of ``sources.read_here``.

    **Raises** what that raises, and InputError for a crash, a hang, or memory beyond the limit.
    """
    from plangeo.apart.transfer import request_to_json

    answer, raw = _ask("read", path, request=request_to_json(request))
    assert raw is not None
    return raw, [Path(file) for file in answer["files"]], str(answer["kind"])


def read_dbase_apart(path: Path) -> Any:
    """Return the rows of a dBASE table, read in the child. **Raises** InputError."""
    raw = _ask("dbase", path)[1]
    assert raw is not None
    return raw.frame


def describe_apart(path: Path, profile: str) -> list[str]:
    """Return what ``contents.describe_file`` says, found out in the child. **Raises** InputError."""
    return [str(line) for line in _ask("describe", path, profile=profile)[0]["lines"]]


def try_raster(path: Path) -> None:
    """Open a raster in the child first, so that one that kills or hangs its reader does it there.

    **Raises** InputError for that only; what else is wrong with it is told when it is opened.
    """
    try:
        _ask("raster", path, crs="EPSG:3405")
    except PlangeoError as fault:
        if fault.code.startswith("reader_"):
            raise
