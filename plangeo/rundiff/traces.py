"""What changed for each site between two runs: place, particulars, ground, findings. Facts only; causes come after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from plangeo.geometry import as_crs, to_crs
from plangeo.rundiff.recordedrun import RecordedRun
from plangeo.tables import FINDINGS

PARTICULARS = (
    *("use", "problem", "accuracy_m", "declared_area_m2", "declared_area_text", "declared_area_min_m2", "declared_area_max_m2"),
    *("declared_area_approx", "declared_area_note", "declared_district", "declared_parent", "list_date"),
)
"""Columns of a register that a verdict may rest on, whatever the rulebook says."""

SAME_PLACE_M = 1e-6
_KEY = ("check", "plan_id", "zone_code")
_FIGURES = tuple(c.name for c in FINDINGS if c.dtype == "float")
_WORDS = ("reason", "verdict", "basis", "detail", "unit")
_SIZES = ("area_m2", "length_m", "share")
_DIGITS = 7  # behind the first: beyond them two builds of one library may differ


@dataclass(frozen=True)
class Moved:
    """How a place changed, in metres and m²."""

    farthest_m: float
    """Hausdorff distance of the two shapes; NaN when one of them is missing."""
    centre_m: float
    area_before_m2: float
    area_after_m2: float


@dataclass(frozen=True)
class GroundChange:
    """One class of one plan (or one district, as ``zone_code``) under a site, before and after; m² for areas, m for lines, else share."""

    plan_id: str
    zone_code: str
    before: float
    after: float
    unit: str
    prevailed: bool
    prevails: bool


@dataclass(frozen=True)
class FindingChange:
    """The findings of one check on one class of ground, before and after, as (reason, verdict, basis, measure)."""

    check: str
    plan_id: str
    zone_code: str
    before: tuple[tuple[str, str, str, float], ...]
    after: tuple[tuple[str, str, str, float], ...]

    @property
    def says_otherwise(self) -> bool:
        """True when a reason or verdict differs, not only a number."""
        return {row[:2] for row in self.before} != {row[:2] for row in self.after}


@dataclass(frozen=True)
class SiteTrace:
    """Everything recorded that differs for one site of both runs."""

    site_id: str
    name: str
    verdict: tuple[str, str]
    reasons_gone: tuple[str, ...]
    reasons_new: tuple[str, ...]
    use_code: tuple[str, str]
    moved: Moved | None = None
    particulars: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    ground: tuple[GroundChange, ...] = ()
    classes: frozenset[tuple[str, str]] = frozenset()
    """(plan_id, zone_code) under the site in either run."""
    districts: tuple[GroundChange, ...] = ()
    findings: tuple[FindingChange, ...] = ()

    @property
    def changed(self) -> bool:
        """True when the answer, what it rests on, or the site itself differs."""
        return bool(self.reasons_gone or self.reasons_new or self.moved or self.particulars or self.ground or self.districts) or (
            self.verdict[0] != self.verdict[1] or bool(self.findings)
        )


def trace_sites(before: RecordedRun, after: RecordedRun) -> list[SiteTrace]:
    """Return what changed for every site that both runs hold and for which something did, in the order of the second run."""
    both = [site_id for site_id in after.sites.index if site_id in before.sites.index]
    old, new = before.sites.loc[both], after.sites.loc[both]
    moves = _moves(before, after, both)
    particulars = _particulars(old, new, _asked_fields(before, after))
    found = _changed_rows(before.findings, after.findings, (*_KEY, *_WORDS), _FIGURES)
    zones = [_evidence(run.evidence, "zones", ("plan_id", "zone_code")) for run in (before, after)]
    units = [_evidence(run.evidence, "districts", ("district_id", "district_name")) for run in (before, after)]
    ground = _changed_rows(zones[0], zones[1], ("plan_id", "zone_code", "prevails"), _SIZES)
    districts = _changed_rows(units[0], units[1], ("plan_id", "zone_code", "prevails"), _SIZES)
    verdicts = list(zip(old["verdict"], new["verdict"], strict=True))
    reasons = list(zip(old["reasons"], new["reasons"], strict=True))
    spoken = {both[n] for n in range(len(both)) if verdicts[n][0] != verdicts[n][1] or reasons[n][0] != reasons[n][1]}
    wanted = {*spoken, *moves, *particulars, *found, *ground, *districts}
    classes = _classes(zones, wanted)
    codes = [run.law.get("uses", {}) for run in (before, after)]
    traces = []
    for n, site_id in enumerate(both):
        if site_id not in wanted:
            continue
        left, right = (tuple(t for t in str(text).split("; ") if t) for text in reasons[n])
        uses = str(old["use"].iloc[n]), str(new["use"].iloc[n])
        trace = SiteTrace(
            site_id,
            str(new["name"].iloc[n]),
            (str(verdicts[n][0]), str(verdicts[n][1])),
            tuple(r for r in left if r not in right),
            tuple(r for r in right if r not in left),
            (codes[0].get(uses[0], ""), codes[1].get(uses[1], "")),
            moves.get(site_id),
            particulars.get(site_id, {}),
            tuple(_ground_changes(ground.get(site_id))),
            classes.get(site_id, frozenset()),
            tuple(_ground_changes(districts.get(site_id))),
            tuple(_finding_changes(found.get(site_id))),
        )
        if trace.changed:
            traces.append(trace)
    return traces


def _asked_fields(*runs: RecordedRun) -> list[str]:
    """Columns of the register that some condition of the law asks for."""
    answers = [answer for run in runs for answer in run.law.get("answers", {}).values() if answer]
    return sorted({name for answer in answers for name in answer.get("fields", ())} - {*_SIZES})


def _moves(before: RecordedRun, after: RecordedRun, both: Sequence[str]) -> dict[str, Moved]:
    """The sites that lie elsewhere, measured in the working CRS of the second run."""
    if before.shapes is None or after.shapes is None or not both:
        return {}
    shapes = before.shapes
    if before.crs != after.crs and before.crs and after.crs:
        shapes = to_crs(gpd.GeoDataFrame(geometry=shapes, crs=as_crs(before.crs)), as_crs(after.crs)).geometry.to_numpy()
    old = shapes[before.sites.index.get_indexer(pd.Index(both))]
    new = after.shapes[after.sites.index.get_indexer(pd.Index(both))]
    missing = shapely.is_missing(old) & shapely.is_missing(new)
    same = missing | shapely.equals_exact(old, new, 0.0)
    moves = {}
    for n in np.flatnonzero(~same).tolist():
        farthest = float(shapely.hausdorff_distance(old[n], new[n]))
        areas = float(shapely.area(old[n])), float(shapely.area(new[n]))
        if farthest <= SAME_PLACE_M and abs(areas[0] - areas[1]) <= SAME_PLACE_M:
            continue
        centre = float(shapely.distance(shapely.centroid(old[n]), shapely.centroid(new[n])))
        moves[both[n]] = Moved(farthest, centre, *areas)
    return moves


def _particulars(old: pd.DataFrame, new: pd.DataFrame, asked: Sequence[str]) -> dict[str, dict[str, tuple[str, str]]]:
    found: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for name in dict.fromkeys(["name", *PARTICULARS, *asked]):
        if name not in old or name not in new:
            continue
        left, right = (np.array([_plain(v) for v in frame[name].tolist()], dtype=object) for frame in (old, new))
        for n in np.flatnonzero(left != right).tolist():
            found[str(old.index[n])][name] = (left[n], right[n])
    return dict(found)


def _plain(value: Any) -> str:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _evidence(table: pd.DataFrame, role: str, names: Sequence[str]) -> pd.DataFrame:
    """What lies under each site by class: its total size, and whether some of it prevails."""
    rows = pd.DataFrame(table.drop(columns="geometry", errors="ignore"))
    rows = rows[(rows["role"] == role).to_numpy()] if "role" in rows else rows.iloc[:0]
    blank = {"site_id": "", **dict.fromkeys(names, ""), **dict.fromkeys(_SIZES, 0.0), "prevails": False}
    columns = {n: rows[n] if n in rows else pd.Series(v, index=rows.index, dtype=object) for n, v in blank.items()}
    flat = pd.DataFrame(columns).rename(columns=dict(zip(names, ("plan_id", "zone_code"), strict=True)))
    flat["prevails"] = [bool(p) if p == p and p is not None else False for p in flat["prevails"].tolist()]
    flat[["plan_id", "zone_code", "site_id"]] = flat[["plan_id", "zone_code", "site_id"]].fillna("").astype(str)
    flat[list(_SIZES)] = flat[list(_SIZES)].astype(float).fillna(0.0)
    grouped = flat.groupby(["site_id", "plan_id", "zone_code"], sort=True, as_index=False)
    return grouped.agg({**dict.fromkeys(_SIZES, "sum"), "prevails": "max"})


def _changed_rows(
    old: pd.DataFrame, new: pd.DataFrame, words: Sequence[str], figures: Sequence[str]
) -> dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """site_id → its rows before and after, for the sites of either table whose rows are not the same."""
    tables = [_rounded(table, words, figures) for table in (old, new)]
    sums = [_digest_by_site(table, [*words, *figures]) for table in tables]
    wanted = {site_id for site_id in sums[0].keys() | sums[1].keys() if sums[0].get(site_id) != sums[1].get(site_id)}
    rows: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {site_id: ([], []) for site_id in wanted}
    for side, table in enumerate(tables):
        for row in table[table["site_id"].isin(wanted)].to_dict("records"):
            rows[str(row["site_id"])][side].append({str(k): v for k, v in row.items()})
    return rows


def _rounded(table: pd.DataFrame, words: Sequence[str], figures: Sequence[str]) -> pd.DataFrame:
    out = pd.DataFrame({"site_id": table["site_id"].astype(str)})
    for name in words:
        out[name] = table[name] if name == "prevails" else table[name].fillna("").astype(str)
    for name in figures:
        out[name] = significant(table[name].to_numpy(dtype=float))
    return out


def significant(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return numbers with eight significant digits.

    >>> significant(np.array([1234567.891, 0.0, float("inf")])).tolist()
    [1234567.9, 0.0, inf]
    """
    out = values.astype(float).copy()
    some = np.isfinite(out) & (out != 0)
    places = _DIGITS - np.floor(np.log10(np.abs(out[some]))).astype(int)
    out[some] = [round(v, n) for v, n in zip(out[some].tolist(), places.tolist(), strict=True)]
    return out


def _digest_by_site(table: pd.DataFrame, names: Sequence[str]) -> dict[str, int]:
    """One number for the rows of a site, whatever their order."""
    plain = table[list(names)].astype({n: str for n in names if table[n].dtype == bool})
    rows = pd.util.hash_pandas_object(plain, index=False)
    return dict(rows.groupby(table["site_id"].to_numpy()).sum())


def _classes(zones: Iterable[pd.DataFrame], wanted: set[str]) -> dict[str, frozenset[tuple[str, str]]]:
    met: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for table in zones:
        rows = table[table["site_id"].isin(wanted)]
        for site_id, plan_id, code in zip(rows["site_id"], rows["plan_id"], rows["zone_code"], strict=True):
            met[site_id].add((plan_id, code))
    return {site_id: frozenset(found) for site_id, found in met.items()}


def _ground_changes(rows: tuple[list[dict[str, Any]], list[dict[str, Any]]] | None) -> list[GroundChange]:
    if rows is None:
        return []
    old, new = ({(r["plan_id"], r["zone_code"]): r for r in side} for side in rows)
    changes = []
    for key in sorted({*old, *new}):
        left, right = old.get(key), new.get(key)
        if left == right:
            continue
        seen = [r for r in (left, right) if r is not None]
        name, unit = next(
            ((n, u) for n, u in (("area_m2", "m²"), ("length_m", "m")) if any(r[n] for r in seen)), ("share", "share")
        )
        sizes = [float(r[name]) if r else 0.0 for r in (left, right)]
        prevails = [bool(r and r["prevails"]) for r in (left, right)]
        changes.append(GroundChange(key[0], key[1], sizes[0], sizes[1], unit, prevails[0], prevails[1]))
    return changes


def _finding_changes(rows: tuple[list[dict[str, Any]], list[dict[str, Any]]] | None) -> list[FindingChange]:
    if rows is None:
        return []
    by_key: dict[tuple[str, ...], tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    for side, table in enumerate(rows):
        for row in table:
            by_key[tuple(row[n] for n in _KEY)][side].append(row)
    changes = []
    for key in sorted(by_key):
        old, new = (sorted(_signature(r) for r in side) for side in by_key[key])
        if old != new:
            said = [tuple((r["reason"], r["verdict"], r["basis"], float(r["measure"])) for r in side) for side in by_key[key]]
            changes.append(FindingChange(key[0], key[1], key[2], said[0], said[1]))
    return changes


def _signature(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row[n]) for n in (*_WORDS, *_FIGURES))
