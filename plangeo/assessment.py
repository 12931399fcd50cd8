"""The one engine: measure a chunk of sites, judge it, and join chunks into an Assessment.

The chunk law: assess(a + b) = assess(a) + assess(b). Work is cut along sites only, so results are
concatenated and never merged.
"""

from __future__ import annotations

import datetime as dt
import math
import os
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from plangeo.adminunits.unitregister import UnitRegister
from plangeo.arguments import set_aside, take_backend, take_codes, take_day, take_rulebook, take_sites
from plangeo.checks import CHECKS, ESSENTIAL
from plangeo.crsdoctor.crscheck import check_sites, operations
from plangeo.crsdoctor.rowreadings import beside_plan, beside_units
from plangeo.engine.areas import ellipsoidal_area
from plangeo.engine.collection import without_collection
from plangeo.engine.pairs import prefers_compiled
from plangeo.engine.partition import CONTACT_WIDTH_M, REPROJECTED_CONTACT_M
from plangeo.engine.pieces import hilbert_positions
from plangeo.engine.zonelayer import ZoneLayer
from plangeo.errors import PlangeoWarning
from plangeo.flips import measure_around
from plangeo.geometry import as_crs, repair_layer, working_crs
from plangeo.law.precedence import govern, mark_prevailing
from plangeo.law.stages import stage_zones, with_stages
from plangeo.law.totals import judge_totals
from plangeo.layerledger import count_rows, needed_layers, plans_of, require_balance, state_layers
from plangeo.layers import IDS, PRESENT_USE, OpenLayers, open_layers, raster_notes
from plangeo.model import Assessment, Check, Label, Measured, SkippedCheck, Verdict
from plangeo.overlay import draw_evidence, layer_facts, measure_districts, measure_zones
from plangeo.placements import measure_rooms
from plangeo.profiles import load_profile
from plangeo.reaches import declared_circles, reach_of
from plangeo.reading import decision_rows
from plangeo.recount.recounting import Recount, add_recounts, recount, tell_recount
from plangeo.rulebook import Rulebook
from plangeo.sources import LayerFile
from plangeo.storage.keptzones import KeptZones, window_around
from plangeo.storage.prepared import moved_and_gated
from plangeo.surroundings import measure_requirements
from plangeo.tables import COVER, NEAREST, REPAIRS, empty
from plangeo.triggerground import measure_trigger_ground

CHUNK_SITES = 2_000
"""Sites of one chunk: few enough that all workers have something to do."""
SERIAL_SITES = 10_000
"""The same where one chunk comes after the other, with several threads inside."""
_GROUND = ("site_id", "plan_id", "zone_code")
# Around sites, pieces are read this far, so that what is put together from them is complete beside a site.
_AROUND_M = 10.0

Layers = Mapping[str, Any]
Backend = Callable[..., Iterable["Chunk"]]
Count = Callable[[int, int], None]
"""Told how many sites of how many are judged."""


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


def list_checks() -> pd.DataFrame:
    """Return the checks plangeo knows: index ``code``, columns ``title_vi``, ``title_en``, ``needs``."""
    rows = [
        {"code": c.code, "title_vi": c.title.vi, "title_en": c.title.en, "needs": ", ".join(c.needs)} for c in CHECKS.values()
    ]
    return pd.DataFrame(rows).set_index("code")


def assess(
    sites: gpd.GeoDataFrame,
    rulebook: Rulebook,
    *,
    on: dt.date | str,
    checks: Sequence[str] | None = None,
    crs: Any = None,
    backend: Backend | None = None,
    cross_check: bool = False,
    progress: Count | None = None,
    **layers: gpd.GeoDataFrame | str | Path | LayerFile,
) -> Assessment:
    """Judge every site against the plans in force on a date.

    Parameters
    ----------
    sites : table of ``plangeo.tables.SITES`` (from ``read_sites``), any CRS with a known datum.
    rulebook : the law, from ``load_rulebook``.
    on : the as-of date; there is no default "today".
    checks : codes to run (see ``list_checks``); all by default. Leaving out an essential check makes every
        verdict at least UNKNOWN.
    crs : metric CRS to measure in; chosen from the data by default.
    backend : a function shaped like ``map`` (see ``plangeo.backends``); ``map`` itself by default.
    cross_check : measure every site on the zones a second time, by other formulas in rational numbers
        (``plangeo.recount``), and leave a site on which the two disagree UNKNOWN. The zones are read whole for it.
    progress : called with (sites judged, all sites) whenever a chunk is done; chunks are then small enough to be counted.
    layers : ``zones=`` and ``districts=``, frames or paths. Zones in a file of 8 MiB and more are made ready once and
        kept in the user's cache folder (``$PLANGEO_CACHE``); later runs read what is kept.

    Returns
    -------
    Assessment whose ``sites`` keep the order, index, CRS and columns given, plus ``verdict`` and ``reasons``; a
    register's own column of such a name becomes ``<name>_raw``, and a note says so. Findings, evidence and cover
    stand in the order of the sites, findings of one site in that of the checks.

    Raises
    ------
    InputError for a backend that cannot be called; TableError when a table breaks its contract; LayerError for a layer no check wants, or zones whose plan
    is not stated; CrsError when coordinates cannot be converted; RulebookError for a bad date.
    """
    day = take_day(on)
    law = take_rulebook(rulebook).at(day)
    chosen = take_codes(checks, CHECKS)
    mapped = take_backend(backend)
    sites = take_sites(sites)
    opened = open_layers(layers, law, prepare_from=math.inf if cross_check else None)
    case = replace(open_case(sites, opened, law, chosen, crs), cross_check=cross_check)
    part = assess_part(sites, case, backend=mapped, progress=progress)
    told = [a for a in (part.sites.attrs.get("plangeo", {}), *opened.notes()) if a]
    if note := case.crs_check.get("note"):
        warnings.warn(PlangeoWarning(note, code="crs_doubted"), stacklevel=2)
    return replace(
        part,
        layers=opened.for_maps(law),
        repairs=_repairs(told, [*_rows_of(part.repairs), *opened.repairs]),
        inputs=tuple({**a.get("fingerprint", {}), "notes": list(a.get("notes", ())), "decisions": decision_rows(a)} for a in told)
        + tuple(raster_notes(role, path) for role, path in opened.rasters.items()),
    )


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
    """Whether sites are measured on zones in memory a second time."""
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
    zones = _zone_layer(layers)
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


@without_collection()
def assess_part(sites: gpd.GeoDataFrame, case: Case, *, backend: Backend = map, progress: Count | None = None) -> Assessment:
    """Assess some sites of a run (a table of tables.SITES as ``plangeo.arguments.take_sites`` gives it) by themselves."""
    metric, repairs = metric_sites(sites, case)
    size = SERIAL_SITES if backend is map and progress is None else CHUNK_SITES
    chunks = list(_counted(_assess_chunks(metric, case, backend, size), len(metric), progress))
    site_ids = metric["site_id"]
    findings = _ordered(_concat([c.findings for c in chunks]), site_ids)
    verdicts = _combine(
        site_ids, findings, case.codes, doubted=bool(case.crs_check.get("doubt")), by_area=bool(case.law.triggers)
    )
    out = set_aside(sites).copy()
    for column in ("problem", "repaired"):
        out[column] = metric[column].to_numpy()
    out["verdict"], out["reasons"] = verdicts["verdict"].to_numpy(), verdicts["reasons"].to_numpy()
    evidence = {
        role: _ordered(_concat_geo([c.evidence[role] for c in chunks], case.crs), site_ids) for role in IDS if role in case.layers
    }
    assert case.law.on is not None
    found = Assessment(
        sites=out,
        findings=_with_geometry(findings, evidence.get("zones"), case.crs),
        evidence=evidence,
        cover=_ordered(_concat([c.cover for c in chunks]), site_ids),
        rulebook=case.law,
        on=case.law.on,
        layers={},
        not_run=_skipped(case.chosen, case.codes),
        repairs=pd.DataFrame(repairs, columns=[c.name for c in REPAIRS]) if repairs else empty(REPAIRS),
        nearest=_ordered(_concat([c.nearest for c in chunks]), site_ids),
        crs=case.crs.to_string(),
        crs_operations=case.crs_operations,
        crs_check=case.crs_check,
        ledger=_ordered(_concat([c.ledger for c in chunks]), site_ids),
        layer_rows=case.layer_rows,
        recount=tell_recount(add_recounts(c.recount for c in chunks if c.recount is not None)) if case.cross_check else {},
    )
    require_balance(found, site_ids)
    return found


def _counted(chunks: Iterable[Chunk], total: int, progress: Count | None) -> Iterator[Chunk]:
    done = 0
    if progress is not None:
        progress(done, total)
    for chunk in chunks:
        yield chunk
        done += len(chunk.sites)
        if progress is not None:
            progress(done, total)


def metric_sites(sites: gpd.GeoDataFrame, case: Case) -> tuple[gpd.GeoDataFrame, list[dict[str, Any]]]:
    """Return sites through the validity gate in the CRS of the run, with ``use_code``, and the repair ledger."""
    gated, repairs = repair_layer(sites.reset_index(drop=True), "sites", "site_id")
    # Only sites without any place may come without a CRS; to_crs refuses the others.
    if sites.crs is None and gated.geometry.isna().all():
        metric = gated.set_crs(case.crs)
    else:
        metric, late = moved_and_gated(gated, "sites", "site_id", case.crs)
        repairs += late
    metric = metric.copy()
    metric["use_code"] = [case.law.find_use(str(u)) or "" for u in sites["use"]]
    return metric, repairs


def assess_chunks(
    sites: gpd.GeoDataFrame,
    layers: Layers,
    rulebook: Rulebook,
    checks: Sequence[Check],
    *,
    backend: Backend = map,
    size: int = CHUNK_SITES,
    contact_m: float = CONTACT_WIDTH_M,
) -> Iterable[Chunk]:
    """Cut ``sites`` (metric CRS, with ``use_code``) into chunks and assess each through ``backend``."""
    codes = tuple(c.code for c in checks)
    if isinstance(layers.get("zones"), gpd.GeoDataFrame):
        zones = stage_zones(layers["zones"], rulebook.on)
        layers, rulebook = {**layers, "zones": zones}, with_stages(rulebook, zones)
    return _assess_chunks(sites, Case(rulebook, codes, codes, sites.crs, contact_m, layers, _zone_layer(layers)), backend, size)


def _assess_chunks(sites: gpd.GeoDataFrame, case: Case, backend: Backend, size: int) -> Iterable[Chunk]:
    compiled = case.compiled
    if compiled is None:
        # Decided once for all chunks, so that the last digits do not depend on how the sites were cut.
        compiled = prefers_compiled(int(shapely.get_num_coordinates(sites.geometry.to_numpy()).sum()))
    threads = (os.cpu_count() or 1) if backend is map else case.threads
    if len(sites) > size:
        sites = sites.iloc[_neighbours(sites, isinstance(case.zones, KeptZones))]  # the rows are put in order afterwards
    pieces = [sites.iloc[i : i + size] for i in range(0, len(sites), size)] or [sites]
    return backend(partial(assess_chunk, case=replace(case, compiled=compiled, threads=threads)), pieces)


def _neighbours(sites: gpd.GeoDataFrame, along_curve: bool) -> NDArray[np.intp]:
    """Return an order in which chunks share work: neighbours, where zones are read by window; without a place, sites of one unit."""
    bounds = shapely.bounds(sites.geometry.to_numpy())
    unplaced = np.isnan(bounds).any(axis=1)
    named = sites["declared_district"].astype(str) if "declared_district" in sites else pd.Series("", index=sites.index)
    unit = np.where(unplaced, pd.factorize(named)[0], 0)
    position = hilbert_positions(np.nan_to_num(bounds)) if along_curve else unplaced
    return np.asarray(np.lexsort((unit, position)))


def _zone_layer(layers: Layers) -> ZoneLayer | None:
    zones = layers.get("zones")
    return zones if zones is None or isinstance(zones, ZoneLayer) else ZoneLayer.of(zones)


@without_collection()
def assess_chunk(sites: gpd.GeoDataFrame, case: Case) -> Chunk:
    """Measure and judge one chunk of sites (metric CRS, with ``use_code``); the only place where the two meet."""
    law, layers, contact_m = case.law, case.layers, case.contact_m
    facts: dict[str, dict[str, Any]] = {}
    evidence: dict[str, gpd.GeoDataFrame] = {}
    cover = govern(empty(COVER), law)
    counted = None
    reach = reach_of(sites, law)
    if case.zones is not None:
        discs = declared_circles(sites)
        around = np.concatenate([part.geometry.to_numpy() for part in (sites, discs, reach)])
        layer = case.zones.window(window_around(around, _AROUND_M))
        measure = partial(measure_zones, zones=layer, contact_m=contact_m, compiled=case.compiled, threads=case.threads)
        found = measure(sites, width_classes=_width_classes(law))
        cover = govern(found.cover, law)
        evidence["zones"] = mark_prevailing(found.evidence, cover)
        footprints = measure(discs)
        if case.cross_check:  # the zones are in memory then: kept ones fail here rather than pass uncounted
            both = [recount(s, layers["zones"], m.evidence, contact_m) for s, m in ((sites, found), (discs, footprints))]
            counted = add_recounts(both)
        facts["zones"] = _zone_facts(sites, layers["zones"], case.zones, set(found.evidence["site_id"])) | {
            "widths": found.widths,
            "doubts": {**found.doubts, **footprints.doubts},
            "recount_doubts": counted.doubts if counted is not None else {},
            "footprint_cover": govern(footprints.cover, law),
            "reach_cover": govern(measure(reach).cover, law),
            "footprint_quarantined": _zone_facts(discs, layers["zones"], case.zones, set(discs["site_id"]))["quarantined"],
            "reach_quarantined": _zone_facts(reach, layers["zones"], case.zones, set(reach["site_id"]))["quarantined"],
        }
    if "districts" in layers:
        districts = layers["districts"]
        evidence["districts"] = measure_districts(sites, districts, contact_m)
        facts["districts"] = layer_facts(sites, districts, reached=set(evidence["districts"]["site_id"])) | {
            "names": tuple(districts["district_name"].astype(str)),
            "ids": tuple(districts["district_id"].astype(str)),
            "parents": tuple(districts["parent_name"].astype(str) if "parent_name" in districts else [""] * len(districts)),
            "units": case.units,
            "crs_check": case.crs_check,
        }
        facts["districts"]["other_systems"] = beside_units(
            sites, districts, case.stated, evidence["districts"], facts["districts"]
        )
    elif case.zones is not None:
        facts["zones"]["other_systems"] = beside_plan(sites, case.zones, case.stated, facts["zones"])
    grounds = {"plan": (evidence["zones"], layer)} if case.zones is not None else {}
    if PRESENT_USE in layers:
        present = ZoneLayer.of(layers[PRESENT_USE])
        lying = measure_zones(sites, present, contact_m=contact_m, compiled=case.compiled, threads=case.threads)
        beyond = measure_zones(reach, present, contact_m=contact_m, compiled=case.compiled, threads=case.threads)
        below, around_them = (layer_facts(some, layers[PRESENT_USE], reached=set(some["site_id"])) for some in (sites, reach))
        evidence[PRESENT_USE], facts[PRESENT_USE] = (
            lying.evidence,
            {
                "cover": lying.cover,
                "reach_cover": beyond.cover,
                "lost": below["lost"],
                "quarantined": below["quarantined"],
                "reach_quarantined": around_them["quarantined"],
            },
        )
        grounds[PRESENT_USE] = (lying.evidence, present)
    table = _site_table(sites)
    tables = {role: pd.DataFrame(e.drop(columns="geometry")) for role, e in evidence.items()}
    tables["triggers"] = measure_trigger_ground(sites, law, grounds, threads=case.threads)
    tables["requirements"] = measure_requirements(sites, cover, layers, law)
    measured = Measured(sites=table, evidence=tables, cover=cover, layers=facts, rulebook=law)
    nearest = empty(NEAREST)
    if case.zones is not None and "placement" in case.codes:
        facts["zones"]["rooms"] = measure_rooms(sites, table, case.zones, layers, law, contact_m, case.units)
    if case.zones is not None and "robustness" in case.codes:
        totals = measured.once(judge_totals)
        facts["zones"]["flips"], nearest = measure_around(sites, case.zones, measured, totals, threads=case.threads)
    findings = _concat([CHECKS[code].judge(measured) for code in case.codes])
    if case.zones is not None:
        wanted = _spoken_against(evidence["zones"], findings)
        evidence["zones"] = draw_evidence(evidence["zones"], sites, layer, wanted, threads=case.threads)
    plans = plans_of(law, case.zones.rows["plan_id"].unique()) if case.zones is not None else ()
    ledger = state_layers(measured, needed_layers(law, case.chosen, layers), plans)
    return Chunk(table, evidence, cover, findings, nearest, ledger, counted)


def _spoken_against(evidence: pd.DataFrame, findings: pd.DataFrame) -> NDArray[np.bool_]:
    """Which pieces of ground a finding speaks against; one that names no class speaks against all that its site lies on there."""
    flagged = findings[findings["check"].isin(("zone_use", "zone_conflict")) & (findings["verdict"] != Verdict.PERMITTED.label)]
    named = set(_keys(flagged, _GROUND))
    pieces = zip(_keys(evidence, _GROUND), evidence["site_id"].tolist(), evidence["plan_id"].tolist(), strict=True)
    return np.array([key in named or (site_id, plan_id, "") in named for key, site_id, plan_id in pieces], dtype=bool)


def _zone_facts(sites: gpd.GeoDataFrame, zones: Any, layer: ZoneLayer, reached: set[str]) -> dict[str, Any]:
    """``overlay.layer_facts`` of zones in memory or kept; sites that reach no zone are told how far the nearest one is."""
    if not isinstance(zones, KeptZones):
        return layer_facts(sites, zones, tree=layer.tree, reached=reached)
    asked = sites[sites.geometry.notna() & ~sites["site_id"].isin(reached)]
    near = zones.reaching(asked.geometry.to_numpy())
    return layer_facts(sites, zones.lost, tree=near.tree, reached=reached) | {"rows": len(zones.rows)}


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


def _width_classes(rulebook: Rulebook) -> dict[str, frozenset[str]]:
    wanted = {t.zone for t in rulebook.thresholds if t.width_m is not None}
    return {
        zone: frozenset(c for c in rulebook.classes if zone == "*" or zone in rulebook.ancestors(c)) for zone in sorted(wanted)
    }


def _combine(
    site_ids: pd.Series, findings: pd.DataFrame, ran: Sequence[str], *, doubted: bool = False, by_area: bool = False
) -> pd.DataFrame:
    """The worst finding wins; a missing essential check keeps every site from being called permitted.

    Where the coordinate system is ``doubted``, the check `district`, which says so of each site, is essential too; so is
    `legal_conditions` where the rulebook has conditions ``by_area``.
    """
    needed = (*ESSENTIAL, *(["district"] if doubted else []), *(["legal_conditions"] if by_area else []))
    ids = site_ids.astype(str).tolist()
    place = {site_id: n for n, site_id in enumerate(ids)}
    at = [place[site_id] for site_id in findings["site_id"].tolist()]
    columns = (findings[name].tolist() for name in ("check", "reason", "verdict"))
    said = [(n, *kind) for n, kind in zip(at, zip(*columns, strict=True), strict=True)]
    tempered = {(n, other) for n, check, reason, _ in said for other in CHECKS[check].tempers.get(reason, ())}
    by_site: list[set[tuple[int, str]]] = [{(-Verdict.UNKNOWN, f"{c}.not_run") for c in needed if c not in ran} for _ in ids]
    told = cache(_statement)
    for n, check, reason, verdict in said:
        by_site[n].add(told(check, reason, verdict, (n, check) in tempered))
    read = cache(_worst_first)
    return pd.DataFrame([read(frozenset(some)) for some in by_site], columns=["verdict", "reasons"])


def _statement(check: str, reason: str, label: str, tempered: bool) -> tuple[int, str]:
    """A finding as (verdict, the worse the smaller, and code)."""
    verdict = Verdict.parse(label)
    return -(min(verdict, Verdict.UNKNOWN) if tempered else verdict), f"{check}.{reason}"


def _worst_first(statements: frozenset[tuple[int, str]]) -> tuple[str, str]:
    """The verdict of a site and the reasons for it; what permits is told only where everything does."""
    worst = Verdict.worst(Verdict(-v) for v, _ in statements)
    told = sorted(s for s in statements if -s[0] != Verdict.PERMITTED or worst is Verdict.PERMITTED)
    return worst.label, "; ".join(text for _, text in told)


def _skipped(chosen: Sequence[str], ran: Sequence[str]) -> tuple[SkippedCheck, ...]:
    out = []
    for code, check in CHECKS.items():
        if code in ran:
            continue
        if code not in chosen:
            why = Label("không được yêu cầu", "not asked for")
        else:
            needs = ", ".join(check.needs)
            why = Label(f"thiếu lớp {needs}", f"layer {needs} is missing")
        out.append(SkippedCheck(code, why))
    return tuple(out)


def _with_geometry(findings: pd.DataFrame, zones: gpd.GeoDataFrame | None, crs: Any) -> gpd.GeoDataFrame:
    """Attach to each zone finding the ground it speaks of, taken from the evidence; None elsewhere."""
    geometry = np.full(len(findings), None, dtype=object)
    if zones is not None:
        shapes: dict[tuple[str, ...], list[Any]] = defaultdict(list)
        prevailing = zones[zones["prevails"].to_numpy(dtype=bool)]
        for key, shape in zip(_keys(prevailing, _GROUND), prevailing.geometry.to_numpy(), strict=True):
            shapes[key].append(shape)
        at = np.flatnonzero(findings["check"].to_numpy() == "zone_use")
        geometry[at] = [_union(shapes.get(key, ())) for key in _keys(findings.iloc[at], _GROUND)]
    return gpd.GeoDataFrame(findings.reset_index(drop=True), geometry=gpd.GeoSeries(geometry, crs=crs), crs=crs)


def _keys(table: pd.DataFrame, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(table[name].tolist() for name in names), strict=True)


def _union(shapes: Sequence[Any]) -> Any:
    """The ground of a finding; None where it was measured but not drawn, because nothing speaks against it."""
    if not len(shapes) or any(shape is None for shape in shapes):
        return None
    return shapes[0] if len(shapes) == 1 else shapely.union_all(shapes)


def _rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _repairs(told: Sequence[Mapping[str, Any]], late: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    rows = [*late, *(row for about in told for row in about.get("repairs", ()))]
    return pd.DataFrame(rows, columns=[c.name for c in REPAIRS]) if rows else empty(REPAIRS)


def _ordered(table: Any, site_ids: pd.Series) -> Any:
    """Rows in the order of the sites, then of the checks, else as they were: chunks must leave no trace."""
    place = {site_id: n for n, site_id in enumerate(site_ids)}
    keys = [table["site_id"].map(place)]
    if "check" in table:
        rank = {code: n for n, code in enumerate(CHECKS)}
        keys.insert(0, table["check"].map(rank))
    return table.iloc[np.lexsort([k.to_numpy(dtype=int) for k in keys])].reset_index(drop=True)


def _concat(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [t for t in tables if len(t)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]


def _concat_geo(tables: Sequence[gpd.GeoDataFrame], crs: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(_concat(list(tables)), geometry="geometry", crs=crs)
