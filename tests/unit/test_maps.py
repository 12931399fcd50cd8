"""The map file: nothing asked of a network, hostile text inert, same bytes twice, only the listed columns."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from importlib.resources import files
from itertools import accumulate
from typing import Any

import folium
import geopandas as gpd
import pytest
import shapely

from plangeo.assessment import assess
from plangeo.errors import InputError, PlangeoWarning
from plangeo.maps import leaflet_script, leaflet_style, make_map, to_island
from plangeo.model import Assessment
from plangeo.panels import PANELS, encode
from plangeo.panels import zones as zone_panel
from plangeo.sources import read_sites
from tests.makers import plan, rule, rulebook, site, sites, square, zones
from tests.unit.test_polygonblob import read as read_blob

HOSTILE = (
    "{{7*7}} {% raw %} {# x",
    "#} </script><script>alert(1)</script><!--",
    "<img src=x onerror=alert(1)>",
    "${alert(1)} `x` \\",
    "a\u202egnp.exe\u2028\r\nb",
)


def assessment(**book: Any) -> Assessment:
    rows = [
        site(f"S{n}", square(200 * n, 0, 100), name=name, declared_district=name, secret="TOP SECRET")
        for n, name in enumerate(HOSTILE)
    ]
    rows.append(site("NOWHERE", None, problem="no_geometry: no coordinates"))
    ground = zones(("z1", "ODT", square(-50, -50, 500), "P1"), ("z2", "LUC", square(450, -50, 700), "P1"))
    return assess(sites(*rows), rulebook(**book), on="2025-07-01", zones=ground)


def page(result: Assessment, **keywords: Any) -> str:
    return str(make_map(result, **keywords).get_root().render())


def island(text: str) -> dict[str, Any]:
    found = re.findall(r'<script type="application/json" id="plangeo-data">(.*?)</script>', text, re.DOTALL)
    assert len(found) == 1
    data: dict[str, Any] = json.loads(found[0])
    return data


def test_hostile_names_arrive_as_they_are_and_only_in_the_island() -> None:
    text = page(assessment())
    assert [s["name"] for s in island(text)["sites"][:5]] == list(HOSTILE)
    outside = re.sub(r'<script type="application/json".*?</script>', "", text, flags=re.DOTALL)
    assert "alert(1)" not in outside
    assert "onerror" not in re.sub(r"<script>.*?</script>", "", outside, flags=re.DOTALL)


def test_half_a_character_does_not_stop_the_file() -> None:
    assert to_island({"name": "a\ud800"}).encode() == b'{"name":"a\xef\xbf\xbd"}'


def test_a_hostile_title_is_text() -> None:
    text = page(assessment(), title="</title><script>alert(1)</script>{{7*7}}")
    assert "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in text
    assert text.count("<script>alert") == 0


def test_two_builds_give_the_same_bytes_and_rendering_twice_changes_nothing() -> None:
    result = assessment()
    drawn = make_map(result)
    first = drawn.get_root().render()
    assert first == drawn.get_root().render() == page(result)


def test_the_policy_comes_first_and_names_every_script() -> None:
    text = page(assessment())
    assert text.index("Content-Security-Policy") < text.index("<script") < text.index("</head>")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    assert "default-src 'none'" in policy.group(1)
    bodies = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(bodies) >= 3
    for body in bodies:
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy.group(1)
    assert "unsafe-inline" not in policy.group(1).split("style-src")[0]
    assert not re.search(r"<script[^>]+src=|<link|<img|<iframe|@import|url\((?!data:|#|\$)", text)


def test_only_listed_columns_go_into_the_file() -> None:
    assert "TOP SECRET" not in page(assessment())


def test_a_site_without_a_place_stays_in_the_list() -> None:
    data = island(page(assessment()))
    assert [s["id"] for s in data["sites"]] == ["S0", "S1", "S2", "S3", "S4", "NOWHERE"]
    assert data["sites"][5]["at"] is None
    assert data["panels"]["marks"][5] is None


def test_the_evidence_counts_ground_once_and_adds_up() -> None:
    overlapping = zones(("a", "ODT", square(0, 0, 100), "P1"), ("b", "ODT", square(0, 0, 60), "P1"))
    result = assess(sites(site("S", square(0, 0, 100))), rulebook(), on="2025-07-01", zones=overlapping)
    (row,) = island(page(result))["panels"]["card"]["records"][0]["zones"]
    assert row["code"] == "ODT"
    assert row["share"] == pytest.approx(1)
    assert row["area_m2"] == pytest.approx(10_000, rel=1e-6)


def test_the_illustrative_notice_follows_the_assessment() -> None:
    assert island(page(assessment()))["panels"]["notice"]["illustrative"] is False
    shown = island(page(assessment(plans=[plan("P1", illustrative=True)])))
    assert shown["panels"]["notice"]["illustrative"] is True


def test_plans_carry_their_status_and_wider_ones_lie_below() -> None:
    book = rulebook(
        plans=[plan("NEW", scale=5000), plan("OLD", valid_to="2024-12-31"), plan("WIDE", scale=100_000)],
        precedence=[{"order": ["NEW", "WIDE", "OLD"], "from": "2020-01-01"}],
    )
    ground = zones(*((p, "ODT", square(0, 0, 100), p) for p in ("NEW", "OLD", "WIDE")))
    data = island(page(assess(sites(site("S", square(0, 0, 50))), book, on="2025-07-01", zones=ground)))
    assert [p["plan"] for p in data["panels"]["zones"]["plans"]] == ["WIDE", "OLD", "NEW"]
    assert {code: p["status"] for code, p in data["plans"].items()} == {"NEW": "in_force", "OLD": "expired", "WIDE": "in_force"}


def test_empty_cases_still_render() -> None:
    nothing = assess(sites(site("S", square(0, 0, 9))).iloc[:0], rulebook(), on="2025-07-01")
    data = island(page(nothing))
    assert data["sites"] == []
    assert data["panels"]["zones"]["plans"] == data["panels"]["districts"] == []
    assert len(data["panels"]["limits"]) >= 1


def test_an_unknown_class_is_drawn_without_a_colour_of_its_own() -> None:
    result = assess(
        sites(site("S", square(0, 0, 50))), rulebook(), on="2025-07-01", zones=zones(("z", "XYZ", square(0, 0, 100), "P1"))
    )
    data = island(page(result))
    assert "XYZ" not in data["classes"]
    assert data["panels"]["zones"]["plans"][0]["codes"] == ["XYZ"]


def test_crowded_zones_are_simplified_for_display_and_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zone_panel, "MOST_VERTICES", 300)
    circle = shapely.Point(449_000, 2_417_000).buffer(300, quad_segs=200)
    ground = zones(("z", "ODT", circle, "P1"), ("w", "LUC", square(-2000, -2000, 4000).difference(circle), "P1"))
    shown = island(page(assess(sites(site("S", square(0, 0, 50))), rulebook(), on="2025-07-01", zones=ground)))["panels"]["zones"]
    assert shown["simplified_m"] == 2
    (disc,), ((_, hole),) = read_blob(shown["plans"][0]["blob"])["areas"]
    assert 20 < len(disc[0]) < 200
    assert set(disc[0]) == set(hole), "neighbours keep sharing their border"


def test_zones_keep_their_order_but_overlays_come_last() -> None:
    classes = [{"code": code, "name": {"vi": code, "en": code}, "overlay": code == "RES"} for code in ("RES", "ODT", "LUC")]
    rows = (("a", "RES", square(0, 0, 100), "P1"), ("b", "ODT", square(0, 0, 200), "P1"), ("c", "LUC", square(200, 0, 90), "P1"))
    result = assess(
        sites(site("S", square(0, 0, 50))),
        rulebook(classes=classes, rules=[rule("*", "ODT", "permitted")]),
        on="2025-07-01",
        zones=zones(*rows),
    )
    (shown,) = island(page(result))["panels"]["zones"]["plans"]
    assert [shown["codes"][n] for n in read_blob(shown["blob"])["classes"]] == ["ODT", "LUC", "RES"]


def test_users_may_add_layers_and_links_to_the_internet_are_announced() -> None:
    drawn = make_map(assessment())
    assert isinstance(drawn, folium.Map)
    folium.Circle((21.85, 106.75), radius=500).add_to(drawn)
    assert "L.circle(" in drawn.get_root().render()
    folium.TileLayer("https://tiles.example/{z}/{x}/{y}.png", attr="x").add_to(drawn)
    with pytest.warns(PlangeoWarning, match=r"tiles\.example") as warned:
        drawn.get_root().render()
    assert [w.message.code for w in warned] == ["map_asks_outside"]


def test_a_base_map_widens_the_policy_by_one_server_and_its_maker_is_text() -> None:
    result = assessment()
    given = {"tiles": "https://tiles.example.org/{z}/{x}/{y}.png", "attribution": "<b>© x</b>"}
    text = page(result, **given)
    assert text == page(result, **given)
    assert "img-src data: https://tiles.example.org;" in text
    assert "img-src data:;" in page(result)
    assert island(text)["panels"]["basemap"] == {"url": given["tiles"], "attribution": "<b>© x</b>", "host": "tiles.example.org"}
    assert "<b>© x</b>" not in text
    assert island(page(result))["panels"]["basemap"] == {}


def test_a_layer_to_compare_with_is_a_role_or_zones_of_the_user() -> None:
    now = zones(("u", "RPH", square(0, 0, 900), ""))
    ground = zones(("z1", "ODT", square(-50, -50, 500), "P1"))
    result = assess(sites(site("S", square(0, 0, 100))), rulebook(), on="2025-07-01", zones=ground, present_use=now)
    shown = island(page(result, compare="present_use"))["panels"]["compare"]
    assert shown["name"] == ["Hiện trạng sử dụng đất", "Present land use"]
    assert [read_blob(p["blob"])["areas"] != [] and p["codes"] for p in shown["plans"]] == [["RPH"]]
    other = zones(("v", "SKK", square(0, 0, 700), "P7"), ("w", "RPH", square(800, 0, 70), "P8"))
    assert [p["plan"] for p in island(page(result, compare=other))["panels"]["compare"]["plans"]] == ["P7", "P8"]
    assert island(page(result))["panels"]["compare"] == {}
    for wrong in ("zones", "slope", 7):
        with pytest.raises(InputError, match="present_use") as caught:
            make_map(result, compare=wrong)  # type: ignore[arg-type]
        assert caught.value.code == "compare_no_layer"


def test_a_notebook_shows_the_same_page() -> None:
    shown = make_map(assessment())._repr_html_()
    assert "srcdoc=" in shown
    assert "Content-Security-Policy" in shown


def test_another_language_is_refused() -> None:
    with pytest.raises(InputError, match="'fr'"):
        make_map(assessment(), language="fr")  # type: ignore[arg-type]


def test_a_site_that_cannot_be_shown_costs_only_itself() -> None:
    result = assessment()
    moved = result.sites.copy()
    moved.loc[0, "geometry"] = shapely.Point(1e15, 1e15)
    data = island(page(dataclasses.replace(result, sites=moved)))
    assert [m is None for m in data["panels"]["marks"]] == [True, False, False, False, False, True]


def test_colours_that_are_not_colours_are_dropped() -> None:
    classes = [{"code": "ODT", "name": {"vi": "a", "en": "b"}, "colour": "#FFA0FF"}]
    result = assessment(classes=classes, rules=[rule("*", "ODT", "permitted")])
    assert island(page(result))["classes"]["ODT"]["colour"] == "#FFA0FF"
    book = result.rulebook
    bad = {"ODT": dataclasses.replace(book.classes["ODT"], colour="url(//x)")}
    spoiled = dataclasses.replace(result, rulebook=dataclasses.replace(book, classes=bad))
    assert island(page(spoiled))["classes"]["ODT"]["colour"] is None


@pytest.mark.parametrize(
    "wkt", ["MULTIPOINT (1 2, 3 4)", "LINESTRING (0 0, 1 1)", "POLYGON ((0 0, 4 0, 4 4, 0 0), (2 1, 3 1, 3 2, 2 1))"]
)
def test_encoding_keeps_every_vertex(wkt: str) -> None:
    shape = shapely.from_wkt(wkt)
    code = encode(shape)
    assert code is not None

    def walk(flat: list[int]) -> list[tuple[float, float]]:
        xs, ys = (list(accumulate(flat[i::2])) for i in (0, 1))
        return [(x / 1e6, y / 1e6) for x, y in zip(xs, ys, strict=True)]

    points = [(code["p"][i] / 1e6, code["p"][i + 1] / 1e6) for i in range(0, len(code.get("p", [])), 2)]
    found = (
        points
        + [xy for line in code.get("l", []) for xy in walk(line)]
        + [xy for a in code.get("a", []) for r in a for xy in walk(r)]
    )
    assert set(found) == {tuple(xy) for xy in shapely.get_coordinates(shape).tolist()}


def test_leaflet_is_the_published_one_and_its_images_are_inlined() -> None:
    folder = files("plangeo.panels").joinpath("vendor", "leaflet")
    for line in folder.joinpath("SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split()
        assert hashlib.sha256(folder.joinpath(*name.split("/")).read_bytes()).hexdigest() == digest
    assert "url(images" not in leaflet_style()
    assert "sourceMappingURL" not in leaflet_script()


def test_geojson_vt_is_the_published_one() -> None:
    folder = files("plangeo.panels").joinpath("vendor", "geojson-vt")
    sums = dict(line.split()[::-1] for line in folder.joinpath("SHA256SUMS").read_text(encoding="utf-8").splitlines())
    assert set(sums) == {"LICENSE", "geojson-vt.js"}
    for name, digest in sums.items():
        assert hashlib.sha256(folder.joinpath(name).read_bytes()).hexdigest() == digest
    assert folder.joinpath("LICENSE").read_text(encoding="utf-8").startswith("ISC License")


def test_every_panel_is_complete() -> None:
    assets = files("plangeo.panels").joinpath("assets")
    for panel in PANELS:
        script = assets.joinpath(f"{panel.code}.js").read_text(encoding="utf-8")
        assert script.startswith(f'plangeo.panel("{panel.code}"')
        assert all(word.vi and word.en for word in (panel.title, *panel.words.values()))
        for key in re.findall(r'\bword\("(\w+)"\)', script):
            assert key == "title" or key in panel.words, f"{panel.code}: {key}"
    for script in assets.iterdir():
        assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\beval\(", script.read_text(encoding="utf-8"))


def test_districts_bring_outline_and_name() -> None:
    units = gpd.GeoDataFrame(
        {"district_id": ["1"], "district_name": ["Xã Ba Sơn"], "problem": "", "repaired": ""},
        geometry=[square(-500, -500, 3000)],
        crs="EPSG:9215",
    )
    result = assess(sites(site("S", square(0, 0, 50))), rulebook(), on="2025-07-01", districts=units)
    data = island(page(result))
    assert [u["name"] for u in data["panels"]["districts"]] == ["Xã Ba Sơn"]
    assert data["panels"]["card"]["records"][0]["units"] == [{"name": "Xã Ba Sơn", "share": 1.0}]


def test_personal_columns_of_a_register_stay_out_of_the_map(tmp_path) -> None:
    """The officer is told which columns they are, and no map holds their values, under whatever heading."""
    personal = {
        "Số điện thoại": "0912345678",
        "Số CCCD chủ hộ": "024099001234",
        "Chủ sử dụng đất": "Nguyễn Văn Kín",
        "E-mail": "kin@example.vn",
        "Địa chỉ thường trú": "Ngõ Kín 7",
        "owner_name": "Tran Thi Secret",
        "Ghi chú riêng": "BIMAT",  # no word of the profile: the map shows no column of the office's own
    }
    heads = ["Mã dự án", "Tên dự án", "Loại dự án", "X", "Y", *personal]
    cells = ["P1", "Khu dân cư", "housing", "2420005", "450005", *personal.values()]
    (tmp_path / "a.csv").write_text("\n".join(";".join(row) for row in (heads, cells)) + "\n", "utf-8")
    read = read_sites(tmp_path / "a.csv", crs="EPSG:9215")
    [told] = [d.said for d in read.attrs["plangeo"]["decisions"] if d.where == "personal data"]
    assert all(repr(head) in told for head in list(personal)[:5])
    assert "Ghi chú riêng" not in told
    plan_zones = zones(("Z", "ODT", square(450_000, 2_420_000, 100), "P1"), crs="EPSG:9215")
    page = make_map(assess(read, rulebook(), on="2025-07-01", zones=plan_zones)).get_root().render()
    assert "Khu dân cư" in page
    assert [value for value in personal.values() if value in page] == []


def test_a_personal_column_read_as_the_name_is_told(tmp_path) -> None:
    (tmp_path / "a.csv").write_text("Mã dự án;Chủ hộ;X;Y\nP1;Nguyễn Văn A;2420005;450005\n", "utf-8")
    read = read_sites(tmp_path / "a.csv", crs="EPSG:9215", columns={"Chủ hộ": "name"})
    [told] = [d.said for d in read.attrs["plangeo"]["decisions"] if d.where == "personal data"]
    assert told == "'Chủ hộ' is personal data by its heading, and is shown as name because the caller said so"
