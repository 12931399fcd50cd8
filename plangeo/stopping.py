"""A run that somebody stops: Ctrl-C, or the end of the session. It ends as if nothing had begun, or can go on; and says which."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from plangeo.delivery.publication import recover
from plangeo.errors import PlangeoError

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
_STOPPED = 130
_MANIFEST, _PARTS = "manifest.json", "parts"
_Mark = tuple[int, int, int] | None


class Stopped(KeyboardInterrupt):
    """A signal asked the run to stop; everything cleans up behind itself as after Ctrl-C."""

    def __init__(self, number: int = signal.SIGINT) -> None:
        super().__init__(number)
        self.number = int(number)

    @property
    def exit_code(self) -> int:
        """The code that shells expect of a program which a signal ended."""
        return 128 + self.number


def exit_code_of(stop: BaseException | None) -> int:
    """Return the exit code of a command that was stopped, by a signal or otherwise."""
    return stop.exit_code if isinstance(stop, Stopped) else _STOPPED


@contextlib.contextmanager
def stop_signals(tell: Callable[[str], None]) -> Iterator[None]:
    """Turn signals that ask to stop into Stopped.

    The second one is not taken while the first is cleaned up behind, unless a third shows that somebody means it.
    ``tell`` says so. Only the main thread may decide about signals; in another one nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = 0

    def stop(number: int, _: FrameType | None) -> None:
        nonlocal asked
        asked += 1
        if asked == 2:
            tell("stopping: taking away what is half-written; once more stops at once")
            return
        raise Stopped(number)

    before = {}
    for name in _NAMES:
        number = getattr(signal, name, None)
        # What the caller chose to ignore (nohup) stays ignored.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            with contextlib.suppress(OSError, ValueError):
                before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def mark_of_result(folder: Path) -> _Mark:
    """Return what tells one published result in a folder from another; None where there is none."""
    try:
        told = (folder / _MANIFEST).stat()
    except OSError:
        return None
    return told.st_ino, told.st_mtime_ns, told.st_size


def say_what_is_left(folder: Path, before: _Mark, *, counted: tuple[int, int] = (0, 0), streamed: bool = False) -> str:
    """Return what a stopped run left behind, and how to go on.

    Parameters: ``before`` the mark of the folder when the run began, ``counted`` sites judged and all, ``streamed`` whether
    finished parts are kept.
    """
    try:
        recover(folder)
    except PlangeoError as fault:
        return f"stopped; {fault}"
    if (now := mark_of_result(folder)) is not None and now != before:
        return f"stopped, but after the result was published: {folder} holds the new one, complete."
    held = f"{folder} holds the earlier result, as it was" if before is not None else "nothing was written"
    if not streamed:
        return f"stopped; {held}. Run the same command again; it begins anew (a long register goes on with --stream --resume)."
    kept = len(list((folder / _PARTS).glob("part-*.zip")))
    if not kept:
        return f"stopped before any part was finished; {held}. Run the same command again."
    done, total = counted
    sites = f" ({done:,} of {total:,} sites)" if total else ""
    return (
        f"stopped; {kept} finished part{'s' if kept > 1 else ''}{sites} lie in {folder / _PARTS}"
        f"{'; the earlier result is as it was' if before is not None else ''}. "
        "Go on: the same command with --stream --resume."
    )
