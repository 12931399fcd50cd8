"""One chunk of sites, measured and judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from plangeo.assessing.cases import Case
from plangeo.assessing.chunktables import GROUND, joined, row_keys
from plangeo.assessing.layermeasures import measure_plans, measure_present_use, measure_units
from plangeo.checks import CHECKS
from plangeo.engine.areas import ellipsoidal_area
from plangeo.engine.collection import without_collection
from plangeo.engine.zonelayer import ZoneLayer
from plangeo.flips import flip_grounds, measure_around, permitted_grounds
from plangeo.law.precedence import govern
from plangeo.law.totals import judge_totals
from plangeo.layerledger import needed_layers, plans_of, state_layers
from plangeo.layers import PRESENT_USE
from plangeo.model import Measured, Verdict
from plangeo.overlay import draw_evidence
from plangeo.placements import measure_rooms
from plangeo.reaches import reach_of
from plangeo.recount.rastershares import recount_shares
from plangeo.recount.robustness import recount_around
from plangeo.recount.rooms import recount_rooms
from plangeo.recount.setbacks import recount_setbacks
from plangeo.recount.tallies import Recount, Tally
from plangeo.surroundings import measure_requirements
from plangeo.tables import COVER, NEAREST, empty
from plangeo.triggerground import measure_trigger_ground


@dataclass(frozen=True)
class Chunk:
    """What one chunk of sites gave: tables only, ready to be concatenated."""

    sites: pd.DataFrame
    evidence: Mapping[str, gpd.GeoDataFrame]
    cover: pd.DataFrame
    findings: pd.DataFrame
    nearest: pd.DataFrame
    ledger: pd.DataFrame
    recount: Recount = field(default_factory=dict)
    """Kind → what a second computation did, where the run asks for one."""


@without_collection()
def assess_chunk(sites: gpd.GeoDataFrame, case: Case) -> Chunk:
    """Measure and judge one chunk of sites (metric CRS, with ``use_code``); the only place where the two meet."""
    law, layers = case.law, case.layers
    facts: dict[str, dict[str, Any]] = {}
    evidence: dict[str, gpd.GeoDataFrame] = {}
    grounds: dict[str, tuple[gpd.GeoDataFrame, ZoneLayer]] = {}
    counted: dict[str, Tally | None] = {}
    reach = reach_of(sites, law)
    plans = None if case.zones is None else measure_plans(sites, reach, case.zones, case)
    cover = govern(empty(COVER), law) if plans is None else plans.cover
    if plans is not None:
        evidence["zones"], facts["zones"], counted["zones"] = plans.evidence, plans.facts, plans.counted
        grounds["plan"] = (plans.evidence, plans.layer)
    if "districts" in layers:
        evidence["districts"], facts["districts"], counted["districts"] = measure_units(sites, case)
    if PRESENT_USE in layers:
        present = measure_present_use(sites, reach, case)
        evidence[PRESENT_USE], facts[PRESENT_USE], counted[PRESENT_USE] = present.evidence, present.facts, present.counted
        grounds[PRESENT_USE] = (present.evidence, present.layer)
    table = _site_table(sites)
    tables = {role: pd.DataFrame(e.drop(columns="geometry")) for role, e in evidence.items()}
    tables["triggers"] = measure_trigger_ground(sites, law, grounds, threads=case.threads)
    tables["requirements"] = measure_requirements(sites, cover, layers, law)
    if case.cross_check:
        counted["setbacks"], tables["requirements"] = recount_setbacks(sites, tables["requirements"], layers, law)
        counted["rasters"], tables["requirements"] = recount_shares(sites, tables["requirements"], layers, law)
    measured = Measured(sites=table, evidence=tables, cover=cover, layers=facts, rulebook=law)
    nearest = empty(NEAREST)
    if case.zones is not None and "placement" in case.codes:
        facts["zones"]["rooms"] = measure_rooms(sites, table, case.zones, layers, law, case.contact_m, case.units)
    if case.zones is not None and "robustness" in case.codes:
        totals = measured.once(judge_totals)
        facts["zones"]["flips"], nearest = measure_around(sites, case.zones, measured, totals, threads=case.threads)
    if plans is not None and case.cross_check:
        counted |= _recount_around(sites, measured, nearest, case)
        doubts = {kind: tally.doubts for kind, tally in counted.items() if tally is not None}
        facts["zones"]["recount_doubts"] = {**doubts.get(PRESENT_USE, {}), **doubts["zones"]}
        facts["zones"]["flip_doubts"] = {**doubts.get("nearest", {}), **doubts.get("robustness", {})}
        facts["zones"]["room_doubts"] = doubts.get("placement", {})
    findings = joined([CHECKS[code].judge(measured) for code in case.codes])
    if plans is not None:
        wanted = _spoken_against(evidence["zones"], findings)
        evidence["zones"] = draw_evidence(evidence["zones"], sites, plans.layer, wanted, threads=case.threads)
    drawn = () if case.zones is None else plans_of(law, case.zones.rows["plan_id"].unique())
    ledger = state_layers(measured, needed_layers(law, case.chosen, layers), drawn)
    again = {kind: tally for kind, tally in counted.items() if tally is not None}
    return Chunk(table, evidence, cover, findings, nearest, ledger, again)


def _recount_around(sites: gpd.GeoDataFrame, measured: Measured, nearest: pd.DataFrame, case: Case) -> dict[str, Tally]:
    """The second computation of rooms, displacements and the nearest permitted zones, as far as they were measured."""
    facts, zones, law = measured.layers["zones"], case.layers["zones"], case.law
    assert case.zones is not None
    found = {}
    if "rooms" in facts:
        found["placement"] = recount_rooms(sites, measured.sites, zones, facts["rooms"], law, case.contact_m)
    if "flips" in facts:
        totals = measured.once(judge_totals)
        flipping = flip_grounds(sites, case.zones, measured, totals)
        permitted = permitted_grounds(sites, case.zones, measured, totals)
        found |= recount_around(sites, zones, flipping, permitted, facts["flips"], nearest)
    return found


def _spoken_against(evidence: pd.DataFrame, findings: pd.DataFrame) -> NDArray[np.bool_]:
    """Which pieces of ground a finding speaks against; one that names no class speaks against all that its site lies on there."""
    flagged = findings[findings["check"].isin(("zone_use", "zone_conflict")) & (findings["verdict"] != Verdict.PERMITTED.label)]
    named = set(row_keys(flagged, GROUND))
    pieces = zip(row_keys(evidence, GROUND), evidence["site_id"].tolist(), evidence["plan_id"].tolist(), strict=True)
    return np.array([key in named or (site_id, plan_id, "") in named for key, site_id, plan_id in pieces], dtype=bool)


def _site_table(sites: gpd.GeoDataFrame) -> pd.DataFrame:
    """The sites without geometry, plus what a check may ask of it: place, dimension, areas."""
    table = pd.DataFrame(sites.drop(columns="geometry")).reset_index(drop=True)
    values = sites.geometry.to_numpy()
    table["has_place"] = ~shapely.is_missing(values)
    table["dimension"] = shapely.get_dimensions(values)
    table["site_area_m2"] = shapely.area(values)
    table["site_length_m"] = shapely.length(values)
    table["site_area_ellipsoidal_m2"] = ellipsoidal_area(sites.geometry).to_numpy()
    return table
