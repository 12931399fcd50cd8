"""What is measured of some sites on each layer: the evidence, and facts about the layer for the checks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from plangeo.assessing.cases import Case
from plangeo.crsdoctor.rowreadings import beside_plan, beside_units
from plangeo.engine.zonelayer import ZoneLayer
from plangeo.law.precedence import govern, mark_prevailing
from plangeo.layers import PRESENT_USE
from plangeo.overlay import ZoneMeasure, layer_facts, measure_districts, measure_zones
from plangeo.reaches import declared_circles
from plangeo.recount.recounting import recount, recount_districts
from plangeo.recount.tallies import Tally, add_tallies
from plangeo.rulebook import Rulebook
from plangeo.storage.keptzones import KeptZones, window_around

# Around sites, pieces are read this far, so that what is put together from them is complete beside a site.
_AROUND_M = 10.0


@dataclass(frozen=True)
class LayerMeasures:
    """What was measured of some sites on one layer."""

    evidence: gpd.GeoDataFrame
    facts: dict[str, Any]
    """What ``Measured.layers`` holds of the layer."""
    layer: ZoneLayer
    """The part of the layer that was read for it."""
    counted: Tally | None
    """The second computation, where the run asks for one."""


@dataclass(frozen=True)
class PlanMeasures(LayerMeasures):
    """The same on the zones of plans."""

    cover: pd.DataFrame
    """As in ``tables.COVER``; of the plans that govern the ground."""


def measure_plans(sites: gpd.GeoDataFrame, reach: gpd.GeoDataFrame, zones: ZoneLayer, case: Case) -> PlanMeasures:
    """Measure sites, the circles they declare and how far they may ``reach`` on the zones of plans."""
    law, drawn = case.law, case.layers["zones"]
    discs = declared_circles(sites)
    around = np.concatenate([part.geometry.to_numpy() for part in (sites, discs, reach)])
    layer = zones.window(window_around(around, _AROUND_M))
    measure = partial(measure_zones, zones=layer, contact_m=case.contact_m, compiled=case.compiled, threads=case.threads)
    found = measure(sites, width_classes=_width_classes(law))
    cover = govern(found.cover, law)
    evidence = mark_prevailing(found.evidence, cover)
    footprints, beyond = measure(discs), measure(reach)
    counted = _recounted(case, drawn, (sites, found), (discs, footprints), (reach, beyond))
    facts = _zone_facts(sites, drawn, zones, set(found.evidence["site_id"])) | {
        "widths": found.widths,
        "doubts": {**found.doubts, **footprints.doubts},
        "recount_doubts": counted.doubts if counted is not None else {},
        "footprint_cover": govern(footprints.cover, law),
        "reach_cover": govern(beyond.cover, law),
        "footprint_quarantined": _zone_facts(discs, drawn, zones, set(discs["site_id"]))["quarantined"],
        "reach_quarantined": _zone_facts(reach, drawn, zones, set(reach["site_id"]))["quarantined"],
    }
    if "districts" not in case.layers:
        facts["other_systems"] = beside_plan(sites, zones, case.stated, facts)
    return PlanMeasures(evidence, facts, layer, counted, cover)


def _recounted(case: Case, drawn: Any, *measured: tuple[gpd.GeoDataFrame, ZoneMeasure]) -> Tally | None:
    """The second computation of what was measured of some shapes; kept zones fail here rather than pass uncounted."""
    if not case.cross_check:
        return None
    return add_tallies(recount(shapes, drawn, found.evidence, case.contact_m) for shapes, found in measured)


def measure_units(sites: gpd.GeoDataFrame, case: Case) -> tuple[gpd.GeoDataFrame, dict[str, Any], Tally | None]:
    """Measure sites on the administrative units; return the evidence, the facts and the count as in ``LayerMeasures``."""
    districts = case.layers["districts"]
    evidence = measure_districts(sites, districts, case.contact_m)
    counted = recount_districts(sites, districts, evidence, case.contact_m) if case.cross_check else None
    facts = layer_facts(sites, districts, reached=set(evidence["site_id"])) | {
        "names": tuple(districts["district_name"].astype(str)),
        "ids": tuple(districts["district_id"].astype(str)),
        "parents": tuple(districts["parent_name"].astype(str) if "parent_name" in districts else [""] * len(districts)),
        "units": case.units,
        "crs_check": case.crs_check,
        "recount_doubts": counted.doubts if counted is not None else {},
    }
    facts["other_systems"] = beside_units(sites, districts, case.stated, evidence, facts)
    return evidence, facts, counted


def measure_present_use(sites: gpd.GeoDataFrame, reach: gpd.GeoDataFrame, case: Case) -> LayerMeasures:
    """Measure sites, and how far they may ``reach``, on the land as it is used now."""
    drawn = case.layers[PRESENT_USE]
    layer = ZoneLayer.of(drawn)
    measure = partial(measure_zones, zones=layer, contact_m=case.contact_m, compiled=case.compiled, threads=case.threads)
    lying, beyond = measure(sites), measure(reach)
    below, around = (layer_facts(some, drawn, reached=set(some["site_id"])) for some in (sites, reach))
    facts = {
        "cover": lying.cover,
        "reach_cover": beyond.cover,
        "lost": below["lost"],
        "quarantined": below["quarantined"],
        "reach_quarantined": around["quarantined"],
    }
    return LayerMeasures(lying.evidence, facts, layer, _recounted(case, drawn, (sites, lying), (reach, beyond)))


def _zone_facts(sites: gpd.GeoDataFrame, zones: Any, layer: ZoneLayer, reached: set[str]) -> dict[str, Any]:
    """``overlay.layer_facts`` of zones in memory or kept; sites that reach no zone are told how far the nearest one is."""
    if not isinstance(zones, KeptZones):
        return layer_facts(sites, zones, tree=layer.tree, reached=reached)
    asked = sites[sites.geometry.notna() & ~sites["site_id"].isin(reached)]
    near = zones.reaching(asked.geometry.to_numpy())
    return layer_facts(sites, zones.lost, tree=near.tree, reached=reached) | {"rows": len(zones.rows)}


def _width_classes(rulebook: Rulebook) -> dict[str, frozenset[str]]:
    wanted = {t.zone for t in rulebook.thresholds if t.width_m is not None}
    return {
        zone: frozenset(c for c in rulebook.classes if zone == "*" or zone in rulebook.ancestors(c)) for zone in sorted(wanted)
    }
