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
from sample_specs import GROUPS, HEADER, KINDS, NOTICE, SPECS, Spec
from sample_zones import Zone
from shapely import LineString, Point, Polygon


@dataclass
class Project:
    """One row of the register, with its boundary when the sample draws one."""

    spec: Spec
    code: str
    shape: shapely.Geometry | None
    boundary: shapely.Geometry | None = None
    places: list[str] = field(default_factory=list)


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


def rows(projects: list[Project], approved: dict[str, str]) -> list[list[object]]:
    """Return the rows of the sheet below the header, group rows and total row included, troubles built in."""
    out: list[list[object]] = []
    roman = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")
    number = 0
    for sign, (title, uses) in zip(roman, GROUPS, strict=True):
        out.append([sign, "", title, *[""] * 10])
        for p in projects:
            if p.spec.use in uses:
                number += 1
                out.append([*_row(number, p), approved.get(p.code, "")])
    total = sum(p.spec.area_ha or 0 for p in projects)
    out.append(["", "", "Tổng cộng", "", "", round(total, 2), *[""] * 7])
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


def write_register(projects: list[Project], approved: dict[str, str], path: Path) -> None:
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
    for column, (text, width) in enumerate(zip(HEADER, (6, 10, 46, 26, 34, 12, 16, 20, 12, 16, 16, 40, 14), strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(5, column, text, head)
    for r, values in enumerate(rows(projects, approved), start=6):
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
