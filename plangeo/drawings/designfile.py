"""The elements of a DGN v7 design file walked by their headers: how far the data reach, and whether they end where they should.

GDAL stops in silence where a header makes no sense; what lies behind is lost. Walking the headers costs little and says so.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from plangeo.errors import InputError

MOST_BYTES = 1 << 30
"""Design files of version 7 have 32-bit offsets and are far smaller."""
_END = b"\xff\xff"
_CHAINS = (12, 14)
"""Complex chain and complex shape: their members are read as one."""
_DRAWN = (3, 4, 6, 11, 15, 16, 17)
"""Line, line string, shape, curve, ellipse, arc, text."""
TYPES = {
    2: "cell",
    3: "line",
    4: "line string",
    6: "shape",
    7: "text node",
    11: "curve",
    12: "complex chain",
    14: "complex shape",
    15: "ellipse",
    16: "arc",
    17: "text",
    18: "3D surface",
    19: "3D solid",
    21: "B-spline",
}


@dataclass(frozen=True)
class Walk:
    """What the headers of a design file say."""

    size: int
    """Bytes of the file."""
    reached: int
    """Byte at which the data end: the mark, or where the headers stop making sense."""
    ended: bool
    """True when the mark of the end was found there."""
    types: Counter[int]
    """Type → elements that are not deleted."""
    drawn: int
    """Elements a reader should return: members of chains count with their chain."""
    beyond: int
    """Elements that seem to follow behind the mark of the end."""

    def warning(self) -> str:
        """Return what is wrong with the end of the file; empty when nothing."""
        if not self.ended:
            return (
                f"the data end early: at byte {self.reached:,} of {self.size:,} there is neither an element nor the mark of the end. "
                "Part of the drawing is missing; copy or export the file again"
            )
        if self.beyond:
            return (
                f"the mark of the end stands at byte {self.reached:,} of {self.size:,}, and what looks like {self.beyond} more element(s) "
                "follows it. They may be left-overs, or half of the drawing: compare the extent with the paper map"
            )
        return ""

    def require_all(self, read: int, name: str) -> None:
        """**Raises** InputError when fewer elements were ``read`` than a whole file of that ``name`` draws."""
        if self.ended and read < self.drawn:
            raise InputError(
                f"{name}: {read:,} elements were read, its headers count {self.drawn:,}: {self.drawn - read:,} are missing, and nobody looks at a "
                "border or label that is not read. Export it again as DXF, and compare the extent.",
                code="file_truncated",
            )


def walk(path: Path) -> Walk:
    """Walk the element headers of a DGN v7 file. **Raises** InputError for a file beyond any design file's size."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise InputError(
            f"{path.name} has {size:,} bytes; design files of version 7 are smaller than {MOST_BYTES:,}.", code="file_too_large"
        )
    content = path.read_bytes()
    reached, ended, types, drawn = _elements(content, 0)
    beyond = 0
    if ended:
        _, _, rest, _ = _elements(content, reached + 2)
        beyond = sum(n for kind, n in rest.items() if kind in TYPES)
    return Walk(size, reached, ended, types, drawn, beyond)


def _elements(content: bytes, start: int) -> tuple[int, bool, Counter[int], int]:
    """Walk from ``start``: (byte reached, whether the mark of the end stands there, counts by type, elements to be read)."""
    at, drawn, members = start, 0, 0
    types: Counter[int] = Counter()
    while at + 4 <= len(content):
        if content[at : at + 2] == _END:
            return at, True, types, drawn
        kind, deleted = content[at + 1] & 0x7F, content[at + 1] >> 7
        stop = at + 4 + 2 * int.from_bytes(content[at + 2 : at + 4], "little")
        if stop > len(content) or kind == 0 or kind > 107:
            return at, False, types, drawn
        if not deleted:
            types[kind] += 1
            if members:
                members -= 1
            elif kind in _CHAINS:
                members = int.from_bytes(content[at + 38 : at + 40], "little")
                drawn += 1
            else:
                drawn += kind in _DRAWN
        at = stop
    # a file cut exactly behind an element, or with its mark as the very last bytes
    return at, content[at : at + 2] == _END, types, drawn
