"""The placemarks of a KML document, in order: folders, names, tables of data and of descriptions, shapes in degrees.

Read by expat, event by event; names of fields stay as written, which GDAL does not keep for Vietnamese letters. Links,
pictures and models are counted, never followed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.parsers import expat

import shapely

from plangeo.errors import InputError
from plangeo.text import fold

MOST_PLACEMARKS = 1_000_000
MOST_DESCRIPTION = 200_000
_LONGEST_LINE = 1_000
_SHAPES = frozenset({"Point", "LineString", "LinearRing", "Polygon", "MultiGeometry", "Track", "MultiTrack", "Model"})
_LINKS = frozenset({"NetworkLink", "GroundOverlay", "PhotoOverlay", "ScreenOverlay"})
_TEXTS = {"name": "Name", "description": "description", "address": "address", "when": "timestamp", "begin": "begin", "end": "end"}
_PAIR = re.compile(r"^\s*([^:\n]{1,60}?)\s*[:=]\s*(\S.*?)\s*$")


@dataclass
class Placemark:
    """One placemark as written."""

    folder: str
    identifier: str | None = None
    texts: dict[str, str] = field(default_factory=dict)
    """Name, description and the like, and every entry of ExtendedData."""
    shapes: list[Any] = field(default_factory=list)
    problem: str = ""
    high: bool = False
    """Some altitude is not 0."""
    unclosed: int = 0

    def shape(self) -> Any:
        """Return its shape: one, a multi-part one, or a collection of several kinds; None without any."""
        if len(self.shapes) < 2:
            return self.shapes[0] if self.shapes else None
        kinds = {s.geom_type for s in self.shapes}
        if len(kinds) > 1:
            return shapely.GeometryCollection(self.shapes)
        many: Mapping[str, Callable[[Any], Any]] = {
            "Point": shapely.MultiPoint,
            "LineString": shapely.MultiLineString,
            "Polygon": shapely.MultiPolygon,
        }
        return many[kinds.pop()](self.shapes)


@dataclass
class KmlDocument:
    """What a document holds."""

    name: str
    placemarks: list[Placemark]
    others: Counter[str]
    """Links and pictures, by their element."""


def read_document(path: Path) -> KmlDocument:
    """Return the placemarks of a KML file that passed ``inputs.check_xml``.

    **Raises** InputError for more than a million placemarks.
    """
    walk = _Walk(path.name)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = walk.start, walk.end, walk.text
    with path.open("rb") as stream:
        parser.ParseFile(stream)
    return KmlDocument(walk.name, walk.placemarks, walk.others)


class _Walk:
    """The state of a walk over the elements."""

    def __init__(self, file: str) -> None:
        self.name = ""
        self.placemarks: list[Placemark] = []
        self.others: Counter[str] = Counter()
        self._file = file
        self._path: list[str] = []
        self._folders: list[str] = []
        self._mark: Placemark | None = None
        self._pieces: list[str] = []
        self._field = ""
        self._rings: list[list[tuple[float, float]]] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self._pieces = []
        if name in ("Folder", "Document"):
            self._folders.append("")
        elif name == "Placemark" and self._mark is None:
            if len(self.placemarks) >= MOST_PLACEMARKS:
                raise InputError(
                    f"{self._file} holds more than {MOST_PLACEMARKS:,} placemarks. Convert it to GeoPackage.",
                    code="file_too_large",
                )
            self._mark = Placemark(" / ".join(f for f in self._folders[1:] if f), attributes.get("id"))
            self.placemarks.append(self._mark)
        elif name in ("Data", "SimpleData"):
            self._field = attributes.get("name", "").strip()
        elif name == "Polygon":
            self._rings = []
        elif name in _LINKS:
            self.others[name] += 1
        elif name in ("Model", "Track", "MultiTrack") and self._mark is not None:
            self._mark.problem = (
                self._mark.problem
                or f"invalid_geometry: a {name} is no place that can be measured; draw a point, line or polygon"
            )
        self._path.append(name)

    def text(self, data: str) -> None:
        self._pieces.append(data)

    def end(self, tag: str) -> None:
        self._path.pop()
        name, text = tag.rpartition(":")[2], "".join(self._pieces).strip()
        parent = self._path[-1] if self._path else ""
        self._pieces = []
        if name in ("Folder", "Document"):
            self._folders.pop()
        elif name == "Placemark" and self._path.count("Placemark") == 0:
            self._mark = None
        elif self._mark is None:
            if name == "name" and parent in ("Folder", "Document"):
                self._folders[-1] = " ".join(text.split())[:200]
                self.name = self.name or self._folders[0]
        elif name in _TEXTS and parent in ("Placemark", "TimeStamp", "TimeSpan"):
            self._mark.texts[_TEXTS[name]] = text
        elif self._field and (name == "SimpleData" or (name == "value" and parent == "Data")):
            self._mark.texts[self._field] = text
        elif name == "coordinates":
            self._coordinates(text, parent)
        elif name == "Polygon" and self._rings:
            self._polygon()

    def _coordinates(self, text: str, parent: str) -> None:
        assert self._mark is not None
        points = []
        for item in re.sub(r"\s*,\s*", ",", text).split():
            parts = item.split(",")
            try:
                points.append((float(parts[0]), float(parts[1])))
                self._mark.high = self._mark.high or (len(parts) > 2 and parts[2] not in ("", "0") and float(parts[2]) != 0)
            except (ValueError, IndexError):
                self._mark.problem = self._mark.problem or f"bad_coordinates: {item[:60]!r} is not longitude,latitude"
                return
        if not points:
            return
        if parent == "Point":
            self._mark.shapes.append(shapely.Point(points[0]))
        elif parent == "LinearRing" and "Polygon" in self._path:
            self._rings.append(points)
        elif len(points) < 2:
            self._mark.problem = self._mark.problem or "invalid_geometry: a line of one point"
        else:
            self._mark.shapes.append(shapely.LineString(points))

    def _polygon(self) -> None:
        assert self._mark is not None
        if any(len(set(ring)) < 3 for ring in self._rings):
            self._mark.problem = self._mark.problem or "invalid_geometry: a ring of less than three corners"
            return
        self._mark.unclosed += sum(ring[0] != ring[-1] for ring in self._rings)
        self._mark.shapes.append(shapely.Polygon(self._rings[0], self._rings[1:]))


class _Table(HTMLParser):
    """Collects the rows of all tables in a text, innermost cells only."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.lines: list[str] = [""]
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self._cell = []
        elif tag in ("br", "p", "div", "li"):
            self.lines.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None:
            if self.rows:
                self.rows[-1].append(" ".join("".join(self._cell).split()))
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)
        else:
            self.lines[-1] += data


def described(description: str, known: frozenset[str]) -> dict[str, str]:
    """Return what a description tells by name: rows of two cells of its tables, and lines "name: value" with a known name.

    >>> described("<table><tr><td>Mã</td><td>A&amp;B</td></tr></table>Diện tích: 2 ha<br>Giờ: 8", frozenset({"dien tich"}))
    {'Mã': 'A&B', 'Diện tích': '2 ha'}
    """
    if not description or len(description) > MOST_DESCRIPTION:
        return {}
    table = _Table()
    table.feed(description)
    table.close()
    found = {row[0].rstrip(":"): row[1] for row in table.rows if len(row) == 2 and 0 < len(row[0]) <= 60}
    for line in (part for text in table.lines for part in text.splitlines()):
        pair = _PAIR.match(line[:_LONGEST_LINE])
        if pair and fold(pair.group(1)) in known:
            found.setdefault(pair.group(1), pair.group(2))
    return found
