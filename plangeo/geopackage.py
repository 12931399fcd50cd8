"""A GeoPackage with the styles inside, so that QGIS opens it as the map shows it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import pandas as pd
import pyogrio

from plangeo.explanation import one_line
from plangeo.listing import Listing
from plangeo.model import Assessment, Verdict

COLOUR = {
    Verdict.NOT_PERMITTED: "#C0392B",
    Verdict.UNKNOWN: "#E0A100",
    Verdict.CONDITIONAL: "#2E75B6",
    Verdict.PERMITTED: "#2E8B57",
}
_SHAPE = {
    Verdict.NOT_PERMITTED: "cross_fill",
    Verdict.UNKNOWN: "diamond",
    Verdict.CONDITIONAL: "triangle",
    Verdict.PERMITTED: "circle",
}
"""A marker of its own for each verdict: colours alone say nothing to one officer in twelve."""

_DATE = "2000-01-01T00:00:00.000Z"
_NO_CLASS = "#BBBBBB"


def write_geopackage(listing: Listing, path: Path) -> None:
    """Write layers ``sites``, ``findings``, ``evidence_<role>``, one for each study with geometries, and the table ``layer_styles`` to ``path``.

    Every layer is in the working CRS; sites without a place keep their row with an empty geometry.
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
    with _fixed_clock():
        for name, frame in layers.items():
            pyogrio.write_dataframe(_flat(frame), path, layer=name, driver="GPKG", geometry_type="Unknown", append=path.exists())
    styles = {"sites": _site_rules(sites)}
    if "zones" in assessment.evidence:
        styles["evidence_zones"] = _zone_rules(assessment)
    _add_styles(path, styles)


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

    return sites if sites.crs is None else to_crs(sites, as_crs(crs))


def _flat(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return ``frame`` with columns a GeoPackage can hold: unique names whatever the case, plain cell values."""
    taken = {"fid", "geom", "ogc_fid"}
    columns: dict[str, Any] = {}
    for position, original in enumerate(frame.columns):
        if original == frame.geometry.name:
            continue
        name = base = str(original)
        n = 2
        while name.casefold() in taken:
            name, n = f"{base}_{n}", n + 1
        taken.add(name.casefold())
        values = frame.iloc[:, position]
        if values.dtype == object or isinstance(values.dtype, pd.StringDtype | pd.CategoricalDtype):
            values = pd.Series([None if _missing(v) else v if isinstance(v, bool) else str(v) for v in values], dtype=object)
            values = values.map(lambda v: v.encode("utf-8", "replace").decode() if isinstance(v, str) else v)
        columns[name] = values.to_numpy()
    return gpd.GeoDataFrame(columns, geometry=list(frame.geometry), crs=frame.crs)


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)


@dataclass(frozen=True)
class _Rule:
    label: str
    test: str
    symbol: str


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _families(frame: gpd.GeoDataFrame) -> list[str]:
    kinds = {str(kind).removeprefix("Multi") for kind in frame.geometry[frame.geometry.notna()].geom_type}
    present = [f for f in ("Polygon", "Line", "Point") if any(kind.startswith(f) for kind in kinds)]
    return present or ["Polygon"]


def _site_rules(sites: gpd.GeoDataFrame) -> str:
    rules = [
        _Rule(
            verdict.wording.vi,
            f'"verdict" = {_text(verdict.label)} AND geometry_type($geometry) = {_text(family)}',
            _symbol(family, COLOUR[verdict], width=0.9, opacity=0.35, shape=_SHAPE[verdict]),
        )
        for verdict in sorted(Verdict, reverse=True)
        for family in _families(sites)
    ]
    return _qml(rules)


def _zone_rules(assessment: Assessment) -> str:
    frame, classes = assessment.evidence["zones"], assessment.rulebook.classes
    rules = []
    for code in sorted({one_line(item) for item in frame["zone_code"]}):
        known = classes.get(code)
        name = known.name.text("vi") if known else ""
        colour = (known.colour if known else None) or _NO_CLASS
        label = " ".join(part for part in (code, name) if part) or "(không có mã)"
        for family in _families(frame):
            test = f"coalesce(\"zone_code\", '') = {_text(code)} AND geometry_type($geometry) = {_text(family)}"
            rules.append(_Rule(label, test, _symbol(family, colour, width=0.6, opacity=0.8, shape="square")))
    return _qml(rules)


def _rgba(colour: str, opacity: float = 1.0) -> str:
    text = colour.lstrip("#")
    try:
        red, green, blue = (int(text[n : n + 2], 16) for n in (0, 2, 4))
    except ValueError:
        red = green = blue = 187
    return f"{red},{green},{blue},{round(255 * opacity)}"


def _symbol(family: str, colour: str, *, width: float, opacity: float, shape: str) -> str:
    """Return type, layer class and options of a QGIS symbol as an XML fragment without its name."""
    if family == "Polygon":
        kind, layer = "fill", "SimpleFill"
        options = {"color": _rgba(colour, opacity), "outline_color": _rgba(colour), "outline_width": width, "style": "solid"}
    elif family == "Line":
        kind, layer = "line", "SimpleLine"
        options = {"line_color": _rgba(colour), "line_width": width + 0.4}
    else:
        kind, layer = "marker", "SimpleMarker"
        options = {"name": shape, "color": _rgba(colour), "outline_color": "255,255,255,255", "size": 4}
    inner = "".join(f'<Option type="QString" name={quoteattr(k)} value={quoteattr(str(v))}/>' for k, v in options.items())
    return f'type="{kind}"><layer class="{layer}" enabled="1" pass="0" locked="0"><Option type="Map">{inner}</Option></layer>'


def _qml(rules: Sequence[_Rule]) -> str:
    """Return a QGIS style; rules, not categories, because points, lines and areas share one layer.

    No ``layerGeometryType`` is given on purpose: QGIS refuses a style whose type is not the layer's.
    """
    listed = "".join(
        f'<rule key="{{r{n}}}" symbol="{n}" label={quoteattr(rule.label)} filter={quoteattr(rule.test)}/>'
        for n, rule in enumerate(rules)
    )
    symbols = "".join(f'<symbol name="{n}" alpha="1" clip_to_extent="1" {rule.symbol}</symbol>' for n, rule in enumerate(rules))
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        '<qgis version="3.22" styleCategories="Symbology">'
        '<renderer-v2 type="RuleRenderer" symbollevels="0" enableorderby="0" forceraster="0">'
        f'<rules key="{{root}}">{listed}</rules><symbols>{symbols}</symbols></renderer-v2></qgis>'
    )


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
