"""The card of one site: verdict, reasons in words, evidence, plans, coordinates."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import geopandas as gpd
import shapely

from plangeo.datumline import datum_line
from plangeo.explanation import explain_all, not_run_line
from plangeo.geometry import as_crs, to_crs
from plangeo.model import ILLUSTRATIVE, Assessment, Label, Language
from plangeo.panels import UNIT_DEGREES, WGS84, Panel, anchor, number, on_the_globe, plain

_Zones = dict[tuple[str, str], list[Any]]


def data(assessment: Assessment) -> dict[str, Any]:
    """Return one record per site in the order of the register, and the name of the metric CRS.

    Many sentences are those of other sites too: each stands once in ``said`` (Vietnamese, English), ``text`` names its place there.
    """
    ids = [str(site_id) for site_id in assessment.sites["site_id"]]
    texts: dict[Language, dict[str, str]] = {"vi": explain_all(assessment, "vi"), "en": explain_all(assessment, "en")}
    zones, units = _zones(assessment), _units(assessment)
    places = _places(assessment)
    said: dict[Language, dict[str, int]] = {"vi": {}, "en": {}}

    def numbers(site_id: str, language: Language) -> list[int]:
        known = said[language]
        return [known.setdefault(line, len(known)) for line in _sentences(texts[language][site_id], assessment, language)]

    records = [
        {
            "text": [numbers(site_id, language) for language in ("vi", "en")],
            "zones": zones.get(site_id, []),
            "units": units.get(site_id, []),
            "place": place,
        }
        for site_id, place in zip(ids, places, strict=True)
    ]
    return {
        "records": records,
        "said": [list(said["vi"]), list(said["en"])],
        "crs": as_crs(assessment.crs).name if assessment.crs else "",
    }


def _sentences(text: str, assessment: Assessment, language: Language) -> list[str]:
    """The explanation without its first line (the card's heading) and without what the page says once for all sites."""
    said_elsewhere = {not_run_line(assessment, language), datum_line(assessment, language), f"{ILLUSTRATIVE.text(language)}."}
    return [line.removeprefix("- ") for line in text.split("\n")[1:] if line.strip() and line not in said_elsewhere]


def _zones(assessment: Assessment) -> dict[str, list[dict[str, Any]]]:
    """Per site the ground under it by plan and class, from the cover: overlapping zones of a class count once."""
    cover = assessment.cover
    sums: dict[str, _Zones] = defaultdict(dict)
    for row in cover.to_dict("records") if "zones" in cover.columns else []:
        governing = {(plan, code) for plan, code, _ in row.get("governs", row["zones"])}
        for key in sorted({(str(plan), str(code)) for plan, code, _ in row["zones"]} or {("", "")}):
            entry = sums[str(row["site_id"])].setdefault(key, [0.0, 0.0, 0.0, False, False])
            entry[0] += number(row["area_m2"]) or 0.0
            entry[1] += number(row["length_m"]) or 0.0
            entry[2] += number(row["share"]) or 0.0
            entry[3] = entry[3] or key in governing
            entry[4] = entry[4] or bool(row["on_border"])
    return {
        site_id: [
            {
                "plan": plan,
                "code": code,
                "area_m2": round(area, 2),
                "length_m": round(length, 2),
                "share": round(share, 8),
                "governs": governs or not plan,
                "on_border": on_border,
            }
            for (plan, code), (area, length, share, governs, on_border) in sorted(
                found.items(), key=lambda item: (item[0][0] == "", not item[1][3], item[0][0], -item[1][2], item[0][1])
            )
        ]
        for site_id, found in sums.items()
    }


def _units(assessment: Assessment) -> dict[str, list[dict[str, Any]]]:
    """Per site the administrative units it lies in, largest share first."""
    frame = assessment.evidence.get("districts")
    out: dict[str, list[dict[str, Any]]] = defaultdict(list)
    if frame is not None:
        for row in frame[["site_id", "district_name", "share"]].to_dict("records"):
            out[str(row["site_id"])].append({"name": plain(row["district_name"]), "share": round(number(row["share"]) or 0.0, 8)})
    return {site_id: sorted(units, key=lambda unit: (-unit["share"], unit["name"])) for site_id, units in out.items()}


def _places(assessment: Assessment) -> list[list[int] | None]:
    """Per site x and y of its label point in the metric CRS, whole metres; None without a place."""
    anchors = [anchor(shape) for shape in on_the_globe(assessment.sites)]
    rows = [n for n, place in enumerate(anchors) if place is not None]
    out: list[list[int] | None] = [None] * len(anchors)
    if not rows or not assessment.crs:
        return out
    degrees = [shapely.Point(place[0] * UNIT_DEGREES, place[1] * UNIT_DEGREES) for place in anchors if place is not None]
    metric = to_crs(gpd.GeoDataFrame(geometry=degrees, crs=WGS84), assessment.crs).geometry
    for row, point in zip(rows, metric, strict=True):
        out[row] = [round(point.x), round(point.y)]
    return out


PANEL = Panel(
    code="card",
    title=Label("Phiếu dự án", "Project card"),
    order=30,
    words={
        "back": Label("Danh sách", "List"),
        "back_label": Label("Đóng phiếu, về danh sách (Esc)", "Close the card, back to the list (Esc)"),
        "id": Label("Mã", "Id"),
        "use": Label("Loại dự án", "Kind"),
        "declared_area": Label("Diện tích đăng ký", "Declared area"),
        "declared_district": Label("Địa bàn đăng ký", "Declared place"),
        "units": Label("Nằm trong", "Lies in"),
        "coordinates": Label("Tọa độ", "Coordinates"),
        "north": Label("X (Bắc)", "N"),
        "east": Label("Y (Đông)", "E"),
        "no_place": Label("Dự án chưa có vị trí trên bản đồ.", "The project has no place on the map."),
        "why": Label("Giải thích", "Explanation"),
        "evidence": Label("Căn cứ trên bản đồ", "Evidence on the map"),
        "no_evidence": Label("Không có vùng quy hoạch nào được đối chiếu.", "No plan zone was compared."),
        "plan": Label("Quy hoạch", "Plan"),
        "zone": Label("Loại đất", "Land class"),
        "area": Label("Diện tích (ha)", "Area (ha)"),
        "length": Label("Chiều dài (m)", "Length (m)"),
        "share": Label("Tỷ lệ", "Share"),
        "uncovered": Label("Ngoài vùng quy hoạch", "Outside every zone"),
        "overruled": Label("không chi phối", "does not govern"),
        "on_border": Label("trên ranh giới", "on the border"),
        "plans": Label("Quy hoạch đã đối chiếu", "Plans compared"),
        "decision": Label("Quyết định", "Decision"),
        "authority": Label("Cơ quan ban hành", "Authority"),
        "period": Label("Hiệu lực", "In force"),
        "until_replaced": Label("đến khi được thay thế", "until replaced"),
        "scale": Label("Tỷ lệ bản đồ", "Map scale"),
        "statement": Label(
            "Đối chiếu kỹ thuật; việc quyết định thuộc cơ quan có thẩm quyền.",
            "A technical comparison; officers of the competent authority decide.",
        ),
    },
    data=data,
)
