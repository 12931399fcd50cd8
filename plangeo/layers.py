"""The layers of a run: opened, checked, repaired; zones of a big file taken from what is kept ready of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from plangeo.arguments import take_layer, take_table
from plangeo.checks import CHECKS
from plangeo.errors import InputError, LayerError
from plangeo.geometry import repair_layer, to_crs, working_crs
from plangeo.law.stages import stage_zones
from plangeo.rawfiles import fingerprint
from plangeo.rulebook import Rulebook
from plangeo.sources import LayerFile, open_layer
from plangeo.storage.keptzones import KeptZones, unnamed
from plangeo.storage.prepared import Origin, Outline, PreparedLayer, moved_and_gated
from plangeo.surroundings import RASTER_SUFFIXES, open_raster
from plangeo.tables import DISTRICTS, FEATURES, ZONES

PREPARE_FROM_BYTES = 8 * 2**20
"""Files of zones from this size on are prepared and kept; smaller ones are read in less time than it takes to look for them."""
PRESENT_USE = "present_use"
"""The map of present use: read as zones are, never asked what is compatible; conditions by area and conversions look at it."""
IDS = {"zones": "zone_id", "districts": "district_id", PRESENT_USE: "zone_id"}
_CONTRACTS = {"zones": ZONES, "districts": DISTRICTS, PRESENT_USE: ZONES}


@dataclass
class OpenLayers:
    """The layers of a run as they were given, in their own CRS."""

    roles: tuple[str, ...]
    """Vector layers, in the order given."""
    frames: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)
    rasters: dict[str, Path] = field(default_factory=dict)
    repairs: list[dict[str, Any]] = field(default_factory=list)
    origin: Origin | None = None
    """Where the zones come from, when they are not opened as a frame."""
    outline: Outline | None = None
    source: LayerFile | None = None
    plan_id: str = ""
    """The plan of zones that do not say which plan draws them."""

    def outlines(self) -> list[gpd.GeoDataFrame]:
        """Return a frame per vector layer that says where its rows lie, in their order."""
        return [self.frames[r] if r in self.frames or self.outline is None else self.outline.boxes for r in self.roles]

    def notes(self) -> list[Mapping[str, Any]]:
        """Return what the readers said of each vector layer (``attrs["plangeo"]``)."""
        told = []
        for role in self.roles:
            about = self.frames[role].attrs.get("plangeo", {}) if role in self.frames else self.outline.about  # type: ignore[union-attr]
            if role not in self.frames and self.source is not None and about:
                about = {**about, "fingerprint": {**about.get("fingerprint", {}), "path": str(self.source.path)}}
            told.append(about)
        return told

    def measured_in(self, crs: Any, rulebook: Rulebook) -> dict[str, Any]:
        """Return every layer in the metric ``crs``, zones ready for measuring (ZoneLayer), rasters as paths."""
        found: dict[str, Any] = dict(self.rasters)
        for role, frame in self.frames.items():
            moved, late = moved_and_gated(frame, role, IDS.get(role, "feature_id"), crs)
            found[role] = stage_zones(moved, rulebook.on) if role == "zones" else moved
            self.repairs += late
        if self.origin is not None:
            layer = self.origin.prepared(crs)
            self.plan_id = _only_plan(int(unnamed(layer.rows).sum()), len(layer.rows), rulebook)
            self.repairs += layer.repairs
            zones = KeptZones(layer, self.plan_id, rulebook.on)
            found["zones"] = zones if layer.made is None else zones.frame()  # what could not be kept is used from memory
        return found

    def for_maps(self, rulebook: Rulebook) -> Mapping[str, gpd.GeoDataFrame]:
        """Return the vector layers in their own CRS; zones that are kept are read from their file when a map asks for them."""
        if self.origin is None or self.source is None:
            return self.frames
        source, plan_id = self.source, self.plan_id
        recorded = self.notes()[self.roles.index("zones")].get("fingerprint", {}).get("sha256")

        def read() -> gpd.GeoDataFrame:
            frame = _opened("zones", source, rulebook)
            if frame.attrs.get("plangeo", {}).get("fingerprint", {}).get("sha256") != recorded:
                raise InputError(
                    f"{source.path} has changed since it was assessed, so its zones cannot be shown. Assess again.",
                    code="file_changed",
                )
            gated, _ = repair_layer(frame, "zones", IDS["zones"])
            return gated.assign(plan_id=gated["plan_id"].mask(unnamed(gated), plan_id)) if plan_id else gated

        return _WhenAsked({role: (lambda f=self.frames[role]: f) if role in self.frames else read for role in self.roles})  # type: ignore[misc]


class _WhenAsked(Mapping[str, gpd.GeoDataFrame]):
    """Layers that are opened when somebody looks at them."""

    def __init__(self, readers: Mapping[str, Callable[[], gpd.GeoDataFrame]]) -> None:
        self._readers = readers
        self._known: dict[str, gpd.GeoDataFrame] = {}

    def __getitem__(self, role: str) -> gpd.GeoDataFrame:
        if role not in self._known:
            self._known[role] = self._readers[role]()
        return self._known[role]

    def __iter__(self) -> Iterator[str]:
        return iter(self._readers)

    def __len__(self) -> int:
        return len(self._readers)


def open_layers(layers: Mapping[str, Any], rulebook: Rulebook, *, prepare_from: float | None = None) -> OpenLayers:
    """Open and check the layers of a run.

    Vector layers become checked frames, rasters stay paths (opened once here, so that a fault is told at once). Zones in
    files of ``prepare_from`` bytes and more (PREPARE_FROM_BYTES when None) are not read where a prepared layer is kept.
    **Raises** LayerError for a layer that nothing wants, that is empty, has no CRS, or does not name its plan.
    """
    wanted = (
        {role for check in CHECKS.values() for role in check.needs} | {r.layer for r in rulebook.requirements} | {PRESENT_USE}
    )
    unknown = [role for role in layers if role not in wanted]
    if unknown:
        raise LayerError(
            f"No check and no requirement of the rulebook in force on {rulebook.on} wants a layer called "
            f"{', '.join(map(repr, unknown))}; wanted are {', '.join(sorted(wanted))}.",
            code="layer_unwanted",
        )
    least = PREPARE_FROM_BYTES if prepare_from is None else prepare_from
    rasters: dict[str, Path] = {}
    given: dict[str, Any] = {}
    for role, layer in layers.items():
        given[role] = layer if isinstance(layer, LayerFile) else take_layer(role, layer)
        if _require_kind(role, given[role], rulebook):
            rasters[role] = Path(given[role])
    found = OpenLayers(tuple(role for role in layers if role not in rasters), rasters=rasters)
    for role in found.roles:
        source = LayerFile(given[role]) if isinstance(given[role], str | Path) else given[role]
        if role == "zones" and isinstance(source, LayerFile) and source.size() >= least:
            found.source = source
            found.origin = origin_of(source, rulebook)
            found.outline = found.origin.outline()
            continue
        frame, ledger = repair_layer(_opened(role, source, rulebook), role, IDS.get(role, "feature_id"))
        found.repairs += ledger
        found.frames[role] = _with_plan(frame, rulebook) if role == "zones" else frame
    return found


def origin_of(source: LayerFile, rulebook: Rulebook | None = None) -> Origin:
    """Return where the zones of a file come from: what is kept of them, else the file."""
    return Origin(
        lambda: _opened("zones", source, rulebook),
        layer="zones",
        id_column=IDS["zones"],
        files=source.files(),
        options=source.options(),
    )


def prepare_zones(source: LayerFile, *, sites_crs: Any = None, crs: Any = None) -> PreparedLayer:
    """Make the zones of a file ready and keep them, so that the first assessment need not wait for it.

    Parameters: ``sites_crs`` the CRS of the registers to come, where it is not that of the zones; ``crs`` the metric CRS to
    measure in, chosen as ``assess`` chooses it when None. **Raises** CrsError when the zones cannot be converted, and what
    ``open_layer`` raises.
    """
    origin = origin_of(source)
    boxes = origin.outline().boxes
    likely = boxes if sites_crs is None else to_crs(boxes, sites_crs)
    return origin.prepared(working_crs([likely, boxes], preferred=crs))


def _opened(role: str, source: Any, rulebook: Rulebook | None) -> gpd.GeoDataFrame:
    """One vector layer as a checked table with plain row numbers: users' indexes may repeat."""
    if isinstance(source, LayerFile):
        frame = source.read(role)
    else:
        frame = source if role in _CONTRACTS else open_layer(role, source)
    frame = take_table(frame, _CONTRACTS.get(role, FEATURES), f"the layer {role!r}")
    if frame.crs is None:
        raise LayerError(
            f"The layer {role!r} has no coordinate reference system; give it with crs='EPSG:…' when reading it.",
            code="crs_missing",
        )
    if not len(frame) or bool(
        (shapely.is_missing(frame.geometry.to_numpy()) | shapely.is_empty(frame.geometry.to_numpy())).all()
    ):
        raise LayerError(
            f"The layer {role!r} is empty, so nothing can be compared with it. Is it the right file and layer?",
            code="layer_empty",
        )
    return frame.reset_index(drop=True)


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
                f"({given if isinstance(given, str | Path) else 'a frame'}). Give another file, or another layer name in the rulebook.",
                code="layer_kind_wrong",
            )
        if is_raster:
            open_raster(Path(given), requirement)
    return is_raster


def _with_plan(zones: gpd.GeoDataFrame, rulebook: Rulebook) -> gpd.GeoDataFrame:
    blank = unnamed(zones)
    plan_id = _only_plan(int(blank.sum()), len(zones), rulebook)
    return zones.assign(plan_id=zones["plan_id"].mask(blank, plan_id)) if plan_id else zones


def _only_plan(blank: int, count: int, rulebook: Rulebook) -> str:
    """Zones that name no plan belong to the rulebook's only plan; with several plans the file must say."""
    if not blank:
        return ""
    if len(rulebook.plans) != 1:
        raise LayerError(
            f"{blank} of {count} zones do not say which plan draws them, and the rulebook has "
            f"{len(rulebook.plans)} plans ({', '.join(sorted(rulebook.plans))}). Add a column plan_id, or read them with plan_id='…' "
            "(--plan-id on the command line).",
            code="zones_without_plan",
        )
    return next(iter(rulebook.plans))


def raster_notes(role: str, path: Path) -> dict[str, Any]:
    """Return what the manifest says of a raster."""
    return {"role": role, "path": str(path), "name": path.name, "layer": "", "sha256": fingerprint([path]), "notes": []}
