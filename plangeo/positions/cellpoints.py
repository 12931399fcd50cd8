"""One text cell → the points it writes: "X=2417140.524; Y=449158.033", "21°51'00\"N 106°45'36\"E", "21.85, 106.76".

Every way to cut the cell into two numbers is tried; it is read only when exactly one of them lies in the ranges of the
profile. What stands first, northing or easting, is reported, and decided for the whole column by the caller.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal, NamedTuple

from plangeo.positions.angles import HEMISPHERE, parse_angle, plain_signs
from plangeo.profiles import Profile
from plangeo.text import parse_number

MOST_LETTERS, MOST_POINTS = 20_000, 500
_LONGEST = 160
Bounds = tuple[float, float]
Kind = Literal["metres", "degrees"]
Order = Literal["named", "labelled", "bare"]
Form = Literal["point", "polygon", "multipoint", "line", ""]

_DROPPED = re.compile(
    r"(hệ\s+)?t[oọ][aạ]\s*độ|toạ\s*độ|\bvn\s?[-_]?\s?(2000|2k)\b|\bwgs\s?[-_]?\s?84\b|\butm\b(\s*(zone|múi))?(\s*4[89]\s?n?\b)?"
    r"|kinh tuyến( trục)?\s*\d{3}\s*°?\s*\d{0,2}\s*'?|\bktt\s*:?\s*\d{3}\s*[°.,]?\s*\d{0,2}\s*'?|múi( chiếu)?\s*[36]\s*(°|độ)?",
    re.IGNORECASE,
)
_LON = re.compile(r"kinh\s*độ|\blongitude\b|\blong\b|\blng\b|\blon\b", re.IGNORECASE)
_LAT = re.compile(r"v[iĩ]\s*độ|\blatitude\b|\blat\b", re.IGNORECASE)
_ORDINAL = re.compile(
    r"^\s*(?:(?:điểm|mốc|góc|đỉnh|point|p|m|đ|r)\s*\.?\s*)?\(?(?:\d{1,3}|(?<=[^\W\d_])\d{0,3}[a-z]?)\)?\s*[:.)–-]\s+(?=\S)",
    re.IGNORECASE,
)
_DMS = re.compile(r"(\d)\s*d\s*([\d.,]+)\s*m\s*([\d.,]+)\s*s\b", re.IGNORECASE)
_UNIT = re.compile(r"\(\s*m\s*\)|(?<=\d)\s*(?:m|mét|met)\b\.?(?!\s*\d)", re.IGNORECASE)
_LABEL = re.compile(
    rf"(?<![^\W_])(?:(?P<xy>[xy])\d{{0,2}}(?=[\s:=(]|$)|(?P<geo>[φλ])|(?P<geodesy>l)(?=\s*[:=])|(?P<side>{HEMISPHERE})(?![^\W\d_]))"
    rf"|(?<=[\d\"'°])\s*(?P<after>{HEMISPHERE})(?![^\W\d_])",
    re.IGNORECASE,
)
_AREA_WORDS = re.compile(r"góc ranh|ranh giới|ranh đất|đa giác|khép (góc|kín)|polygon|boundary", re.IGNORECASE)
_POINT_WORDS = re.compile(r"các (điểm|vị trí)|nhiều (điểm|vị trí)|multipoint|points", re.IGNORECASE)
_CUT = re.compile(r"\s*,\s+|\s+[-–]\s+|\s*/\s*|\s+|,")


@dataclass(frozen=True)
class Ranges:
    """Where numbers may lie, from the profile; None where it says nothing."""

    north: Bounds | None
    east: Bounds | None
    lat: Bounds
    lon: Bounds
    local: bool
    """True where degrees are held against a country, not only against the globe."""


def ranges_of(profile: Profile) -> Ranges:
    """Return the ranges of a profile; the whole globe where it names no country."""
    box = profile.bounds_lonlat
    lat, lon = ((box[1], box[3]), (box[0], box[2])) if box else ((-90.0, 90.0), (-180.0, 180.0))
    return Ranges(profile.north_range, profile.east_range, lat, lon, box is not None)


class Point(NamedTuple):
    """One point of a cell. ``north`` and ``east`` in metres, or latitude and longitude in degrees."""

    kind: Kind
    north: float
    east: float
    order: Order
    north_first: bool
    """The northing stood first, or under the label X; for named ones: the names agree with the ranges."""
    written: tuple[str, str]


@dataclass(frozen=True)
class Cell:
    """What a cell says: its points in order, the form where the cell states one, or why it is not read."""

    points: tuple[Point, ...] = ()
    form: Form = ""
    fault: str = ""


def read_cell(text: str, ranges: Ranges, header: str = "") -> Cell:
    """Return the points ``text`` writes; ``header`` is the name of its column, which may say what several points are.

    >>> from plangeo.profiles import load_profile
    >>> vn = ranges_of(load_profile("vn"))
    >>> read_cell("X: 2.417.140,524 m  Y: 449.158,033 m", vn).points[0][:3]
    ('metres', 2417140.524, 449158.033)
    >>> read_cell("21,85; 106,76", vn).points[0][:3], read_cell("106.76", vn).fault[:29]
    (('degrees', 21.85, 106.76), 'one number, where a pair is w')
    """
    if len(text) > MOST_LETTERS:
        return Cell(fault=f"the cell has {len(text):,} letters, too many for a place")
    told = unicodedata.normalize("NFC", text)
    form = _form_said(f"{header} {told}")
    plain = _stripped(told)
    found = _labelled(plain, ranges)
    if found is None:
        found = _bare(plain, ranges)
    if isinstance(found, str):
        return Cell(fault=found)
    if len(found) > MOST_POINTS:
        return Cell(fault=f"{len(found)} points in one cell are too many; write them as a corner list, one row per corner")
    return Cell(tuple(found), _form(found, form))


def _stripped(text: str) -> str:
    """The cell without words about the system, units, brackets and the numbering of its lines."""
    plain = _LAT.sub(" φ ", _LON.sub(" λ ", _DROPPED.sub(" ", text)))
    lines = [_ORDINAL.sub("", line) for line in plain.splitlines()]
    plain = _UNIT.sub(" ", _DMS.sub(r"\1°\2'\3" + '"', plain_signs("\n".join(lines))))
    return re.sub(r"[()\[\]{}]", " ", re.sub(r"[)\]]\s*[,;]?\s*[(\[]", "\n", plain)).strip()


def _form_said(text: str) -> Form:
    area, points = bool(_AREA_WORDS.search(text)), bool(_POINT_WORDS.search(text))
    return "" if area == points else "polygon" if area else "multipoint"


def _form(points: list[Point], said: Form) -> Form:
    if len(points) == 1:
        return "point"
    if said:
        return said
    return "polygon" if len(points) >= 4 and points[0][1:3] == points[-1][1:3] else ""


def _labelled(text: str, ranges: Ranges) -> list[Point] | str | None:
    """Points with letters before or behind their numbers; None when there are no letters."""
    hits = list(_LABEL.finditer(text))
    if not hits:
        return None
    letters = [(h["xy"] or h["geo"] or h["geodesy"] or h["side"] or h["after"]).lower() for h in hits]
    gaps = [text[a.end() : b.start()] for a, b in itertools.pairwise(hits)]
    before, after = text[: hits[0].start()], text[hits[-1].end() :]
    prefix = not re.search(r"\d", before)
    chunks = [_trimmed(c) for c in ([*gaps, after] if prefix else [before, *gaps])]
    if prefix and not any(re.search(r"\d", c) for c in chunks[:-1]):
        return _bare(chunks[-1], ranges)  # "X, Y: 2417140.524; 449158.033"
    if not prefix and re.search(r"\d", after):
        return "letters stand before some numbers and behind others"
    if not all(re.search(r"\d", c) for c in chunks) or len(chunks) % 2:
        return "not every letter has one number; a point is a pair"
    if re.search(r"[^\W\d_φλ]", re.sub(r"(?<=\d)\s*[dmso](?=[\s\d'\"]|$)", "", "".join(chunks), flags=re.IGNORECASE)):
        return "there are words in it that are not understood"
    if {"n"} & set(letters) and {"đ", "đông", "dong", "t", "tây", "tay"} & set(letters):
        return "N may mean north or Nam (south) beside Vietnamese letters; write B for north"
    points = []
    for i in range(0, len(chunks), 2):
        point = _named_pair(letters[i : i + 2], chunks[i : i + 2], ranges)
        if isinstance(point, str):
            return point
        points.append(point)
    return points


def _named_pair(letters: list[str], texts: list[str], ranges: Ranges) -> Point | str:
    axes = [_axis(letter) for letter in letters]
    order: Order = "labelled" if set(letters) <= {"x", "y"} else "named"
    if axes[0] == axes[1]:
        return f"both numbers are called {letters[0].upper()}" if letters[0] == letters[1] else "both numbers belong to one axis"
    first, second = (texts[0], texts[1]) if axes[0] == "north" else (texts[1], texts[0])
    if (
        order == "named"
        and any(s.lower() in ("s", "nam", "south", "w", "t", "tây", "tay", "west") for s in letters)
        and ranges.local
    ):
        return "south and west lie outside the country"
    return _only(_pairs(first, second, ranges, order), first, second, order)


def _axis(letter: str) -> str:
    """North for X, φ and the letters of latitude: Vietnamese lists call the northing X."""
    if letter in ("x", "φ"):
        return "north"
    if letter in ("y", "λ", "l"):
        return "east"
    angle = parse_angle(f"1{'°'}{letter}")
    return "north" if angle is not None and angle.axis == "lat" else "east"


def _bare(text: str, ranges: Ranges) -> list[Point] | str:
    """Points without letters: each piece a pair, or each piece one number and two of them a pair."""
    pieces = [p for p in (_trimmed(piece) for piece in re.split(r"[;|\n]", text)) if p]
    if not pieces:
        return "there is no number in it"
    if re.search(r"[^\W\d_]", re.sub(r"(?<=\d)\s*[dmso](?=[\s\d'\"]|$)", "", text, flags=re.IGNORECASE)):
        return "there are words in it that are not understood"
    singles = [bool(_values(p, ranges)) for p in pieces]
    if all(singles):
        if len(pieces) % 2:
            return "one number, where a pair is wanted" if len(pieces) == 1 else "an odd number of numbers; a point is a pair"
        found = [_only(_pairs(a, b, ranges, "bare"), a, b, "bare") for a, b in zip(pieces[::2], pieces[1::2], strict=True)]
    else:
        found = [_cut(piece, ranges) for piece in pieces]
    fault = next((f for f in found if isinstance(f, str)), None)
    return fault if fault is not None else [f for f in found if isinstance(f, Point)]


def _cut(piece: str, ranges: Ranges) -> Point | str:
    if len(piece) > _LONGEST:
        return f"{piece[:40]!r}… is too long for one point; put every point on a line of its own"
    ways = [p for c in _CUT.finditer(piece) for p in _pairs(piece[: c.start()], piece[c.end() :], ranges, "bare")]
    return _only(ways, piece, "", "bare")


def _only(ways: list[Point], first: str, second: str, order: Order) -> Point | str:
    """The one way to read a pair, or the reason why there is none."""
    distinct = {(p.kind, p.north, p.east): p for p in ways}
    shown = " and ".join(repr(t[:40]) for t in (first, second) if t)
    if len(distinct) == 1:
        return next(iter(distinct.values()))
    if distinct:
        return f"{shown} can be read in {len(distinct)} ways"
    return f"there is no northing with an easting, and no latitude with a longitude, of this country in {shown}"


def _values(text: str, ranges: Ranges) -> list[tuple[Kind, float]]:
    """All plausible values of a text: degrees, or metres with decimals after a comma or a point."""
    found: dict[tuple[Kind, float], None] = {}
    angle = parse_angle(text)
    if angle is not None and (
        angle.sexagesimal or not ranges.local or _in(angle.degrees, ranges.lat) or _in(angle.degrees, ranges.lon)
    ):
        found["degrees", angle.degrees] = None
    if ranges.north and ranges.east:
        for style in ("comma", "point"):
            value = parse_number(text, style)
            if value is not None and (_in(value, ranges.north) or _in(value, ranges.east)):
                found["metres", value] = None
    elif (value := parse_number(text)) is not None and abs(value) > 1_000:
        found["metres", value] = None
    return list(found)


def _pairs(first: str, second: str, ranges: Ranges, order: Order) -> list[Point]:
    """All readings of two texts as one northing and one easting, in either order; ``named`` ones in the order given only."""
    found = []
    for kind, a in _values(first, ranges):
        for other, b in _values(second, ranges):
            if kind != other:
                continue
            north, east = (ranges.north, ranges.east) if kind == "metres" else (ranges.lat, ranges.lon)
            there = _in(a, north) and _in(b, east)
            back = _in(b, north) and _in(a, east)
            if there == back and order != "named":
                continue  # nothing says which is which
            if there:
                found.append(Point(kind, a, b, order, True, (first, second)))
            elif back:
                found.append(Point(kind, b, a, order, False, (first, second)))
    return found


def _in(value: float, bounds: Bounds | None) -> bool:
    return bounds is None or bounds[0] <= value <= bounds[1]


def _trimmed(text: str) -> str:
    return text.strip(" \t\n\r:=;,|/&").strip("-– ") if not re.match(r"\s*-\d", text) else text.strip(" \t\n\r:=;,|/&")
