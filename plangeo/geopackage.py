"""A GeoPackage with the styles inside, so that QGIS opens it as the map shows it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from plangeo.gdalgate import pyogrio
from plangeo.layerstyles import style_layers
from plangeo.listing import Listing

_DATE = "2000-01-01T00:00:00.000Z"


def write_geopackage(listing: Listing, path: Path) -> dict[str, str]:
    """Write layers ``sites``, ``findings``, ``evidence_<role>``, one for each study with geometries, and the table ``layer_styles`` to ``path``.

    Every layer is in the working CRS; sites without a place keep their row with an empty geometry. Returns layer → its style (QML).
    """
    assessment = listing.assessment
    sites = assessment.sites if not assessment.crs else _in_crs(assessment.sites, assessment.crs)
    findings = gpd.GeoDataFrame(
        listing.findings,
        geometry=list(assessment.findings.geometry),
        crs=assessment.findings.crs or assessment.crs or None,
    )
    layers: dict[str, gpd.GeoDataFrame] = {"sites": sites, "findings": findings}
    layers |= {f"evidence_{role}": frame for role, frame in sorted(assessment.evidence.items())}
    layers |= {s.code: s.shapes[[*(c.field for c in s.columns), "geometry"]] for s in assessment.sheets if s.shapes is not None}
    layers = {name: _flat(frame) for name, frame in layers.items()}
    with _fixed_clock():
        for name, frame in layers.items():
            pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG", geometry_type="Unknown", append=path.exists())
    styles = style_layers(assessment, layers)
    _add_styles(path, styles)
    return styles


@contextmanager
def _fixed_clock() -> Iterator[None]:
    """GDAL stamps the hour into every GeoPackage; a fixed one lets two equal runs write equal files."""
    name = "OGR_CURRENT_DATE"
    before = pyogrio.get_gdal_config_option(name)
    pyogrio.set_gdal_config_options({name: _DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({name: before})


def _in_crs(sites: gpd.GeoDataFrame, crs: str) -> gpd.GeoDataFrame:
    from plangeo.geometry import as_crs, to_crs

    return sites.set_crs(crs) if sites.crs is None else to_crs(sites, as_crs(crs))  # none: a register without any place


def _flat(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return ``frame`` with columns a GeoPackage can hold: unique names whatever the case, plain cell values."""
    columns: dict[str, Any] = {}
    for position, name in _names(frame).items():
        values = frame.iloc[:, position]
        if values.dtype == object or isinstance(values.dtype, pd.StringDtype | pd.CategoricalDtype):
            values = pd.Series([None if is_missing(v) else v if isinstance(v, bool) else str(v) for v in values], dtype=object)
            values = values.map(lambda v: v.encode("utf-8", "replace").decode() if isinstance(v, str) else v)
        columns[name] = values.to_numpy()
    return gpd.GeoDataFrame(columns, geometry=list(frame.geometry), crs=frame.crs)


def _names(frame: gpd.GeoDataFrame) -> dict[int, str]:
    """Place → name of each column but the geometry. Ours (lower case) keep their names, for the styles ask for them."""
    places = [n for n, name in enumerate(frame.columns) if name != frame.geometry.name]
    taken = {"fid", "geom", "ogc_fid"}
    names = {}
    for place in sorted(places, key=lambda n: str(frame.columns[n]) != str(frame.columns[n]).casefold()):
        name = base = str(frame.columns[place])
        n = 2
        while name.casefold() in taken:
            name, n = f"{base}_{n}", n + 1
        taken.add(name.casefold())
        names[place] = name
    return {place: names[place] for place in places}


def is_missing(value: Any) -> bool:
    """Return whether a cell holds nothing: None, NaN, or what pandas writes for them."""
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)


def _add_styles(path: Path, styles: Mapping[str, str]) -> None:
    with closing(sqlite3.connect(path)) as base, base:
        base.execute(
            "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),"
            " f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT,"
            " styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),"
            " update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))"
        )
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)"
            " VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
            (_DATE,),
        )
        for layer, qml in styles.items():
            base.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML,"
                " styleSLD, useAsDefault, description, owner, ui, update_time) VALUES ('', '', ?, 'geom', ?, ?, '', 1, '', '', NULL, ?)",
                (layer, f"plangeo {layer}", qml, _DATE),
            )
