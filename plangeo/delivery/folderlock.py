"""One run at a time in a result folder: a lock file beside it, held by the operating system.

The file says who holds it (process number and name of the computer), for people. Whether it is held is asked of the operating
system, which lets go when a program ends in any way, kill −9 and power cut included: a lock file left behind is stale, nobody has
to guess from its age, and a process number given to another program deceives no one. On the few network drives without such
locks the text decides: a program that lives on this computer, or any on another one, holds it.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any

from plangeo.delivery.atomicfile import cannot_write
from plangeo.errors import InputError

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EINVAL, getattr(errno, "ENOTSUP", errno.ENOSYS), errno.EOPNOTSUPP}
_FAR = 1 << 30
"""Windows keeps others from reading the byte that is locked, so it lies far behind the text."""
_HELD: dict[Path, tuple[int, int]] = {}
"""Folders held by this process: thread and how often, so that a run may call what locks for itself."""
_GUARD = threading.Lock()


def mark_of(folder: Path) -> str:
    """Return the start of the names of everything kept beside ``folder`` while it is written."""
    name = folder.name.casefold().encode("utf-8", "surrogatepass")
    return f".plangeo-{hashlib.sha256(name).hexdigest()[:8]}"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold ``folder`` for writing; a second holder is refused at once, the same thread may hold it again.

    The folder need not exist, its parent is made. **Raises** InputError when another run holds it, or no lock can be made.
    """
    folder = folder.resolve()
    me = threading.get_ident()
    with _GUARD:
        owner, depth = _HELD.get(folder, (me, 0))
        if owner != me:
            raise _refusal(folder, {"pid": os.getpid(), "host": platform.node()})
        stream = _take(folder) if depth == 0 else None
        _HELD[folder] = (me, depth + 1)
    try:
        yield
    finally:
        with _GUARD:
            depth = _HELD[folder][1] - 1
            _HELD[folder] = (me, depth)
            if depth == 0:
                del _HELD[folder]
            if stream is not None:
                _let_go(folder, stream)


def _path(folder: Path) -> Path:
    return folder.with_name(f"{mark_of(folder)}.lock")


def _take(folder: Path) -> FileIO:
    path = _path(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        while True:
            stream = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666), "r+b", buffering=0)
            if not _hold(stream, folder):
                told = _read(stream)
                stream.close()
                raise _refusal(folder, told)
            if _still_there(stream, path):  # else its holder removed it between our opening and locking it
                break
            stream.close()
    except OSError as error:
        raise cannot_write(path, error) from error
    text = json.dumps({"pid": os.getpid(), "host": platform.node(), "folder": folder.name}).encode()
    with contextlib.suppress(OSError):  # on a full disk the lock holds without its text, which is for people
        os.ftruncate(stream.fileno(), 0)
        os.pwrite(stream.fileno(), text, 0) if hasattr(os, "pwrite") else os.write(stream.fileno(), text)
    return stream


def _hold(stream: FileIO, folder: Path) -> bool:
    """Ask the operating system for the lock; False when another program holds it."""
    try:
        if os.name == "nt":
            import msvcrt

            stream.seek(_FAR)
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return not _lives(_read(stream))
        if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            return False
        raise
    return True


def _read(stream: FileIO) -> dict[str, Any]:
    stream.seek(0)
    try:
        told = json.loads(stream.read(4096))
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _lives(told: dict[str, Any]) -> bool:
    """Say whether the program a lock file names may still run."""
    if not told or told.get("pid") == os.getpid():
        return False
    if told.get("host") != platform.node() or os.name == "nt":
        return True
    try:
        os.kill(int(told["pid"]), 0)
    except (ProcessLookupError, KeyError, TypeError, ValueError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _still_there(stream: FileIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _let_go(folder: Path, stream: FileIO) -> None:
    with contextlib.suppress(OSError):
        if os.name == "nt":  # an open file cannot be removed there
            stream.close()
        _path(folder).unlink()
    stream.close()


def _refusal(folder: Path, told: dict[str, Any]) -> InputError:
    who = f"process {told.get('pid', '?')} on {told.get('host', '?')}"
    return InputError(
        f"another run is writing into {folder} ({who}), and two at once would mix their results. Wait until it ends, or name another "
        f"folder. If no such run exists any more, remove {_path(folder)} and run again.",
        code="folder_in_use",
    )
