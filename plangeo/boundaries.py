"""Boundaries: areas or lines that take the place of the point a register knows a project by."""

from __future__ import annotations

import copy
import re
from typing import Any

import geopandas as gpd
import shapely

from plangeo.amounts.declaredareas import settle_by_drawing
from plangeo.geometry import to_crs
from plangeo.positions.cornerlists import SEPARATOR, TITLES
from plangeo.reading import Decision
from plangeo.text import fold

_PLACE = ("no_geometry", "bad_coordinates", "invalid_geometry", "empty_geometry", "not_finite")
"""Problems of the register's own place: gone once the boundary has replaced it."""

_SHOWN = 5
# Folded words that may stand before a project's name in a title, and those behind it that make it another project.
_GENERAL = re.compile(
    r"[\s:;,.()\"'–-]*(?:(?:bang|ke|liet|thong|so do|vi tri|toa do|cac|diem|goc|ranh|gioi|moc|khu dat|thua dat|dien tich|thuc hien|xay dung|cua|cho"
    r"|ten|du an|cong trinh|hang muc|ho so|phu luc|[ivx\d]+)[\s:;,.()\"'–-]+)*"
)
_OTHER = re.compile(r"[\s,(–-]*(?:giai doan|gd ?\d|mo rong|phan ky|so \d|[ivx]+\b|\d+\b)")
# What may follow a name: nothing, a sign, or words that say where it lies or how large it is; anything else makes it another name.
_AFTER = re.compile(
    r"\s*(?:$|[,;:.()\"'–-]|(?:tai|thuoc|o|xa|phuong|thi tran|tt|huyen|thanh pho|tp|tinh|dien tich|thua|to ban do)\b)"
)
_STAND_IN = re.compile(r"(?:^|-)row-\d+$")
"""The identifier of a row that states none: the same in every file, so it says nothing about which project is meant."""
_FAR_M = 1_000.0
"""A boundary that only a text assigns lies no farther than this from the register's own place."""


def join_boundaries(sites: gpd.GeoDataFrame, boundaries: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return ``sites`` with the geometry of the boundary that has the same ``site_id``; all else is kept.

    Both are tables of ``plangeo.tables.SITES`` from ``read_sites``; boundaries are converted to the CRS of
    the sites. Where no identifier matches, the name of a boundary, or the title of a block of a corner list, finds
    the one project whose identifier or name it holds, and that is told. A fault of a boundary row becomes the site's
    ``problem``; an id with several boundaries is such a fault, because nobody said which one counts, but blocks of a
    corner list that lie apart are parts of one site. Boundaries without a row in the register and projects without a
    boundary become notes, and never a site: rows in = rows out.

    **Raises** CrsError when a boundary cannot be converted to the CRS of the sites.
    """
    moved = boundaries if sites.crs is None or boundaries.crs is None else to_crs(boundaries, sites.crs)
    told: list[Decision] = []
    rows, strangers = _matched(sites, moved, told)
    geometry = list(sites.geometry)
    problems = [str(item or "") for item in sites["problem"]]
    repaired = [str(item or "") for item in sites["repaired"]]
    for n, site_id in enumerate(sites["site_id"].astype(str)):
        found = rows.get(site_id, [])
        if not found:
            continue
        shape, fault, mended = _shape_of(moved, found, site_id, told)
        if shape is not None:
            geometry[n] = shape
            problems[n] = _without_place(problems[n])
        problems[n] = _joined(problems[n], fault)
        repaired[n] = _joined(repaired[n], mended)
    out = sites.set_geometry(gpd.GeoSeries(geometry, index=sites.index, crs=sites.crs or boundaries.crs))
    out["problem"], out["repaired"] = problems, repaired
    alone = [i for i in sites["site_id"].astype(str) if i not in rows]
    out.attrs["plangeo"] = _about(sites, boundaries, strangers, alone, told)
    settled = settle_by_drawing(out, "boundaries, declared areas")
    out.attrs["plangeo"]["decisions"] = [*out.attrs["plangeo"].get("decisions", ()), *settled]
    return out


def _matched(
    sites: gpd.GeoDataFrame, boundaries: gpd.GeoDataFrame, told: list[Decision]
) -> tuple[dict[str, list[int]], list[str]]:
    """Positions of the boundaries of every project, and what the others are called."""
    known = {i for i in sites["site_id"].astype(str) if not _STAND_IN.search(i)}
    names = _Names(sites)
    rows: dict[str, list[int]] = {}
    strangers = []
    for position, given in enumerate(boundaries["site_id"].astype(str)):
        base = given if given in known else re.sub(r"#\d+$", "", given)  # a repeated id was read as "P-1#2"
        base = base if base in known else ""
        titles = str(boundaries[TITLES].iloc[position]).split(SEPARATOR) if TITLES in boundaries else []
        texts = [str(boundaries["name"].iloc[position] or ""), *titles] if "name" in boundaries else titles
        text = next((t for t in texts if t), given)
        if not base:
            base, several, by = names.find(texts)
            far_m = names.distance(base, boundaries.geometry.iloc[position])
            if base and far_m > _FAR_M:
                said = f"{text[:80]!r} holds the name or id of {base}, but lies {far_m:,.0f} m from the place the register states, and was given to none; write the id in its own column if it is meant"
                told.append(Decision("shape", "boundaries", said))
                base = ""
            elif base:
                said = f"{text[:80]!r} was taken for the boundary of {base}: {by[:80]!r} holds its name or id"
                told.append(Decision("shape", "boundaries", said))
            elif several:
                said = f"{text[:80]!r} holds the names of several projects ({', '.join(several[:_SHOWN])}) and was given to none; write the id in the title"
                told.append(Decision("shape", "boundaries", said))
        if base:
            rows.setdefault(base, []).append(position)
        else:
            strangers.append(text[:60])
    return rows, sorted(set(strangers))


class _Names:
    """Finds the project a text speaks of, by whole identifiers and names without tone marks."""

    def __init__(self, sites: gpd.GeoDataFrame) -> None:
        ids = sites["site_id"].astype(str)
        # a bare number in a title is any number
        self._ids = {fold(i): i for i in ids if not _STAND_IN.search(i) and re.search(r"\d", i) and re.search(r"[^\W\d]", i)}
        self._places = dict(zip(ids, sites.geometry, strict=True))
        self._names: dict[str, list[str]] = {}
        for name, site_id in zip(sites["name"].astype(str), sites["site_id"].astype(str), strict=True):
            if len(fold(name)) >= 4:
                self._names.setdefault(fold(name), []).append(site_id)

    def distance(self, site_id: str, shape: Any) -> float:
        """Return how far a shape lies from the place the register states, in the unit of the CRS; 0 where one of them is missing."""
        place = self._places.get(site_id)
        if place is None or shape is None or place.is_empty or shape.is_empty:
            return 0.0
        return float(shapely.distance(place, shape))

    def find(self, texts: list[str]) -> tuple[str, list[str], str]:
        """Return the project of the first text that names exactly one, or the candidates of the first that names several; and that text."""
        for text in texts:
            plain = f" {fold(text)} "
            hits = [i for key, i in self._ids.items() if _holds(plain, key)]
            if not hits:
                there = [key for key in self._names if _names_it(plain, key)]
                # "Khu đô thị A mở rộng" also holds "Khu đô thị A": the longest name is meant
                longest = [key for key in there if not any(key != other and key in other for other in there)]
                hits = [i for key in longest for i in self._names[key]]
            if len(hits) == 1:
                return hits[0], [], text
            if hits:
                return "", hits, text
        return "", [], ""


def _names_it(text: str, name: str) -> bool:
    """Say whether a text is about the project ``name``: only general words before it, and no word behind that makes it another one.

    "Khu dân cư gần chợ Mới" is not about "Chợ Mới", and "Nhà máy A mở rộng" not about "Nhà máy A".
    """
    if not _holds(text, name):
        return False
    before, _, after = text.partition(name)
    return _GENERAL.fullmatch(before) is not None and _AFTER.match(after) is not None and _OTHER.match(after) is None


def _holds(text: str, word: str) -> bool:
    return word in text and re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) is not None


def _shape_of(boundaries: gpd.GeoDataFrame, found: list[int], site_id: str, told: list[Decision]) -> tuple[Any, str, str]:
    """The shape, the fault and the repair of a project's boundaries."""
    parts = [boundaries.geometry.iloc[i] for i in found]
    faults = dict.fromkeys(str(boundaries["problem"].iloc[i] or "") for i in found)
    if len(found) > 1:
        own = [f for f in faults if f and not f.startswith("duplicate_id")]
        if TITLES in boundaries and not own and _lie_apart(parts):
            told.append(Decision("shape", "boundaries", f"{len(found)} blocks that lie apart became the parts of {site_id}"))
            return shapely.union_all(parts), "", ""
        many = f"duplicate_boundary: {len(found)} boundaries carry this id; keep one, or merge them into one multi-part shape"
        return None, _joined(many, *own), ""
    fault, shape = next(iter(faults)), parts[0]
    there = shape is not None and not shape.is_empty
    if not there and not fault:
        fault = "no_geometry: the boundary has no shape"
    return shape if there else None, fault, str(boundaries["repaired"].iloc[found[0]] or "")


def _lie_apart(parts: list[Any]) -> bool:
    if any(p is None or p.geom_type != "Polygon" for p in parts):
        return False
    return all(a.intersection(b).area <= 1e-6 * min(a.area, b.area) for i, a in enumerate(parts) for b in parts[:i])


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _without_place(problem: str) -> str:
    return "; ".join(part for part in problem.split("; ") if part and not part.startswith(_PLACE))


def _about(
    sites: gpd.GeoDataFrame, boundaries: gpd.GeoDataFrame, strangers: list[str], alone: list[str], told: list[Decision]
) -> dict[str, Any]:
    about: dict[str, Any] = copy.deepcopy(sites.attrs.get("plangeo", {}))
    other: dict[str, Any] = copy.deepcopy(boundaries.attrs.get("plangeo", {}))
    notes = [*about.get("notes", ()), *(f"boundaries: {note}" for note in other.get("notes", ()))]
    notes.append(f"boundaries: {len(sites) - len(alone)} of {len(sites)} projects got their boundary")
    if alone and len(alone) < len(sites):
        notes.append(f"boundaries: {len(alone)} project(s) have none there and keep the place of the register: {_shown(alone)}")
    if strangers:
        notes.append(f"boundaries: {len(strangers)} without a row in the register, left aside: {_shown(strangers)}")
    if alone and len(alone) == len(sites) and len(boundaries):
        notes.append(
            f"boundaries: no identifier fits. The register has {_shown(alone)}, the boundaries have {_shown(strangers)}. Name the column that "
            "holds the identifiers: columns={'<column>': 'site_id'}, or on the command line --map 'boundaries:<column>=site_id'"
        )
    about["notes"] = notes
    about["decisions"] = [*about.get("decisions", ()), *other.get("decisions", ()), *told]
    about["repairs"] = [*about.get("repairs", ()), *other.get("repairs", ())]
    if "fingerprint" in other:
        drawn = {**other["fingerprint"], "role": "boundaries", **({"strangers": strangers} if strangers else {})}
        about["fingerprint"] = {**about.get("fingerprint", {}), "boundaries": drawn}
    return about


def _shown(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
