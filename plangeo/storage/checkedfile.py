"""Files that are checked as they are read: every block against the hash it was written with.

What is kept on disk may be larger than memory, so it is not read whole to be believed. A block that is not the one that
was written raises SpoiledFile, whatever happened to the file since it was opened.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

BLOCK_BYTES = 1 << 20
# Blocks kept at hand by one reader: Parquet reads a row group in a few runs.
_AT_HAND = 8


class SpoiledFile(OSError):
    """A kept file is not what was written: cut, changed, or another one."""


def describe(path: Path) -> dict[str, Any]:
    """Return the size of a file and the hash of each of its blocks, to be given to ``CheckedFile`` later."""
    with path.open("rb") as file:
        hashes = [hashlib.sha256(block).hexdigest() for block in _blocks(file)]
    return {"bytes": path.stat().st_size, "block": BLOCK_BYTES, "sha256": hashes}


def check(path: Path, expected: Mapping[str, Any]) -> None:
    """Read a whole file and compare every block. **Raises** SpoiledFile, OSError when it cannot be read."""
    with CheckedFile(path, expected) as file:
        while file.read(BLOCK_BYTES):
            pass


class CheckedFile:
    """A file to read from, as libraries expect one; what it gives is what was written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a"
    ...     _ = path.write_bytes(b"plan")
    ...     told = describe(path)
    ...     with CheckedFile(path, told) as file:
    ...         file.read()
    b'plan'
    """

    mode = "rb"

    def __init__(self, path: Path, expected: Mapping[str, Any]) -> None:
        self._name, self._size, self._block, self._hashes = path.name, expected["bytes"], expected["block"], expected["sha256"]
        self._file = path.open("rb")
        self._place = 0
        self._at_hand: dict[int, bytes] = {}
        if os.fstat(self._file.fileno()).st_size != self._size or len(self._hashes) != -(-self._size // self._block):
            self._file.close()
            raise SpoiledFile(f"{path.name} was cut")

    @property
    def closed(self) -> bool:
        return self._file.closed

    def close(self) -> None:
        self._file.close()
        self._at_hand.clear()

    def __enter__(self) -> CheckedFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        self._place = start + offset
        return self._place

    def read(self, count: int | None = -1) -> bytes:
        """Return the next ``count`` bytes (all that are left when negative). **Raises** SpoiledFile."""
        end = self._size if count is None or count < 0 else min(self._place + count, self._size)
        if end <= self._place:
            return b""
        first, last = self._place // self._block, (end - 1) // self._block
        whole = b"".join(self._read_block(number) for number in range(first, last + 1))
        skipped = first * self._block
        found = whole[self._place - skipped : end - skipped]
        self._place = end
        return found

    def _read_block(self, number: int) -> bytes:
        if number in self._at_hand:
            return self._at_hand[number]
        self._file.seek(number * self._block)
        block = self._file.read(self._block)
        if hashlib.sha256(block).hexdigest() != self._hashes[number]:
            raise SpoiledFile(f"{self._name} was changed")
        while len(self._at_hand) >= _AT_HAND:
            del self._at_hand[next(iter(self._at_hand))]
        self._at_hand[number] = block
        return block


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(BLOCK_BYTES):
        yield block
