"""The folder in which the child unpacks archives: gone with the run that made it, or, where that was killed, at the next start.

A folder belongs to a run as long as the run holds the operating system's lock on it, which lets go when a program ends in any way. So a
folder nobody holds is left over, and nobody has to guess from process numbers, which containers with one temporary folder do not share.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

PREFIX = "plangeo-apart-"
LEFT_AFTER_S = 600
"""Age from which an unheld folder is left over; a younger one may be about to be locked by the run that made it."""


class WorkFolder:
    """A new folder in the system's temporary folder, for this user only, held until ``remove``."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._lock = _hold(self.path)
        self.made = self.path.stat().st_mtime
        """When, by the clock of the disk that holds it."""

    def remove(self) -> None:
        """Remove the folder and what is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def remove_left_over(now: float) -> None:
    """Remove folders of runs that were killed: this user's own folders by that name, which no run holds; no link is followed.

    ``now`` by the clock of the disk. Only where removing cannot be led astray by links that appear meanwhile (not on Windows).
    Nothing is raised.
    """
    if not hasattr(os, "getuid") or not shutil.rmtree.avoids_symlink_attacks:
        return
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if entry.name.startswith(PREFIX):
                with suppress(OSError):
                    _remove_if_left(Path(entry.path), now)


def _remove_if_left(path: Path, now: float) -> None:
    told = path.lstat()
    mine = stat.S_ISDIR(told.st_mode) and told.st_uid == os.getuid() and not told.st_mode & 0o077
    if not mine or now - told.st_mtime < LEFT_AFTER_S:
        return
    lock = _hold(path)
    if lock is None:
        return
    try:
        if os.path.samestat(os.fstat(lock), told):
            shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(lock)


def _hold(path: Path) -> int | None:
    """Lock a folder; None when another program holds it, it is no folder, or the system has no such locks."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    number: int | None = None
    try:
        number = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        if number is not None:
            os.close(number)
        return None
    return number
