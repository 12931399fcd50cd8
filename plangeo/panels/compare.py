"""Two layers of zones side by side under one map, with a divider: two versions of a plan, or a plan and present use."""

from __future__ import annotations

import geopandas as gpd

from plangeo.arguments import kind_of
from plangeo.errors import InputError
from plangeo.model import Assessment, Label
from plangeo.panels import Panel
from plangeo.sources import open_layer

PRESENT_USE = "present_use"


def compared_layer(assessment: Assessment, compare: object) -> tuple[gpd.GeoDataFrame, Label | None]:
    """Return the zones of the role or frame ``compare``, and what to call them where that is known.

    **Raises** InputError for a role the run has no zones of, and what ``open_layer`` raises for a frame that holds no zones.
    """
    if isinstance(compare, gpd.GeoDataFrame):
        frame = open_layer("zones", compare)
        name = str(frame.attrs.get("plangeo", {}).get("fingerprint", {}).get("name", ""))
        return frame, Label(name, name) if name else None
    if not isinstance(compare, str):
        raise InputError(
            f"compare is {kind_of(compare)}; give the role of a layer of the run ({_roles(assessment)}) or zones from read_zones",
            code="compare_no_layer",
        )
    found = assessment.layers.get(compare) if compare != "zones" else None
    if found is None or "zone_code" not in found:
        raise InputError(
            f"compare {compare!r} is no layer of zones of this run; there is {_roles(assessment)}. The plans of the run need no "
            "compare: any two of them can be chosen on every map. Other zones are given as a frame from read_zones, or as a file.",
            code="compare_no_layer",
        )
    return found, Label("Hiện trạng sử dụng đất", "Present land use") if compare == PRESENT_USE else Label(compare, compare)


def _roles(assessment: Assessment) -> str:
    return ", ".join(r for r in assessment.layers if r not in ("zones", "districts")) or "none besides its plans"


PANEL = Panel(
    code="compare",
    title=Label("So sánh hai lớp", "Compare two layers"),
    order=55,
    words={
        "open": Label("So sánh hai lớp: vạch chia kéo được", "Compare two layers: a divider to drag"),
        "close": Label("Thôi so sánh", "Stop comparing"),
        "left": Label("Trái", "Left"),
        "right": Label("Phải", "Right"),
        "divider": Label("Vạch chia: phím mũi tên trái, phải để dời", "Divider: arrow keys move it"),
        "at": Label("{n} %: bên trái {left}, bên phải {right}", "{n} %: {left} on the left, {right} on the right"),
        "given": Label("lớp để so sánh", "layer to compare with"),
        "bare": Label("không có vùng nào tại đây", "no zone here"),
    },
)
