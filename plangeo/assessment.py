"""The one engine: measure a chunk of sites, judge it, and join chunks into an Assessment.

The chunk law: assess(a + b) = assess(a) + assess(b). Work is cut along sites only, so results are
concatenated and never merged.
"""

from __future__ import annotations

import datetime as dt
import math
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from plangeo.arguments import set_aside, take_backend, take_codes, take_day, take_rulebook, take_sites
from plangeo.assessing.cases import Case, open_case, zone_layer_of
from plangeo.assessing.chunks import Chunk, assess_chunk
from plangeo.assessing.chunktables import joined, joined_shapes, ordered, repair_table, table_rows, with_ground
from plangeo.assessing.verdicts import combine_findings, skipped_checks
from plangeo.checks import CHECKS
from plangeo.engine.collection import without_collection
from plangeo.engine.pairs import prefers_compiled
from plangeo.engine.partition import CONTACT_WIDTH_M
from plangeo.engine.pieces import hilbert_positions
from plangeo.errors import PlangeoWarning
from plangeo.geometry import repair_layer
from plangeo.law.stages import stage_zones, with_stages
from plangeo.layerledger import require_balance
from plangeo.layers import IDS, open_layers, raster_notes
from plangeo.model import Assessment, Check
from plangeo.reading import decision_rows
from plangeo.recount.tallies import add_recounts, tell_recount
from plangeo.rulebook import Rulebook
from plangeo.sources import LayerFile
from plangeo.storage.keptzones import KeptZones
from plangeo.storage.prepared import moved_and_gated
from plangeo.tables import REPAIRS, empty

CHUNK_SITES = 2_000
"""Sites of one chunk: few enough that all workers have something to do."""
SERIAL_SITES = 10_000
"""The same where one chunk comes after the other, with several threads inside."""

Layers = Mapping[str, Any]
Backend = Callable[..., Iterable[Chunk]]
Count = Callable[[int, int], None]
"""Told how many sites of how many are judged."""


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
    cross_check : measure a second time, by other formulas in rational numbers, what verdicts rest on (``plangeo.recount``), and
        leave a site on which the two disagree UNKNOWN. The zones are read whole for it.
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
        repairs=repair_table(told, [*table_rows(part.repairs), *opened.repairs]),
        inputs=tuple({**a.get("fingerprint", {}), "notes": list(a.get("notes", ())), "decisions": decision_rows(a)} for a in told)
        + tuple(raster_notes(role, path) for role, path in opened.rasters.items()),
    )


@without_collection()
def assess_part(sites: gpd.GeoDataFrame, case: Case, *, backend: Backend = map, progress: Count | None = None) -> Assessment:
    """Assess some sites of a run (a table of tables.SITES as ``plangeo.arguments.take_sites`` gives it) by themselves."""
    metric, repairs = metric_sites(sites, case)
    size = SERIAL_SITES if backend is map and progress is None else CHUNK_SITES
    chunks = list(_counted(_assess_chunks(metric, case, backend, size), len(metric), progress))
    site_ids = metric["site_id"]
    findings = ordered(joined([c.findings for c in chunks]), site_ids)
    verdicts = combine_findings(
        site_ids, findings, case.codes, doubted=bool(case.crs_check.get("doubt")), by_area=bool(case.law.triggers)
    )
    out = set_aside(sites).copy()
    for column in ("problem", "repaired"):
        out[column] = metric[column].to_numpy()
    out["verdict"], out["reasons"] = verdicts["verdict"].to_numpy(), verdicts["reasons"].to_numpy()
    evidence = {
        role: ordered(joined_shapes([c.evidence[role] for c in chunks], case.crs), site_ids)
        for role in IDS
        if role in case.layers
    }
    assert case.law.on is not None
    found = Assessment(
        sites=out,
        findings=with_ground(findings, evidence.get("zones"), case.crs),
        evidence=evidence,
        cover=ordered(joined([c.cover for c in chunks]), site_ids),
        rulebook=case.law,
        on=case.law.on,
        layers={},
        not_run=skipped_checks(case.chosen, case.codes),
        repairs=pd.DataFrame(repairs, columns=[c.name for c in REPAIRS]) if repairs else empty(REPAIRS),
        nearest=ordered(joined([c.nearest for c in chunks]), site_ids),
        crs=case.crs.to_string(),
        crs_operations=case.crs_operations,
        crs_check=case.crs_check,
        ledger=ordered(joined([c.ledger for c in chunks]), site_ids),
        layer_rows=case.layer_rows,
        recount=tell_recount(add_recounts(c.recount for c in chunks)) if case.cross_check else {},
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
    return _assess_chunks(sites, Case(rulebook, codes, codes, sites.crs, contact_m, layers, zone_layer_of(layers)), backend, size)


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
