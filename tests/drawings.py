"""Makers of tiny drawings: DXF entities as text, DGN v7 elements as bytes; what GDAL cannot write is written here."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

import geopandas as gpd
import pyogrio
import shapely

Points = Sequence[tuple[float, float]]


def _pairs(*pairs: tuple[int, object]) -> str:
    return "".join(f"{code:>3}\n{value}\n" for code, value in pairs)


def dxf_line(layer: str, start: tuple[float, float], end: tuple[float, float], colour: int | None = None) -> str:
    return _pairs((0, "LINE"), (8, layer), *_colour(colour), (10, start[0]), (20, start[1]), (11, end[0]), (21, end[1]))


def dxf_polyline(layer: str, points: Points, closed: bool = False, colour: int | None = None) -> str:
    return _pairs(
        (0, "LWPOLYLINE"),
        (100, "AcDbEntity"),
        (8, layer),
        *_colour(colour),
        (100, "AcDbPolyline"),
        (90, len(points)),
        (70, int(closed)),
        *((code, value) for x, y in points for code, value in ((10, x), (20, y))),
    )


def dxf_hatch(layer: str, points: Points) -> str:
    return _pairs(
        (0, "HATCH"),
        (100, "AcDbEntity"),
        (8, layer),
        (100, "AcDbHatch"),
        (10, 0),
        (20, 0),
        (30, 0),
        (2, "SOLID"),
        (70, 1),
        (71, 0),
        (91, 1),
        (92, 2),
        (72, 0),
        (73, 1),
        (93, len(points)),
        *((code, value) for x, y in points for code, value in ((10, x), (20, y))),
        (97, 0),
        (75, 0),
        (76, 1),
        (98, 0),
    )


def dxf_text(layer: str, x: float, y: float, text: str, height: float = 2.0, middle: bool = False) -> str:
    """A TEXT; ``middle`` anchors it at its centre (72 = 4), else at its lower left corner."""
    aligned = ((72, 4), (11, x), (21, y)) if middle else ()
    return _pairs((0, "TEXT"), (8, layer), (10, x), (20, y), (40, height), (1, text), *aligned)


def dxf_mtext(layer: str, x: float, y: float, text: str, height: float = 2.0, attachment: int = 5) -> str:
    return _pairs(
        (0, "MTEXT"),
        (100, "AcDbEntity"),
        (8, layer),
        (100, "AcDbMText"),
        (10, x),
        (20, y),
        (40, height),
        (71, attachment),
        (1, text),
    )


def dxf_insert(layer: str, block: str, x: float, y: float) -> str:
    return _pairs((0, "INSERT"), (8, layer), (2, block), (10, x), (20, y))


def dxf_block(name: str, content: str) -> str:
    return (
        _pairs((0, "BLOCK"), (8, "0"), (2, name), (70, 0), (10, 0), (20, 0), (3, name))
        + content
        + _pairs((0, "ENDBLK"), (8, "0"))
    )


def _colour(colour: int | None) -> tuple[tuple[int, int], ...]:
    return () if colour is None else ((62, colour),)


def dxf(path: Path, *entities: str, blocks: str = "", whole: bool = True) -> Path:
    """Write a drawing; without ``whole`` its end is missing, as after a broken copy."""
    text = _pairs((0, "SECTION"), (2, "HEADER"), (9, "$ACADVER"), (1, "AC1021"), (0, "ENDSEC"))
    text += _pairs((0, "SECTION"), (2, "BLOCKS")) + blocks + _pairs((0, "ENDSEC"))
    text += _pairs((0, "SECTION"), (2, "ENTITIES")) + "".join(entities)
    path.write_text(text + (_pairs((0, "ENDSEC"), (0, "EOF")) if whole else ""), "utf-8")
    return path


UOR = 500
"""Units of resolution per metre in the design files written here."""


def _int32(value: int) -> bytes:
    word = value & 0xFFFFFFFF
    return struct.pack("<HH", word >> 16, word & 0xFFFF)


def _element(kind: int, level: int, body: bytes, points: Points, colour: int = 0, last: bool = False) -> bytes:
    xs, ys = [round(p[0] * UOR) for p in points], [round(p[1] * UOR) for p in points]
    box = b"".join(_int32(v ^ 0x80000000) for v in (min(xs), min(ys), 0, max(xs), max(ys), 0))
    if len(body) % 2:
        body += b"\0"
    words = (32 + 4 + len(body)) // 2 - 2
    head = bytes([level, kind]) + struct.pack("<H", words) + box
    return head + struct.pack("<HHHH", 0, 16 + len(body) // 2, 0, colour << 8) + body


def dgn_lines(level: int, points: Points, colour: int = 0) -> bytes:
    """A line string (type 4)."""
    body = struct.pack("<H", len(points)) + b"".join(_int32(round(v * UOR)) for p in points for v in p)
    return _element(4, level, body, points, colour)


def dgn_shape(level: int, points: Points, colour: int = 0) -> bytes:
    """A shape (type 6); the first point is repeated at the end."""
    ring = [*points, points[0]]
    body = struct.pack("<H", len(ring)) + b"".join(_int32(round(v * UOR)) for p in ring for v in p)
    return _element(6, level, body, points, colour)


def dgn_complex_shape(level: int, members: Sequence[bytes]) -> bytes:
    """A complex shape (type 14) of line strings."""
    marked = [bytes([m[0] | 0x80]) + m[1:] for m in members]
    words = 48 // 2 + sum(map(len, marked)) // 2
    body = struct.pack("<HH", words - 19, len(members)) + struct.pack("<HHHH", 0, 0, 0, 0)
    corners = [(x, y) for m in members for x, y in [_corner(m, 4), _corner(m, 16)]]
    return _element(14, level, body, corners) + b"".join(marked)


def dgn_cell(level: int, members: Sequence[bytes], corners: Points) -> bytes:
    """The header (type 2) of a cell; its members, which bear the mark of being inside, follow it."""
    words = 92 // 2 + sum(map(len, members)) // 2
    body = struct.pack("<H", words - 19) + bytes(4) + struct.pack("<HHHH", 0, 0, 0, 0) + bytes(42)
    return _element(2, level, body, corners)


def _corner(element: bytes, at: int) -> tuple[float, float]:
    words = struct.unpack("<HHHH", element[at : at + 8])
    return tuple((((high << 16 | low) ^ 0x80000000) / UOR) for high, low in (words[:2], words[2:]))  # type: ignore[return-value]


def dgn_text(level: int, x: float, y: float, text: str, height: float = 2.0, colour: int = 0) -> bytes:
    """A text (type 17), its origin at the lower left corner."""
    raw = text.encode("latin-1")
    size = round(height * UOR * 1000 / 6)
    body = bytes([0, 2]) + _int32(size) + _int32(size) + _int32(0) + _int32(round(x * UOR)) + _int32(round(y * UOR))
    return _element(17, level, body + bytes([len(raw), 0]) + raw, [(x, y)], colour)


def dgn(path: Path, elements: Iterable[bytes], end: bool = True, after: bytes = b"") -> Path:
    """Write a design file of version 7; without ``end`` the mark of its end is missing."""
    seed = path.with_name("seed.dgn")
    pyogrio.write_dataframe(gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs="EPSG:9215"), seed, driver="DGN")
    head = bytearray(seed.read_bytes()[:1536])
    seed.unlink()
    head[1112:1120] = _int32(UOR) + _int32(1)
    head[1240:1264] = bytes(24)
    path.write_bytes(bytes(head) + b"".join(elements) + (b"\xff\xff" if end else b"") + after)
    return path
