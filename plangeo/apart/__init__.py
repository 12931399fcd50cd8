"""Reading files of strangers in a process of its own, where a crash, a hang or a flood of memory ends that process and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

_strangers = [False]


@contextmanager
def reading_apart(wanted: bool = True) -> Iterator[None]:
    """Within the block, in every thread, files are read in a process of their own unless said otherwise file by file."""
    _strangers.append(wanted)
    try:
        yield
    finally:
        _strangers.pop()


def is_apart(trusted: bool | None = None) -> bool:
    """Say whether a file is read apart: as the caller says, else as the block around.

    >>> with reading_apart():
    ...     is_apart(), is_apart(True)
    (True, False)
    """
    return _strangers[-1] if trusted is None else not trusted
