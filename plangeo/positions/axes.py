"""Two columns of texts → eastings and northings: metres or degrees, which column is which, in which system.

Vietnamese lists call the northing X and the easting Y, CAD exports do the opposite; the range of the numbers decides, per
column, and what was decided is told. Nothing is exchanged for a single row: such a row gets a fault that names the fix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyproj

from plangeo.errors import CrsError
from plangeo.geometry import as_crs
from plangeo.positions.angles import Angle, looks_sexagesimal, parse_angle
from plangeo.positions.cellpoints import Bounds, Kind, ranges_of
from plangeo.positions.crsnotes import Claim, settle_written, suggestion
from plangeo.profiles import Profile
from plangeo.reading import Decision, Sentence
from plangeo.text import number_style, parse_number

_LON, _LAT = (-180.0, 180.0), (-90.0, 90.0)
_ANYWHERE = (-1e8, 1e8)
_SAMPLE = 500
_ACCIDENT = 0.05
"""Below this chance decimals that keep to 59 minutes and seconds are told to be suspicious."""
_BLANK = frozenset({"", "nan", "none", "<na>", "-", "–", "—", "…", "..."})


@dataclass(frozen=True)
class Columns:
    """Two columns as written; ``firm`` where their names say latitude and longitude, which X and Y do not."""

    north: Sequence[str]
    east: Sequence[str]
    north_name: str
    east_name: str
    firm: bool = False
    rows: Sequence[int] = ()
    """Rows of the file, for messages; empty where the caller names them."""

    def exchanged(self) -> Columns:
        return replace(self, north=self.east, east=self.north, north_name=self.east_name, east_name=self.north_name)

    def at(self, index: int, column: str) -> str:
        """Where a cell stands, for messages."""
        return f"row {self.rows[index]}, column {column!r}" if self.rows else f"column {column!r}"


@dataclass(frozen=True)
class Evidence:
    """What is known of the coordinate system beside the numbers."""

    stated: Any
    claims: Sequence[Claim]
    sentences: Sequence[Sentence]
    profile: Profile
    source: str


@dataclass
class Axes:
    """Coordinates per row, x = easting or longitude; None with a fault where they cannot be read, or without where blank."""

    x: list[float | None]
    y: list[float | None]
    faults: list[str]
    crs: pyproj.CRS | None
    notes: list[str] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)


def is_blank(text: str) -> bool:
    """Say whether a cell states nothing."""
    return text.strip().lower() in _BLANK


def read_axes(columns: Columns, evidence: Evidence) -> Axes:
    """Return the coordinates of two columns. **Raises** CrsError when metres have no system, or evidence contradicts itself."""
    degrees = columns.firm or written_kind(columns, evidence.profile) == "degrees"
    return _read_degrees(columns, evidence) if degrees else _read_metres(columns, evidence)


def bare_axes(columns: Columns, profile: Profile, source: str) -> Axes:
    """Return the numbers of two columns as they stand, without any CRS: nothing is exchanged, no range is asked for.

    Where the cells do not show how decimals are written ("442.000"), the ranges of the profile decide, in either order.
    """
    notes: list[str] = []
    if not columns.firm and written_kind(columns, profile) == "metres":
        return _axes(columns, _ANYWHERE, _ANYWHERE, source, notes, plausible=_either(profile))
    lons = _angles(columns, columns.east, columns.east_name, "", _LON, source, notes)
    lats = _angles(columns, columns.north, columns.north_name, "", _LON, source, notes)  # either may be exchanged
    return Axes(
        [v for v, _ in lons], [v for v, _ in lats], [a or b for (_, a), (_, b) in zip(lons, lats, strict=True)], None, notes
    )


def written_kind(columns: Columns, profile: Profile) -> Kind:
    """Say whether most of the first cells are degrees (minutes written, or where the country lies) or metres."""
    ranges = ranges_of(profile)
    degrees = metres = 0
    for text in (*columns.north[:_SAMPLE], *columns.east[:_SAMPLE]):
        angle = parse_angle(text)
        if angle is not None and (angle.sexagesimal or angle.axis is not None):
            degrees += 1
            continue
        styles: tuple[Any, Any] = ("comma", "point")
        values = [v for v in (parse_number(text, s) for s in styles) if v is not None]
        if values:
            small = any(b[0] <= v <= b[1] for v in values for b in (ranges.lat, ranges.lon))
            degrees, metres = degrees + small, metres + (not small)
    return "degrees" if degrees > metres else "metres"


def degrees_crs(
    evidence: Evidence, where: str, *, stated_in_metres_is_wrong: bool = True
) -> tuple[pyproj.CRS, list[str], list[Decision]]:
    """Return the CRS of coordinates in degrees: stated, written, else WGS 84, which is told.

    **Raises** CrsError when the stated CRS is in metres, unless the table has metres as well (then it is a note).
    """
    stated, profile, source = evidence.stated, evidence.profile, evidence.source
    if stated is not None and not as_crs(stated).is_geographic:
        name = as_crs(stated).name
        if stated_in_metres_is_wrong:
            raise CrsError(
                f"{source}: {where} are degrees, but crs= says {name}, which is in metres. One of them is wrong: leave crs= out for "
                "WGS 84, or state the system of the degrees, e.g. crs='EPSG:4756' (VN-2000).",
                code="crs_misfit",
            )
        note = f"{source}: {where} are degrees, read on WGS 84; the stated {name} is in metres and was not used"
        return as_crs("EPSG:4326"), [note], []
    settled = settle_written(evidence.claims, stated, "degrees", profile, source)
    if settled.crs is not None:
        return settled.crs, [], list(settled.decisions)
    crs = as_crs("EPSG:4326")
    others = [s for s in profile.systems if s.width_deg is None and s.datum == "VN-2000"]
    if not others:
        return crs, [], []
    said = (
        f"degrees without a stated datum are read on WGS 84, as GPS and Google Earth give them. {settled.hint}If they are degrees on "
        f"{others[0].name} they lie about 224 m off: then state --crs sites=EPSG:{others[0].epsg} (in Python crs='EPSG:{others[0].epsg}')"
    )
    return crs, [], [Decision("crs", f"{source}, {where}", said, confidence=0.9)]


def metres_crs(evidence: Evidence, where: str) -> tuple[pyproj.CRS, list[Decision]]:
    """Return the CRS of coordinates in metres: stated or written. **Raises** CrsError when nothing decides it."""
    settled = settle_written(evidence.claims, evidence.stated, "metres", evidence.profile, evidence.source)
    if settled.crs is not None:
        return settled.crs, list(settled.decisions)
    raise CrsError(
        f"{evidence.source}: {where} hold coordinates, but nothing says in which coordinate reference system. "
        f"{settled.hint}{suggestion(evidence.sentences, evidence.profile)}A wrong one moves every project by up to hundreds of kilometres. "
        "Give it with crs='EPSG:9215' (VN-2000, central meridian 107°15'), or on the command line --crs sites=EPSG:9215 (boundaries=… for a file of boundaries); or write a line "
        'such as "VN-2000, kinh tuyến trục 107°15\', múi chiếu 3°" above the table. '
        f"`plangeo doctor {evidence.source}` shows which system fits.",
        code="crs_missing",
    )


def _read_metres(columns: Columns, evidence: Evidence) -> Axes:
    where = f"the columns {columns.north_name!r} and {columns.east_name!r}"
    crs, decisions = metres_crs(evidence, where)
    profile = evidence.profile
    notes: list[str] = []
    if crs.is_geographic:
        raise CrsError(
            f"{evidence.source}: {where} hold metres, but crs= says {crs.name}, which is in degrees. State the system of the metres, "
            "e.g. crs='EPSG:9215'.",
            code="crs_misfit",
        )
    if not (profile.metric_crs and vietnamese(crs) and profile.north_range and profile.east_range):
        axes = _axes(columns, _ANYWHERE, _ANYWHERE, evidence.source, notes)
        return Axes(axes.x, axes.y, axes.faults, crs, notes, decisions)
    said, swapped = _share_in(columns.north, profile.north_range), _share_in(columns.east, profile.north_range)
    if swapped > said:
        told = (
            f"column {columns.east_name!r} holds the northings and {columns.north_name!r} the eastings ({swapped:.0%} of the cells lie in "
            "the range of northings), so they were read that way"
        )
        notes.append(f"{evidence.source}: {told}")
        decisions.append(Decision("column", evidence.source, told, _sample(columns.east, columns.north), swapped))
        columns = columns.exchanged()
    axes = _axes(columns, profile.north_range, profile.east_range, evidence.source, notes)
    return Axes(axes.x, axes.y, axes.faults, crs, notes, decisions)


def vietnamese(crs: pyproj.CRS) -> bool:
    """Say whether the CRS is made for Vietnam, where the ranges of the profile hold."""
    area = crs.area_of_use
    return area is not None and 100 < area.west < 120 and 5 < area.south < 25


def _share_in(texts: Sequence[str], bounds: Bounds) -> float:
    style = number_style(texts, bounds)
    values = [parse_number(t, None if style in (None, "ambiguous") else style) for t in texts if t]  # type: ignore[arg-type]
    inside = sum(v is not None and bounds[0] <= v <= bounds[1] for v in values)
    return inside / len(values) if values else 0.0


def _either(profile: Profile) -> Bounds | None:
    """The range of eastings and northings together: for columns of which nobody knows yet which is which."""
    known = [b for b in (profile.north_range, profile.east_range) if b is not None]
    return (min(low for low, _ in known), max(high for _, high in known)) if known else None


def _axes(
    columns: Columns, north: Bounds, east: Bounds, source: str, notes: list[str], *, plausible: Bounds | None = None
) -> Axes:
    """Numbers of both columns held against their ranges; ``plausible`` decides how decimals are written where these cannot."""
    xs = _numbers(columns.east, plausible or east, columns.east_name, source, notes)
    ys = _numbers(columns.north, plausible or north, columns.north_name, source, notes)
    faults = []
    for i, (x, y) in enumerate(zip(xs, ys, strict=True)):
        if is_blank(columns.east[i]) and is_blank(columns.north[i]):
            faults.append("")
            continue
        cells = ((x, columns.east[i], columns.east_name), (y, columns.north[i], columns.north_name))
        told = (_in_degrees(v, t, columns.at(i, c)) or _unread(v, t, columns.at(i, c)) for v, t, c in cells)
        faults.append(next((f for f in told if f), "") or _beyond(x, y, columns, i, (east, north)))
    good = [not f for f in faults]
    return Axes(
        [x if g else None for x, g in zip(xs, good, strict=True)],
        [y if g else None for y, g in zip(ys, good, strict=True)],
        faults,
        None,
    )


def _numbers(texts: Sequence[str], bounds: Bounds, column: str, source: str, notes: list[str]) -> list[float | None]:
    style = number_style(texts, bounds)
    if style == "comma":
        notes.append(f"{source}: column {column!r} writes its decimals with a comma")
    if style == "ambiguous":
        # cells that prove their own style are read; a cell that does not becomes a problem of its row
        notes.append(f"{source}: column {column!r} mixes ways of writing numbers; cells that do not show which are left unread")
    return [parse_number(_without_unit(t), style if style in ("comma", "point") else None) for t in texts]


def _without_unit(text: str) -> str:
    return text[:-1].rstrip() if text[-1:] in "mM" and text[:1].isdigit() else text


def _in_degrees(value: float | None, text: str, at: str) -> str:
    if value is None and _written_angle(text) is not None:
        return f"bad_coordinates: {quoted(text)} in {at} is written in degrees, the column in metres"
    return ""


def _unread(value: float | None, text: str, at: str) -> str:
    if value is None or not np.isfinite(value):
        return f"bad_coordinates: {quoted(text)} in {at} is not a number that can be read without guessing{_ways(text)}"
    return ""


def _ways(text: str) -> str:
    """Both readings of a number that has two."""
    styles: tuple[Any, Any] = ("comma", "point")
    read = [v for s in styles if (v := parse_number(_without_unit(text), s)) is not None]
    return f": {read[0]:.10g} or {read[1]:.10g}?" if len(read) == 2 and read[0] != read[1] else ""


def _beyond(x: float | None, y: float | None, columns: Columns, index: int, bounds: tuple[Bounds, Bounds]) -> str:
    """Why a pair lies outside its ranges; where it fits exchanged, the fix."""
    assert x is not None
    assert y is not None
    east, north = bounds
    for value, column, limits in ((x, columns.east_name, east), (y, columns.north_name, north)):
        if not limits[0] <= value <= limits[1]:
            fits = east[0] <= y <= east[1] and north[0] <= x <= north[1]
            fix = (
                f" They fit exchanged: write {x:.3f} in {columns.north_name!r} and {y:.3f} in {columns.east_name!r}."
                if fits
                else ""
            )
            return (
                f"bad_coordinates: {value:.10g} in {columns.at(index, column)} lies outside {limits[0]:.10g} … {limits[1]:.10g}; "
                f"are X and Y exchanged in this row?{fix}"
            )
    return ""


def _read_degrees(columns: Columns, evidence: Evidence) -> Axes:
    crs, notes, decisions = degrees_crs(
        evidence, f"the columns {columns.north_name!r} and {columns.east_name!r}", stated_in_metres_is_wrong=not columns.firm
    )
    ranges = ranges_of(evidence.profile)
    if not columns.firm and ranges.local:
        said, swapped = _degree_share(columns.north, ranges.lat), _degree_share(columns.east, ranges.lat)
        if swapped > said:
            told = (
                f"column {columns.east_name!r} holds the latitudes and {columns.north_name!r} the longitudes ({swapped:.0%} of the cells lie "
                "in the range of latitudes), so they were read that way"
            )
            notes.append(f"{evidence.source}: {told}")
            decisions.append(Decision("column", evidence.source, told, _sample(columns.east, columns.north), swapped))
            columns = columns.exchanged()
    lons = _angles(columns, columns.east, columns.east_name, "lon", _LON, evidence.source, notes)
    lats = _angles(columns, columns.north, columns.north_name, "lat", _LAT, evidence.source, notes)
    decisions += minutes_suspected([*columns.north, *columns.east], evidence.source)
    faults = []
    for i, ((lon, lon_fault), (lat, lat_fault)) in enumerate(zip(lons, lats, strict=True)):
        blank = is_blank(columns.east[i]) and is_blank(columns.north[i])
        faults.append("" if blank else lon_fault or lat_fault or _beyond(lon, lat, columns, i, (_LON, _LAT)))
    good = [not f for f in faults]
    xs, ys = ([v if g else None for (v, _), g in zip(values, good, strict=True)] for values in (lons, lats))
    return Axes(xs, ys, faults, crs, notes, decisions)


def _angles(
    columns: Columns, texts: Sequence[str], column: str, axis: str, bounds: Bounds, source: str, notes: list[str]
) -> list[tuple[float | None, str]]:
    """The angle of every cell, or why it is not read."""
    plain = [t for t in texts if not _written_angle(t)]
    numbers = dict(zip(plain, _numbers(plain, bounds, column, source, notes), strict=True))
    found: list[tuple[float | None, str]] = []
    for i, text in enumerate(texts):
        angle = _written_angle(text)
        if angle is None:
            value = numbers.get(text)
            found.append((value, _unread(value, text, columns.at(i, column))))
        elif axis and angle.axis not in (None, axis):
            found.append(
                (None, f"bad_coordinates: {quoted(text)} in {columns.at(i, column)} names the other axis; exchange the two cells")
            )
        else:
            found.append((angle.degrees, ""))
    return found


def _written_angle(text: str) -> Angle | None:
    """The angle of a cell that shows itself to be one; a bare number is left to its column."""
    angle = parse_angle(text)
    return angle if angle is not None and (angle.sexagesimal or angle.axis is not None or "°" in text) else None


def _degree_share(texts: Sequence[str], bounds: Bounds) -> float:
    values = [angle.degrees if (angle := parse_angle(t)) is not None else None for t in texts if not is_blank(t)]
    inside = sum(v is not None and bounds[0] <= v <= bounds[1] for v in values)
    return inside / len(values) if values else 0.0


def minutes_suspected(texts: Sequence[str], source: str) -> list[Decision]:
    """Return a decision when decimals look like degrees and minutes typed as decimals: 106.4536 for 106°45'36\"."""
    decimals = [t for t in texts if parse_angle(t) is not None and not _written_angle(t)]
    chance = looks_sexagesimal(decimals)
    if chance > _ACCIDENT:
        return []
    sample = decimals[0].strip().replace(",", ".")
    whole, _, rest = sample.partition(".")
    rest = f"{rest}0000"
    said = (
        f"no fraction of {len(set(decimals))} coordinates goes above 59 minutes and 59 seconds, which happens by accident with a chance of "
        f"{chance:.2g}: were degrees, minutes and seconds typed as decimals? They were read as decimal degrees, which then lie up to 49 km "
        "off. Write them as 106°45'36\" in the file if so"
    )
    return [
        Decision(
            "number", source, said, f"{sample} read as {sample}°, perhaps {whole}°{rest[:2]}'{rest[2:4]}\"", round(chance, 4)
        )
    ]


def quoted(text: str) -> str:
    """A cell as messages quote it: short, and without the semicolon that separates problems."""
    shown = repr(" ".join(text.replace(";", ",").split())[:60])
    return f"{shown} (its semicolons shown as commas)" if ";" in text else shown


def _sample(first: Sequence[str], second: Sequence[str]) -> str:
    return next((f"{a} {b}" for a, b in zip(first, second, strict=True) if a and b), "")[:80]
