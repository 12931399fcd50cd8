"""The one engine: measure a chunk of sites, judge it, and join chunks into an Assessment.

The chunk law: assess(a + b) = assess(a) + assess(b). Work is cut along sites only, so results are
concatenated and never merged.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from plangeo.areas import ellipsoidal_area
from plangeo.arguments import set_aside, take_backend, take_codes, take_day, take_layer, take_rulebook, take_sites, take_table
from plangeo.checks import CHECKS, ESSENTIAL
from plangeo.errors import LayerError
from plangeo.flips import find_nearest, measure_flips
from plangeo.geometry import as_crs, repair_layer, to_crs, transformation, working_crs
from plangeo.model import Assessment, Check, Label, Measured, SkippedCheck, Verdict
from plangeo.overlay import draw_evidence, layer_facts, measure_districts, measure_zones
from plangeo.pairs import prefers_compiled
from plangeo.partition import CONTACT_WIDTH_M, REPROJECTED_CONTACT_M
from plangeo.precedence import govern, mark_prevailing
from plangeo.rulebook import Rulebook
from plangeo.sources import fingerprint, open_layer
from plangeo.surroundings import RASTER_SUFFIXES, measure_requirements, open_raster
from plangeo.tables import COVER, DISTRICTS, FEATURES, NEAREST, REPAIRS, ZONES, empty
from plangeo.totals import judge_totals
from plangeo.zonelayer import ZoneLayer

CHUNK_SITES = 2_000
_CONTRACTS = {"zones": ZONES, "districts": DISTRICTS}
_IDS = {"zones": "zone_id", "districts": "district_id"}
_GROUND = ("site_id", "plan_id", "zone_code")

Layers = Mapping[str, gpd.GeoDataFrame]
Backend = Callable[..., Iterable["Chunk"]]


@dataclass(frozen=True)
class Chunk:
    """What one chunk of sites gave: tables only, ready to be concatenated."""

    sites: pd.DataFrame
    evidence: Mapping[str, gpd.GeoDataFrame]
    cover: pd.DataFrame
    findings: pd.DataFrame
    nearest: pd.DataFrame


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
    **layers: gpd.GeoDataFrame | str | Path,
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
    layers : ``zones=`` and ``districts=``, frames or paths.

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
    chosen = [CHECKS[code] for code in take_codes(checks, CHECKS)]
    mapped = take_backend(backend)
    sites = take_sites(sites)
    opened, rasters, repairs = _open_layers(layers, law)
    frames = [sites, *opened.values()]
    target = working_crs(frames, preferred=crs)
    gated, site_repairs = repair_layer(_fresh_index(sites), "sites", "site_id")
    # Only sites without any place may come without a CRS; to_crs refuses the others.
    metric_sites = gated.set_crs(target) if sites.crs is None and gated.geometry.isna().all() else to_crs(gated, target)
    metric_sites["use_code"] = [law.find_use(str(u)) or "" for u in sites["use"]]
    metric_layers: dict[str, Any] = {role: to_crs(frame, target) for role, frame in opened.items()} | rasters
    moved = any(f.crs is not None and as_crs(f.crs) != target for f in frames)
    contact_m = REPROJECTED_CONTACT_M if moved else CONTACT_WIDTH_M
    runnable = [c for c in chosen if all(role in opened for role in c.needs)]
    chunks = list(
        assess_chunks(metric_sites, metric_layers, law, runnable, backend=mapped, size=CHUNK_SITES, contact_m=contact_m)
    )
    findings = _ordered(_concat([c.findings for c in chunks]), metric_sites["site_id"])
    verdicts = _combine(metric_sites["site_id"], findings, [c.code for c in runnable])
    sites = set_aside(sites)
    out = sites.copy()
    for column in ("problem", "repaired"):
        out[column] = metric_sites[column].to_numpy()
    out["verdict"], out["reasons"] = verdicts["verdict"].to_numpy(), verdicts["reasons"].to_numpy()
    evidence = {
        role: _ordered(_concat_geo([c.evidence[role] for c in chunks], target), metric_sites["site_id"])
        for role in _IDS
        if role in opened
    }
    return Assessment(
        sites=out,
        findings=_with_geometry(findings, evidence.get("zones"), target),
        evidence=evidence,
        cover=_ordered(_concat([c.cover for c in chunks]), metric_sites["site_id"]),
        rulebook=law,
        on=day,
        layers=opened,
        not_run=_skipped(chosen, runnable),
        repairs=_repairs(sites, opened, [*site_repairs, *repairs]),
        inputs=tuple(_fingerprint(f) for f in (sites, *opened.values()) if _fingerprint(f))
        + tuple(_raster_fingerprint(role, path) for role, path in rasters.items()),
        nearest=_ordered(_concat([c.nearest for c in chunks]), metric_sites["site_id"]),
        crs=target.to_string(),
        crs_operations=tuple(transformation(f.crs, target) for f in frames if f.crs is not None),
    )


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
    pieces = [sites.iloc[i : i + size] for i in range(0, len(sites), size)] or [sites]
    codes = tuple(c.code for c in checks)
    # Decided once for all chunks, so that the last digits do not depend on how the sites were cut.
    compiled = prefers_compiled(int(shapely.get_num_coordinates(sites.geometry.to_numpy()).sum()))
    zone_layer = ZoneLayer.of(layers["zones"]) if "zones" in layers else None
    work = partial(
        assess_chunk, layers=layers, rulebook=rulebook, codes=codes, contact_m=contact_m, zone_layer=zone_layer, compiled=compiled
    )
    return backend(work, pieces)


def assess_chunk(
    sites: gpd.GeoDataFrame,
    layers: Layers,
    rulebook: Rulebook,
    codes: Sequence[str],
    contact_m: float = CONTACT_WIDTH_M,
    zone_layer: ZoneLayer | None = None,
    compiled: bool | None = None,
) -> Chunk:
    """Measure and judge one chunk of sites; the only place where the two meet.

    ``contact_m``: strips up to this width in metres are contact between neighbours, not overlap.
    """
    facts: dict[str, dict[str, Any]] = {}
    evidence: dict[str, gpd.GeoDataFrame] = {}
    cover = govern(empty(COVER), rulebook)
    if "zones" in layers:
        zones = layers["zones"]
        layer = zone_layer or ZoneLayer.of(zones)
        found = measure_zones(sites, layer, width_classes=_width_classes(rulebook), contact_m=contact_m, compiled=compiled)
        cover = govern(found.cover, rulebook)
        evidence["zones"] = mark_prevailing(found.evidence, cover)
        discs = _footprints(sites)
        footprints = measure_zones(discs, layer, contact_m=contact_m, compiled=compiled)
        facts["zones"] = layer_facts(sites, zones, tree=layer.tree, reached=set(found.evidence["site_id"])) | {
            "widths": found.widths,
            "doubts": {**found.doubts, **footprints.doubts},
            "footprint_cover": govern(footprints.cover, rulebook),
            "footprint_quarantined": layer_facts(discs, zones, tree=layer.tree, reached=set(discs["site_id"]))["quarantined"],
        }
    if "districts" in layers:
        districts = layers["districts"]
        evidence["districts"] = measure_districts(sites, districts, contact_m)
        facts["districts"] = layer_facts(sites, districts, reached=set(evidence["districts"]["site_id"])) | {
            "names": tuple(districts["district_name"].astype(str)),
            "ids": tuple(districts["district_id"].astype(str)),
        }
    table = _site_table(sites)
    tables = {role: pd.DataFrame(e.drop(columns="geometry")) for role, e in evidence.items()}
    tables["requirements"] = measure_requirements(sites, cover, layers, rulebook)
    measured = Measured(sites=table, evidence=tables, cover=cover, layers=facts, rulebook=rulebook)
    nearest = empty(NEAREST)
    if "zones" in layers and "robustness" in codes:
        totals = measured.once(judge_totals)
        facts["zones"]["flips"] = measure_flips(sites, layers["zones"], measured, totals)
        nearest = find_nearest(sites, layers["zones"], measured, totals)
    findings = _concat([CHECKS[code].judge(measured) for code in codes])
    if "zones" in layers:
        evidence["zones"] = draw_evidence(evidence["zones"], sites, layer, _spoken_against(evidence["zones"], findings))
    return Chunk(sites=table, evidence=evidence, cover=cover, findings=findings, nearest=nearest)


def _spoken_against(evidence: pd.DataFrame, findings: pd.DataFrame) -> NDArray[np.bool_]:
    """Which pieces of ground a finding speaks against; one that names no class speaks against all that its site lies on there."""
    flagged = findings[findings["check"].isin(("zone_use", "zone_conflict")) & (findings["verdict"] != Verdict.PERMITTED.label)]
    named = set(_keys(flagged, _GROUND))
    pieces = zip(_keys(evidence, _GROUND), evidence["site_id"].tolist(), evidence["plan_id"].tolist(), strict=True)
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


def _footprints(sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Circles of the declared area around the sites that are known by a single point only."""
    if "declared_area_m2" not in sites:
        return sites.iloc[:0]
    area = pd.to_numeric(sites["declared_area_m2"], errors="coerce")
    points = sites[(sites.geometry.geom_type == "Point") & (area > 0) & (area < math.inf)]
    radii = [math.sqrt(a / math.pi) for a in area.loc[points.index]]
    return points.set_geometry(
        gpd.GeoSeries(shapely.buffer(points.geometry.to_numpy(), radii, quad_segs=32), index=points.index, crs=sites.crs)
    )


def _width_classes(rulebook: Rulebook) -> dict[str, frozenset[str]]:
    wanted = {t.zone for t in rulebook.thresholds if t.width_m is not None}
    return {
        zone: frozenset(c for c in rulebook.classes if zone == "*" or zone in rulebook.ancestors(c)) for zone in sorted(wanted)
    }


def _open_layers(
    layers: Mapping[str, Any], rulebook: Rulebook
) -> tuple[dict[str, gpd.GeoDataFrame], dict[str, Path], list[dict[str, Any]]]:
    """Vector layers as checked frames, rasters as paths (opened once here, so that a fault is told at once), the repairs."""
    wanted = {role for check in CHECKS.values() for role in check.needs} | {r.layer for r in rulebook.requirements}
    unknown = [role for role in layers if role not in wanted]
    if unknown:
        raise LayerError(
            f"No check and no requirement of the rulebook in force on {rulebook.on} wants a layer called "
            f"{', '.join(map(repr, unknown))}; wanted are {', '.join(sorted(wanted))}."
        )
    opened: dict[str, gpd.GeoDataFrame] = {}
    rasters: dict[str, Path] = {}
    repairs: list[dict[str, Any]] = []
    for role, layer in layers.items():
        given = take_layer(role, layer)
        if _require_kind(role, given, rulebook):
            rasters[role] = Path(given)
            continue
        frame = given if isinstance(given, gpd.GeoDataFrame) and role in _CONTRACTS else open_layer(role, given)
        frame = take_table(frame, _CONTRACTS.get(role, FEATURES), f"the layer {role!r}")
        if frame.crs is None:
            raise LayerError(f"The layer {role!r} has no coordinate reference system; give it with crs='EPSG:…' when reading it.")
        if not len(frame) or frame.geometry.isna().all():
            raise LayerError(f"The layer {role!r} is empty, so nothing can be compared with it. Is it the right file and layer?")
        frame, ledger = repair_layer(_fresh_index(frame), role, _IDS.get(role, "feature_id"))
        repairs += ledger
        opened[role] = _with_plan(frame, rulebook) if role == "zones" else frame
    return opened, rasters, repairs


def _require_kind(role: str, given: Any, rulebook: Rulebook) -> bool:
    """Say whether a layer is a raster. **Raises** LayerError when its requirements ask for the other kind."""
    is_raster = isinstance(given, str | Path) and Path(given).suffix.lower() in RASTER_SUFFIXES
    if role in _CONTRACTS:
        return False
    for requirement in (r for r in rulebook.requirements if r.layer == role):
        if is_raster is (requirement.field == "distance_m"):
            wanted = "features (GeoPackage, shapefile …)" if is_raster else "a raster (GeoTIFF …)"
            raise LayerError(
                f"The requirement on {requirement.field!r} measures the layer {role!r} as {wanted}, and that is not what was given "
                f"({given if isinstance(given, str | Path) else 'a frame'}). Give another file, or another layer name in the rulebook."
            )
        if is_raster:
            open_raster(Path(given), requirement)
    return is_raster


def _fresh_index(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Work on a plain row number: users' indexes may repeat."""
    return frame.reset_index(drop=True)


def _with_plan(zones: gpd.GeoDataFrame, rulebook: Rulebook) -> gpd.GeoDataFrame:
    """Zones that name no plan belong to the rulebook's only plan; with several plans the file must say."""
    blank = zones["plan_id"].fillna("").astype(str).str.strip() == ""
    if not blank.any():
        return zones
    if len(rulebook.plans) != 1:
        raise LayerError(
            f"{int(blank.sum())} of {len(zones)} zones do not say which plan draws them, and the rulebook has "
            f"{len(rulebook.plans)} plans ({', '.join(sorted(rulebook.plans))}). Add a column plan_id, or read them with plan_id='…' "
            "(--plan-id on the command line)."
        )
    return zones.assign(plan_id=zones["plan_id"].mask(blank, next(iter(rulebook.plans))))


def _combine(site_ids: pd.Series, findings: pd.DataFrame, ran: Sequence[str]) -> pd.DataFrame:
    """The worst finding wins; a missing essential check keeps every site from being called permitted."""
    ids = site_ids.astype(str).tolist()
    place = {site_id: n for n, site_id in enumerate(ids)}
    at = [place[site_id] for site_id in findings["site_id"].tolist()]
    columns = (findings[name].tolist() for name in ("check", "reason", "verdict"))
    said = [(n, *kind) for n, kind in zip(at, zip(*columns, strict=True), strict=True)]
    tempered = {(n, other) for n, check, reason, _ in said for other in CHECKS[check].tempers.get(reason, ())}
    by_site: list[set[tuple[int, str]]] = [{(-Verdict.UNKNOWN, f"{c}.not_run") for c in ESSENTIAL if c not in ran} for _ in ids]
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


def _skipped(chosen: Sequence[Check], runnable: Sequence[Check]) -> tuple[SkippedCheck, ...]:
    ran = {c.code for c in runnable}
    wanted = {c.code: c for c in chosen}
    out = []
    for code, check in CHECKS.items():
        if code in ran:
            continue
        if code not in wanted:
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


def _repairs(sites: gpd.GeoDataFrame, layers: Layers, late: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    rows = [*late, *(row for f in (sites, *layers.values()) for row in f.attrs.get("plangeo", {}).get("repairs", ()))]
    return pd.DataFrame(rows, columns=[c.name for c in REPAIRS]) if rows else empty(REPAIRS)


def _fingerprint(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    about = frame.attrs.get("plangeo", {})
    return {**about.get("fingerprint", {}), "notes": list(about.get("notes", ()))} if about else {}


def _raster_fingerprint(role: str, path: Path) -> dict[str, Any]:
    return {"role": role, "path": str(path), "name": path.name, "layer": "", "sha256": fingerprint([path]), "notes": []}


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
