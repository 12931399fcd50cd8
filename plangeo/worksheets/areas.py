"""Hectares of sites as the workbook shows them."""

from __future__ import annotations

import math

from plangeo.engine.areas import ellipsoidal_area
from plangeo.model import Assessment, Verdict


def hectares_by_verdict(assessment: Assessment) -> dict[Verdict, float]:
    """Return the area of the polygonal sites per verdict in hectares, on the ellipsoid of their CRS."""
    total: dict[Verdict, list[float]] = {verdict: [] for verdict in Verdict}
    for word, area in zip(assessment.sites["verdict"], hectares_of(assessment), strict=True):
        if math.isfinite(area):
            total[Verdict.parse(str(word))].append(area)
    return {verdict: math.fsum(values) for verdict, values in total.items()}


def hectares_of(assessment: Assessment) -> list[float]:
    """Return the ellipsoidal area of each site in hectares; NaN for points, lines and sites with a problem."""
    sites = assessment.sites
    areal = sites.geometry.notna() & sites.geometry.geom_type.isin(["Polygon", "MultiPolygon"])
    areal &= sites["problem"].fillna("").astype(str).eq("")  # the area of a broken ring means nothing
    if not areal.any():
        return [math.nan] * len(sites)
    areas = iter(ellipsoidal_area(sites.geometry[areal]))
    return [float(next(areas)) / 10_000 if wanted else math.nan for wanted in areal]
