"""How QGIS shows the layers of an answer: a style (QML) for each, by verdict, class or kind, with labels.

Rules, not categories, because points, lines and areas share one layer; every feature falls under a rule, so none is
hidden. Text of a register becomes text of an expression or of a label, never an expression.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

import geopandas as gpd

from plangeo.explanation import one_line
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
_KINDS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C6D31", "#5E4FA2", "#F0E442", "#444444")
"""Colours of kinds that have none of their own; the first eight are told apart by colour-blind people."""
_FORMS = ("circle", "square", "triangle", "diamond", "pentagon", "star")
_BY_KIND = ("status_vi", "kind_vi", "state_vi", "decides_vi", "level_vi", "governs_vi", "zone_code", "plan_id")
"""Columns that tell the rows of a study apart, the first that a layer has with at most as many values as there are colours."""
_LABELS = ("site_id", "zone_code", "district_name", "zone_id", "plan_id", "site_ids", "list_ids", "to_says", "rank")
"""Columns that name a row, the first that a layer has."""
_LABELS_OF_GROUND = {"evidence_zones": "zone_code", "evidence_districts": "district_name"}
_NO_CLASS = "#BBBBBB"
_PLAIN = "#5E4FA2"
_MOST_CLASSES = 300
"""Classes with a rule of their own; codes beyond are drawn as the rest, so that a layer of nonsense makes no endless style."""
_REST = "Khác"


@dataclass(frozen=True)
class _Rule:
    label: str
    test: str
    symbol: str


def style_layers(assessment: Assessment, layers: Mapping[str, gpd.GeoDataFrame]) -> dict[str, str]:
    """Return layer name → style of every layer (QML text). ``layers``: the frames as they are written, texts as text."""
    return {name: _style(assessment, name, frame) for name, frame in layers.items()}


def style_file(layer: str) -> str:
    """Return the name of the file with the style of a layer of sites.gpkg; QGIS takes the first by itself.

    >>> style_file("sites"), style_file("evidence_zones")
    ('sites.qml', 'sites.evidence_zones.qml')
    """
    return "sites.qml" if layer == "sites" else f"sites.{layer}.qml"


def _style(assessment: Assessment, name: str, frame: gpd.GeoDataFrame) -> str:
    families = _families(frame)
    if "verdict" in frame:
        rules = _verdict_rules("verdict", {v: v.label for v in Verdict}, families)
    elif "verdict_vi" in frame:
        rules = _verdict_rules("verdict_vi", {v: v.wording.vi for v in Verdict}, families)
    elif name == "evidence_zones":
        rules = _zone_rules(assessment, frame, families)
    else:
        rules = _kind_rules(frame, families)
    label = next((column for column in (_LABELS_OF_GROUND.get(name, ""), *_LABELS) if column in frame), "")
    return _qml(rules, label, families)


def _families(frame: gpd.GeoDataFrame) -> list[str]:
    kinds = {str(kind).removeprefix("Multi") for kind in frame.geometry[frame.geometry.notna()].geom_type}
    present = [f for f in ("Polygon", "Line", "Point") if any(kind.startswith(f) for kind in kinds)]
    return present or ["Polygon"]


def _verdict_rules(column: str, words: Mapping[Verdict, str], families: Sequence[str]) -> list[_Rule]:
    rules = []
    for verdict in sorted(Verdict, reverse=True):
        look = {"colour": COLOUR[verdict], "width": 0.9, "opacity": 0.35, "shape": _SHAPE[verdict]}
        rules += _rules(verdict.wording.vi, f"{_name(column)} = {_text(words[verdict])}", families, look)
    return rules + _rest(column, list(words.values()), families)


def _zone_rules(assessment: Assessment, frame: gpd.GeoDataFrame, families: Sequence[str]) -> list[_Rule]:
    classes = assessment.rulebook.classes
    rules = []
    codes = sorted({"" if item is None else str(item) for item in frame["zone_code"]})
    for code in codes[:_MOST_CLASSES]:
        known = classes.get(one_line(code))
        name = known.name.text("vi") if known else ""
        look = {"colour": (known.colour if known else None) or _NO_CLASS, "width": 0.6, "opacity": 0.8, "shape": "square"}
        label = " ".join(part for part in (one_line(code), name) if part) or "(không có mã)"
        rules += _rules(label, f"coalesce(\"zone_code\", '') = {_text(code)}", families, look)
    return rules + _rest("zone_code", codes[:_MOST_CLASSES], families)


def _kind_rules(frame: gpd.GeoDataFrame, families: Sequence[str]) -> list[_Rule]:
    """One rule for each kind of row; one for all where no column tells kinds apart."""
    for column in _BY_KIND:
        if column not in frame:
            continue
        values = sorted({str(v) for v in frame[column] if one_line(v)})
        if not 1 < len(values) <= len(_KINDS):
            continue
        rules = []
        for n, value in enumerate(values):
            look = {"colour": _KINDS[n], "width": 0.6, "opacity": 0.45, "shape": _FORMS[n % len(_FORMS)]}
            rules += _rules(one_line(value), f"{_name(column)} = {_text(value)}", families, look)
        return rules + _rest(column, values, families)
    return _rules("", "TRUE", families, {"colour": _PLAIN, "width": 0.6, "opacity": 0.3, "shape": "circle"})


def _rest(column: str, values: Sequence[str], families: Sequence[str]) -> list[_Rule]:
    """What no other rule shows: no value, or one with characters a style cannot hold."""
    known = ", ".join(_text(value) for value in values)
    test = f"coalesce({_name(column)}, '') NOT IN ({known})"
    return _rules(_REST, test, families, {"colour": _NO_CLASS, "width": 0.6, "opacity": 0.3, "shape": "circle"})


def _rules(label: str, test: str, families: Sequence[str], look: Mapping[str, Any]) -> list[_Rule]:
    return [
        _Rule(label, f"{test} AND geometry_type($geometry) = {_text(family)}", _symbol(family, **look)) for family in families
    ]


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _text(value: str) -> str:
    """A literal of QGIS's expressions, in which the backslash escapes too."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n").replace("\t", "\\t") + "'"


def _rgba(colour: str, opacity: float = 1.0) -> str:
    text = colour.lstrip("#")
    try:
        red, green, blue = (int(text[n : n + 2], 16) for n in (0, 2, 4))
    except ValueError:
        red = green = blue = 187
    return f"{red},{green},{blue},{round(255 * opacity)}"


def _symbol(family: str, *, colour: str, width: float, opacity: float, shape: str) -> str:
    """Return type, layer class and options of a QGIS symbol as an XML fragment without its name."""
    if family == "Polygon":
        kind, layer = "fill", "SimpleFill"
        options = {"color": _rgba(colour, opacity), "outline_color": _rgba(colour), "outline_width": width, "style": "solid"}
    elif family == "Line":
        kind, layer = "line", "SimpleLine"
        options = {"line_color": _rgba(colour), "line_width": width + 0.4}
    else:
        kind, layer = "marker", "SimpleMarker"
        options = {"name": shape, "color": _rgba(colour), "outline_color": "255,255,255,255", "size": width * 4.5}
    inner = "".join(f'<Option type="QString" name={_attribute(k)} value={_attribute(str(v))}/>' for k, v in options.items())
    return f'type="{kind}"><layer class="{layer}" enabled="1" pass="0" locked="0"><Option type="Map">{inner}</Option></layer>'


def _attribute(text: str) -> str:
    """A quoted attribute; characters XML cannot hold are left out, or the whole style would be unreadable."""
    plain = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cs", "Cn") or c in "\t\n")
    return quoteattr(plain)


def _qml(rules: Sequence[_Rule], label: str, families: Sequence[str]) -> str:
    """Return a QGIS style.

    No ``layerGeometryType`` is given on purpose: QGIS refuses a style whose type is not the layer's.
    """
    listed = "".join(
        f'<rule key="{{r{n}}}" symbol="{n}" label={_attribute(rule.label)} filter={_attribute(rule.test)}/>'
        for n, rule in enumerate(rules)
    )
    symbols = "".join(f'<symbol name="{n}" alpha="1" clip_to_extent="1" {rule.symbol}</symbol>' for n, rule in enumerate(rules))
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        f'<qgis version="3.22" styleCategories="Symbology|Labeling" labelsEnabled="{1 if label else 0}">'
        '<renderer-v2 type="RuleRenderer" symbollevels="0" enableorderby="0" forceraster="0">'
        f'<rules key="{{root}}">{listed}</rules><symbols>{symbols}</symbols></renderer-v2>{_labeling(label, families)}</qgis>'
    )


def _labeling(column: str, families: Sequence[str]) -> str:
    """Labels of eight points with a white rim beside points, at areas and along lines, none upon another."""
    if not column:
        return ""
    rules = "".join(
        f'<rule key="{{l{n}}}" filter={_attribute(f"geometry_type($geometry) = {_text(family)}")}>'
        '<settings calloutType="simple">'
        f'<text-style fieldName={_attribute(column)} isExpression="0" fontFamily="Times New Roman" fontSize="8" fontSizeUnit="Point" '
        'textColor="0,0,0,255" textOpacity="1"><text-buffer bufferDraw="1" bufferSize="0.8" bufferSizeUnits="MM" '
        'bufferColor="255,255,255,255" bufferOpacity="1"/></text-style>'
        f'<placement placement="{4 if family == "Line" else 0}" placementFlags="11" dist="2.2" distUnits="MM" priority="5"/>'
        '<rendering displayAll="0" obstacle="1" scaleVisibility="0" drawLabels="1"/></settings></rule>'
        for n, family in enumerate(families)
    )
    return f'<labeling type="rule-based"><rules key="{{labels}}">{rules}</rules></labeling>'
