"""Styles of the GIS layers: every feature under one rule, hostile text stays text, and QGIS itself takes them."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import geopandas as gpd
import pyogrio
import pytest
import shapely

import plangeo as pg
from plangeo.layerstyles import style_file, style_layers
from plangeo.model import Label
from plangeo.report import write_outputs
from plangeo.study import Sheet, SheetColumn
from tests.makers import X0, Y0, rulebook, site, sites, square, zones

HOSTILE = "a\\' OR TRUE OR 'b\"<x>&\x07\n☃"
QGIS_PYTHON = "/usr/bin/python3"


def _assessed() -> pg.Assessment:
    rows = [
        site("A", square(100, 100, 50)),
        site("B", shapely.Point(X0 + 300, Y0 + 300)),
        site("C", shapely.LineString([(X0, Y0), (X0 + 900, Y0 + 500)])),
        site("D", None),
    ]
    own = sites(*rows)
    own["Site_Id"] = "của danh mục"  # a column of the register that differs from ours by case only
    own = own[["Site_Id", *(c for c in own.columns if c != "Site_Id")]]
    ground = zones(("z1", "ODT", square(0, 0, 400), "P1"), ("z2", HOSTILE, square(400, 0, 4_000), "P1"))
    result = pg.assess(own, rulebook(), on="2025-07-01", zones=ground)
    kinds = gpd.GeoDataFrame(
        {"kind_vi": ["một", HOSTILE, None], "site_id": ["A", "B", "C"]},
        geometry=[square(0, 0, 50), shapely.Point(X0, Y0), shapely.LineString([(X0, Y0), (X0 + 50, Y0)])],
        crs=result.crs,
    )
    columns = (SheetColumn("kind_vi", "Loại", "Kind"), SheetColumn("site_id", "Mã", "Id"))
    study = Sheet("kinds", Label("Loại", "Kinds"), columns, kinds, Label("không", "none"))
    return replace(result, sheets=(study,))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_outputs(_assessed(), tmp_path_factory.mktemp("styles") / "out")


def test_every_layer_has_a_style_inside_and_beside_it_and_the_manifest_knows(folder: Path) -> None:
    layers = {name for name, _ in pyogrio.list_layers(folder / "sites.gpkg")} - {"layer_styles"}
    assert {"sites", "findings", "evidence_zones", "kinds"} <= layers
    inside = pyogrio.read_dataframe(folder / "sites.gpkg", layer="layer_styles")
    assert set(inside["f_table_name"]) == layers
    listed = json.loads((folder / "manifest.json").read_text("utf-8"))["files"]
    for name, text in zip(inside["f_table_name"], inside["styleQML"], strict=True):
        assert (folder / style_file(name)).read_text("utf-8").strip() == text
        assert style_file(name) in listed
        tree = ElementTree.fromstring(text)
        assert len(tree.findall("renderer-v2//rule")) == len(tree.findall("renderer-v2//symbol")) > 0


def test_styles_of_an_earlier_run_do_not_stay(folder: Path, tmp_path: Path) -> None:
    out = write_outputs(_assessed(), tmp_path / "out")
    assert (out / "sites.kinds.qml").exists()
    write_outputs(replace(_assessed(), sheets=()), out)
    assert not (out / "sites.kinds.qml").exists()


def test_no_file_of_a_user_takes_the_name_of_a_style(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"sites\.qml"):
        write_outputs(_assessed(), tmp_path / "out", extra={"sites.qml": "x"})


def test_a_column_of_the_register_never_stands_in_for_ours(folder: Path) -> None:
    layer = pyogrio.read_dataframe(folder / "sites.gpkg", layer="sites")
    assert layer["site_id"].tolist() == ["A", "B", "C", "D"]
    assert set(layer["Site_Id_2"]) == {"của danh mục"}


def test_a_layer_without_kinds_is_drawn_by_one_rule() -> None:
    plain = gpd.GeoDataFrame({"x": [1]}, geometry=[square(0, 0, 9)])
    (text,) = style_layers(_assessed(), {"x": plain}).values()
    assert len(ElementTree.fromstring(text).findall("renderer-v2//rule")) == 1


_ASK_QGIS = """
import json, sys
from qgis.core import (QgsApplication, QgsExpression, QgsExpressionContext, QgsExpressionContextUtils, QgsMapRendererSequentialJob,
                       QgsMapSettings, QgsVectorLayer, QgsDataProvider)
from qgis.PyQt.QtCore import QSize
app = QgsApplication([], False); app.initQgis()
folder, out = sys.argv[1], []
path = folder + "/sites.gpkg"
every = QgsVectorLayer(path, "all", "ogr")
for part in every.dataProvider().subLayers():
    _, name, _, kind = part.split(QgsDataProvider.sublayerSeparator())[:4]
    if name == "layer_styles" or kind not in ("Point", "LineString", "Polygon"):
        continue
    layer = QgsVectorLayer(f"{path}|layername={name}|geometrytype={kind}", name, "ogr")
    inside = layer.loadDefaultStyle()[1] and layer.renderer().type()
    beside = layer.loadNamedStyle(folder + ("/sites.qml" if name == "sites" else f"/sites.{name}.qml"))[1]
    tests = [QgsExpression(rule.filterExpression()) for rule in layer.renderer().rootRule().children()]
    context = QgsExpressionContext(); context.appendScopes(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    hits = []
    for feature in layer.getFeatures():
        context.setFeature(feature)
        hits.append(sum(bool(test.evaluate(context)) for test in tests))
    settings = QgsMapSettings(); settings.setLayers([layer]); settings.setOutputSize(QSize(200, 200))
    settings.setDestinationCrs(layer.crs()); extent = layer.extent(); extent.grow(100); settings.setExtent(extent)
    job = QgsMapRendererSequentialJob(settings); job.start(); job.waitForFinished()
    image = job.renderedImage()
    colours = {image.pixel(x, y) for x in range(0, 200) for y in range(0, 200)}
    out.append([name, kind, layer.isValid(), inside, beside, hits, any(t.hasParserError() for t in tests), len(colours),
                layer.labelsEnabled(), layer.crs().isValid()])
print(json.dumps(out))
sys.stdout.flush()
import os; os._exit(0)  # QGIS of some Debians ends in a fault when it is taken down
"""


def _ask_qgis(folder: Path) -> list[list[Any]]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": ""}
    try:
        there = subprocess.run([QGIS_PYTHON, "-c", "import qgis.core"], capture_output=True, env=environment, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        pytest.skip("no system Python with QGIS (Debian: apt-get install --no-install-recommends python3-qgis)")
    if there.returncode:
        pytest.skip("QGIS is not installed (Debian: apt-get install --no-install-recommends python3-qgis)")
    done = subprocess.run(
        [QGIS_PYTHON, "-c", _ASK_QGIS, str(folder)], capture_output=True, text=True, env=environment, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    answer: list[list[Any]] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_qgis_opens_every_layer_with_its_style(folder: Path) -> None:
    answer = _ask_qgis(folder)
    assert {(row[0], row[1]) for row in answer} >= {("sites", k) for k in ("Point", "LineString", "Polygon")} | {
        ("kinds", "Point")
    }
    for name, kind, valid, inside, beside, hits, faulty, colours, labels, crs in answer:
        assert valid
        assert inside == "RuleRenderer"
        assert beside
        assert not faulty
        assert hits
        assert set(hits) == {1}, f"{name} {kind}: every feature falls under one rule, also with a hostile code"
        assert colours > 1, f"{name} {kind}: something is drawn"
        assert labels
        assert crs
