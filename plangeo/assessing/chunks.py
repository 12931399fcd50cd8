"""One chunk of sites, measured and judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
from plangeo.flips import measure_around
from plangeo.law.precedence import govern
from plangeo.law.totals import judge_totals
from plangeo.layerledger import needed_layers, plans_of, state_layers
from plangeo.layers import PRESENT_USE
from plangeo.model import Measured, Verdict
from plangeo.overlay import draw_evidence
from plangeo.placements import measure_rooms
from plangeo.reaches import reach_of
from plangeo.recount.recounting import Recount
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
    recount: Recount | None = None


@without_collection()
def assess_chunk(sites: gpd.GeoDataFrame, case: Case) -> Chunk:
    """Measure and judge one chunk of sites (metric CRS, with ``use_code``); the only place where the two meet."""
    law, layers = case.law, case.layers
    facts: dict[str, dict[str, Any]] = {}
    evidence: dict[str, gpd.GeoDataFrame] = {}
    grounds: dict[str, tuple[gpd.GeoDataFrame, ZoneLayer]] = {}
    reach = reach_of(sites, law)
    plans = None if case.zones is None else measure_plans(sites, reach, case.zones, case)
    cover = govern(empty(COVER), law) if plans is None else plans.cover
    if plans is not None:
        evidence["zones"], facts["zones"] = plans.evidence, plans.facts
        grounds["plan"] = (plans.evidence, plans.layer)
    if "districts" in layers:
        evidence["districts"], facts["districts"] = measure_units(sites, case)
    if PRESENT_USE in layers:
        present = measure_present_use(sites, reach, case)
        evidence[PRESENT_USE], facts[PRESENT_USE] = present.evidence, present.facts
        grounds[PRESENT_USE] = (present.evidence, present.layer)
    table = _site_table(sites)
    tables = {role: pd.DataFrame(e.drop(columns="geometry")) for role, e in evidence.items()}
    tables["triggers"] = measure_trigger_ground(sites, law, grounds, threads=case.threads)
    around = cover if plans is None else pd.concat([cover, plans.facts["reach_cover"]], ignore_index=True)
    tables["requirements"] = measure_requirements(sites, around, layers, law)
    measured = Measured(sites=table, evidence=tables, cover=cover, layers=facts, rulebook=law)
    nearest = empty(NEAREST)
    if case.zones is not None and "placement" in case.codes:
        facts["zones"]["rooms"] = measure_rooms(sites, table, case.zones, layers, law, case.contact_m, case.units)
    if case.zones is not None and "robustness" in case.codes:
        totals = measured.once(judge_totals)
        facts["zones"]["flips"], nearest = measure_around(sites, case.zones, measured, totals, threads=case.threads)
    findings = joined([CHECKS[code].judge(measured) for code in case.codes])
    if plans is not None:
        wanted = _spoken_against(evidence["zones"], findings)
        evidence["zones"] = draw_evidence(evidence["zones"], sites, plans.layer, wanted, threads=case.threads)
    drawn = () if case.zones is None else plans_of(law, case.zones.rows["plan_id"].unique())
    ledger = state_layers(measured, needed_layers(law, case.chosen, layers), drawn)
    return Chunk(table, evidence, cover, findings, nearest, ledger, None if plans is None else plans.counted)


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
