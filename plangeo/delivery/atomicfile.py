"""One file, complete or not at all: written in a folder of its own beside its place, made durable, then renamed onto it.

Why a rename: it is the one change of a file system that happens at once, whatever stops the program. Why beside: it must be the
same disk. Why the folder is made durable too: a name that only memory knows is lost with the power.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plangeo.errors import InputError, PlangeoError

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_HELD = {errno.EACCES, errno.EPERM, errno.EBUSY, errno.ETXTBSY}
_SAID_FULL = re.compile(r"disk|full|i/o error|no space|file too large|write|commit transaction", re.IGNORECASE)
_SHARING_VIOLATION = {32, 33}
"""What Windows says of a file that another program holds (``winerror``)."""


@contextmanager
def written_file(target: Path) -> Iterator[Path]:
    """Give the path of a draft with the name of ``target``; when the block ends well, the draft becomes ``target``.

    What lies at ``target`` is replaced at the very end, and stays as it is when anything fails.
    **Raises** InputError when the folder does not exist, the disk is full, or another program holds ``target``.
    """
    if not target.parent.is_dir():
        raise InputError(f"the folder {target.parent} does not exist; make it first", code="output_name_wrong")
    prefix = f".plangeo-file-{hashlib.sha256(target.name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}-"
    with temporary_folder(target.parent, prefix) as folder:
        draft = folder / target.name
        _clear_old(folder, prefix)
        with said_plainly(target):
            yield draft
            sync_file(draft)
            os.replace(draft, target)
            sync_folder(target.parent)


def _clear_old(mine: Path, prefix: str) -> None:
    """Remove drafts of this file by programs that were killed more than a day ago."""
    now = mine.stat().st_mtime
    for other in mine.parent.glob(f"{prefix}*"):
        with contextlib.suppress(OSError):
            if now - other.stat().st_mtime > 86_400:
                shutil.rmtree(other, ignore_errors=True)


def write_content(target: Path, content: bytes | str) -> None:
    """Write ``content`` (text as UTF-8) to ``target``, all or nothing. **Raises** as ``written_file``."""
    content = content.encode("utf-8", "replace") if isinstance(content, str) else content
    with written_file(target) as draft:
        draft.write_bytes(content)
        if draft.stat().st_size != len(content):
            raise InputError(
                f"{target.name} was cut while it was written; is the disk full? Nothing was changed", code="disk_full"
            )


@contextmanager
def temporary_folder(parent: Path, prefix: str = ".plangeo-") -> Iterator[Path]:
    """Give a folder inside ``parent``, so on the same disk; it is gone afterwards. **Raises** InputError when none can be made."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    except OSError as error:
        raise cannot_write(parent, error) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def said_plainly(target: Path) -> Iterator[None]:
    """Turn what the system and the writers say of a failed write into one InputError that says what to do."""
    try:
        yield
    except PlangeoError:
        raise
    except OSError as error:
        raise cannot_write(target, error) from error
    except Exception as error:
        kind = type(error)
        native = isinstance(error, sqlite3.Error) or kind.__module__.partition(".")[0] in {"pyogrio", "xlsxwriter", "pyarrow"}
        if native and _SAID_FULL.search(str(error)):
            raise InputError(
                f"{target} cannot be written ({error}); is the disk full? What was there before was left as it was",
                code="output_unwritable",
            ) from error
        raise


def cannot_write(target: Path, error: OSError) -> InputError:
    """Return what to tell of a file or folder that could not be written: full, held by another program, or else."""
    said = f"{target} cannot be written ({error.strerror or error})"
    left = "What was there before was left as it was."
    if error.errno in _FULL:
        return InputError(f"{said}: the disk is full, or its quota is used up. Make room and run again. {left}", code="disk_full")
    if error.errno in _HELD or getattr(error, "winerror", None) in _SHARING_VIOLATION:
        name = Path(str(error.filename)).name if error.filename else target.name
        held = f"another program holds it{f' ({name})' if name != target.name else ''}, or you may not write there"
        return InputError(f"{said}: {held}. Is it open in Excel or QGIS? Close it and run again. {left}", code="file_in_use")
    return InputError(
        f"{said}: is it a folder, or open in Excel or QGIS? Close it, or name another place, and run again. {left}",
        code="output_unwritable",
    )


def sync_file(path: Path) -> None:
    """Wait until the bytes of a file are on the disk."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk; Windows does so by itself."""
    if hasattr(os, "O_DIRECTORY"):
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
