"""Which zones, if they permitted the use, would admit projects that nothing but the zones stands against.

A zone amendment is (plan, zone, use): the zone is given a class that permits the use. A project is admitted when *all* zones
that speak against it are amended; zones hidden below a stricter one of the same plan count, too.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from plangeo.model import Assessment, Label, Language, Verdict
from plangeo.triage.capital import Capital, capital_of
from plangeo.triage.coverchoice import Demand, choose, number_things
from plangeo.triage.siterows import FINDING, rows_by_site

MOST_AMENDMENTS = 30
"""So many amendments at once are looked at; all of them together stand in a row of their own."""

_SHOWN_IDS = 200

Spot = tuple[str, str, str, str]
"""(plan_id, zone_code, zone_id, use_code); zone_id is "" where the whole class is meant."""

_AMENDABLE = frozenset({"not_permitted", "needs_review", "no_rule"})
_ADMITTING = frozenset({Verdict.PERMITTED.label, Verdict.CONDITIONAL.label})
_MEASURED_ANEW = "robustness"
LEFT_OUT: Mapping[str, Label] = {
    "other_checks": Label("còn nội dung khác chưa đạt", "other checks speak against it as well"),
    "not_the_zone": Label("vướng điều không sửa được bằng điều chỉnh vùng", "an obstacle that no amendment of a zone removes"),
    "hidden_condition": Label(
        "vùng chồng lấn bên dưới có điều kiện chưa xét", "an overlapping zone below asks a condition nobody tested"
    ),
}


@dataclass(frozen=True)
class BlockedSite:
    """A project that amendments alone would admit: all of ``spots`` are needed."""

    site_id: str
    name: str
    capital: Capital
    spots: frozenset[Spot]


@dataclass(frozen=True)
class LeftOut:
    """A project that amendments of zones would not admit, and why."""

    site_id: str
    name: str
    capital: Capital
    why: Label
    reasons: str


def find_blocked(assessment: Assessment) -> tuple[list[BlockedSite], list[LeftOut]]:
    """Return the NOT_PERMITTED sites that amendments would admit, and those they would not; both by id."""
    sites = assessment.sites
    wanted = sites[(sites["verdict"] == Verdict.NOT_PERMITTED.label).to_numpy()]
    ids = wanted["site_id"].astype(str).tolist()
    findings = rows_by_site(assessment.findings, ids, FINDING)
    faces = rows_by_site(assessment.cover, ids, ("site_id", "governs")) if "governs" in assessment.cover else {}
    capital = capital_of(wanted)
    blocked, left_out = [], []
    for site_id, name, use in zip(ids, wanted["name"].astype(str).tolist(), wanted["use"].astype(str).tolist(), strict=True):
        found = _needs(findings[site_id], faces.get(site_id, ()), assessment, assessment.rulebook.find_use(use) or "")
        if isinstance(found, tuple):
            left_out.append(LeftOut(site_id, name, capital[site_id], LEFT_OUT[found[0]], found[1]))
        else:
            blocked.append(BlockedSite(site_id, name, capital[site_id], frozenset(found)))
    return sorted(blocked, key=lambda b: b.site_id), sorted(left_out, key=lambda b: b.site_id)


def by_class(blocked: Iterable[BlockedSite]) -> list[BlockedSite]:
    """Return the same sites as blocked by whole classes of a plan instead of single zones."""
    return [replace(b, spots=frozenset((plan, code, "", use) for plan, code, _, use in b.spots)) for b in blocked]


def _needs(findings: Sequence[Any], faces: Sequence[Any], assessment: Assessment, use: str) -> set[Spot] | tuple[str, str]:
    """The spots that must be amended for a site, or the code of why that would not do and the findings behind it."""
    others = [f for f in findings if f.check not in ("zone_use", _MEASURED_ANEW) and f.verdict not in _ADMITTING]
    if others:
        return "other_checks", "; ".join(sorted({f"{f.check}.{f.reason}" for f in others}))
    said = [f for f in findings if f.check == "zone_use"]
    against = [f for f in said if f.verdict not in _ADMITTING]
    beyond = sorted({f"zone_use.{f.reason}" for f in against if f.reason not in _AMENDABLE})
    if beyond or not against:
        return "not_the_zone", "; ".join(beyond)
    forgiven = {(f.plan_id, f.zone_code) for f in said if f.reason == "below_threshold"}
    spoken = {(f.plan_id, f.zone_code) for f in said}
    spots: set[Spot] = set()
    for face in faces:
        for plan_id, code, zone_id in face.governs:
            if (plan_id, code) in forgiven:
                continue
            answer = _blocks(assessment, use, code)
            if answer == "condition" and (plan_id, code) not in spoken:
                return "hidden_condition", f"{plan_id}: {code}"
            if answer == "blocks":
                spots.add((plan_id, code, zone_id, use))
    return spots or ("not_the_zone", "")


def _blocks(assessment: Assessment, use: str, code: str) -> str:
    """``blocks``, ``condition`` (depends on the site) or "" for ground that admits the use or says nothing of it."""
    book = assessment.rulebook
    rule = book.look_up(use, code)
    if rule is None:
        return "" if code in book.classes and book.classes[code].overlay else "blocks"
    if rule.verdict.label not in _ADMITTING:
        return "blocks"
    return "condition" if rule.conditions else ""


ROWS = (
    *("level", "level_vi", "amendments", "what_vi", "what_en", "projects", "capital_vnd", "unknown_capital", "site_ids", "exact"),
    "method_vi",
)


def best_amendments(
    assessment: Assessment, blocked: Sequence[BlockedSite], level: str, most: int = MOST_AMENDMENTS
) -> pd.DataFrame:
    """Return for every number of amendments that admits more than fewer the best set found (``ROWS``).

    Best: most capital, then most projects. ``capital_vnd`` sums the known capital of the projects admitted, NaN where none is known;
    ``unknown_capital`` counts those of them whose capital is not known. The last row admits all.
    """
    things = number_things(spot for b in blocked for spot in b.spots)
    names = [(plan, code, zone, use) for plan, code, zone, use in things]
    demands = [Demand(frozenset(things[s] for s in b.spots), (b.capital.vnd or 0, 1)) for b in blocked]
    choices = [(c.things, c.exact) for c in choose(demands, min(most, len(things)))]
    if things and (not choices or len(choices[-1][0]) < len(things)):
        choices.append((tuple(range(len(things))), True))
    rows = []
    for chosen, exact in choices:
        given = {names[n] for n in chosen}
        admitted = [b for b in blocked if b.spots <= given]
        known = [b.capital.vnd for b in admitted if b.capital.vnd is not None]
        row = (
            level,
            {"zone": "từng vùng", "class": "cả loại đất của quy hoạch"}[level],
            len(chosen),
            _listed(assessment, [names[n] for n in chosen], "vi"),
            _listed(assessment, [names[n] for n in chosen], "en"),
            len(admitted),
            float(sum(known)) if known else math.nan,
            len(admitted) - len(known),
            listed_ids(b.site_id for b in admitted),
            exact,
            "tốt nhất (chính xác)" if exact else "gần đúng (tham lam)",
        )
        rows.append(dict(zip(ROWS, row, strict=True)))
    return pd.DataFrame(rows, columns=list(ROWS))


def _listed(assessment: Assessment, spots: Sequence[Spot], language: Language) -> str:
    if len(spots) > MOST_AMENDMENTS:  # a cell holds no thousand zones
        many = Label(f"tất cả {len(spots)}: xem “Vùng đang vướng”", f"all {len(spots)}: see “Blocking zones”")
        return many.text(language)
    return "; ".join(spot_in_words(assessment, spot).text(language) for spot in spots)


def listed_ids(ids: Iterable[str]) -> str:
    """Return identifiers with commas, the first 200 of them and how many more there are."""
    found = list(ids)
    more = f", … (+{len(found) - _SHOWN_IDS})" if len(found) > _SHOWN_IDS else ""
    return ", ".join(found[:_SHOWN_IDS]) + more


def spot_in_words(assessment: Assessment, spot: Spot) -> Label:
    """Return ``QHT-2021 zone QT-058 (LUC) for industrial park``."""
    plan_id, code, zone_id, use = spot
    known = assessment.rulebook.uses.get(use)
    vi, en = (known.name.vi or use, known.name.en or use) if known else (use, use)
    if zone_id:
        return Label(f"{plan_id} vùng {zone_id} ({code or '?'}) cho {vi}", f"{plan_id} zone {zone_id} ({code or '?'}) for {en}")
    return Label(f"{plan_id} loại đất {code or '?'} cho {vi}", f"{plan_id} class {code or '?'} for {en}")


SPOT_ROWS = (
    "plan_id",
    "zone_id",
    "zone_code",
    "use",
    "use_vi",
    "projects",
    "alone",
    "capital_vnd",
    "unknown_capital",
    "site_ids",
)


def list_spots(assessment: Assessment, blocked: Sequence[BlockedSite]) -> gpd.GeoDataFrame:
    """Return each zone that blocks some site, with the ground in question (``SPOT_ROWS`` and geometry, CRS of the run).

    ``projects`` it blocks, ``alone`` those that it alone blocks, most capital first.
    """
    by_spot: dict[Spot, list[BlockedSite]] = defaultdict(list)
    for b in blocked:
        for spot in b.spots:
            by_spot[spot].append(b)
    shapes = _ground(assessment, {(b.site_id, *spot[:3]) for b in blocked for spot in b.spots})
    rows: list[dict[str, Any]] = []
    for spot, sites in sorted(by_spot.items()):
        plan_id, code, zone_id, use = spot
        known = [b.capital.vnd for b in sites if b.capital.vnd is not None]
        name = assessment.rulebook.uses[use].name.vi if use in assessment.rulebook.uses else use
        ids = sorted(b.site_id for b in sites)
        values = (plan_id, zone_id, code, use, name, len(sites), sum(len(b.spots) == 1 for b in sites))
        money = float(sum(known)) if known else math.nan
        row = dict(zip(SPOT_ROWS, (*values, money, len(sites) - len(known), listed_ids(ids)), strict=True))
        pieces = [shape for i in ids for shape in shapes.get((i, plan_id, code, zone_id), ())]
        rows.append(row | {"geometry": shapely.union_all(pieces) if pieces else None})
    rows.sort(key=lambda r: (-_known(r["capital_vnd"]), -r["projects"], r["plan_id"], r["zone_id"], r["use"]))
    frame = pd.DataFrame(rows, columns=[*SPOT_ROWS, "geometry"])
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(frame["geometry"].tolist(), crs=assessment.crs or None))


def _known(capital: float) -> float:
    return -1.0 if math.isnan(capital) else capital  # unknown stands after known, whatever it is


def _ground(assessment: Assessment, wanted: set[tuple[str, ...]]) -> dict[tuple[str, ...], list[Any]]:
    zones = assessment.evidence.get("zones")
    found: dict[tuple[str, ...], list[Any]] = defaultdict(list)
    if zones is not None:
        keys = zip(*(zones[n].astype(str).tolist() for n in ("site_id", "plan_id", "zone_code", "zone_id")), strict=True)
        for key, shape in zip(keys, zones.geometry.to_numpy(), strict=True):
            if key in wanted and shape is not None:
                found[key].append(shape)
    return found
