"""A finished draft becomes the result folder: at any moment the folder holds the old result, complete, or the new one, complete.

Moving files one by one cannot promise that: between the first and the last there is a mixture, and kill −9 or a power cut may fall
just there. Two ways keep the promise:

1. **Exchange** (Linux): the draft is a whole folder, with everything of the old one that is not ours linked into it (hard links,
   nothing is copied), and ``renameat2(RENAME_EXCHANGE)`` swaps the two names. That is one step for everybody who looks, plangeo or
   not; there is no moment without a folder either, which "rename the old away, rename the new in" has. A folder that does not exist
   yet, or an empty one, needs a plain rename only.
2. **Journal** (Windows, macOS, drives without exchange or hard links, a folder that is a mount point or somebody's current
   folder): a journal file in the folder says what is going on; the old files move aside, the new ones move in, and removing the
   journal is the one step that decides. As long as it lies there, the new result does not count: whoever opens the folder through
   plangeo (every command that reads a result, and `verify`) rolls back first, and gets the old result, complete. Rolling back and
   not on, because on Windows any move may be refused while Excel holds a file, and the old files are the ones that were complete.
   People who look into the folder with other programs within that moment, or after a crash before plangeo looks again, can see the
   mixture: no rename of several files at once exists there.

What a crash leaves beside the folder (``.plangeo-…``) is cleared by the next run, under the lock.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from plangeo.delivery.atomicfile import cannot_write, sync_file, sync_folder
from plangeo.delivery.folderlock import locked, mark_of
from plangeo.errors import InputError

JOURNAL = ".plangeo-journal.json"
_NEW, _OLD, _TOKEN = "new", "old", "exchange.json"
_MOST_LINKS = 20_000
"""Entries of others in the folder; more of them are left where they are, and the journal is used."""


class _NoExchange(Exception):
    """The folder cannot be exchanged here; nothing was changed."""


@contextmanager
def drafted(folder: Path) -> Iterator[Path]:
    """Hold ``folder`` and give an empty one beside it for the files of a new result, to be handed to ``publish``.

    **Raises** InputError when another run holds the folder, or nothing can be written beside it.
    """
    folder = folder.resolve()
    with locked(folder):
        _clear(folder)
        try:
            container = Path(tempfile.mkdtemp(prefix=f"{mark_of(folder)}-", dir=folder.parent))
            draft = container / _NEW
            draft.mkdir()
        except OSError as error:
            raise cannot_write(folder, error) from error
        try:
            yield draft
        finally:
            if not (folder / JOURNAL).exists():  # else the old result lies in there, and could not be brought back yet
                _remove(container, folder)


def publish(draft: Path, folder: Path, names: Iterable[str], *, drop: Iterable[str] = ()) -> None:
    """Put the files ``names`` of a draft (see ``drafted``) in place of those of ``folder``, and take ``drop`` out of it.

    Bare names; everything else in the folder stays. All or nothing, see the head of this module.
    **Raises** InputError when the folder cannot be written: the old result is then still there, complete.
    """
    folder, names = folder.resolve(), list(names)
    gone = [n for n in dict.fromkeys(drop) if n not in names and Path(n).name == n]
    try:
        for name in names:
            sync_file(draft / name)
            if (folder / name).is_dir() and not (folder / name).is_symlink():
                raise IsADirectoryError(errno.EISDIR, "a folder has the name of a file of the result", str(folder / name))
        sync_folder(draft)
        if not folder.exists():
            os.rename(draft, folder)
            sync_folder(folder.parent)
            return
        try:
            _exchange(draft, folder, {*names, *gone})
        except _NoExchange:
            _move_under_journal(draft, folder, names, gone)
    except OSError as error:
        raise cannot_write(folder, error) from error


def recover(folder: Path) -> None:
    """Bring a folder whose last publication was cut off back to the result it held before; nothing to do in any other case.

    **Raises** InputError while a run is writing into it, when what is missing does not lie beside it (a copy of such a folder),
    or when it cannot be written.
    """
    if not (folder / JOURNAL).exists():
        return
    with locked(folder):
        if (folder / JOURNAL).exists():
            try:
                _roll_back(folder.resolve())
            except OSError as error:
                raise cannot_write(folder, error) from error


# --- exchange ---------------------------------------------------------------------------------------------------------------


def _exchange(draft: Path, folder: Path, ours: set[str]) -> None:
    container = draft.parent
    if not _can_exchange(folder):
        raise _NoExchange
    try:
        linked = _link_others(folder, draft, ours)
        _copy_nature(folder, draft)
        sync_folder(draft)
        _put(container, container / _TOKEN, {"inode": draft.stat().st_ino, "ours": sorted(ours)})
        sync_folder(container)
        _swap(draft, folder)
    except OSError as error:
        raise _NoExchange from error
    sync_folder(folder.parent)
    _bring_late_ones(draft, folder, ours, linked)


def _can_exchange(folder: Path) -> bool:
    try:
        here = Path.cwd()
    except OSError:
        here = Path("/")
    return sys.platform == "linux" and not here.is_relative_to(folder) and not os.path.ismount(folder)


def _swap(one: Path, other: Path) -> None:
    """Exchange the names of two folders at once. **Raises** OSError where the system or the drive cannot."""
    sys.audit("plangeo.exchange", str(one), str(other))
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        raise OSError(f"this system cannot exchange {one} and {other}")
    at_here, exchange = -100, 2
    if rename(at_here, os.fsencode(one), at_here, os.fsencode(other), exchange) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(one))


def _link_others(folder: Path, draft: Path, ours: set[str]) -> dict[str, int]:
    """Link everything that is not ours into the draft; return its path inside the folder → inode."""
    linked: dict[str, int] = {}
    todo = [Path(name) for name in sorted(os.listdir(folder)) if name not in ours]
    while todo:
        inner = todo.pop()
        source, target = folder / inner, draft / inner
        if len(linked) >= _MOST_LINKS:
            raise _NoExchange
        linked[str(inner)] = source.lstat().st_ino
        if source.is_dir() and not source.is_symlink():
            target.mkdir(exist_ok=True)
            todo += [inner / name for name in sorted(os.listdir(source))]
            _copy_nature(source, target)
            linked[str(inner)] = target.stat().st_ino
        else:
            os.link(source, target, follow_symlinks=False)
    return linked


def _copy_nature(source: Path, target: Path) -> None:
    """Give a folder the owner, rights and times of another one."""
    told = source.stat()
    if (told.st_uid, told.st_gid) != (os.geteuid(), os.getegid()):
        os.chown(target, told.st_uid, told.st_gid)
    shutil.copystat(source, target)


def _bring_late_ones(old: Path, folder: Path, ours: set[str], linked: dict[str, int] | None = None) -> None:
    """Bring over what others put into the folder between the linking and the exchange."""
    for inside, folders, files in os.walk(old):
        here = Path(inside).relative_to(old)
        if here == Path():
            folders[:] = [n for n in folders if n not in ours]
            files = [n for n in files if n not in ours]
        for name in [*folders, *files]:
            late, target = old / here / name, folder / here / name
            if not os.path.lexists(target) and target.parent.is_dir():
                os.rename(late, target)
            elif name in files and linked is not None and not target.is_dir():
                known = linked.get(str(here / name))  # saved anew in that moment: the newer one counts
                if known is not None and late.lstat().st_ino != known == target.lstat().st_ino:
                    os.replace(late, target)
        folders[:] = [n for n in folders if (old / here / n).is_dir() and not (old / here / n).is_symlink()]


# --- journal ----------------------------------------------------------------------------------------------------------------


def _move_under_journal(draft: Path, folder: Path, names: list[str], gone: list[str]) -> None:
    container = draft.parent
    aside = container / _OLD
    aside.mkdir(exist_ok=True)
    old = [n for n in (*names, *gone) if os.path.lexists(folder / n)]
    journal = {"beside": container.name, "new": names, "old": old}
    sync_folder(container)
    _put(container, folder / JOURNAL, journal)
    try:
        for name in old:
            os.rename(folder / name, aside / name)
        sync_folder(aside)
        for name in names:
            os.rename(draft / name, folder / name)
        sync_folder(folder)
    except BaseException:  # also when somebody presses Ctrl-C
        _roll_back(folder)
        raise
    (folder / JOURNAL).unlink()
    sync_folder(folder)


def _roll_back(folder: Path) -> None:
    """Undo what a journal describes; may itself be cut off and done again."""
    journal = _read_journal(folder)
    container = folder.parent / journal["beside"]
    if not (container / _NEW).is_dir():
        raise InputError(
            f"{folder} was copied, or lost the folder {journal['beside']} beside it, while a run was being written, so it is no complete "
            "result. Take it again from where it was made, or run `plangeo assess` again into a new folder.",
            code="result_incomplete",
        )
    for name in journal["new"]:
        if name not in journal["old"] and not os.path.lexists(container / _NEW / name):
            (folder / name).unlink(missing_ok=True)
    for name in journal["old"]:
        if os.path.lexists(container / _OLD / name):
            os.replace(container / _OLD / name, folder / name)
    sync_folder(folder)
    (folder / JOURNAL).unlink()
    sync_folder(folder)


def _read_journal(folder: Path) -> dict[str, Any]:
    """The journal, whose names lead nowhere but into the folder and its own draft: anybody can write a file of that name."""
    try:
        told = json.loads((folder / JOURNAL).read_bytes()[: 1 << 20])
        names = [told["beside"], *told["new"], *told["old"]]
        good = all(isinstance(n, str) and n == Path(n).name and n not in ("", ".", "..") for n in names)
        if good and told["beside"].startswith(f"{mark_of(folder)}-"):
            return dict(told)
    except (ValueError, KeyError, TypeError):
        pass
    raise InputError(
        f"{folder / JOURNAL} is not a journal of plangeo for this folder (was the folder renamed or copied while a run was being "
        "written?), so nobody can say which result it holds. Run `plangeo assess` into a new folder.",
        code="result_incomplete",
    )


def _clear(folder: Path) -> None:
    """Under the lock: remove what runs that were cut off left beside the folder, after taking over what is not theirs."""
    recover(folder)
    for container in folder.parent.glob(f"{mark_of(folder)}-*"):
        _remove(container, folder)


def _remove(container: Path, folder: Path) -> None:
    """Remove what was kept beside a folder; when the exchange had happened, after taking over what is not ours."""
    old = container / _NEW
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # no token: no exchange, it is a draft
        token = json.loads((container / _TOKEN).read_bytes())
        if old.stat().st_ino != token["inode"] and folder.is_dir():
            _bring_late_ones(old, folder, set(token["ours"]))
    shutil.rmtree(container, ignore_errors=True)


def _put(container: Path, target: Path, told: Mapping[str, Any]) -> None:
    """Write a small record at once, durable when this returns; drafts lie in the container."""
    draft = container / f"{target.name}.part"
    draft.write_text(json.dumps(told), "utf-8")
    sync_file(draft)
    os.replace(draft, target)
    sync_folder(target.parent)
