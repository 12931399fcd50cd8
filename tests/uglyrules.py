"""Hypothesis strategies for rulebooks as they should not be, and a referee that reads them on its own.

Plans end on the day, the day before or never; rules speak of a class, of the one above it and of every use at once; bounds are 0, tiny
or huge; thresholds forgive next to nothing or nearly everything; uses have names that differ by accents, case and width only.

The ground is a sheet of squares of 1 m, so that the referee counts squares instead of measuring. It knows the file as written
(dictionaries), never a ``Rulebook``, and says no only where no reading of the file could permit.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import shapely
from hypothesis import strategies as st

from tests.makers import CLASSES, plan, rule, rulebook_text, site, sites, zones
from tests.makers import square as whole_square

Book = dict[str, Any]
DAY = dt.date(2025, 7, 1)
SHEET = 8
"""Metres of one side of the sheet."""
OVERLAY = "KKT"
KNOWN = [*CLASSES, {"code": OVERLAY, "name": "Khu kinh tế", "overlay": True}]
PARENTS: Mapping[str, str | None] = {c["code"]: c.get("parent") for c in KNOWN}
STRANGER = "XXX"
VERDICTS = ("permitted", "conditional", "unknown", "not_permitted")
DAYS = (None, "2025-06-30", "2025-07-01", "2025-07-01", "2025-07-02")
SIZES = (0, 1e-9, 1, 12.5, 1e12)
ALIASES = (
    "Nhà ở",
    "NHÀ Ở",
    "nha o",
    "Ｎｈà ở",
    "Nhà ở",
    " nhà  ở ",
    "housing",
    "HOUSING",
    "ｈｏｕｓｉｎｇ",
    "khu đô thị",
    "KHU DO THI",
)
"""Texts that name one use: by code, name and synonym; composed and not, full width, upper case, without marks, with spaces."""

_day = st.sampled_from(DAYS)
_code = st.sampled_from([*PARENTS])
_use = st.sampled_from(["housing", "housing", "*", "industrial_park"])
_grid = st.integers(0, SHEET)


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    """A condition on a size of the ground, of the site, or on a column the register may lack."""
    name = draw(st.sampled_from(["area_m2", "share", "site_area_m2", "storeys", "on_border"]))
    return {
        "field": name,
        "op": draw(st.sampled_from(["<", "<=", ">=", ">", "=="])),
        "value": draw(st.sampled_from([-1, *SIZES])),
    }


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    """One rule; of a class, of a list, or of every use."""
    verdict = draw(st.sampled_from(["permitted", *VERDICTS]))
    zone = draw(st.one_of(_code, _code, st.lists(_code, min_size=1, max_size=3, unique=True)))
    more: dict[str, Any] = {}
    if draw(st.integers(0, 3)) == 0:
        more["conditions"] = draw(st.lists(conditions(), min_size=1, max_size=2))
        more["otherwise"] = draw(st.sampled_from(VERDICTS[1:]))
    first, last = draw(_day), draw(_day)
    if draw(st.booleans()) and not (first and last and first > last):
        more |= {"from": first, "to": last}
    return rule(draw(_use), zone, verdict) | more


@st.composite
def thresholds(draw: st.DrawFn) -> dict[str, Any]:
    """What a rulebook forgives: nothing to speak of, or nearly all."""
    bounds = {"area_m2": st.sampled_from(SIZES[1:]), "share": st.sampled_from([1e-9, 0.01, 0.2, 0.5, 0.999999])}
    names = draw(st.sampled_from([("area_m2",), ("share",), ("area_m2", "share")]))
    place = draw(st.sampled_from(["*", "*", "RPH", "RPH", "LUA", "NNP", "PNN"]))
    return {"use": draw(st.sampled_from(["*", "housing"])), "zone": place} | {n: draw(bounds[n]) for n in names}


@st.composite
def plans(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A plan that mostly holds, one that may, and one of another theme; each may have a successor."""
    found = []
    for name, often in (("P1", 4), ("P2", 1), ("F", 2)):
        columns: dict[str, Any] = {"accuracy_m": draw(st.sampled_from([0, 0, 0, 1e-9]))}
        if draw(st.integers(0, often)) == 0:
            first, last = draw(_day), draw(_day)
            if not (first and last and first > last):
                columns |= {"valid_from": first, "valid_to": last}
            columns["status"] = draw(
                st.sampled_from(["", "", "under_adjustment", "draft", "hết hiệu lực", "không rõ", "revoked"])
            )
        found.append(plan(name, theme="forest" if name == "F" else "land_use", **columns))
    if draw(st.integers(0, 3)) == 0:
        found[1]["successor"] = draw(st.sampled_from(["P1", "F"]))
    return found


@st.composite
def orders(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Entries of precedence that agree with one another, whole or in pairs, in any order."""
    names = draw(st.permutations(["P1", "P2", "F"]))
    pairs = draw(st.sampled_from([(), (names[:2],), (names,), (names[:2], names[1:]), (names[1:], names[:2])]))
    return [{"order": list(p), "from": draw(st.sampled_from(["2000-01-01", "2025-07-01", "2025-07-02"]))} for p in pairs]


@st.composite
def rulebooks(draw: st.DrawFn, *, conditions_too: bool = True) -> Book:
    """Sections of a rulebook that may be read (rules that contradict one another are left out), for ``rulebook_text``."""
    kept: list[dict[str, Any]] = []
    taken: set[tuple[str, str]] = set()
    drawn = draw(st.lists(rules(), max_size=5))
    since = draw(st.sampled_from([{}, {"from": DAY.isoformat()}, {"to": DAY.isoformat()}]))
    usual = [
        rule("housing", "PNN", "permitted") | since,
        rule("*", "RPH", "not_permitted"),
        rule("housing", "LUA", "conditional"),
    ]
    for one in [usual[0], *drawn, *(r for r in usual[1:] if draw(st.integers(0, 3)))]:
        pairs = {(one["use"], zone) for zone in listed(one["zone"])}
        if taken.isdisjoint(pairs) and (conditions_too or "conditions" not in one):
            kept.append(one)
            taken |= pairs
    return {
        "plans": draw(plans()),
        "classes": KNOWN,
        "rules": draw(st.permutations(kept)),
        "thresholds": draw(st.lists(thresholds(), max_size=3)),
        "precedence": draw(orders()),
    }


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True)
class Sheet:
    """Zones and sites as rectangles of whole squares: (west, south, east, north) in metres from the sheet's corner."""

    zones: tuple[tuple[str, str, tuple[int, int, int, int]], ...]
    """(plan, class, rectangle)"""
    sites: tuple[tuple[int, int, int, int], ...]
    uses: tuple[str, ...] = field(default=())

    def zone_frame(self) -> gpd.GeoDataFrame:
        return zones(*((f"z{n}", code, rectangle(*at), plan_id) for n, (plan_id, code, at) in enumerate(self.zones)))

    def site_frame(self, **columns: Any) -> gpd.GeoDataFrame:
        rows = zip(self.sites, self.uses or ["housing"] * len(self.sites), strict=True)
        return sites(*(site(f"S{n}", rectangle(*at), use, **columns) for n, (at, use) in enumerate(rows)))

    def squares(self, site: int) -> list[list[tuple[str, str]]]:
        """For each square of a site the zones over it, as (plan, class)."""
        west, south, east, north = self.sites[site]
        return [
            [(p, c) for p, c, (w, s, e, n) in self.zones if w <= x < e and s <= y < n]
            for x in range(west, east)
            for y in range(south, north)
        ]


def rectangle(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    corner = whole_square(west, south, 1).bounds
    return shapely.box(corner[0], corner[1], corner[0] + east - west, corner[1] + north - south)


@st.composite
def rectangles(draw: st.DrawFn) -> tuple[int, int, int, int]:
    (west, east), (south, north) = (sorted((draw(_grid), draw(_grid))) for _ in range(2))
    return west, south, max(east, west + 1), max(north, south + 1)


@st.composite
def sheets(draw: st.DrawFn, *, plan_ids: Sequence[str] = ("P1", "P1", "P2", "F", "Q"), most: int = 4) -> Sheet:
    """Mostly one zone of housing over all, with others over it; ``Q`` is a plan that no rulebook knows."""
    codes = [*PARENTS, "ODT", "ODT", "RPH", "RPH", "LUC", STRANGER, ""]
    drawn = [("P1", "ODT", (-1, -1, SHEET + 2, SHEET + 2))] if draw(st.integers(0, 4)) else []
    for _ in range(draw(st.integers(0 if drawn else 1, 3))):
        drawn.append((draw(st.sampled_from(plan_ids)), draw(st.sampled_from(codes)), draw(rectangles())))
    return Sheet(tuple(drawn), tuple(draw(st.lists(rectangles(), min_size=1, max_size=most))))


def text_of(book: Book, **sections: Any) -> str:
    return rulebook_text(**(book | sections))


def shuffled(book: Book, order: Any) -> str:
    """The same book with the entries of every section, and the sections, in another order; ``order`` is a ``random.Random``."""
    whole = json.loads(text_of(book))
    for entries in whole.values():
        if isinstance(entries, list):
            order.shuffle(entries)
    names = list(whole)
    order.shuffle(names)
    return json.dumps({name: whole[name] for name in names}, ensure_ascii=False)


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Codes of classes, plans and uses by other names, wherever a book writes them as a whole text."""
    if isinstance(value, Mapping):
        return {k: renamed(v, names) for k, v in value.items()}
    if isinstance(value, list):
        return [renamed(v, names) for v in value]
    return names.get(value, value) if isinstance(value, str) else value


class Referee:
    """What the file permits at most, by counting squares."""

    def __init__(self, book: Book, use: str = "housing", day: dt.date = DAY, open_counts: bool = False) -> None:
        self._book, self._use, self._day, self._open_counts = book, use, day.isoformat(), open_counts
        self._plans = {p["plan_id"]: p for p in book["plans"]}
        self._live = [r for r in book["rules"] if self._holds(r)]
        self._above = {
            (high, low)
            for entry in book["precedence"]
            if self._holds(entry)
            for n, high in enumerate(entry["order"])
            for low in entry["order"][n + 1 :]
        }

    def _holds(self, entry: Mapping[str, Any], first: str = "from", last: str = "to") -> bool:
        return (entry.get(first) or "") <= self._day <= (entry.get(last) or "9999")

    def state(self, plan_id: str) -> str:
        """``live``, ``dead`` or ``open``."""
        stated = self._plans.get(plan_id)
        if stated is None:
            return "open"
        if not ((stated["valid_from"] or "") <= self._day <= (stated["valid_to"] or "9999")):
            return "dead"
        if stated.get("status") == "không rõ":
            return "open"
        if stated.get("status") in ("draft", "hết hiệu lực", "revoked"):
            return "dead"
        if not stated["valid_from"]:
            return "open"
        heir = self._plans.get(stated.get("successor", ""))
        if self._day >= stated["valid_from"] and heir and heir.get("status") != "draft":
            begun = not heir["valid_from"] or heir["valid_from"] <= self._day
            if begun and (not heir["valid_from"] or heir.get("status") in ("không rõ", "revoked")):
                return "open"
            if begun:
                return "dead"
        return "live" if self._holds(stated, "valid_from", "valid_to") else "dead"

    def _theme(self, plan_id: str) -> str:
        return str(self._plans.get(plan_id, {}).get("theme", ""))

    def governing(self, over: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """The zones that count on a square: of plans in force that no governing plan goes before."""
        counted = ("live", "open") if self._open_counts else ("live",)
        live = [(p, c) for p, c in over if self.state(p) in counted]
        waiting, kept = {p for p, c in live if c != OVERLAY}, set()
        while waiting:
            first = {p for p in waiting if not any((q, p) in self._above for q in waiting)}
            waiting -= first
            kept |= {p for p in first if not any((q, p) in self._above for q in kept)}
        return [(p, c) for p, c in live if c == OVERLAY or p in kept]

    def rule_for(self, code: str) -> dict[str, Any] | None:
        here: str | None = code
        while here:
            for use in (self._use, "*"):
                for one in self._live:
                    if one["use"] == use and here in listed(one["zone"]):
                        return one | {"asked": (use, here)}
            here = PARENTS.get(here)
        return None

    def says(self, code: str, squares: Sequence[Sequence[tuple[str, str]]], columns: Mapping[str, Any]) -> str | None:
        """The verdict of a class for a site; None of an overlay without a rule, ``nobody`` where no rule speaks."""
        if code not in PARENTS:
            return "nobody"
        found = self.rule_for(code)
        if found is None:
            return None if code == OVERLAY else "nobody"
        ground = sum(any((self.rule_for(c) or {}).get("asked") == found["asked"] for _, c in over) for over in squares)
        known = {"area_m2": ground, "share": ground / len(squares), "site_area_m2": len(squares), "on_border": 0, **columns}
        for one in found.get("conditions", []):
            value = known.get(one["field"])
            if value is None:
                return "nobody"
            near = one["field"] != "on_border" and abs(value - one["value"]) < 1e-6  # measured numbers are rounded: either way
            if not near and not _compare(value, one["op"], one["value"]):
                return str(one["otherwise"])
        return str(found["verdict"])

    def could_permit(self, over: Sequence[Sequence[tuple[str, str]]], columns: Mapping[str, Any]) -> bool:
        """False where the file cannot be read as permitting a site of these squares, be plans of an open state in force or not."""
        strict = Referee(self._book, self._use, dt.date.fromisoformat(self._day), open_counts=True)
        return self._permits(over, columns) and strict._permits(over, columns)

    def _permits(self, over: Sequence[Sequence[tuple[str, str]]], columns: Mapping[str, Any]) -> bool:
        squares = [self.governing(drawn) for drawn in over]
        answers = {c: self.says(c, squares, columns) for zones in squares for _, c in zones}
        plain = 0
        wrong: dict[str, int] = {}
        for over_it in squares:
            if not any(self._theme(p) == "land_use" and c != OVERLAY for p, c in over_it):
                return False
            said = {(p, c): answers[c] for p, c in over_it if answers[c] is not None}
            for p, c in over_it:
                others = {v for (q, _), v in said.items() if q != p and self._theme(q) == self._theme(p)}
                if (p, c) in said and others - {said[p, c]}:
                    return False  # plans of one theme disagree, and no order settles it
            worse = {c for (_, c), verdict in said.items() if verdict != "permitted"}
            plain += bool(said) and not worse
            for code in worse:
                if answers[code] == "nobody":
                    return False
                wrong[code] = wrong.get(code, 0) + 1
            if not said:
                return False
        ground = sum(any(answers[c] not in ("permitted", None) for _, c in zones) for zones in squares)
        return (not wrong or plain > ground) and all(self._forgives(code, n, len(squares)) for code, n in wrong.items())

    def _forgives(self, code: str, count: int, whole: int) -> bool:
        chain, here = ["*"], code
        while here:
            chain.append(here)
            here = PARENTS.get(here) or ""
        return any(
            t["use"] in ("*", self._use)
            and t["zone"] in chain
            and count <= t.get("area_m2", count) + 1e-6
            and count / whole <= t.get("share", 1) + 1e-9
            for t in self._book["thresholds"]
        )

    def plainly_permits(self, over: Sequence[Sequence[tuple[str, str]]]) -> bool:
        """True where every zone over every square, whatever the state of its plan, permits without a condition."""
        for drawn in over:
            found = [self.rule_for(c) if c in PARENTS else None for _, c in drawn]
            if not all(f is not None and f["verdict"] == "permitted" and not f.get("conditions") for f in found):
                return False
            if not any(self._theme(p) == "land_use" and c != OVERLAY for p, c in self.governing(drawn)):
                return False
        return True


def _compare(value: float, op: str, bound: float) -> bool:
    return {"<": value < bound, "<=": value <= bound, ">=": value >= bound, ">": value > bound, "==": value == bound}[op]


def faulty(book: Book) -> Iterator[tuple[str, str]]:
    """(what is wrong, the file) for every way of spoiling a book that nobody may read in silence."""
    whole = json.loads(text_of(book))
    first = whole["rules"][0]
    pair = {"use": listed(first["use"])[0], "zone": listed(first["zone"])[0], "basis": "test"}

    def spoilt(**sections: Any) -> str:
        return json.dumps(whole | sections, ensure_ascii=False)

    for section in ("plans", "classes", "uses", "rules", "thresholds", "precedence"):
        for n, entry in enumerate(whole[section]):
            yield (
                f"unknown key in {section}",
                spoilt(**{section: [*whole[section][:n], entry | {"Verdikt": 1}, *whole[section][n + 1 :]]}),
            )
    yield "unknown section", spoilt(rule=[])
    yield "contradiction", spoilt(rules=[*whole["rules"], pair | {"verdict": "permitted", "note": "x"} | _days(first)])
    yield "unknown use", spoilt(rules=[*whole["rules"], pair | {"use": "Housing", "verdict": "permitted"}])
    yield "unknown class", spoilt(rules=[*whole["rules"], pair | {"zone": STRANGER, "verdict": "permitted"}])
    yield "missing verdict", spoilt(rules=[*whole["rules"], pair])
    yield "missing use", spoilt(rules=[*whole["rules"], {"zone": "RDD", "verdict": "permitted", "basis": "test"}])
    yield "alias of two uses", spoilt(uses=[*whole["uses"], {"code": "other", "name": "ＫＨＵ ĐÔ THỊ"}])
    for bound in (0, -1, 1e400, float("nan"), "0.5", True):
        yield f"threshold {bound!r}", spoilt(thresholds=[{"use": "*", "zone": "*", "share": bound, "basis": "test"}])
    yield "threshold of a whole site", spoilt(thresholds=[{"use": "*", "zone": "*", "share": 1, "basis": "test"}])
    yield "threshold without a bound", spoilt(thresholds=[{"use": "*", "zone": "*", "basis": "test"}])
    yield "ends before it begins", spoilt(rules=[first | {"from": "2025-07-02", "to": "2025-07-01"}])
    yield "a day that is none", spoilt(rules=[first | {"from": "2025-02-30"}])
    yield (
        "orders in a circle",
        spoilt(
            precedence=[
                {"order": list(o), "from": "2000-01-01", "basis": "test"} for o in (("P1", "P2"), ("P2", "F"), ("F", "P1"))
            ]
        ),
    )


def _days(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: entry[name] for name in ("from", "to") if name in entry}
