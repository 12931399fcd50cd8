"""What is decided once for a run, before its sites are cut into chunks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd

from plangeo.adminunits.unitregister import UnitRegister
from plangeo.checks import CHECKS
from plangeo.crsdoctor.crscheck import check_sites, operations
from plangeo.engine.partition import CONTACT_WIDTH_M, REPROJECTED_CONTACT_M
from plangeo.engine.zonelayer import ZoneLayer
from plangeo.geometry import as_crs, working_crs
from plangeo.law.stages import with_stages
from plangeo.layerledger import count_rows
from plangeo.layers import PRESENT_USE, OpenLayers
from plangeo.profiles import load_profile
from plangeo.rulebook import Rulebook


@dataclass(frozen=True)
class Case:
    """What is decided once for a run, however its sites are cut and whoever assesses them; free to travel."""

    law: Rulebook
    """The law of the day."""
    chosen: tuple[str, ...]
    """Codes of the checks asked for."""
    codes: tuple[str, ...]
    """Those whose layers are there."""
    crs: Any
    """The metric CRS to measure in."""
    contact_m: float
    layers: Mapping[str, Any]
    """Role → frame in ``crs``, kept zones, or the path of a raster."""
    zones: ZoneLayer | None
    """The zones ready for measuring."""
    compiled: bool | None = None
    """As in ``plangeo.engine.pairs.measure_pairs``; None: by the sites of each part."""
    threads: int = 1
    """Threads inside a chunk: several where chunks are worked through one after the other."""
    units: UnitRegister | None = None
    """The administrative units with their days, of the profile the boundaries were read with."""
    crs_operations: tuple[Mapping[str, Any], ...] = ()
    crs_check: Mapping[str, Any] = field(default_factory=dict)
    layer_rows: tuple[Mapping[str, Any], ...] = ()
    """All three as in ``model.Assessment``."""
    cross_check: bool = False
    """Whether what verdicts rest on is measured a second time; the zones are in memory then."""
    stated: Any = None
    """The CRS the numbers of the sites were read in; None: nobody looks whether a row stands in another one."""


def open_case(sites: gpd.GeoDataFrame, opened: OpenLayers, law: Rulebook, chosen: Sequence[str], crs: Any = None) -> Case:
    """Decide what holds for all sites of a run.

    Parameters: ``sites`` all of them, in their own CRS; only their boxes count. ``law`` closed over the day; ``chosen``
    codes of checks; ``crs`` the metric CRS, chosen from the data when None.
    **Raises** CrsError when ``crs`` is not fit for measuring, or a layer cannot be converted.
    """
    frames = [sites, *opened.outlines()]
    target = working_crs(frames, preferred=crs)
    moved = any(f.crs is not None and as_crs(f.crs) != target for f in frames)
    contact_m = REPROJECTED_CONTACT_M if moved else CONTACT_WIDTH_M
    layers = opened.measured_in(target, law)
    codes = tuple(code for code in chosen if all(role in opened.roles for role in CHECKS[code].needs))
    zones = zone_layer_of(layers)
    if zones is not None:
        law = with_stages(law.with_mixed(sorted(set(zones.rows["zone_code"].astype(str)))), zones.rows)
    if PRESENT_USE in layers:
        law = law.with_mixed(sorted(set(layers[PRESENT_USE]["zone_code"].astype(str))))
    done = operations(list(zip(("sites", *opened.roles), frames, strict=True)), target)
    check = check_sites(sites, opened.frames.get("districts"))
    case = Case(
        law,
        tuple(chosen),
        codes,
        target,
        contact_m,
        layers,
        zones,
        crs_operations=done,
        crs_check=check,
        layer_rows=count_rows(layers),
        stated=sites.crs,
    )
    return replace(case, units=_units_of(opened))


def _units_of(opened: OpenLayers) -> UnitRegister | None:
    """The register of units of the profile that the districts were read with; None when they came without one."""
    profile = opened.frames["districts"].attrs.get("plangeo", {}).get("profile") if "districts" in opened.frames else None
    return load_profile(profile).units if profile else None


def zone_layer_of(layers: Mapping[str, Any]) -> ZoneLayer | None:
    """Return the zones of plans ready for measuring; None where a run has none."""
    zones = layers.get("zones")
    return zones if zones is None or isinstance(zones, ZoneLayer) else ZoneLayer.of(zones)
