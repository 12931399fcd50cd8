"""The books of a run: what every layer says to every site, and where every row went; they balance, or nothing is published.

As the legal cadastres keep three lists of themes, every layer ends, for every site, in exactly one of: ``affected`` (something of it lies
on the site, or too near), ``not_affected`` (it was measured, and nothing of it does), ``no_data`` (nobody can say). So does every plan
of the layer of zones: ``affected`` where it is in force and its zones lie on the site; ``no_data`` where they do and it is not, where one
of its zones is lost or set aside nearby, and where it draws nothing on ground that no plan in force covers whole.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from plangeo.checks import CHECKS, ESSENTIAL
from plangeo.geometry import quarantined_boxes
from plangeo.labelpoints import label_rows
from plangeo.law.requirements import asked_of
from plangeo.model import Assessment, Measured, Requirement, Verdict
from plangeo.rulebook import Rulebook
from plangeo.storage.keptzones import KeptZones

AFFECTED, NOT_AFFECTED, NO_DATA = STATES = ("affected", "not_affected", "no_data")
PLAN = "zones"
_OF_PLAN = f"{PLAN}: "
"""Begins the name of the column of one plan."""
_CHECK_OF: Mapping[str, str] = {"distance_m": "setback", "class": "raster_class", "slope_deg": "slope", "value": "slope"}
# The least cells and the rounding are stated here a second time on purpose: the books are no copy of what they check.
_FEWEST_CELLS = 30
_ROUNDING = 1e-9
_COUNTED = ("measured", "labels", "quarantined", "without_place")


def needed_layers(rulebook: Rulebook, codes: Iterable[str], given: Iterable[str]) -> tuple[str, ...]:
    """Return the layers a run answers for: those its checks (``codes``) and the rulebook's requirements need, and all given."""
    codes = set(codes)
    roles = [role for code in sorted(codes) for role in CHECKS[code].needs]
    asked = [r.layer for r in rulebook.requirements if _CHECK_OF[r.field] in codes]
    first = [role for role in (PLAN, "districts") if role in {*roles, *given}]
    return tuple(dict.fromkeys([*first, *roles, *asked, *given]))


def plans_of(rulebook: Rulebook, drawn: Iterable[str]) -> tuple[str, ...]:
    """Return the plans a run answers for: those ``drawn`` in its zones, and those in force on the day, which may have no zone at all."""
    live = (plan for plan in rulebook.plans if rulebook.plan_status(plan) == "in_force")
    return tuple(sorted({*map(str, drawn), *live} - {""}))


def state_layers(measured: Measured, needed: Sequence[str], plans: Sequence[str] = ()) -> pd.DataFrame:
    """Return for every site of a chunk, every layer of ``needed`` and every one of ``plans`` one of STATES.

    Columns: ``site_id``, the layers, and ``zones: <plan_id>`` for every plan where zones are needed.
    """
    ids = measured.sites["site_id"].astype(str).tolist()
    placed = measured.sites["has_place"].to_numpy(dtype=bool)
    books: dict[str, Any] = {"site_id": ids}
    governed = {str(i) for i, zones in zip(measured.cover["site_id"], measured.cover["governs"], strict=True) if zones}
    on_plan = np.array([i in governed for i in ids], dtype=bool) & placed
    asked = {r.layer for r in measured.rulebook.requirements}
    required = _required(measured, ids, placed, on_plan)
    for layer in needed:
        if layer in asked:
            books[layer] = required[layer]
            continue
        if layer == PLAN:
            there = on_plan
        elif layer in measured.evidence:
            reached = set(measured.evidence[layer]["site_id"].astype(str))
            there = np.array([i in reached for i in ids], dtype=bool) & placed
        else:
            there = np.zeros(len(ids), dtype=bool)
        books[layer] = np.where(there, AFFECTED, NO_DATA)  # these cover the ground: where they have nothing, nobody knows
    if PLAN in needed:
        books |= {f"{_OF_PLAN}{plan}": states for plan, states in _planned(measured, ids, placed, plans).items()}
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in books.items()})


def _planned(measured: Measured, ids: list[str], placed: Any, plans: Sequence[str]) -> dict[str, list[str]]:
    """The states of every plan for every site."""
    cover, facts = measured.cover, measured.layers.get(PLAN, {})
    met: dict[str, set[str]] = {i: set() for i in ids}
    bare: set[str] = set()
    for site_id, zones, sides, governs, share in zip(
        *(cover[name].tolist() for name in ("site_id", "zones", "sides", "governs", "share")), strict=True
    ):
        met[str(site_id)].update(str(zone[0]) for spot in (zones, *sides) for zone in spot)
        if not governs and not share <= _ROUNDING:
            bare.add(str(site_id))
    lost = {entry["plan_id"] for entry in facts.get("lost", ())}
    beside = {(site_id, entry["plan_id"]) for entry in facts.get("quarantined", ()) for site_id in entry["sites"]}

    def state(site_id: str, plan: str, live: bool, has_place: bool) -> str:
        if not has_place:
            return NO_DATA
        if plan in met[site_id]:
            return AFFECTED if live else NO_DATA
        unknown = plan in lost or (site_id, plan) in beside or site_id in bare or not met[site_id]
        return NO_DATA if unknown else NOT_AFFECTED

    told = {}
    for plan in plans:
        live = measured.rulebook.plan_status(plan) == "in_force"
        told[plan] = [state(i, plan, live, bool(here)) for i, here in zip(ids, placed, strict=True)]
    return told


def _required(measured: Measured, ids: list[str], placed: Any, on_plan: Any) -> dict[str, list[str]]:
    """The states of the layers that requirements speak of; of a site on unknown ground nobody knows what is asked."""
    book = measured.rulebook
    rows = {(row.site_id, int(row.requirement)): row for row in measured.pieces("requirements")}
    asked = asked_of(measured, tuple(_CHECK_OF))
    uses, dimensions = measured.sites["use_code"].tolist(), measured.sites["dimension"].tolist()
    found: dict[str, list[str]] = {r.layer: [] for r in book.requirements}
    for at, site_id in enumerate(ids):
        told: dict[str, set[str]] = {layer: set() for layer in found}
        for number in asked[at]:
            requirement = book.requirements[number]
            told[requirement.layer].add(_of(requirement, rows.get((site_id, number)), dimensions[at]))
        known = bool(placed[at]) and bool(on_plan[at]) and uses[at] != ""
        for layer, states in told.items():
            unasked = NOT_AFFECTED if known else NO_DATA
            found[layer].append(
                next((s for s in (AFFECTED, NO_DATA, NOT_AFFECTED) if s in states), unasked) if placed[at] else NO_DATA
            )
    return found


def _of(requirement: Requirement, row: Any, dimension: int) -> str:
    if row is None or row.problem:
        return NO_DATA
    if requirement.field == "distance_m":
        if math.isnan(row.distance_m):
            return NO_DATA
        bound = float(requirement.value)  # type: ignore[arg-type]
        clear = row.distance_m >= bound if requirement.op == ">=" else row.distance_m > bound
        return NOT_AFFECTED if clear else AFFECTED
    if dimension == 0 or row.pixels < _FEWEST_CELLS:
        return NO_DATA
    if row.share_true >= requirement.share - _ROUNDING:
        return NOT_AFFECTED
    return AFFECTED if row.share_true + row.share_nodata < requirement.share - _ROUNDING else NO_DATA


def count_rows(layers: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """Return for every vector layer of a run where its rows went: ``layer, rows, measured, labels, quarantined, without_place``.

    ``labels`` are points inside a polygon that says the same; ``quarantined`` are set aside with a known box, near which sites are in doubt; ``without_place`` may lie anywhere.
    """
    told = []
    for layer, frame in layers.items():
        if isinstance(frame, KeptZones):
            rows, lost = len(frame.rows), frame.lost
        elif isinstance(frame, gpd.GeoDataFrame):
            rows, lost = len(frame), frame[frame.geometry.isna()]
        else:
            continue
        measured = rows - len(lost) if isinstance(frame, KeptZones) else int(frame.geometry.notna().sum())
        boxes, labels = len(quarantined_boxes(lost)), int(label_rows(lost).sum())
        counts = {"rows": rows, "measured": measured, "labels": labels, "quarantined": boxes}
        told.append({"layer": layer, **counts, "without_place": len(lost) - boxes - labels})
    return tuple(told)


def summarise(assessment: Assessment) -> dict[str, Any]:
    """Return the books as plain data: ``sites`` (rows, with a problem, per verdict) and ``layers`` (sites per state)."""
    sites, ledger = assessment.sites, assessment.ledger
    verdicts = sites["verdict"].value_counts()
    states = {layer: ledger[layer].value_counts() for layer in ledger.columns if layer != "site_id"}
    return {
        "sites": {
            "rows": len(sites),
            "with_a_problem": int((sites["problem"].fillna("").astype(str) != "").sum()),
            "verdicts": {v.label: int(verdicts.get(v.label, 0)) for v in sorted(Verdict, reverse=True)},
        },
        "layers": {layer: {s: int(found.get(s, 0)) for s in STATES} for layer, found in states.items()},
        "rows": [dict(row) for row in assessment.layer_rows],
    }


def add_books(books: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the books (``summarise``) of all parts of a register as those of the whole.

    **Raises** AssertionError when a verdict or a state is missing for some site, or parts saw different layers.
    """
    first = books[0]
    if any(book["rows"] != first["rows"] or list(book["layers"]) != list(first["layers"]) for book in books):
        raise AssertionError("the parts of this run did not see the same layers, so nothing is published")
    whole: dict[str, Any] = {
        "sites": {name: sum(book["sites"][name] for book in books) for name in ("rows", "with_a_problem")}
        | {"verdicts": {w: sum(book["sites"]["verdicts"][w] for book in books) for w in first["sites"]["verdicts"]}},
        "layers": {n: {s: sum(book["layers"][n][s] for book in books) for s in STATES} for n in first["layers"]},
        "rows": list(first["rows"]),
    }
    rows = whole["sites"]["rows"]
    sums = [sum(whole["sites"]["verdicts"].values()), *(sum(states.values()) for states in whole["layers"].values())]
    if any(found != rows for found in sums):
        raise AssertionError(f"the books of this run do not balance: {rows} sites, and sums of {sorted(set(sums))}")
    return whole


def require_balance(assessment: Assessment, site_ids: Iterable[Any] | None = None) -> None:
    """Hold the books of a run against one another before anything is published.

    ``site_ids`` of the register as it came in. **Raises** AssertionError, which is a fault of plangeo, with all that does not balance.
    """
    faults = [
        *_site_faults(assessment, site_ids),
        *_layer_faults(assessment),
        *(
            f"layer {row['layer']}: of {row['rows']} rows, {sum(row[c] for c in _COUNTED)} are accounted for"
            for row in assessment.layer_rows
            if row["rows"] != sum(row[c] for c in _COUNTED) or min(row[c] for c in _COUNTED) < 0
        ),
    ]
    if faults:
        raise AssertionError(f"the books of this run do not balance, so nothing is published: {'; '.join(faults[:10])}")


def _site_faults(assessment: Assessment, site_ids: Iterable[Any] | None) -> list[str]:
    """Every row of the register has one verdict, and every essential check that ran has spoken of it."""
    sites = assessment.sites
    ids = [str(i) for i in sites["site_id"]]
    faults = []
    if site_ids is not None and ids != [str(i) for i in site_ids]:
        faults.append("the sites judged are not the rows of the register, each once and in their order")
    strange = set(sites["verdict"].astype(str)) - {v.label for v in Verdict}
    if strange:
        faults.append(f"verdicts that are none: {', '.join(sorted(strange))}")
    if set(assessment.findings["site_id"].astype(str)) - set(ids):
        faults.append("there are findings on sites that are not in the register")
    skipped = {s.check for s in assessment.not_run}
    spoken = assessment.findings.groupby("check")["site_id"].agg(set)
    for check in (code for code in ESSENTIAL if code not in skipped):
        if silent := len(set(ids) - spoken.get(check, set())):
            faults.append(f"the check {check} ran and says nothing of {silent} site(s)")
    return faults


def _layer_faults(assessment: Assessment) -> list[str]:
    """Every layer is in one of the three states for every site, and no site is called permitted over missing data."""
    ledger, sites = assessment.ledger, assessment.sites
    if [str(i) for i in ledger.get("site_id", ())] != [str(i) for i in sites["site_id"]]:
        return ["the ledger of layers does not have the sites of the register"]
    skipped = {s.check for s in assessment.not_run}
    answering = {r.layer for r in assessment.rulebook.requirements if _CHECK_OF[r.field] not in skipped}
    answering -= {r.layer for r in assessment.rulebook.requirements if _CHECK_OF[r.field] in skipped}
    granted = sites["verdict"].isin([Verdict.PERMITTED.label, Verdict.CONDITIONAL.label]).to_numpy()
    faults = []
    for layer in (name for name in ledger.columns if name != "site_id"):
        if strange := set(ledger[layer]) - set(STATES):
            faults.append(f"layer {layer} is in no state, or in several: {', '.join(map(str, strange))}")
        lacking = granted & (ledger[layer] == NO_DATA).to_numpy()
        if (layer == PLAN or layer in answering) and lacking.any():
            first = sites["site_id"].iloc[int(np.argmax(lacking))]
            faults.append(f"{int(lacking.sum())} site(s) are called permitted where layer {layer} has no data, first {first}")
    return [*faults, *_plan_faults(ledger)]


def _plan_faults(ledger: pd.DataFrame) -> list[str]:
    """The layer of zones affects exactly the sites that one of its plans affects."""
    plans = [name for name in ledger.columns if str(name).startswith(_OF_PLAN)]
    if not plans or PLAN not in ledger:
        return []
    some = (ledger[plans] == AFFECTED).any(axis=1).to_numpy()
    astray = some != (ledger[PLAN] == AFFECTED).to_numpy()
    if not astray.any():
        return []
    first = ledger["site_id"].iloc[int(np.argmax(astray))]
    return [f"{int(astray.sum())} site(s) are affected by {PLAN} and by no plan, or the other way round, first {first}"]
