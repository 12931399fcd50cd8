"""The made-up land-use plans of the sample: where a class lies is drawn from seeds, never from a real plan."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
import sample_geography as geo
import shapely
from shapely import LineString, Point, Polygon

WARDS = ("05977", "05983", "05986", "06187")
# paths through communes; they only borrow the general lie of the land
RIVERS = {
    "dong": (("06625", "06613", "06529", "06187", "05983", "06172", "06124", "06046", "06004"), 90),
    "tay": (("06112", "06115", "06154", "06046"), 60),
    "nam": (("06496", "06463", "06427", "06385", "06457"), 70),
    "luc": (("06607", "06616", "06637"), 60),
}
ROADS = {
    "bac-nam": (("06457", "06445", "06463", "06496", "05977", "05986", "06184"), 90),
    "dong": (("05977", "06529", "06526", "06613", "06637"), 50),
    "bac": (("06184", "06172", "06148", "06046", "06040", "06019"), 50),
    "tay": (("06184", "06280", "06253", "06112", "06325", "06364"), 50),
}
PARKS = (("06400", 5200), ("06541", 4600), ("06337", 4200), ("06085", 3600))
NAMES = {
    "LUA": "Đất trồng lúa",
    "LUC": "Đất chuyên trồng lúa",
    "LUK": "Đất trồng lúa còn lại",
    "HNK": "Đất trồng cây hằng năm khác",
    "CLN": "Đất trồng cây lâu năm",
    "RSX": "Đất rừng sản xuất",
    "RPH": "Đất rừng phòng hộ",
    "RDD": "Đất rừng đặc dụng",
    "NTS": "Đất nuôi trồng thủy sản",
    "ODT": "Đất ở tại đô thị",
    "ONT": "Đất ở tại nông thôn",
    "SKK": "Đất khu công nghiệp",
    "SKN": "Đất cụm công nghiệp",
    "SKC": "Đất cơ sở sản xuất phi nông nghiệp",
    "TMD": "Đất thương mại, dịch vụ",
    "SKS": "Đất sử dụng cho hoạt động khoáng sản",
    "DGT": "Đất công trình giao thông",
    "DTL": "Đất công trình thủy lợi",
    "DNL": "Đất công trình năng lượng, chiếu sáng công cộng",
    "DGD": "Đất xây dựng cơ sở giáo dục và đào tạo",
    "DYT": "Đất xây dựng cơ sở y tế",
    "DTT": "Đất xây dựng cơ sở thể dục, thể thao",
    "DRA": "Đất công trình xử lý chất thải",
    "TSC": "Đất xây dựng trụ sở cơ quan",
    "CQP": "Đất quốc phòng",
    "CAN": "Đất an ninh",
    "SON": "Đất có mặt nước dạng sông, ngòi, kênh, rạch, suối",
    "NTD": "Đất nghĩa trang, nhà tang lễ, cơ sở hỏa táng; đất cơ sở lưu giữ tro cốt",
    "NCS": "Núi đá không có rừng cây",
    "DCS": "Đất đồi núi chưa sử dụng",
    "DKV": "Đất khu vui chơi, giải trí công cộng, sinh hoạt cộng đồng",
    "DDD": "Đất có di tích lịch sử - văn hóa, danh lam thắng cảnh, di sản thiên nhiên",
}


@dataclass(frozen=True)
class Blob:
    """A compact zone cut out of the mosaic; ``before`` is its class before the amendment."""

    code: str
    shape: Polygon
    before: str = ""


@dataclass(frozen=True)
class Zone:
    """One zone of one plan."""

    zone_id: str
    plan_id: str
    code: str
    shape: Polygon


class Country:
    """Outline, corridors and terrain that both plans are drawn from."""

    def __init__(self, communes: dict[str, Polygon], centres: dict[str, tuple[float, float]]) -> None:
        self.communes, self.centres = communes, centres
        self.shell = Polygon(shapely.coverage_union_all(list(communes.values())).exterior)
        self.rivers = {k: (self._path(c, 300 + i), w) for i, (k, (c, w)) in enumerate(RIVERS.items())}
        self.roads = {k: (self._path(c, 400 + i), w) for i, (k, (c, w)) in enumerate(ROADS.items())}
        self.valleys = shapely.union_all([p for p, _ in (*self.rivers.values(), *self.roads.values())])
        self.height = geo.Noise(71, ((26000, 0.8), (11000, 0.6), (5000, 0.35)))
        self.wards = [centres[c] for c in WARDS]
        shapely.prepare(self.shell)

    def _path(self, codes: tuple[str, ...], seed: int) -> LineString:
        rng = np.random.default_rng(seed)
        xy = np.array([self.centres[c] for c in codes]) + rng.uniform(-1600, 1600, (len(codes), 2))
        for _ in range(3):  # corner cutting keeps both ends
            a, b = xy[:-1], xy[1:]
            cut = np.empty((2 * len(a), 2))
            cut[0::2], cut[1::2] = a * 0.75 + b * 0.25, a * 0.25 + b * 0.75
            xy = np.vstack([xy[:1], cut, xy[-1:]])
        line = shapely.segmentize(LineString(xy), 350)
        return shapely.transform(line, geo.warper(seed, ((8000, 480), (3000, 200), (1200, 60)))).simplify(12)

    def class_at(self, xy: tuple[float, float], dice: float, dice2: float) -> str:
        """Return the class of open country at ``xy``: forest on high ground, fields in the valleys."""
        p = Point(xy)
        if any(math.dist(xy, self.centres[c]) < r for c, r in PARKS):
            return "RDD"
        edge = self.shell.exterior.interpolate(self.shell.exterior.project(p))
        outward = (edge.x - xy[0]) * 0.75 + (edge.y - xy[1]) * 0.66
        border = edge.distance(p) < 4200 and outward > 0
        town = min(math.dist(xy, w) for w in self.wards)
        valley = self.valleys.distance(p)
        if town < 3200:
            return _pick(dice, (("ODT", 0.45), ("LUC", 0.2), ("HNK", 0.15), ("CLN", 0.1), ("RSX", 0.1)))
        if valley < 1900:
            return _pick(dice, (("LUC", 0.36), ("LUK", 0.14), ("HNK", 0.2), ("CLN", 0.2), ("RSX", 0.1)))
        height = float(self.height(np.array([xy]))[0])
        if border and dice2 < 0.8:
            return "RPH"
        if height > 0.75:
            return "RPH" if dice < 0.8 else "RSX"
        limestone = xy[0] < 436000 and xy[1] < 2418000
        if limestone and dice2 < 0.16:
            return "NCS"
        if height < -0.6:
            return _pick(dice, (("CLN", 0.3), ("HNK", 0.22), ("LUK", 0.18), ("RSX", 0.3)))
        return _pick(dice, (("RSX", 0.8), ("CLN", 0.1), ("RPH", 0.06), ("DCS", 0.04)))


def _pick(dice: float, options: tuple[tuple[str, float], ...]) -> str:
    for code, share in options:
        if dice < share:
            return code
        dice -= share
    return options[-1][0]


def scatter(country: Country, seed: int, near: float, town: float, far: float) -> np.ndarray:
    """Return points (n, 2) at least ``far`` m apart, ``near`` in valleys and ``town`` round the wards."""
    rng = np.random.default_rng(seed)
    x0, y0, x1, y1 = country.shell.buffer(6000).bounds
    darts = np.round(rng.random((24000, 2)) * (x1 - x0, y1 - y0) + (x0, y0))
    valley = shapely.distance(country.valleys, shapely.points(darts))
    towns = np.min([np.hypot(*(darts - w).T) for w in country.wards], axis=0)
    gap = np.where(towns < 3600, town, np.where(valley < 2300, near, far))
    inside = shapely.distance(country.shell, shapely.points(darts)) < 5000
    kept, reach = np.empty((0, 2)), np.empty(0)
    for dart, g in zip(darts[inside], gap[inside], strict=True):
        if (np.hypot(*(kept - dart).T) >= np.minimum(reach, g)).all():
            kept, reach = np.vstack([kept, dart]), np.append(reach, g)
    return kept


def mosaic(points: np.ndarray, step: float, warp) -> list[Polygon]:
    """Return the bent Voronoi cells of ``points``, in their order."""
    drawn = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), ordered=True))
    return geo.bend([shapely.transform(c, np.round) for c in drawn], step, warp)


def blob(centre: tuple[float, float], radius: float, rng: np.random.Generator) -> Polygon:
    """Return a wiggly star-shaped polygon of about ``radius`` m."""
    n = int(min(44, max(14, radius / 28)))
    angle = np.arange(n) * 2 * math.pi / n
    r = np.full(n, 1.0)
    for k, (phase, size) in enumerate(rng.random((6, 2)), start=2):
        r += 0.26 / k * size * np.sin(k * angle + phase * 2 * math.pi)
    return Polygon(np.round(np.column_stack([np.cos(angle), np.sin(angle)]) * (r * radius)[:, None] + centre, 3))


def place_blobs(country: Country) -> list[Blob]:
    """Return the towns, parks, works and so on that the plans cut out of the open country."""
    rng = np.random.default_rng(5)
    out: list[Blob] = []
    room = country.shell.buffer(-900)

    def put(
        code: str, near: tuple[float, float], reach: tuple[float, float], size: tuple[float, float], before: str = ""
    ) -> None:
        for _ in range(60):
            a, d = rng.random() * 2 * math.pi, reach[0] + rng.random() * (reach[1] - reach[0])
            shape = blob(
                (near[0] + d * math.cos(a), near[1] + d * math.sin(a)), size[0] + rng.random() * (size[1] - size[0]), rng
            )
            if room.contains(shape) and not any(b.shape.distance(shape) < 130 for b in out):
                out.append(Blob(code, shape, before))
                return

    at = country.centres

    def border_of(a: str, b: str) -> tuple[float, float]:
        line = country.communes[a].intersection(country.communes[b])
        line = shapely.line_merge(line)
        line = max(shapely.get_parts(line), key=lambda g: g.length)
        p = line.interpolate(0.5, normalized=True)
        return (p.x, p.y)

    put("SKK", border_of("06385", "06457"), (0, 500), (2100, 2100))  # deliberately astride two communes
    put("SKK", border_of("06463", "06445"), (0, 900), (1250, 1350))
    put("SKN", border_of("06427", "06385"), (0, 900), (760, 820))
    for code, reach, size in (
        ("06184", 5500, 1500),
        ("06445", 6000, 1200),
        ("06526", 4500, 1150),
        ("06184", 6000, 1000),
        ("06496", 5000, 950),
    ):
        put("SKK", at[code], (1500, reach), (size, size * 1.1))
    for code in (
        "06445",
        "06187",
        "06613",
        "06613",
        "06526",
        "06529",
        "06463",
        "06112",
        "06325",
        "06040",
        "06253",
        "06415",
        "06172",
    ):
        put("SKN", at[code], (1500, 5200), (600, 820))
    for code in ("06541", "06220", "05986", "06400", "06541", "06196"):
        put("TMD", at[code], (2500 if code != "05986" else 1800, 5600), (900, 1500) if code != "05986" else (900, 1000))
    for code in ("06184", "06172", "06184", "06172", "05986", "06187", "05977", "06385", "06541"):
        put("TMD", at[code], (1200, 4200), (450, 720))
    for code in (
        "06211",
        "06253",
        "06529",
        "06517",
        "06517",
        "06607",
        "06607",
        "06385",
        "06601",
        "06625",
        "06463",
        "06046",
        "06112",
        "06526",
        "06616",
    ):
        put("DNL", at[code], (2500, 7000), (430, 640))
    for code in ("06577", "06613", "06457", "06076", "06349", "06445", "06601", "06313"):
        put("DTL", at[code], (2500, 6000), (600, 1150))
    for code in ("06316", "06385", "06529", "06040", "06112", "06220"):
        put("DRA", at[code], (3200, 6500), (290, 420))
    for code in ("06427", "06463", "06526", "06391", "06505", "06286", "06475", "06601"):
        put("SKS", at[code], (2600, 6500), (430, 720))
    for code in WARDS:
        put("ODT", at[code], (0, 700), (1150, 1450))
    for code in (*WARDS, "05977", "06187", "05977", "05986"):
        put("ODT", at[code], (1500, 4200), (520, 860))
    for code in (*WARDS, "06385", "06463", "06529", "06184", "06112", "06040"):
        put("DGD", at[code], (900, 3600), (260, 360))
        put("DYT", at[code], (900, 3600), (250, 330))
    for code in ("05977", "05986", "06385", "06529"):
        put("DTT", at[code], (1200, 4200), (370, 430))
    for code in ("06184", "06196", "06541", "06004", "06625", "05986", "06211", "06565"):
        put("CQP", at[code], (2500, 6500), (350, 700))
    for code in ("05977", "05986", "06187", "06385", "06463"):
        put("TSC", at[code], (700, 3000), (190, 280))
        put("DKV", at[code], (900, 3600), (220, 330))
        put("NTD", at[code], (2200, 4800), (260, 380))
    for code in ("05977", "06463", "06325"):
        put("DDD", at[code], (1500, 4500), (250, 380))
        put("CAN", at[code], (1500, 4500), (200, 300))
    for code in ("06385", "06415", "06463", "06529", "06046", "06112", "06172", "06325", "06253", "06613"):
        put("NTS", at[code], (1500, 4800), (170, 320))
    # what the amendment changes: the class before it stands beside
    for code, new, old, size in (
        ("06187", "ODT", "LUC", 520),
        ("05977", "ODT", "LUC", 480),
        ("05986", "ODT", "HNK", 450),
        ("06385", "ODT", "LUK", 520),
        ("06445", "SKN", "RSX", 600),
        ("06613", "SKN", "RSX", 620),
        ("06184", "TMD", "HNK", 520),
        ("06172", "TMD", "LUK", 450),
        ("06607", "DNL", "RSX", 480),
        ("06517", "DNL", "RSX", 460),
        ("06529", "DGD", "LUC", 290),
        ("06463", "DYT", "CLN", 270),
        ("06526", "SKS", "RSX", 430),
    ):
        put(new, at[code], (1500, 5600), (size, size * 1.15), old)
    for code in country.communes:
        if code not in WARDS:
            put("ONT", at[code], (0, 1500), (520, 900))
    for code in country.communes:
        if code not in WARDS:
            for _ in range(1 if country.communes[code].area < 1.4e8 else 2):
                put("ONT", at[code], (1800, 5600), (190, 380))
    return out


def assemble(
    country: Country,
    cells: list[Polygon],
    cell_codes: list[str],
    blobs: list[tuple[str, Polygon]],
    roads: list[Polygon],
    rivers: list[Polygon],
    min_area: float,
) -> list[tuple[str, Polygon]]:
    """Node everything on the 1 mm grid and return (class, polygon) that cover the outline exactly."""
    near = [c for c in cells if c.intersects(country.shell)]
    faces = geo.faces_of(
        [
            country.shell.exterior,
            *(c.boundary for c in near),
            *(b.boundary for _, b in blobs),
            *(r.boundary for r in (*roads, *rivers)),
        ]
    )
    faces = [f for f in faces if country.shell.contains(f.representative_point())]
    points = np.array([f.representative_point() for f in faces])
    owner: list[tuple[int, int]] = [(9, 0)] * len(faces)
    for rank, shapes in enumerate(([b for _, b in blobs], roads, rivers, [shapely.make_valid(c) for c in cells])):
        face, shape = shapely.STRtree(shapes).query(points, predicate="intersects")
        for f, s in zip(face, shape, strict=True):
            owner[f] = min(owner[f], (rank, int(s)))
    codes = {0: lambda i: blobs[i][0], 1: lambda i: "DGT", 2: lambda i: "SON", 3: lambda i: cell_codes[i]}
    joined = geo.dissolve(faces, owner, min_area)
    return [(codes[rank](i), shape) for (rank, i), shape in joined]


def detailed(country: Country, blobs: list[Blob]) -> tuple[list[Zone], list[Zone]]:
    """Return the 1:25,000 plan before and after its amendment: one coverage, a dozen zones of another class."""
    points = scatter(country, 17, near=2150, town=1000, far=3900)
    dice = np.random.default_rng(19).random((len(points), 2))
    cells = mosaic(points, 340, geo.warp_zone)
    codes = [country.class_at(tuple(p), *d) for p, d in zip(points, dice, strict=True)]
    pieces = assemble(
        country,
        cells,
        codes,
        [(f"{i}", b.shape) for i, b in enumerate(blobs)],
        [p.buffer(w / 2).simplify(4) for p, w in country.roads.values()],
        [p.buffer(w / 2).simplify(4) for p, w in country.rivers.values()],
        4000,
    )
    before, after = [], []
    for n, (code, shape) in enumerate(pieces, start=1):
        new = blobs[int(code)].code if code.isdigit() else code
        old = (blobs[int(code)].before or new) if code.isdigit() else code
        before.append(Zone(f"SD-{n:04d}", "QHSDD-2021", old, shape))
        after.append(Zone(f"SD1-{n:04d}", "QHSDD-2021-DC1", new, shape))
    return before, after


_GENERAL = {"LUC": "LUA", "LUK": "LUA", "NTS": "HNK", "DCS": "RSX"}
_SHOWN = {"SKK", "SKN", "DNL", "DTL", "DRA", "SKS", "CQP"}


def provincial(country: Country, detail: list[Zone], blobs: list[Blob]) -> list[Zone]:
    """Return the generalised 1:100,000 plan: big cells of the prevailing class, works drawn a little larger."""
    points = scatter(country, 29, near=7000, town=4200, far=9000)
    cells = mosaic(points, 330, geo.warp_coarse)
    votes: dict[int, Counter[str]] = defaultdict(Counter)
    reps = [z.shape.representative_point() for z in detail]
    cell_of, zone_of = shapely.STRtree(reps).query([shapely.make_valid(c) for c in cells], predicate="intersects")
    open_country = {"LUC", "LUK", "HNK", "CLN", "NTS", "RSX", "RPH", "RDD", "NCS", "DCS", "ODT"}
    for c, z in zip(cell_of, zone_of, strict=True):
        if detail[z].code in open_country:
            code = _GENERAL.get(detail[z].code, detail[z].code)
            votes[int(c)][code] += detail[z].shape.area * (2.6 if code == "LUA" else 1)
    codes = [max(sorted(votes[i]), key=lambda k, i=i: votes[i][k]) if votes[i] else "RSX" for i in range(len(cells))]
    kept = []
    seen_ont = 0
    for b in blobs:
        radius = math.sqrt(b.shape.area / math.pi)
        shown = b.code in _SHOWN or (b.code in {"TMD", "ODT"} and radius > 420) or b.code in {"DGD", "DYT", "DTT"}
        if b.code == "ONT" and radius > 500:
            seen_ont += 1
            shown = seen_ont % 3 == 0
        if shown and not b.before:
            kept.append((b.code, shapely.transform(b.shape.buffer(65, quad_segs=2).simplify(35), lambda xy: np.round(xy, 3))))
    room: list[tuple[str, Polygon]] = []
    for code, shape in kept:
        if not any(shape.intersects(other) for _, other in room):
            room.append((code, shape))
    pieces = assemble(
        country,
        cells,
        codes,
        room,
        [country.roads["bac-nam"][0].simplify(30).buffer(110).simplify(20)],
        [country.rivers["dong"][0].simplify(30).buffer(100).simplify(20)],
        40000,
    )
    return [Zone(f"QT-{n:03d}", "QHT-2021", code, shape) for n, (code, shape) in enumerate(pieces, start=1)]
