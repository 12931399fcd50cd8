"""Hypothesis strategies for lists of projects as offices write them, and what is true of every row.

A list has one way of writing numbers (1.234,5 or 1,234.5), as its author meant it, with and without thousands; blank rows, titles and
totals between the projects; codes that stand twice; coordinates that are exchanged, cut off, or no numbers at all; areas that do not fit
the ground; and cells that want to be code.

The ground around is forbidden but for one block: a place that is misread lies on forbidden ground, or nowhere.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import shapely
from hypothesis import strategies as st

from tests.makers import X0, Y0, square, zones
from tests.uglyrules import ALIASES

BLOCK = 400
"""Metres of one side of the block where housing is permitted."""
HOSTILE = (
    '=HYPERLINK("http://x","a")',
    "+cmd|' /C calc'!A0",
    "{{7*7}}{#",
    "<img src=x onerror=alert(1)>",
    "'; DROP TABLE sites; --",
    "\u202e\u200b\ufeff",
    "NaN",
    "1e999",
    "-",
    "#REF!",
    "x" * 300,
    "٣٤",
    "Ⅷ½",
)
HEADER = ("Mã dự án", "Tên dự án", "Loại dự án", "Diện tích (ha)", "Tọa độ X", "Tọa độ Y")
BETWEEN = (
    ["", "", "", "", "", ""],
    ["", "", " ", "", "", ""],
    ["", "Tổng cộng", "", "", "", ""],
    ["A", "ĐẤT Ở ĐÔ THỊ", "", "", "", ""],
    ["", "Ghi chú: số liệu tạm tính", "", "", "", ""],
    ["", "#REF!", "", "", "", ""],
    ["", "", "", "", "x", ""],
)


@dataclass(frozen=True)
class Row:
    """One row as written, and what its author knew."""

    cells: tuple[str, ...]
    marker: str = ""
    """A word in the name that no other row has; empty for a row that is no project."""
    place: tuple[float, float] | None = None
    """Metres north and east, where the cells tell them."""
    fits: bool = True
    """The declared area has room in the block, whatever place of it contains the point."""
    sound: bool = True
    """False where the row is wrong in itself: a code that stood before, a use nobody knows, coordinates cut off or no numbers."""


@dataclass(frozen=True)
class List:
    rows: tuple[Row, ...]
    header: tuple[str, ...] = HEADER
    order: tuple[int, ...] = tuple(range(len(HEADER)))
    more: tuple[str, ...] = field(default=())
    """Headings of columns of the office's own behind the others."""

    def table(self) -> list[list[str]]:
        lines = [list(self.header), *(list(row.cells) for row in self.rows)]
        own = [[*self.more], *([f"{n}"] * len(self.more) for n in range(len(self.rows)))]
        return [[cells[i] for i in self.order] + extra for cells, extra in zip(lines, own, strict=True)]

    def write(self, folder: Path, kind: str) -> Path:
        """The list as ``csv`` (with ";"), ``tsv`` or ``xlsx``, every cell a text."""
        path = folder / f"list.{kind}"
        if kind == "xlsx":
            book = openpyxl.Workbook()
            for y, cells in enumerate(self.table(), start=1):
                for x, text in enumerate(cells, start=1):
                    book.active.cell(y, x).value = text or None
                    book.active.cell(y, x).data_type = "s"
            book.save(path)
        else:
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, delimiter=";" if kind == "csv" else "\t").writerows(self.table())
        return path


def written(value: float, style: str, decimals: int, grouped: bool) -> str:
    """A number as the author of a list of this style writes it."""
    text = f"{value:,.{decimals}f}" if grouped else f"{value:.{decimals}f}"
    return text.translate(str.maketrans(",.", ".,")) if style == "comma" else text


@st.composite
def rows(draw: st.DrawFn, n: int, style: str, ids: Sequence[str]) -> Row:
    """The project ``n``."""
    kind = draw(
        st.sampled_from(["good"] * 6 + ["beside", "exchanged", "half", "none", "hostile", "large", "twice", "no use", "degrees"])
    )
    inside = kind != "beside"
    north, east = (
        (draw(st.integers(150, 250)) if inside else draw(st.sampled_from([-900, 700])) + draw(st.integers(0, 9))) for _ in "NE"
    )
    north, east = Y0 + north, X0 + east
    large = kind == "large"
    hectares = draw(st.sampled_from([20.0, 1500.0, 12345.5] if large else [math.nan, 0.25, 0.0345, 1.0, 1.5]))
    decimals, grouped = draw(st.integers(0, 2)), draw(st.booleans())
    x, y = written(north, style, decimals, grouped), written(east, style, decimals, grouped)
    # a lone "1.500" may be a thousand and a half or one and a half: nobody may guess
    digits = draw(st.sampled_from([0, 1, 3] if large and hectares == round(hectares) else [1, 3] if large else [3, 4, 5]))
    area = "" if math.isnan(hectares) else written(hectares, style, digits, grouped)
    code = f"P-{n}" if kind != "twice" or not ids else draw(st.sampled_from(ids))
    use = draw(st.sampled_from(ALIASES)) if kind != "no use" else draw(st.sampled_from(["", "sân bay", *HOSTILE]))
    if kind == "exchanged":
        x, y = y, x
    elif kind == "half":
        x, y = draw(st.sampled_from([(x, ""), ("", y), (x[: len(x) // 2], y)]))
    elif kind == "none":
        x, y = "", ""
    elif kind == "hostile":
        x, y = draw(st.sampled_from([(x, h) for h in HOSTILE] + [(h, y) for h in HOSTILE]))
    elif kind == "degrees":
        x, y = draw(st.sampled_from([("21.85", "106.76"), ("21°51'", "106°45'"), ("0", "0"), ("999999", "999999")]))
    name = draw(st.sampled_from(["Khu dân cư", "Nhà máy", *HOSTILE[:5]])) + f" M{n}M"
    # whole columns may be exchanged, and are read so; what counts then is that the place is the true one
    told = kind in ("good", "beside", "exchanged", "large", "twice", "no use")
    sound = kind in ("good", "beside", "exchanged", "large") or (kind == "twice" and code == f"P-{n}")
    return Row((code, name, use, area, x, y), f"M{n}M", (north, east) if told else None, not large, sound)


@st.composite
def lists(draw: st.DrawFn, *, between: bool = True, most: int = 6) -> List:
    """A list; ``between``: with rows that are no project."""
    style = draw(st.sampled_from(["comma", "point"]))
    found: list[Row] = []
    for n in range(draw(st.integers(1, most))):
        found.append(draw(rows(n, style, [r.cells[0] for r in found if r.marker])))
        if between and draw(st.integers(0, 2)) == 0:
            found.append(Row(tuple(draw(st.sampled_from(BETWEEN)))))
    return List(tuple(found))


def ground() -> gpd.GeoDataFrame:
    """The block, and forbidden forest around it."""
    block, around = square(0, 0, BLOCK), square(-3000, -3000, 6000)
    return zones(("b", "ODT", block, "P1"), ("f", "RPH", shapely.difference(around, block), "P1"))


def frame_of(found: Any) -> dict[str, Any]:
    """Marker → row of the sites read; a marker that stands on several rows is a fault of the reader."""
    told: dict[str, Any] = {}
    for row in found.itertuples():
        for marker in {w for w in str(row.name).split() if w.startswith("M") and w.endswith("M") and w[1:-1].isdigit()}:
            assert marker not in told, marker
            told[marker] = row
    return told
