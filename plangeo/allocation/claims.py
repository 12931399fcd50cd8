"""Projects against projects as a table: pairs that meet, with their phases and capital, and the sites that could not be examined."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from plangeo.allocation.contacts import Contact, Contacts, meet, name_neighbours
from plangeo.allocation.tally import Tally, count_ground
from plangeo.entries.duplicates import SAME_PLACE_M, name_key
from plangeo.entries.entrytable import Entries
from plangeo.entries.periods import capital_words
from plangeo.model import Assessment, Label
from plangeo.text import format_area, format_number

KINDS: dict[str, Label] = {
    "near_duplicate": Label("Hai dự án vẽ gần như trùng nhau", "Two projects drawn nearly alike"),
    "contains": Label("Dự án nằm trong dự án khác", "A project within another"),
    "overlap": Label("Chồng lấn đất", "Overlapping ground"),
    "same_point": Label("Cùng một vị trí", "At the same point"),
    "same_name_near": Label("Cùng tên, gần nhau", "The same name, close together"),
    "point_inside": Label("Điểm nằm trong dự án khác", "A point within another project"),
    "crosses": Label("Tuyến đi qua dự án", "A line through a project"),
    "shared_line": Label("Tuyến trùng nhau", "Lines that run together"),
    "not_examined": Label("Chưa xét", "Not examined"),
}
"""Kinds of rows in the order of the sheet."""

YES, NO, OPEN = Label("Có", "yes"), Label("Không", "no"), Label("Chưa rõ", "not known")
MOST_ROWS = 20_000
"""Most pairs that are listed; the rest is told by number."""


@dataclass(frozen=True)
class Claims:
    """The table and what it rests on."""

    frame: gpd.GeoDataFrame
    tally: Tally
    contacts: Contacts
    not_examined: int
    left_off: int
    """Pairs beyond ``MOST_ROWS``."""


def claims(assessment: Assessment) -> Claims:
    """Return which projects of a finished assessment claim the same ground; each pair once, whatever the order of the register."""
    entries = Entries(assessment)
    shapes = entries.shapes.copy()
    shapes[[bool(fault) for fault in entries.geometry_faults]] = (
        None  # a point that stands in for a broken boundary says too little
    )
    found = meet(shapes, entries.numbers("accuracy_m"))
    names = [name_key(name) for name in entries.texts("name")]
    known = {(pair.first, pair.second) for pair in found.pairs}
    single = [("" if row in found.bundled else name) for row, name in enumerate(names)]
    near = [pair for pair in name_neighbours(shapes, single, SAME_PLACE_M) if (pair.first, pair.second) not in known]
    order = list(KINDS)
    pairs = [_same_way(pair, entries) for pair in (*found.pairs, *near)]
    pairs.sort(key=lambda p: (order.index(p.kind), -_size(p), _ids(p, entries)))
    rows = [_row(pair, entries, names) for pair in pairs[:MOST_ROWS]]
    lost = np.flatnonzero(shapely.is_missing(shapes)).tolist()
    rows += [_lost(row, entries) for row in lost]
    frame = gpd.GeoDataFrame(
        {name: [row[name] for row in rows] for name in _COLUMNS}, geometry="geometry", crs=assessment.crs or None
    )
    return Claims(frame, count_ground(shapes), found, len(lost), max(0, len(pairs) - MOST_ROWS))


def kinds(frame: gpd.GeoDataFrame) -> Counter[str]:
    """Return how many rows there are of each kind."""
    return Counter(frame["kind"].tolist())


_COLUMNS = (
    *("kind", "kind_vi", "site_a", "name_a", "row_a", "site_b", "name_b", "row_b", "area_ha", "share_a", "share_b"),
    *("length_m", "alike", "phase_a", "phase_b", "phases_meet", "phases_meet_vi", "capital_a", "capital_b", "tolerance_m"),
    *("why_vi", "why_en", "geometry"),
)


def _size(pair: Contact) -> float:
    return next((v for v in (pair.area_m2, pair.length_m) if not math.isnan(v)), -pair.distance_m)


def _ids(pair: Contact, entries: Entries) -> tuple[str, str]:
    ids = entries.texts("site_id")
    return ids[pair.first], ids[pair.second]


def _same_way(pair: Contact, entries: Entries) -> Contact:
    """The pair with the site of the lesser identifier first, so that it reads the same in any order of the register."""
    one, two = _ids(pair, entries)
    return replace(pair, first=pair.second, second=pair.first) if two < one else pair


def _row(pair: Contact, entries: Entries, names: list[str]) -> dict[str, Any]:
    areas = [float(shapely.area(entries.shapes[row])) for row in (pair.first, pair.second)]
    shares = [pair.area_m2 / area if area > 0 else math.nan for area in areas]
    meeting = phases_meet(*(_years(row, entries) for row in (pair.first, pair.second)))
    said = _said(pair, shares, meeting, names[pair.first] == names[pair.second], entries)
    columns = {
        "kind": pair.kind,
        "kind_vi": KINDS[pair.kind].vi,
        "area_ha": pair.area_m2 / 1e4,
        "length_m": pair.length_m,
        "alike": pair.alike,
        "phases_meet": meeting.en,
        "phases_meet_vi": meeting.vi,
        "tolerance_m": pair.tolerance_m,
        "why_vi": said.vi,
        "why_en": said.en,
        "geometry": pair.shape,
    }
    for side, row, share in (("a", pair.first, shares[0]), ("b", pair.second, shares[1])):
        columns |= _of_site(side, row, share, entries)
    return columns


def _of_site(side: str, row: int, share: float, entries: Entries) -> dict[str, Any]:
    low, high = (float(entries.numbers(f"capital_{end}_vnd")[row]) for end in ("min", "max"))
    return {
        f"site_{side}": entries.texts("site_id")[row],
        f"name_{side}": entries.texts("name")[row],
        f"row_{side}": entries.file_rows[row],
        f"share_{side}": share,
        f"phase_{side}": entries.texts("phase")[row],
        f"capital_{side}": capital_words(low, high, "vi"),
    }


def _lost(row: int, entries: Entries) -> dict[str, Any]:
    """A site without a geometry that can be measured: whether it overlaps another one, nobody can say."""
    problem = entries.texts("problem")[row] or "no_geometry"
    said = Label(
        f"Chưa xét chồng lấn vì không có hình học dùng được: {problem}", f"Not examined, for want of a usable geometry: {problem}"
    )
    blank: dict[str, Any] = dict.fromkeys(_COLUMNS, "") | dict.fromkeys(
        ("area_ha", "length_m", "alike", "tolerance_m", "share_b"), math.nan
    )
    return (
        blank
        | _of_site("a", row, math.nan, entries)
        | {
            "kind": "not_examined",
            "kind_vi": KINDS["not_examined"].vi,
            "why_vi": said.vi,
            "why_en": said.en,
            "geometry": None,
        }
    )


def _years(row: int, entries: Entries) -> tuple[float, float]:
    return float(entries.numbers("phase_from")[row]), float(entries.numbers("phase_to")[row])


def phases_meet(one: tuple[float, float], two: tuple[float, float]) -> Label:
    """Return whether two phases (first and last year, NaN where open) have a year in common; not known where one states no year.

    >>> nan = float("nan")
    >>> [phases_meet((2021, 2025), p).en for p in ((2025, 2030), (2026, 2030), (nan, 2021), (nan, nan))]
    ['yes', 'no', 'yes', 'not known']
    """
    if any(math.isnan(first) and math.isnan(last) for first, last in (one, two)):
        return OPEN
    starts = [-math.inf if math.isnan(first) else first for first, _ in (one, two)]
    ends = [math.inf if math.isnan(last) else last for _, last in (one, two)]
    return YES if max(starts) <= min(ends) else NO


def _said(pair: Contact, shares: list[float], meeting: Label, same_name: bool, entries: Entries) -> Label:
    """One sentence about a pair."""
    title = KINDS[pair.kind]
    parts: list[tuple[str, str]] = []
    if not math.isnan(pair.area_m2):
        vi, en = (
            f"{format_area(pair.area_m2, lang)} = {format_number(shares[0] * 100, lang, 1)} % / {format_number(shares[1] * 100, lang, 1)} %"
            for lang in ("vi", "en")
        )
        parts.append((vi, en))
    if pair.kind == "near_duplicate":
        parts.append(tuple(f"IoU {format_number(pair.alike, lang, 2)}" for lang in ("vi", "en")))  # type: ignore[arg-type]
    if not math.isnan(pair.length_m):
        vi, en = (format_number(pair.length_m, lang, 0) for lang in ("vi", "en"))
        parts.append((f"dài {vi} m", f"{en} m long"))
    if pair.distance_m > 0:
        vi, en = (format_number(pair.distance_m, lang, 1) for lang in ("vi", "en"))
        parts.append((f"cách nhau {vi} m", f"{en} m apart"))
    if same_name and pair.kind != "same_name_near":
        parts.append(("cùng tên", "the same name"))
    if pair.kind in ("overlap", "contains", "near_duplicate"):
        words = {"yes": ("cùng thời kỳ", "in the same years"), "no": ("khác thời kỳ", "in other years")}
        parts.append(words.get(meeting.en, ("chưa rõ thời kỳ", "years not known")))
    vi, en = ("; ".join(part[n] for part in parts) for n in (0, 1))
    return Label(f"{title.vi}: {vi}" if vi else title.vi, f"{title.en}: {en}" if en else title.en)
