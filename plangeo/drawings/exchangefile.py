"""The entities of a text DXF counted before a reader builds them: their kinds, whether the end is there, how many blocks make of them.

A few lines of a drawing can ask for a thousand million copies of a block; a reader that builds them never returns.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

READ = frozenset(
    [
        *(
            "POINT",
            "MTEXT",
            "TEXT",
            "ATTDEF",
            "ATTRIB",
            "LINE",
            "LWPOLYLINE",
            "POLYLINE",
            "MLINE",
            "CIRCLE",
            "ELLIPSE",
            "ARC",
            "SPLINE",
        ),
        *("HELIX", "INSERT", "DIMENSION", "HATCH", "SOLID", "TRACE", "3DFACE", "LEADER", "MULTILEADER"),
    ]
)
"""Entities that GDAL turns into shapes or texts; it leaves out the others in silence."""
_ALWAYS = READ - {"ATTDEF", "ATTRIB", "HELIX", "INSERT", "DIMENSION", "LEADER", "MULTILEADER"}
"""Entities that are a row each, however odd they are; of the others a reader makes none, one or several."""
_MESH, _FACES = 16, 64
MOST_ENTITIES = 5_000_000
"""A drawing that unfolds to more than this is not read."""
_PARTS = ("ENDSEC", "VERTEX", "SEQEND", "ENDBLK", "BLOCK")


@dataclass
class Contents:
    """What the entities of a drawing are."""

    kinds: Counter[str] = field(default_factory=Counter)
    """Entities of the drawing itself, by kind."""
    ended: bool = False
    """True when the mark of the end (EOF) was met."""
    unfolded: int = 0
    """Entities once every block is put where it is inserted; MOST_ENTITIES + 1 for any number above."""
    drawn: Counter[str] = field(default_factory=Counter)
    """Handle (in capitals, "" for none) → entities of the drawing that every reader makes a row of, paper layouts left out."""
    names: dict[str, str] = field(default_factory=dict)
    """Handle → kind and layer of the entity that has it."""

    def add(self, entity: _Entity | None) -> None:
        """Count one entity that is a row by itself."""
        if entity is not None and entity.is_mesh:
            self.kinds["POLYLINE"] -= 1
            self.kinds["POLYLINE mesh"] += 1
        if entity is None or not entity.is_row:
            return
        self.drawn[entity.handle] += 1
        self.names.setdefault(entity.handle, f"{entity.kind} on layer {entity.layer!r}")


@dataclass
class _Entity:
    """What a drawing says of one entity, as far as it tells whether a reader makes a row of it."""

    kind: str
    handle: str = ""
    layer: str = ""
    flags: int = 0
    on_paper: bool = False
    points: int = 0

    @property
    def is_row(self) -> bool:
        """A polyline, spline and the like without a single point is nothing; meshes of surfaces are not read."""
        empty = self.kind in ("POLYLINE", "LWPOLYLINE", "SPLINE", "MLINE") and not self.points
        return self.kind in _ALWAYS and not self.on_paper and not empty and not self.is_mesh

    @property
    def is_mesh(self) -> bool:
        return self.kind == "POLYLINE" and bool(self.flags & _MESH) and not self.flags & _FACES

    def note(self, code: str, value: str) -> None:
        """Take up one pair of the entity."""
        if code == "5" and not self.handle:
            self.handle = value.upper()
        elif code == "8" and not self.layer:
            self.layer = value
        elif code == "70":
            self.flags = int(value) if value.isdigit() else 0
        elif code == "67":
            self.on_paper = value == "1"
        elif code in ("10", "11") and self.kind != "POLYLINE":  # a polyline has a point of no meaning; its own are vertices
            self.points += 1


def survey_entities(path: Path) -> Contents:
    """Count the entities of a text DXF without building any."""
    found = Contents()
    own: Counter[str] = Counter()
    inserts: dict[str, list[list[int | str]]] = defaultdict(list)
    section, block, kind, named = "", "", "", True
    entity: _Entity | None = None
    for code, value in _pairs(path):
        if code == "0":
            kind, named = value, value not in ("BLOCK", "SECTION")
            if value == "VERTEX" and entity is not None and entity.kind == "POLYLINE":
                entity.points += 1
            elif value != "VERTEX":
                found.add(entity)
                entity = None
            found.ended = found.ended or value == "EOF"
            if value in ("ENDSEC", "SECTION"):
                section = block = ""
            elif section in ("ENTITIES", "BLOCKS") and value not in _PARTS:
                own[block] += 1
                if section == "ENTITIES":
                    found.kinds[value] += 1
                    entity = _Entity(value)
                if value == "INSERT":
                    inserts[block].append(["", 1, 1])
        elif entity is not None and kind == entity.kind:
            entity.note(code, value)
        if code == "2" and not named:
            named = True
            section, block = (value, "") if kind == "SECTION" else (section, f"block {value.upper()}")
        elif kind == "INSERT" and code in ("2", "70", "71") and inserts[block]:
            last = inserts[block][-1]
            last[("2", "70", "71").index(code)] = (
                f"block {value.upper()}" if code == "2" else max(1, int(value) if value.isdigit() else 1)
            )
    found.unfolded = _unfolded("", own, {name: [(str(b), int(m) * int(n)) for b, m, n in rows] for name, rows in inserts.items()})
    return found


def _unfolded(start: str, own: Mapping[str, int], inserts: Mapping[str, list[tuple[str, int]]]) -> int:
    """Entities of ``start`` with all blocks in their places; a block inside itself counts once."""
    known: dict[str, int] = {}
    pending, path = [start], set[str]()
    while pending:
        name = pending[-1]
        path.add(name)
        below = [b for b, _ in inserts.get(name, ()) if b not in known and b not in path]
        if below:
            pending.append(below[0])
            continue
        total = own.get(name, 0) + sum(known.get(b, 1) * times for b, times in inserts.get(name, ()))
        known[name] = min(total, MOST_ENTITIES + 1)
        path.discard(name)
        pending.pop()
    return known[start]


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    """Yield group code and value of every pair of lines."""
    with path.open("rb") as stream:
        for code in stream:
            yield code.strip().decode("ascii", "replace"), next(stream, b"").strip().decode("utf-8", "replace")
