"""Registers for streaming: how many sites, where they lie, and the sites part by part.

What only a look at all rows tells (repeated identifiers, how numbers are written, coordinates far from the rest) is found
out in a first pass over identifiers and boxes; then every part is the same rows that reading the whole would give.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from plangeo.amounts.declaredareas import AREA_COLUMNS
from plangeo.apart import is_apart
from plangeo.apart.asking import read_slices_apart, stated_crs_apart
from plangeo.arguments import take_sites
from plangeo.canonical import SURVEYED, Survey, canonical_sites, survey_sites
from plangeo.columnchoice import find_columns
from plangeo.crsdoctor.crsreadings import datum_warnings
from plangeo.engine.pairs import COMPILED_FROM
from plangeo.formats.geoparquet import read_slices, stated_crs
from plangeo.inputs import Raw, Request
from plangeo.positions.crsnotes import whose_word
from plangeo.profiles import Profile, load_profile
from plangeo.rawfiles import fingerprint
from plangeo.reading import Decision
from plangeo.sources import LayerFile, read_sites, told_columns
from plangeo.storage.prepared import hash_file, hash_frame
from plangeo.vectors import settle_crs

# Rows looked at together in a first pass.
_SLICE = 50_000


class Register(Protocol):
    """Sites to be assessed, part by part."""

    about: Mapping[str, Any]
    """What the reader said of the file (``attrs["plangeo"]``)."""

    def outline(self) -> gpd.GeoDataFrame:
        """Return a frame with the CRS of the sites and, for each, something with its bounds."""

    def vertices(self) -> int:
        """Return how many vertices all sites have."""

    def parts(self, size: int) -> Iterator[gpd.GeoDataFrame]:
        """Yield the sites as ``arguments.take_sites`` gives them, ``size`` at a time, in their order."""

    def identity(self) -> str:
        """Return a hash that changes when anything about the sites does."""


class FrameRegister:
    """A register in memory."""

    def __init__(self, sites: gpd.GeoDataFrame, identity: str = "") -> None:
        self._sites = take_sites(sites)
        self._identity = identity
        self.about: Mapping[str, Any] = sites.attrs.get("plangeo", {})

    def outline(self) -> gpd.GeoDataFrame:
        return self._sites

    def vertices(self) -> int:
        return int(shapely.get_num_coordinates(self._sites.geometry.to_numpy()).sum())

    def parts(self, size: int) -> Iterator[gpd.GeoDataFrame]:
        for start in range(0, max(1, len(self._sites)), size):
            yield self._sites.iloc[start : start + size]

    def identity(self) -> str:
        return self._identity or hash_frame(self._sites)


class FileRegister:
    """A GeoParquet file read in slices; in memory are an identifier, a box and the declared area of every site."""

    def __init__(self, source: LayerFile, column: str, stated: Any, *, apart: bool = False) -> None:
        self._source, self._column, self._apart = source, column, apart
        self._path, self._columns = Path(source.path), source.keywords.get("columns")
        given = source.profile
        self._profile: Profile = given if isinstance(given, Profile) else load_profile(given)
        self._notes: list[str] = []
        self._decisions: list[Decision] = []
        request = Request("sites", crs=source.keywords.get("crs"))
        self._crs = settle_crs(stated, request, self._path.name, self._notes, np.empty(0, dtype=object))
        self._survey = self._look(request, stated)
        lines, self._vertices, declared = self._gated()
        self._outline = gpd.GeoDataFrame({"declared_district": declared}, geometry=gpd.GeoSeries(lines, crs=self._crs))
        boxes = shapely.bounds(lines)
        self._notes += datum_warnings(self._crs, boxes[:, 0], boxes[:, 1], self._profile, "sites")
        self.about: Mapping[str, Any] = {
            "fingerprint": {
                "role": "sites",
                "path": str(source.path),
                "name": self._path.name,
                "layer": self._path.stem,
                "sha256": fingerprint([self._path]),
                "rows": len(lines),
                "crs": ":".join(self._crs.to_authority() or ()) or self._crs.to_wkt(),
                "crs_by": whose_word(request.crs, stated, ()),
            },
            "repairs": [],
            "notes": [*self._notes, *self._survey.notes],
            "decisions": [*self._decisions, *self._survey.declared.decisions],
        }
        self._outline.attrs["plangeo"] = self.about

    def _slices(self, size: int) -> Iterator[Raw]:
        for raw in (read_slices_apart if self._apart else read_slices)(self._path, self._column, self._crs, size):
            raw.frame = raw.frame.rename(columns={"problem": "problem_raw"})
            raw.frame["problem"] = [raw.problems.get(position, "") for position in range(len(raw.frame))]
            yield raw

    def _look(self, request: Request, stated: Any) -> Survey:
        thin: list[gpd.GeoDataFrame] = []
        notes: list[str] = []
        found: dict[str, str] = {}
        for raw in self._slices(_SLICE):
            if not thin:
                found = find_columns(raw.frame, "sites", self._profile, self._columns, self._path.name, notes)
                self._decisions = told_columns(raw.frame, self._profile, self._columns or {}, {}, self._path.name)
            kept = [name for name in AREA_COLUMNS if name in raw.frame]  # where plangeo wrote the file itself
            wanted = dict.fromkeys([*(found[f] for f in SURVEYED if f in found), *kept, "source_row"])
            lines = _across(raw.frame.geometry.to_numpy())
            thin.append(raw.frame[list(wanted)].assign(geometry=lines))
        whole = gpd.GeoDataFrame(pd.concat(thin, ignore_index=True), geometry="geometry", crs=self._crs)
        # Once more with all places, so that a file whose coordinates fit nothing is refused as it is when read at once.
        settle_crs(stated, request, self._path.name, [], whole.geometry.to_numpy())
        return survey_sites(whole, found, self._profile, crs=self._crs, source=self._path.name, notes=notes)

    def _gated(self) -> tuple[Any, int, list[str]]:
        lines, vertices = [], 0
        names: dict[str, str] = {}  # the same word once, however many sites declare it
        declared: list[str] = []
        for frame in self._canonical(_SLICE):
            shapes = frame.geometry.to_numpy()
            lines.append(_across(shapes))
            vertices += int(shapely.get_num_coordinates(shapes).sum())
            told = frame["declared_district"] if "declared_district" in frame else [""] * len(frame)
            declared += [names.setdefault(str(v), str(v)) for v in told]
        return np.concatenate(lines), vertices, declared

    def _canonical(self, size: int) -> Iterator[gpd.GeoDataFrame]:
        start = 0
        for raw in self._slices(size):
            survey = self._survey.rows(start, start + len(raw.frame))
            start += len(raw.frame)
            day = self._source.keywords.get("list_date")
            yield canonical_sites(
                raw.frame, self._profile, columns=self._columns, source=self._path.name, survey=survey, list_date=day
            )

    def outline(self) -> gpd.GeoDataFrame:
        return self._outline

    def vertices(self) -> int:
        return self._vertices

    def parts(self, size: int) -> Iterator[gpd.GeoDataFrame]:
        for frame in self._canonical(size):
            yield take_sites(frame)

    @cached_property
    def _identity(self) -> str:
        return hash_file(self._path) + repr(sorted(self._source.options().items()))

    def identity(self) -> str:
        return self._identity


def open_register(sites: gpd.GeoDataFrame | str | Path | LayerFile) -> Register:
    """Return the register of a frame or a file; GeoParquet files are read in slices, others at once.

    **Raises** what ``read_sites`` raises.
    """
    if isinstance(sites, gpd.GeoDataFrame):
        return FrameRegister(sites)
    source = sites if isinstance(sites, LayerFile) else LayerFile(sites)
    files = source.files()
    if Path(source.path).suffix.lower() in (".parquet", ".geoparquet") and "layer" not in source.keywords:
        apart = is_apart(source.keywords.get("trusted"))
        column, stated = (stated_crs_apart if apart else stated_crs)(files[0])
        if column is not None:
            found = FileRegister(source, column, stated, apart=apart)
            if found.vertices() >= COMPILED_FROM:  # fewer are read at once, and counted in the CRS they are measured in
                return found
    identity = "".join(hash_file(file) for file in files) + repr(sorted(source.options().items()))
    return FrameRegister(read_sites(source.path, source.profile, **source.keywords), identity)


def _across(shapes: Any) -> Any:
    """A line from corner to corner of the box of every shape; None where there is none."""
    bounds = shapely.bounds(shapes)
    lines = np.full(len(shapes), None, dtype=object)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    lines[there] = shapely.linestrings(bounds[there].reshape(-1, 2, 2))
    return lines
