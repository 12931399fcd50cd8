"""A sheet of paper in millimetres from its upper left corner; every text is drawn as it stands, never as markup."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from plangeo.papers.lettering import POINT_MM, font_path, printable, wrap

SIZES = {"A4": (210.0, 297.0), "A3": (297.0, 420.0)}
"""Width and height in millimetres, upright."""
SETTINGS: dict[Any, Any] = {
    "pdf.fonttype": 42,  # TrueType: letters are embedded and can be searched and copied
    "pdf.compression": 6,
    "hatch.linewidth": 0.4,
    "path.simplify": False,
    "axes.unicode_minus": False,
}
_LEADING = 1.3
_PNG_DPI = 200


class Page:
    """One page; ``cut`` lists the texts that did not fit."""

    def __init__(self, paper: str) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.width, self.height = SIZES[paper]
        self.figure = Figure(figsize=(self.width / 25.4, self.height / 25.4))
        FigureCanvasAgg(self.figure)
        self.cut: list[str] = []

    def axes(self, x: float, y: float, width: float, height: float) -> Any:
        """Return axes that fill the box exactly, without any margin."""
        return self.figure.add_axes((x / self.width, 1 - (y + height) / self.height, width / self.width, height / self.height))

    def text(self, x: float, y: float, text: str, size: float, *, style: str = "regular", ha: str = "left", **more: Any) -> None:
        """Write one line whose upper edge is at ``y``."""
        from matplotlib.font_manager import FontProperties

        self.figure.text(
            x / self.width,
            1 - (y + size * POINT_MM) / self.height,
            printable(text, style),
            fontproperties=FontProperties(fname=str(font_path(style)), size=size),
            ha=ha,
            va="baseline",
            parse_math=False,
            **more,
        )

    def paragraph(
        self, x: float, y: float, width: float, text: str, size: float, *, most: int = 1_000, what: str = "", **more: Any
    ) -> float:
        """Write wrapped lines and return the place below them; a cut is noted as ``what``."""
        style = more.pop("style", "regular")
        lines, cut = wrap(text, width, size, style=style, most=most)
        if cut:
            self.cut.append(what or text[:30])
        centre = more.get("ha") == "center"
        for line in lines:
            self.text(x + (width / 2 if centre else 0), y, line, size, style=style, **more)
            y += size * POINT_MM * _LEADING
        return y

    def line(self, x1: float, y1: float, x2: float, y2: float, **more: Any) -> None:
        """Draw a line."""
        from matplotlib.lines import Line2D

        xs, ys = [x1 / self.width, x2 / self.width], [1 - y1 / self.height, 1 - y2 / self.height]
        look: dict[str, Any] = {"color": "black", "linewidth": 0.5} | more
        self.figure.add_artist(Line2D(xs, ys, transform=self.figure.transFigure, **look))

    def box(self, x: float, y: float, width: float, height: float, **more: Any) -> None:
        """Draw a rectangle."""
        from matplotlib.patches import Rectangle

        corner = (x / self.width, 1 - (y + height) / self.height)
        look: dict[str, Any] = {"facecolor": "none", "edgecolor": "black", "linewidth": 0.5} | more
        self.figure.add_artist(
            Rectangle(corner, width / self.width, height / self.height, transform=self.figure.transFigure, **look)
        )

    def table(
        self,
        x: float,
        y: float,
        widths: Sequence[float],
        rows: Sequence[Sequence[str]],
        size: float,
        *,
        numbers: Sequence[int] = (),
        what: str = "",
    ) -> float:
        """Draw a table, first row the heading, and return the place below it; cells are cut to two lines."""
        step = size * POINT_MM * _LEADING
        for n, row in enumerate(rows):
            style = "regular" if n else "bold"
            cells = [wrap(text, w - 1.6, size, style=style, most=2) for text, w in zip(row, widths, strict=True)]
            if any(cut for _, cut in cells):
                self.cut.append(what)
            height = max(len(lines) for lines, _ in cells) * step + 0.7
            left = x
            for column, ((lines, _), w) in enumerate(zip(cells, widths, strict=True)):
                self.box(left, y, w, height, linewidth=0.4, facecolor="none" if n else "#EEEEEE")
                for k, line in enumerate(lines):
                    right = n > 0 and column in numbers
                    place = left + w - 0.8 if right else left + 0.8
                    self.text(place, y + 0.35 + k * step, line, size, style=style, ha="right" if right else "left")
                left += w
            y += height
        return y

    def save(self, path: Path) -> None:
        """Write PDF or PNG, the same bytes every time."""
        if path.suffix == ".pdf":
            self.figure.savefig(
                path, format="pdf", metadata={"CreationDate": None, "ModDate": None, "Producer": None, "Creator": "plangeo"}
            )
        else:
            self.figure.savefig(path, format="png", dpi=_PNG_DPI, metadata={"Software": None})
