"""The way from a chosen site to the nearest zone where its use is permitted."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import shapely

from plangeo.model import Assessment, Label
from plangeo.panels import Panel, encode, number, on_the_globe, plain


def data(assessment: Assessment) -> list[dict[str, Any] | None]:
    """Return per site the shortest way to the nearest permitted zone and what lies there; None where there is none, or distance 0."""
    nearest = assessment.nearest
    out: list[dict[str, Any] | None] = [None] * len(assessment.sites)
    if not len(nearest) or not assessment.crs:
        return out
    ways = nearest[(nearest["rank"] == 1) & (nearest["distance_m"] > 0) & (nearest["zone_id"] != "")]
    ends = ways[["from_x", "from_y", "to_x", "to_y"]].to_numpy(dtype=float).reshape(-1, 2, 2)
    lines = on_the_globe(gpd.GeoDataFrame(geometry=shapely.linestrings(ends), crs=assessment.crs))
    rows = {str(site_id): n for n, site_id in enumerate(assessment.sites["site_id"])}
    shown = zip(*(ways[name].tolist() for name in ("site_id", "zone_id", "zone_code", "distance_m")), lines, strict=True)
    for site_id, zone_id, code, distance, line in shown:
        if line is not None and str(site_id) in rows:
            about = {"zone": plain(zone_id), "code": plain(code), "distance_m": number(distance), "geometry": encode(line)}
            out[rows[str(site_id)]] = about
    return out


PANEL = Panel(
    code="way",
    title=Label("Nơi phù hợp gần nhất", "Nearest compatible ground"),
    order=66,
    words={"to": Label("nơi phù hợp gần nhất", "nearest compatible ground")},
    data=data,
)
