"""The made-up register of the sample: kinds, sizes, capital and phases as such lists have them, names and places invented."""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import sample_geography as geo
import shapely
import shapely.ops
import xlsxwriter
from sample_zones import Zone
from shapely import LineString, Point, Polygon

NOTICE = (
    "Dữ liệu minh họa / illustrative: tên, vị trí dự án và vùng quy hoạch do chương trình đặt ra, không phải quy hoạch được duyệt"
)
HEADER = (
    "STT",
    "Mã",
    "Tên dự án",
    "Loại dự án",
    "Địa điểm (xã/phường)",
    "Diện tích (ha)",
    "Tổng mức đầu tư (tỷ đồng)",
    "Nguồn vốn",
    "Phân kỳ",
    "Tọa độ X (m)",
    "Tọa độ Y (m)",
    "Ghi chú",
)
KINDS = {
    "industrial_park": "Khu công nghiệp",
    "industrial_cluster": "Cụm công nghiệp",
    "logistics": "Logistics, thương mại biên giới",
    "road": "Đường bộ",
    "housing": "Khu đô thị, khu dân cư",
    "tourism": "Du lịch",
    "energy": "Năng lượng",
    "school": "Giáo dục",
    "health": "Y tế",
    "reservoir": "Hồ chứa, thủy lợi",
    "waste": "Xử lý chất thải",
    "mining": "Khai thác khoáng sản, vật liệu xây dựng",
}
GROUPS = (
    ("CÔNG NGHIỆP", ("industrial_park", "industrial_cluster")),
    ("THƯƠNG MẠI, DU LỊCH", ("logistics", "tourism")),
    ("GIAO THÔNG", ("road",)),
    ("ĐÔ THỊ, DÂN CƯ", ("housing",)),
    ("NĂNG LƯỢNG, KHOÁNG SẢN", ("energy", "mining")),
    ("GIÁO DỤC, Y TẾ", ("school", "health")),
    ("THỦY LỢI, MÔI TRƯỜNG", ("reservoir", "waste")),
    ("KHÁC", ("",)),
)


@dataclass(frozen=True)
class Spec:
    """One project before it has a place: ``coarse`` and ``fine`` are the classes its ground must have."""

    use: str
    name: str
    area_ha: float | None
    capital: object
    coarse: str
    fine: str = ""
    funding: str = "Vốn doanh nghiệp"
    phase: str = "2021-2030"
    drawn: bool = False
    edge_m: float | None = None
    """Distance to the border of the coarse zone, where the site is meant to stand on the edge."""
    trouble: str = ""
    note: str = ""
    kind: str = ""
    length_m: float | None = None


@dataclass
class Project:
    """One row of the register, with its boundary when the sample draws one."""

    spec: Spec
    code: str
    shape: shapely.Geometry | None
    boundary: shapely.Geometry | None = None
    places: list[str] = field(default_factory=list)


S = Spec
ROAD = {"funding": "Ngân sách nhà nước", "drawn": True, "area_ha": None}
SPECS: tuple[Spec, ...] = (
    S(
        "industrial_park",
        "Khu công nghiệp Suối Biếc",
        540.5,
        6120,
        "SKK",
        "SKK",
        drawn=True,
        trouble="straddle",
        note="Nằm trên hai xã",
    ),
    S("industrial_park", "Khu công nghiệp Đồi Hạc", 162, 1850, "SKK", "SKK", drawn=True),
    S("industrial_park", "Khu công nghiệp Bản Mây giai đoạn 1", 248.76, 2940, "SKK", "SKK"),
    S("industrial_park", "Khu công nghiệp Thung Sim", 118.4, None, "LUA", "LUC", phase="2026-2030", drawn=True),
    S("industrial_park", "Khu công nghiệp Cầu Đá Trắng", 96.2, 1120, "SKK", "SKK", trouble="comma"),
    S("industrial_cluster", "Cụm công nghiệp Đồng Mận 1", 56.76, 610, "SKN", "SKN", phase="2021-2025", drawn=True),
    S("industrial_cluster", "Cụm công nghiệp Đồng Mận 2", 38.5, 425, "SKN", "SKN"),
    S("industrial_cluster", "Cụm công nghiệp Khe Trầm", 8.5, 92, "SKN", "SKN"),
    S("industrial_cluster", "Cụm công nghiệp Gốc Đa", 45, "khoảng 500", "SKN", "SKN"),
    S("industrial_cluster", "Cụm công nghiệp Suối Lạnh", 24.9, 270, "SKN", "SKN", trouble="m2"),
    S("industrial_cluster", "Cụm công nghiệp Núi Voi Nằm", 36, 380, "RPH", "RPH", drawn=True),
    S("industrial_cluster", "Cụm công nghiệp Bãi Dâu", 12.4, 140, "SKN", "SKN", edge_m=18),
    S("industrial_cluster", "Cụm công nghiệp Vườn Hồi", 20.5, 226, "CQP", "CQP"),
    S("industrial_cluster", "Cụm công nghiệp Sân Gió", 18.2, 205, "SKN", "SKN", trouble="swap"),
    S("logistics", "Trung tâm logistics Bến Sương", 42.7, 980, "TMD", "TMD", drawn=True),
    S("logistics", "Kho ngoại quan Cầu Mây", 12.3, 310, "TMD", "TMD"),
    S("logistics", "Bãi trung chuyển hàng hóa Đồi Cọ", 18, 420, "TMD", "TMD", phase="2021-2025"),
    S("logistics", "Khu thương mại biên giới Cổng Trời Xanh", 26.4, "2.000-2.400", "RSX", "RSX", phase="2026-2030", drawn=True),
    S("logistics", "Chợ đầu mối nông sản Bãi Bồi", 9.6, 185, "TMD", "TMD", edge_m=26),
    S("tourism", "Khu du lịch sinh thái Thác Nàng Mây", 118, 1320, "TMD", "TMD", drawn=True),
    S("tourism", "Khu nghỉ dưỡng Đồi Sương Sớm", 60.2, 735, "TMD", "TMD"),
    S("tourism", "Sân gôn và khách sạn Hồ Lam", 92.5, 1150, "TMD", "TMD"),
    S("tourism", "Khu du lịch đỉnh Mây Trắng", 46, 880, "RDD", "RDD", drawn=True, note="Khảo sát 320 ha, chiếm đất 46 ha"),
    S("tourism", "Điểm du lịch rừng Hồi Cổ Thụ", 34.8, 260, "RPH", "RPH", drawn=True),
    S("tourism", "Khu cắm trại Suối Thông", 15.5, 74, "RSX", "RSX", drawn=True),
    S(
        "road",
        "Đường nối Khu công nghiệp Suối Biếc với đường trục",
        capital=520,
        coarse="DGT",
        length_m=7200,
        phase="2021-2025",
        **ROAD,
    ),
    S("road", "Đường liên xã Bản Mây - Khe Trầm", capital=340, coarse="LUA,RSX", length_m=9600, **ROAD),
    S("road", "Đường tỉnh Đồi Hạc - Gốc Đa", capital=610, coarse="LUA,RSX,CLN", length_m=13500, **ROAD),
    S(
        "road",
        "Đường tuần tra và dân sinh Cổng Trời Xanh",
        capital=280,
        coarse="RPH,RSX",
        length_m=8200,
        phase="2026-2030",
        **ROAD,
    ),
    S("road", "Đường du lịch lên đỉnh Mây Trắng", capital=190, coarse="RDD", length_m=5200, phase="2026-2030", **ROAD),
    S(
        "road",
        "Cải tạo đường trục đoạn Cầu Đá Trắng - Bến Sương",
        capital=1000,
        coarse="DGT",
        length_m=5200,
        phase="2021-2025",
        **ROAD,
    ),
    S("housing", "Khu đô thị mới Bờ Lau", 91.73, 2894, "ODT", "ODT", drawn=True),
    S("housing", "Khu đô thị sinh thái Ven Suối", 37.71, 412, "ODT", "ODT", trouble="comma"),
    S("housing", "Khu đô thị mới Cánh Diều", 36.99, None, "ODT", "ODT", note="Gồm 3 khu: 3,88; 9,5; 23,59 ha"),
    S("housing", "Khu dân cư Gò Mận 3", 24, 879, "ONT", "ONT", drawn=True),
    S("housing", "Khu dân cư Xóm Bưởi", 11.62, 253, "ONT", "ONT", trouble="nfd"),
    S("housing", "Khu tái định cư Nà Thông", 14.2, 128, "ONT", "ONT", funding="Ngân sách nhà nước", phase="2021-2025"),
    S("housing", "Khu đô thị mới Ruộng Bậc", 28.6, 930, "LUA", "LUC", drawn=True),
    S("housing", "Khu dân cư Đồi Chè Xanh", 16.4, 340, "RSX", "RSX"),
    S("housing", "Khu nhà ở xã hội Hoa Gạo", 4.8, 410, "ONT", "ONT", edge_m=22),
    S("housing", "Khu dân cư Bến Đò Cũ", 6.4, 96, "", trouble="no_coordinates", note="Chưa có tọa độ"),
    S("housing", "Khu đô thị mới Cổng Nam", 22.5, 760, "LUA", "LUC", drawn=True),
    S("housing", "Khu phố chợ Đầm Sen", 5.1, 143, "ODT", "ODT", trouble="wrong_commune"),
    S(
        "energy",
        "Nhà máy điện gió Đồi Cao 1",
        41,
        6451,
        "DNL",
        "DNL",
        drawn=True,
        note="Diện tích khảo sát 1.450 ha, chiếm đất 41 ha; 165 MW",
    ),
    S("energy", "Nhà máy điện gió Đồi Cao 2", 33.5, "3.200-4.000", "DNL", "DNL", phase="2026-2030", note="khoảng 100 MW"),
    S("energy", "Trạm biến áp 220 kV Thung Sim", 6.2, 480, "DNL", "DNL", phase="2021-2025"),
    S("energy", "Nhà máy điện sinh khối Gốc Thông", 11, 1089, "DNL", "DNL"),
    S(
        "energy",
        "Nhà máy điện gió Sống Trâu",
        63,
        "3.500-4.500",
        "RSX",
        "RSX",
        phase="2026-2030",
        drawn=True,
        note="Diện tích khảo sát 3.800 ha, chiếm đất 63 ha",
    ),
    S("energy", "Nhà máy điện mặt trời Đồi Gianh", 28.4, 640, "RSX", "RSX", phase="2026-2030", drawn=True),
    S("energy", "Nhà máy điện gió Vách Đá", 44.7, 2900, "RDD", "RDD", phase="2026-2030"),
    S("energy", "Nhà máy điện gió Ngoài Ranh", 35, 3100, "", phase="2026-2030", trouble="outside"),
    S("mining", "Mỏ đá vôi Hang Dơi", 25, 145, "SKS", "SKS"),
    S("mining", "Mỏ đất sét Gò Son", 18.6, 82, "SKS", "SKS", phase="2021-2025"),
    S("mining", "Mỏ đá vôi Lũng Trăng", 31, 210, "RDD", "RDD", drawn=True),
    S("mining", "Mỏ cát sỏi Bãi Vàng", 14.3, 55, "RSX", "RSX", drawn=True, trouble="bow_tie"),
    S("school", "Trường trung học phổ thông Nắng Mai", 4.5, 165, "DGD", "DGD", funding="Ngân sách nhà nước", phase="2021-2025"),
    S("school", "Trường cao đẳng nghề Cầu Vồng", 9.8, 390, "DGD", "DGD", funding="Ngân sách nhà nước"),
    S("school", "Trường phổ thông nội trú Bản Mây", 3.4, 120, "ONT", "ONT", funding="Ngân sách nhà nước", drawn=True),
    S("school", "Trung tâm đào tạo nghề Sân Gió", 2.6, 88, "SKN", "SKN", funding="Ngân sách nhà nước"),
    S("health", "Bệnh viện đa khoa khu vực Cây Gạo", 6.2, 720, "DYT", "DYT", funding="ODA", phase="2026-2030"),
    S("health", "Trung tâm y tế Suối Biếc", 2.1, 84, "DYT", "DYT", funding="Ngân sách nhà nước", trouble="duplicate"),
    S("health", "Viện dưỡng lão Vườn Hồng", 3.2, 95, "ODT", "ODT", drawn=True),
    S("reservoir", "Hồ chứa nước Thung Xanh", 96.5, 860, "DTL", "DTL", funding="Ngân sách nhà nước", drawn=True),
    S("reservoir", "Hồ chứa nước Khe Trầm", 48, 395, "DTL", "DTL", funding="Ngân sách nhà nước", phase="2026-2030"),
    S("reservoir", "Đập dâng Suối Ngà", 22.7, 174, "LUA", "LUK,LUC", funding="Ngân sách nhà nước", drawn=True),
    S("waste", "Khu xử lý chất thải rắn Đồi Khuất", 12.5, 310, "DRA", "DRA", funding="PPP"),
    S("waste", "Khu xử lý chất thải Khe Vắng", 9.4, 205, "DRA", "DRA", trouble="blank_id"),
    S("waste", "Bãi chôn lấp Gò Dài", 15.2, 118, "LUA", "LUC,LUK,HNK"),
    S("", "Trạm quan sát thiên văn Đỉnh Sao", 3.6, 68, "RSX", "RSX", kind="Trạm thiên văn", funding="Ngân sách nhà nước"),
    S(
        "housing",
        '=HYPERLINK("http://x","y")',
        4.2,
        40,
        "ONT",
        "ONT",
        trouble="hostile",
        note="Dòng thử nghiệm an toàn (test row)",
    ),
    S(
        "tourism",
        "<img src=x onerror=alert(1)> {{7*7}}",
        6.6,
        45,
        "TMD",
        "TMD",
        trouble="hostile",
        note="Dòng thử nghiệm an toàn (test row)",
    ),
    S("school", "Trường tiểu học Hoa Mơ", 2.4, 46, "DGD", "DGD", funding="Ngân sách nhà nước", trouble="soft_hyphen"),
)


class Sites:
    """Finds ground of a wanted class in both plans, never twice the same."""

    def __init__(self, coarse: list[Zone], fine: list[Zone], communes: dict[str, Polygon], names: dict[str, str]) -> None:
        self.coarse, self.fine, self.communes, self.names = coarse, fine, communes, names
        self.rng = np.random.default_rng(2025)
        self.tree = shapely.STRtree([z.shape for z in fine])
        self.taken: list[shapely.Geometry] = []

    def ground(
        self, coarse: Iterable[str], fine: Iterable[str], radius: float, straddle: bool = False
    ) -> tuple[Point, float, Polygon]:
        """Return centre, radius and coarse zone of free ground at least ``radius`` m deep in both plans."""
        pool = [z for z in self.coarse if z.code in coarse]
        for i in self.rng.permutation(len(pool)):
            zone = pool[int(i)]
            for j in sorted(self.tree.query(zone.shape, predicate="intersects")):
                if self.fine[j].code not in fine:
                    continue
                for part in shapely.get_parts(zone.shape.intersection(self.fine[j].shape)):
                    if part.geom_type != "Polygon" or part.area < math.pi * radius**2:
                        continue
                    spoke = shapely.maximum_inscribed_circle(part, tolerance=8)
                    centre, depth = Point(spoke.coords[0]), spoke.length
                    if depth < radius or any(centre.distance(t) < radius + 600 for t in self.taken):
                        continue
                    inside = [c for c in self.communes.values() if c.intersects(centre.buffer(radius))]
                    if (len(inside) > 1) != straddle:
                        continue
                    return centre, depth, zone.shape
        raise LookupError(f"no free ground for {coarse}/{fine} with {radius:.0f} m")

    def places(self, shape: shapely.Geometry) -> list[str]:
        """Return the names of the communes the shape lies in, the largest part first."""
        parts = []
        for code, commune in self.communes.items():
            piece = commune.intersection(shape)
            if not piece.is_empty:
                parts.append((-(piece.area or piece.length), self.names[code]))
        return [name for _, name in sorted(parts)]


def wiggly_patch(centre: Point, area_m2: float, rng: np.random.Generator) -> Polygon:
    """Return a site boundary of ``area_m2`` that stays within 1.25 of its mean radius."""
    n = int(rng.integers(11, 19))
    angle = (np.arange(n) + rng.uniform(-0.28, 0.28, n)) * 2 * math.pi / n
    r = 1 + rng.uniform(-0.16, 0.16, n)
    ring = np.column_stack([np.cos(angle), np.sin(angle)]) * r[:, None]
    scale = math.sqrt(area_m2 / Polygon(ring).area)
    return Polygon(np.round(ring * scale + (centre.x, centre.y), 3))


def road_line(sites: Sites, spec: Spec, index: int) -> LineString:
    """Return a winding line of about ``length_m`` that meets only the wanted coarse classes."""
    wanted = set(spec.coarse.split(","))
    allowed = shapely.union_all(
        [z.shape for z in sites.coarse if z.code in wanted | {"HNK"} - ({"HNK"} if "DGT" in wanted else set())]
    )
    rng = np.random.default_rng(900 + index)
    bend = geo.Noise(930 + index, ((2600, 190), (900, 45)))
    assert spec.length_m is not None
    if wanted == {"DGT"}:
        band = max(shapely.get_parts(allowed), key=lambda g: (g.length, g.bounds))
        for _ in range(400):  # the middle of the band: straight chords between cross-sections, kept 55 m off its edge
            core = band.buffer(-58)
            parts = sorted(shapely.get_parts(core), key=lambda g: -g.length)
            part = parts[index % 2] if len(parts) > 1 and parts[1].length > 2.2 * spec.length_m else parts[0]
            ring = part.exterior
            start = rng.random() * ring.length
            line = shapely.ops.substring(ring, start, min(start + spec.length_m, ring.length)).simplify(6)
            if line.length > 0.9 * spec.length_m and not any(
                line.distance(t) < 400 for t in sites.taken if t.geom_type == "LineString"
            ):
                return shapely.transform(line, lambda xy: np.round(xy, 3))
    shapely.prepare(allowed)
    x0, y0, x1, y1 = allowed.bounds
    for _ in range(6000):
        x, y, a = rng.uniform(x0, x1), rng.uniform(y0, y1), rng.uniform(0, 2 * math.pi)
        t = np.arange(0, spec.length_m + 1, 220)
        xy = np.column_stack([x + t * math.cos(a), y + t * math.sin(a)])
        fade = np.sin(np.pi * t / t[-1])
        off = bend(xy) * fade
        line = LineString(np.round(xy + np.column_stack([-math.sin(a) * off, math.cos(a) * off]), 3))
        if allowed.contains(line.buffer(70)):
            met = {z.code for z in sites.coarse if z.code in wanted and z.shape.intersects(line)}
            if len(met) >= min(2, len(wanted)):
                return line
    raise LookupError(f"no room for {spec.name}")


def locate(coarse: list[Zone], fine: list[Zone], communes: dict[str, Polygon], names: dict[str, str]) -> list[Project]:
    """Give every project of SPECS a place, largest demands first, and a boundary where one is drawn."""
    sites = Sites(coarse, fine, communes, names)
    found: dict[int, Project] = {}
    rng = np.random.default_rng(77)
    order = sorted(
        range(len(SPECS)), key=lambda i: (SPECS[i].trouble != "straddle", SPECS[i].use == "road", -(SPECS[i].area_ha or 0), i)
    )
    for i in order:
        spec, code = SPECS[i], f"P-{i + 1:04d}"
        if spec.trouble == "outside":
            found[i] = Project(spec, code, Point(446800, 2372600), None, [names["06616"]])
        elif spec.trouble == "no_coordinates":
            found[i] = Project(spec, code, None, None, [names["06385"]])
        elif spec.use == "road":
            line = road_line(sites, spec, i)
            sites.taken.append(line)
            found[i] = Project(spec, code, line.interpolate(0.5, normalized=True), line, sites.places(line))
        else:
            assert spec.area_ha is not None
            mean = math.sqrt(spec.area_ha * 1e4 / math.pi)
            need = mean * (1.25 if spec.drawn else 1.0) + (70 if spec.edge_m is None else 20)
            centre, _, zone = sites.ground(spec.coarse.split(","), spec.fine.split(","), need, spec.trouble == "straddle")
            if spec.edge_m is not None:  # walk from the middle to the border, stop edge_m short of it
                border = zone.exterior.interpolate(zone.exterior.project(centre))
                k = 1 - spec.edge_m / centre.distance(border)
                centre = Point(centre.x + (border.x - centre.x) * k, centre.y + (border.y - centre.y) * k)
            boundary = wiggly_patch(centre, spec.area_ha * 1e4, rng) if spec.drawn else None
            sites.taken.append(centre.buffer(mean))
            places = sites.places(boundary or centre)
            if spec.trouble == "bow_tie" and boundary is not None:
                ring = list(boundary.exterior.coords)[:-1]
                half = len(ring) // 2
                ring[half], ring[half + 1], ring[0], ring[1] = ring[0], ring[half + 1], ring[half], ring[1]
                boundary = Polygon(ring)
            found[i] = Project(spec, code, centre, boundary, places)
    return [found[i] for i in range(len(SPECS))]


def rows(projects: list[Project]) -> list[list[object]]:
    """Return the rows of the sheet below the header, group rows and total row included, troubles built in."""
    out: list[list[object]] = []
    roman = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")
    number = 0
    for sign, (title, uses) in zip(roman, GROUPS, strict=True):
        out.append([sign, "", title, *[""] * 9])
        for p in projects:
            if p.spec.use in uses:
                number += 1
                out.append(_row(number, p))
    total = sum(p.spec.area_ha or 0 for p in projects)
    out.append(["", "", "Tổng cộng", "", "", round(total, 2), *[""] * 6])
    return out


def _row(number: int, p: Project) -> list[object]:
    s, trouble = p.spec, p.spec.trouble
    north = "" if p.shape is None else round(p.shape.y, 3)
    east = "" if p.shape is None else round(p.shape.x, 3)
    name, code, area, place = s.name, p.code, s.area_ha if s.area_ha is not None else "", "; ".join(p.places)
    if trouble == "swap":
        north, east = east, north
    elif trouble == "comma":
        north, east, area = _vietnamese(north), _vietnamese(east), f"{area}".replace(".", ",")
    elif trouble == "m2":
        area = float(s.area_ha or 0) * 10000
    elif trouble == "nfd":
        name = unicodedata.normalize("NFD", name)
    elif trouble == "soft_hyphen":
        name = name.replace("tiểu học", "tiểu\u00ad học").replace(" Hoa", "\u00a0Hoa")
    elif trouble == "wrong_commune":
        place = "Xã Kiên Mộc"
    elif trouble == "duplicate":
        code = "P-0060"
    elif trouble == "blank_id":
        code = ""
    kind = s.kind or KINDS[s.use]
    return [
        number,
        code,
        name,
        kind,
        place,
        area,
        "" if s.capital is None else s.capital,
        s.funding,
        s.phase,
        north,
        east,
        s.note,
    ]


def _vietnamese(value: object) -> str:
    return f"{value:,.3f}".translate(str.maketrans(",.", ".,"))


def write_register(projects: list[Project], path: Path) -> None:
    """Write the list the way an office does: title block, merged cells, group rows, a total row."""
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    book.set_properties(
        {"title": "Danh mục dự án minh họa", "comments": NOTICE, "created": dt.datetime(2025, 7, 1, tzinfo=dt.UTC)}
    )
    sheet = book.add_worksheet("Danh mục")
    style = {"font_name": "Times New Roman", "font_size": 12, "valign": "vcenter", "text_wrap": True}
    title = book.add_format({**style, "bold": True, "align": "center", "font_size": 13})
    small = book.add_format({**style, "italic": True, "align": "center", "font_size": 11})
    head = book.add_format({**style, "bold": True, "align": "center", "border": 1, "bg_color": "#E8EEF4"})
    cell, bold = book.add_format({**style, "border": 1}), book.add_format({**style, "border": 1, "bold": True})
    metres = book.add_format({**style, "border": 1, "num_format": "0.000"})
    last = len(HEADER) - 1
    for row, (text, form) in enumerate(
        (
            ("PHỤ LỤC I", title),
            ("DANH MỤC DỰ ÁN ĐỀ NGHỊ RÀ SOÁT VỊ TRÍ THEO QUY HOẠCH", title),
            (NOTICE, small),
            ("(Hệ tọa độ VN-2000, kinh tuyến trục 107°15', múi chiếu 3°; X = Bắc, Y = Đông)", small),
        )
    ):
        sheet.merge_range(row, 0, row, last, text, form)
    for column, (text, width) in enumerate(zip(HEADER, (6, 10, 46, 26, 34, 12, 16, 20, 12, 16, 16, 40), strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(5, column, text, head)
    for r, values in enumerate(rows(projects), start=6):
        grouped = values[3] == ""
        for column, value in enumerate(values):
            form = bold if grouped else metres if column in (9, 10) else cell
            if isinstance(value, str):
                sheet.write_string(r, column, value, form) if value else sheet.write_blank(r, column, None, form)
            else:
                sheet.write_number(r, column, value, form)
    sheet.freeze_panes(6, 3)
    sheet.set_landscape()
    sheet.repeat_rows(5)
    book.close()
