"""Which reading of its coordinates fits a list best, judged by where its own words say the sites are.

Every plausible reading puts every site somewhere; the sites that then lie in their declared administrative unit, in the
boundary map at all, and in its box are counted. Readings are told apart only where the counts tell them apart: two datums
224 m from one another look alike in a list of towns. Nothing is changed here, and nothing is chosen for anybody.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from plangeo.adminunits.places import list_span, resolve
from plangeo.adminunits.unitmaps import UnitMap, lie, read_unit_map
from plangeo.adminunits.unitregister import Span, UnitRegister
from plangeo.crsdoctor.crsreadings import WGS84, Floats, Reading, list_readings, shift
from plangeo.geometry import transformation
from plangeo.profiles import Profile
from plangeo.text import fold

FAR_M = 2_000.0
"""Readings closer than this look alike on a map of communes: 224 m of datum, 727 m of scale, 950 m between VN-2000 and HN-72."""
CHANCE = 0.05
"""Sites speak for a reading when so many would do so by chance in at most this share of cases."""
EXPLAINS = 0.6
"""A reading explains a list when this share of its sites lies in the declared unit: up to 40 % of names may be stale or wrong."""
CONTRADICTED = 0.2
"""A reading is contradicted below this share. A wrong meridian leaves about 0 %, a wrong datum more than 90 %."""
FEWEST = 2
"""One site alone may simply be declared wrongly: among thirty readings, one may fit it by chance."""
MOST_SITES = 5_000
"""Of longer lists so many sites, evenly spread, are looked at."""

Bools = NDArray[np.bool_]

_KIND = re.compile(r"(?:xa|phuong|thi tran|dac khu|thi xa|thanh pho|huyen|quan|tinh|tt|tx|tp|x|p|h|q)(?:\.\s*|\s+)(.+)")
_SEPARATOR = re.compile(r"[;,/+&\n()]| và | and ", re.IGNORECASE)


@dataclass(frozen=True)
class Ground:
    """A boundary map on WGS 84, and which of its units each site declares."""

    shapes: NDArray[Any]
    declared: Bools
    """Units × sites: True where the declared text may mean the unit."""
    box: tuple[float, float, float, float]
    units: int

    @property
    def asked(self) -> Bools:
        """Sites whose declared unit is on the map."""
        return np.asarray(self.declared.any(axis=0))


@dataclass(frozen=True)
class Score:
    """What a reading makes of the sites: for each, whether it lies where it should; and how far it is from the one in use."""

    reading: Reading
    lonlat: tuple[Floats, Floats] = field(repr=False)
    declared: Bools = field(repr=False)
    """Sites in their declared unit."""
    mapped: Bools = field(repr=False)
    """Sites in any unit of the boundary map."""
    boxed: Bools = field(repr=False)
    """Sites in the box of the boundary map, else of the country."""
    local: Bools = field(repr=False)
    """Sites in the area EPSG names for the system; a hint, no evidence: lists do stand in a neighbour's system."""
    move_m: float = float("nan")
    """Median distance from where the reading in use puts the sites."""
    move_azimuth: float = float("nan")
    """Direction of that way, degrees from north."""

    def rank(self, used: Score | None) -> tuple[int, ...]:
        """Return how it compares, the better the greater: what sites say; then the least change; then EPSG's areas."""
        declared, mapped, boxed, local = (int(v.sum()) for v in (self.declared, self.mapped, self.boxed, self.local))
        alike = used is not None and used.reading.code == self.reading.code
        return declared, mapped, boxed, int(self is used), int(self.reading.plain), int(alike), local


@dataclass(frozen=True)
class Alike:
    """A reading that these data cannot tell from the best one."""

    score: Score
    apart_m: float
    azimuth: float
    near: int
    """Sites closer than that to the border of their declared unit: the only ones that could tell."""
    against: int
    """Of these, sites that lie in their unit by the best reading only."""
    favour: int
    """Sites that lie in their unit by this reading only."""

    fits: int = 0
    """Sites that lie right by this reading, be it by the best as well."""

    @property
    def leans(self) -> bool:
        """True when sites beside borders speak for the best reading and not for this one: a hint, no proof."""
        return speaks(self.against, self.favour)


@dataclass(frozen=True)
class Diagnosis:
    """What the doctor found."""

    rows: int
    placed: int
    chosen: tuple[int, ...] = field(repr=False)
    """Positions of the rows looked at; scores stand in this order."""
    meant: Bools = field(repr=False)
    """Sites looked at whose declared unit is on the boundary map."""
    units: int
    """Units of the boundary map; 0 without one."""
    scores: tuple[Score, ...]
    """Readings that put any site into the country, best first."""
    tried: int
    in_use: Score | None
    alike: tuple[Alike, ...]
    """Readings that cannot be told from the best, nearest first."""
    second: Score | None
    """The best of those that can."""
    rest: tuple[Score, int, int] | None
    """Another system in the same list: the reading, how many of the sites the best does not explain it does, and of how many."""

    @property
    def asked(self) -> int:
        """Sites looked at whose declared unit is on the boundary map."""
        return int(self.meant.sum())

    @property
    def looked_at(self) -> int:
        return len(self.chosen)

    def outside(self) -> list[tuple[int, bool]]:
        """Return the rows the best reading leaves outside the unit they declare: position, and whether exchanging x and y of
        that row alone would put it inside.
        """
        best = self.best
        if best is None or not self.asked:
            return []
        turned = self._turned(best)
        left = np.flatnonzero(self.meant & ~best.declared)
        return [(self.chosen[int(n)], turned is not None and bool(turned.declared[n])) for n in left]

    def turned_rows(self) -> list[int]:
        """Return the rows that lie on the map (or in the country) only with x and y of that row alone exchanged: positions."""
        best = self.best
        turned = None if best is None else self._turned(best)
        if best is None or turned is None:
            return []
        mine, theirs = (s.mapped if self.units else s.boxed for s in (best, turned))
        return [self.chosen[int(n)] for n in np.flatnonzero(theirs & ~mine)]

    def _turned(self, score: Score) -> Score | None:
        """The same system with the axes the other way round."""
        mine = score.reading
        return next((s for s in self.scores if s.reading.crs == mine.crs and s.reading.swapped is not mine.swapped), None)

    @property
    def best(self) -> Score | None:
        return self.scores[0] if self.scores else None

    @property
    def kept(self) -> bool:
        """True when nothing here speaks against the reading in use."""
        if self.in_use is None or self.best is None:
            return False
        return self.in_use is self.best or any(a.score is self.in_use for a in self.alike)

    def share(self, score: Score) -> float:
        """Share of the sites asked that lie in their declared unit; without any, of all in the map or box."""
        if self.asked:
            return float(score.declared.sum()) / self.asked
        found = score.mapped if self.units else score.boxed
        return float(found.sum()) / self.looked_at if self.looked_at else 0.0

    @property
    def proposed(self) -> Score | None:
        """The reading to be proposed instead of the one in use; None when there is none that explains the list."""
        if self.best is None or self.kept or self.share(self.best) < EXPLAINS:
            return None
        if not self.units and any(a.apart_m >= FAR_M for a in self.alike):
            return None  # only the country is known, and it is large
        return self.best

    @property
    def contradicted(self) -> bool:
        """True when the declared units say that the reading in use is wrong and another right: nothing may be built on it."""
        best, used = self.proposed, self.in_use
        if best is None or used is None or not self.asked:
            return False
        gained = int((best.declared & ~used.declared).sum())
        return self.share(used) < CONTRADICTED and gained >= FEWEST


def examine(
    x: Floats,
    y: Floats,
    in_use: pyproj.CRS | None,
    profile: Profile,
    districts: gpd.GeoDataFrame | None = None,
    declared: Sequence[str] | None = None,
    above: Sequence[str] | None = None,
    days: Sequence[str] | None = None,
) -> Diagnosis:
    """Score every plausible reading of the pairs ``x``, ``y`` (as written; NaN where a row has none).

    Parameters: ``in_use`` the CRS stated by the file or the user, x being the easting; ``districts`` a table of the DISTRICTS
    contract; ``declared`` the unit each row names, ``above`` the greater one by a column of its own, ``days`` the day of the list.
    """
    there = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    chosen = there if len(there) <= MOST_SITES else there[np.linspace(0, len(there) - 1, MOST_SITES).astype(int)]
    px, py = np.asarray(x, dtype=float)[chosen], np.asarray(y, dtype=float)[chosen]
    columns = [[""] * len(chosen) if c is None else [str(c[int(i)]) for i in chosen] for c in (declared, above, days)]
    texts = list(zip(*columns, strict=True))
    ground = None if districts is None else ground_of(districts, texts, profile.units)
    used = None if in_use is None else Reading(in_use)
    begun = [] if used is None or not len(px) else _scores([used], px, py, ground, profile)
    tried = [r for r in list_readings(profile, px, py) if used is None or not (r.plain and _same(r, used))]
    scores = [*begun, *_scores(tried, px, py, ground, profile)]
    scores = [s for s in scores if s.boxed.any() or (begun and s is begun[0])]
    if begun:
        scores = [s if s is begun[0] else _moved(s, begun[0]) for s in scores]
    in_use_score = begun[0] if begun else None
    scores.sort(key=lambda s: s.rank(in_use_score), reverse=True)  # stable: at last the order of the profile
    alike = _alike(scores, ground)
    known = {id(scores[0]), *(id(a.score) for a in alike)} if scores else set()
    return Diagnosis(
        rows=len(x),
        placed=len(there),
        chosen=tuple(int(n) for n in chosen),
        meant=np.zeros(len(chosen), dtype=bool) if ground is None else ground.asked,
        units=0 if ground is None else ground.units,
        scores=tuple(scores),
        tried=len(tried) + len(begun),
        in_use=in_use_score,
        alike=tuple(alike),
        second=next((s for s in scores if id(s) not in known), None),
        rest=_rest(scores, ground),
    )


def _same(one: Reading, other: Reading) -> bool:
    return bool(one.code) and one.code == other.code  # PROJ calls an unknown datum equal to any on its ellipsoid


def ground_of(
    districts: gpd.GeoDataFrame, declared: Sequence[tuple[str, str, str]], register: UnitRegister | None = None
) -> Ground:
    """Return a boundary map for scoring: on WGS 84, with the units each declared text (text, greater unit, day) may mean."""
    usable = districts[districts.geometry.notna()]
    transformation(usable.crs, WGS84)
    moved = usable.geometry.to_crs(WGS84)  # corners only: edges bend by a metre or two, which decides nothing here
    shapes = moved.to_numpy()
    shapely.prepare(shapes)
    names = list(zip(usable["district_id"].astype(str), usable["district_name"].astype(str), strict=True))
    above = usable["parent_name"].astype(str).tolist() if "parent_name" in usable else [""] * len(usable)
    drawn = (
        None
        if register is None
        else read_unit_map([(*name, higher) for name, higher in zip(names, above, strict=True)], register)
    )
    west, south, east, north = (float(v) for v in moved.total_bounds) if len(moved) else (math.inf,) * 4
    return Ground(shapes, declared_units(declared, names, drawn), (west, south, east, north), len(shapes))


def declared_units(
    declared: Sequence[tuple[str, str, str]], units: Sequence[tuple[str, str]], drawn: UnitMap | None = None
) -> Bools:
    """Return, units × texts, which unit (identifier, name) a declared text may mean; names of other days through ``drawn``.

    A text stands with the greater unit of a column of its own and the day of its list, each empty where not known.
    A name is compared without its kind, tone marks and case; of several units that bear it all may be meant, which makes the
    doctor milder than the check `district`, never stricter.
    """
    bearers: dict[str, set[int]] = {}
    for row, (given, name) in enumerate(units):
        for word in (given, re.sub(r"#\d+$", "", given), fold(name), _plain(name)):
            if word:
                bearers.setdefault(word, set()).add(row)
    found = np.zeros((len(units), len(declared)), dtype=bool)
    known: dict[tuple[str, str, str], list[int]] = {}
    row_of = {given: row for row, (given, _) in enumerate(units)}
    for column, said in enumerate(declared):
        text, above, day = said
        if said not in known and drawn is not None:
            lies = [lie(mention, drawn) for mention in resolve(text, drawn.register, _span(day), within=above).mentions]
            if met := {row_of[given] for there in lies for given in there.most}:
                known[said] = sorted(met)
        if said not in known:
            parts = [p.strip() for p in _SEPARATOR.split(text) if p.strip()]
            words = {w for p in (text.strip(), *parts) for w in (p, fold(p), _plain(p))}
            known[said] = sorted({row for w in words for row in bearers.get(w, ())})
        found[known[said], column] = True
    return found


def _span(day: str) -> Span:
    try:
        return list_span(day)
    except ValueError:  # told when the list was read; without a day every reading counts
        return None, None


def _plain(name: str) -> str:
    folded = fold(name)
    match = _KIND.fullmatch(folded)
    return match[1] if match else folded


def _scores(readings: Sequence[Reading], x: Floats, y: Floats, ground: Ground | None, profile: Profile) -> list[Score]:
    """Place all sites by all readings at once and count them unit by unit."""
    if not readings:
        return []
    places = [r.lonlat(x, y) for r in readings]
    lon, lat = (np.array([p[axis] for p in places]) for axis in (0, 1))
    declared, mapped = np.zeros(lon.shape, dtype=bool), np.zeros(lon.shape, dtype=bool)
    box = profile.bounds_lonlat or (-180.0, -90.0, 180.0, 90.0)
    if ground is not None:
        box = ground.box
        for row, (west, south, east, north) in enumerate(shapely.bounds(ground.shapes)):
            near = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
            if near.any():
                hit = np.zeros_like(near)
                hit[near] = shapely.contains_xy(ground.shapes[row], lon[near], lat[near])
                mapped |= hit
                declared |= hit & ground.declared[row]
    boxed = (lon >= box[0]) & (lon <= box[2]) & (lat >= box[1]) & (lat <= box[3])
    return [
        Score(r, places[n], declared[n], mapped[n], boxed[n], _in_area(r.crs, lon[n], lat[n])) for n, r in enumerate(readings)
    ]


def _in_area(crs: pyproj.CRS, lon: Floats, lat: Floats) -> Bools:
    area = crs.area_of_use
    if area is None:
        return np.zeros(len(lon), dtype=bool)
    return np.asarray((lon >= area.west) & (lon <= area.east) & (lat >= area.south) & (lat <= area.north))


def _moved(score: Score, used: Score) -> Score:
    metres, azimuth = shift(used.lonlat, score.lonlat)
    return Score(
        score.reading, score.lonlat, score.declared, score.mapped, score.boxed, score.local, move_m=metres, move_azimuth=azimuth
    )


def _evidence(score: Score, ground: Ground | None) -> Bools:
    """The strongest evidence there is: declared units, else the boundary map, else the box of the country."""
    if ground is None:
        return score.boxed
    return score.declared if ground.declared.any() else score.mapped


def _alike(scores: Sequence[Score], ground: Ground | None) -> list[Alike]:
    if not scores:
        return []
    best = scores[0]
    found = []
    mine = _evidence(best, ground)
    if not mine.any():
        return []
    for other in scores[1:]:
        theirs = _evidence(other, ground)
        against, favour = int((mine & ~theirs).sum()), int((theirs & ~mine).sum())
        apart, azimuth = shift(best.lonlat, other.lonlat)
        if math.isnan(apart):  # one of the two puts the sites nowhere on earth
            apart = math.inf
        if not told_apart(against, favour, apart):
            near = 0 if ground is None else _near_borders(best, ground, apart)
            found.append(Alike(other, apart, azimuth, near, against, favour, int(theirs.sum())))
    return sorted(found, key=lambda a: a.apart_m)


def told_apart(against: int, favour: int, apart_m: float) -> bool:
    """Say whether sites that lie right by one reading only (``against`` the other, in ``favour`` of it) tell two readings apart.

    Readings closer than FAR_M are never told apart by outlines: what sites beside borders say of them is a hint, because the
    map may itself be off. Further apart, one unopposed site is enough, or more sites than chance would give.

    >>> told_apart(1, 0, 232_580), told_apart(50, 0, 224), told_apart(9, 8, 25_842)
    (True, False, False)
    """
    return apart_m >= FAR_M and (favour == 0 < against or speaks(against, favour))


def speaks(against: int, favour: int) -> bool:
    """Say whether more sites speak one way than chance would give (sign test).

    >>> speaks(4, 0), speaks(5, 0), speaks(90, 50), speaks(9000, 5000)
    (False, True, True, True)
    """
    trials = against + favour
    if against <= favour:
        return False
    if trials > 1_000:  # the exact sum is needless: five standard deviations of a fair coin are plain
        return bool(against - favour > 5 * math.sqrt(trials))
    return bool(sum(math.comb(trials, k) for k in range(against, trials + 1)) / 2**trials <= CHANCE)


def _near_borders(best: Score, ground: Ground, apart_m: float) -> int:
    """How many sites lie in their declared unit closer to its border than two readings are apart."""
    if not apart_m < FAR_M * 5:
        return 0
    count = 0
    for row in np.flatnonzero(ground.declared.any(axis=1)):
        sites = np.flatnonzero(ground.declared[row] & best.declared)
        if not len(sites):
            continue
        lat = float(np.median(best.lonlat[1][sites]))
        scale = np.array([111_320.0 * math.cos(math.radians(lat)), 110_800.0])
        border = _scaled(shapely.boundary(ground.shapes[row]), scale)
        places = shapely.points(np.column_stack([best.lonlat[0][sites], best.lonlat[1][sites]]) * scale)
        count += int((shapely.distance(border, places) <= apart_m).sum())
    return count


def _scaled(shape: Any, scale: Floats) -> Any:
    return shapely.transform(shape, lambda pairs: pairs * scale)


def _rest(scores: Sequence[Score], ground: Ground | None) -> tuple[Score, int, int] | None:
    """Look for a second system among the sites the best reading does not explain."""
    if ground is None or len(scores) < 2 or not scores[0].declared.any():
        return None
    left = ground.asked & ~scores[0].declared
    others = [s for s in scores[1:] if not shift(scores[0].lonlat, s.lonlat)[0] < FAR_M]
    if not others or not left.any():
        return None
    other = max(others, key=lambda s: int((s.declared & left).sum()))
    explained, count = int((other.declared & left).sum()), int(left.sum())
    return (other, explained, count) if explained >= max(FEWEST + 1, EXPLAINS * count) else None
