"""Charts of the dossier: how many projects have which verdict, in all and by kind; form and words tell what colours tell."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from plangeo.model import Language, Verdict
from plangeo.papers.lettering import font_path, printable
from plangeo.papers.sitesheet import COLOUR

_ORDER = sorted(Verdict, reverse=True)
_HATCH = {Verdict.NOT_PERMITTED: "xxx", Verdict.UNKNOWN: "...", Verdict.CONDITIONAL: "///", Verdict.PERMITTED: ""}
_DPI = 150


def verdict_chart(rows: Sequence[tuple[str, Mapping[Verdict, int]]], language: Language = "vi") -> bytes:
    """Return stacked bars as PNG, one for each (name, count per verdict), the first on top."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.3, 0.9 + 0.32 * len(rows)))
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    places = range(len(rows))
    left = [0] * len(rows)
    for verdict in _ORDER:
        counts = [int(count.get(verdict, 0)) for _, count in rows]
        look: dict[str, Any] = {"facecolor": COLOUR[verdict], "edgecolor": "white", "hatch": _HATCH[verdict], "height": 0.7}
        axes.barh(places, counts, left=left, label=verdict.wording.text(language), **look)
        for place, start, count in zip(places, left, counts, strict=True):
            if count:
                _text(axes, start + count / 2, place, str(count), 7, ha="center", weight="bold", box=True)
        left = [a + b for a, b in zip(left, counts, strict=True)]
    axes.set_yticks(list(places), [printable(name) for name, _ in rows], fontproperties=_font(7), parse_math=False)
    axes.set_xlim(0, max(1, *left) * 1.02)
    axes.invert_yaxis()
    axes.tick_params(axis="x", labelsize=6)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.legend(loc="lower center", ncols=4, prop=_font(7), frameon=False)
    figure.subplots_adjust(left=0.34, right=0.98, top=0.98, bottom=0.62 / figure.get_figheight())
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=_DPI, metadata={"Software": None})
    return out.getvalue()


def _font(size: float, style: str = "regular") -> Any:
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=str(font_path(style)), size=size)


def _text(axes: Any, x: float, y: float, text: str, size: float, *, ha: str, weight: str, box: bool) -> None:
    look = {"facecolor": "white", "edgecolor": "none", "pad": 0.8} if box else None
    axes.text(x, y, text, fontproperties=_font(size, weight), ha=ha, va="center", parse_math=False, bbox=look)
