"""KML of Google Earth: folders, tables in descriptions, data with Vietnamese names, every kind of geometry."""

from __future__ import annotations

import pytest

from plangeo import open_layer, read_sites
from plangeo.errors import InputError
from plangeo.kmldocument import described

DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document><name>Dự án</name>
<Schema name="da" id="da"><SimpleField type="string" name="Mã"/></Schema>{}</Document></kml>"""
RING = "106.76,21.85,1 106.77,21.85,1 106.77,21.86,1 106.76,21.85,1"
AREA = f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{RING}</coordinates></LinearRing></outerBoundaryIs></Polygon>"
SPOT = "<Point><coordinates>106.7,21.8,120</coordinates></Point>"
MARKS = f"""
<Folder><name>Công nghiệp</name>
 <Placemark><name>KCN Một</name><ExtendedData><Data name="Mã"><value>P-1</value></Data>
  <Data name="Diện tích (ha)"><value>12,5</value></Data></ExtendedData>{SPOT}</Placemark>
 <Folder><name>Giai đoạn 2</name><Placemark><name>KCN Hai</name><description><![CDATA[<b>Ghi chú</b><table>
  <tr><td>Mã</td><td>P-2</td></tr><tr><td>Loại dự án</td><td>Khu công nghiệp &amp; kho</td></tr></table>]]></description>{AREA}</Placemark></Folder>
</Folder>
<Folder><name>Đô thị</name><Placemark><name>KĐT</name><ExtendedData><SchemaData schemaUrl="#da"><SimpleData name="Mã">P-3</SimpleData>
 </SchemaData></ExtendedData><MultiGeometry>{AREA}{AREA.replace("106.7", "106.8")}</MultiGeometry></Placemark></Folder>
<Placemark><name>Lẫn lộn</name><MultiGeometry>{SPOT}{AREA}</MultiGeometry></Placemark>
<Placemark><name>Đường</name><description>Mã: P-5&#10;Loại dự án: Đường</description><LineString><coordinates>106.7, 21.8, 0 106.71,21.81</coordinates></LineString></Placemark>
<Placemark><name>Sai</name><Point><coordinates>106.7;21.8</coordinates></Point></Placemark>
<Placemark><name>Không hình</name></Placemark>
<Placemark><name>Vết</name><gx:Track><gx:coord>106.7 21.8 0</gx:coord></gx:Track></Placemark>
<GroundOverlay><name>ảnh</name></GroundOverlay>
"""


def write(tmp_path, inside=MARKS):
    path = tmp_path / "a.kml"
    path.write_text(DOCUMENT.format(inside), encoding="utf-8")
    return path


def test_everything_of_a_placemark_becomes_a_row(tmp_path):
    frame = read_sites(write(tmp_path))
    assert frame["site_id"].tolist()[:3] == ["P-1", "P-2", "P-3"]
    assert frame["name"].tolist() == ["KCN Một", "KCN Hai", "KĐT", "Lẫn lộn", "Đường", "Sai", "Không hình", "Vết"]
    assert frame["use"].tolist()[1] == "Khu công nghiệp & kho"
    assert frame["folder"].tolist()[:3] == ["Công nghiệp", "Công nghiệp / Giai đoạn 2", "Đô thị"]
    assert frame["declared_area_m2"][0] == 125_000
    kinds = [None if g is None else g.geom_type for g in frame.geometry]
    assert kinds == ["Point", "Polygon", "MultiPolygon", None, "LineString", None, None, None]
    assert not frame.geometry[0].has_z
    words = [p.partition(":")[0] for p in frame["problem"]]
    assert words == ["", "", "", "mixed_geometry", "", "bad_coordinates", "no_geometry", "invalid_geometry"]
    told = frame.attrs["plangeo"]
    assert any("heights" in n for n in told["notes"])
    assert any("GroundOverlay" in n for n in told["notes"])
    assert any(d.topic == "column" and "'Mã'" in d.said for d in told["decisions"])
    assert frame["site_id"][4] == "P-5"


def test_a_folder_can_be_asked_for_and_zones_need_one(tmp_path):
    path = write(tmp_path)
    assert read_sites(path, layer="Đô thị")["name"].tolist() == ["KĐT"]
    assert len(read_sites(path, layer="Công nghiệp")) == 2
    assert len(read_sites(path, layer="Dự án")) == 5
    with pytest.raises(InputError, match="no folder 'Khác'"):
        read_sites(path, layer="Khác")
    with pytest.raises(InputError, match="layers"):
        open_layer("zones", path)


def test_open_rings_and_tiny_rings(tmp_path):
    ring = "106.76,21.85 106.77,21.85 106.77,21.86"
    inside = "".join(
        f"<Placemark><name>{n}</name><Polygon><outerBoundaryIs><LinearRing><coordinates>{c}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
        for n, c in (("A", ring), ("B", "106.76,21.85 106.77,21.85 106.76,21.85"))
    )
    frame = read_sites(write(tmp_path, inside))
    assert frame.geometry[0].area > 0
    assert frame["problem"][1].startswith("invalid_geometry")
    assert any("closed: 'A'" in n for n in frame.attrs["plangeo"]["notes"])


def test_a_file_without_placemarks_is_refused(tmp_path):
    with pytest.raises(InputError, match="no placemarks"):
        read_sites(write(tmp_path, "<Folder/>"))


def test_descriptions():
    nested = "<table><tr><td><table><tr><td>Mã</td><td>P-1</td></tr></table></td></tr><tr><td>x</td></tr></table>"
    assert described(nested, frozenset()) == {"Mã": "P-1"}
    assert described("Ghi chú: xem ảnh", frozenset()) == {}
    assert described("x" * 300_000, frozenset()) == {}
    assert described("<script>alert(1)</script><td>lạc</td>", frozenset()) == {}
