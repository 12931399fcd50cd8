"""Features of GML, GPX and KML are counted element by element, and a file whose features a reader passes over is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest

from plangeo.errors import InputError
from plangeo.markupcounts import count_members, count_placemarks, count_tracks
from plangeo.sources import read_sites, read_zones
from tests.makers import CRS, square

FORMATS = Path(__file__).parents[2].parent / "shared/data/formats"
ZONES = gpd.GeoDataFrame(
    {"zone_id": [f"Z{n}" for n in range(6)], "zone_code": ["ODT", "RPH"] * 3},
    geometry=[square(100 * n, 0, 100) for n in range(6)],
    crs=CRS,
)
GFS = """<GMLFeatureClassList><GMLFeatureClass><Name>plan</Name><ElementPath>plan</ElementPath>
<GeomPropertyDefn><Name>geometryProperty</Name><ElementPath>geometryProperty</ElementPath><Type>Polygon</Type></GeomPropertyDefn>
<SRSName>urn:ogc:def:crs:EPSG::9215</SRSName>
<DatasetSpecificInfo><FeatureCount>4</FeatureCount></DatasetSpecificInfo>
<PropertyDefn><Name>zone_code</Name><ElementPath>zone_code</ElementPath><Type>String</Type></PropertyDefn>
</GMLFeatureClass></GMLFeatureClassList>"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("gml") / "plan.gml"
    ZONES.to_file(path, driver="GML", FORMAT="GML3")
    return path.read_text("utf-8")


def _third(text: str, change: Callable[[str], str]) -> str:
    """The text with its third member changed."""
    head, *members = text.split("<ogr:featureMember>")
    members[2] = change(members[2])
    return "<ogr:featureMember>".join([head, *members])


def _write(folder: Path, text: str, **beside: str) -> Path:
    (folder / "plan.gml").write_text(text, "utf-8")
    for suffix, content in beside.items():
        (folder / f"plan.{suffix}").write_text(content, "utf-8")
    return folder / "plan.gml"


def test_whole_gml_is_counted(whole: str, tmp_path: Path) -> None:
    path = _write(tmp_path, whole)
    assert count_members(path) == {"plan": 6}
    assert len(read_zones(path)) == 6


def test_an_old_schema_with_another_number_of_features_loses_none(whole: str, tmp_path: Path) -> None:
    assert len(read_zones(_write(tmp_path, whole, gfs=GFS))) == 6


def test_a_kind_that_the_schema_does_not_name_is_not_lost(whole: str, tmp_path: Path) -> None:
    path = _write(tmp_path, _third(whole, lambda m: m.replace("ogr:plan", "ogr:forest")), gfs=GFS)
    with pytest.raises(InputError, match="1 forest") as told:
        read_zones(path)
    assert told.value.code == "file_truncated"
    frame = read_zones(path, layer="plan")  # who names the layer is told, and served
    assert len(frame) == 5
    assert any("1 forest" in note for note in frame.attrs["plangeo"]["notes"])


def test_a_misspelt_member_is_missed(whole: str, tmp_path: Path) -> None:
    text = whole.replace("<ogr:featureMember>", "<ogr:featureMembr>", 1).replace("</ogr:featureMember>", "</ogr:featureMembr>", 1)
    with pytest.raises(InputError, match="no feature of a member") as told:
        read_zones(_write(tmp_path, text))
    assert told.value.code == "file_damaged"


def test_collections_in_members_count_their_own_members(tmp_path: Path) -> None:
    member = "<w:member><a:Z><a:g><g:MultiPoint><g:pointMember><g:Point/></g:pointMember></g:MultiPoint></a:g></a:Z></w:member>"
    inner = f"<w:member><w:FeatureCollection>{member}{member}</w:FeatureCollection></w:member>"
    more = "<g:boundedBy><g:Polygon/></g:boundedBy><g:featureMembers><a:Z/><a:Y><a:subMember><a:Z/></a:subMember></a:Y></g:featureMembers>"
    text = f'<w:FeatureCollection xmlns:w="w" xmlns:g="g" xmlns:a="a">{more}{inner}</w:FeatureCollection>'
    assert count_members(_write(tmp_path, text)) == {"Z": 3, "Y": 1}


GPX = """<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1"><wpt lat="21" lon="106"><name>a</name></wpt>
<wpt lat="21.1" lon="106"/><rte><rtept lat="21" lon="106"/><rtept lat="21.1" lon="106"/></rte><trk><trkseg><trkpt lat="21" lon="106"/>
<trkpt lat="21" lon="106.1"/></trkseg><trkseg/></trk><trk/><extensions><wpt lat="1" lon="2"/></extensions></gpx>"""


def test_gpx_is_counted_layer_by_layer(tmp_path: Path) -> None:
    path = tmp_path / "a.gpx"
    path.write_text(GPX, "utf-8")
    counts = {"waypoints": 2, "routes": 1, "tracks": 2, "route_points": 2, "track_points": 2}
    assert {layer: count_tracks(path, layer) for layer in counts} == counts
    assert count_tracks(path, "other") is None
    path.write_text(GPX.partition("<extensions>")[0] + "</gpx>", "utf-8")
    assert {layer: len(read_sites(path, layer=layer)) for layer in counts} == counts
    for lost in ('<WPT lat="21.1" lon="106"/>', '<wpt lon="106"/>'):  # readers pass over both without a word
        path.write_text(GPX.partition("<extensions>")[0].replace('<wpt lat="21.1" lon="106"/>', lost) + "</gpx>", "utf-8")
        with pytest.raises(InputError, match="of its waypoints the file holds 2"):
            read_sites(path, layer="waypoints")


def test_a_placemark_in_a_placemark_is_not_lost(tmp_path: Path) -> None:
    mark = "<Placemark><name>{}</name><Point><coordinates>106,21</coordinates></Point>{}</Placemark>"
    path = tmp_path / "a.kml"
    text = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}</Document></kml>'
    path.write_text(text.format(mark.format("a", "") + mark.format("b", "")), "utf-8")
    assert count_placemarks(path) == len(read_sites(path)) == 2
    path.write_text(text.format(mark.format("a", mark.format("b", ""))), "utf-8")
    with pytest.raises(InputError, match="elements called Placemark is 2"):
        read_sites(path)


@pytest.mark.skipif(not FORMATS.exists(), reason="the shared set of real files is not on this machine")
def test_real_gml_is_counted_as_it_is_read() -> None:
    for name, rows in (("PRESCRIPTION_PCT", 201), ("PRESCRIPTION_LIN", 91), ("ZONE_URBA", 66)):
        path = FORMATS / f"ign_validator/gml/{name}.gml"
        assert count_members(path) == {name: rows}
        assert len(read_sites(path, columns={"LIBELLE": "name"})) == rows
