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
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from plangeo import errors
from plangeo.apart.workfolder import WorkFolder, remove_left_over
from plangeo.errors import InputError, PlangeoError, SeveralLayers
from plangeo.gdalgate import environment
from plangeo.limits import Limits, limits_now, raise_hint

START_S = 120
"""Time for the child to start: it imports what reads, and the machine may be busy."""
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from plangeo.apart.serving import main; main(int(sys.argv[2]))"
_PIPE_BYTES = 1 << 20
_ENDED: tuple[bytes, bytes | None] = (b"", None)
Take = Callable[[bytes], None]
"""Takes a block of an answer."""


class _Child:
    """A running child: requests go to its standard input line by line; answers come as blocks of bytes, and then a line."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._folder = WorkFolder()
        self.folder = self._folder.path
        self._heard: queue.Queue[tuple[bytes, bytes | None]] = queue.Queue()
        self._most = 1 << 20
        self._ready = False
        started: queue.Queue[subprocess.Popen[bytes] | OSError] = queue.Queue()
        # The thread that starts the child also listens to it, and so lives as long: Linux ends a child with the thread that started it.
        threading.Thread(target=self._attend, args=(started,), daemon=True).start()
        process = started.get()
        if isinstance(process, OSError):
            self._folder.remove()
            raise InputError(
                f"The process that reads files apart cannot be started ({process}). If you trust the files, read them without it: "
                "trusted=True, on the command line --trusted.",
                code="reader_unavailable",
            ) from process
        self._process = process

    def _attend(self, started: queue.Queue[subprocess.Popen[bytes] | OSError]) -> None:
        """Start the child, and hand over what it says until it ends."""
        try:
            process = _started(self.folder, self.owner)
        except OSError as fault:
            started.put(fault)
            return
        started.put(process)
        remove_left_over(self._folder.made)
        assert process.stdout is not None
        with suppress(OSError, ValueError):  # the stream was closed, or no number stands where one should
            while (line := process.stdout.readline(self._most)).endswith(b"\n"):
                size = int(line) if line[:1].isdigit() else None
                if size is not None and size > self._most:
                    break
                block = None if size is None else process.stdout.read(size)
                if size is not None and len(block or b"") < size:
                    break
                self._heard.put((line, block))
        self._heard.put(_ENDED)

    def ask(self, asked: Mapping[str, Any], name: str, limits: Limits, take: Take | None = None) -> dict[str, Any]:
        """Return the answer to a request about the file ``name``; ``take`` is given the blocks before it.

        **Raises** InputError when the child does not live to give one, and what ``take`` raises; then the child is ended.
        """
        assert self._process.stdin is not None
        self._most = max(1 << 20, limits.memory_mb * 1_000_000)
        if not self._ready:
            self._answer(START_S, "", None)
            self._ready = True
        try:
            self._process.stdin.write(json.dumps({**asked, "limits": asdict(limits)}).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            pass  # it died in between; the answer that does not come says so
        return self._answer(limits.seconds, name, take)

    def _answer(self, seconds: float, name: str, take: Take | None) -> dict[str, Any]:
        until, room = time.monotonic() + seconds, 2 * self._most
        try:
            while True:
                line, block = self._heard.get(timeout=max(0.0, until - time.monotonic()))
                if block is None:
                    break
                room -= len(block)
                if take is None or room < 0:
                    raise ValueError("more was handed over than was asked for")
                take(block)
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
        self._folder.remove()
        return code

    @property
    def alive(self) -> bool:
        return self._process.poll() is None


def _started(folder: Path, owner: int) -> subprocess.Popen[bytes]:
    """Start the child. **Raises** OSError."""
    given = environment(os.environ) | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    # one file is read at a time: threads of numerical libraries would only take memory
    given |= {"PYTHONIOENCODING": "utf-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    # -P: a file called pandas.py in the officer's folder is not imported
    command = [sys.executable, "-P", "-c", _PROGRAM, str(Path(__file__).parents[2]), str(owner)]
    process = subprocess.Popen(  # noqa: S603 - our own program, no text of a user
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=given
    )
    assert process.stdout is not None
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):  # a larger pipe saves changes between the two processes; a user may have only so many of them
            fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return process


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


def ask(what: str, path: Path, take: Take | None = None, **more: Any) -> dict[str, Any]:
    """Return what the child answers to the question ``what`` about a file; ``take`` is given the blocks that come before.

    **Raises** the fault of the file that the child tells, and InputError for a crash, a hang, memory beyond the limit, and for blocks
    that ``take`` refuses.
    """
    limits = limits_now()
    with _lock:
        try:
            answer = _child().ask({"do": what, "path": str(path.absolute()), **more}, path.name, limits, take)
        except InputError:
            raise
        except Exception as fault:
            raise not_whole(path.name, fault) from fault
        _raise_fault(answer, path.name, limits)
        return answer


def not_whole(name: str, fault: Exception) -> InputError:
    """End the child and return the fault of an answer that makes no sense."""
    end_child()
    return InputError(
        f"{name}: what was read of it does not come over whole ({fault}). The file may have damaged the process that read it.",
        code="reader_failed",
    )


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
        raise SeveralLayers(said, tuple(map(str, answer["names"])))
    kind = getattr(errors, str(answer["fault"]), InputError)
    known = isinstance(kind, type) and issubclass(kind, PlangeoError)
    fault: PlangeoError = (kind if known else InputError)(said)
    fault.code = code
    raise fault
