"""How many features a GML, GPX or KML file holds, counted element by element without the library that reads it.

The files passed ``inputs.check_xml`` before: no document types, no entities, no deep nesting.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from xml.parsers import expat

from plangeo.errors import InputError
from plangeo.rowcounts import require_rows

_MEMBER = ("member", "members")
_COLLECTIONS = frozenset({"featurecollection", "simplefeaturecollection"})
_NO_FEATURES = frozenset({"boundedby", "envelope", "box", "metadataproperty"})
_SHAPES = frozenset(
    {
        *("point", "linestring", "curve", "compositecurve", "polygon", "surface", "compositesurface", "polyhedralsurface", "tin"),
        *("multipoint", "multilinestring", "multicurve", "multipolygon", "multisurface", "multigeometry", "geometrycollection"),
    }
)
_GPX: Mapping[str, tuple[str, ...]] = {
    "waypoints": ("wpt",),
    "routes": ("rte",),
    "tracks": ("trk",),
    "route_points": ("rte", "rtept"),
    "track_points": ("trk", "trkseg", "trkpt"),
}
"""Layer of the reader → the end of the path of the elements that are its rows; what programs put into ``extensions`` is their own."""


def _walk(path: Path, start: Callable[[Sequence[str], str], None], end: Callable[[Sequence[str]], None]) -> None:
    """Call ``start`` with the elements around an element and its name, ``end`` with those around; names without prefix."""
    around: list[str] = []

    def opened(tag: str, _attributes: Mapping[str, str]) -> None:
        name = tag.rpartition(":")[2]
        start(around, name)
        around.append(name)

    def closed(_tag: str) -> None:
        around.pop()
        end(around)

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    with path.open("rb") as stream:
        parser.ParseFile(stream)


def count_members(path: Path) -> Counter[str]:
    """Return how many features of each kind a GML file holds: what stands in its members, wherever these are.

    **Raises** InputError for a shape that belongs to no feature, for readers pass over it: a misspelt member loses a zone.
    """
    found: Counter[str] = Counter()
    inside = 0  # how many elements stand around the feature, 0 outside
    aside = 0  # the same for an element that holds no features

    def start(around: Sequence[str], name: str) -> None:
        nonlocal inside, aside
        low = name.lower()
        if inside or aside:
            return
        if low in _NO_FEATURES:
            aside = len(around)
        elif low in _SHAPES:
            raise InputError(
                f"{path.name}: a <{name}> stands in <{around[-1] if around else name}>, which is no feature of a member; readers pass over it "
                "without a word, and a zone would be lost. Export it again as GeoPackage.",
                code="file_damaged",
            )
        elif around and around[-1].lower().endswith(_MEMBER) and low not in _COLLECTIONS:
            found[name] += 1
            inside = len(around)

    def end(around: Sequence[str]) -> None:
        nonlocal inside, aside
        inside = 0 if inside == len(around) else inside
        aside = 0 if aside == len(around) else aside

    _walk(path, start, end)
    return found


def require_members(path: Path, layer: str, found: int, others: Mapping[str, int], *, chosen: bool) -> tuple[int, str]:
    """Hold the ``found`` rows of a GML layer against what the file holds; return the count and a note, empty when all was read.

    Parameters: ``others``, the rows of the other layers as the reader has them; ``chosen``, whether the user named the layer.
    **Raises** InputError when rows of the layer are missing, and when the file holds features of a kind that is no layer.
    """
    counts = count_members(path)
    if layer in counts:
        require_rows(found, counts[layer], path.name, f"of the kind {layer!r} the file holds")
    if counts.keys() == {layer, *others} or found + sum(others.values()) == counts.total():
        return counts.get(layer, counts.total() - sum(others.values())), ""
    hidden = {kind: n for kind, n in counts.items() if kind != layer and kind not in others}
    told = ", ".join(f"{n} {kind}" for kind, n in sorted(hidden.items())[:10]) or f"{counts.total()} in all"
    said = f"its schema (.xsd or .gfs beside it) does not name all its features, and readers pass over these: {told}"
    if chosen and layer in counts:
        return counts[layer], said
    raise InputError(
        f"{path.name}: {said}. A zone that is not read is a zone nobody looks at. Move the schema away, or export it again as GeoPackage.",
        code="file_truncated",
    )


def count_tracks(path: Path, layer: str) -> int | None:
    """Return how many rows a layer of a GPX file has (waypoints, routes, tracks and their points); None for another layer."""
    wanted = _GPX.get(layer)
    if wanted is None:
        return None
    found = 0

    def start(around: Sequence[str], name: str) -> None:
        nonlocal found
        path_of = [part.lower() for part in (*around, name)]
        found += tuple(path_of[-len(wanted) :]) == wanted and "extensions" not in path_of

    _walk(path, start, _ignore)
    return found


def count_placemarks(path: Path) -> int:
    """Return how many elements called Placemark a KML file holds, wherever they stand."""
    found = 0

    def start(_around: Collection[str], name: str) -> None:
        nonlocal found
        found += name == "Placemark"

    _walk(path, start, _ignore)
    return found


def _ignore(_around: Sequence[str]) -> None:
    return None
